package io.jobledger.log.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jobledger.log.EventLog;
import io.jobledger.log.EventLogContract;
import io.jobledger.log.LogException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileLogTest extends EventLogContract {
    @TempDir
    Path directory;

    static FileLog.Options options(LogDisk disk, int segmentBytes) {
        return new FileLog.Options(disk, segmentBytes, 0, 100, Runnable::run, 1000);
    }

    @Override
    protected EventLog open() {
        return FileLog.open(directory.resolve("home/log"), options(new SystemDisk(), 16 << 20));
    }

    @Test
    void twoAtOnce_areRefused() {
        assertThatThrownBy(this::open)
                .isInstanceOfSatisfying(
                        LogException.class, e -> assertThat(e.kind()).isEqualTo(LogException.Kind.UNUSABLE))
                .hasMessageContaining("in use by another process")
                .hasMessageContaining(directory.resolve("home/log/lock").toString());
    }
}
