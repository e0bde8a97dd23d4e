# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""Objects through the official `aws` command, where it is installed. One process per call, about a second each."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile

from . import record, s3_errors
from .record import StateError

_REFUSED = re.compile(r"An error occurred \((\w+)\) when calling the \w+ operation[^:]*: (.*)", re.S)
_NETWORK = re.compile(
    r"Could not connect to the endpoint|timeout on endpoint|Connection was closed|SSL validation failed", re.I
)


class AwsObjects:
    """The objects of one bucket. `command` is the path of `aws`; `timeout` in seconds, for connect and read each."""

    def __init__(self, command: str, place, timeout: float, environment) -> None:
        self._command = command
        self._place = place
        self._timeout = timeout
        whole = str(max(1, round(timeout)))
        self._options = ["--cli-connect-timeout", whole, "--cli-read-timeout", whole, "--output", "json"]
        for option, value in (
            ("--profile", place.profile),
            ("--region", place.region or (environment.get("AWS_REGION") or "us-east-1" if place.endpoint else "")),
            ("--endpoint-url", place.endpoint),
            ("--ca-bundle", place.ca_file),
        ):
            if value:
                self._options += [option, value]
        self._environment = dict(
            environment,
            AWS_MAX_ATTEMPTS="1",
            AWS_PAGER="",
            AWS_REQUEST_CHECKSUM_CALCULATION="when_required",
            AWS_RESPONSE_CHECKSUM_VALIDATION="when_required",
        )

    def get(self, name: str) -> bytes | None:
        """Return the object's bytes, None when there is none. Raises Passing or StateError."""
        with tempfile.TemporaryDirectory(prefix="jobledger-") as directory:
            path = os.path.join(directory, "record.json")
            done = self._run("get-object", "--key=" + self._place.prefix + name, path)
            if done.returncode != 0:
                code, message = self._report(done)
                if code == "NoSuchKey":
                    return None
                raise s3_errors.explain(code, message, self._place)
            with open(path, "rb") as file:
                return file.read(record.MAX_BYTES + 1)

    def put(self, name: str, data: bytes, metadata: dict) -> None:
        """Write the object. Raises Passing or StateError."""
        with tempfile.TemporaryDirectory(prefix="jobledger-") as directory:
            path = os.path.join(directory, "record.json")
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(data)
            self._done(
                self._run(
                    "put-object",
                    "--key=" + self._place.prefix + name,
                    "--body",
                    path,
                    "--content-type",
                    "application/json",
                    "--metadata",
                    json.dumps(metadata),
                )
            )

    def names(self, prefix: str) -> list[str]:
        """Return the names of all objects that begin so. Raises Passing or StateError."""
        whole = self._place.prefix + prefix
        done = self._done(self._run("list-objects-v2", *(["--prefix=" + whole] if whole else [])))
        found = json.loads(done.stdout or b"{}").get("Contents") or []
        return [entry["Key"][len(self._place.prefix) :] for entry in found]

    def delete(self, name: str) -> None:
        """Remove the object; one that is not there is removed. Raises Passing or StateError."""
        self._done(self._run("delete-object", "--key=" + self._place.prefix + name))

    def _done(self, done):
        if done.returncode != 0:
            raise s3_errors.explain(*self._report(done), self._place)
        return done

    def _run(self, operation: str, *arguments: str):
        try:
            return subprocess.run(
                [self._command, *self._options, "s3api", operation, "--bucket", self._place.bucket, *arguments],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                timeout=2 * self._timeout + 30,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise s3_errors.unreachable(self._place, "the aws command did not end in time") from None
        except OSError as error:
            raise StateError("the aws command %s cannot be started: %s" % (self._command, error.strerror)) from None

    def _report(self, done) -> tuple:
        text = done.stderr.decode("utf-8", "replace").strip()
        refused = _REFUSED.search(text)
        if refused:
            return refused.group(1), refused.group(2)
        if _NETWORK.search(text):
            raise s3_errors.unreachable(self._place, text)
        if "credentials" in text or "config profile" in text or "specify a region" in text:
            raise s3_errors.unusable(self._place, text)
        raise StateError("the aws command failed (exit code %d): %s" % (done.returncode, " ".join(text.split())[:300]))
