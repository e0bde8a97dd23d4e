package io.jobledger.oci.standin;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;

/**
 * The stand-in as a process of its own: {@code DIRECTORY BUCKET [PORT]}. It writes an OCI configuration file and its
 * key into the directory, says in one line where it listens, and ends when its standard input does, so that it never
 * outlives whoever started it.
 */
public final class StandInMain {
    private StandInMain() {}

    public static void main(String[] arguments) throws IOException {
        if (arguments.length < 2 || arguments.length > 3) {
            System.err.println("usage: oci-stand-in DIRECTORY BUCKET [PORT]");
            System.exit(2);
        }
        Path directory = Files.createDirectories(Path.of(arguments[0]).toAbsolutePath());
        StandInAccount account = new StandInAccount();
        Path config = account.write(directory, "DEFAULT");
        try (OciStandIn standIn = new OciStandIn("standin", Clock.systemUTC())
                .createBucket(arguments[1])
                .accept(account.keyId(), account.pair().getPublic())
                .start(arguments.length == 3 ? Integer.parseInt(arguments[2]) : 0)) {
            System.out.println("ready endpoint=" + standIn.endpoint() + " config=" + config + " bucket=" + arguments[1]
                    + " namespace=" + standIn.namespace());
            System.out.flush();
            while (System.in.read() >= 0) {
                // Nothing is said to it here; the control requests are for that.
            }
        }
    }
}
