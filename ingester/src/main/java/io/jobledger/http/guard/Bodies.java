package io.jobledger.http.guard;

import io.vertx.core.Handler;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import java.util.Set;

/**
 * Takes a request's body before its route is asked. Who stores may send max-body, all others {@link Load#SMALL_BODY};
 * the body of a request whose method has no use for one is read and forgotten. Thread-safe.
 */
public final class Bodies implements Handler<RoutingContext> {
    /** The methods whose forms can be read: for others it is an error even to try. */
    private static final Set<HttpMethod> WITH_BODY =
            Set.of(HttpMethod.POST, HttpMethod.PUT, HttpMethod.DELETE, HttpMethod.PATCH);

    private final BodyHandler large;
    private final BodyHandler small;

    public Bodies(long maxBody) {
        large = handler(maxBody);
        small = handler(Load.Kind.OTHER.mostBody(maxBody));
    }

    private static BodyHandler handler(long limit) {
        // A form's fields are no parameters; to mix them fails where the query cannot be read, and then nobody answers.
        return BodyHandler.create(false).setBodyLimit(limit).setMergeFormAttributes(false);
    }

    @Override
    public void handle(RoutingContext context) {
        if (WITH_BODY.contains(context.request().method())) {
            (Admission.kind(context) == Load.Kind.STORE ? large : small).handle(context);
        } else if (hasBody(context.request())) {
            forget(context);
        } else {
            context.next();
        }
    }

    private static boolean hasBody(HttpServerRequest request) {
        String length = request.getHeader("content-length");
        return request.headers().contains("transfer-encoding") || length != null && !length.equals("0");
    }

    private static void forget(RoutingContext context) {
        HttpServerRequest request = context.request();
        long[] left = {Load.SMALL_BODY};
        request.handler(part -> {
            if (left[0] >= 0) {
                left[0] -= part.length();
                if (left[0] < 0) {
                    context.fail(413);
                }
            }
        });
        request.exceptionHandler(broken -> {
            if (left[0] >= 0) {
                left[0] = -1;
                context.fail(400, broken);
            }
        });
        request.endHandler(ended -> {
            if (left[0] >= 0) {
                context.next();
            }
        });
        if ("100-continue".equalsIgnoreCase(request.getHeader("expect"))) {
            context.response().writeContinue();
        }
        request.resume();
    }
}
