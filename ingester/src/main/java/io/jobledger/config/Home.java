package io.jobledger.config;

import java.nio.file.Path;
import java.util.Map;

/** The home directory as a shell's {@code ~} has it. */
final class Home {
    private Home() {}

    /**
     * {@code HOME} where it is an absolute path, else what the user database says.
     *
     * @throws InvalidSetting when there is neither, as for a container's user without an entry
     */
    static Path of(Map<String, String> environment) {
        // Java looks into the user database only, and answers "?" for a user that is not in it.
        for (String home : new String[] {environment.getOrDefault("HOME", ""), System.getProperty("user.home", "")}) {
            if (home.startsWith("/")) {
                return Path.of(home);
            }
        }
        throw new InvalidSetting(
                "this user has no home directory: set HOME, or JOBLEDGER_DATA_DIR and what else lies there by default");
    }
}
