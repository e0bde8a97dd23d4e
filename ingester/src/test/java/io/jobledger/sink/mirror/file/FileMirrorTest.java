package io.jobledger.sink.mirror.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.jobledger.sink.mirror.CheckStep;
import io.jobledger.sink.mirror.CheckStep.Outcome;
import io.jobledger.sink.mirror.Mirror;
import io.jobledger.sink.mirror.MirrorContract;
import io.jobledger.sink.mirror.MirrorException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileMirrorTest extends MirrorContract {
    @TempDir
    private Path directory;

    @Override
    protected Mirror open() {
        return new FileMirror(directory.resolve("mirror"));
    }

    @Override
    protected void plant(String path, byte[] bytes) throws IOException {
        Path file = directory.resolve("mirror").resolve(path);
        Files.createDirectories(file.getParent());
        Files.write(file, bytes);
    }

    @Test
    void requireReadable_directoryIsAbsent_isNamedAndNotMade() {
        try (Mirror mirror = open()) {
            assertThatThrownBy(mirror::requireReadable)
                    .isInstanceOf(MirrorException.class)
                    .hasMessageContaining(mirror.uri());
        }
        assertThat(directory.resolve("mirror")).doesNotExist();
    }

    @Test
    void list_directoryBelowCannotBeRead_isAFailureThatNamesIt() throws IOException {
        plant("db1/play/job.json", "{}".getBytes());
        Path locked = directory.resolve("mirror").resolve("db1").resolve("play");
        Files.setPosixFilePermissions(locked, Set.of());
        try (Mirror mirror = open()) {
            assumeThat(Files.isReadable(locked))
                    .as("the superuser may read everything")
                    .isFalse();
            assertThatThrownBy(() -> mirror.list(listed -> {}))
                    .isInstanceOf(MirrorException.class)
                    .hasMessageContaining(locked.toString());
        } finally {
            Files.setPosixFilePermissions(locked, PosixFilePermissions.fromString("rwx------"));
        }
    }

    @Test
    void probe_rootIsAFile_failsAtPutAndSkipsTheRest() throws IOException {
        Path file = Files.createFile(directory.resolve("file"));
        try (Mirror mirror = new FileMirror(file)) {
            assertThat(mirror.probe()).extracting(CheckStep::name).containsExactly("put", "get", "list", "delete");
            assertThat(mirror.probe())
                    .extracting(CheckStep::outcome)
                    .containsExactly(Outcome.FAILED, Outcome.SKIPPED, Outcome.SKIPPED, Outcome.SKIPPED);
            assertThat(mirror.probe().get(0).text()).contains(file.toString());
        }
    }
}
