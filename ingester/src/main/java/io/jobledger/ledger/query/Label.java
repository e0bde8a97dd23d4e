package io.jobledger.ledger.query;

/** A label that a run was given. */
public record Label(String key, String value) {
    /** @throws IllegalArgumentException when {@code text} is not {@code KEY=VALUE} */
    public static Label parse(String text) {
        int equals = text.indexOf('=');
        if (equals < 1) {
            throw new IllegalArgumentException("must be KEY=VALUE, like label=team=db");
        }
        return new Label(text.substring(0, equals), text.substring(equals + 1));
    }
}
