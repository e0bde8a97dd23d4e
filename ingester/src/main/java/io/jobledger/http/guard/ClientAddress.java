package io.jobledger.http.guard;

import io.jobledger.config.Network;
import io.vertx.core.http.HttpServerRequest;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Where a request comes from. What a header says of that can be forged by whoever sends it, so it counts only when the
 * other end of the connection is a proxy that the settings name, and only as far back as such proxies reach.
 * Thread-safe.
 */
final class ClientAddress {
    private static final String FORWARDED = "x-forwarded-for";

    private final List<Network> proxies;

    /** @param proxies whose word is taken; usually none */
    ClientAddress(List<Network> proxies) {
        this.proxies = List.copyOf(proxies);
    }

    /** The address, for logs. */
    String of(HttpServerRequest request) {
        String peer =
                request.remoteAddress() == null ? "?" : request.remoteAddress().hostAddress();
        if (proxies.isEmpty() || !isProxy(peer)) {
            return peer;
        }
        String known = peer;
        List<String> said = Arrays.asList(
                String.join(",", request.headers().getAll(FORWARDED)).split(","));
        for (int i = said.size() - 1; i >= 0; i--) {
            Optional<InetAddress> before =
                    Network.address(withoutPort(said.get(i).strip()));
            if (before.isEmpty()) {
                break;
            }
            known = before.get().getHostAddress();
            if (!isProxy(known)) {
                break;
            }
        }
        return known;
    }

    private boolean isProxy(String text) {
        return Network.address(text)
                .filter(address -> proxies.stream().anyMatch(proxy -> proxy.contains(address)))
                .isPresent();
    }

    private static String withoutPort(String text) {
        if (text.startsWith("[")) {
            int end = text.indexOf(']');
            return end < 0 ? text : text.substring(1, end);
        }
        // An IPv6 address without brackets has several colons and no port.
        return text.indexOf(':') >= 0 && text.indexOf(':') == text.lastIndexOf(':')
                ? text.substring(0, text.indexOf(':'))
                : text;
    }

    /** What one client has: an address, or the network of an IPv6 address, in which it can choose freely. */
    static String owner(String address) {
        Optional<InetAddress> read = Network.address(address);
        if (read.isPresent() && read.get() instanceof Inet6Address) {
            byte[] bytes = read.get().getAddress();
            StringBuilder owner = new StringBuilder();
            for (int i = 0; i < 8; i++) {
                owner.append(String.format("%02x", bytes[i]));
            }
            return owner.append("/64").toString();
        }
        return address;
    }
}
