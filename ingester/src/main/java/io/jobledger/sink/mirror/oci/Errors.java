package io.jobledger.sink.mirror.oci;

import com.oracle.bmc.model.BmcException;
import io.jobledger.sink.mirror.MirrorException;
import io.jobledger.sink.mirror.bucket.Reasons;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.file.FileSystemException;
import java.util.Locale;
import javax.net.ssl.SSLException;

/**
 * Says in words what OCI, or the way there, refused.
 *
 * @param namespace null while it is not known
 * @param endpoint where requests go
 * @param identity who the ingester is to OCI, for people
 */
record Errors(String bucket, String namespace, String endpoint, String identity) {
    /**
     * Turns what the SDK threw into what an operator needs.
     *
     * @param operation with its object: {@code put db1/site/backup.json}
     */
    MirrorException of(String operation, Throwable e) {
        if (e instanceof MirrorException known) {
            return known;
        }
        String what = "cannot " + operation + ": ";
        if (!(e instanceof BmcException oci) || oci.getStatusCode() <= 0) {
            return unreachable(what, e);
        }
        String said = "OCI said " + oci.getStatusCode() + " " + oci.getServiceCode()
                + (oci.getUnmodifiedMessage() == null ? "" : ", " + Reasons.oneLine(oci.getUnmodifiedMessage()))
                + (oci.getOpcRequestId() == null ? "" : "; opc-request-id " + oci.getOpcRequestId());
        return switch (oci.getStatusCode()) {
            case 401 -> notAuthenticated(what, said, oci);
            case 403 ->
                MirrorException.lasting(
                        what + "permission denied to " + identity + ". " + policy() + " (" + said + ")", e);
            case 404 -> notFound(what, said, oci);
            case 409, 412 ->
                MirrorException.passing(
                        what + "something else changes the object at the same time; it is tried again (" + said + ")",
                        e);
            case 429 ->
                MirrorException.passing(
                        what
                                + "OCI throttles: too many requests. It is tried again later; a lower"
                                + " mirror-concurrency helps ("
                                + said + ")",
                        e);
            default ->
                oci.getStatusCode() >= 500
                        ? MirrorException.passing(
                                what + "OCI Object Storage has a failure of its own; it is tried again (" + said + ")",
                                e)
                        : MirrorException.lasting(what + "OCI refuses the request (" + said + ")", e);
        };
    }

    private MirrorException notAuthenticated(String what, String said, BmcException e) {
        if (said.toLowerCase(Locale.ROOT).contains("clock skew")) {
            return MirrorException.passing(
                    what
                            + "this machine's clock is wrong: OCI refuses requests that are more than 5 minutes off."
                            + " Let NTP set it (timedatectl set-ntp true) ("
                            + said + ")",
                    e);
        }
        String hint = identity.startsWith("session token")
                ? "the session token has expired: run 'oci session refresh' or 'oci session authenticate'"
                : "see that user, tenancy and fingerprint are those that the console shows, that the key is uploaded"
                        + " to the user, and that the user is active";
        return MirrorException.lasting(
                what + "OCI does not accept the " + identity + ": " + hint + " (" + said + ")", e);
    }

    private MirrorException notFound(String what, String said, BmcException e) {
        if ("NamespaceNotFound".equals(e.getServiceCode())) {
            return MirrorException.lasting(
                    what + "there is no namespace '" + namespace + "'; leave out @NAMESPACE to have it found (" + said
                            + ")",
                    e);
        }
        if ("NotAuthorizedOrNotFound".equals(e.getServiceCode())) {
            return MirrorException.lasting(
                    what + "permission denied to " + identity + " on the bucket '" + bucket + "'. " + policy() + " ("
                            + said + ")",
                    e);
        }
        return MirrorException.lasting(
                what + "the bucket '" + bucket + "' does not exist in the namespace '" + namespace + "', or " + identity
                        + " may not see it; OCI does not tell which. Buckets are never created here: make it with 'oci"
                        + " os bucket create', see that the region is right, or allow the access. "
                        + policy() + " (" + said + ")",
                e);
    }

    /** The statements that the mirror needs, ready to paste but for the group and the compartment. */
    private String policy() {
        String who = identity.startsWith("instance") || identity.startsWith("resource")
                ? "dynamic-group <GROUP>"
                : "group <GROUP>";
        String where = " in compartment <COMPARTMENT> where target.bucket.name='" + bucket + "'";
        return "Policy needed: Allow " + who + " to read buckets" + where + "; Allow " + who + " to manage objects"
                + where;
    }

    private MirrorException unreachable(String what, Throwable e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof FileSystemException) {
                return MirrorException.lasting(
                        what + "the file on this machine cannot be used (" + Reasons.innermost(cause) + ")", e);
            }
            if (cause instanceof UnknownHostException) {
                return MirrorException.passing(
                        what + "the host of " + endpoint
                                + " is not known. See that the region or endpoint is right and that DNS works",
                        e);
            }
            if (cause instanceof SSLException) {
                return MirrorException.passing(
                        what + "no trusted TLS connection to " + endpoint + " (" + Reasons.innermost(cause)
                                + "). See whether a proxy stands in between",
                        e);
            }
            // Apache's ConnectTimeoutException is an InterruptedIOException but not a SocketTimeoutException.
            if (cause instanceof SocketTimeoutException || cause instanceof InterruptedIOException) {
                return MirrorException.passing(
                        what + endpoint + " did not answer in time (" + Reasons.innermost(cause)
                                + "). It is tried again; see that the network lets it through",
                        e);
            }
            if (cause instanceof ConnectException || cause instanceof NoRouteToHostException) {
                return MirrorException.passing(
                        what + endpoint + " cannot be reached (" + Reasons.innermost(cause)
                                + "). It is tried again; see that the network is up and lets it through",
                        e);
            }
        }
        return MirrorException.passing(
                what + "the connection to " + endpoint + " failed (" + Reasons.innermost(e) + "). It is tried again",
                e);
    }
}
