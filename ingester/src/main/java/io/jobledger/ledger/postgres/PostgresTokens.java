package io.jobledger.ledger.postgres;

import io.jobledger.auth.Scope;
import io.jobledger.auth.Token;
import io.jobledger.auth.TokenStore;
import io.jobledger.auth.TokenStoreException;
import io.jobledger.ledger.rows.Failures;
import io.jobledger.ledger.rows.RowBatch;
import io.jobledger.ledger.rows.Rows;
import io.jobledger.ledger.rows.Sql;
import io.jobledger.log.postgres.HeadRow;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;

/** The tokens of all ingesters that share a PostgreSQL ledger. */
public final class PostgresTokens implements TokenStore {
    /** A token that is revoked ends after a second, and after five at an ingester that is cut off from the database. */
    private static final Following FOLLOWING = new Following(Duration.ofSeconds(1), Duration.ofSeconds(5));

    private final Jdbi jdbi;
    private final String place;

    /** @param place names the database in messages */
    public PostgresTokens(Jdbi jdbi, String place) {
        this.jdbi = jdbi;
        this.place = place;
    }

    @Override
    public Following following() {
        return FOLLOWING;
    }

    @Override
    public Optional<List<Token>> read() {
        try {
            return Optional.of(jdbi.withHandle(this::all)).filter(tokens -> !tokens.isEmpty());
        } catch (JdbiException e) {
            throw failure("read", "", e);
        }
    }

    /**
     * One change at a time in this process, so that none waits for another one's lock while it holds the connection
     * that the other's trail needs.
     */
    @Override
    public synchronized void change(UnaryOperator<List<Token>> change) {
        try {
            jdbi.useTransaction(handle -> {
                HeadRow.flushed(handle);
                // Readers see the tokens as they were until the commit.
                handle.execute("LOCK TABLE access_tokens IN SHARE ROW EXCLUSIVE MODE");
                List<Token> changed = change.apply(all(handle));
                handle.execute("DELETE FROM access_tokens");
                insert(handle, changed);
            });
        } catch (JdbiException e) {
            // A commit may have come through without a word; where there was no connection there was none.
            throw failure(
                    "changed",
                    Failures.isNoConnection(e)
                            ? ""
                            : "; whether it was changed is not known: 'jobledger token ls' shows it",
                    e);
        }
    }

    /**
     * Takes over the tokens of another store. Of one that is here already nothing changes but that it is revoked if it
     * is revoked there.
     */
    public void adopt(List<Token> others) {
        change(known -> {
            List<Token> all = new ArrayList<>(known);
            for (Token other : others) {
                Optional<Token> here = known.stream()
                        .filter(token -> token.id().equals(other.id()))
                        .findFirst();
                if (here.isEmpty()) {
                    all.add(other);
                } else if (other.revokedAt() != null) {
                    all.set(known.indexOf(here.get()), here.get().revoked(other.revokedAt()));
                }
            }
            return all;
        });
    }

    private List<Token> all(Handle handle) {
        return handle.createQuery("SELECT id, name, scopes, sha256, created_at, created_by, expires_at, revoked_at FROM"
                        + " access_tokens ORDER BY position")
                .map((rows, c) -> token(rows))
                .list();
    }

    private Token token(ResultSet rows) throws SQLException {
        try {
            return new Token(
                    rows.getString(1),
                    rows.getString(2),
                    Scope.parse(rows.getString(3)),
                    rows.getString(4),
                    Rows.instant(rows, "created_at"),
                    rows.getString(6),
                    Rows.instant(rows, "expires_at"),
                    Rows.instant(rows, "revoked_at"));
        } catch (IllegalArgumentException e) {
            throw new TokenStoreException(
                    "the tokens in " + place
                            + " are damaged: one of them has scopes that do not exist. Delete its row of"
                            + " access_tokens, and make a new token",
                    e);
        }
    }

    private static void insert(Handle handle, List<Token> tokens) {
        RowBatch rows = new RowBatch(
                handle,
                "INSERT INTO access_tokens (position, id, name, scopes, sha256, created_at, created_by, expires_at,"
                        + " revoked_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?::timestamptz, ?::timestamptz)");
        int position = 0;
        for (Token token : tokens) {
            rows.add(
                    position++,
                    token.id(),
                    token.name(),
                    token.scopes().stream().sorted().map(Scope::wire).collect(Collectors.joining(",")),
                    token.hash(),
                    Sql.utc(token.createdAt()),
                    token.createdBy(),
                    Sql.utc(token.expiresAt()),
                    Sql.utc(token.revokedAt()));
        }
        rows.execute();
    }

    /** A database that fails in whatever way may answer again: a token is neither good nor bad until then. */
    private TokenStoreException failure(String what, String more, JdbiException e) {
        return new TokenStoreException(
                "the tokens in " + place + " cannot be " + what + " now, try again: " + Failures.text(e) + more,
                e,
                true);
    }
}
