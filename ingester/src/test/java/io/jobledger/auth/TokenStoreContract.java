package io.jobledger.auth;

import static io.jobledger.Wire.T0;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jobledger.TestClock;
import io.jobledger.trail.Act;
import io.jobledger.trail.Acts;
import io.jobledger.trail.Trail;
import io.jobledger.trail.TrailException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** What every store of tokens promises, and what is made of it. */
public abstract class TokenStoreContract {
    protected final TestClock clock = new TestClock(T0);
    protected final Acts acts = new Acts();

    /** One more way into the same store, which is empty when a test begins. */
    protected abstract TokenStore store();

    protected final TokenAdmin admin() {
        return new TokenAdmin(store(), acts, clock);
    }

    private List<String> written() {
        return acts.all.stream()
                .map(act -> act.what() + " " + act.details().get("name"))
                .toList();
    }

    @Test
    public void token_isKeptAsAHash_andComesBackAsItWas() {
        assertThat(store().read()).isEmpty();
        TokenAdmin.Made made =
                admin().create(EnumSet.of(Scope.READ, Scope.INGEST), "ci", Duration.ofDays(90), "user ann");
        TokenAdmin.Made other = admin().create(EnumSet.of(Scope.ADMIN), "a name, 日本語 'quoted'", null, "user ann");
        assertThat(made.text()).matches("jl_[0-9a-f]{64}");
        assertThat(made.toString()).doesNotContain(made.text());
        assertThat(store().read().orElseThrow()).as("oldest first").containsExactly(made.token(), other.token());
        assertThat(made.token().hash()).isEqualTo(TokenText.hash(made.text()));
        assertThat(made.token().expiresAt()).isEqualTo(T0.plus(Duration.ofDays(90)));
        assertThat(acts.all).extracting(Act::who).containsOnly("user ann");
        assertThat(acts.all.get(0).details())
                .containsEntry("id", made.token().id())
                .containsEntry("scopes", List.of("ingest", "read"));
        assertThat(acts.all)
                .extracting(Act::toString)
                .noneMatch(line ->
                        line.contains(made.text()) || line.contains(made.token().hash()));
    }

    @Test
    public void tokenThatWasMadeElsewhere_isTakenOnce_whoeverHandsItOver() {
        String text = TokenText.random();
        Set<Scope> scopes = EnumSet.of(Scope.READ);
        Token taken = admin().take(text, scopes, "ci", null, "test");
        assertThat(admin().take(text, scopes, "other", null, "test"))
                .as("the second machine that is given the secret")
                .isEqualTo(taken);
        assertThat(taken.hash()).isEqualTo(TokenText.hash(text));
        assertThat(store().read().orElseThrow()).containsExactly(taken);
        assertThat(written()).containsExactly("token.create ci");
        assertThatThrownBy(() -> admin().take(text, EnumSet.of(Scope.ADMIN), "ci", null, "test"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("its scopes are others");
        assertThatThrownBy(() -> admin().take("secret", scopes, "x", null, "test"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("64 hexadecimal digits")
                .hasMessageNotContaining("secret");
        admin().revoke("ci", "test");
        assertThatThrownBy(() -> admin().take(text, scopes, "ci", null, "test"))
                .as("what was revoked does not come back")
                .hasMessageContaining("revoked or expired");
        assertThat(store().read().orElseThrow()).hasSize(1);
    }

    @Test
    public void nameOfATokenThatWorks_isTaken_afterItsEndItIsFree_andOnlyWhatIsDoneIsWrittenDown() {
        TokenAdmin admin = admin();
        admin.create(EnumSet.of(Scope.READ), "ci", null, "test");
        assertThatThrownBy(() -> admin.create(EnumSet.of(Scope.READ), "ci", null, "test"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("revoke it first");
        Token revoked = admin.revoke("ci", "test");
        assertThat(revoked.state(clock.instant())).isEqualTo("revoked");
        Token second = admin.create(EnumSet.of(Scope.READ), "ci", Duration.ofHours(1), "test")
                .token();
        assertThat(admin.list()).hasSize(2);
        assertThatThrownBy(() -> admin.revoke("nobody", "test")).hasMessageContaining("token ls");
        clock.advance(Duration.ofHours(1));
        assertThat(second.state(clock.instant())).isEqualTo("expired");
        admin.create(EnumSet.of(Scope.READ), "ci", null, "test");
        for (String bad : List.of("", " ", "a\nb", "x".repeat(101))) {
            assertThatThrownBy(() -> admin.create(EnumSet.of(Scope.READ), bad, null, "test"))
                    .as(bad)
                    .isInstanceOf(IllegalArgumentException.class);
        }
        assertThat(admin.list()).hasSize(3);
        assertThat(written())
                .containsExactly("token.create ci", "token.revoke ci", "token.create ci", "token.create ci");
    }

    @Test
    public void tokensMadeAtOnce_areAllKept() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Future<TokenAdmin.Made>> made = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                made.add(threads.submit(() -> admin().create(EnumSet.of(Scope.READ), null, null, "test")));
            }
            Set<String> ids = new HashSet<>();
            for (Future<TokenAdmin.Made> future : made) {
                ids.add(future.get(60, TimeUnit.SECONDS).token().id());
            }
            assertThat(store().read().orElseThrow()).extracting(Token::id).containsExactlyInAnyOrderElementsOf(ids);
        } finally {
            threads.shutdownNow();
        }
    }

    /** A trail on a full disk. */
    private record Full() implements Trail {
        @Override
        public void record(Act act) {
            throw new TrailException("full", null);
        }

        @Override
        public void each(Consumer<String> line) {}
    }

    @Test
    public void whatCannotBeWrittenDown_isNotDone() {
        TokenAdmin blind = new TokenAdmin(store(), new Full(), clock);
        assertThatThrownBy(() -> blind.create(EnumSet.of(Scope.READ), "ci", null, "test"))
                .isInstanceOf(TrailException.class);
        assertThat(store().read().orElse(List.of())).isEmpty();
        admin().create(EnumSet.of(Scope.READ), "ci", null, "test");
        assertThatThrownBy(() -> blind.revoke("ci", "test")).isInstanceOf(TrailException.class);
        assertThat(store().read().orElseThrow()).singleElement().matches(token -> token.usable(clock.instant()));
    }

    /** A store that takes a change, and then cannot keep it. */
    private record Forgetful(TokenStore real) implements TokenStore {
        @Override
        public Following following() {
            return real.following();
        }

        @Override
        public Optional<List<Token>> read() {
            return real.read();
        }

        @Override
        public void change(UnaryOperator<List<Token>> change) {
            change.apply(real.read().orElse(List.of()));
            throw new TokenStoreException("no room", null);
        }
    }

    @Test
    public void whatIsWrittenDownAndThenFails_isWrittenDownAsFailed() {
        TokenAdmin failing = new TokenAdmin(new Forgetful(store()), acts, clock);
        assertThatThrownBy(() -> failing.create(EnumSet.of(Scope.READ), "ci", null, "test"))
                .isInstanceOf(TokenStoreException.class);
        assertThat(written()).containsExactly("token.create ci", "token.create.failed ci");
        assertThat(acts.all.get(1).details()).containsEntry("error", "no room");
    }
}
