package io.jobledger.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How a table fits: what is shortened, what is left out, and that nothing is ever wider than it may be. */
class TableTest {
    private static final List<Column> COLUMNS = List.of(
            new Column("NAME", 0, 6, false),
            new Column("NOTE", 2, 5, false),
            new Column("ID", 1, Column.WHOLE, false),
            new Column("N", 3, Column.WHOLE, true));

    private final StringWriter text = new StringWriter();

    private static List<Cell> row(String... texts) {
        return List.of(texts).stream().map(Cell::of).toList();
    }

    private List<String> print(int width, List<List<Cell>> rows) {
        new Table(COLUMNS, width, Palette.NONE).print(new PrintWriter(text), rows);
        return text.toString().lines().toList();
    }

    @Test
    void roomEnough_showsAllWhole() {
        assertThat(print(
                        Table.UNLIMITED,
                        List.of(
                                row("alpha beta gamma", "a note of some length", "0123456789", "7"),
                                row("b", "c", "d", "1234"))))
                .containsExactly(
                        "NAME              NOTE                   ID             N",
                        "alpha beta gamma  a note of some length  0123456789     7",
                        "b                 c                      d           1234");
    }

    @Test
    void lessRoom_shortensTheWidest_neverWhatMustBeWhole() {
        assertThat(print(40, List.of(row("alpha beta gamma", "a note of some length", "0123456789", "7"))))
                .containsExactly("NAME         NOTE          ID          N", "alpha beta…  a note of s…  0123456789  7")
                .allSatisfy(line -> assertThat(Printable.width(line)).isLessThanOrEqualTo(40));
    }

    @Test
    void littleRoom_leavesOutByRank_andTheFirstStays() {
        assertThat(print(20, List.of(row("alpha beta gamma", "a note", "0123456789", "7"))))
                .containsExactly("NAME      ID", "alpha b…  0123456789");
        text.getBuffer().setLength(0);
        assertThat(print(10, List.of(row("alpha beta gamma", "a note", "0123456789", "7"))))
                .containsExactly("NAME", "alpha bet…");
    }

    @Test
    void wideAndCombiningCharacters_alignAndAreCutWhole() {
        List<String> lines = print(
                30,
                List.of(
                        row("日本語の名前の長い", "n", "x", "1"),
                        row("re\u0301sume\u0301", "n", "y", "2"),
                        row("🚀🚀", "n", "z", "3")));
        assertThat(lines.get(1)).startsWith("日本語の名前の長…  n");
        assertThat(lines.stream()
                        .skip(1)
                        .map(line -> Printable.width(line.substring(0, line.indexOf("n     "))))
                        .toList())
                .as("where the second column begins")
                .containsExactly(19, 19, 19);
        assertThat(Printable.cut("日本語", 4))
                .as("no half characters: three cells and not four")
                .isEqualTo("日…");
        assertThat(Printable.cut("re\u0301sume\u0301", 6)).isEqualTo("re\u0301sume\u0301");
        assertThat(Printable.cut("re\u0301sume\u0301s", 3)).isEqualTo("re\u0301…");
    }

    @Test
    void laterPortions_repeatTheTitlesOnlyWhenTheyNeedOtherWidths() {
        Table table = new Table(COLUMNS, 80, Palette.NONE);
        PrintWriter out = new PrintWriter(text);
        table.print(out, List.of(row("aaaaaa", "b", "c", "1")));
        table.print(out, List.of(row("dd", "b", "c", "2")));
        table.print(out, List.of(row("longer than before", "b", "c", "3")));
        assertThat(text.toString().lines())
                .hasSize(5)
                .filteredOn(line -> line.startsWith("NAME"))
                .hasSize(2);
    }

    @Test
    void names_neverSteerTheTerminal() {
        assertThat(Printable.of("plain \u65e5\u672c \uD83D\uDE80")).isEqualTo("plain \u65e5\u672c \uD83D\uDE80");
        assertThat(Printable.of("a\nb\tc\u001b[31mred\u0007")).isEqualTo("a\\nb\\u0009c\\u001b[31mred\\u0007");
        assertThat(Printable.of("\u009b31m\u202eevil\u2028\u200b\u0000\r\u2029"))
                .isEqualTo("\\u009b31m\\u202eevil\\u2028\\u200b\\u0000\\u000d\\u2029");
        assertThat(print(80, List.of(row("\u001b[2J", "a\nb", "c", "1"))).get(1))
                .isEqualTo("\\u001b[2J  a\\nb  c   1");
    }
}
