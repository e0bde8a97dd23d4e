package io.jobledger.config;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * How to reach OCI Object Storage, beside what a mirror's URI says. Immutable.
 *
 * @param auth who the ingester is to OCI
 * @param configFile OCI's configuration file; only read for {@link Auth#CONFIG_FILE} and {@link Auth#SESSION_TOKEN}
 * @param profile the section of that file
 * @param region a region's id, which goes before the profile's; null for the profile's, or the principal's own
 * @param endpoint the whole URL of the service instead of a region; null for the region's
 * @param connectTimeout longest wait for a connection
 * @param readTimeout longest wait for the next bytes of an answer
 */
public record OciSettings(
        Auth auth,
        Path configFile,
        String profile,
        String region,
        String endpoint,
        Duration connectTimeout,
        Duration readTimeout) {
    /** Who the ingester is to OCI. */
    public enum Auth {
        /** A user's API key, named by a profile of the configuration file. */
        CONFIG_FILE("config-file"),
        /** A token of limited life, made by {@code oci session authenticate}. */
        SESSION_TOKEN("session-token"),
        /** The compute instance on which the ingester runs. */
        INSTANCE_PRINCIPAL("instance-principal"),
        /** The OCI resource, a container instance or function, in which the ingester runs. */
        RESOURCE_PRINCIPAL("resource-principal");

        private final String setting;

        Auth(String setting) {
            this.setting = setting;
        }

        /** Its spelling in settings. */
        public String setting() {
            return setting;
        }

        /**
         * Reads a setting.
         *
         * @throws IllegalArgumentException listing what there is
         */
        public static Auth parse(String text) {
            return Arrays.stream(values())
                    .filter(auth -> auth.setting.equals(text))
                    .findFirst()
                    .orElseThrow(
                            () -> new IllegalArgumentException("'" + text + "' is no way to authenticate; there are: "
                                    + Arrays.stream(values()).map(Auth::setting).collect(Collectors.joining(", "))));
        }
    }

    public static final String DEFAULT_PROFILE = "DEFAULT";
    public static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);
    public static final Duration READ_TIMEOUT = Duration.ofSeconds(10);

    private static final Pattern REGION = Pattern.compile("[a-z0-9]+(-[a-z0-9]+)*");

    /** @throws IllegalArgumentException when a part cannot be used, or both region and endpoint are given */
    public OciSettings {
        if (region != null && endpoint != null) {
            throw new IllegalArgumentException("both a region (" + region + ") and an endpoint (" + endpoint
                    + ") are given: a region has its own endpoint. Give one of them");
        }
        if (region != null && !REGION.matcher(region).matches()) {
            throw new IllegalArgumentException("'" + region + "' is no region's id; one looks like eu-frankfurt-1");
        }
        if (endpoint != null && !isUrl(endpoint)) {
            throw new IllegalArgumentException("the endpoint '" + endpoint
                    + "' is no URL like https://objectstorage.eu-frankfurt-1.oraclecloud.com");
        }
        for (Duration timeout : new Duration[] {connectTimeout, readTimeout}) {
            if (timeout.toMillis() < 1 || timeout.toMillis() > Integer.MAX_VALUE) {
                throw new IllegalArgumentException("a time-out must be from 1 ms to 24 days");
            }
        }
    }

    /**
     * The user's own configuration, as OCI's tools find it: {@code OCI_CONFIG_FILE} and {@code OCI_PROFILE} if set,
     * else the default profile of ~/.oci/config.
     */
    public static OciSettings of(Map<String, String> environment) {
        String file = environment.getOrDefault("OCI_CONFIG_FILE", "");
        String profile = environment.getOrDefault("OCI_PROFILE", "");
        return new OciSettings(
                Auth.CONFIG_FILE,
                expandHome(file.isEmpty() ? "~/.oci/config" : file, environment),
                profile.isEmpty() ? DEFAULT_PROFILE : profile,
                null,
                null,
                CONNECT_TIMEOUT,
                READ_TIMEOUT);
    }

    /** A path as OCI's tools read it: a leading {@code ~/} is the home directory. */
    public static Path expandHome(String path, Map<String, String> environment) {
        return path.equals("~") || path.startsWith("~/")
                ? Path.of(Home.of(environment) + path.substring(1))
                : Path.of(path);
    }

    private static boolean isUrl(String text) {
        try {
            URI uri = URI.create(text);
            return ("https".equals(uri.getScheme()) || "http".equals(uri.getScheme()))
                    && uri.getHost() != null
                    && uri.getUserInfo() == null
                    && uri.getQuery() == null;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    /** The same for another service: its whole URL, and the configuration file whose users it knows. */
    public OciSettings at(String service, Path users) {
        return new OciSettings(auth, users, profile, region, service, connectTimeout, readTimeout);
    }
}
