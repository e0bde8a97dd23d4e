package io.jobledger.http.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** No text of a row is a formula to a spreadsheet, also not behind blanks that it passes over. */
class RowWriterTest {
    private static String cell(String text) {
        byte[] lines = new RowWriter(Format.CSV, List.of("a"))
                .lines(List.of(JsonNodeFactory.instance.objectNode().put("a", text)), false);
        return new String(lines, StandardCharsets.UTF_8).strip();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "=1+1",
                " =1+1",
                "\t=1+1",
                "\u00a0=1+1",
                "\u200b@x",
                "\ufeff+1",
                " \r\n -2+3",
                "\u3000\uff1d1",
                "\tx"
            })
    void formula_isQuoted(String text) {
        assertThat(cell(text).replace("\"", "")).startsWith("'");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a=1", " a", "", "1-1", "\u00e4@b"})
    void otherText_isLeftAsItIs(String text) {
        assertThat(cell(text)).doesNotContain("'");
    }
}
