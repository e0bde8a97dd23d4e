package io.jobledger.http.guard;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Who takes nothing is late; who takes a little now and then is late only where all of it must be taken. */
class TakingTest {
    private static final long MOST = 60;

    @Test
    void whoTakesNothing_isLate_patienceOrNot() {
        for (boolean patient : new boolean[] {true, false}) {
            Taking taking = new Taking();
            taking.look(0, 0, patient);
            assertThat(taking.isLate(1000, MOST)).isFalse();
            taking.look(1000, 500, patient);
            taking.look(1030, 500, patient);
            // More is written: that is not taking.
            taking.look(1060, 900, patient);
            assertThat(taking.isLate(1060, MOST)).isFalse();
            assertThat(taking.isLate(1061, MOST)).isTrue();
        }
    }

    @Test
    void whoTakesSome_isLateOnlyWhereAllMustBeTaken() {
        Taking patient = new Taking();
        Taking other = new Taking();
        for (int now = 0; now <= 600; now += 50) {
            // A saw: the writer refills what was taken.
            long pending = 500 - now % 100;
            patient.look(now, pending, true);
            other.look(now, pending, false);
            assertThat(patient.isLate(now, MOST)).as("at " + now).isFalse();
            assertThat(other.isLate(now, MOST)).as("at " + now).isEqualTo(now > MOST);
        }
        other.look(650, 0, false);
        assertThat(other.isLate(10_000, MOST)).isFalse();
    }

    @Test
    void whatIsClosed_leavesNothing() {
        Taking taking = new Taking();
        taking.look(0, 500, true);
        taking.end();
        assertThat(taking.pending()).isZero();
        assertThat(taking.isLate(1000, MOST)).isFalse();
    }
}
