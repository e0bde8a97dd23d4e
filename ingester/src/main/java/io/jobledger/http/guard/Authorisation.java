package io.jobledger.http.guard;

import io.jobledger.auth.Caller;
import io.jobledger.auth.Guesses;
import io.jobledger.auth.Scope;
import io.jobledger.auth.Sessions;
import io.jobledger.auth.Token;
import io.jobledger.auth.Tokens;
import io.jobledger.trail.Act;
import io.jobledger.trail.Trail;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.http.Cookie;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The handler in front of every route: who asks, whether they may, and, when it is an act of a person, that it is
 * written down first. Thread-safe.
 */
public final class Authorisation {
    private static final Logger LOG = LoggerFactory.getLogger(Authorisation.class);
    private static final String CALLER = "jobledger.caller";
    private static final String BEARER = "bearer ";

    private final RouteScopes scopes;
    private final Tokens tokens;
    private final Sessions sessions;
    private final Guesses guesses;
    private final Trail trail;
    private final WorkerExecutor workers;
    private final String cookie;

    public Authorisation(
            RouteScopes scopes,
            Tokens tokens,
            Sessions sessions,
            Guesses guesses,
            Trail trail,
            WorkerExecutor workers,
            boolean tls) {
        this.scopes = scopes;
        this.tokens = tokens;
        this.sessions = sessions;
        this.guesses = guesses;
        this.trail = trail;
        this.workers = workers;
        this.cookie = LoginRoutes.cookieName(tls);
    }

    /** Who asks, on any route. */
    public static Caller caller(RoutingContext context) {
        Caller caller = context.get(CALLER);
        return caller == null ? Caller.NOBODY : caller;
    }

    public void handle(RoutingContext context) {
        HttpServerRequest request = context.request();
        Optional<Scope> needed = scopes.of(request.method(), request.path());
        if (needed.isEmpty()) {
            context.next();
            return;
        }
        Caller caller = tokens.required() ? known(context) : Caller.ANONYMOUS;
        if (caller == null) {
            return;
        }
        context.put(CALLER, caller);
        Scope scope = needed.get();
        if (!caller.may(scope) && !scopes.forAnyCaller(request.method(), request.path())) {
            throw Problem.of(
                    403,
                    "forbidden",
                    "the token '" + caller.name() + "' does not have the scope " + scope.wire()
                            + ", which this request needs",
                    "make one that has it: jobledger token create --scope " + scope.wire());
        }
        if (scope == Scope.ADMIN || scope == Scope.ACT) {
            writeDown(context, caller);
        } else {
            context.next();
        }
    }

    /** The caller, or null when the request has been answered with the way to the login. */
    private Caller known(RoutingContext context) {
        String header = context.request().getHeader("authorization");
        if (header != null) {
            boolean bearer = header.regionMatches(true, 0, BEARER, 0, BEARER.length());
            Optional<Token> token =
                    bearer ? tokens.find(header.substring(BEARER.length()).strip()) : Optional.empty();
            if (token.isPresent()) {
                return Caller.of(token.get());
            }
            throw guessed(context);
        }
        Cookie session = context.request().getCookie(cookie);
        Optional<Token> token = session == null ? Optional.empty() : sessions.find(session.getValue());
        if (token.isPresent()) {
            return Caller.of(token.get());
        }
        if (wantsPage(context.request())) {
            String next = context.request().uri();
            context.response()
                    .setStatusCode(303)
                    .putHeader("location", "/login?next=" + URLEncoder.encode(next, StandardCharsets.UTF_8))
                    .end();
            return null;
        }
        throw unknown(context, null, "this request needs a token");
    }

    /**
     * A wrong token. The address may try ten in a minute; a good token is let in from it all the same, since many may
     * share it.
     */
    private Problem guessed(RoutingContext context) {
        String owner = ClientAddress.owner(Admission.remote(context));
        long wait = guesses.wait(owner);
        if (wait > 0) {
            return Problem.tooManyGuesses(wait);
        }
        guesses.wrong(owner);
        return unknown(context, "invalid_token", "the token is not known, or it has expired or been revoked");
    }

    private static boolean wantsPage(HttpServerRequest request) {
        String accept = request.getHeader("accept");
        return request.method().name().equals("GET")
                && accept != null
                && accept.contains("text/html")
                && !request.path().startsWith("/api/");
    }

    private static Problem unknown(RoutingContext context, String error, String detail) {
        context.response()
                .putHeader(
                        "www-authenticate",
                        "Bearer realm=\"jobledger\"" + (error == null ? "" : ", error=\"" + error + "\""));
        return Problem.of(
                401,
                "unauthorized",
                detail,
                "send the header 'Authorization: Bearer …' with a token of 'jobledger token create', or set"
                        + " JOBLEDGER_TOKEN");
    }

    /**
     * Nothing that takes an administrator, or changes what is known of a job, is done before it is on disk who did it;
     * how it ended follows.
     */
    private void writeDown(RoutingContext context, Caller caller) {
        HttpServerRequest request = context.request();
        Map<String, Object> details = new LinkedHashMap<>();
        details.put("method", request.method().name());
        details.put("path", request.path());
        details.put("request", Admission.id(context));
        // Who closes or cancels a job says why, and which one.
        for (String name : List.of("reason", "ansible_job_id", "execution_host")) {
            if (context.queryParams().contains(name)) {
                details.put(name, context.queryParams().get(name));
            }
        }
        Act act = act(context, "http.begin", caller, details);
        request.pause();
        workers.executeBlocking(
                        () -> {
                            trail.record(act);
                            return null;
                        },
                        false)
                .onComplete(
                        done -> {
                            context.addEndHandler(ended -> {
                                details.put("status", context.response().getStatusCode());
                                workers.executeBlocking(
                                                () -> {
                                                    trail.record(act(context, "http.end", caller, details));
                                                    return null;
                                                },
                                                false)
                                        .onFailure(e -> LOG.error("{}", e.getMessage()));
                            });
                            request.resume();
                            context.next();
                        },
                        failure -> {
                            request.resume();
                            Responses.fail(context, failure);
                        });
    }

    private static Act act(RoutingContext context, String what, Caller caller, Map<String, Object> details) {
        return new Act(
                what,
                caller.tokenId() == null ? caller.name() : caller.name() + " (" + caller.tokenId() + ")",
                Admission.remote(context),
                details);
    }
}
