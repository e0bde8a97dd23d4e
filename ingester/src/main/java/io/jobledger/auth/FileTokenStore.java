package io.jobledger.auth;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.files.AtomicFiles;
import io.jobledger.files.PrivateFiles;
import io.jobledger.json.Json;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * Tokens in one JSON file, 0600, that a reader never sees half written, with a checksum. A file beside it knows which
 * contents are the latest, so that an older copy opens nothing; a lock file keeps two commands apart.
 */
public final class FileTokenStore implements TokenStore {
    private static final Following FOLLOWING = new Following(Duration.ofMillis(300), null);

    private static final int READINGS = 3;

    private final Path file;

    /** @param file need not exist, nor its directory; nothing is made before the first change */
    public FileTokenStore(Path file) {
        this.file = file;
    }

    @Override
    public Following following() {
        return FOLLOWING;
    }

    @Override
    public Optional<List<Token>> read() {
        for (int reading = 1; ; reading++) {
            List<String> known = known();
            Optional<Contents> contents = contents();
            String fault = fault(known, contents.orElse(null));
            if (fault == null) {
                return contents.map(Contents::tokens);
            }
            if (reading == READINGS) {
                throw new TokenStoreException(
                        fault + ". Nobody is let in by it. Put the right file back; or move it and " + knownFile()
                                + " away and make new tokens with 'jobledger token create'",
                        null);
            }
            // A change may have come between the two files.
        }
    }

    /** What the file holds, and the checksum that it gives itself; null in one of an earlier version. */
    private record Contents(List<Token> tokens, String check) {}

    private Optional<Contents> contents() {
        try {
            if (PrivateFiles.writableByOthers(file)) {
                throw new TokenStoreException(
                        "others may write the tokens in " + file + ": look who did, then chmod 600 it", null);
            }
            byte[] bytes = Files.readAllBytes(file);
            JsonNode json = Json.MAPPER.readTree(bytes);
            JsonNode tokens = json.required("tokens");
            List<Token> all = new ArrayList<>();
            tokens.forEach(token -> all.add(token(token)));
            String check = json.path("check").asText(null);
            if (check != null && !(check.equals(check(tokens)) && Arrays.equals(bytes, text(json)))) {
                throw new IllegalArgumentException("the checksum is another");
            }
            return Optional.of(new Contents(List.copyOf(all), check));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException | IllegalArgumentException e) {
            // Not Jackson's message: it may quote the file.
            throw new TokenStoreException(
                    "the tokens in " + file + " cannot be read (" + e.getClass().getSimpleName()
                            + "). If the file is damaged or was changed by hand, move it and " + knownFile()
                            + " away and make new tokens with 'jobledger token create'",
                    e);
        }
    }

    /** Null when the file is the one that was written last, as far as that is known. */
    private String fault(List<String> known, Contents contents) {
        if (known.isEmpty()) {
            return null;
        }
        if (contents == null) {
            return "the tokens in " + file + " are missing, and there were some";
        }
        return contents.check != null && known.contains(contents.check)
                ? null
                : "the tokens in " + file
                        + " are not those that were written last: an older copy, in which a token may still be good"
                        + " that was revoked";
    }

    /** Where it is known which contents are the latest: outside the file that may be an older copy. */
    private Path knownFile() {
        return file.resolveSibling(file.getFileName() + ".known");
    }

    private List<String> known() {
        try {
            return Files.readAllLines(knownFile(), StandardCharsets.US_ASCII).stream()
                    .filter(line -> !line.isBlank())
                    .toList();
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException e) {
            throw new TokenStoreException(
                    "the file " + knownFile() + ", which says what tokens there must be, cannot be read ("
                            + e.getClass().getSimpleName() + ")",
                    e);
        }
    }

    private static byte[] text(JsonNode json) {
        return (json.toPrettyString() + "\n").getBytes(StandardCharsets.UTF_8);
    }

    private static String check(JsonNode tokens) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256")
                            .digest(Json.text(tokens).getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void change(UnaryOperator<List<Token>> change) {
        Path lockFile = file.resolveSibling(file.getFileName() + ".lock");
        try {
            PrivateFiles.createDirectory(file.getParent());
            // A process may hold a lock of a file once; two threads of one take turns.
            synchronized (FileTokenStore.class) {
                try (FileChannel channel = FileChannel.open(
                        lockFile,
                        Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
                        PrivateFiles.fileAttributes(lockFile))) {
                    channel.lock();
                    write(change.apply(read().orElse(List.of())));
                }
            }
        } catch (IOException e) {
            throw new TokenStoreException("the tokens in " + file + " cannot be written: " + e.getMessage(), e);
        }
    }

    /** Until the new file is in its place, both are known: a kill in between leaves the old one or the new one. */
    private void write(List<Token> changed) throws IOException {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        ArrayNode tokens = json.putArray("tokens");
        changed.forEach(token -> tokens.add(json(token)));
        String check = check(tokens);
        json.put("check", check);
        AtomicFiles files = new AtomicFiles(file.resolveSibling(".tokens-new"));
        Optional<Contents> before = contents();
        if (before.isPresent() && before.get().check != null) {
            files.write(knownFile(), (before.get().check + "\n" + check + "\n").getBytes(StandardCharsets.US_ASCII));
        }
        files.write(file, text(json));
        files.write(knownFile(), (check + "\n").getBytes(StandardCharsets.US_ASCII));
    }

    private static ObjectNode json(Token token) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("id", token.id()).put("name", token.name());
        ArrayNode scopes = json.putArray("scopes");
        token.scopes().stream().sorted().forEach(scope -> scopes.add(scope.wire()));
        return json.put("sha256", token.hash())
                .put("created_at", Json.time(token.createdAt()))
                .put("created_by", token.createdBy())
                .put("expires_at", Json.time(token.expiresAt()))
                .put("revoked_at", Json.time(token.revokedAt()));
    }

    private static Token token(JsonNode json) {
        Set<Scope> scopes = EnumSet.noneOf(Scope.class);
        json.required("scopes").forEach(scope -> scopes.addAll(Scope.parse(scope.asText())));
        String hash = json.required("sha256").asText();
        if (hash.length() != 64 || scopes.isEmpty()) {
            throw new IllegalArgumentException("a token without its hash or scopes");
        }
        return new Token(
                json.required("id").asText(),
                json.required("name").asText(),
                scopes,
                hash,
                time(json, "created_at"),
                json.path("created_by").asText(null),
                time(json, "expires_at"),
                time(json, "revoked_at"));
    }

    private static Instant time(JsonNode json, String field) {
        // A field that was removed by hand must not make a token live for ever.
        JsonNode value = json.required(field);
        return value.isNull() ? null : Json.time(value.asText());
    }
}
