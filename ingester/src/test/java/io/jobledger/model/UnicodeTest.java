package io.jobledger.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

class UnicodeTest {
    @Test
    void textIsSound_whenAnEncoderTakesIt() {
        char[] letters = {'a', 'ü', '\0', '\uD7FF', '\uD800', '\uDBFF', '\uDC00', '\uDFFF', '\uE000', '\uFFFF'};
        Random random = new Random(7);
        int sound = 0;
        for (int round = 0; round < 20_000; round++) {
            StringBuilder text = new StringBuilder();
            for (int i = random.nextInt(5); i > 0; i--) {
                text.append(letters[random.nextInt(letters.length)]);
            }
            boolean expected = StandardCharsets.UTF_8.newEncoder().canEncode(text);
            assertThat(Unicode.isSound(text)).isEqualTo(expected);
            sound += expected ? 1 : 0;
        }
        assertThat(sound).isBetween(1000, 19_000);
    }
}
