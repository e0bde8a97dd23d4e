package io.jobledger.ledger.retention;

import io.jobledger.log.LogFact;
import java.sql.SQLException;
import java.util.List;
import org.jdbi.v3.core.Handle;

/** What the ledger itself does to its log, in its turn between the groups of events. Calls block. Thread-safe. */
public interface LedgerActs {
    /** One act. */
    interface Work<T> {
        /**
         * Decides, when nobody else can come between.
         *
         * @param handle reads the projections, which have everything that is in the log
         * @param facts takes what is to be appended to the log
         */
        T in(Handle handle, List<LogFact> facts) throws SQLException;
    }

    /** Does an act; its facts are on disk when this returns, and the next act finds them in the projections. */
    <T> T act(Work<T> work);
}
