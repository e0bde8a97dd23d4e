package io.jobledger.event;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.jobledger.json.FieldFault;
import io.jobledger.json.Fields;
import io.jobledger.json.Json;
import io.jobledger.model.Event;
import io.jobledger.model.Unicode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Reads a batch of events. All of it is good, or none of it is returned. Thread-safe. */
public final class BatchDecoder {
    /** A body up to this size cannot hold enough values to matter, and is not counted first. */
    private static final int SMALL = 512 * 1024;
    /**
     * Most values, names and brackets in a body: each costs some sixty bytes of memory once it is read, however short
     * it is written.
     */
    private static final int MAX_TOKENS = 500_000;

    private final EventLimits limits;

    /** With the ledger's own limits, and at most {@code maxEvents} in one batch. */
    public BatchDecoder(int maxEvents) {
        this(EventLimits.of(maxEvents));
    }

    public BatchDecoder(EventLimits limits) {
        this.limits = limits;
    }

    /**
     * Decodes a body.
     *
     * @param ndjson whether the body is one object per line; else it is a JSON array
     * @throws InvalidEvents naming every event and field that is wrong
     */
    public List<Event> decode(byte[] body, boolean ndjson) throws InvalidEvents {
        String text;
        try {
            text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(body))
                    .toString();
        } catch (CharacterCodingException e) {
            throw unreadable("the body is not UTF-8");
        }
        requireFewTokens(text);
        List<JsonNode> nodes = ndjson ? lines(text) : array(text);
        List<Event> events = new ArrayList<>(nodes.size());
        List<InvalidEvents.Fault> faults = new ArrayList<>();
        for (int i = 0; i < nodes.size() && faults.size() < InvalidEvents.MOST; i++) {
            decode(i, nodes.get(i), events, faults);
        }
        if (!faults.isEmpty()) {
            InvalidEvents.Fault first = faults.get(0);
            throw new InvalidEvents(
                    "event " + first.index() + ": " + (first.field() == null ? "" : first.field() + " ")
                            + first.detail() + (faults.size() > 1 ? " (and " + (faults.size() - 1) + " more)" : ""),
                    faults,
                    false);
        }
        return events;
    }

    /**
     * Reads an event that was accepted before, by its fields alone: limits are for what comes in, and may have been
     * wider then.
     *
     * @param body the whole event, as {@code EventHead} has it
     * @throws IllegalArgumentException when it is none
     */
    public static Event again(String body) {
        try {
            Fields fields = new Fields(Json.MAPPER.readTree(body));
            Event event = EventDecoder.decode(fields, body);
            if (event != null) {
                return event;
            }
            FieldFault fault = fields.faults().get(0);
            throw new IllegalArgumentException(fault.field() + " " + fault.detail());
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("it is not JSON: " + Json.complaint(e), e);
        }
    }

    /**
     * Counts before anything is built: a body of empty brackets would become fifty times its size. What is no JSON is
     * said later, and better.
     */
    private void requireFewTokens(String text) throws InvalidEvents {
        if (text.length() <= SMALL) {
            return;
        }
        try (JsonParser parser = Json.MAPPER.createParser(text)) {
            for (int count = 0; parser.nextToken() != null; count++) {
                if (count == MAX_TOKENS) {
                    String why = "the body holds more than " + MAX_TOKENS + " JSON values; send smaller batches";
                    throw new InvalidEvents(why, List.of(new InvalidEvents.Fault(-1, null, why)), true);
                }
            }
        } catch (IOException e) {
            // said below
        }
    }

    private void decode(int index, JsonNode node, List<Event> events, List<InvalidEvents.Fault> faults) {
        if (!node.isObject()) {
            faults.add(new InvalidEvents.Fault(index, null, "must be a JSON object"));
            return;
        }
        String body = Json.text(node);
        int most = limits.chars(node.path("type").asText());
        if (body.length() > most) {
            faults.add(new InvalidEvents.Fault(
                    index, null, "must be at most " + most + " characters of JSON, and has " + body.length()));
            return;
        }
        Fields fields = new Fields(node);
        Event event = EventDecoder.decode(fields, body);
        List<FieldFault> found = new ArrayList<>(fields.faults());
        // A name may break the rule of names and a lower limit as well; one complaint is enough.
        limits.faults(node).stream()
                .filter(fault -> found.stream().noneMatch(other -> other.field().equals(fault.field())))
                .forEach(found::add);
        event = found.isEmpty() ? event : null;
        for (FieldFault fault : found) {
            faults.add(new InvalidEvents.Fault(index, fault.field(), fault.detail()));
        }
        if (event != null && !Unicode.isSound(body)) {
            // In a field that this version does not read; it would be kept, and could never be given back as it came.
            faults.add(new InvalidEvents.Fault(index, null, "must be valid Unicode: it holds an unpaired surrogate"));
        } else if (event != null) {
            events.add(event);
        }
    }

    private List<JsonNode> array(String body) throws InvalidEvents {
        JsonNode root;
        try {
            root = Json.MAPPER.readTree(body);
        } catch (JsonProcessingException e) {
            throw unreadable("the body is not JSON: " + Json.complaint(e));
        }
        if (!root.isArray()) {
            throw unreadable("the body must be a JSON array of events; send one event as [event], or lines as"
                    + " application/x-ndjson");
        }
        if (root.size() > limits.events()) {
            throw tooMany();
        }
        List<JsonNode> nodes = new ArrayList<>(root.size());
        root.forEach(nodes::add);
        return nodes;
    }

    /** Line by line, so that a line that is broken, or holds two values, is named and never read as something else. */
    private List<JsonNode> lines(String body) throws InvalidEvents {
        List<JsonNode> nodes = new ArrayList<>();
        for (int start = 0, end; start < body.length(); start = end + 1) {
            end = body.indexOf('\n', start);
            end = end < 0 ? body.length() : end;
            String line = body.substring(start, end);
            if (line.isBlank()) {
                continue;
            }
            if (nodes.size() == limits.events()) {
                throw tooMany();
            }
            try {
                nodes.add(Json.MAPPER.readTree(line));
            } catch (JsonProcessingException e) {
                String why = "is not one line of JSON: " + Json.complaint(e);
                throw new InvalidEvents(
                        "event " + nodes.size() + " " + why,
                        List.of(new InvalidEvents.Fault(nodes.size(), null, why)),
                        false);
            }
        }
        return nodes;
    }

    private static InvalidEvents unreadable(String why) {
        return new InvalidEvents(why, List.of(new InvalidEvents.Fault(-1, null, why)), false);
    }

    private InvalidEvents tooMany() {
        String why = "a batch holds at most " + limits.events() + " events (max-batch-events); send smaller batches";
        return new InvalidEvents(why, List.of(new InvalidEvents.Fault(-1, null, why)), true);
    }
}
