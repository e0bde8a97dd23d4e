package io.jobledger.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.EnumSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tokens in a file: who may read it, and that nothing damaged is believed. */
class FileTokenStoreTest extends TokenStoreContract {
    @TempDir
    Path directory;

    private Path file;

    @BeforeEach
    void name() {
        file = directory.resolve("data/tokens.json");
    }

    @Override
    protected TokenStore store() {
        return new FileTokenStore(file);
    }

    @Test
    void file_isForItsOwnerOnly_andHoldsNoToken() throws IOException {
        TokenAdmin.Made made = admin().create(EnumSet.of(Scope.READ), "ci", null, "user ann");
        assertThat(Files.readString(file))
                .doesNotContain(made.text())
                .doesNotContain(made.text().substring(3))
                .contains(TokenText.hash(made.text()));
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file.getParent())))
                .isEqualTo("rwx------");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{",
                "[]",
                "{}",
                "{\"tokens\": [{}]}",
                "{\"tokens\": [{\"id\": \"a\", \"name\": \"a\", \"scopes\": [\"root\"], \"sha256\": \"b\"}]}",
                "EXPIRY"
            })
    void damagedFile_isRefused_andNeverOverwritten(String content) throws IOException {
        admin().create(EnumSet.of(Scope.READ), "ci", Duration.ofDays(1), "test");
        String damaged =
                content.equals("EXPIRY") ? Files.readString(file).replaceFirst("\"expires_at\".*", "") : content;
        Files.writeString(file, damaged);
        assertThatThrownBy(store()::read)
                .isInstanceOf(TokenStoreException.class)
                .hasMessageContaining(file.toString());
        assertThatThrownBy(() -> new Tokens(store(), clock)).isInstanceOf(TokenStoreException.class);
        assertThatThrownBy(() -> admin().create(EnumSet.of(Scope.ADMIN), "more", null, "test"))
                .isInstanceOf(TokenStoreException.class);
        assertThat(Files.readString(file)).isEqualTo(damaged);
    }

    @Test
    void fileThatOthersMayWrite_isNotTrusted() throws IOException {
        admin().create(EnumSet.of(Scope.READ), "ci", null, "test");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw----"));
        assertThatThrownBy(store()::read)
                .isInstanceOf(TokenStoreException.class)
                .hasMessageContaining("chmod 600");
    }
}
