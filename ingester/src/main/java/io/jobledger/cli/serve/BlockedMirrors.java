package io.jobledger.cli.serve;

import io.jobledger.ledger.Outbox;
import io.jobledger.ledger.Upkeep;
import io.jobledger.sink.mirror.MirrorRelay;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Tells once, as news, when a mirror begins to wait for an operator. Used by one thread. */
final class BlockedMirrors implements Runnable {
    private final List<MirrorRelay> relays;
    private final Upkeep upkeep;
    private final Set<String> told = new HashSet<>();

    BlockedMirrors(List<MirrorRelay> relays, Upkeep upkeep) {
        this.relays = List.copyOf(relays);
        this.upkeep = upkeep;
    }

    @Override
    public void run() {
        for (MirrorRelay relay : relays) {
            String uri = relay.mirror().uri();
            // What was blocked before this start, or by another ingester, was told then.
            Outbox.Backlog backlog = relay.lastingFailures() == 0 ? null : relay.backlog();
            if (backlog == null || backlog.blocked() == 0) {
                told.remove(uri);
            } else if (told.add(uri)) {
                upkeep.tellBlocked(uri, backlog.lastError());
            }
        }
    }
}
