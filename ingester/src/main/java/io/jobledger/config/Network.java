package io.jobledger.config;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Optional;

/**
 * An address, or a network like {@code 10.0.0.0/8} or {@code fd00::/8}. Immutable.
 *
 * @param base an address of it
 * @param bits how many leading bits its addresses share
 */
public record Network(InetAddress base, int bits) {
    /**
     * Reads one.
     *
     * @throws IllegalArgumentException when it is none; names are none, since asking for them takes time and can be
     *     forged
     */
    public static Network parse(String text) {
        int slash = text.indexOf('/');
        InetAddress base = address(slash < 0 ? text : text.substring(0, slash))
                .orElseThrow(() -> new IllegalArgumentException("'" + text + "' is no address or network"));
        int most = base.getAddress().length * 8;
        String bits = slash < 0 ? Integer.toString(most) : text.substring(slash + 1);
        if (!bits.matches("\\d{1,3}") || Integer.parseInt(bits) > most) {
            throw new IllegalArgumentException(
                    "'" + text + "' is no network: after the slash is a number from 0 to " + most);
        }
        return new Network(base, Integer.parseInt(bits));
    }

    /** The address that {@code text} spells in digits; empty when it spells none. Asks nobody. */
    public static Optional<InetAddress> address(String text) {
        boolean digits =
                text.matches("\\d{1,3}(\\.\\d{1,3}){3}") || text.contains(":") && text.matches("[0-9a-fA-F:.]+");
        try {
            return digits ? Optional.of(InetAddress.getByName(text)) : Optional.empty();
        } catch (UnknownHostException e) {
            return Optional.empty();
        }
    }

    /** Whether the address is one of this network. */
    public boolean contains(InetAddress address) {
        byte[] one = base.getAddress();
        byte[] other = address.getAddress();
        if (one.length != other.length) {
            return false;
        }
        for (int bit = 0; bit < bits; bit++) {
            int mask = 0x80 >> bit % 8;
            if ((one[bit / 8] & mask) != (other[bit / 8] & mask)) {
                return false;
            }
        }
        return true;
    }
}
