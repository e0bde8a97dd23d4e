package io.jobledger.ledger.project;

import java.util.Map;
import java.util.UUID;

/**
 * One writing transaction, as its database needs it: all that differs between the databases when events become rows.
 * While it lasts no other one writes runs, jobs or new entries of the outbox. Used by one thread.
 */
public interface WriteTransaction {
    /** Makes names due in the mirrors, by their digests. */
    void changed(Map<UUID, Changed> names);

    /** What the writer remembers of earlier transactions; nothing where it is not the only one. */
    default WriterMemory memory() {
        return new WriterMemory(0);
    }
}
