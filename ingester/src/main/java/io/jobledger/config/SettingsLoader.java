package io.jobledger.config;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Finds each setting's value, flags before environment before file before default, and says where a bad one came from.
 */
public final class SettingsLoader {
    private static final Pattern SIZE = Pattern.compile("(\\d{1,12})\\s*(B|KiB|MiB|GiB)?", Pattern.CASE_INSENSITIVE);

    private final Map<Setting, String> flags;
    private final Map<String, String> environment;
    private final Properties file;
    private final String fileName;

    private SettingsLoader(
            Map<Setting, String> flags, Map<String, String> environment, Properties file, String fileName) {
        this.flags = flags;
        this.environment = environment;
        this.file = file;
        this.fileName = fileName;
    }

    /**
     * Loads the settings.
     *
     * @param flags values given on the command line
     * @param config the settings file named on the command line, or null
     * @param environment the process's environment
     * @throws InvalidSetting naming the first one that cannot be used
     */
    public static Settings load(Map<Setting, String> flags, Path config, Map<String, String> environment) {
        SettingsFile file = SettingsFile.find(config, environment);
        return new SettingsLoader(flags, environment, file.lines(), file.path().toString()).settings();
    }

    private Settings settings() {
        Path data = value(Setting.DATA_DIR, "a directory's path without a semicolon", text -> {
            Path path = text.isEmpty()
                    ? Xdg.directory(environment, "XDG_DATA_HOME", ".local/share")
                            .resolve("jobledger")
                    : Path.of(text);
            // The ledger's default path begins with it.
            return path.toString().contains(";") ? null : path;
        });
        LedgerLocation ledger = value(
                Setting.LEDGER,
                "a directory's path without a semicolon, or jdbc:postgresql://HOST/DATABASE",
                text -> ledger(text, data));
        Settings settings = new Settings(
                value(Setting.LISTEN, "an address or host name", text -> text.isEmpty() ? null : text),
                (int) number(Setting.PORT, 0, 65535),
                ledger,
                text(Setting.EVENT_RETENTION) == null ? null : duration(Setting.EVENT_RETENTION),
                value(Setting.MIRROR, "mirrors separated by commas, or none", text -> mirrors(text, data, ledger)),
                (int) number(Setting.MIRROR_CONCURRENCY, 1, 256),
                duration(Setting.MIRROR_CLAIM),
                new BucketSettings(oci(), s3()),
                logCopy(ledger),
                file(Setting.HOOKS),
                duration(Setting.RUN_SILENCE),
                size(Setting.MAX_BODY),
                (int) number(Setting.MAX_BATCH_EVENTS, 1, 100_000),
                (int) number(Setting.QUEUE_EVENTS, 1, 10_000_000),
                (int) number(Setting.COMMIT_EVENTS, 1, 100_000),
                size(Setting.LEDGER_CACHE),
                size(Setting.MIN_FREE),
                duration(Setting.QUERY_TIMEOUT),
                (int) number(Setting.STREAM_CLIENTS, 0, 100_000),
                duration(Setting.IDLE_TIMEOUT),
                value(
                        Setting.LOG_LEVEL,
                        "error, warn, info or debug",
                        text -> List.of("error", "warn", "info", "debug").contains(text) ? text : null),
                new RetentionSettings(
                        keep(Setting.KEEP_SUCCEEDED),
                        keep(Setting.KEEP_FAILED),
                        keepCount(Setting.KEEP_SUCCEEDED_COUNT),
                        keepCount(Setting.KEEP_FAILED_COUNT),
                        duration(Setting.RETENTION_INTERVAL)),
                access(data),
                limits());
        if (settings.mirrorClaim().toSeconds() < 10 || settings.mirrorClaim().toHours() > 1) {
            // A put must have time to end, and what a dead ingester had must not wait for ever.
            throw new InvalidSetting(
                    Setting.MIRROR_CLAIM.flag() + " must be from 10s to 1h, not " + settings.mirrorClaim());
        }
        if (settings.queueEvents() < settings.maxBatchEvents()) {
            // A batch that is larger than the queue would be asked to come back for ever.
            throw new InvalidSetting(Setting.QUEUE_EVENTS.flag() + " is " + settings.queueEvents() + ", less than "
                    + Setting.MAX_BATCH_EVENTS.flag() + ", which is " + settings.maxBatchEvents()
                    + ": the largest batch must fit into the queue");
        }
        return settings;
    }

