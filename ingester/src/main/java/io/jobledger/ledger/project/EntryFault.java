package io.jobledger.ledger.project;

import io.jobledger.ledger.LedgerException;
import io.jobledger.ledger.rows.Damage;
import io.jobledger.ledger.rows.Failures;

/** Tells an entry that cannot be projected, and never can be by this version, from a disk or a database that fails. */
public final class EntryFault {
    private EntryFault() {}

    /** Whether the entry is at fault: it would fail again. */
    public static boolean isIn(Throwable e) {
        if (e instanceof LedgerException known && known.kind() == LedgerException.Kind.REFUSED) {
            return true;
        }
        return Failures.state(e).matches("2[123].*")
                || !Damage.isIn(e)
                        && (e instanceof IllegalArgumentException
                                || e instanceof NullPointerException
                                || e instanceof IllegalStateException
                                || e instanceof ArithmeticException);
    }
}
