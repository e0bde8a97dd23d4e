# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""Objects through the official `oci` command, where it is installed. One process per call, about a second each."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile

from . import oci_errors
from .oci_profile import Profile
from .record import StateError

_REPORT = re.compile(r"^(\w+):\s*(\{.*\})", re.S | re.M)


class CliObjects:
    """The objects of one bucket. `command` is the CLI's path; `timeout` in seconds, for connect and read each."""

    def __init__(
        self, command: str, bucket: str, namespace: str, profile: Profile, session: bool, timeout: float, environment
    ) -> None:
        self._command = command
        self._place = ["--namespace", namespace, "--bucket-name", bucket]
        self._bucket = bucket
        self._namespace = namespace
        self._profile = profile
        self._timeout = timeout
        whole = str(max(1, round(timeout)))
        self._options = ["--no-retry", "--connection-timeout", whole, "--read-timeout", whole]
        if profile.from_file:
            self._options += ["--config-file", profile.file, "--profile", profile.name]
            if session and profile.auth == "api_key":
                self._options += ["--auth", "security_token"]
        if profile.region:
            self._options += ["--region", profile.region]
        # The CLI's advice on keys and permissions would stand in the way of its errors.
        self._environment = dict(
            environment, OCI_CLI_SUPPRESS_FILE_PERMISSIONS_WARNING="True", SUPPRESS_LABEL_WARNING="True"
        )

    def get(self, name: str) -> bytes | None:
        """Return the object's bytes, None when there is none. Raises Passing or StateError."""
        done = self._run("get", "--name=" + name, "--file", "-")
        if done.returncode == 0:
            return done.stdout
        status, code, message = self._report(done)
        if status == 404 and code in (None, "ObjectNotFound"):
            # The command asks with HEAD first, whose 404 does not say what is missing: the object, the bucket, or the
            # right to see it.
            return self._missing(name)
        raise self._explain(status, code, message)

    def put(self, name: str, data: bytes, metadata: dict) -> None:
        """Write the object. Raises Passing or StateError."""
        # From standard input the command makes a multipart upload, which takes four requests and other rights.
        with tempfile.TemporaryDirectory(prefix="jobledger-") as directory:
            path = os.path.join(directory, "record.json")
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(data)
            done = self._run(
                "put",
                "--name=" + name,
                "--file",
                path,
                "--force",
                "--no-multipart",
                "--content-type",
                "application/json",
                "--metadata",
                json.dumps(metadata),
            )
        if done.returncode != 0:
            raise self._explain(*self._report(done))

    def names(self, prefix: str) -> list[str]:
        """Return the names of all objects that begin so. Raises Passing or StateError."""
        done = self._run("list", "--prefix=" + prefix, "--fields", "name", "--all")
        if done.returncode != 0:
            raise self._explain(*self._report(done))
        return [entry["name"] for entry in json.loads(done.stdout or b"{}").get("data") or []]

    def delete(self, name: str) -> None:
        """Remove the object; one that is not there is removed. Raises Passing or StateError."""
        done = self._run("delete", "--name=" + name, "--force")
        if done.returncode != 0:
            status, code, message = self._report(done)
            if status != 404 or code not in (None, "ObjectNotFound"):
                raise self._explain(status, code, message)

    def _missing(self, name: str) -> None:
        done = self._run("list", "--prefix=" + name, "--fields", "name", "--limit", "1")
        if done.returncode != 0:
            raise self._explain(*self._report(done))
        listed = json.loads(done.stdout or b"{}").get("data") or []
        if any(entry.get("name") == name for entry in listed):
            raise self._explain(404, "NotAuthorizedOrNotFound", "the object is listed but cannot be read")

    def _run(self, operation: str, *arguments: str):
        try:
            return subprocess.run(
                [self._command, *self._options, "os", "object", operation, *self._place, *arguments],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                timeout=2 * self._timeout + 30,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise oci_errors.unreachable(self._profile.endpoint, "the oci command did not end in time") from None
        except OSError as error:
            raise StateError("the oci command %s cannot be started: %s" % (self._command, error.strerror)) from None

    def _report(self, done) -> tuple:
        text = done.stderr.decode("utf-8", "replace")
        found = _REPORT.search(text)
        try:
            kind, report = (found.group(1), json.loads(found.group(2))) if found else (None, {})
        except ValueError:
            kind, report = None, {}
        # TransientServiceError is one as well.
        if (kind or "").endswith("ServiceError") and isinstance(report.get("status"), int):
            return report["status"], report.get("code"), report.get("message")
        if kind in ("RequestException", "ConnectTimeout"):
            raise oci_errors.unreachable(self._profile.endpoint, str(report.get("message") or kind))
        if "not a private key" in text or "passphrase is incorrect" in text:
            raise StateError(
                "the key file of %s is no private key in PEM, or its pass phrase is missing or wrong. Name the right "
                "file in key_file, "
                "and the phrase in pass_phrase." % self._profile
            )
        lines = [str(report.get("message") or "")] + [line.strip() for line in reversed(text.splitlines())]
        said = next((line for line in lines if line.strip("{} ")), "it said nothing")
        raise StateError("the oci command failed (exit code %d): %s" % (done.returncode, said[:300]))

    def _explain(self, status: int, code: str | None, message: str | None) -> Exception:
        return oci_errors.explain(status, code, message, self._bucket, self._namespace, str(self._profile))
