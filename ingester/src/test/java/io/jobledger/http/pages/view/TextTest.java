package io.jobledger.http.pages.view;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TextTest {
    private static final Instant NOW = Instant.parse("2026-11-20T10:00:00Z");

    @Test
    void name_withCharactersThatCannotBeSeen_isPiecesThatCan() {
        assertThat(Text.pieces("a\u202eb\nc").stream().map(Text.Piece::text))
                .containsExactly("a", "U+202E", "b", "U+000A", "c");
        assertThat(Text.pieces("\u200b").get(0).title()).isEqualTo("ZERO WIDTH SPACE");
        assertThat(Text.pieces(" x ").stream().map(Text.Piece::text)).containsExactly("U+0020", "x", "U+0020");
        assertThat(Text.pieces("  ")).hasSize(2).allMatch(Text.Piece::hidden);
    }

    @Test
    void name_ofAnyLanguage_isOnePiece() {
        assertThat(Text.pieces("Größe – наименование 数据库 🚀 <b>"))
                .containsExactly(new Text.Piece("Größe – наименование 数据库 🚀 <b>", null));
    }

    @Test
    void line_isShortAndWhollyVisible() {
        assertThat(Text.line("x\u202e" + "🚀".repeat(200)))
                .startsWith("x‹U+202E›🚀")
                .endsWith("🚀…")
                .hasSizeLessThan(170);
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0 s",
        "59, 59 s",
        "60, 1 min",
        "95, 1 min 35 s",
        "700, 11 min",
        "3600, 1 h",
        "5400, 1 h 30 min",
        "90000, 1 d 1 h",
        "8640000, 100 d",
        "-5, 0 s"
    })
    void span_isInItsLargestUnits(long seconds, String text) {
        assertThat(Text.span(Duration.ofSeconds(seconds))).isEqualTo(text);
    }

    @Test
    void age_saysWhichSideOfNow() {
        assertThat(Text.age(NOW.minusSeconds(7200), NOW)).isEqualTo("2 h ago");
        assertThat(Text.age(NOW.plusSeconds(60), NOW)).isEqualTo("in 1 min");
        assertThat(Text.age(NOW, NOW)).isEqualTo("now");
    }
}
