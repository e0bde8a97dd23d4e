package io.jobledger.log;

import java.util.Arrays;
import java.util.HexFormat;

/**
 * Where a log ends, or ended.
 *
 * @param epoch which life of the ledger: 1, and one more after each restore and each accepted loss
 * @param entry number of the last entry, 0 while there is none
 * @param hash over that entry and all before it: 32 bytes, zeros while there is none; not to be changed
 */
public record LogHead(int epoch, long entry, byte[] hash) {
    /** How it is written for those outside: {@code epoch-entry-hash}, the hash in hex. */
    public String text() {
        return epoch + "-" + entry + "-" + HexFormat.of().formatHex(hash);
    }

    /**
     * Reads {@link #text}.
     *
     * @throws IllegalArgumentException when it is none
     */
    public static LogHead parse(String text) {
        String[] parts = text.split("-", -1);
        try {
            LogHead head = new LogHead(
                    Integer.parseInt(parts[0]),
                    Long.parseLong(parts[1]),
                    HexFormat.of().parseHex(parts[2]));
            if (parts.length == 3 && head.epoch > 0 && head.entry >= 0 && head.hash.length == LogChain.BYTES) {
                return head;
            }
        } catch (IllegalArgumentException | ArrayIndexOutOfBoundsException e) {
            // Said below.
        }
        throw new IllegalArgumentException("must be epoch-entry-hash, as the ledger gave it");
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof LogHead head
                && epoch == head.epoch
                && entry == head.entry
                && Arrays.equals(hash, head.hash);
    }

    @Override
    public int hashCode() {
        return Long.hashCode(entry);
    }

    @Override
    public String toString() {
        return text();
    }
}
