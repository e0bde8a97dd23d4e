package io.jobledger.http.pages;

import io.jobledger.http.guard.Problem;
import io.jobledger.http.guard.Responses;
import io.vertx.core.WorkerExecutor;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * How the pages answer: HTML, also for refusals. No page runs a script, or loads anything, that is not of this
 * ingester. Thread-safe.
 */
public final class PageResponses {
    private static final String POLICY =
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action"
                    + " 'self'; base-uri 'none'; frame-ancestors 'none'";

    private final Pages pages;
    private final WorkerExecutor workers;

    public PageResponses(Pages pages, WorkerExecutor workers) {
        this.pages = pages;
        this.workers = workers;
    }

    /**
     * Answers with a page.
     *
     * @param reading reads the request at once, and gives the work, which may block; both may throw {@link Problem}
     */
    void page(RoutingContext context, Function<RoutingContext, Callable<String>> reading) {
        Callable<String> work;
        try {
            work = reading.apply(context);
        } catch (RuntimeException e) {
            fail(context, e);
            return;
        }
        workers.executeBlocking(work, false)
                .onComplete(html -> html(context, 200, html), failure -> fail(context, failure));
    }

    /**
     * Answers with plain text.
     *
     * @param reading as of {@link #page}
     */
    void text(RoutingContext context, Supplier<Callable<String>> reading) {
        Callable<String> work;
        try {
            work = reading.get();
        } catch (RuntimeException e) {
            fail(context, e);
            return;
        }
        workers.executeBlocking(work, false)
                .onComplete(text -> send(context, 200, "text/plain", text), failure -> fail(context, failure));
    }

    Pages pages() {
        return pages;
    }

    /**
     * Refuses what no page's own route refuses: with a page for a browser, which asks for HTML, and with the problem
     * document for everything else.
     */
    public void refuse(RoutingContext context, Throwable failure) {
        String accept = context.request().getHeader("accept");
        if (accept != null
                && accept.contains("text/html")
                && !context.request().path().startsWith("/api/")) {
            fail(context, failure);
        } else {
            Responses.fail(context, failure);
        }
    }

    /** Answers a failure of any kind, with all that a problem document says. */
    void fail(RoutingContext context, Throwable failure) {
        if (context.response().ended() || context.response().closed()) {
            return;
        }
        Problem problem = Responses.problem(failure);
        if (problem.retryAfter() != null) {
            context.response().putHeader("retry-after", problem.retryAfter().toString());
        }
        html(context, problem.status(), pages.error(errorPage(problem)));
    }

    private static ErrorPage errorPage(Problem problem) {
        List<ErrorPage.Fault> faults = problem.errors().stream()
                .map(fault -> new ErrorPage.Fault(fault.field() == null ? "" : fault.field(), fault.detail()))
                .toList();
        return new ErrorPage(problem.status(), problem.title(), problem.getMessage(), problem.hint(), faults);
    }

    private static void html(RoutingContext context, int status, String html) {
        send(context, status, "text/html", html);
    }

    private static void send(RoutingContext context, int status, String type, String text) {
        if (context.response().ended() || context.response().closed()) {
            return;
        }
        secure(context);
        context.response()
                .setStatusCode(status)
                .putHeader("content-type", type + "; charset=utf-8")
                .putHeader("cache-control", "private, no-cache")
                .end(text);
    }

    /** What keeps a browser from being talked into more than the page. */
    public static void secure(RoutingContext context) {
        context.response()
                .putHeader("content-security-policy", POLICY)
                .putHeader("x-content-type-options", "nosniff")
                .putHeader("referrer-policy", "same-origin");
    }
}
