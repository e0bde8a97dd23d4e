package io.jobledger.sink.webhook;

import io.jobledger.config.Network;
import io.jobledger.sink.SinkException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.stream.Stream;

/**
 * Which addresses a hook may speak to: those of the open internet, and those that it allows. So nobody who may write
 * hooks, or the name service of a receiver, can make the ingester ask what is inside the network. Thread-safe.
 */
final class OpenAddresses {
    /** What is not of the open internet, by IANA's lists of special addresses. */
    private static final List<Network> INSIDE = Stream.of(
                    "0.0.0.0/8",
                    "10.0.0.0/8",
                    "100.64.0.0/10",
                    "127.0.0.0/8",
                    "169.254.0.0/16",
                    "172.16.0.0/12",
                    "192.0.0.0/24",
                    "192.0.2.0/24",
                    "192.88.99.0/24",
                    "192.168.0.0/16",
                    "198.18.0.0/15",
                    "198.51.100.0/24",
                    "203.0.113.0/24",
                    "224.0.0.0/4",
                    "240.0.0.0/4",
                    // All of IPv6 but 2000::/3, and of that what carries an address of IPv4, or is for documents.
                    "2001::/23",
                    "2001:db8::/32",
                    "2002::/16",
                    "3fff::/20")
            .map(Network::parse)
            .toList();

    private static final Network GLOBAL = Network.parse("2000::/3");

    private final List<Network> allowed;
    private final Resolver resolver;

    /** Finds the addresses of a name. */
    interface Resolver {
        InetAddress[] of(String host) throws UnknownHostException;
    }

    OpenAddresses(List<Network> allowed, Resolver resolver) {
        this.allowed = List.copyOf(allowed);
        this.resolver = resolver;
    }

    /**
     * An address of a host that may be spoken to. Blocks on the name service.
     *
     * @throws SinkException where there is none
     */
    InetAddress of(String host) {
        InetAddress[] found;
        try {
            found = resolver.of(host.replaceAll("^\\[|\\]$", ""));
        } catch (UnknownHostException e) {
            throw new SinkException(
                    SinkException.Kind.PASSING, "the host " + host + " is not known to the name service");
        }
        for (InetAddress address : found) {
            if (isOpen(address)) {
                return address;
            }
        }
        throw new SinkException(
                SinkException.Kind.LASTING,
                "the host " + host + " is at " + found[0].getHostAddress()
                        + ", which is inside the network. If that is meant, name the network in the hook's 'allow', and"
                        + " reload");
    }

    boolean isOpen(InetAddress address) {
        if (allowed.stream().anyMatch(network -> network.contains(address))) {
            return true;
        }
        boolean global = address.getAddress().length == 4 || GLOBAL.contains(address);
        return global && INSIDE.stream().noneMatch(network -> network.contains(address));
    }
}
