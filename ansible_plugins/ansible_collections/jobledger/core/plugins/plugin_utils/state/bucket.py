# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""State files as objects in a bucket, without an ingester; for OCI, through the official Python SDK or CLI.

Not thread-safe. Building it does no I/O.
"""

from __future__ import annotations

import contextlib
import shutil

from . import paths
from . import record as state_record
from .oci_cli import CliObjects
from .oci_profile import Profile
from .oci_sdk import SdkObjects, sdk_is_there
from .record import Key, StateError
from .retry import Passing, Retry

THREE_WAYS = (
    "there is no way to the bucket: the oci backend needs one of three. (1) An ingester with --mirror oci://BUCKET: "
    "set %surl or "
    "JOBLEDGER_URL. (2) The Python package oci, in the Python that runs ansible-playbook (%s). (3) The oci command on "
    "the PATH of the "
    "controller."
)


class StateBucket:
    """The objects of a bucket, through `objects`: `get(name)` bytes or None, `put(name, bytes, metadata)`,
    `names(prefix)`, `delete(name)`; all may raise Passing.
    """

    # Whether what is put is merged with what is known of the job already.
    merges = False

    def __init__(self, objects, bucket: str, retry: Retry, scheme: str = "oci", prefix: str = "") -> None:
        self._objects = objects
        self._root = "%s://%s/%s" % (scheme, bucket, prefix)
        self._retry = retry

    def place(self, key: Key) -> str:
        """Return the object's URI."""
        return self._root + paths.record_path(key.host, key.play, key.job)

    @staticmethod
    def locked(_key: Key):
        """Return a context that locks nothing: a bucket has no locks, and the later of two saves at once counts."""
        return contextlib.nullcontext()

    def get(self, key: Key) -> dict | None:
        """Return what the object of a key holds, see `state_record.split`, None when there is no object. Raises
        StateError.
        """
        name = paths.record_path(key.host, key.play, key.job)
        data = self._try(lambda: self._objects.get(name))
        return None if data is None else state_record.parse(data, key, self.place(key))

    def put(self, key: Key, record: dict) -> None:
        """Write the object. Raises StateError."""
        data = state_record.dump(record)
        headers = {
            "ansible-job-id": record["ansible_job_id"],
            "ansible-host": _ascii(key.host),
            "ansible-job-name": _ascii(key.job),
        }
        self._try(lambda: self._objects.put(paths.record_path(key.host, key.play, key.job), data, headers))

    def names(self, host: str | None = None):
        """Return the names of the objects that are records, of one host where it is given. Raises StateError."""
        prefix = paths.segment(host) + "/" if host else ""
        listed = self._try(lambda: self._objects.names(prefix))
        return [name for name in listed if name.count("/") == 2 and name.endswith(".json")]

    def raw(self, name: str) -> bytes | None:
        """Return the bytes of an object; None when it is gone. Raises StateError."""
        return self._try(lambda: self._objects.get(name))

    def remove(self, name: str, data: bytes) -> bool:
        """Remove an object that still is `data`; return whether it went. Raises StateError."""
        if self.raw(name) not in (data, None):
            return False
        self._try(lambda: self._objects.delete(name))
        return True

    def _try(self, attempt):
        try:
            return self._retry.call(attempt)
        except Passing as error:
            raise StateError(
                "%s. Given up %s; see that the network is up and lets it through, then run the playbook again."
                % (str(error).rstrip("."), self._retry.tried())
            ) from None


def connect(
    bucket: str, namespace: str, profile: Profile, retry: Retry, timeout: float, prefix: str, python: str, environment
) -> StateBucket:
    """Return the bucket by the first way that is there. `prefix` begins the role's variables.

    Raises StateError when there is none, when the namespace is missing, and for credentials that cannot be used.
    """
    command = None if sdk_is_there() else shutil.which("oci", path=environment.get("PATH"))
    if command is None and not sdk_is_there():
        raise StateError(THREE_WAYS % (prefix, python))
    if not namespace:
        raise StateError(
            "%soci_namespace is missing: set it to your tenancy's Object Storage namespace; 'oci os ns get' shows it"
            % prefix
        )
    entries = profile.check(prefix)
    if command is None:
        return StateBucket(SdkObjects(bucket, namespace, profile, timeout), bucket, retry)
    return StateBucket(
        CliObjects(command, bucket, namespace, profile, "security_token_file" in entries, timeout, environment),
        bucket,
        retry,
    )


def _ascii(value: str) -> str:
    # A header holds printable ASCII; the rest, %, and blanks at the ends are percent-encoded, as the ingester's mirror
    # does.
    parts = []
    for index, char in enumerate(value):
        plain = 0x20 < ord(char) < 0x7F and char != "%" or char == " " and 0 < index < len(value) - 1
        parts.append(char if plain else "".join("%%%02X" % byte for byte in char.encode("utf-8")))
        if sum(map(len, parts)) > 600:
            return "".join(parts[:-1])
    return "".join(parts)
