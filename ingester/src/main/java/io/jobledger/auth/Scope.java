package io.jobledger.auth;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/** What a token allows. */
public enum Scope {
    /** To send events and to save jobs. */
    INGEST,
    /** To read everything. */
    READ,
    /** To close, name and cancel jobs. */
    ACT,
    /** Everything, and what only an administrator may do. */
    ADMIN;

    /** Its spelling on the command line, in files and answers. */
    public String wire() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Whether one of {@code held} is this scope, or all of them are in it. */
    public boolean isAllowedBy(Set<Scope> held) {
        return held.contains(this) || held.contains(ADMIN);
    }

    /**
     * Reads scopes separated by commas.
     *
     * @throws IllegalArgumentException listing what there is
     */
    public static Set<Scope> parse(String text) {
        Set<Scope> scopes = EnumSet.noneOf(Scope.class);
        for (String part : text.split(",", -1)) {
            scopes.add(Arrays.stream(values())
                    .filter(scope -> scope.wire().equals(part.strip()))
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException("'" + part + "' is no scope; there are: "
                            + Arrays.stream(values()).map(Scope::wire).collect(Collectors.joining(", ")))));
        }
        return scopes;
    }
}
