package io.jobledger.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * Who may reach the ingester, how, and what is written down of it. Immutable.
 *
 * @param dataDir holds the tokens and the audit trail
 * @param allowAnonymousNetwork whether others may read and write without a token, on an address that is not loopback
 * @param allowPlainHttpNetwork whether tokens and records may cross a network unencrypted
 * @param hostNames in lower case; what a Host header may say beside the names of loopback
 * @param openMetrics whether metrics need no token
 * @param sessionLife how long a browser stays logged in
 * @param accessLog a file, {@code -} for standard output, or null for none
 * @param trustedProxies whose X-Forwarded-For is believed
 * @param tlsCert PEM; null for plain HTTP
 * @param tlsKey PEM; null for plain HTTP
 * @param tlsClientCa PEM; null when clients need no certificate
 */
public record AccessSettings(
        Path dataDir,
        boolean allowAnonymousNetwork,
        boolean allowPlainHttpNetwork,
        List<String> hostNames,
        boolean openMetrics,
        Duration sessionLife,
        String accessLog,
        List<Network> trustedProxies,
        Path tlsCert,
        Path tlsKey,
        Path tlsClientCa) {
    /** Whether the server speaks TLS. */
    public boolean tls() {
        return tlsCert != null;
    }

    /** Where the tokens' hashes are kept. */
    public Path tokens() {
        return dataDir.resolve("tokens.json");
    }

    /** Where administrative acts are written down. */
    public Path auditTrail() {
        return dataDir.resolve("audit.jsonl");
    }
}
