package io.jobledger.cli.ask;

/** Counts the rows of a stream while it passes. Not thread-safe. */
final class RowCounter {
    /** A stream of rows. */
    enum Format {
        ndjson("application/x-ndjson"),
        csv("text/csv");

        private final String mediaType;

        Format(String mediaType) {
            this.mediaType = mediaType;
        }

        String mediaType() {
            return mediaType;
        }
    }

    private final Format format;
    private long lines;
    private boolean quoted;

    RowCounter(Format format) {
        this.format = format;
    }

    void count(byte[] bytes, int length) {
        for (int i = 0; i < length; i++) {
            if (bytes[i] == '"' && format == Format.csv) {
                // A quote inside of quotes is doubled, so the second puts this right again.
                quoted = !quoted;
            } else if (bytes[i] == '\n' && !quoted) {
                lines++;
            }
        }
    }

    /** Rows that are complete; the titles of a CSV are none. */
    long rows() {
        return format == Format.csv ? Math.max(0, lines - 1) : lines;
    }
}
