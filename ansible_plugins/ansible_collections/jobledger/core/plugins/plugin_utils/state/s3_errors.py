# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""Says in words what a store that speaks S3 refused, the same for boto3 and the aws command. Pure functions."""

from __future__ import annotations

from .record import StateError
from .retry import Passing

_WRONG_KEY = (
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "InvalidSecurity",
    "InvalidClientTokenId",
    "InvalidToken",
    "AuthFailure",
    "Unauthorized",
    "401",
)
_BUSY = ("SlowDown", "RequestLimitExceeded", "TooManyRequests", "Throttling", "429")
_OTHER_REGION = ("PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "301")


def explain(code: str, message: str, place) -> Exception:
    """Return the exception for an answer that is an error: Passing for what may be gone a moment later, else
    StateError. `code` is the store's word, or the status where it gave none.
    """
    said = " (the store said %s%s)" % (code, ": " + " ".join(message.split())[:300] if message else "")
    if code in _BUSY or code in ("InternalError", "ServiceUnavailable", "500", "502", "503", "504"):
        return Passing("the store is busy or has a failure of its own" + said)
    if code in ("RequestTimeTooSkewed", "RequestExpired"):
        return StateError(
            "this machine's clock is wrong: the store refuses requests that are more than 15 minutes off. Let NTP set "
            "it%s" % said
        )
    if code in ("ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"):
        return StateError("the temporary credentials of %s have expired: renew them%s" % (place, said))
    if code in _OTHER_REGION:
        return StateError("the bucket %s is in another region: set s3_region to its own%s" % (place.bucket, said))
    if code in _WRONG_KEY:
        return StateError(
            "the store does not accept %s: see that the key exists and is active, that its secret "
            "was copied whole, and that endpoint and region are right%s" % (place, said)
        )
    if code == "NoSuchBucket":
        return StateError(
            "the bucket %s does not exist%s. Buckets are never created here: make it with 'aws s3 mb s3://%s', or mend "
            "its name, the endpoint or the region%s"
            % (place.bucket, " at " + place.endpoint if place.endpoint else "", place.bucket, said)
        )
    if code in ("AccessDenied", "AllAccessDisabled", "403"):
        return StateError(
            "permission denied to %s on the bucket %s. Policy needed: s3:ListBucket on arn:aws:s3:::%s; s3:GetObject, "
            "s3:PutObject and s3:DeleteObject on arn:aws:s3:::%s/*%s"
            % (place, place.bucket, place.bucket, place.bucket, said)
        )
    return StateError("the store refuses the request%s" % said)


def unreachable(place, why: str) -> Passing:
    """Return the failure of the way to the store."""
    return Passing(
        "the store%s cannot be reached: %s" % (" at " + place.endpoint if place.endpoint else "", _line(why))
    )


def unusable(place, why: str) -> StateError:
    """Return the error that credentials or settings are missing."""
    return StateError(
        "%s cannot be used: %s. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile of ~/.aws/credentials in "
        "s3_profile or AWS_PROFILE" % (place, _line(why).rstrip("."))
    )


def _line(text: str) -> str:
    return " ".join(text.split())[:300]
