package io.jobledger.sink;

import io.jobledger.ledger.DeliveryState;
import io.jobledger.ledger.query.News;
import java.time.Duration;
import java.util.Set;

/**
 * Something outside of the ledger that is told news. Building one never connects. {@link #deliver} blocks and is called
 * from several threads at once, but never for two news of one subject.
 */
public interface Sink extends AutoCloseable {
    /** Its name in the delivery state, in answers and logs: at most 200 characters, without secrets. */
    String name();

    /** Where it goes, for people; without secrets. */
    String place();

    /** Where it begins when the ledger does not know it yet. */
    DeliveryState.Start start();

    /** Whether it is to be told these news. Never blocks. */
    boolean wants(News news);

    /**
     * Tells it. The same news may come again, with the same {@link News#id}.
     *
     * @throws SinkException when nobody knows that they have arrived
     */
    void deliver(News news);

    /**
     * Tries it out, with something that harms nothing and does not pass for news.
     *
     * @throws SinkException saying what is wrong
     */
    void check();

    /** How long after its deadline a job that is overdue is news to this sink; empty where it is none. */
    default Set<Duration> overdue() {
        return Set.of();
    }

    /** No call of {@link #deliver} takes longer. */
    Duration patience();

    @Override
    void close();
}
