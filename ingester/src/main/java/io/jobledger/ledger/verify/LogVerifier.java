package io.jobledger.ledger.verify;

import io.jobledger.ledger.LedgerException;
import io.jobledger.ledger.Verifier;
import io.jobledger.ledger.rows.Failures;
import io.jobledger.log.EventLog;
import java.util.function.Supplier;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;
import org.jdbi.v3.core.transaction.TransactionIsolationLevel;

/** Verifies the log, and on demand what is computed from it. */
public final class LogVerifier implements Verifier {
    private final EventLog log;
    private final Jdbi records;
    private final Supplier<SecondPlace> places;

    /**
     * @param records the projections; null when there are none to compare
     * @param places makes a place to compute them again
     */
    public LogVerifier(EventLog log, Jdbi records, Supplier<SecondPlace> places) {
        this.log = log;
        this.records = records;
        this.places = places;
    }

    @Override
    public Verdict verify(Question question, Listener listener) {
        Verdict verdict = new LogAudit(log, question.asOf(), listener).run();
        if (!question.deep()) {
            return verdict;
        }
        if (!verdict.intact()) {
            // What is not as it was acknowledged proves nothing of the records.
            return verdict;
        }
        try (SecondPlace place = places.get()) {
            place.project(
                    log,
                    projected(records),
                    entry -> listener.progress(entry, verdict.head().entry()));
            RowComparison rows = records.inTransaction(
                    TransactionIsolationLevel.REPEATABLE_READ, handle -> compare(handle, place, listener));
            return new Verdict(
                    verdict.records(),
                    verdict.events(),
                    verdict.facts(),
                    verdict.removed(),
                    rows.compared(),
                    rows.faults(),
                    verdict.head(),
                    verdict.then());
        } catch (JdbiException e) {
            throw Failures.of("the ledger could not be read", e);
        }
    }

    private static long projected(Jdbi records) {
        return records.withHandle(LogVerifier::projected);
    }

    private static long projected(Handle handle) {
        return handle.createQuery("SELECT entry FROM projected")
                .mapTo(Long.class)
                .one();
    }

    /** As of one moment of the records: the second place is brought to the same entry. */
    private RowComparison compare(Handle handle, SecondPlace place, Listener listener) {
        long now = projected(handle);
        if (now < projected(place.jdbi())) {
            throw new LedgerException(
                    LedgerException.Kind.BUSY,
                    "the records are being computed again from the log at the moment; verify them when that is done");
        }
        place.project(log, now, entry -> {});
        RowComparison rows = new RowComparison(listener);
        place.jdbi().useHandle(computed -> rows.run(handle, computed));
        return rows;
    }
}
