package io.jobledger.http.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jobledger.config.Network;
import java.net.InetAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Networks by their digits, and what one client can choose freely. */
class ClientAddressTest {
    @ParameterizedTest
    @CsvSource({
        "10.0.0.0/8, 10.255.1.2, true",
        "10.0.0.0/8, 11.0.0.1, false",
        "10.1.2.3, 10.1.2.3, true",
        "10.1.2.3, 10.1.2.4, false",
        "0.0.0.0/0, 8.8.8.8, true",
        "fd00::/8, fdab::1, true",
        "fd00::/8, fe80::1, false",
        "::/0, 10.0.0.1, false",
        "192.0.2.128/25, 192.0.2.127, false"
    })
    void network_hasItsAddresses(String network, String address, boolean inside) throws Exception {
        assertThat(Network.parse(network).contains(InetAddress.getByName(address)))
                .isEqualTo(inside);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "proxy.example.com",
                "10.0.0.0/33",
                "10.0.0/8",
                "300.0.0.1",
                "10.0.0.0/x",
                "::/129",
                "10.0.0.0/-1"
            })
    void whatIsNoNetwork_isRefused_andNobodyIsAsked(String text) {
        assertThatThrownBy(() -> Network.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void addressesOfOneNetwork_areOneClient_inIpv6() {
        assertThat(ClientAddress.owner("2001:db8:1:2::1"))
                .isEqualTo(ClientAddress.owner("2001:db8:1:2:ffff::9"))
                .isNotEqualTo(ClientAddress.owner("2001:db8:1:3::1"));
        assertThat(ClientAddress.owner("192.0.2.1")).isEqualTo("192.0.2.1");
    }
}
