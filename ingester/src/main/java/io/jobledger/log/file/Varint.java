package io.jobledger.log.file;

import java.nio.ByteBuffer;

/** Numbers that are not negative, seven bits a byte, the lowest first. */
final class Varint {
    /** Most bytes of one. */
    static final int MOST = 9;

    private Varint() {}

    static void put(ByteBuffer into, long number) {
        long left = number;
        while (left > 0x7F) {
            into.put((byte) (left | 0x80));
            left >>>= 7;
        }
        into.put((byte) left);
    }

    static long get(ByteBuffer from) {
        long number = 0;
        for (int shift = 0; shift < 7 * MOST; shift += 7) {
            byte next = from.get();
            number |= (long) (next & 0x7F) << shift;
            if (next >= 0) {
                return number;
            }
        }
        throw new IllegalArgumentException("a number has no end");
    }
}
