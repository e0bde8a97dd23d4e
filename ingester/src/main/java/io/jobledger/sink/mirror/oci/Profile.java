package io.jobledger.sink.mirror.oci;

import io.jobledger.config.OciSettings;
import io.jobledger.sink.mirror.MirrorException;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One profile of OCI's configuration file. It is read here and not by the SDK, whose complaints name neither the file
 * nor the way out, and which prefers ~/.oci/config to the file that it was told.
 *
 * @param values a profile's own values, and for the rest those of DEFAULT, as OCI's tools do it
 */
record Profile(Path file, String name, Map<String, String> values) {
    private static final String HELP = "'oci setup config' writes such a file; docs/how-to/oci.md shows one";

    /**
     * Reads a profile.
     *
     * @throws MirrorException lasting, naming the file, and the line or the profiles that there are
     */
    static Profile read(Path file, String name) {
        Map<String, Map<String, String>> profiles = profiles(file);
        Map<String, String> own = profiles.get(name);
        if (own == null) {
            throw MirrorException.lasting(
                    "the OCI configuration file " + file + " has no profile '" + name + "'; "
                            + (profiles.isEmpty()
                                    ? "it has none at all. " + HELP
                                    : "there are: " + String.join(", ", profiles.keySet())),
                    null);
        }
        Map<String, String> values = new LinkedHashMap<>(profiles.getOrDefault(OciSettings.DEFAULT_PROFILE, Map.of()));
        values.putAll(own);
        return new Profile(file, name, Map.copyOf(values));
    }

    private static Map<String, Map<String, String>> profiles(Path file) {
        Map<String, Map<String, String>> profiles = new LinkedHashMap<>();
        Map<String, String> profile = null;
        int number = 0;
        for (String line : lines(file)) {
            number++;
            String text = line.strip();
            int equals = text.indexOf('=');
            if (text.isEmpty() || text.startsWith("#") || text.startsWith(";")) {
                continue;
            }
            if (text.startsWith("[") && text.endsWith("]")) {
                profile = profiles.computeIfAbsent(
                        text.substring(1, text.length() - 1).strip(), key -> new LinkedHashMap<>());
            } else if (equals > 0 && profile != null) {
                profile.put(
                        text.substring(0, equals).strip(),
                        text.substring(equals + 1).strip());
            } else {
                // Not the line itself: it may be the pass phrase.
                throw MirrorException.lasting(
                        "the OCI configuration file " + file + " is invalid: line " + number
                                + " is neither [PROFILE] nor key=value under one. " + HELP,
                        null);
            }
        }
        return profiles;
    }

    private static List<String> lines(Path file) {
        if (!Files.exists(file)) {
            throw MirrorException.lasting("there is no OCI configuration file " + file + ". " + HELP, null);
        }
        try {
            return Files.readAllLines(file);
        } catch (CharacterCodingException e) {
            throw MirrorException.lasting(
                    "the OCI configuration file " + file + " is invalid: it is not text in UTF-8. " + HELP, e);
        } catch (IOException e) {
            throw MirrorException.lasting(
                    "the OCI configuration file " + file + " cannot be read ("
                            + e.getClass().getSimpleName() + "). See that it is a file that this user may read",
                    e);
        }
    }

    /** A value that must be there. */
    String require(String key) {
        String value = values.getOrDefault(key, "");
        if (value.isEmpty()) {
            throw MirrorException.lasting(
                    "the profile '" + name + "' of the OCI configuration file " + file + " has no '" + key + "'. "
                            + HELP,
                    null);
        }
        return value;
    }

    /** A value that may be absent: null then. */
    String get(String key) {
        return values.get(key);
    }

    /** A file that the profile names; a leading {@code ~/} is the home directory. */
    Path requirePath(String key) {
        return OciSettings.expandHome(require(key), System.getenv());
    }
}
