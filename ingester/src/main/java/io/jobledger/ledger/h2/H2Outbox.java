package io.jobledger.ledger.h2;

import io.jobledger.ledger.jdbc.JdbcOutbox;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import org.jdbi.v3.core.Jdbi;

/** The outbox of the embedded ledger: each change of it waits for its {@link H2Turn turn} to write. Thread-safe. */
final class H2Outbox extends JdbcOutbox {
    private final H2Turn turn;

    H2Outbox(Jdbi jdbi, Clock clock, H2Turn turn) {
        super(jdbi, clock);
        this.turn = turn;
    }

    private <T> T alone(Supplier<T> change) {
        return turn.take(change::get);
    }

    private void alone(Runnable change) {
        turn.take(() -> {
            change.run();
            return null;
        });
    }

    @Override
    public List<Integer> feed(List<String> uris) {
        return alone(() -> super.feed(uris));
    }

    @Override
    public void done(List<Entry> entries) {
        alone(() -> super.done(entries));
    }

    @Override
    public void failed(Entry entry, String error, Duration pause) {
        alone(() -> super.failed(entry, error, pause));
    }

    @Override
    public void block(Entry entry, String error) {
        alone(() -> super.block(entry, error));
    }

    @Override
    public int release(int mirror) {
        return alone(() -> super.release(mirror));
    }
}
