package io.jobledger.config;

import java.util.Locale;

/**
 * The table of settings. Each can be given as a flag, an environment variable or a line in the settings file; the first
 * of these that is there counts. docs/reference/settings.md shows the same table, and a test holds the two together.
 */
public enum Setting {
    LISTEN(
            "127.0.0.1",
            "ADDRESS",
            "Address to listen on. Anything but loopback needs a token and TLS, or a flag that allows to do without."),
    PORT("8740", "PORT", "TCP port to listen on; 0 takes a free one."),
    TLS_CERT(
            "",
            "FILE",
            "PEM file with the server's certificate and those between it and its CA. With --tls-key it makes the"
                    + " server speak HTTPS. Read again when it changes."),
    TLS_KEY("", "FILE", "PEM file with the certificate's private key."),
    TLS_CLIENT_CA(
            "",
            "FILE",
            "PEM file of CAs. When it is set, every client needs a certificate of one of them, beside its token."),
    HOST_NAMES(
            "",
            "NAMES",
            "Names, separated by commas, that the Host header may say beside localhost, 127.0.0.1 and [::1] when the"
                    + " server listens on loopback: those of a proxy."),
    ALLOW_ANONYMOUS_NETWORK(
            "false",
            "BOOLEAN",
            "Lets whoever reaches a non-loopback address read, write and administrate, while no token was made."),
    ALLOW_PLAIN_HTTP_NETWORK(
            "false", "BOOLEAN", "Lets tokens and records cross a network unencrypted, on a non-loopback address."),
    OPEN_METRICS("false", "BOOLEAN", "Serves /metrics without a token."),
    SESSION_LIFE("12h", "DURATION", "How long a browser stays logged in."),
    ACCESS_LOG(
            "",
            "FILE",
            "Where each request is logged as a line of JSON: a file, or - for standard output. Default: nowhere."),
    TRUSTED_PROXIES(
            "",
            "NETWORKS",
            "Addresses or networks, separated by commas, of proxies whose X-Forwarded-For is believed: where a request"
                    + " comes from, for the limit on wrong tokens and for the logs. Without it the header counts for"
                    + " nothing, since everybody can write one."),
    DATA_DIR(
            "",
            "DIR",
            "Where the ledger, the default mirror, tokens and the audit trail live, where they are not in PostgreSQL."
                    + " Default: $XDG_DATA_HOME/jobledger, or ~/.local/share/jobledger."),
    LEDGER(
            "",
            "PLACE",
            "The ledger's directory, or jdbc:postgresql://HOST/DATABASE. Default: ledger in the" + " data directory."),
    LEDGER_USER("", "NAME", "The user of a PostgreSQL ledger. Default: $PGUSER, or the name of the system's user."),
    LEDGER_PASSWORD_FILE(
            "",
            "FILE",
            "A file whose first line is the password of a PostgreSQL ledger. Default: $PGPASSWORD, or the passfile"
                    + " ~/.pgpass."),
    LEDGER_CONNECTIONS(
            "10",
            "N",
            "Most connections to a PostgreSQL ledger; live views take one more, tokens and the audit trail three."),
    EVENT_RETENTION(
            "",
            "DURATION",
            "Events of older runs are dropped from a PostgreSQL ledger, whole weeks at a time; runs and jobs stay."
                    + " Default: they are kept."),
    MIRROR(
            "",
            "URI",
            "Where the newest record of each key is mirrored: file:///DIR or a directory's path,"
                    + " oci://BUCKET[@NAMESPACE][/PREFIX], or s3://BUCKET[/PREFIX]; several are separated by commas;"
                    + " none for no mirror. Default: the directory mirror in the data directory; none for a PostgreSQL"
                    + " ledger."),
    MIRROR_CONCURRENCY("8", "N", "How many records are put to one mirror at once."),
    MIRROR_CLAIM(
            "2m",
            "DURATION",
            "How long an ingester has a record to mirror for itself, where several share a PostgreSQL ledger; what a"
                    + " dead one had comes back after that."),
    LOG_COPY(
            "none",
            "DURATION",
            "Time between two rounds in which each mirror also gets what is new of the ledger's log, with tokens and"
                    + " audit trail: restore --from makes the ledger of it elsewhere. Not for a PostgreSQL ledger."),
    OCI_AUTH(
            "config-file",
            "WAY",
            "How oci:// mirrors authenticate: config-file, session-token, instance-principal or resource-principal."),
    OCI_CONFIG_FILE("", "FILE", "OCI's configuration file. Default: $OCI_CONFIG_FILE, or ~/.oci/config."),
    OCI_PROFILE("", "NAME", "The profile in OCI's configuration file. Default: $OCI_PROFILE, or DEFAULT."),
    OCI_REGION(
            "",
            "REGION",
            "The region of oci:// mirrors. Default: the profile's, or $OCI_REGION, or the principal's own."),
    OCI_ENDPOINT("", "URL", "The whole URL of Object Storage, instead of a region's."),
    OCI_CONNECT_TIMEOUT("5s", "DURATION", "Longest wait for a connection to OCI."),
    OCI_READ_TIMEOUT("10s", "DURATION", "Longest wait for the next bytes of an answer of OCI."),
    S3_REGION(
            "",
            "REGION",
            "The region of s3:// mirrors. Default: $AWS_REGION, the profile's, or the machine's own; any where an"
                    + " endpoint is given."),
    S3_ENDPOINT(
            "",
            "URL",
            "The whole URL of a store that speaks S3. Default: $AWS_ENDPOINT_URL_S3 or $AWS_ENDPOINT_URL, else AWS's."),
    S3_PATH_STYLE(
            "auto",
            "WHEN",
            "Whether s3:// mirrors name the bucket in the path and not in the host's name: true, false, or auto, which"
                    + " is true where an endpoint is given."),
    S3_CA_FILE(
            "",
            "FILE",
            "Certificates of the authorities that s3:// mirrors trust, in PEM. Default: $AWS_CA_BUNDLE, or Java's."),
    S3_CONNECT_TIMEOUT("5s", "DURATION", "Longest wait for a connection to the store of an s3:// mirror."),
    S3_READ_TIMEOUT("10s", "DURATION", "Longest wait for the next bytes of an answer of that store."),
    HOOKS(
            "",
            "FILE",
            "A file of webhooks: who is told which news, and how. docs/reference/hooks.md says what is in it. Default: none."),
    RUN_SILENCE("1h", "DURATION", "A run that did not say goodbye and was silent for so long is shown as interrupted."),
    MAX_BODY("8MiB", "SIZE", "Largest request body."),
    MAX_BATCH_EVENTS("1000", "N", "Most events in one batch."),
    QUEUE_EVENTS("20000", "N", "Most events that wait for a commit; beyond it senders are asked to come back."),
    COMMIT_EVENTS("1000", "N", "Most events that share one commit."),
    LEDGER_CACHE("32MiB", "SIZE", "Memory for the ledger's page cache."),
    MIN_FREE(
            "64MiB",
            "SIZE",
            "Room on the ledger's disk that is left free: below it nothing is stored, and lookups go on."),
    QUERY_TIMEOUT(
            "10s",
            "DURATION",
            "Longest time for one question of an audit to the ledger; a longer one is cancelled, and the answer says"
                    + " how to narrow it."),
    STREAM_CLIENTS("100", "N", "Most live views (GET /api/v1/stream) at once."),
    MAX_REQUEST_LINE(
            "64KiB",
            "SIZE",
            "Longest request line. The default holds three names of the longest kind, escaped, and a query."),
    MAX_HEADERS("16KiB", "SIZE", "Largest headers of one request, all together."),
    MAX_EVENT_CHARS("64000", "N", "Most characters of one event as compact JSON; more does not fit into the ledger."),
    MAX_RUN_CHARS("1000000", "N", "The same for run_started and run_finished, which hold a command line and a recap."),
    MAX_NAME(
            "4096",
            "N",
            "Longest name of a host, play, job or task, in bytes of UTF-8; more does not fit into the ledger."),
    MAX_METADATA("64000", "N", "Most characters of a record's metadata, or of a run's labels, as compact JSON."),
    MAX_DEPTH("64", "N", "How deep the JSON of an event may nest."),
    MAX_CONNECTIONS("500", "N", "Most connections at once. More are closed at once."),
    MAX_CONNECTIONS_PER_ADDRESS("250", "N", "Most connections at once from one address; a proxy is one address."),
    MAX_REQUESTS(
            "256",
            "N",
            "Most requests of one kind under way at once: those that store, those that look a job up by its name or"
                    + " read the metrics, and all others; beyond it clients are asked to come back."),
    MAX_WAITERS(
            "250",
            "N",
            "Most callers that wait for a job's end at once; beyond it they are asked to come back. Each holds a"
                    + " connection (max-connections)."),
    MAX_BUFFERED(
            "",
            "SIZE",
            "Bytes of bodies on their way, of all requests together that store; the other two kinds (max-requests)"
                    + " have half as much each for what they send and what was not taken of their answers. Beyond it"
                    + " clients are asked to come back. Default: a tenth of the Java heap, and at least max-body."),
    HEAD_TIMEOUT(
            "10s",
            "DURATION",
            "Longest time from a connection to the end of its first request's headers, TLS included."),
    BODY_TIMEOUT("30s", "DURATION", "Longest time for a request's body to arrive."),
    SEND_TIMEOUT(
            "60s",
            "DURATION",
            "Longest time that a client may leave an answer unread. An export or a live view may take longer, as long"
                    + " as some of it is taken in each such time; so may a backup."),
    IDLE_TIMEOUT("60s", "DURATION", "A connection on which nothing moves for so long is closed."),
    KEEP_SUCCEEDED(
            "forever", "DURATION", "How long jobs that succeeded are kept, from their start; forever for no limit."),
    KEEP_FAILED("forever", "DURATION", "The same for jobs that failed, timed out, were cancelled, lost or closed."),
    KEEP_SUCCEEDED_COUNT("all", "N", "How many jobs that succeeded are kept, the newest; all for no limit."),
    KEEP_FAILED_COUNT("all", "N", "The same for failed, timed-out and lost jobs, of each kind so many."),
    RETENTION_INTERVAL("1h", "DURATION", "Time between two rounds of removing what is not kept."),
    LOG_LEVEL("info", "LEVEL", "Least level that is logged: error, warn, info or debug.");

    private final String fallback;
    private final String label;
    private final String meaning;

    Setting(String fallback, String label, String meaning) {
        this.fallback = fallback;
        this.label = label;
        this.meaning = meaning;
    }

    /** The name in the settings file. */
    public String key() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    public String flag() {
        return "--" + key();
    }

    public String variable() {
        return "JOBLEDGER_" + name();
    }

    /** The default as text; empty when it is worked out from other settings. */
    public String fallback() {
        return fallback;
    }

    /** Whether its flag may stand alone, which means true. */
    public boolean isSwitch() {
        return label.equals("BOOLEAN");
    }

    /** What kind of value it takes, for help texts. */
    public String label() {
        return label;
    }

    /** What it does, in a line. */
    public String meaning() {
        return meaning;
    }
}
