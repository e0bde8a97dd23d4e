package io.jobledger.sink.mirror.file;

import io.jobledger.sink.copy.LogCopyContract;
import io.jobledger.sink.mirror.Mirror;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/** The copy of a log in a directory. */
class FileLogCopyTest extends LogCopyContract {
    @TempDir
    Path root;

    @Override
    protected Mirror open() {
        return new FileMirror(root.resolve("mirror"));
    }
}
