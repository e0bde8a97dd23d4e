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
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;

/** Tokens in one JSON file, 0600, that a reader never sees half written. A lock file beside it keeps two commands apart. */
public final class FileTokenStore implements TokenStore {
    private static final Following FOLLOWING = new Following(Duration.ofMillis(300), null);

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
        try {
            if (PrivateFiles.writableByOthers(file)) {
                throw new TokenStoreException("others may write the tokens in " + file + ": look who did, then chmod 600 it", null);
            }
            JsonNode tokens = Json.MAPPER.readTree(Files.readAllBytes(file)).required("tokens");
            List<Token> all = new ArrayList<>();
            tokens.forEach(json -> all.add(token(json)));
            return Optional.of(List.copyOf(all));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException | IllegalArgumentException e) {
            // Not Jackson's message: it may quote the file.
            throw new TokenStoreException("the tokens in " + file + " cannot be read (" + e.getClass().getSimpleName()
                    + "). If the file is damaged, move it away and make new tokens with 'jobledger token create'", e);
        }
    }

    @Override
    public void change(UnaryOperator<List<Token>> change) {
        Path lockFile = file.resolveSibling(file.getFileName() + ".lock");
        try {
            PrivateFiles.createDirectory(file.getParent());
            // A process may hold a lock of a file once; two threads of one take turns.
            synchronized (FileTokenStore.class) {
                try (FileChannel channel = FileChannel.open(lockFile, Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE), PrivateFiles.fileAttributes(lockFile))) {
                    channel.lock();
                    List<Token> changed = change.apply(read().orElse(List.of()));
                    ObjectNode json = JsonNodeFactory.instance.objectNode();
                    ArrayNode tokens = json.putArray("tokens");
                    changed.forEach(token -> tokens.add(json(token)));
                    new AtomicFiles(file.resolveSibling(".tokens-new")).write(file, (json.toPrettyString() + "\n").getBytes(StandardCharsets.UTF_8));
                }
            }
        } catch (IOException e) {
            throw new TokenStoreException("the tokens in " + file + " cannot be written: " + e.getMessage(), e);
        }
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
        return new Token(json.required("id").asText(), json.required("name").asText(), scopes, hash, time(json, "created_at"), json.path("created_by").asText(null),
                time(json, "expires_at"), time(json, "revoked_at"));
    }

    private static Instant time(JsonNode json, String field) {
        // A field that was removed by hand must not make a token live for ever.
        JsonNode value = json.required(field);
        return value.isNull() ? null : Json.time(value.asText());
    }
}
