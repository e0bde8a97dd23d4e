package io.jobledger.log.file;

import io.jobledger.log.EventLog;
import io.jobledger.log.EventLogContract;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/** A segment for each record, rewritten once the next begins. */
class SmallSegmentsTest extends EventLogContract {
    @TempDir
    Path directory;

    @Override
    protected EventLog open() {
        return FileLog.open(directory, FileLogTest.options(new SystemDisk(), 100));
    }
}
