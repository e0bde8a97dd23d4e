package io.jobledger.sink.mirror;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ReadBreakerTest {
    private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 1_000_000_000L);
    private final AtomicInteger calls = new AtomicInteger();
    private final ReadBreaker breaker = new ReadBreaker(Duration.ofSeconds(1), Duration.ofSeconds(10), now::get);

    private void fails(boolean passing) {
        fails(passing, Duration.ofSeconds(5));
    }

    private void fails(boolean passing, Duration after) {
        assertThatThrownBy(() -> breaker.read(() -> {
                    calls.incrementAndGet();
                    now.addAndGet(after.toNanos());
                    throw passing
                            ? MirrorException.passing("no answer", null)
                            : MirrorException.lasting("no key", null);
                }))
                .isInstanceOf(MirrorException.class);
    }

    private String works() {
        return breaker.read(() -> {
            calls.incrementAndGet();
            return "record";
        });
    }

    @Test
    void read_afterALongWaitInVain_isRefusedAtOnceUntilThePauseIsOver() {
        fails(true);
        assertThatThrownBy(this::works)
                .isInstanceOfSatisfying(
                        MirrorException.class, e -> assertThat(e.isPassing()).isTrue())
                .hasMessageContaining("no answer")
                .hasMessageContaining("not asked again for 10 s");
        assertThat(calls).hasValue(1);
        now.addAndGet(Duration.ofSeconds(10).toNanos());
        assertThat(works()).isEqualTo("record");
        assertThat(works()).isEqualTo("record");
    }

    @Test
    void read_whileAnotherTriesAgain_isRefused() {
        fails(true);
        now.addAndGet(Duration.ofSeconds(11).toNanos());
        assertThat(breaker.<String>read(() -> {
                    assertThatThrownBy(this::works).hasMessageContaining("not asked again");
                    return "tried";
                }))
                .isEqualTo("tried");
        assertThat(works()).isEqualTo("record");
    }

    @Test
    void read_afterAQuickFailure_isTried() {
        fails(true, Duration.ofMillis(999));
        assertThat(works()).isEqualTo("record");
    }

    @Test
    void read_failingAgain_isRefusedAgain() {
        fails(true);
        now.addAndGet(Duration.ofSeconds(11).toNanos());
        fails(true);
        assertThatThrownBy(this::works).hasMessageContaining("not asked again for 10 s");
    }

    @Test
    void read_afterALastingFailure_isTried() {
        fails(false);
        assertThat(works()).isEqualTo("record");
    }

    @Test
    void watch_isNeverRefused_andItsSuccessOpensTheWay() {
        fails(true);
        assertThat(breaker.watch(() -> "put")).isEqualTo("put");
        assertThat(works()).isEqualTo("record");
    }
}
