package io.jobledger.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** When there are colours, how wide a terminal is, and lengths of time in words. */
class PaletteTest {
    @ParameterizedTest
    @CsvSource({
        "auto,true,'',xterm,true",
        "auto,false,'',xterm,false",
        "auto,true,1,xterm,false",
        "auto,true,'',dumb,false",
        "always,false,1,dumb,true",
        "never,true,'',xterm,false"
    })
    void colours_areForTerminalsAndThoseWhoWantThem(
            Palette.When when, boolean terminal, String noColor, String term, boolean coloured) {
        Palette palette = Palette.of(when, terminal, Map.of("NO_COLOR", noColor, "TERM", term));
        assertThat(palette.coloured()).isEqualTo(coloured);
        assertThat(palette.paint(Style.BAD, "failed")).isEqualTo(coloured ? "\u001b[31mfailed\u001b[0m" : "failed");
        assertThat(palette.paint(Style.PLAIN, "x")).isEqualTo("x");
    }

    @Test
    void width_isWhatTheUserSays() {
        assertThat(Terminal.width(Map.of("COLUMNS", "97"))).isEqualTo(97);
        assertThat(Terminal.width(Map.of("COLUMNS", "1")))
                .as("nothing fits there")
                .isEqualTo(20);
    }

    @ParameterizedTest
    @CsvSource({
        "0,0s",
        "59,59s",
        "60,1m",
        "61,1m 1s",
        "3600,1h",
        "3661,1h 1m",
        "86399,23h 59m",
        "86400,1d",
        "187200,2d 4h",
        "-5,0s"
    })
    void durations_areTheirTwoLargestUnits(long seconds, String text) {
        assertThat(ShortDurations.text(Duration.ofSeconds(seconds))).isEqualTo(text);
    }
}
