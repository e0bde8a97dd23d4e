package io.jobledger.sink.mirror.s3;

import io.jobledger.sink.mirror.MirrorException;
import io.jobledger.sink.mirror.bucket.Reasons;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.file.FileSystemException;
import java.util.Locale;
import java.util.Set;
import javax.net.ssl.SSLException;
import software.amazon.awssdk.awscore.exception.AwsServiceException;

/**
 * Says in words what the store, or the way there, refused.
 *
 * @param endpoint where requests go, for people
 * @param region that requests are signed for
 * @param identity who the ingester is to the store, for people
 */
record S3Errors(String bucket, String endpoint, String region, String identity) {
    private static final Set<String> WRONG_KEY = Set.of(
            "InvalidAccessKeyId",
            "SignatureDoesNotMatch",
            "InvalidSecurity",
            "InvalidClientTokenId",
            "UnrecognizedClientException",
            "AuthFailure",
            "InvalidToken",
            "Unauthorized");
    private static final Set<String> EXPIRED = Set.of("ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired");
    private static final Set<String> BUSY = Set.of("SlowDown", "RequestLimitExceeded", "TooManyRequests", "Throttling");
    private static final Set<String> OTHER_REGION = Set.of(
            "PermanentRedirect",
            "TemporaryRedirect",
            "AuthorizationHeaderMalformed",
            "IllegalLocationConstraintException",
            "IncorrectEndpoint");

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
        return e instanceof AwsServiceException refused && refused.statusCode() > 0
                ? refused(what, refused)
                : unreachable(what, e);
    }

    /** The store's own word for what is wrong; "" where it gave none. */
    static String code(AwsServiceException e) {
        return e.awsErrorDetails() == null || e.awsErrorDetails().errorCode() == null
                ? ""
                : e.awsErrorDetails().errorCode();
    }

    private MirrorException refused(String what, AwsServiceException e) {
        String code = code(e);
        String message =
                e.awsErrorDetails() == null ? null : e.awsErrorDetails().errorMessage();
        String said = " (the store said " + e.statusCode() + (code.isEmpty() ? "" : " " + code)
                + (message == null || message.isEmpty() ? "" : ", " + Reasons.oneLine(message))
                + (e.requestId() == null ? "" : "; request " + e.requestId()) + ")";
        if (code.equals("RequestTimeTooSkewed") || code.equals("RequestExpired")) {
            return MirrorException.passing(
                    what + "this machine's clock is wrong: the store refuses requests that are more than 15 minutes"
                            + " off. Let NTP set it (timedatectl set-ntp true)"
                            + said,
                    e);
        }
        if (EXPIRED.contains(code)) {
            return MirrorException.lasting(
                    what + "the temporary credentials have expired, " + identity
                            + ": renew them ('aws sso login', a new session token)"
                            + said,
                    e);
        }
        if (OTHER_REGION.contains(code) || e.statusCode() == 301 || e.statusCode() == 307) {
            return MirrorException.lasting(
                    what + "the bucket '" + bucket + "' is in another region than " + region + region(e)
                            + ": give its region in s3-region"
                            + said,
                    e);
        }
        if (WRONG_KEY.contains(code) || e.statusCode() == 401) {
            return MirrorException.lasting(
                    what + "the store does not accept the " + identity
                            + ": see that the key exists and is active there,"
                            + " that its secret was copied whole, and that s3-endpoint and s3-region are those of the"
                            + " store that gave it"
                            + said,
                    e);
        }
        if (BUSY.contains(code) || e.statusCode() == 429) {
            return MirrorException.passing(
                    what + "the store throttles: too many requests. It is tried again later; a lower mirror-concurrency"
                            + " helps"
                            + said,
                    e);
        }
        return byStatus(what, said, code, e);
    }

    private MirrorException byStatus(String what, String said, String code, AwsServiceException e) {
        return switch (e.statusCode()) {
            case 403 ->
                code.equals("InvalidObjectState")
                        ? MirrorException.lasting(
                                what + "the object is in an archive and cannot be read at once. Keep lifecycle rules"
                                        + " that archive away from this prefix"
                                        + said,
                                e)
                        : MirrorException.lasting(
                                what + "permission denied to the " + identity + " on the bucket '" + bucket + "'. "
                                        + policy() + said,
                                e);
            case 404 ->
                MirrorException.lasting(
                        what + "the bucket '" + bucket + "' does not exist at " + endpoint
                                + ". Buckets are never created here: make it with 'aws s3 mb s3://" + bucket
                                + "', or see that name, endpoint and region are right"
                                + said,
                        e);
            case 409, 412 ->
                MirrorException.passing(
                        what + "something else changes the object at the same time; it is tried again" + said, e);
            default ->
                e.statusCode() >= 500 && e.statusCode() != 501
                        ? MirrorException.passing(
                                what + "the store has a failure of its own; it is tried again" + said, e)
                        : MirrorException.lasting(what + "the store refuses the request" + said, e);
        };
    }

    private static String region(AwsServiceException e) {
        return e.awsErrorDetails() == null || e.awsErrorDetails().sdkHttpResponse() == null
                ? ""
                : e.awsErrorDetails()
                        .sdkHttpResponse()
                        .firstMatchingHeader("x-amz-bucket-region")
                        .map(found -> ", in " + found)
                        .orElse("");
    }

    private String policy() {
        return "Policy needed: s3:ListBucket on arn:aws:s3:::" + bucket
                + "; s3:GetObject, s3:PutObject and s3:DeleteObject on arn:aws:s3:::" + bucket + "/*";
    }

    private MirrorException unreachable(String what, Throwable e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof FileSystemException) {
                return MirrorException.lasting(
                        what + "the file on this machine cannot be used (" + Reasons.innermost(cause) + ")", e);
            }
            if (cause instanceof UnknownHostException) {
                return MirrorException.passing(
                        what + "the host of " + endpoint + " is not known (" + Reasons.innermost(cause)
                                + "). See that endpoint and region are right and that DNS works; a store of your own"
                                + " often needs s3-path-style=true",
                        e);
            }
            if (cause instanceof SSLException) {
                return MirrorException.passing(
                        what + "no trusted TLS connection to " + endpoint + " (" + Reasons.innermost(cause)
                                + "). Name the authority's certificate in s3-ca-file, or see whether a proxy stands in"
                                + " between",
                        e);
            }
            if (cause instanceof SocketTimeoutException) {
                return MirrorException.passing(
                        what + endpoint + " did not answer in time (" + Reasons.innermost(cause)
                                + "). It is tried again; see that the network lets it through",
                        e);
            }
            if (cause instanceof ConnectException || cause instanceof NoRouteToHostException) {
                return MirrorException.passing(
                        what + endpoint + " cannot be reached (" + Reasons.innermost(cause)
                                + "). It is tried again; see that the store runs and the network lets it through",
                        e);
            }
        }
        if (Reasons.innermost(e).toLowerCase(Locale.ROOT).contains("credentials")) {
            return S3Identity.none(e);
        }
        return MirrorException.passing(
                what + "the connection to " + endpoint + " failed (" + Reasons.innermost(e) + "). It is tried again",
                e);
    }
}
