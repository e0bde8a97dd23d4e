package io.jobledger.cli.ask;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.jobledger.cli.context.ClientSettings;
import io.jobledger.cli.view.CommandFailed;
import io.jobledger.cli.view.ExitCodes;
import io.jobledger.cli.view.Hints;
import io.jobledger.cli.view.Refused;
import io.jobledger.files.PrivateFiles;
import io.jobledger.json.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URLEncoder;
import java.net.UnknownHostException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import javax.net.ssl.HttpsURLConnection;

/**
 * Asks a running ingester. Failures are {@link CommandFailed} with what to do. Thread-safe.
 *
 * <p>The JDK's old client: its newer one takes a quarter of a second of a small machine to start, which is most of what
 * a command takes.
 */
public final class ApiClient {
    private static final Duration CONNECT = Duration.ofSeconds(5);
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    /** For answers that the ingester has to work for before their first byte. */
    private static final Duration LONG_PATIENCE = Duration.ofMinutes(10);

    static {
        // It would send a POST again by itself.
        System.setProperty("sun.net.http.retryPost", "false");
    }

    private final String url;
    private final ApiAccess access;

    /** Lets itself in as the settings say. */
    public ApiClient(ClientSettings settings) {
        this(settings.url(), new ApiAccess(settings));
    }

    /** @param url the ingester's, like {@code http://127.0.0.1:8740} */
    public ApiClient(String url, ApiAccess access) {
        this.access = access;
        this.url = url.endsWith("/") ? url.substring(0, url.length() - 1) : url;
    }

