package io.jobledger.config;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;

/** Where a user's files lie, as the XDG specification of base directories has it. */
public final class Xdg {
    private Xdg() {}

    /** The directory of this program's settings: {@code $XDG_CONFIG_HOME/jobledger}, which need not be there. */
    public static Path settings(Map<String, String> environment) {
        return directory(environment, "XDG_CONFIG_HOME", ".config").resolve("jobledger");
    }

    /**
     * One of the base directories.
     *
     * @param variable that names it; a relative path in it counts for nothing, as the specification has it
     * @param underHome where it is without the variable
     */
    public static Path directory(Map<String, String> environment, String variable, String underHome) {
        Path path = path(variable, environment.getOrDefault(variable, ""));
        return path != null && path.isAbsolute() ? path : Home.of(environment).resolve(underHome);
    }

    /** The user's home directory. */
    public static Path home(Map<String, String> environment) {
        return Home.of(environment);
    }

    /** The path in a variable; null when it is empty. */
    static Path path(String source, String text) {
        try {
            return text == null || text.isEmpty() ? null : Path.of(text);
        } catch (InvalidPathException e) {
            throw new InvalidSetting(source + " must be a path, not '" + text + "'");
        }
    }
}
