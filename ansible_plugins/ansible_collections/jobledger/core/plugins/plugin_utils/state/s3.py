# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""State files as objects in a bucket of a store that speaks S3, without an ingester: through `boto3`, or the `aws`
command.

Not thread-safe. Building it does no I/O.
"""

from __future__ import annotations

import importlib.util
import shutil

from .bucket import StateBucket
from .record import StateError
from .retry import Retry

THREE_WAYS = (
    "there is no way to the bucket: the s3 backend needs one of three. (1) An ingester with --mirror s3://BUCKET: set "
    "%surl or JOBLEDGER_URL. (2) The Python package boto3, in the Python that runs ansible-playbook (%s). (3) The aws "
    "command on the PATH of the controller."
)


class Place:
    """Where the bucket is, and who asks: `bucket`, `prefix` (empty or ending in a slash), `profile`, `region`,
    `endpoint`, `ca_file`; what is empty comes from the environment and the profile, as S3's own tools find it.
    """

    def __init__(self, given: dict, environment) -> None:
        self.bucket = given["s3_bucket"]
        self.prefix = given["s3_prefix"].strip("/") + "/" if given["s3_prefix"].strip("/") else ""
        self.profile = given["s3_profile"] or environment.get("AWS_PROFILE", "")
        self.region = given["s3_region"]
        self.endpoint = given["s3_endpoint"] or environment.get(
            "AWS_ENDPOINT_URL_S3", environment.get("AWS_ENDPOINT_URL", "")
        )
        self.ca_file = given["s3_ca_file"] or environment.get("AWS_CA_BUNDLE", "")

    def __str__(self) -> str:
        return "profile %s" % self.profile if self.profile else "the default credentials of AWS's tools"


def boto_is_there() -> bool:
    """Return whether boto3 can be imported; does not import it, which takes a while."""
    return importlib.util.find_spec("boto3") is not None


def connect(place: Place, retry: Retry, timeout: float, prefix: str, python: str, environment) -> StateBucket:
    """Return the bucket by the first way that is there. `prefix` begins the role's variables. Raises StateError when
    there is none.
    """
    if boto_is_there():
        from .s3_boto import BotoObjects

        objects = BotoObjects(place, timeout)
    else:
        from .s3_cli import AwsObjects

        command = shutil.which("aws", path=environment.get("PATH"))
        if command is None:
            raise StateError(THREE_WAYS % (prefix, python))
        objects = AwsObjects(command, place, timeout, environment)
    return StateBucket(objects, place.bucket, retry, "s3", place.prefix)
