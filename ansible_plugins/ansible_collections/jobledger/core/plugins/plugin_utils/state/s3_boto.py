# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""Objects through boto3, where it is installed. Not thread-safe."""

from __future__ import annotations

from . import record, s3_errors
from .record import StateError


class BotoObjects:
    """The objects of one bucket. The client is made at the first use. `timeout` is in seconds, for connect and read
    each.
    """

    def __init__(self, place, timeout: float) -> None:
        self._place = place
        self._timeout = timeout
        self._client = None

    def get(self, name: str) -> bytes | None:
        """Return the object's bytes, None when there is none. Raises Passing or StateError."""

        def read(client) -> bytes:
            answer = client.get_object(Bucket=self._place.bucket, Key=self._place.prefix + name)
            if answer["ContentLength"] > record.MAX_BYTES:
                raise StateError(
                    "the object %s in the bucket %s is larger than %d bytes: it is no state file"
                    % (name, self._place.bucket, record.MAX_BYTES)
                )
            return answer["Body"].read()

        return self._call(read)

    def put(self, name: str, data: bytes, metadata: dict) -> None:
        """Write the object. Raises Passing or StateError."""
        self._call(
            lambda client: client.put_object(
                Bucket=self._place.bucket,
                Key=self._place.prefix + name,
                Body=data,
                ContentType="application/json",
                Metadata=metadata,
            )
        )

    def names(self, prefix: str) -> list[str]:
        """Return the names of all objects that begin so. Raises Passing or StateError."""
        found, more = [], {}
        while True:
            page = self._call(
                lambda client: client.list_objects_v2(
                    Bucket=self._place.bucket, Prefix=self._place.prefix + prefix, **more
                )
            )
            found += [entry["Key"][len(self._place.prefix) :] for entry in page.get("Contents") or ()]
            if not page.get("IsTruncated"):
                return found
            more = {"ContinuationToken": page["NextContinuationToken"]}

    def delete(self, name: str) -> None:
        """Remove the object; one that is not there is removed. Raises Passing or StateError."""
        self._call(lambda client: client.delete_object(Bucket=self._place.bucket, Key=self._place.prefix + name))

    def _call(self, operation):
        import botocore.exceptions as failures

        try:
            return operation(self._connected())
        except failures.ClientError as error:
            said = error.response.get("Error") or {}
            code = said.get("Code") or str(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode"))
            if code == "NoSuchKey":
                return None
            raise s3_errors.explain(code, said.get("Message") or "", self._place) from None
        except failures.HTTPClientError as error:
            # Refused, timed out, no trusted certificate, cut in the middle: all of them are.
            raise s3_errors.unreachable(self._place, str(error)) from None
        except failures.BotoCoreError as error:
            raise s3_errors.unusable(self._place, str(error)) from None
        except OSError as error:
            raise s3_errors.unreachable(self._place, str(error)) from None

    def _connected(self):
        if self._client is None:
            import boto3
            from botocore.config import Config

            place = self._place
            session = boto3.session.Session(profile_name=place.profile or None, region_name=place.region or None)
            self._client = session.client(
                "s3",
                region_name=session.region_name or ("us-east-1" if place.endpoint else None),
                endpoint_url=place.endpoint or None,
                verify=place.ca_file or None,
                config=Config(
                    connect_timeout=self._timeout,
                    read_timeout=self._timeout,
                    retries={"total_max_attempts": 1},
                    s3={"addressing_style": "path" if place.endpoint else "auto"},
                    # Newer checksums come in a form that many stores refuse.
                    request_checksum_calculation="when_required",
                    response_checksum_validation="when_required",
                ),
            )
        return self._client
