package io.jobledger.cli.jobs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.jobledger.cli.ask.Reading;
import io.jobledger.cli.view.RecordColumn;
import io.jobledger.cli.view.ShownTimes;
import io.jobledger.cli.view.Views;
import io.jobledger.json.Json;
import io.jobledger.terminal.Cell;
import io.jobledger.terminal.Palette;
import io.jobledger.terminal.Printable;
import io.jobledger.terminal.Style;
import io.jobledger.terminal.Terminal;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Instant;
import java.util.Collection;
import java.util.List;

/** How a watch is shown. Called by one thread. */
interface WatchView extends AutoCloseable {
    /** A job is new, or stands otherwise than before. */
    void changed(JsonNode job);

    /** How the ingester is reached; null when all is well. */
    void trouble(String text);

    /** How everything stands now; called at least once a second. */
    void draw(JobBoard board);

    @Override
    void close();

    /** A record for each change. */
    final class Records implements WatchView {
        private final Reading reading;

        Records(Reading reading) {
            this.reading = reading;
        }

        @Override
        public void changed(JsonNode job) {
            reading.out().println(job);
            reading.out().flush();
        }

        @Override
        public void trouble(String text) {
            if (text != null) {
                reading.err().println("jobledger: " + Printable.of(text));
                reading.err().flush();
            }
        }

        @Override
        public void draw(JobBoard board) {}

        @Override
        public void close() {}
    }

    /** A line for each change. */
    final class Lines implements WatchView {
        private final Reading reading;
        private String last;

        Lines(Reading reading) {
            this.reading = reading;
        }

        @Override
        public void changed(JsonNode job) {
            Cell status = Views.status(job);
            ShownTimes times = reading.times();
            String name = String.join(
                    " / ",
                    job.path("host").asText(),
                    job.path("play").asText(),
                    job.path("job_name").asText());
            reading.out()
                    .println(times.text(Instant.now()) + "  "
                            + reading.palette().paint(status.style(), String.format("%-9s", status.text())) + "  "
                            + Printable.of(name));
            reading.out().flush();
        }

        @Override
        public void trouble(String text) {
            if (text != null && !text.equals(last)) {
                reading.err().println("jobledger: " + Printable.of(text) + "; trying again");
                reading.err().flush();
            }
            last = text;
        }

        @Override
        public void draw(JobBoard board) {}

        @Override
        public void close() {}
    }

    /** A table that is drawn over itself. */
    final class Screen implements WatchView {
        private static final String HIDE_CURSOR = "\u001b[?25l";
        private static final String SHOW_CURSOR = "\u001b[?25h";
        /** What is not a row: heads, blanks, the last line. */
        private static final int FRAME = 8;

        private final Reading reading;
        private final Thread restore;
        private String trouble;
        private int drawn;

        Screen(Reading reading) {
            this.reading = reading;
            // Ctrl-C ends the program without a close.
            restore = new Thread(this::showCursor, "show-cursor");
            Runtime.getRuntime().addShutdownHook(restore);
            reading.out().print(HIDE_CURSOR);
        }

        private void showCursor() {
            reading.out().print(SHOW_CURSOR);
            reading.out().flush();
        }

        @Override
        public void changed(JsonNode job) {}

        @Override
        public void trouble(String text) {
            trouble = text;
        }

        @Override
        public void draw(JobBoard board) {
            int width = reading.width();
            int room = Math.max(1, Terminal.height() - FRAME - board.ended().size());
            Palette palette = reading.palette();
            StringWriter text = new StringWriter();
            PrintWriter out = new PrintWriter(text);
            out.println(
                    board.open().isEmpty()
                            ? "no open jobs"
                            : board.open().size() + (board.open().size() == 1 ? " open job" : " open jobs"));
            table(out, board.open(), room, width, palette);
            if (board.open().size() > room) {
                out.println("and " + (board.open().size() - room) + " more");
            }
            if (!board.ended().isEmpty()) {
                out.println();
                out.println("ended");
                table(out, board.ended(), board.ended().size(), width, palette);
            }
            out.println(
                    trouble == null
                            ? ""
                            : palette.paint(Style.ODD, Printable.cut(Printable.of(trouble + "; trying again"), width)));
            out.flush();
            String lines = text.toString();
            reading.out().print((drawn == 0 ? "" : "\u001b[" + drawn + "A") + "\r\u001b[J" + lines);
            reading.out().flush();
            drawn = (int) lines.chars().filter(c -> c == '\n').count();
        }

        private void table(PrintWriter out, Collection<JsonNode> jobs, int most, int width, Palette palette) {
            ArrayNode rows =
                    Json.MAPPER.createArrayNode().addAll(List.copyOf(jobs).subList(0, Math.min(most, jobs.size())));
            if (!rows.isEmpty()) {
                RecordColumn.table(out, Views.JOBS, reading.times(), width, palette)
                        .print(rows);
            }
        }

        @Override
        public void close() {
            showCursor();
            try {
                Runtime.getRuntime().removeShutdownHook(restore);
            } catch (IllegalStateException e) {
                // The program is ending; the hook has done it.
            }
        }
    }
}
