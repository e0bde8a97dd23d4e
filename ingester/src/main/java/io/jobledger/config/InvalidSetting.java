package io.jobledger.config;

/** A setting that cannot be used. The message names where it was given, the rule, and what would do. */
public final class InvalidSetting extends RuntimeException {
    private static final long serialVersionUID = 1;

    InvalidSetting(String message) {
        super(message);
    }
}
