package io.jobledger.sink.mirror.oci;

import io.jobledger.sink.copy.LogCopyContract;
import io.jobledger.sink.mirror.Mirror;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** The copy of a log in a bucket, through the real SDK over a socket. */
class OciLogCopyTest extends LogCopyContract {
    @TempDir
    private static Path folder;

    private static OciTestBed bed;

    @BeforeAll
    static void start() {
        bed = new OciTestBed(folder);
    }

    @AfterAll
    static void stop() {
        bed.close();
    }

    @Override
    protected Mirror open() {
        return new OciMirror("oci://" + bed.newBucket() + "/team-a", bed.options());
    }
}
