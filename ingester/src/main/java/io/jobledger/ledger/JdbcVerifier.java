package io.jobledger.ledger;

import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;

/** Verifies a ledger in SQL that both databases understand. */
final class JdbcVerifier implements Verifier {
    private final Jdbi jdbi;

    JdbcVerifier(Jdbi jdbi) {
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
