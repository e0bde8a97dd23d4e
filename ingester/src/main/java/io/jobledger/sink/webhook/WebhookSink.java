package io.jobledger.sink.webhook;

import io.jobledger.ledger.DeliveryState;
import io.jobledger.ledger.query.JobMatch;
import io.jobledger.ledger.query.LogPlace;
import io.jobledger.ledger.query.News;
import io.jobledger.ledger.query.NewsKind;
import io.jobledger.model.JobRecord;
import io.jobledger.sink.Sink;
import io.jobledger.sink.SinkException;
import io.vertx.core.Vertx;
import java.net.InetAddress;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** One hook of {@code hooks.yml}, as a sink. */
final class WebhookSink implements Sink {
    /** Before the name, so that other kinds of sinks may have the same. */
    static final String PREFIX = "hook:";

    private static final Duration LONGEST_PAUSE = Duration.ofHours(1);

    private final Hook hook;
    private final String agent;
    private final OpenAddresses addresses;
    private final HookClient client;
    private final JobMatch match;
    private final Clock clock;

    WebhookSink(Hook hook, Vertx vertx, OpenAddresses.Resolver resolver, int connections, String agent, Clock clock) {
        this.hook = hook;
        this.agent = agent;
        this.addresses = new OpenAddresses(hook.allow(), resolver);
        this.client = new HookClient(vertx, hook.caFile(), hook.timeout(), connections);
        this.match = new JobMatch(hook.filter());
        this.clock = clock;
    }

    @Override
    public String name() {
        return PREFIX + hook.name();
    }

    @Override
    public String place() {
        return hook.place();
    }

    @Override
    public DeliveryState.Start start() {
        return hook.start();
    }

    @Override
    public boolean wants(News news) {
        return hook.events().stream().anyMatch(event -> event.fits(news))
                && (news.job() != null
                        ? match.fits(news.job(), news.run(), news.at())
                        : news.kind() == NewsKind.BLOCKED || match.fitsRun(news.run()));
    }

    /** A message like any other, with an id that no news ever has. */
    @Override
    public void check() {
        Subscription first = hook.events().get(0);
        Instant now = clock.instant();
        JobRecord job = Samples.job(first.kinds().get(0), now);
        deliver(new News(
                new LogPlace(0, now.getEpochSecond()),
                first.kinds().get(0),
                first.after(),
                now,
                job,
                null,
                "This is a test of the hook " + hook.name() + ". Nothing has happened."));
    }

    @Override
    public Set<Duration> overdue() {
        return hook.events().stream()
                .filter(event -> event.after() != null)
                .map(Subscription::after)
                .collect(Collectors.toSet());
    }

    @Override
    public Duration patience() {
        return hook.timeout();
    }

    @Override
    public void deliver(News news) {
        HookMessage message = hook.format().message(news);
        byte[] body = message.bytes();
        long timestamp = clock.instant().getEpochSecond();
        Map<String, String> headers = new TreeMap<>(hook.headers());
        headers.putAll(message.headers());
        headers.put("content-type", message.contentType());
        headers.put("user-agent", agent);
        headers.put("webhook-id", news.id());
        headers.put("webhook-timestamp", Long.toString(timestamp));
        if (hook.secret() != null) {
            headers.put("webhook-signature", hook.secret().sign(news.id(), timestamp, body));
        }
        InetAddress at = addresses.of(hook.url().getHost());
        judge(client.post(hook.url(), at, headers, body));
    }

    private static void judge(HookClient.Answer answer) {
        int status = answer.status();
        if (status >= 200 && status < 300) {
            return;
        }
        String what = "it answered " + status + (answer.text().isBlank() ? "" : ": " + shown(answer.text()));
        if (status >= 300 && status < 400) {
            throw new SinkException(
                    SinkException.Kind.LASTING,
                    "it answered " + status + ", a redirect, which is not followed: name the place that it means");
        }
        if (status == 410) {
            throw new SinkException(SinkException.Kind.LASTING, what + ". That means: never again");
        }
        boolean passing = status == 408 || status == 425 || status == 429 || status >= 500 || status < 200;
        throw new SinkException(
                passing ? SinkException.Kind.PASSING : SinkException.Kind.REFUSED, what, pause(answer.retryAfter()));
    }

    private static String shown(String text) {
        return text.replaceAll("\\s+", " ").replaceAll("\\p{Cntrl}", "?").strip();
    }

    /** Seconds, as most say it; a date is passed over. */
    private static Duration pause(String retryAfter) {
        if (retryAfter == null || !retryAfter.matches("\\d{1,6}")) {
            return null;
        }
        Duration asked = Duration.ofSeconds(Long.parseLong(retryAfter));
        return asked.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : asked;
    }

    @Override
    public void close() {
        client.close();
    }
}
