package io.jobledger.terminal;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Rows as columns of text that fit a width: values are shortened, then columns are left out, by rank. Rows may come in
 * several portions; the titles are printed before the first, and again when a later portion needs other widths. Not
 * thread-safe.
 */
public final class Table {
    /** For {@code width}: nothing is shortened or left out. */
    public static final int UNLIMITED = Integer.MAX_VALUE;

    private static final int GAP = 2;

    private final List<Column> columns;
    private final int width;
    private final Palette palette;
    private final int[] natural;
    private int[] printed = {};

    public Table(List<Column> columns, int width, Palette palette) {
        this.columns = columns;
        this.width = width;
        this.palette = palette;
        this.natural = columns.stream()
                .mapToInt(column -> Printable.width(column.title()))
                .toArray();
    }

    /** Prints a portion of the rows; each has a cell a column. */
    public void print(PrintWriter out, List<List<Cell>> rows) {
        List<List<Cell>> safe = new ArrayList<>();
        for (List<Cell> row : rows) {
            List<Cell> cells = row.stream()
                    .map(cell -> new Cell(Printable.of(cell.text()), cell.style()))
                    .toList();
            for (int i = 0; i < natural.length; i++) {
                natural[i] = Math.max(natural[i], Printable.width(cells.get(i).text()));
            }
            safe.add(cells);
        }
        int[] widths = fit();
        if (!Arrays.equals(widths, printed)) {
            printed = widths;
            line(
                    out,
                    columns.stream()
                            .map(column -> new Cell(column.title(), Style.TITLE))
                            .toList());
        }
        safe.forEach(cells -> line(out, cells));
        out.flush();
    }

    /** The width of each column; 0 for those that are left out. */
    private int[] fit() {
        int[] least = IntStream.range(0, natural.length)
                .map(i -> Math.min(natural[i], columns.get(i).least()))
                .toArray();
        int[] widths = natural.clone();
        while (total(least) > width) {
            int victim = -1;
            for (int i = 0; i < least.length; i++) {
                if (least[i] > 0
                        && columns.get(i).rank() > 0
                        && (victim < 0
                                || columns.get(i).rank() >= columns.get(victim).rank())) {
                    victim = i;
                }
            }
            if (victim < 0) {
                break;
            }
            least[victim] = 0;
            widths[victim] = 0;
        }
        while (total(widths) > width) {
            int widest = -1;
            for (int i = 0; i < widths.length; i++) {
                if (widths[i] > least[i] && (widest < 0 || widths[i] > widths[widest])) {
                    widest = i;
                }
            }
            if (widest < 0) {
                break;
            }
            widths[widest]--;
        }
        return widths;
    }

    private static long total(int[] widths) {
        long shown = Arrays.stream(widths).filter(one -> one > 0).count();
        return Arrays.stream(widths).asLongStream().sum() + GAP * Math.max(0, shown - 1);
    }

    private void line(PrintWriter out, List<Cell> cells) {
        StringBuilder text = new StringBuilder();
        // Blanks wait for something to stand behind them: no line ends in blanks.
        int blanks = 0;
        for (int i = 0; i < printed.length; i++) {
            if (printed[i] == 0) {
                continue;
            }
            String value = Printable.cut(cells.get(i).text(), printed[i]);
            int rest = printed[i] - Printable.width(value);
            boolean right = columns.get(i).right();
            if (!value.isEmpty()) {
                text.append(" ".repeat(blanks + (right ? rest : 0)))
                        .append(palette.paint(cells.get(i).style(), value));
                blanks = right ? 0 : rest;
            } else {
                blanks += rest;
            }
            blanks += GAP;
        }
        out.println(text);
    }
}
