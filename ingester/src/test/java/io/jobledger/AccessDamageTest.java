package io.jobledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jobledger.auth.FileTokenStore;
import io.jobledger.auth.Scope;
import io.jobledger.auth.TokenAdmin;
import io.jobledger.auth.TokenStoreException;
import io.jobledger.auth.Tokens;
import io.jobledger.trail.Act;
import io.jobledger.trail.FileTrail;
import io.jobledger.trail.TrailException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The files of tokens and of the audit trail with each kind of damage at every place: refused, naming the file, and
 * nobody is let in.
 */
class AccessDamageTest {
    private static final byte[] GARBAGE = "garbage\n\0 more".getBytes(StandardCharsets.UTF_8);

    @TempDir
    Path directory;

    private final TestClock clock = new TestClock(Wire.T0);
    private Path tokens;
    private Path trail;
    private byte[] tokensYesterday;
    private byte[] trailYesterday;
    private int cases;

    @BeforeEach
    void makeThem() throws IOException {
        tokens = directory.resolve("tokens.json");
        trail = directory.resolve("audit.jsonl");
        TokenAdmin admin = new TokenAdmin(new FileTokenStore(tokens), new FileTrail(trail, clock), clock);
        String revoked = admin.create(EnumSet.of(Scope.ADMIN), "leaked", null, "user ann")
                .token()
                .id();
        admin.create(EnumSet.of(Scope.READ), "ci", null, "user ann");
        tokensYesterday = Files.readAllBytes(tokens);
        trailYesterday = Files.readAllBytes(trail);
        admin.revoke(revoked, "user ann");
    }

    private void tokensAreRefused(String what, byte[] contents) throws IOException {
        put(tokens, contents);
        assertThatThrownBy(() -> new Tokens(new FileTokenStore(tokens), clock))
                .as(what)
                .isInstanceOf(TokenStoreException.class)
                .hasMessageContaining(tokens.toString());
    }

    private void trailIsRefused(String what, byte[] contents) throws IOException {
        put(trail, contents);
        FileTrail read = new FileTrail(trail, clock);
        assertThatThrownBy(read::check)
                .as(what)
                .isInstanceOf(TrailException.class)
                .hasMessageContaining(trail.toString());
    }

    private void put(Path file, byte[] contents) throws IOException {
        cases++;
        if (contents == null) {
            Files.delete(file);
        } else {
            Files.write(file, contents);
        }
    }

    private interface Refusal {
        void of(String what, byte[] contents) throws IOException;
    }

    private static void damage(byte[] good, int step, Refusal refused) throws IOException {
        for (int at = 0; at < good.length; at += step) {
            byte[] flipped = good.clone();
            flipped[at] ^= (byte) (1 << at % 8);
            refused.of("bit flipped at " + at, flipped);
            byte[] zeroed = good.clone();
            Arrays.fill(zeroed, at, Math.min(good.length, at + 40), (byte) 0);
            refused.of("zeroed at " + at, zeroed);
            // Without its last line break a trail is as it was.
            if (at > 0 && at < good.length - 1) {
                refused.of("cut at " + at, Arrays.copyOf(good, at));
            }
        }
        byte[] extended = Arrays.copyOf(good, good.length + GARBAGE.length);
        System.arraycopy(GARBAGE, 0, extended, good.length, GARBAGE.length);
        refused.of("extended", extended);
    }

    @Test
    void tokens_areRefused_whateverHappenedToTheirFile() throws IOException {
        byte[] good = Files.readAllBytes(tokens);
        damage(good, FaultReport.SOAK ? 1 : 3, this::tokensAreRefused);
        tokensAreRefused("yesterday's, with a token that was revoked since", tokensYesterday);
        tokensAreRefused("swapped", Files.readAllBytes(trail));
        tokensAreRefused("empty", new byte[0]);
        tokensAreRefused("missing", null);
        put(tokens, good);
        assertThat(new FileTokenStore(tokens).read()).isPresent();
        System.out.println("AccessDamageTest: " + cases + " damaged token files, all refused");
    }

    @Test
    void trail_isRefused_whateverHappenedToItsFile_butMayBeMovedAway() throws IOException {
        byte[] good = Files.readAllBytes(trail);
        damage(good, FaultReport.SOAK ? 1 : 3, this::trailIsRefused);
        trailIsRefused("yesterday's", trailYesterday);
        assertThatThrownBy(() -> new FileTrail(trail, clock).record(new Act("prune", "ann", "local", Map.of())))
                .isInstanceOf(TrailException.class)
                .hasMessageContaining(trail.toString());
        trailIsRefused("swapped", Files.readAllBytes(tokens));
        put(trail, good);
        new FileTrail(trail, clock).check();
        System.out.println("AccessDamageTest: " + cases + " damaged trails, all refused");
        // Log rotation.
        Files.delete(trail);
        new FileTrail(trail, clock).check();
        new FileTrail(trail, clock).record(new Act("prune", "ann", "local", Map.of()));
        assertThat(Files.readAllLines(trail)).hasSize(1);
        new FileTrail(trail, clock).check();
    }
}
