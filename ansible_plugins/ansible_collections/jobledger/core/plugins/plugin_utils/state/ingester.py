# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""State kept by an ingester, over HTTP, and by its mirror in a bucket.

Not thread-safe: it holds one connection. Building it does no I/O.
"""

from __future__ import annotations

from urllib.parse import quote, urlencode

from ..delivery import record as records
from ..delivery.client import TransportError
from . import record as state_record
from .choice import WAYS, Choice, several
from .paths import record_path
from .record import Key, StateError
from .retry import Passing, Retry

# What a proxy or a busy ingester answers for a while.
_PASSING = (429, 502, 503, 504)


class StateIngester:
    """Saves and finds records in the ledger. `choice` says which of several records is meant.

    With `bucket`, the ingester must have a mirror in that bucket, of the store that `scheme` names: it is what carries
    the record there.
    """

    # Whether what is put is merged with what is known of the job already.
    merges = True

    def __init__(
        self,
        client,
        retry: Retry,
        timeout: float,
        choice: Choice | None = None,
        bucket: str = "",
        namespace: str = "",
        scheme: str = "oci",
    ) -> None:
        self._client = _RetryingClient(client, retry)
        self._timeout = timeout
        self._choice = choice or Choice({})
        self._bucket = bucket
        self._namespace = namespace
        self._scheme = scheme + "://"
        self._mirror: str | None = None

    def place(self, key: Key) -> str:
        """Return where a key's record is: its URL, or the object of the mirror. May ask the ingester; raises
        StateError.
        """
        if not self._bucket:
            return str(self._client.address) + records.path_of(key.host, key.play, key.job)
        return "%s/%s" % (self._without_namespace(self._find_mirror()), record_path(key.host, key.play, key.job))

    def find(self, key: Key, own: str | None) -> tuple[dict | None, str | None]:
        """Return the record that a load means, None when there is none, and the other playbook that it is of, or None.

        `own` is the running playbook's file: its records come first. Raises StateError, also where several could be
        meant.
        """
        if self._bucket:
            self._find_mirror()
        which = self._choice.parameters
        if own and not (self._choice.playbook or self._choice.id or self._choice.run_id or self._choice.nth):
            found = self._fetch(key, dict(which, playbook=own))
            if found is not None:
                return found, None
            found = self._fetch(key, which)
            other = found.get("playbook") if found is not None else None
            if other and other != own:
                self._only_one(key)
                return found, other
            return found, None
        return self._fetch(key, which), None

    def _fetch(self, key: Key, which: dict) -> dict | None:
        try:
            found = records.fetch(self._client, records.path_of(key.host, key.play, key.job, **which), self._timeout)
        except records.Absent:
            return None
        except records.RecordError as error:
            raise StateError("%s" % error) from None
        unclear = records.ambiguity(found, WAYS)
        if unclear:
            raise StateError(unclear)
        found["ansible_job_id"] = state_record.job_id(found["ansible_job_id"], "the ingester's ansible_job_id")
        return found

    def _only_one(self, key: Key) -> None:
        """Raise StateError where the records of the name are of several playbooks."""
        try:
            history = records.ask(
                self._client,
                "GET",
                records.path_of(key.host, key.play, key.job, "/history") + "?limit=100",
                self._timeout,
            ).get("jobs")
        except records.RecordError as error:
            raise StateError("%s" % error) from None
        playbooks = {
            job.get("playbook") for job in history or () if isinstance(job, dict) and not job.get("check_mode")
        } - {None}
        if len(playbooks) > 1:
            raise several(playbooks)

    def put(self, key: Key, record: dict) -> None:
        """Save the record; when this returns the ledger has it on disk. Raises StateError."""
        if self._bucket:
            self._find_mirror()
        try:
            records.ask(
                self._client,
                "PUT",
                records.path_of(key.host, key.play, key.job),
                self._timeout,
                state_record.dump(record),
            )
        except records.RecordError as error:
            raise StateError("%s" % error) from None

    def prune(self, days: str, statuses, names: dict, only_look: bool) -> dict:
        """Let the ledger remove its history of jobs that are older, ended so, and have such names (patterns of host,
        play and job), or say what would go. Return its answer. Raises StateError.
        """
        query = [
            ("older_than", days),
            ("dry_run", "true" if only_look else "false"),
            *(("status", status) for status in statuses),
            *names.items(),
        ]
        try:
            return records.ask(
                self._client, "POST", "/api/v1/prune?" + urlencode(query, quote_via=quote), self._timeout
            )
        except records.RecordError as error:
            raise StateError("%s" % error) from None

    def _find_mirror(self) -> str:
        if self._mirror is None:
            try:
                listed = records.ask(self._client, "GET", "/api/v1/mirrors", self._timeout).get("mirrors")
            except records.RecordError as error:
                raise StateError("%s" % error) from None
            uris = [str(mirror.get("uri")) for mirror in listed or () if isinstance(mirror, dict)]
            self._mirror = next((uri for uri in uris if self._is_ours(uri)), None)
            if self._mirror is None:
                raise StateError(
                    "the ingester at %s does not mirror to the bucket %s%s; its mirrors: %s. Start it with --mirror "
                    "%s%s, name its "
                    "bucket, or set the role's url to none to go to the bucket without the ingester."
                    % (
                        self._client.address,
                        self._bucket,
                        " of namespace %s" % self._namespace if self._namespace else "",
                        ", ".join(uris) or "none",
                        self._scheme,
                        self._bucket,
                    )
                )
        return self._mirror

    def _without_namespace(self, uri: str) -> str:
        bucket, slash, prefix = uri.removeprefix(self._scheme).partition("/")
        return self._scheme + bucket.partition("@")[0] + slash + prefix.rstrip("/")

    def _is_ours(self, uri: str) -> bool:
        bucket, _at, namespace = uri.removeprefix(self._scheme).partition("/")[0].partition("@")
        # A mirror that names no namespace found its own; there is only one in a tenancy.
        return (
            uri.startswith(self._scheme)
            and bucket == self._bucket
            and (not (namespace and self._namespace) or namespace == self._namespace)
        )


class _RetryingClient:
    """A client that asks again when the network, or a busy server, fails it."""

    def __init__(self, client, retry: Retry) -> None:
        self._client = client
        self._retry = retry
        self.address = client.address

    def request(self, method: str, path: str, data: bytes | None = None, timeout: float = 1.0):
        last = []

        def attempt():
            try:
                answer = self._client.request(method, path, data, timeout)
            except TransportError as error:
                raise Passing(str(error)) from None
            last[:] = [answer]
            if answer.status in _PASSING:
                raise Passing("HTTP %d" % answer.status)
            last.clear()
            return answer

        try:
            return self._retry.call(attempt)
        except Passing as error:
            if last:
                # The caller reads the problem that the server answered.
                return last[0]
            raise TransportError("%s, %s" % (error, self._retry.tried())) from None
