package io.jobledger.http.guard;

import io.jobledger.model.RunId;
import io.jobledger.model.Unicode;
import io.vertx.core.MultiMap;
import io.vertx.ext.web.RoutingContext;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/** A request's query parameters, strictly: a misspelt one would silently answer another question. */
public final class Parameters {
    /** Those that may be given several times, wherever they are known. */
    private static final Set<String> REPEATABLE = Set.of("status", "state", "label");

    private final RoutingContext context;
    private final MultiMap values;

    /**
     * @throws Problem when there is a parameter that {@code known} does not name, or one that is given twice and may
     *     not
     */
    public Parameters(RoutingContext context, String... known) {
        this(context, context.queryParams(), "this request", known);
    }

    /**
     * Values that came in no request, by the same rules.
     *
     * @param what takes them
     * @throws Problem as above
     */
    public Parameters(MultiMap values, String what, String... known) {
        this(null, values, what, known);
    }

    private Parameters(RoutingContext context, MultiMap values, String what, String... known) {
        this.context = context;
        this.values = values;
        Set<String> names = new TreeSet<>(Arrays.asList(known));
        for (String name : values.names()) {
            if (!names.contains(name)) {
                throw Problem.badField(
                        name,
                        "is not a parameter of " + what + "; "
                                + (names.isEmpty() ? "there are none" : "there are: " + String.join(", ", names)));
            }
            if (values.getAll(name).size() > 1 && !REPEATABLE.contains(name)) {
                throw Problem.badField(name, "must be given once");
            }
        }
    }

    /** The text, or null when it is not there. */
    public String text(String name) {
        List<String> all = texts(name);
        return all.isEmpty() ? null : all.get(0);
    }

    /** Every value that is given. */
    public List<String> texts(String name) {
        List<String> all = values.getAll(name);
        for (String value : all) {
            if (value.isEmpty()) {
                throw Problem.badField(name, "must not be empty; leave it out instead");
            }
            if (value.indexOf('\0') >= 0 || !Unicode.isSound(value)) {
                throw Problem.badField(name, "must be valid Unicode without NUL");
            }
        }
        return all;
    }

    /** The run that the path names. */
    public RunId runId() {
        return read("run_id", context.pathParam("run_id"), RunId::parse);
    }

    /** True or false; null when it is not there. */
    public Boolean flag(String name) {
        return parsed(name, text -> {
            if (!text.equals("true") && !text.equals("false")) {
                throw new IllegalArgumentException("must be true or false");
            }
            return text.equals("true");
        });
    }

    /**
     * A value read by a parser that throws {@link IllegalArgumentException} with the rule; null when it is not there.
     */
    public <T> T parsed(String name, Function<String, T> parse) {
        String text = text(name);
        return text == null ? null : read(name, text, parse);
    }

    /** One value read as {@link #parsed} does. */
    public <T> T read(String name, String text, Function<String, T> parse) {
        try {
            return parse.apply(text);
        } catch (IllegalArgumentException e) {
            throw Problem.badField(name, e.getMessage());
        }
    }

    public long number(String name, long fallback, long least, long most) {
        String text = text(name);
        if (text == null) {
            return fallback;
        }
        try {
            long number = Long.parseLong(text);
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw Problem.badField(name, "must be a whole number from " + least + " to " + most);
    }

    /** The body's media type in lower case, without its parameters; empty when the request does not say. */
    public static String mediaType(RoutingContext context) {
        String contentType = context.request().getHeader("content-type");
        return contentType == null ? "" : contentType.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
    }
}
