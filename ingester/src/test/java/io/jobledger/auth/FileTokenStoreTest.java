package io.jobledger.auth;

import static io.jobledger.Wire.T0;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jobledger.TestClock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tokens in a file: what is kept, who may read it, and that nothing damaged is believed. */
class FileTokenStoreTest {
    @TempDir
    Path directory;

    private final TestClock clock = new TestClock(T0);
    private Path file;
    private FileTokenStore store;
    private TokenAdmin admin;

    @BeforeEach
    void open() {
        file = directory.resolve("data/tokens.json");
        store = new FileTokenStore(file);
        admin = new TokenAdmin(store, clock);
    }

    @Test
    void token_isKeptAsAHash_forItsOwnerOnly_andComesBackAsItWas() throws IOException {
        assertThat(store.read()).isEmpty();
        TokenAdmin.Made made = admin.create(EnumSet.of(Scope.READ, Scope.INGEST), "ci", Duration.ofDays(90), "user ann");
        assertThat(made.text()).matches("jl_[0-9a-f]{64}");
        assertThat(made.toString()).doesNotContain(made.text());
        assertThat(Files.readString(file)).doesNotContain(made.text()).doesNotContain(made.text().substring(3)).contains(TokenText.hash(made.text()));
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file))).isEqualTo("rw-------");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file.getParent()))).isEqualTo("rwx------");
        assertThat(new FileTokenStore(file).read().orElseThrow()).containsExactly(made.token());
        assertThat(made.token().expiresAt()).isEqualTo(T0.plus(Duration.ofDays(90)));
    }

    @Test
    void nameOfATokenThatWorks_isTaken_afterItsEndItIsFree_andRevokedOnesStayListed() {
        admin.create(EnumSet.of(Scope.READ), "ci", null, "test");
        assertThatThrownBy(() -> admin.create(EnumSet.of(Scope.READ), "ci", null, "test")).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("revoke it first");
        Token revoked = admin.revoke("ci");
        assertThat(revoked.state(clock.instant())).isEqualTo("revoked");
        Token second = admin.create(EnumSet.of(Scope.READ), "ci", Duration.ofHours(1), "test").token();
        assertThat(admin.list()).hasSize(2);
        assertThatThrownBy(() -> admin.revoke("nobody")).hasMessageContaining("token ls");
        clock.advance(Duration.ofHours(1));
        assertThat(second.state(clock.instant())).isEqualTo("expired");
        admin.create(EnumSet.of(Scope.READ), "ci", null, "test");
        for (String bad : List.of("", " ", "a\nb", "x".repeat(101))) {
            assertThatThrownBy(() -> admin.create(EnumSet.of(Scope.READ), bad, null, "test")).as(bad).isInstanceOf(IllegalArgumentException.class);
        }
        assertThat(admin.list()).hasSize(3);
    }

    @Test
    void tokensMadeAtOnce_areAllKept() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Future<TokenAdmin.Made>> made = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                made.add(threads.submit(() -> new TokenAdmin(new FileTokenStore(file), clock).create(EnumSet.of(Scope.READ), null, null, "test")));
            }
            Set<String> ids = new HashSet<>();
            for (Future<TokenAdmin.Made> future : made) {
                ids.add(future.get(60, TimeUnit.SECONDS).token().id());
            }
            assertThat(admin.list()).extracting(Token::id).containsExactlyInAnyOrderElementsOf(ids);
        } finally {
            threads.shutdownNow();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{", "[]", "{}", "{\"tokens\": [{}]}", "{\"tokens\": [{\"id\": \"a\", \"name\": \"a\", \"scopes\": [\"root\"], \"sha256\": \"b\"}]}", "EXPIRY"})
    void damagedFile_isRefused_andNeverOverwritten(String content) throws IOException {
        admin.create(EnumSet.of(Scope.READ), "ci", Duration.ofDays(1), "test");
        String damaged = content.equals("EXPIRY") ? Files.readString(file).replaceFirst("\"expires_at\".*", "") : content;
        Files.writeString(file, damaged);
        assertThatThrownBy(store::read).isInstanceOf(TokenStoreException.class).hasMessageContaining(file.toString());
        assertThatThrownBy(() -> new Tokens(store, clock)).isInstanceOf(TokenStoreException.class);
        assertThatThrownBy(() -> admin.create(EnumSet.of(Scope.ADMIN), "more", null, "test")).isInstanceOf(TokenStoreException.class);
        assertThat(Files.readString(file)).isEqualTo(damaged);
    }

    @Test
    void fileThatOthersMayWrite_isNotTrusted() throws IOException {
        admin.create(EnumSet.of(Scope.READ), "ci", null, "test");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw----"));
        assertThatThrownBy(store::read).isInstanceOf(TokenStoreException.class).hasMessageContaining("chmod 600");
    }
}
