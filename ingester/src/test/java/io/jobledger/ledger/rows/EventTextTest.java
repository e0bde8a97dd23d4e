package io.jobledger.ledger.rows;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobledger.model.EventHead;
import io.jobledger.model.RunId;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class EventTextTest {
    private static final UUID RUN = UUID.fromString("12345678-1234-4000-8000-000000000001");
    private static final Instant AT = Instant.parse("2026-11-20T10:00:00.000120Z");
    private static final String OPENING =
            "{\"type\":\"run_alive\",\"run_id\":\"" + RUN + "\",\"seq\":2,\"at\":\"2026-11-20T10:00:00.000120Z\"";

    private Connection database;

    @BeforeEach
    void open() throws SQLException {
        database = DriverManager.getConnection("jdbc:h2:mem:");
    }

    @AfterEach
    void close() throws SQLException {
        database.close();
    }

    private static String stored(String body) {
        return EventText.stored(new EventHead(new RunId(RUN), 2, "run_alive", AT, body));
    }

    /** What a row with this text reads as. */
    private String read(String stored) throws SQLException {
        try (PreparedStatement sql = database.prepareStatement(
                "SELECT CAST(? AS UUID) run_id, CAST(2 AS BIGINT) seq, 'run_alive' type, CAST(? AS TIMESTAMP(6) WITH"
                        + " TIME ZONE) observed_at, CAST(? AS VARCHAR) body")) {
            sql.setObject(1, RUN);
            sql.setObject(2, AT.atOffset(ZoneOffset.UTC));
            sql.setString(3, stored);
            try (ResultSet row = sql.executeQuery()) {
                assertThat(row.next()).isTrue();
                return EventText.read(row);
            }
        }
    }

    @Test
    void usualOpening_isLeftToTheColumns() throws SQLException {
        assertThat(stored(OPENING + ",\"x\":1}")).isEqualTo(",\"x\":1}");
        assertThat(stored(OPENING + "}")).isEqualTo("}");
        assertThat(read(",\"x\":1}")).isEqualTo(OPENING + ",\"x\":1}");
    }

    @Test
    void unusualOpening_isKept() {
        for (String body : List.of(
                "{\"run_id\":\"" + RUN + "\",\"type\":\"run_alive\",\"seq\":2,\"at\":\"2026-11-20T10:00:00.000120Z\"}",
                OPENING.replace("000120Z", "00012Z") + "}",
                OPENING.replace(":2,", ":3,") + "}",
                OPENING.replace("run_alive", "run_dead") + "}",
                "{}")) {
            assertThat(stored(body)).isEqualTo(body);
        }
    }

    @Test
    void everyObject_comesBackToTheLetter() throws SQLException {
        Random random = new Random(7);
        for (int i = 0; i < 2_000; i++) {
            // Cut anywhere, so that the texts differ from the opening at every place of it.
            StringBuilder body = new StringBuilder(OPENING.substring(0, 1 + random.nextInt(OPENING.length())));
            random.ints(random.nextInt(20), 1, 0xd800).forEach(body::appendCodePoint);
            String text = body.append('}').toString();
            assertThat(read(stored(text))).isEqualTo(text);
        }
    }

    @Test
    void damagedText_isReadAsItIs_forTheHashToName() throws SQLException {
        assertThat(read("")).isEqualTo(OPENING);
        assertThat(read("null")).isEqualTo(OPENING + "null");
    }
}