    /** One path segment or query value, percent-encoded; dots too, since clients on the way may resolve {@code ..}. */
    public static String escape(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8)
                .replace("+", "%20")
                .replace(".", "%2E")
                .replace("*", "%2A");
    }

    public String url() {
        return url;
    }

    public JsonNode get(String path) {
        return ask("GET", path);
    }

    /** Without a body. */
    public JsonNode post(String path) {
        return ask("POST", path);
    }

    public JsonNode post(String path, JsonNode body) {
        return answer(open("POST", path, Map.of("Accept", "application/json"), LONG_PATIENCE, body));
    }

    /** The answer may be empty: then it is an empty object. */
    JsonNode delete(String path) {
        return ask("DELETE", path);
    }

    private JsonNode ask(String method, String path) {
        return answer(open(method, path, Map.of("Accept", "application/json"), PATIENCE, null));
    }

    private JsonNode answer(InputStream answer) {
        try (InputStream body = answer) {
            String text = new String(body.readAllBytes(), StandardCharsets.UTF_8);
            return text.isEmpty() ? Json.MAPPER.createObjectNode() : json(200, text);
        } catch (IOException e) {
            throw new CommandFailed("the answer of " + url + " broke off: " + reason(e));
        }
    }

    /**
     * An answer to read while it comes; the caller closes it. Reading it fails when it ends too early.
     *
     * @param silence longest wait for its next bytes
     */
    public InputStream stream(String path, Map<String, String> headers, Duration silence) {
        return open("GET", path, headers, silence);
    }

    /** As the other, for an answer that the ingester may have to work for. */
    public InputStream stream(String path, String accept) {
        return open("GET", path, Map.of("Accept", accept), LONG_PATIENCE);
    }

    /** Passes on each object of a stream of JSON lines, as it comes. */
    public void lines(String path, Consumer<JsonNode> each) {
        try (BufferedReader lines = new BufferedReader(
                new InputStreamReader(stream(path, "application/x-ndjson"), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                each.accept(json(200, line));
            }
        } catch (IOException e) {
            throw new CommandFailed("the answer of " + url + " broke off: " + reason(e));
        }
    }

    /**
     * Posts nothing to {@code path} and writes what comes back to a new, private file, synced; the file is not there
     * when this fails.
     */
    public void download(String path, Path file) throws IOException {
        try (InputStream body = open("POST", path, Map.of(), LONG_PATIENCE)) {
            try (FileChannel out = FileChannel.open(
                    file,
                    Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                    PrivateFiles.fileAttributes(file))) {
                body.transferTo(Channels.newOutputStream(out));
                out.force(true);
            } catch (FileAlreadyExistsException e) {
                throw e;
            } catch (IOException e) {
                Files.deleteIfExists(file);
                throw e;
            }
        } catch (IOException e) {
            throw new CommandFailed("the answer of " + url + " could not be written to " + file + ": " + e);
        }
    }

    /** The body of a good answer. */
    private InputStream open(String method, String path, Map<String, String> headers, Duration silence) {
        return open(method, path, headers, silence, null);
    }

    private InputStream open(
            String method, String path, Map<String, String> headers, Duration silence, JsonNode content) {
        URI uri = uri(path);
        HttpURLConnection connection;
        int status;
        try {
            connection = (HttpURLConnection) uri.toURL().openConnection();
            connection.setRequestMethod(method);
            connection.setInstanceFollowRedirects(false);
            connection.setConnectTimeout((int) CONNECT.toMillis());
            connection.setReadTimeout((int) silence.toMillis());
            headers.forEach(connection::setRequestProperty);
            access.letIn(connection);
            if (content != null) {
                connection.setRequestProperty("Content-Type", "application/json");
                connection.setDoOutput(true);
                try (OutputStream out = connection.getOutputStream()) {
                    out.write(Json.text(content).getBytes(StandardCharsets.UTF_8));
                }
            }
            status = connection.getResponseCode();
        } catch (IOException e) {
            String tls = TlsFault.of(url, e);
            if (tls != null) {
                throw new CommandFailed(tls);
            }
            throw new CommandFailed("no ingester answers at " + url + " (" + reason(e) + "). The URL is from "
                    + access.urlFrom()
                    + ". Start one with 'jobledger serve', or name another with --url, JOBLEDGER_URL or"
                    + " 'jobledger login'");
        }
        try {
            if (status / 100 == 2) {
                return new WholeBody(connection.getInputStream(), connection.getContentLengthLong());
            }
            InputStream problem = connection.getErrorStream();
            throw refused(
                    status,
                    json(status, problem == null ? "" : new String(problem.readAllBytes(), StandardCharsets.UTF_8)));
        } catch (IOException e) {
            throw new CommandFailed("the answer of " + url + " broke off: " + reason(e));
        }
    }

    /** The certificate that an ingester with TLS shows; empty for one without. */
    public Optional<X509Certificate> certificate() {
        try {
            HttpURLConnection connection =
                    (HttpURLConnection) uri("/healthz").toURL().openConnection();
            if (!(connection instanceof HttpsURLConnection secure)) {
                return Optional.empty();
            }
            secure.setConnectTimeout((int) CONNECT.toMillis());
            secure.setReadTimeout((int) PATIENCE.toMillis());
            access.letIn(secure);
            secure.connect();
            try {
                return Arrays.stream(secure.getServerCertificates())
                        .filter(X509Certificate.class::isInstance)
                        .map(X509Certificate.class::cast)
                        .findFirst();
            } finally {
                secure.disconnect();
            }
        } catch (IOException e) {
            String tls = TlsFault.of(url, e);
            throw new CommandFailed(tls != null ? tls : reason(e));
        }
    }

    private static String reason(IOException e) {
        if (e instanceof UnknownHostException) {
            return "no machine is known by the name " + e.getMessage();
        }
        return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    }

    private URI uri(String path) {
        try {
            URI uri = URI.create(url + path);
            if (uri.getUserInfo() != null) {
                // Not the URL itself: it may be a password.
                throw new CommandFailed(
                        ExitCodes.USAGE, "--url or JOBLEDGER_URL must not hold a user name or password");
            }
            if (uri.getHost() != null && ("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()))) {
                return uri;
            }
        } catch (IllegalArgumentException e) {
            // said below
        }
        throw new CommandFailed(
                ExitCodes.USAGE,
                "'" + url + "' is no URL; --url or JOBLEDGER_URL takes one like http://127.0.0.1:8740");
    }

    private JsonNode json(int status, String body) {
        try {
            JsonNode json = Json.OWN.readTree(body);
            if (json.isContainerNode()) {
                return json;
            }
        } catch (JsonProcessingException e) {
            // said below
        }
        throw new CommandFailed(url + " does not answer like an ingester (status " + status + ")");
    }

    private CommandFailed refused(int status, JsonNode problem) {
        String hint = status == 401
                ? access.tokenHint()
                : Hints.forCommands(problem.path("hint").asText(""));
        return new Refused(
                status, problem.path("detail").asText("status " + status) + (hint.isEmpty() ? "" : "\n" + hint));
    }
}
