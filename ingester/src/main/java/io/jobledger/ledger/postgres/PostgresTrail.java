package io.jobledger.ledger.postgres;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.json.Json;
import io.jobledger.ledger.rows.Failures;
import io.jobledger.ledger.rows.Sql;
import io.jobledger.log.postgres.HeadRow;
import io.jobledger.trail.Act;
import io.jobledger.trail.Trail;
import io.jobledger.trail.TrailException;
import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.util.function.Consumer;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;

/**
 * The administrative acts of all ingesters that share a PostgreSQL ledger, and of the commands that work on it. A line
 * says by {@code via} from where the database was told.
 */
public final class PostgresTrail implements Trail {
    private static final int FETCH = 1_000;

    private final Jdbi jdbi;
    private final String place;
    private final Clock clock;

    /** @param place names the database in messages */
    public PostgresTrail(Jdbi jdbi, String place, Clock clock) {
        this.jdbi = jdbi;
        this.place = place;
        this.clock = clock;
    }

    @Override
    public void record(Act act) {
        Instant now = clock.instant();
        try {
            jdbi.useTransaction(handle -> {
                HeadRow.flushed(handle);
                handle.execute(
                        "INSERT INTO audit_trail (at, via, line) VALUES (?, host(inet_client_addr()), ?)",
                        Sql.utc(now),
                        act.line(now));
            });
        } catch (JdbiException e) {
            throw new TrailException(
                    "the audit trail in " + place + " cannot be written (" + Failures.text(e)
                            + "), so nothing was done. Try again when the database answers",
                    e);
        }
    }

    @Override
    public void each(Consumer<String> line) {
        try {
            // In a transaction the driver hands out rows as it reads them.
            jdbi.useTransaction(handle -> handle.createQuery("SELECT via, line FROM audit_trail ORDER BY entry")
                    .setFetchSize(FETCH)
                    .map((rows, c) -> line(rows.getString(1), rows.getString(2)))
                    .forEach(line));
        } catch (JdbiException e) {
            throw new TrailException("the audit trail in " + place + " cannot be read (" + Failures.text(e) + ")", e);
        }
    }

    private String line(String via, String line) {
        if (via == null) {
            return line;
        }
        try {
            return Json.text(((ObjectNode) Json.OWN.readTree(line)).put("via", via));
        } catch (IOException | ClassCastException e) {
            throw new TrailException(
                    "the audit trail in " + place + " is damaged: it has a line that is no JSON object", e);
        }
    }
}
