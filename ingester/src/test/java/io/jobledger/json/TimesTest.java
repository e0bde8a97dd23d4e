package io.jobledger.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Times are spelt and read as Java's own formatter would. */
class TimesTest {
    private static final DateTimeFormatter FORM =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);

    @Test
    void anyTime_isSpeltAndReadAsTheFormatterDoes() {
        SplittableRandom random = new SplittableRandom(1);
        long first = Instant.parse("-0300-01-01T00:00:00Z").getEpochSecond();
        long last = Instant.parse("+10100-01-01T00:00:00Z").getEpochSecond();
        for (int i = 0; i < 200_000; i++) {
            Instant time = Instant.ofEpochSecond(random.nextLong(first, last), random.nextInt(1_000_000_000));
            String text = Json.time(time);
            assertThat(text).isEqualTo(FORM.format(time));
            if (text.compareTo("1970") > 0 && text.compareTo("9999-12-31T23:59:59.999999Z") <= 0) {
                assertThat(Json.time(text))
                        .isEqualTo(time.truncatedTo(ChronoUnit.MICROS))
                        .isEqualTo(OffsetDateTime.parse(text).toInstant());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "2026-02-29T00:00:00.000000Z",
                "2026-13-01T00:00:00.000000Z",
                "2026-00-01T00:00:00.000000Z",
                "2026-01-00T00:00:00.000000Z",
                "2026-04-31T00:00:00.000000Z",
                "2026-01-01T25:00:00.000000Z",
                "2026-01-01T24:00:00.000000Z",
                "2026-01-01T00:60:00.000000Z",
                "2026-01-01T00:00:60.000000Z",
                "1969-12-31T23:59:59.999999Z",
                "2026-01-01 00:00:00.000000Z",
                "2026-01-01T00:00:00.00000OZ",
                "2026-01-01T00:00:00.000000"
            })
    void whatIsNoTime_isRefused(String text) {
        assertThatThrownBy(() -> Json.time(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("must be an RFC 3339 time");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "2028-02-29T00:00:00Z",
                "2028-02-29T01:00:00+01:00",
                "2028-02-29T00:00:00.0000009Z",
                "2028-02-29T00:00:00.000000Z"
            })
    void otherSpellings_areRead(String text) {
        assertThat(Json.time(text)).isEqualTo(Instant.parse("2028-02-29T00:00:00Z"));
    }
}
