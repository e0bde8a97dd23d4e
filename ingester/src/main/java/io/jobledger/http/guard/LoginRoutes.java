package io.jobledger.http.guard;

import io.jobledger.auth.Caller;
import io.jobledger.auth.Guesses;
import io.jobledger.auth.Scope;
import io.jobledger.auth.Sessions;
import io.jobledger.auth.Token;
import io.jobledger.auth.Tokens;
import io.vertx.core.http.Cookie;
import io.vertx.core.http.CookieSameSite;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.Optional;

/**
 * The way in for a browser: a form that takes a token and gives a cookie. No script, no style from elsewhere. The
 * cookie is out of reach for scripts, and is not sent on requests that another site begins; {@link Admission} refuses
 * what such a site would post here.
 */
public final class LoginRoutes {
    private static final String POLICY =
            "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri"
                    + " 'none'";

    private final Tokens tokens;
    private final Sessions sessions;
    private final Guesses guesses;
    private final boolean tls;

    public LoginRoutes(Tokens tokens, Sessions sessions, Guesses guesses, boolean tls) {
        this.tokens = tokens;
        this.sessions = sessions;
        this.guesses = guesses;
        this.tls = tls;
    }

    /** The session's cookie. With TLS the browser itself holds it to this host. */
    static String cookieName(boolean tls) {
        return tls ? "__Host-jobledger" : "jobledger";
    }

    public void mount(Router router) {
        Reads.get(router, "/login").handler(context -> {
            new Parameters(context, "next");
            form(context, 200, null, context.request().getParam("next"));
        });
        router.post("/login").handler(this::login);
        router.post("/logout").handler(context -> {
            new Parameters(context);
            Cookie session = context.request().getCookie(cookieName(tls));
            if (session != null) {
                sessions.end(session.getValue());
            }
            context.response().addCookie(cookie("").setMaxAge(0));
            context.response()
                    .setStatusCode(303)
                    .putHeader("location", "/login")
                    .end();
        });
    }

    private void login(RoutingContext context) {
        new Parameters(context);
        // Query parameters are in the log of every proxy: a token there is not even looked at.
        String given = Optional.ofNullable(context.request().getFormAttribute("token"))
                .orElse("")
                .strip();
        String next = context.request().getFormAttribute("next");
        String owner = ClientAddress.owner(Admission.remote(context));
        long wait = guesses.wait(owner);
        if (wait > 0) {
            // Not even looked at: whoever guesses must not learn which was right.
            context.response().putHeader("retry-after", Long.toString(wait));
            form(
                    context,
                    429,
                    "More than ten wrong tokens came from this address within a minute. Try again in " + wait
                            + " seconds.",
                    next);
            return;
        }
        Optional<Token> token = tokens.find(given);
        if (token.isEmpty()) {
            guesses.wrong(owner);
            form(context, 401, "This token is not known, or it has expired or been revoked.", next);
        } else if (!Caller.of(token.get()).may(Scope.READ)) {
            form(context, 403, "This token does not have the scope read.", next);
        } else {
            context.response()
                    .addCookie(cookie(sessions.open(token.get()))
                            .setMaxAge(sessions.life().toSeconds()));
            context.response()
                    .setStatusCode(303)
                    .putHeader("location", local(next))
                    .end();
        }
    }

    private Cookie cookie(String value) {
        return Cookie.cookie(cookieName(tls), value)
                .setPath("/")
                .setHttpOnly(true)
                .setSecure(tls)
                .setSameSite(CookieSameSite.STRICT);
    }

    /** A path of this server, and nothing that a browser could take for another. */
    private static String local(String next) {
        return next != null && next.matches("/(?![/\\\\])[\\x21-\\x5b\\x5d-\\x7e]*") ? next : "/";
    }

    private void form(RoutingContext context, int status, String complaint, String wanted) {
        String next = local(wanted);
        context.response()
                .setStatusCode(status)
                .putHeader("content-type", "text/html; charset=utf-8")
                .putHeader("content-security-policy", POLICY)
                .end("""
                    <!DOCTYPE html>
                    <html lang="en"><head><meta charset="utf-8"><title>Jobledger: log in</title>
                    <meta name="viewport" content="width=device-width">
                    <style>body{font:16px sans-serif;max-width:32em;margin:4em auto;padding:0 1em}\
                    input,button{font:inherit;padding:.4em;width:100%%;box-sizing:border-box;margin:.4em 0}</style>
                    </head><body><h1>Jobledger</h1>
                    %s<form method="post" action="/login">
                    <label for="token">Token with the scope read</label>
                    <input id="token" name="token" type="password" autocomplete="current-password" autofocus required>
                    <input name="next" type="hidden" value="%s">
                    <button type="submit">Log in</button>
                    </form>
                    %s</body></html>
                    """.formatted(
                                complaint == null ? "" : "<p role=\"alert\">" + escape(complaint) + "</p>\n",
                                escape(next),
                                context.request().getCookie(cookieName(tls)) == null
                                        ? ""
                                        : "<form method=\"post\" action=\"/logout\"><button"
                                                + " type=\"submit\">Log out</button></form>\n"));
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;")
                .replace("'", "&#39;");
    }
}
