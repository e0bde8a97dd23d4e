package io.jobledger.ledger.chain;

import io.jobledger.ledger.Verifier;
import io.jobledger.ledger.rows.Failures;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;

/** Verifies a ledger in SQL that both databases understand. */
public final class JdbcVerifier implements Verifier {
    private final Jdbi jdbi;

    public JdbcVerifier(Jdbi jdbi) {
        this.jdbi = jdbi;
    }

    @Override
    public Verdict verify(Moment moment, Listener listener) {
        try {
            return jdbi.withHandle(handle -> new Verification(handle, listener).run(moment));
        } catch (JdbiException e) {
            throw Failures.of("the ledger could not be read", e);
        }
    }
}
