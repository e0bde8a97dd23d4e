package io.jobledger.cli.ask;

import io.jobledger.auth.TokenText;
import io.jobledger.cli.view.CommandFailed;
import io.jobledger.files.PrivateFiles;
import io.vertx.core.Vertx;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import java.io.IOException;
import java.io.PrintStream;
import java.net.HttpURLConnection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLContext;

/**
 * What a command shows an ingester to be let in, from the environment: a token on the command line could be read by
 * every user of the machine, so there is no option for it. {@code JOBLEDGER_TOKEN} or {@code JOBLEDGER_TOKEN_FILE};
 * {@code JOBLEDGER_CA_FILE}, {@code JOBLEDGER_CLIENT_CERT} and {@code JOBLEDGER_CLIENT_KEY}.
 */
final class ApiAccess {
    private final Map<String, String> environment;
    private boolean tokenRead;
    private String token;
    private SSLContext tls;

    ApiAccess(Map<String, String> environment) {
        this.environment = environment;
    }

    /** Gives a connection that was not made yet the token and the certificates. Thread-safe. */
    synchronized void letIn(HttpURLConnection connection) {
        if (!tokenRead) {
            token = token(System.err).orElse(null);
            tokenRead = true;
        }
        if (token != null) {
            connection.setRequestProperty("Authorization", "Bearer " + token);
        }
        if (connection instanceof HttpsURLConnection secure) {
            tls = tls != null ? tls : tls().orElse(null);
            if (tls != null) {
                secure.setSSLSocketFactory(tls.getSocketFactory());
            }
        }
    }

    /** The token, if one is set. {@code warnings} hears of a file that everybody may read. */
    Optional<String> token(PrintStream warnings) {
        String token = variable("JOBLEDGER_TOKEN");
        String file = variable("JOBLEDGER_TOKEN_FILE");
        if (token == null && file != null) {
            try {
                if (PrivateFiles.readableByAll(Path.of(file))) {
                    warnings.println("jobledger: warning: every user of this machine can read the token in " + file
                            + "; chmod 600 it");
                }
                token = Files.readString(Path.of(file)).strip();
            } catch (IOException e) {
                throw new CommandFailed("the token file " + file + " (JOBLEDGER_TOKEN_FILE) cannot be read: "
                        + e.getClass().getSimpleName());
            }
        }
        if (token != null && !TokenText.isWellFormed(token)) {
            throw new CommandFailed((variable("JOBLEDGER_TOKEN") != null ? "JOBLEDGER_TOKEN" : file)
                    + " does not hold a token: one is " + TokenText.PREFIX + " and 64 hexadecimal digits");
        }
        return Optional.ofNullable(token);
    }

    /** TLS by the CA and certificate that are set; empty for what Java trusts by itself. */
    Optional<SSLContext> tls() {
        String ca = variable("JOBLEDGER_CA_FILE");
        String cert = variable("JOBLEDGER_CLIENT_CERT");
        String key = variable("JOBLEDGER_CLIENT_KEY") == null ? cert : variable("JOBLEDGER_CLIENT_KEY");
        if (ca == null && cert == null) {
            return Optional.empty();
        }
        // Java itself reads no PEM.
        Vertx vertx = Vertx.vertx();
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(
                    cert == null
                            ? null
                            : new PemKeyCertOptions()
                                    .setCertPath(cert)
                                    .setKeyPath(key)
                                    .getKeyManagerFactory(vertx)
                                    .getKeyManagers(),
                    ca == null
                            ? null
                            : new PemTrustOptions()
                                    .addCertPath(ca)
                                    .getTrustManagerFactory(vertx)
                                    .getTrustManagers(),
                    null);
            return Optional.of(context);
        } catch (Exception e) {
            throw new CommandFailed(
                    "the files of JOBLEDGER_CA_FILE, JOBLEDGER_CLIENT_CERT or JOBLEDGER_CLIENT_KEY cannot be used: "
                            + e.getMessage());
        } finally {
            vertx.close()
                    .toCompletionStage()
                    .toCompletableFuture()
                    .orTimeout(10, TimeUnit.SECONDS)
                    .exceptionally(e -> null)
                    .join();
        }
    }

    private String variable(String name) {
        String value = environment.get(name);
        return value == null || value.isBlank() ? null : value.strip();
    }
}
