package io.jobledger.ledger.query;

/**
 * Which part of a list is asked for.
 *
 * @param limit most rows, 1 to {@value #MOST}
 * @param sort how the list is sorted; null for the list's own usual order
 * @param after where the page before ended; null for the first page
 */
public record PageRequest(int limit, Sort sort, Cursor after) {
    /** Most rows of one page. */
    public static final int MOST = 1000;

    public PageRequest {
        if (limit < 1 || limit > MOST) {
            throw new IllegalArgumentException("limit must be a whole number from 1 to " + MOST);
        }
    }

    /** The first page in the usual order. */
    public static PageRequest first(int limit) {
        return new PageRequest(limit, null, null);
    }

    public PageRequest by(Sort order) {
        return new PageRequest(limit, order, after);
    }

    /** The page that follows {@code cursor}. */
    public PageRequest from(Cursor cursor) {
        return new PageRequest(limit, sort, cursor);
    }

    public Sort sortOr(Sort usual) {
        return sort == null ? usual : sort;
    }
}
