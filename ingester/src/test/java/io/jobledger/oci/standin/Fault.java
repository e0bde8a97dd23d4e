package io.jobledger.oci.standin;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** A way to fail. */
public enum Fault {
    /** 401: the credentials are not accepted. */
    NOT_AUTHENTICATED,
    /** 401 since the server's clock is an hour ahead. */
    WRONG_CLOCK,
    /** 404 for everything in the bucket, as if it did not exist. */
    BUCKET_NOT_FOUND,
    /** 404 for objects, as a missing policy answers; the bucket itself is seen. */
    NOT_AUTHORIZED,
    /** 404 when an object is deleted: a policy that allows to put and get only. */
    DELETE_NOT_AUTHORIZED,
    TOO_MANY_REQUESTS,
    INTERNAL_ERROR,
    SERVICE_UNAVAILABLE,
    /** Answers a second later than it would. */
    SLOW,
    /** Takes the request and never answers. */
    SILENT,
    /** Does what was asked, and closes the connection in the middle of the answer. */
    CUT;

    /** Its spelling on the command line and in the control request. */
    public String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    static Fault parse(String word) {
        return Arrays.stream(values())
                .filter(fault -> fault.word().equals(word))
                .findFirst()
                .orElseThrow(() -> new OciError(
                        400,
                        "InvalidParameter",
                        "there are: " + Arrays.stream(values()).map(Fault::word).collect(Collectors.joining(", "))));
    }
}
