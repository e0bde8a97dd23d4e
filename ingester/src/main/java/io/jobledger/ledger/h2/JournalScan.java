package io.jobledger.ledger.h2;

import io.jobledger.ledger.h2.JournalRecord.Begin;
import io.jobledger.ledger.h2.JournalRecord.Place;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What a segment of the journal holds.
 *
 * @param first number of the event that comes first in it, 0 where its beginning cannot be read
 * @param whole its records, up to the first damage
 * @param damage where it ends otherwise than with a whole record; null when it does not
 */
record JournalScan(Path file, long segment, long first, List<Place> whole, Damage damage) {
    /**
     * Where a segment cannot be read on.
     *
     * @param position in bytes
     * @param next the first whole record behind it; null when there is none, and then it may be what a loss of power
     *     left of a record that was being written
     */
    record Damage(long position, String why, Place next) {}

    /** @param limit bytes that count: what was appended later was not acknowledged */
    static JournalScan of(FileChannel channel, Path file, long segment, long limit) throws IOException {
        List<Place> whole = new ArrayList<>();
        Begin begin = Begin.read(channel);
        if (begin == null) {
            return new JournalScan(
                    file,
                    segment,
                    0,
                    whole,
                    new Damage(
                            0, "it does not begin like a journal of this version", JournalRecord.search(channel, 0)));
        }
        if (begin.segment() != segment) {
            Place any = JournalRecord.search(channel, Begin.BYTES);
            return new JournalScan(
                    file,
                    segment,
                    0,
                    whole,
                    new Damage(
                            0,
                            "it is segment " + begin.segment()
                                    + " by its own words: it was renamed or put in another's place",
                            any));
        }
        long position = Begin.BYTES;
        long next = begin.first();
        while (position < Math.min(limit, channel.size())) {
            Place place = JournalRecord.at(channel, position);
            if (place == null || place.head().first() != next) {
                String why = place == null
                        ? "there is no whole record"
                        : "the record there begins with event " + place.head().first() + " and not " + next;
                return new JournalScan(
                        file,
                        segment,
                        begin.first(),
                        whole,
                        new Damage(position, why, place == null ? JournalRecord.search(channel, position + 1) : place));
            }
            whole.add(place);
            next = place.head().last() + 1;
            position = place.end();
        }
        return new JournalScan(file, segment, begin.first(), whole, null);
    }

    /** Where another segment of the same journal is, or should be. */
    Path sibling(long other) {
        String name = file.getFileName().toString();
        return file.resolveSibling(name.substring(0, name.lastIndexOf('-') + 1) + other);
    }

    /** All records that are whole, those behind a damage too. */
    static List<Place> salvage(FileChannel channel) throws IOException {
        List<Place> found = new ArrayList<>();
        for (Place place = JournalRecord.search(channel, 0);
                place != null;
                place = JournalRecord.search(channel, place.end())) {
            found.add(place);
        }
        return found;
    }
}
