# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""Says in words what OCI Object Storage refused, the same for the SDK and the CLI. Pure functions."""

from __future__ import annotations

from .record import StateError
from .retry import Passing

_PASSING = (429, 500, 502, 503, 504)


def explain(
    status: int, code: str | None, message: str | None, bucket: str, namespace: str, identity: str
) -> Exception:
    """Return the exception for an answer that is an error: Passing for what may be gone a moment later, else
    StateError.
    """
    said = " (OCI said %d %s%s)" % (
        status,
        code or "without a code",
        ": " + " ".join(message.split())[:300] if message else "",
    )
    policy = (
        "Policy needed: Allow group <GROUP> to read buckets in compartment <COMPARTMENT> where "
        "target.bucket.name='%s'; Allow group "
        "<GROUP> to manage objects in compartment <COMPARTMENT> where target.bucket.name='%s'." % (bucket, bucket)
    )
    if status in _PASSING:
        return Passing("OCI Object Storage is busy or has a failure of its own" + said)
    if status == 401 and "clock skew" in (message or "").lower():
        return StateError(
            "this machine's clock is wrong: OCI refuses requests that are more than 5 minutes off. Let NTP set it%s"
            % said
        )
    if status == 401:
        return StateError(
            "OCI does not accept the credentials of %s: see that user, tenancy and fingerprint are those that the "
            "console shows, "
            "that the key is uploaded to the user, and that a session token has not expired%s" % (identity, said)
        )
    if code == "NamespaceNotFound":
        return StateError("there is no OCI namespace %s; 'oci os ns get' shows yours%s" % (namespace, said))
    if code == "BucketNotFound":
        return StateError(
            "the bucket %s does not exist in the namespace %s, or %s may not see it; OCI does not tell which. Buckets "
            "are never "
            "created here: make it with 'oci os bucket create', and see that the region is right. %s%s"
            % (bucket, namespace, identity, policy, said)
        )
    if status in (403, 404):
        return StateError("permission denied to %s on the bucket %s. %s%s" % (identity, bucket, policy, said))
    return StateError("OCI refuses the request%s" % said)


def unreachable(endpoint: str, why: str) -> Passing:
    """Return the failure of the way to OCI."""
    return Passing(
        "OCI Object Storage%s cannot be reached: %s"
        % (" at " + endpoint if endpoint else "", " ".join(why.split())[:300])
    )
