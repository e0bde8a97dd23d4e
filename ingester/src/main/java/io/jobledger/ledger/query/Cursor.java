package io.jobledger.ledger.query;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * Where a page ended: the sort value and the tie-breaker of its last row. The next page begins after it, whatever was
 * added meanwhile, and costs what the first one cost.
 *
 * @param order the list and its sorting, so that a cursor of another list is refused
 * @param at the sort value
 * @param tie tells rows of the same value apart
 */
public record Cursor(String order, String at, String tie) {
    private static final int MAX_LENGTH = 4096;

    /** The text for a URL; opaque to callers. */
    public String encode() {
        return Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString((order + "\n" + tie + "\n" + at).getBytes(StandardCharsets.UTF_8));
    }

    /** @throws IllegalArgumentException when {@code text} is not what {@link #encode} gave */
    public static Cursor decode(String text) {
        try {
            if (text.length() <= MAX_LENGTH) {
                byte[] bytes = Base64.getUrlDecoder().decode(text);
                String[] parts = StandardCharsets.UTF_8
                        .newDecoder()
                        .decode(ByteBuffer.wrap(bytes))
                        .toString()
                        .split("\n", 3);
                if (parts.length == 3) {
                    return new Cursor(parts[0], parts[2], parts[1]);
                }
            }
        } catch (IllegalArgumentException | CharacterCodingException e) {
            // said below
        }
        throw new IllegalArgumentException("must be the 'next' of an earlier answer, unchanged");
    }

    /** @throws IllegalArgumentException when this is the cursor of another list or sorting */
    public Cursor of(String expected) {
        if (!order.equals(expected)) {
            throw new IllegalArgumentException("belongs to another list or another sort; leave it out to begin anew");
        }
        return this;
    }
}