    private AccessSettings access(Path data) {
        AccessSettings access = new AccessSettings(
                data.toAbsolutePath(),
                bool(Setting.ALLOW_ANONYMOUS_NETWORK),
                bool(Setting.ALLOW_PLAIN_HTTP_NETWORK),
                value(Setting.HOST_NAMES, "host names without ports, separated by commas", SettingsLoader::hostNames),
                bool(Setting.OPEN_METRICS),
                duration(Setting.SESSION_LIFE),
                text(Setting.ACCESS_LOG),
                value(
                        Setting.TRUSTED_PROXIES,
                        "addresses or networks like 10.0.0.5 or 10.0.0.0/8, separated by commas",
                        SettingsLoader::networks),
                file(Setting.TLS_CERT),
                file(Setting.TLS_KEY),
                file(Setting.TLS_CLIENT_CA));
        if ((access.tlsCert() == null) != (access.tlsKey() == null)) {
            throw new InvalidSetting((access.tls() ? Setting.TLS_KEY : Setting.TLS_CERT).flag()
                    + " is missing: a certificate and its private key are given together");
        }
        if (access.tlsClientCa() != null && !access.tls()) {
            throw new InvalidSetting(Setting.TLS_CLIENT_CA.flag() + " needs " + Setting.TLS_CERT.flag() + " and "
                    + Setting.TLS_KEY.flag() + ": only TLS has client certificates");
        }
        return access;
    }

    private static List<String> hostNames(String text) {
        List<String> names = Arrays.stream(text.toLowerCase(Locale.ROOT).split(","))
                .map(String::strip)
                .filter(name -> !name.isEmpty())
                .toList();
        return names.stream().allMatch(name -> name.matches("[a-z0-9._-]+|\\[[0-9a-f:.]+]")) ? names : null;
    }

