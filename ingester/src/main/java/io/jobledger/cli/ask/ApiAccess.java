package io.jobledger.cli.ask;

import io.jobledger.auth.TokenText;
import io.jobledger.cli.context.ClientSettings;
import io.jobledger.cli.view.CommandFailed;
import io.jobledger.config.ClientSetting;
import io.jobledger.files.PrivateFiles;
import io.vertx.core.Vertx;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import java.io.IOException;
import java.io.PrintStream;
import java.net.HttpURLConnection;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLContext;

/**
 * What a command shows an ingester to be let in, as {@link ClientSettings} have it: a token on the command line could
 * be read by every user of the machine, so there is no option for it.
 */
public final class ApiAccess {
    private final ClientSettings settings;
    private boolean tokenRead;
    private ClientSettings.Sourced token;
    private SSLContext tls;

    /** Opens nothing. */
    public ApiAccess(ClientSettings settings) {
        this.settings = settings;
    }

    /** As an environment has it. */
    ApiAccess(Map<String, String> environment) {
        this(ClientSettings.find(null, null, environment));
    }

    /** Gives a connection that was not made yet the token and the certificates. Thread-safe. */
    synchronized void letIn(HttpURLConnection connection) {
        if (!tokenRead) {
            token = token(System.err).orElse(null);
            tokenRead = true;
        }
        if (token != null) {
            connection.setRequestProperty("Authorization", "Bearer " + token.value());
        }
        if (connection instanceof HttpsURLConnection secure) {
            tls = tls != null ? tls : tls().orElse(null);
            if (tls != null) {
                secure.setSSLSocketFactory(tls.getSocketFactory());
            }
        }
    }

    /** Where the URL is from. */
    String urlFrom() {
        return settings.urlFrom();
    }

    /** What to do where an ingester refuses the token, or wants one. */
    String tokenHint() {
        return token == null
                ? "no token was sent: 'jobledger login " + settings.url() + "' keeps one, or name its file in "
                        + ClientSetting.TOKEN_FILE.variable()
                : "the token that was sent is from " + token.from() + "; 'jobledger doctor' shows what it may do, and"
                        + " 'jobledger login " + settings.url() + "' keeps another";
    }

    /** The token, if one is set, and where it is from. {@code warnings} hears of a file that everybody may read. */
    public Optional<ClientSettings.Sourced> token(PrintStream warnings) {
        Optional<ClientSettings.Sourced> found = settings.token();
        Optional<ClientSettings.Sourced> file = settings.get(ClientSetting.TOKEN_FILE);
        if (found.isEmpty() && file.isPresent()) {
            found = Optional.of(read(file.get(), warnings));
        }
        found.filter(one -> !TokenText.isWellFormed(one.value())).ifPresent(one -> {
            throw new CommandFailed(
                    one.from() + " does not hold a token: one is " + TokenText.PREFIX + " and 64 hexadecimal digits");
        });
        return found;
    }

    private static ClientSettings.Sourced read(ClientSettings.Sourced file, PrintStream warnings) {
        Path path = path(file);
        try {
            if (PrivateFiles.readableByAll(path)) {
                warnings.println("jobledger: warning: every user of this machine can read the token in " + path
                        + "; chmod 600 it");
            }
            return new ClientSettings.Sourced(
                    Files.readString(path).strip(), "the file " + path + " (" + file.from() + ")");
        } catch (IOException e) {
            throw new CommandFailed("the token file " + path + " (" + file.from() + ") cannot be read: "
                    + e.getClass().getSimpleName());
        }
    }

    private static Path path(ClientSettings.Sourced file) {
        try {
            return Path.of(file.value());
        } catch (InvalidPathException e) {
            throw new CommandFailed(file.from() + " names '" + file.value() + "', which is no path");
        }
    }

    /** TLS by the CA and certificate that are set; empty for what Java trusts by itself. */
    Optional<SSLContext> tls() {
        Optional<ClientSettings.Sourced> ca = settings.get(ClientSetting.CA_FILE);
        Optional<ClientSettings.Sourced> cert = settings.get(ClientSetting.CLIENT_CERT);
        Optional<ClientSettings.Sourced> key =
                settings.get(ClientSetting.CLIENT_KEY).or(() -> cert);
        if (ca.isEmpty() && cert.isEmpty()) {
            return Optional.empty();
        }
        // Java itself reads no PEM.
        Vertx vertx = Vertx.vertx();
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(
                    cert.isEmpty()
                            ? null
                            : new PemKeyCertOptions()
                                    .setCertPath(cert.get().value())
                                    .setKeyPath(key.orElseThrow().value())
                                    .getKeyManagerFactory(vertx)
                                    .getKeyManagers(),
                    ca.isEmpty()
                            ? null
                            : new PemTrustOptions()
                                    .addCertPath(ca.get().value())
                                    .getTrustManagerFactory(vertx)
                                    .getTrustManagers(),
                    null);
            return Optional.of(context);
        } catch (Exception e) {
            throw new CommandFailed("the files for TLS cannot be used: "
                    + Stream.of(ca, cert, key)
                            .flatMap(Optional::stream)
                            .distinct()
                            .map(one -> one.value() + " (" + one.from() + ")")
                            .collect(Collectors.joining(", "))
                    + ". They are those of JOBLEDGER_CA_FILE, JOBLEDGER_CLIENT_CERT and JOBLEDGER_CLIENT_KEY: "
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
}
