package io.jobledger.sink.mirror.oci;

import io.jobledger.config.OciSettings;
import io.jobledger.oci.standin.OciStandIn;
import io.jobledger.oci.standin.StandInAccount;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

/** A stand-in with one bucket and one account, for one test class. */
final class OciTestBed implements AutoCloseable {
    static final String NAMESPACE = "acme";

    final OciStandIn standIn = new OciStandIn(NAMESPACE, Clock.systemUTC());
    final StandInAccount account = new StandInAccount();
    final Path config;
    private final AtomicInteger buckets = new AtomicInteger();

    OciTestBed(Path directory) {
        try {
            config = account.write(directory, "DEFAULT");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        standIn.accept(account.keyId(), account.pair().getPublic()).start(0);
    }

    OciSettings options() {
        return new OciOptions()
                .configFile(config)
                .endpoint(standIn.endpoint())
                .timeouts(Duration.ofSeconds(5), Duration.ofSeconds(10))
                .settings();
    }

    /** A bucket that no other test uses. */
    String newBucket() {
        String name = "jobs-" + buckets.incrementAndGet();
        standIn.createBucket(name);
        return name;
    }

    OciMirror mirror(String bucket) {
        return new OciMirror("oci://" + bucket, options());
    }

    @Override
    public void close() {
        standIn.close();
    }
}
