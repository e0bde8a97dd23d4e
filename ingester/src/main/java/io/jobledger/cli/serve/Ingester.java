package io.jobledger.cli.serve;

import io.jobledger.auth.Tokens;
import io.jobledger.cli.view.CommandFailed;
import io.jobledger.cli.view.Version;
import io.jobledger.config.Settings;
import io.jobledger.event.BatchDecoder;
import io.jobledger.event.InvalidEvents;
import io.jobledger.http.HttpService;
import io.jobledger.ledger.JobLookup;
import io.jobledger.ledger.Ledger;
import io.jobledger.ledger.LedgerException;
import io.jobledger.ledger.Retention;
import io.jobledger.ledger.retention.RetentionTask;
import io.jobledger.model.JobKey;
import io.jobledger.sink.Sink;
import io.jobledger.sink.SinkRelays;
import io.jobledger.sink.copy.LogCopier;
import io.jobledger.sink.mirror.Mirror;
import io.jobledger.sink.mirror.MirrorRelay;
import io.jobledger.trail.TrailException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A running ingester: ledger, mirrors and HTTP server put together. */
public final class Ingester implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Ingester.class);
    private static final Duration MIRROR_IDLE = Duration.ofMillis(200);

    private final Ledger ledger;
    private final List<MirrorRelay> relays;
    private final Deque<Runnable> closing;
    private final String url;
    private final Rereading rereading;

    private Ingester(
            Ledger ledger, List<MirrorRelay> relays, Deque<Runnable> closing, String url, Rereading rereading) {
        this.ledger = ledger;
        this.relays = relays;
        this.closing = closing;
        this.url = url;
        this.rereading = rereading;
    }

    /**
     * Opens the ledger, starts the mirrors' relays, and listens.
     *
     * @throws RuntimeException one of those that {@code Main} shows without a stack trace, when the operator must act;
     *     nothing is left open
     */
    public static Ingester start(Settings settings, Clock clock) {
        Deque<Runnable> opened = new ArrayDeque<>();
        try {
            return start(settings, clock, opened);
        } catch (RuntimeException e) {
            opened.forEach(Runnable::run);
            throw e;
        }
    }

    /** @param opened gets what closes each part, the last opened first */
    private static Ingester start(Settings settings, Clock clock, Deque<Runnable> opened) {
        List<Mirror> mirrors = mirrors(settings);
        Hooks hooks = new Hooks(settings.hooks(), clock);
        opened.push(hooks::close);
        List<Sink> sinks = hooks.read();
        Ledger ledger = ledger(settings, mirrors, clock);
        opened.push(ledger::close);
        AccessStores access = AccessStores.ofOpenLedger(settings, clock);
        opened.push(access::close);
        access.passOverNoTokens(settings);
        try {
            access.trail().check();
        } catch (TrailException e) {
            throw new CommandFailed(e.getMessage());
        }
        List<MirrorRelay> relays = new ArrayList<>();
        List<LogCopier> copiers = new ArrayList<>();
        for (int i = 0; i < mirrors.size(); i++) {
            LogCopier copier = copier(mirrors.get(i), ledger, settings, clock);
            MirrorRelay relay = new MirrorRelay(
                    mirrors.get(i),
                    ledger.mirrors().get(i),
                    ledger.outbox(),
                    ledger.jobs(),
                    settings.mirrorConcurrency(),
                    MIRROR_IDLE,
                    copier);
            relays.add(relay);
            opened.push(relay::close);
            if (copier != null) {
                copiers.add(copier);
                opened.push(copier::close);
            }
        }
        SinkRelays relaying = new SinkRelays(ledger, clock);
        opened.push(relaying::close);
        Tokens tokens = new Tokens(access.tokens(), clock).start();
        opened.push(tokens::close);
        RetentionTask retention = new RetentionTask(
                ledger.upkeep().retention(settings.runSilence()),
                Retention.Policy.of(settings.retention()),
                settings.retention().interval());
        opened.push(retention::close);
        HttpService http =
                new HttpService(settings, ledger, relays, relaying, clock, Version.number(), tokens, access.trail());
        opened.push(http::close);
        warmUp(ledger);
        String url = http.start();
        relays.forEach(MirrorRelay::start);
        relaying.replace("", sinks);
        if (!sinks.isEmpty()) {
            relaying.watch(new BlockedMirrors(relays, ledger.upkeep()));
        }
        copiers.forEach(LogCopier::start);
        retention.start();
        String reached = http.everywhere() ? url + " and every other address of this machine" : url;
        return new Ingester(ledger, relays, opened, reached, new Rereading(settings, tokens, http, hooks, relaying));
    }

    /** Null when the log is not to be copied. */
    private static LogCopier copier(Mirror mirror, Ledger ledger, Settings settings, Clock clock) {
        return settings.logCopy() == null
                ? null
                : new LogCopier(
                        mirror,
                        ledger.files(),
                        Map.of(
                                AccessStores.TOKENS,
                                settings.access().tokens(),
                                AccessStores.TRAIL,
                                settings.access().auditTrail()),
                        settings.logCopy(),
                        clock);
    }

    /**
     * A recorder waits a second at most: the first one must not pay for loading the classes that reading and writing
     * need.
     */
    private static void warmUp(Ledger ledger) {
        try {
            new BatchDecoder(1).decode("[]".getBytes(StandardCharsets.UTF_8), false);
            ledger.sink().append(List.of()).get(10, TimeUnit.SECONDS);
            ledger.jobs().newest(new JobKey("warm-up", "warm-up", "warm-up"), JobLookup.Narrowing.NONE);
        } catch (LedgerException e) {
            // Records that are still behind the log are no reason not to serve: what needs them is told to come back.
            if (e.kind() != LedgerException.Kind.BUSY) {
                throw e;
            }
        } catch (InvalidEvents | InterruptedException | ExecutionException | TimeoutException e) {
            throw new CommandFailed("the ledger opened, but does not work: " + e.getMessage());
        }
    }

    /** A mirror by its URI, not connected to. */
    public static Mirror mirror(String uri, Settings settings) {
        try {
            return Mirrors.of(uri, settings.buckets());
        } catch (IllegalArgumentException e) {
            throw new CommandFailed(e.getMessage());
        }
    }

    /** The mirrors of the settings, each once: the outbox knows a place by its URI, however it was spelt. */
    private static List<Mirror> mirrors(Settings settings) {
        Map<String, Mirror> mirrors = new LinkedHashMap<>();
        settings.mirrors().stream()
                .map(uri -> mirror(uri, settings))
                .forEach(mirror -> mirrors.putIfAbsent(mirror.uri(), mirror));
        return List.copyOf(mirrors.values());
    }

    private static Ledger ledger(Settings settings, List<Mirror> mirrors, Clock clock) {
        return Ledgers.open(settings, mirrors.stream().map(Mirror::uri).toList(), clock);
    }

    /**
     * The ledger alone, for a command that runs instead of an ingester. It goes on feeding the mirrors of the settings.
     */
    public static Ledger ledger(Settings settings, Clock clock) {
        return ledger(settings, mirrors(settings), clock);
    }

    /** The line that says where everything is. */
    public String greeting() {
        String mirrors = relays.isEmpty()
                ? "none"
                : relays.stream().map(relay -> relay.mirror().uri()).collect(Collectors.joining(", "));
        return "jobledger " + Version.number() + " listens on " + url + "  ledger " + ledger.location() + "  mirror "
                + mirrors + behind();
    }

    /** Said at the start: until then resumes wait, and lists are of an earlier moment. */
    private String behind() {
        long entries = ledger.upkeep().lag().entries();
        return entries == 0
                ? ""
                : "  records are " + entries + " entries behind, at "
                        + ledger.asOf().text();
    }

    /** Reads access log, tokens, TLS files and limits again; {@code settings} reads them anew. Blocks. */
    void reread(Supplier<Settings> settings) {
        rereading.read(settings);
    }

    /** Closes it, after a line in the log: whoever reads it later must see that it was told to stop. */
    void stop() {
        LOG.info("Stopping: what is under way is finished, then the ledger is closed");
        close();
    }

    /** Finishes what is under way and closes everything, within seconds. */
    @Override
    public void close() {
        closing.forEach(Runnable::run);
    }
}