    private static List<Network> networks(String text) {
        try {
            return Arrays.stream(text.split(","))
                    .map(String::strip)
                    .filter(part -> !part.isEmpty())
                    .map(Network::parse)
                    .toList();
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    /** The columns of the ledger are the ceilings: a setting can only ask for less. */
    private Limits limits() {
        long maxBody = size(Setting.MAX_BODY);
        Limits limits = new Limits(
                (int) size(Setting.MAX_REQUEST_LINE),
                (int) size(Setting.MAX_HEADERS),
                (int) number(Setting.MAX_EVENT_CHARS, 1000, 64_000),
                (int) number(Setting.MAX_RUN_CHARS, 1000, 1_000_000),
                (int) number(Setting.MAX_NAME, 64, 4096),
                (int) number(Setting.MAX_METADATA, 2, 64_000),
                (int) number(Setting.MAX_DEPTH, 4, 64),
                (int) number(Setting.MAX_CONNECTIONS, 1, 100_000),
                (int) number(Setting.MAX_CONNECTIONS_PER_ADDRESS, 1, 100_000),
                (int) number(Setting.MAX_REQUESTS, 1, 100_000),
                (int) number(Setting.MAX_WAITERS, 1, 100_000),
                text(Setting.MAX_BUFFERED) == null
                        ? Math.max(maxBody, Runtime.getRuntime().maxMemory() / 10)
                        : size(Setting.MAX_BUFFERED),
                duration(Setting.HEAD_TIMEOUT),
                duration(Setting.BODY_TIMEOUT),
                duration(Setting.SEND_TIMEOUT));
        if (limits.buffered() < maxBody) {
            // A body that is larger than the whole would be asked to come back for ever.
            throw new InvalidSetting(Setting.MAX_BUFFERED.flag() + " is " + limits.buffered() + " bytes, less than "
                    + Setting.MAX_BODY.flag() + ", which is " + maxBody + ": the largest body must fit");
        }
        return limits;
    }

    /** The ledger that {@code text} names; null when it names none. */
    private LedgerLocation ledger(String text, Path data) {
        if (text.startsWith(LedgerLocation.POSTGRESQL)) {
            String fault = LedgerLocation.fault(text);
            if (fault != null) {
                throw new InvalidSetting(Setting.LEDGER.flag() + " " + fault);
            }
            String user = text(Setting.LEDGER_USER) != null ? text(Setting.LEDGER_USER) : environment.get("PGUSER");
            return new LedgerLocation.Postgres(
                    text, user, password(), (int) number(Setting.LEDGER_CONNECTIONS, 2, 1000));
        }
        if (text.startsWith("jdbc:") || text.contains("://")) {
            return null;
        }
        Path path = text.isEmpty() ? data.resolve("ledger") : Path.of(text).toAbsolutePath();
        // H2 would read what follows a semicolon as a setting of its own.
        return path.getFileName() == null || path.toString().contains(";") ? null : new LedgerLocation.File(path);
    }

    private String password() {
        String file = text(Setting.LEDGER_PASSWORD_FILE);
        if (file == null) {
            return environment.get("PGPASSWORD");
        }
        try (BufferedReader lines = Files.newBufferedReader(Path.of(file), StandardCharsets.UTF_8)) {
            String line = lines.readLine();
            if (line == null || line.isEmpty()) {
                throw new InvalidSetting(Setting.LEDGER_PASSWORD_FILE.flag() + " names " + file
                        + ", whose first line is empty: it must be the password");
            }
            return line;
        } catch (IOException | InvalidPathException e) {
            throw new InvalidSetting(Setting.LEDGER_PASSWORD_FILE.flag() + " names " + file + ", which cannot be read ("
                    + e.getMessage() + ")");
        }
    }

    private static List<String> mirrors(String text, Path data, LedgerLocation ledger) {
        if (text.isEmpty()) {
            // Ingesters that share a ledger would each fill a directory of their own with a part of the records.
            return ledger instanceof LedgerLocation.File
                    ? List.of(data.resolve("mirror").toAbsolutePath().toString())
                    : List.of();
        }
        return text.equals("none")
                ? List.of()
                : Arrays.stream(text.split(","))
                        .map(String::strip)
                        .filter(uri -> !uri.isEmpty())
                        .distinct()
                        .collect(Collectors.toList());
    }

    /** Null where it is too short or too long, for {@link #value} to say. */
    private static Optional<Duration> interval(Duration time) {
        return time.toSeconds() < 1 || time.compareTo(Duration.ofHours(1)) > 0 ? null : Optional.of(time);
    }

    /** Null for no copy. */
    private Duration logCopy(LedgerLocation ledger) {
        Duration interval = value(
                        Setting.LOG_COPY,
                        "a time from 1s to 1h, like 5s, or none",
                        text -> text.equals("none") ? Optional.<Duration>empty() : interval(Durations.parse(text)))
                .orElse(null);
        if (interval != null) {
            ledger.file(
                    Setting.LOG_COPY.flag(),
                    "its log is in the database, and is copied by PostgreSQL's own means: archived WAL with a base"
                            + " backup (pgBackRest, Barman), or a standby. See docs/how-to/postgresql.md");
        }
        return interval;
    }

    private OciSettings oci() {
        OciSettings own = OciSettings.of(environment);
        try {
            return new OciSettings(
                    OciSettings.Auth.parse(text(Setting.OCI_AUTH)),
                    value(
                            Setting.OCI_CONFIG_FILE,
                            "a file's path",
                            text -> text.isEmpty() ? own.configFile() : OciSettings.expandHome(text, environment)),
                    text(Setting.OCI_PROFILE) == null ? own.profile() : text(Setting.OCI_PROFILE),
                    text(Setting.OCI_REGION),
                    text(Setting.OCI_ENDPOINT),
                    duration(Setting.OCI_CONNECT_TIMEOUT),
                    duration(Setting.OCI_READ_TIMEOUT));
        } catch (IllegalArgumentException e) {
            throw new InvalidSetting("the oci- settings cannot be used: " + e.getMessage());
        }
    }

    private S3Settings s3() {
        S3Settings own = S3Settings.of(environment);
        try {
            return new S3Settings(
                    text(Setting.S3_REGION),
                    text(Setting.S3_ENDPOINT) == null ? own.endpoint() : text(Setting.S3_ENDPOINT),
                    value(Setting.S3_PATH_STYLE, "true, false or auto", S3Settings.PathStyle::parse),
                    file(Setting.S3_CA_FILE) == null ? own.caFile() : file(Setting.S3_CA_FILE),
                    duration(Setting.S3_CONNECT_TIMEOUT),
                    duration(Setting.S3_READ_TIMEOUT));
        } catch (IllegalArgumentException e) {
            throw new InvalidSetting("the s3- settings cannot be used: " + e.getMessage());
        }
    }

    /** The text of a setting that has no form of its own; null when it is empty. */
    private String text(Setting setting) {
        String text = value(setting, "a text", given -> given);
        return text.isEmpty() ? null : text;
    }

    /** A parser answers null, or throws, when the text is no such thing. */
    private <T> T value(Setting setting, String expected, Function<String, T> parse) {
        String source;
        String text;
        if (flags.containsKey(setting)) {
            source = setting.flag();
            text = flags.get(setting);
        } else if (!environment.getOrDefault(setting.variable(), "").isEmpty()) {
            source = setting.variable();
            text = environment.get(setting.variable());
        } else if (file.getProperty(setting.key()) != null) {
            source = setting.key() + " in " + fileName;
            text = file.getProperty(setting.key());
        } else {
            source = setting.flag();
            text = setting.fallback();
        }
        T value = null;
        try {
            value = parse.apply(text.strip());
        } catch (IllegalArgumentException | ArithmeticException e) {
            // said below
        }
        if (value == null) {
            throw new InvalidSetting(source + " must be " + expected + ", not '" + text + "'");
        }
        return value;
    }

    private boolean bool(Setting setting) {
        return value(
                setting,
                "true or false",
                text -> text.equals("true") ? Boolean.TRUE : text.equals("false") ? Boolean.FALSE : null);
    }

    /** An absolute path, or null when the setting is empty. */
    private Path file(Setting setting) {
        return value(
                        setting,
                        "a file's path",
                        text -> Optional.of(text)
                                .filter(given -> !given.isEmpty())
                                .map(given -> Path.of(given).toAbsolutePath()))
                .orElse(null);
    }

    private long number(Setting setting, long least, long most) {
        return value(setting, "a whole number from " + least + " to " + most, text -> {
            long number = Long.parseLong(text);
            return number < least || number > most ? null : number;
        });
    }

    private long size(Setting setting) {
        return value(setting, "a size from 1KiB to 1GiB, like 512KiB or 8MiB", text -> {
            Matcher matcher = SIZE.matcher(text);
            if (!matcher.matches()) {
                return null;
            }
            String unit = matcher.group(2) == null ? "b" : matcher.group(2).toLowerCase(Locale.ROOT);
            int shift = switch (unit) {
                case "kib" -> 10;
                case "mib" -> 20;
                case "gib" -> 30;
                default -> 0;
            };
            long bytes = Math.multiplyExact(Long.parseLong(matcher.group(1)), 1L << shift);
            return bytes < 1024 || bytes > 1L << 30 ? null : bytes;
        });
    }

    private Duration duration(Setting setting) {
        return value(setting, "a time like 500ms, 90s, 15m, 2h or 7d", Durations::parse);
    }

    /** How long something is kept; null for ever. */
    private Duration keep(Setting setting) {
        return value(
                        setting,
                        "a time like 12h or 90d, or forever",
                        text -> text.equals("forever")
                                ? Optional.<Duration>empty()
                                : Optional.of(Durations.parse(text)))
                .orElse(null);
    }

    /** How many of something are kept; null for all. */
    private Long keepCount(Setting setting) {
        return value(setting, "a whole number from 1 to 1000000000, or all", text -> {
                    if (text.equals("all")) {
                        return Optional.<Long>empty();
                    }
                    long number = Long.parseLong(text);
                    return number < 1 || number > 1_000_000_000 ? null : Optional.of(number);
                })
                .orElse(null);
    }
}
