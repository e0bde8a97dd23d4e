package io.jobledger.http;

import io.jobledger.ledger.LedgerException;
import io.jobledger.ledger.LedgerFigures;
import io.jobledger.ledger.ProjectionLag;
import io.jobledger.ledger.Retention;
import io.jobledger.ledger.Upkeep;
import io.jobledger.ledger.Verifier;
import io.jobledger.ledger.WriteObserver;
import java.time.Duration;

/** The upkeep of a ledger that does not work. */
final class NoUpkeep implements Upkeep {
    private static LedgerException failure() {
        return new LedgerException(LedgerException.Kind.FAILED, "the ledger does not work");
    }

    @Override
    public Verifier verifier() {
        throw failure();
    }

    @Override
    public Retention retention(Duration silence) {
        throw failure();
    }

    @Override
    public int tellOverdue(java.util.Set<Duration> after, java.time.Instant since) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void tellBlocked(String sink, String reason) {
        throw new UnsupportedOperationException();
    }

    @Override
    public LedgerFigures figures(Duration silence) {
        throw failure();
    }

    @Override
    public int waitingEvents() {
        return 0;
    }

    @Override
    public long damagedReads() {
        return 0;
    }

    @Override
    public void observe(WriteObserver observer) {}

    @Override
    public ProjectionLag lag() {
        return new ProjectionLag(0, Duration.ZERO, null);
    }

    @Override
    public long setAside() {
        return 0;
    }

    @Override
    public io.jobledger.ledger.Eraser eraser() {
        throw new UnsupportedOperationException();
    }
}
