package io.jobledger.ledger.h2;

import io.jobledger.ledger.LedgerException;
import io.jobledger.ledger.h2.JournalRecord.Place;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Decides what of a journal is stored again: the groups that follow the last event that the ledger's file has, each
 * once and without a gap. What is not so is refused: the order of files and the end of what can be read prove nothing.
 * Pure.
 */
final class Takeover {
    private final Path database;
    private final List<JournalScan> segments;
    private final List<Step> steps = new ArrayList<>();
    private long next;

    /** A record that is to be stored. */
    record Step(JournalScan segment, Place place) {}

    /**
     * @param database the ledger's file
     * @param segments in the order of their numbers
     * @param stored number of the last event that the file has
     */
    Takeover(Path database, List<JournalScan> segments, long stored) {
        this.database = database;
        this.segments = segments;
        this.next = stored + 1;
    }

    /**
     * The records to store, in their order.
     *
     * @param acknowledged number of an event that is known to have been acknowledged; 0 when none is
     * @throws LedgerException of kind {@code UNUSABLE}: names the file, the place, what is lost, and the ways on
     */
    List<Step> steps(long acknowledged) {
        long stored = next - 1;
        for (JournalScan segment : segments) {
            if (segment.damage() != null && segment.damage().next() != null) {
                refuseDamage(segment, stored);
            }
        }
        for (int i = 0; i < segments.size(); i++) {
            take(segments.get(i), superseded(i));
        }
        if (next - 1 < acknowledged) {
            refuseEnd(acknowledged, stored);
        }
        return steps;
    }

    /**
     * A later segment begins where the ledger had come: what an earlier one has from there on was never acknowledged.
     * Its sync or its commit had failed.
     */
    private long superseded(int number) {
        return segments.subList(number + 1, segments.size()).stream()
                .mapToLong(JournalScan::first)
                .filter(first -> first > 0)
                .min()
                .orElse(Long.MAX_VALUE);
    }

    private void take(JournalScan segment, long superseded) {
        for (Place place : segment.whole()) {
            long first = place.head().first();
            long last = place.head().last();
            if (first >= superseded || last < next) {
                continue;
            }
            if (first > next) {
                throw gap(segment, first);
            }
            if (first < next) {
                throw refusal(
                        segment.file(),
                        place.position(),
                        "the record there has the events " + first + " to " + last + ", of which " + database
                                + " has a part",
                        0,
                        0);
            }
            steps.add(new Step(segment, place));
            next = last + 1;
        }
    }

    /** What should stand before a record is missing: most likely at the end of the file before, or with all of it. */
    private LedgerException gap(JournalScan segment, long first) {
        String goesOn = segment.file() + " goes on with event " + first;
        for (JournalScan before : segments) {
            if (before.segment() == segment.segment() - 1) {
                long end = before.damage() != null ? before.damage().position() : end(before);
                return refusal(before.file(), end, "there is no whole record, and " + goesOn, next, first - 1);
            }
        }
        if (segment.segment() == 1) {
            return refusal(
                    segment.file(),
                    JournalRecord.Begin.BYTES,
                    "it goes on with event " + first + " and not " + next + ": it or " + database + " is another copy",
                    next,
                    first - 1);
        }
        return refusal(segment.sibling(segment.segment() - 1), 0, "it is missing, and " + goesOn, next, first - 1);
    }

    private static long end(JournalScan segment) {
        return segment.whole().isEmpty()
                ? JournalRecord.Begin.BYTES
                : segment.whole().get(segment.whole().size() - 1).end();
    }

    private void refuseDamage(JournalScan segment, long stored) {
        List<Place> whole = segment.whole();
        long from = Math.max(
                stored + 1,
                whole.isEmpty()
                        ? segment.first()
                        : whole.get(whole.size() - 1).head().last() + 1);
        throw refusal(
                segment.file(),
                segment.damage().position(),
                segment.damage().why() + ", though whole records follow",
                from,
                segment.damage().next().head().first() - 1);
    }

    private void refuseEnd(long acknowledged, long stored) {
        for (JournalScan segment : segments) {
            if (segment.damage() != null) {
                throw refusal(
                        segment.file(),
                        segment.damage().position(),
                        segment.damage().why(),
                        next,
                        acknowledged);
            }
        }
        if (segments.isEmpty()) {
            throw LedgerMark.lessThanKnown(database, stored, acknowledged, 0);
        }
        JournalScan last = segments.get(segments.size() - 1);
        throw refusal(
                last.file(),
                end(last),
                "it ends there, and no " + last.sibling(last.segment() + 1) + " follows",
                next,
                acknowledged);
    }

    private LedgerException refusal(Path file, long position, String why, long from, long to) {
        String lost = from > to || from == 0
                ? ""
                : " Lost with it "
                        + (from == to
                                ? "is event " + from + ", which was acknowledged."
                                : "are the events " + from + " to " + to + " (" + (to - from + 1)
                                        + "), which were acknowledged.");
        return new LedgerException(
                LedgerException.Kind.UNUSABLE,
                "the journal " + file + " of the ledger " + database + " is damaged at byte " + position + ": " + why
                        + "." + lost + " Nothing was changed. " + LedgerMark.WAYS);
    }
}
