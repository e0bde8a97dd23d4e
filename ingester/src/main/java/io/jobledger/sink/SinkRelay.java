package io.jobledger.sink;

import io.jobledger.ledger.DeliveryState;
import io.jobledger.ledger.DeliveryState.Standing;
import io.jobledger.ledger.LedgerFeed;
import io.jobledger.ledger.NewsSource;
import io.jobledger.ledger.query.LogPlace;
import io.jobledger.ledger.query.News;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries news to one sink, from where it has them up to. What fails is tried again until it is there; nothing is left
 * out, and news of one job never overtake each other. Where several ingesters share the ledger, one at a time does it.
 */
public final class SinkRelay implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SinkRelay.class);
    /** A refusal is blocked after so many attempts. */
    private static final int ATTEMPTS = 5;
    /** Where nothing was to be delivered, how far the sink is need not be written down more often. */
    private static final Duration NOTED = Duration.ofSeconds(5);

    /** What is under way has so long to end. */
    private static final Duration STOPPING = Duration.ofSeconds(3);

    private final Sink sink;
    private final NewsSource source;
    private final DeliveryState state;
    private final LedgerFeed feed;
    private final Consumer<String> blocked;
    private final Clock clock;
    private final Duration idle;
    private final Lanes lanes;
    private final SinkFigures figures;
    private final Thread thread;
    /** News beyond where the sink has everything, that it has already. */
    private final Set<String> beyond = new HashSet<>();

    private LogPlace at;
    private LogPlace noted;
    private long notedNanos;
    private LedgerFeed.Subscription subscription;
    private volatile boolean closing;
    /** Something new is in the log. */
    private boolean fresh;
    /** Somebody asked for another attempt now. */
    private boolean asked;
    /** The last round was good: there is nothing to do before something is new. */
    private boolean good;

    private boolean failing;

    /**
     * @param blocked hears why the sink waits for an operator from now on; may block
     * @param figures counts what it does
     * @param lanes how many news of different jobs are delivered at once
     * @param idle how long to wait before looking again, whether a pause is over or another process has gone
     */
    public SinkRelay(
            Sink sink,
            NewsSource source,
            DeliveryState state,
            LedgerFeed feed,
            Consumer<String> blocked,
            SinkFigures figures,
            int lanes,
            Duration idle,
            Clock clock) {
        this.blocked = blocked;
        this.figures = figures;
        this.sink = sink;
        this.source = source;
        this.state = state;
        this.feed = feed;
        this.clock = clock;
        this.idle = idle;
        this.lanes = new Lanes(sink, lanes, figures, () -> closing);
        this.thread = new Thread(this::run, "sink-relay");
        thread.setDaemon(true);
    }

    /** Starts carrying; {@link DeliveryState#feed} knows the sink by then. */
    public void start() {
        subscription = feed.subscribe(entry -> wake(false));
        thread.start();
    }

    public Sink sink() {
        return sink;
    }

    /** What it did. */
    public SinkFigures figures() {
        return figures;
    }

    /** How the sink stands; empty when it is not fed. Blocks on the database. */
    public Optional<Standing> standing() {
        return state.standing(sink.name());
    }

    /** How many entries of the log the sink has not been offered. Blocks on the database. */
    public long lag() {
        return standing()
                .map(now -> Math.max(0, feed.committed() - now.at().entry()))
                .orElse(0L);
    }

    /** Tries again now; returns whether the sink was blocked. Blocks on the database. */
    public boolean retry() {
        boolean blocked = state.release(sink.name());
        wake(true);
        return blocked;
    }

    private synchronized void wake(boolean byHand) {
        fresh = true;
        asked |= byHand;
        notifyAll();
    }

    private synchronized void pause() {
        try {
            // While it fails, what is new must not make it try sooner.
            if (!closing && !asked && !(good && fresh)) {
                wait(Math.max(1, idle.toMillis()));
            }
            asked = false;
            fresh = false;
        } catch (InterruptedException e) {
            closing = true;
        }
    }

    private void run() {
        boolean trouble = false;
        while (!closing) {
            try {
                if (!relayOnce()) {
                    pause();
                }
                trouble = false;
            } catch (RuntimeException e) {
                // The ledger did not answer; where the sink is stays as it is.
                if (!trouble) {
                    LOG.warn("{} waits: its news cannot be read: {}", sink.name(), e.getMessage(), e);
                }
                trouble = true;
                good = false;
                pause();
            }
        }
    }

    /** Carries what follows, some hundreds of entries; says whether there may be more at once. */
    public boolean relayOnce() {
        if (good && at != null && feed.committed() <= at.entry()) {
            return false;
        }
        good = false;
        Duration lease = sink.patience().multipliedBy(3).plusSeconds(30);
        Standing now = state.take(sink.name(), lease).orElse(null);
        if (now == null) {
            forget();
            return false;
        }
        if (now.blocked() || now.next().isAfter(clock.instant())) {
            return false;
        }
        if (!now.at().equals(noted)) {
            // Another process went on meanwhile, or this one begins.
            forget();
            noted = now.at();
            at = now.at();
        }
        long until = System.nanoTime() + lease.minus(sink.patience()).toNanos() / 2;
        NewsSource.Part part = source.after(at);
        List<News> wanted = part.news().stream()
                .filter(news -> sink.wants(news) && !beyond.contains(news.id()))
                .toList();
        Lanes.Outcome outcome = wanted.isEmpty() ? Lanes.Outcome.GOOD : lanes.deliver(wanted, until);
        if (outcome.failure() == null && outcome.left().isEmpty()) {
            return reached(now, part.upTo(), !wanted.isEmpty());
        }
        wanted.stream().map(News::id).filter(id -> !outcome.left().contains(id)).forEach(beyond::add);
        LogPlace before = before(wanted, outcome.left());
        noted = before;
        at = before;
        return outcome.failure() == null ? state.reached(sink.name(), before) : failed(now, before, outcome.failure());
    }

    private void forget() {
        beyond.clear();
        at = null;
        noted = null;
    }

    private boolean reached(Standing was, LogPlace upTo, boolean delivered) {
        boolean moved = !upTo.equals(at);
        at = upTo;
        beyond.clear();
        boolean late = System.nanoTime() - notedNanos > NOTED.toNanos();
        if (!upTo.equals(noted) && (delivered || late || was.attempts() > 0)) {
            notedNanos = System.nanoTime();
            if (!state.reached(sink.name(), upTo)) {
                forget();
                return false;
            }
            noted = upTo;
        }
        if (failing) {
            failing = false;
            LOG.info("{} takes news again", sink.name());
        }
        figures.upToDate();
        good = true;
        return moved;
    }

    /** The place before the first of those that are left. */
    private LogPlace before(List<News> wanted, Set<String> left) {
        LogPlace first = wanted.stream()
                .filter(news -> left.contains(news.id()))
                .map(News::place)
                .findFirst()
                .orElse(at);
        return new LogPlace(
                first.entry() - 1 <= at.entry() ? at.epoch() : first.epoch(), Math.max(at.entry(), first.entry() - 1));
    }

    private boolean failed(Standing was, LogPlace before, Lanes.Failure failure) {
        SinkException why = failure.why();
        figures.behind(failure.oldest());
        boolean blocks = why.kind() == SinkException.Kind.LASTING
                || why.kind() == SinkException.Kind.REFUSED && was.attempts() + 1 >= ATTEMPTS;
        if (!failing || blocks) {
            failing = true;
            LOG.warn(
                    "{} cannot be told, and {}: {}",
                    sink.name(),
                    blocks ? "waits until 'jobledger hook retry'" : "is tried again",
                    why.getMessage());
        }
        if (blocks) {
            if (state.block(sink.name(), before, why.getMessage())) {
                blocked.accept(why.getMessage());
            }
        } else {
            Duration pause = Backoff.after(was.attempts());
            Duration asked = why.after();
            state.failed(
                    sink.name(), before, why.getMessage(), asked != null && asked.compareTo(pause) > 0 ? asked : pause);
        }
        return false;
    }

    /** How long ago that happened which the sink was to be told first; zero when it has everything. */
    public Duration behind() {
        Instant oldest = figures.oldest();
        Duration behind = oldest == null ? Duration.ZERO : Duration.between(oldest, clock.instant());
        return behind.isNegative() ? Duration.ZERO : behind;
    }

    /** Stops after the deliveries that are under way. What is left waits for the next start. */
    @Override
    public void close() {
        closing = true;
        if (subscription != null) {
            subscription.close();
        }
        wake(true);
        try {
            thread.join(STOPPING.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        lanes.close();
        try {
            if (noted != null && !noted.equals(at)) {
                state.reached(sink.name(), at);
            }
            state.leave(sink.name());
        } catch (RuntimeException e) {
            LOG.warn("{}: how far it is could not be written down: {}", sink.name(), e.getMessage());
        }
        sink.close();
    }
}
