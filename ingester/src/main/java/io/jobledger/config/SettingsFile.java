package io.jobledger.config;

import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Stream;

/**
 * The settings file, for the ingester and for the commands that ask one.
 *
 * @param path where it is, or would be
 * @param lines what it holds; none where there is no file
 * @param present whether there is one
 */
public record SettingsFile(Path path, Properties lines, boolean present) {
    /** The environment variable that names it. */
    public static final String VARIABLE = "JOBLEDGER_CONFIG";

    /**
     * Finds and reads it.
     *
     * @param config as the command line names it, or null; a file that is named must be there
     * @throws InvalidSetting when it cannot be read, or has a line for what is no setting
     */
    public static SettingsFile find(Path config, Map<String, String> environment) {
        Path named = config != null ? config : Xdg.path(VARIABLE, environment.get(VARIABLE));
        Path file = named != null ? named : Xdg.settings(environment).resolve("jobledger.properties");
        Properties lines = new Properties();
        boolean present = named != null || Files.exists(file);
        if (present) {
            try (Reader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
                lines.load(reader);
            } catch (IOException | IllegalArgumentException e) {
                throw new InvalidSetting("the settings file " + file + " cannot be read (" + e.getMessage()
                        + "). It holds lines like: port = 8740");
            }
        }
        List<String> known = Stream.concat(
                        Arrays.stream(Setting.values()).map(Setting::key),
                        Arrays.stream(ClientSetting.values()).map(ClientSetting::key))
                .toList();
        for (String key : lines.stringPropertyNames()) {
            if (!known.contains(key)) {
                throw new InvalidSetting("the settings file " + file + " has a line for '" + key
                        + "', which is no setting. There are: " + String.join(", ", known));
            }
        }
        return new SettingsFile(file, lines, present);
    }

    /** The value that it has for one of the clients' settings; null for none. */
    public String client(ClientSetting setting) {
        String value = lines.getProperty(setting.key(), "").strip();
        return value.isEmpty() ? null : value;
    }
}
