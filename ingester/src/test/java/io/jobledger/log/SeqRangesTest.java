package io.jobledger.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobledger.log.SeqRanges.Range;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SeqRangesTest {
    /** Compared with a set of bits. */
    @Test
    void whateverIsAdded_itIsASet() {
        long seed = System.nanoTime() % 1_000_000;
        for (int round = 0; round < 300; round++, seed++) {
            Random random = new Random(seed);
            SeqRanges ranges = new SeqRanges();
            BitSet bits = new BitSet();
            for (int i = 0; i < 60; i++) {
                int from = 1 + random.nextInt(80);
                int to = from + random.nextInt(random.nextBoolean() ? 1 : 12);
                if (from == to) {
                    assertThat(ranges.add(from)).as("seed %s", seed).isEqualTo(!bits.get(from));
                } else if (random.nextBoolean()) {
                    ranges.add(from, to);
                } else {
                    SeqRanges other = new SeqRanges();
                    other.add(from, to);
                    ranges.addAll(other);
                }
                bits.set(from, to + 1);
                assertThat(ranges.ranges()).as("seed %s", seed).isEqualTo(of(bits));
            }
            assertThat(ranges.count()).isEqualTo(bits.cardinality());
            assertThat(ranges.highest()).isEqualTo(bits.length() - 1);
            assertThat(ranges.copy().ranges()).isEqualTo(ranges.ranges());
            for (int seq = 0; seq < 100; seq++) {
                assertThat(ranges.contains(seq)).as("seed %s", seed).isEqualTo(bits.get(seq));
            }
        }
    }

    private static List<Range> of(BitSet bits) {
        List<Range> ranges = new ArrayList<>();
        for (int from = bits.nextSetBit(0); from >= 0; from = bits.nextSetBit(bits.nextClearBit(from))) {
            ranges.add(new Range(from, bits.nextClearBit(from) - 1));
        }
        return ranges;
    }

    @Test
    void theLargestNumbers_areNumbersLikeOthers() {
        SeqRanges ranges = new SeqRanges();
        assertThat(ranges.add(Long.MAX_VALUE)).isTrue();
        assertThat(ranges.add(Long.MAX_VALUE - 1)).isTrue();
        assertThat(ranges.add(Long.MAX_VALUE)).isFalse();
        ranges.add(1, 3);
        assertThat(ranges.ranges()).containsExactly(new Range(1, 3), new Range(Long.MAX_VALUE - 1, Long.MAX_VALUE));
        assertThat(ranges.highest()).isEqualTo(Long.MAX_VALUE);
    }
}
