package io.jobledger.terminal;

/**
 * A column, and what becomes of it when room is short.
 *
 * @param title its head
 * @param rank 0 always stays; of the others the highest goes first
 * @param least cells that it keeps when it is shortened; {@link #WHOLE} when its values are useless unless whole
 * @param right whether its values end at its right side, as numbers do
 */
public record Column(String title, int rank, int least, boolean right) {
    public static final int WHOLE = Integer.MAX_VALUE;
}
