package io.jobledger.http.guard;

import io.jobledger.config.AccessSettings;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;

/**
 * The first handler of all: names the request, and refuses what no web page may send and what there is no room for.
 * Thread-safe.
 */
public final class Admission {
    private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");
    private static final Pattern REQUEST_ID = Pattern.compile("[A-Za-z0-9._-]{1,64}");
    private static final Set<String> READING = Set.of("GET", "HEAD", "OPTIONS");
    private static final Set<String> PROBES = Set.of("/healthz", "/readyz");
    private static final String ID = "jobledger.request-id";
    private static final String CONVERSATION = "jobledger.conversation";
    private static final String SHARE = "jobledger.share";
    private static final String REMOTE = "jobledger.remote";
    /** A browser that was here once over TLS comes in no other way for a year. */
    public static final String HSTS = "max-age=31536000";

    private final long maxBody;
    private final boolean tls;
    private final ClientAddress addresses;
    /** Null where every name will do. */
    private final Set<String> hosts;

    /**
     * @param maxBody bytes of the largest body of all
     * @param listen the address as it was given
     * @param loopback whether that is loopback: only there is the Host header all that keeps a web page out which has
     *     its own name resolve to this machine
     */
    public Admission(AccessSettings access, String listen, boolean loopback, long maxBody) {
        this.maxBody = maxBody;
        this.tls = access.tls();
        this.addresses = new ClientAddress(access.trustedProxies());
        if (loopback) {
            hosts = new TreeSet<>(LOOPBACK);
            hosts.add((listen.contains(":") ? "[" + listen + "]" : listen).toLowerCase(Locale.ROOT));
            hosts.addAll(access.hostNames());
        } else {
            hosts = null;
        }
    }

    /** The request's name in logs and answers. */
    static String id(RoutingContext context) {
        return context.get(ID, "-");
    }

    /** The address that the request comes from, as far as that is known. */
    public static String remote(RoutingContext context) {
        return context.get(REMOTE, "?");
    }

    /** For an answer that may be gigabytes: it may take as long as its reader goes on reading. */
    public static void takeYourTime(RoutingContext context) {
        ((ConnectionGuard) context.get(CONVERSATION)).takeYourTime();
    }

    /** Keeps the request's body counted beyond its answer, until what is returned is run. */
    public static Runnable hold(RoutingContext context) {
        return ((Load.Share) context.get(SHARE)).hold();
    }

    /**
     * Takes room for an answer that is read part by part, until it is over.
     *
     * @throws Problem when there is none
     */
    public static void reserve(RoutingContext context, long bytes) {
        Load.Share share = context.get(SHARE);
        if (!share.reserve(bytes)) {
            throw share.full();
        }
    }

    /** What the request is for. */
    public static Load.Kind kind(RoutingContext context) {
        return ((Load.Share) context.get(SHARE)).kind();
    }

    public void handle(RoutingContext context, ConnectionGuard conversation, AccessLog log) {
        long began = System.nanoTime();
        HttpServerRequest request = context.request();
        MeteredRequest metered = conversation.request();
        context.addHeadersEndHandler(begun -> metered.share().bodyDone());
        context.addEndHandler(ended -> {
            conversation.end(metered, System.nanoTime());
            log.note(context, began);
        });
        String given = request.getHeader("x-request-id");
        String id = given != null && REQUEST_ID.matcher(given).matches()
                ? given
                : HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
        context.put(ID, id)
                .put(CONVERSATION, conversation)
                .put(SHARE, metered.share())
                .put(REMOTE, addresses.of(request));
        MultiMap headers = context.response().headers();
        headers.set("x-request-id", id)
                .set("x-content-type-options", "nosniff")
                .set("cache-control", "no-store")
                .set("referrer-policy", "same-origin");
        if (tls) {
            headers.set("strict-transport-security", HSTS);
        }
        requireOneHost(context);
        requireHost(request);
        requireOwnOrigin(request);
        long announced = announced(request);
        if (announced > metered.share().kind().mostBody(maxBody)) {
            // Before it is asked to come back: it would never fit.
            context.fail(413);
            return;
        }
        if (conversation.isGorged()) {
            headers.set("connection", "close");
            throw Problem.later("busy", "the answers on this connection are not taken", 1);
        }
        // An overloaded server lives; whoever watches it must not end it.
        Problem refusal =
                PROBES.contains(request.path()) ? null : metered.share().refusal(announced);
        if (refusal != null) {
            throw refusal;
        }
        metered.onOverflow(() -> context.fail(metered.share().full()));
        context.next();
    }

    /** With two, a proxy in front may go by the other one. */
    private static void requireOneHost(RoutingContext context) {
        if (context.request().headers().getAll("host").size() > 1) {
            context.response().putHeader("connection", "close");
            throw Problem.of(400, "bad-request", "there is more than one Host header", "send one");
        }
    }

    private void requireHost(HttpServerRequest request) {
        String host = request.getHeader("host");
        // Browsers always send it; HTTP/1.0 need not.
        if (hosts != null && host != null && !hosts.contains(withoutPort(host).toLowerCase(Locale.ROOT))) {
            throw Problem.of(
                    421,
                    "wrong-host",
                    "this server listens on loopback and does not answer to the name in the Host header",
                    "use " + String.join(", ", LOOPBACK)
                            + ", or allow the name with --host-names when a proxy sends it");
        }
    }

    private static String withoutPort(String host) {
        int end = host.length();
        while (end > 0 && host.charAt(end - 1) >= '0' && host.charAt(end - 1) <= '9') {
            end--;
        }
        return end > 0 && host.charAt(end - 1) == ':' ? host.substring(0, end - 1) : host;
    }

    /**
     * A browser says where a page comes from that writes; programs do not. There is no CORS: pages of other origins can
     * neither write nor read.
     */
    private static void requireOwnOrigin(HttpServerRequest request) {
        String origin = request.getHeader("origin");
        String host = request.getHeader("host");
        String site = request.getHeader("sec-fetch-site");
        boolean foreign = origin != null
                        && (host == null
                                || !origin.replaceFirst("^https?://", "").equalsIgnoreCase(host))
                || site != null && !site.equals("same-origin") && !site.equals("none");
        if (foreign && !READING.contains(request.method().name())) {
            throw Problem.of(
                    403,
                    "forbidden",
                    "a web page of another origin may not write here",
                    "use the jobledger command or curl");
        }
    }

    private static long announced(HttpServerRequest request) {
        try {
            String length = request.getHeader("content-length");
            return length == null ? 0 : Long.parseLong(length.strip());
        } catch (NumberFormatException e) {
            return 0;
        }
    }
}
