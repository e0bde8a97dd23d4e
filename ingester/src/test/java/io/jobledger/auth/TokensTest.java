package io.jobledger.auth;

import static io.jobledger.Wire.T0;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.jobledger.TestClock;
import io.jobledger.trail.Acts;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** What a server makes of a store that does not answer. */
class TokensTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    /** A store on another machine, in memory. */
    private static final class Remote implements TokenStore {
        private final Duration trust;
        private final AtomicInteger readings = new AtomicInteger();
        private volatile List<Token> tokens = List.of();
        private volatile TokenStoreException fault;

        Remote(Duration trust) {
            this.trust = trust;
        }

        @Override
        public Following following() {
            return new Following(Duration.ofMillis(5), trust);
        }

        @Override
        public Optional<List<Token>> read() {
            readings.incrementAndGet();
            if (fault != null) {
                throw fault;
            }
            return Optional.of(tokens);
        }

        @Override
        public void change(UnaryOperator<List<Token>> change) {
            tokens = change.apply(tokens);
        }

        private void isReadAgain() {
            int before = readings.get();
            // The second that begins after this has ended the first.
            await().atMost(LIMIT).until(() -> readings.get() >= before + 3);
        }
    }

    private final TestClock clock = new TestClock(T0);

    private String token(TokenStore store) {
        return new TokenAdmin(store, new Acts(), clock)
                .create(EnumSet.of(Scope.READ), null, null, "test")
                .text();
    }

    @Test
    void storeThatDoesNotAnswer_isBelievedForAWhile() {
        Remote store = new Remote(Duration.ofDays(1));
        String text = token(store);
        try (Tokens tokens = new Tokens(store, clock).start()) {
            store.fault = new TokenStoreException("away", null, true);
            store.isReadAgain();
            assertThat(tokens.find(text)).isPresent();
            assertThat(tokens.find(TokenText.random())).isEmpty();
            tokens.check();
        }
    }

    @Test
    void storeThatHasNotAnsweredForTooLong_makesEveryQuestionWait_andThenGoesOn() {
        Remote store = new Remote(Duration.ofSeconds(2));
        String text = token(store);
        try (Tokens tokens = new Tokens(store, clock).start()) {
            store.fault = new TokenStoreException("away", null, true);
            await().atMost(LIMIT)
                    .untilAsserted(() -> assertThatThrownBy(tokens::check)
                            .isInstanceOfSatisfying(
                                    TokenStoreException.class,
                                    e -> assertThat(e.isPassing()).isTrue()));
            assertThatThrownBy(() -> tokens.find(text)).isInstanceOf(TokenStoreException.class);
            assertThatThrownBy(() -> tokens.byId("x")).isInstanceOf(TokenStoreException.class);
            assertThatThrownBy(tokens::required).isInstanceOf(TokenStoreException.class);
            store.fault = null;
            await().atMost(LIMIT)
                    .ignoreException(TokenStoreException.class)
                    .until(() -> tokens.find(text).isPresent());
        }
    }

    @Test
    void storeWithoutTokens_opensNothing_whenItCannotBeAskedAnyMore() {
        Remote store = new Remote(Duration.ofSeconds(2));
        try (Tokens tokens = new Tokens(store, clock).start()) {
            await().atMost(LIMIT).ignoreException(TokenStoreException.class).until(() -> !tokens.required());
            store.fault = new TokenStoreException("away", null, true);
            await().atMost(LIMIT)
                    .untilAsserted(() -> assertThatThrownBy(tokens::required).isInstanceOf(TokenStoreException.class));
        }
    }

    @Test
    void storeThatIsNotToBeTrusted_letsNobodyIn_atOnce() {
        Remote store = new Remote(Duration.ofDays(1));
        String text = token(store);
        try (Tokens tokens = new Tokens(store, clock).start()) {
            store.fault = new TokenStoreException("damaged", null);
            await().atMost(LIMIT).until(() -> tokens.find(text).isEmpty());
            assertThat(tokens.required()).isTrue();
        }
    }
}
