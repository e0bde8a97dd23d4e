package io.jobledger;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.json.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The rows that the ledger's own fault tests add to the fault suite's table, which the collection's tests show at their
 * end. One file a test class, written anew.
 */
public final class FaultReport {
    /** Whether the long form of the fault suite runs: {@code ./mvnw verify -Psoak}. */
    public static final boolean SOAK = Boolean.getBoolean("jobledger.soak");

    private FaultReport() {}

    /**
     * Writes a test's row.
     *
     * @param group the number of the fault suite's group
     * @param sent events handed to the ledger, null where they are not counted
     */
    public static void row(
            Class<?> test,
            int group,
            String faults,
            long injected,
            Long sent,
            long acknowledged,
            long stored,
            long doubled,
            long lost) {
        ObjectNode row = JsonNodeFactory.instance.objectNode();
        row.put("group", Integer.toString(group))
                .put("faults", faults)
                .put("injected", injected)
                .put("sent", sent)
                .put("acknowledged", acknowledged)
                .put("stored", stored)
                .put("doubled", doubled)
                .put("lost", lost);
        Path file = Wire.checkout().resolve("ingester/target/fault-report").resolve(test.getSimpleName() + ".jsonl");
        try {
            Files.createDirectories(file.getParent());
            Files.writeString(file, Json.text(row) + "\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
