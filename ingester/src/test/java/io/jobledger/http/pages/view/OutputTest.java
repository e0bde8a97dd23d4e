package io.jobledger.http.pages.view;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class OutputTest {
    private static String plain(Output.Line line) {
        return line.spans().stream().map(Output.Span::text).collect(Collectors.joining());
    }

    private static Output read(String text) {
        return Output.of("stdout", "Standard output", text, null);
    }

    @Test
    void coloursBecomeClasses_andLastUntilTheyAreReset() {
        Output output = read("a \u001b[1;32mok\u001b[0m b\n\u001b[91mred\nstill\u001b[39m no");
        assertThat(output.lines().get(0).spans())
                .containsExactly(
                        new Output.Span("a ", ""), new Output.Span("ok", "ansi-green bold"), new Output.Span(" b", ""));
        assertThat(output.lines().get(2).spans())
                .containsExactly(new Output.Span("still", "ansi-red"), new Output.Span(" no", ""));
    }

    @Test
    void everyOtherSequence_isLeftOut() {
        for (String sequence : new String[] {
            "\u001b[2J",
            "\u001b[?25l",
            "\u001b]0;title\u0007",
            "\u001b]8;;http://x\u001b\\",
            "\u001b(B",
            "\u001b[38;5;9m",
            "\u001b[38;2;1;2;3m",
            "\u001b",
            "\u001b[",
            "\u001bP1$r\u001b\\",
            "\u001b[999999999999m"
        }) {
            Output output = read("a" + sequence + "\u001b[0mb");
            assertThat(plain(output.lines().get(0))).as(sequence.substring(1)).doesNotContain("\u001b");
            assertThat(plain(output.lines().get(0))).startsWith("a").endsWith("b");
        }
    }

    @Test
    void lineThatWasWrittenOver_isItsLastState() {
        Output output = read("10 %\r50 %\r100 %\r\nnext\r");
        assertThat(output.lines().stream().map(OutputTest::plain)).containsExactly("100 %", "next\r");
        assertThat(output.of()).isEqualTo(2);
    }

    @Test
    void manyLines_areFoldedButForTheEnd_andFoundByTheirText() {
        String text = java.util.stream.IntStream.rangeClosed(1, 500)
                .mapToObj(i -> "line " + i)
                .collect(Collectors.joining("\n"));
        Output output = read(text);
        assertThat(output.folded()).hasSize(460);
        assertThat(output.shown().get(39).number()).isEqualTo(500);
        assertThat(read("a\nb\n").folded()).isEmpty();
        assertThat(Output.of("stdout", "", text, "LINE 49").lines())
                .extracting(Output.Line::number)
                .containsExactly(49, 490, 491, 492, 493, 494, 495, 496, 497, 498, 499);
    }
}
