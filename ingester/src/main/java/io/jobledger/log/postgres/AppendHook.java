package io.jobledger.log.postgres;

import io.jobledger.log.LogHead;
import io.jobledger.log.LogStep;
import java.sql.SQLException;
import java.util.List;
import org.jdbi.v3.core.Handle;

/** What else happens in the transaction of an append, while no other writer can come between. */
public interface AppendHook {
    /** Asked when there is something new, before it is appended; what it throws ends the transaction. */
    default void before(Handle handle) throws SQLException {}

    /** Works what was appended into the records. */
    void apply(Handle handle, List<LogStep> entries, LogHead head) throws SQLException;

    /** How to try again after {@code apply} failed: in steps that tell which entry is at fault; null for not at all. */
    default AppendHook careful(Throwable failure) {
        return null;
    }
}
