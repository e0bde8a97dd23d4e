package io.jobledger.cli.serve;

import io.jobledger.cli.view.CommandFailed;
import io.jobledger.cli.view.ExitCodes;
import io.jobledger.config.Durations;
import io.jobledger.config.Setting;
import io.jobledger.config.Settings;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.URI;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.List;
import java.util.concurrent.Callable;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code healthcheck}: asks the ingester of this machine whether it can work now. For service managers and container
 * engines, so it takes the ingester's own settings instead of a URL, needs no token, and loads little: it is started
 * every few seconds.
 */
@Command(
        name = "healthcheck",
        description = "Asks the ingester that these settings start, on this machine, whether it can store now"
                + " (/readyz). Ends with 0 if it can, else with 1. Needs no token; with TLS it trusts the certificate of"
                + " --tls-cert alone.",
        mixinStandardHelpOptions = true)
public final class HealthcheckCommand implements Callable<Integer> {
    private static final List<Setting> SETTINGS =
            List.of(Setting.LISTEN, Setting.PORT, Setting.TLS_CERT, Setting.TLS_KEY, Setting.TLS_CLIENT_CA);

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--timeout",
            paramLabel = "DURATION",
            defaultValue = "5s",
            description = "Longest wait for a connection, and for the answer. Default: 5s.")
    private String timeout;

    private HealthcheckCommand() {}

    /** The command with the settings that say where the ingester listens. */
    public static CommandLine commandLine() {
        CommandLine command = new CommandLine(new HealthcheckCommand());
        SettingFlags.add(command.getCommandSpec(), SETTINGS);
        return command;
    }

    @Override
    public Integer call() {
        Settings settings = SettingFlags.load(spec);
        int patience = patience();
        URI uri = null;
        try {
            uri = ready(settings);
            int status = status(uri.toURL(), settings.access().tlsCert(), patience);
            if (status != HttpURLConnection.HTTP_OK) {
                throw new CommandFailed(uri + " says " + status + ": the ingester lives, and cannot store now");
            }
        } catch (IOException | GeneralSecurityException e) {
            throw new CommandFailed(
                    "no ingester answers at " + uri + ": "
                            + (e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage())
                            + (settings.access().tlsClientCa() == null
                                    ? ""
                                    : " (with tls-client-ca it lets nobody in who has no certificate: check the port instead)"));
        }
        spec.commandLine().getOut().println("ok");
        return ExitCodes.OK;
    }

    /** In milliseconds. */
    private int patience() {
        try {
            return Math.toIntExact(Durations.parse(timeout).toMillis());
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw new CommandFailed("--timeout must be a time like 5s, not '" + timeout + "'");
        }
    }

    /** Where it answers on this machine: loopback, unless it listens to another address alone. */
    private static URI ready(Settings settings) throws IOException {
        InetAddress listen = InetAddress.getByName(settings.listen());
        String host = listen.isAnyLocalAddress() ? "127.0.0.1" : listen.getHostAddress();
        return URI.create((settings.access().tls() ? "https://" : "http://")
                + (host.contains(":") ? "[" + host + "]" : host)
                + ":"
                + settings.port()
                + "/readyz");
    }

    private static int status(URL url, Path cert, int patience) throws IOException, GeneralSecurityException {
        HttpURLConnection connection = (HttpURLConnection) url.openConnection();
        connection.setConnectTimeout(patience);
        connection.setReadTimeout(patience);
        connection.setInstanceFollowRedirects(false);
        if (connection instanceof HttpsURLConnection secure) {
            secure.setSSLSocketFactory(trusting(cert).getSocketFactory());
            // The certificate itself is compared; its names are those by which others reach this machine.
            secure.setHostnameVerifier((name, session) -> true);
        }
        try {
            return connection.getResponseCode();
        } finally {
            connection.disconnect();
        }
    }

    /** Trusts the certificates in the file, and no other. */
    private static SSLContext trusting(Path file) throws IOException, GeneralSecurityException {
        KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
        trusted.load(null, null);
        try (InputStream pem = Files.newInputStream(file)) {
            for (Certificate one : CertificateFactory.getInstance("X.509").generateCertificates(pem)) {
                trusted.setCertificateEntry("certificate-" + trusted.size(), one);
            }
        }
        TrustManagerFactory managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        managers.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, managers.getTrustManagers(), null);
        return context;
    }
}
