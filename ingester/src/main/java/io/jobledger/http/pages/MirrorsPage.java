package io.jobledger.http.pages;

import io.jobledger.http.pages.view.Badge;
import io.jobledger.ledger.Outbox;
import java.util.List;

/** How the mirrors stand. */
public record MirrorsPage(List<Row> mirrors) {
    public MirrorsPage {
        mirrors = List.copyOf(mirrors);
    }

    /** A mirror by its URI, and what it does not have yet. */
    public record Row(String uri, Outbox.Backlog backlog) {
        Badge badge() {
            if (backlog.blocked() > 0) {
                return new Badge("waits for you", "✕", "failed");
            }
            if (backlog.lastError() != null) {
                return new Badge("failing", "!", "overdue");
            }
            return backlog.pending() > 0
                    ? new Badge("catching up", "▸", "running")
                    : new Badge("up to date", "✓", "succeeded");
        }
    }
}
