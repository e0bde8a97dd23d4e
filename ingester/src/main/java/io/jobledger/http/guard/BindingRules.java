package io.jobledger.http.guard;

import io.jobledger.config.AccessSettings;
import io.jobledger.config.Setting;
import java.net.InetAddress;
import java.net.UnknownHostException;

/** What must be there before others can reach the server. */
public final class BindingRules {
    private BindingRules() {}

    /** Whether only this machine can reach the address. */
    public static boolean isLoopback(String listen) {
        try {
            return InetAddress.getByName(listen).isLoopbackAddress();
        } catch (UnknownHostException e) {
            // Listening will say so.
            return false;
        }
    }

    /** @throws HttpStartException naming the way out, and the flag for who means it */
    public static void check(AccessSettings access, String listen, boolean hasTokens) {
        if (isLoopback(listen)) {
            return;
        }
        if (!hasTokens && !access.allowAnonymousNetwork()) {
            throw new HttpStartException("--listen " + listen
                    + " lets others reach the ledger, and there is no token: everybody could read, write and"
                    + " administrate. Make one with 'jobledger token create --scope admin', or say that this is meant"
                    + " with "
                    + Setting.ALLOW_ANONYMOUS_NETWORK.flag());
        }
        if (!access.tls() && !access.allowPlainHttpNetwork()) {
            throw new HttpStartException(
                    "--listen " + listen + " sends tokens and records unencrypted over the network. Give "
                            + Setting.TLS_CERT.flag() + " and " + Setting.TLS_KEY.flag()
                            + ", or listen on loopback behind a TLS proxy, or say that this is meant with "
                            + Setting.ALLOW_PLAIN_HTTP_NETWORK.flag());
        }
    }
}
