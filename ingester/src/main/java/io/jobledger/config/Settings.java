package io.jobledger.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * The settings, typed and checked. See {@link Setting} for what each means.
 *
 * @param ledger where the ledger is
 * @param eventRetention null to keep events for ever
 * @param mirrors URIs or paths as given; empty for no mirror
 * @param buckets for all mirrors in buckets
 * @param logCopy time between two rounds of copying the log into mirrors; null for no copy
 * @param hooks the file of webhooks; null for none
 * @param maxBody bytes
 * @param ledgerCache bytes
 * @param minFree bytes
 * @param access who may reach the ingester
 * @param limits how much clients may ask of it
 */
public record Settings(
        String listen,
        int port,
        LedgerLocation ledger,
        Duration eventRetention,
        List<String> mirrors,
        int mirrorConcurrency,
        Duration mirrorClaim,
        BucketSettings buckets,
        Duration logCopy,
        Path hooks,
        Duration runSilence,
        long maxBody,
        int maxBatchEvents,
        int queueEvents,
        int commitEvents,
        long ledgerCache,
        long minFree,
        Duration queryTimeout,
        int streamClients,
        Duration idleTimeout,
        String logLevel,
        RetentionSettings retention,
        AccessSettings access,
        Limits limits) {
    /** The same with other limits. */
    public Settings with(Limits others) {
        return new Settings(
                listen,
                port,
                ledger,
                eventRetention,
                mirrors,
                mirrorConcurrency,
                mirrorClaim,
                buckets,
                logCopy,
                hooks,
                runSilence,
                maxBody,
                maxBatchEvents,
                queueEvents,
                commitEvents,
                ledgerCache,
                minFree,
                queryTimeout,
                streamClients,
                idleTimeout,
                logLevel,
                retention,
                access,
                others);
    }
}
