package io.jobledger.ledger.h2;

import io.jobledger.ledger.project.Changed;
import io.jobledger.ledger.project.WriteTransaction;
import io.jobledger.ledger.project.WriterMemory;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;

/** One transaction of the projector: it gathers the names that changed, for the outbox. Not thread-safe. */
final class H2WriteTransaction implements WriteTransaction {
    private final WriterMemory memory;
    private final Map<UUID, Changed> names = new HashMap<>();

    H2WriteTransaction(WriterMemory memory) {
        this.memory = memory;
    }

    @Override
    public void changed(Map<UUID, Changed> more) {
        names.putAll(more);
    }

    @Override
    public WriterMemory memory() {
        return memory;
    }

    Map<UUID, Changed> names() {
        return names;
    }
}
