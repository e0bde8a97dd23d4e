package io.jobledger.log.file;

import io.jobledger.log.*;
import java.nio.file.Path;

public abstract class FileLog implements EventLog {
    public record Options(long minFree) {
        public static Options usual(long minFree) {
            return new Options(minFree);
        }
    }

    public static FileLog open(Path directory, Options options) {
        throw new UnsupportedOperationException();
    }

    public abstract void require(LogHead head);
}
