package io.jobledger.cli.ask;

import java.util.Collection;
import picocli.CommandLine.Model.OptionSpec;

/** The parameters of a request, in their order. Not thread-safe. */
public final class Query {
    private final StringBuilder text = new StringBuilder();

    /** Adds a parameter: nothing for null, one for each member of a collection. */
    public Query and(String name, Object value) {
        if (value instanceof Collection<?> many) {
            many.forEach(one -> and(name, one));
        } else if (value != null) {
            text.append(text.length() == 0 ? '?' : '&')
                    .append(name)
                    .append('=')
                    .append(ApiClient.escape(value.toString()));
        }
        return this;
    }

    /** Adds {@code name=true}, or nothing. */
    Query flag(String name, boolean set) {
        return and(name, set ? Boolean.TRUE : null);
    }

    /** Adds an option if it was given: {@code --run-name} is the parameter {@code run_name}. Its first name counts. */
    Query andOption(OptionSpec option) {
        String name = option.names()[0].substring(2).replace('-', '_');
        return option.arity().max() == 0
                ? flag(name, Boolean.TRUE.equals(option.getValue()))
                : and(name, option.getValue());
    }

    public Query copy() {
        Query copy = new Query();
        copy.text.append(text);
        return copy;
    }

    /** With its question mark; empty when there are none. */
    @Override
    public String toString() {
        return text.toString();
    }
}
