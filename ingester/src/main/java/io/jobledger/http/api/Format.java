package io.jobledger.http.api;

import io.jobledger.http.guard.Parameters;
import io.jobledger.http.guard.Problem;
import io.vertx.ext.web.MIMEHeader;
import io.vertx.ext.web.RoutingContext;
import java.util.Arrays;
import java.util.List;

/** How a list is written. */
enum Format {
    JSON("application/json"),
    NDJSON("application/x-ndjson"),
    CSV("text/csv");

    private final String type;

    Format(String type) {
        this.type = type;
    }

    /** The media type, with the character set where the type does not fix it. */
    String contentType() {
        return this == CSV ? type + "; charset=utf-8; header=present" : type;
    }

    /**
     * What {@code format=} says, else the best of what {@code Accept} takes.
     *
     * @throws Problem when that is none of these
     */
    static Format of(RoutingContext context, Parameters parameters) {
        Format named = parameters.parsed(
                "format",
                text -> Arrays.stream(values())
                        .filter(format ->
                                format.name().toLowerCase(java.util.Locale.ROOT).equals(text))
                        .findFirst()
                        .orElseThrow(() -> new IllegalArgumentException("must be json, ndjson or csv")));
        if (named != null) {
            return named;
        }
        List<MIMEHeader> accepted = context.parsedHeaders().accept();
        if (accepted.isEmpty()) {
            return JSON;
        }
        for (MIMEHeader wanted : accepted) {
            for (Format format : values()) {
                if (wanted.weight() > 0 && format.fits(wanted.component(), wanted.subComponent())) {
                    return format;
                }
            }
        }
        throw Problem.of(
                406,
                "not-acceptable",
                "this list is application/json, application/x-ndjson or text/csv; the header Accept takes none of them",
                "set Accept, or use format=");
    }

    private boolean fits(String component, String subComponent) {
        String[] own = type.split("/");
        return component.equals("*")
                || component.equals(own[0]) && (subComponent.equals("*") || subComponent.equals(own[1]));
    }
}
