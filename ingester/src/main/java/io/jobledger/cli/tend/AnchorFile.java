package io.jobledger.cli.tend;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.cli.view.CommandFailed;
import io.jobledger.json.Json;
import io.jobledger.ledger.AnchorText;
import io.jobledger.log.LogHead;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;

/** An anchor in a file that an auditor keeps away from the ledger. */
final class AnchorFile {
    private AnchorFile() {}

    /** Reads an anchor; what else is in the file is for people. */
    static LogHead read(Path file) {
        try {
            return AnchorText.head(Json.MAPPER.readTree(Files.readString(file)).path("anchor"));
        } catch (IOException e) {
            throw new CommandFailed("the anchor " + file + " cannot be read: "
                    + (e instanceof JsonProcessingException json ? Json.complaint(json) : e.toString()));
        } catch (IllegalArgumentException e) {
            throw new CommandFailed(file + " " + e.getMessage());
        }
    }

    /** Writes an anchor into a new file: an anchor that is overwritten proves nothing. */
    static void write(Path file, JsonNode anchor, String ledger, Instant now) {
        ObjectNode json = JsonNodeFactory.instance
                .objectNode()
                .put("made_at", Json.time(now))
                .put("ledger", ledger);
        json.set("anchor", anchor);
        try {
            Files.writeString(
                    file, json.toPrettyString() + "\n", StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        } catch (FileAlreadyExistsException e) {
            throw new CommandFailed(file + " exists already; an anchor never replaces a file");
        } catch (IOException e) {
            throw new CommandFailed("the anchor could not be written to " + file + ": " + e);
        }
    }
}
