package io.jobledger.auth;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobledger.TestClock;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** Ten a minute, by address; a flood of addresses costs no memory and frees nobody who guesses now. */
class GuessesTest {
    private final TestClock clock = new TestClock(Instant.parse("2026-11-20T10:00:00Z"));
    private final Guesses guesses = new Guesses(clock);

    @Test
    void tenInAMinute_thenWait_thenTenMore() {
        for (int round = 0; round < 2; round++) {
            for (int i = 0; i < 10; i++) {
                assertThat(guesses.wait("a")).isZero();
                guesses.wrong("a");
            }
            assertThat(guesses.wait("a")).isEqualTo(60);
            assertThat(guesses.wait("b")).isZero();
            clock.advance(Duration.ofSeconds(59));
            assertThat(guesses.wait("a")).isEqualTo(1);
            clock.advance(Duration.ofSeconds(1));
        }
    }

    @Test
    void clockThatIsSetBack_locksNobodyOut() {
        for (int i = 0; i < 10; i++) {
            guesses.wrong("a");
        }
        clock.advance(Duration.ofDays(-1));
        assertThat(guesses.wait("a")).isZero();
    }

    @Test
    void whoeverTriesNow_isRemembered_howeverManyOthersCome() {
        for (int i = 0; i < 10; i++) {
            guesses.wrong("a");
        }
        for (int i = 0; i < 50_000; i++) {
            guesses.wrong("other" + i);
            if (i % 1000 == 0) {
                assertThat(guesses.wait("a")).isPositive();
            }
        }
        assertThat(guesses.wait("other0")).as("the quiet ones are forgotten").isZero();
    }
}
