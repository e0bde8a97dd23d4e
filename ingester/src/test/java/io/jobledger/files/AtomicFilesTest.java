package io.jobledger.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFilesTest {
    @TempDir
    private Path root;

    @Test
    void write_newAndExistingFile_hasTheContent_andIsPrivate() throws IOException {
        AtomicFiles files = new AtomicFiles(root.resolve("tmp"));
        Path file = root.resolve("a/b/c.json");
        files.write(file, new byte[] {1, 2, 3});
        files.write(file, new byte[] {4});
        assertThat(file).hasBinaryContent(new byte[] {4});
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file.getParent())))
                .isEqualTo("rwx------");
        assertThat(root.resolve("tmp")).isEmptyDirectory();
    }

    @Test
    void write_contentThatFails_leavesTheOldFile_andNothingElse() throws IOException {
        AtomicFiles files = new AtomicFiles(root.resolve("tmp"));
        Path file = root.resolve("c.json");
        files.write(file, new byte[] {1});
        assertThatThrownBy(() -> files.write(file, out -> {
                    out.write(new byte[1000]);
                    throw new IOException("no room");
                }))
                .hasMessage("no room");
        assertThat(file).hasBinaryContent(new byte[] {1});
        assertThat(root.resolve("tmp")).isEmptyDirectory();
    }

    @Test
    void firstWrite_removesWhatAKilledProcessLeft_butNotWhatMayBeInUse() throws IOException {
        Path temporary = Files.createDirectory(root.resolve("tmp"));
        Path old = Files.write(temporary.resolve("old"), new byte[] {1});
        Files.setLastModifiedTime(old, FileTime.from(Instant.now().minus(Duration.ofHours(2))));
        Path young = Files.write(temporary.resolve("young"), new byte[] {1});
        new AtomicFiles(temporary).write(root.resolve("c.json"), new byte[] {2});
        assertThat(old).doesNotExist();
        assertThat(young).exists();
    }
}
