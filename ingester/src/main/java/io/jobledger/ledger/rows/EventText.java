package io.jobledger.ledger.rows;

import io.jobledger.json.Json;
import io.jobledger.model.EventHead;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.UUID;

/**
 * The text of an event, as {@code events.body} keeps it. A recorder begins every event with the same four fields, which
 * have columns of their own; the text is kept from after them. An event that begins in any other way is kept whole, so
 * every text comes back to the letter. Pure.
 */
public final class EventText {
    /** What {@link #read} needs of a row. */
    public static final String COLUMNS = "run_id, seq, type, observed_at, body";

    private EventText() {}

    /** What to store of an event. Never longer than its text. */
    public static String stored(EventHead event) {
        String opening = opening(event.type(), event.run().value(), event.seq(), event.at());
        return event.body().startsWith(opening) ? event.body().substring(opening.length()) : event.body();
    }

    /**
     * The whole text of an event, from a row with {@link #COLUMNS}. What was changed in any of them shows in the text.
     */
    public static String read(ResultSet row) throws SQLException {
        String stored = row.getString("body");
        return whole(stored)
                ? stored
                : opening(
                                row.getString("type"),
                                row.getObject("run_id", UUID.class),
                                row.getLong("seq"),
                                Rows.instant(row, "observed_at"))
                        + stored;
    }

    /** What follows the opening begins with a comma or the closing brace. */
    private static boolean whole(String stored) {
        return stored.startsWith("{");
    }

    private static String opening(String type, UUID run, long seq, Instant at) {
        return "{\"type\":\"" + type + "\",\"run_id\":\"" + run + "\",\"seq\":" + seq + ",\"at\":\"" + Json.time(at)
                + "\"";
    }
}
