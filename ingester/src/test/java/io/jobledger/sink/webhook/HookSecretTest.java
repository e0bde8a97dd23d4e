package io.jobledger.sink.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jobledger.config.Network;
import io.jobledger.sink.SinkException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Signatures are those of others who speak Standard Webhooks, and no way leads inside the network. */
class HookSecretTest {
    private static final String SECRET = "whsec_am9ibGVkZ2VyLWFuZC1zdGFuZGFyZC13ZWJob29rcy0=";
    /** By the package standardwebhooks 1.1.0 of PyPI. */
    private static final String THEIRS = "v1,rV/TBu2XOnlDdFPBz2ZKOBy3Z2trw3YTOIZZz7fNNbM=";

    private static String sign(String secrets) {
        byte[] body = "{\"event\":\"failed\",\"host\":\"h\u00e4st\"}".getBytes(StandardCharsets.UTF_8);
        return HookSecret.parse(secrets).sign("1-42-failed", 1_795_600_000, body);
    }

    @Test
    void signatures_areThoseOfTheOfficialLibrary_andOneForEachSecret() {
        assertThat(sign(SECRET)).isEqualTo(THEIRS);
        assertThat(sign(SECRET + "\nwhsec_" + "A".repeat(40) + "\n"))
                .startsWith(THEIRS + " v1,")
                .hasSize(2 * THEIRS.length() + 1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "secret", "whsec_short", "whsec_%%%%"})
    void whatIsNoSecret_isRefused_withoutBeingShown(String text) {
        assertThatThrownBy(() -> HookSecret.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .satisfies(e -> assertThat(text.isEmpty() || !e.getMessage().contains(text.substring(4)))
                        .isTrue());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "127.0.0.1",
                "10.1.2.3",
                "172.16.0.1",
                "192.168.1.1",
                "169.254.169.254",
                "100.64.0.1",
                "0.0.0.0",
                "224.0.0.1",
                "255.255.255.255",
                "::1",
                "::",
                "::ffff:127.0.0.1",
                "fe80::1",
                "fd00::1",
                "64:ff9b::7f00:1",
                "2002:7f00:1::",
                "ff02::1"
            })
    void addressesInsideTheNetwork_areRefused(String text) throws Exception {
        InetAddress address = InetAddress.getByName(text);
        OpenAddresses open = new OpenAddresses(List.of(), host -> new InetAddress[] {address});
        assertThatThrownBy(() -> open.of("example.org"))
                .isInstanceOf(SinkException.class)
                .hasMessageContaining("inside the network");
    }

    @Test
    void addressesOutside_andThoseThatAreAllowed_areSpokenTo() throws Exception {
        InetAddress inside = InetAddress.getByName("10.1.2.3");
        InetAddress outside = InetAddress.getByName("198.41.0.4");
        InetAddress six = InetAddress.getByName("2606:4700::1111");
        assertThat(new OpenAddresses(List.of(), host -> new InetAddress[] {inside, outside}).of("x"))
                .isEqualTo(outside);
        assertThat(new OpenAddresses(List.of(), host -> new InetAddress[] {six}).of("x"))
                .isEqualTo(six);
        assertThat(new OpenAddresses(List.of(Network.parse("10.0.0.0/8")), host -> new InetAddress[] {inside}).of("x"))
                .isEqualTo(inside);
    }
}
