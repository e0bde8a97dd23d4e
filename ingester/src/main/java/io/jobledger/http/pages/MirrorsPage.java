package io.jobledger.http.pages;

import io.jobledger.http.pages.view.Badge;
import io.jobledger.ledger.Outbox;
import io.jobledger.sink.mirror.MirroredLog;
import java.util.List;

/** How the mirrors stand. */
public record MirrorsPage(List<Row> mirrors) {
    public MirrorsPage {
        mirrors = List.copyOf(mirrors);
    }

    /** Whether a mirror keeps a copy of the log. */
    boolean copies() {
        return mirrors.stream().anyMatch(mirror -> mirror.copy != null);
    }

    /**
     * A mirror by its URI, and what it does not have yet.
     *
     * @param copy how the copy of the log there stands; null when there is none
     */
    public record Row(String uri, Outbox.Backlog backlog, MirroredLog.Standing copy) {
        Badge copyBadge() {
            return switch (copy.state()) {
                case "blocked" -> new Badge("waits for you", "✕", "failed");
                case "failing" -> new Badge("failing", "!", "overdue");
                case "behind" -> new Badge("catching up", "▸", "running");
                default -> new Badge("up to date", "✓", "succeeded");
            };
        }

        /** Where the log in the copy ends, as epoch and entry. */
        String copyAsOf() {
            return copy.head() == null
                    ? "nothing yet"
                    : copy.head().epoch() + "-" + copy.head().entry();
        }

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
