package io.jobledger.cli.ask;

import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import javax.net.ssl.SSLException;

/**
 * Why TLS with an ingester failed, for people: something does answer there, so "nobody answers" would send them to the
 * wrong place.
 */
final class TlsFault {
    private static final String CA = "JOBLEDGER_CA_FILE";

    private TlsFault() {}

    /**
     * The reason and the setting that helps; null when nobody answers there.
     *
     * @param url as it was asked
     */
    static String of(String url, IOException failure) {
        if (failure instanceof SSLException tls) {
            return "no secure connection to " + url + ": " + reason(tls);
        }
        boolean answered = !(failure instanceof ConnectException
                || failure instanceof NoRouteToHostException
                || failure instanceof UnknownHostException
                || failure instanceof SocketTimeoutException);
        if (!answered) {
            return null;
        }
        // Of a certificate that is missing the server may only say so when the request is under way; then Java tells no
        // more than that the connection broke.
        return "the connection to " + url + " broke off before there was an answer (" + failure.getMessage() + "). "
                + (url.startsWith("https:")
                        ? "If the ingester wants client certificates (--tls-client-ca), set JOBLEDGER_CLIENT_CERT and"
                                + " JOBLEDGER_CLIENT_KEY"
                        : "If the ingester speaks TLS, use https:// in JOBLEDGER_URL or --url");
    }

    private static String reason(SSLException failure) {
        if (cause(failure, CertificateExpiredException.class) != null) {
            return "its certificate has expired (" + last(failure)
                    + "). Renew it where the ingester runs; it takes the new file without a restart";
        }
        if (cause(failure, CertificateNotYetValidException.class) != null) {
            return "its certificate is not valid yet (" + last(failure) + "). Look at the clocks of both machines";
        }
        if (cause(failure, CertPathValidatorException.class) != null
                || String.valueOf(last(failure)).contains("unable to find valid certification path")) {
            return "its certificate is not of a CA that is trusted here (" + last(failure) + "). Set " + CA
                    + " to the PEM file of the CA that issued it";
        }
        CertificateException certificate = cause(failure, CertificateException.class);
        String text = String.valueOf(failure.getMessage());
        if (certificate != null
                && (last(failure).contains("name") || last(failure).contains("address"))) {
            return "its certificate is for another name (" + last(failure)
                    + "). Set JOBLEDGER_URL or --url to a name that the certificate has, or give it this one";
        }
        if (text.contains("Unsupported or unrecognized SSL message") || text.contains("plaintext connection")) {
            return "what answers there does not speak TLS. Use http:// in JOBLEDGER_URL or --url, or start it with"
                    + " --tls-cert and --tls-key";
        }
        if (text.contains("certificate_required")
                || text.contains("bad_certificate")
                || text.contains("certificate_unknown")
                || text.contains("unknown_ca")) {
            return "it wants a client certificate, or another than it got (" + text
                    + "). Set JOBLEDGER_CLIENT_CERT and JOBLEDGER_CLIENT_KEY";
        }
        return text
                + ". JOBLEDGER_CA_FILE names the CA to trust, JOBLEDGER_CLIENT_CERT and JOBLEDGER_CLIENT_KEY the"
                + " certificate to show";
    }

    private static <T extends Throwable> T cause(Throwable failure, Class<T> type) {
        for (Throwable each = failure; each != null; each = each.getCause()) {
            if (type.isInstance(each)) {
                return type.cast(each);
            }
        }
        return null;
    }

    /** What the innermost cause says. */
    private static String last(Throwable failure) {
        Throwable each = failure;
        while (each.getCause() != null) {
            each = each.getCause();
        }
        return String.valueOf(each.getMessage());
    }
}
