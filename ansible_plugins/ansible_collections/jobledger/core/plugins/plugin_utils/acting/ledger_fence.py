# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""`fence: ledger`: where the host cannot keep a fence that stays, one conditional event of the ledger decides.

A claim is the job's own record, saved before the start under the id that the job will have. The ledger's writer accepts
it only where the name still answers what was read before. Weaker than the host's fence: a ledger that was restored from
an older copy has forgotten claims. Worker processes only.
"""

from __future__ import annotations

import json
import random
import time

from ..delivery import record

_SECONDS = 10.0
_PATIENCE = 10.0  # for whoever has claimed and is about to start
_OPEN = ("running",)
_SAID = {"failed": "failed", "timed_out": "ran out of its time", "cancelled": "was cancelled", "lost": "was lost"}
_SAID["closed"] = "was closed by hand"


class NotClaimed(Exception):
    """Nothing may be started. `answer` is what the task gets then; None where it is worth another look at the host."""

    def __init__(self, text: str, answer: dict | None = None) -> None:
        super().__init__(text)
        self.answer = answer


class LedgerFence:
    """Claims for one job key and generation. `fields` are those of the fence's start.json."""

    def __init__(self, client, fields: dict, on_failed: str) -> None:
        self._client = client
        self._fields = fields
        self._on_failed = on_failed
        self._until = time.monotonic() + _PATIENCE

    def claim(self) -> str:
        """Return the id of the job that may be started now, once. Raises NotClaimed, or RecordError for a ledger that
        cannot be asked.
        """
        path = record.path_of(*(self._fields[name] for name in ("host", "play", "job")))
        try:
            found = record.fetch(self._client, path, _SECONDS)
        except record.Absent:
            return self._put(path, ("If-None-Match", "*"))
        etag = self._client.last_etag
        if found.get("ambiguous") or not etag:
            raise NotClaimed("several open jobs have this name in the ledger: settle or close them first", {})
        self._check(found)
        return self._put(path, ("If-Match", etag))

    def _check(self, found: dict) -> None:
        status, same = found.get("status"), found.get("generation") == self._fields["generation"]
        if status in _OPEN:
            if same and time.monotonic() < self._until:
                raise NotClaimed("somebody is about to start it")
            raise NotClaimed(
                "the ledger says that %s of this job runs (%s), and this host has no record of it. Settle it, or close "
                "it (jobledger jobs close), then run the playbook again"
                % ("this generation" if same else "generation %r" % found.get("generation"), _who(found)),
                {},
            )
        if not same:
            return
        if status == "succeeded":
            raise NotClaimed("", _done(found))
        if self._on_failed != "restart":
            raise NotClaimed(
                "this job is not started again: its last start, as the ledger has it, %s (%s). Look at it, then set "
                "on_failed: restart, or start a new generation" % (_SAID.get(status, status), _who(found)),
                {},
            )

    def _put(self, path: str, condition: tuple) -> str:
        job_id = "j%012d.%d" % (random.SystemRandom().randrange(10**12), random.SystemRandom().randrange(10**6))
        names = {"job_name": self._fields["job"], "ansible_job_id": job_id, "status": "running"}
        for name in ("host", "play", "task", "generation", "execution_host"):
            names[name] = self._fields.get(name)
        claim = {key: value for key, value in names.items() if value is not None}
        self._client.condition = condition
        try:
            record.ask(self._client, "PUT", path, _SECONDS, json.dumps(claim).encode("ascii"))
        except record.Refused:
            raise NotClaimed("somebody else claimed it just now") from None
        finally:
            self._client.condition = None
        return job_id


def _done(found: dict) -> dict:
    fence = {key: found.get(key) for key in ("ansible_job_id", "results_file", "generation", "started_at", "run_id")}
    fence.update(status="succeeded", ended_at=found.get("finished_at"), result=False, attempt=None)
    return {
        "decision": "already_succeeded",
        "changed": False,
        "ansible_job_id": found["ansible_job_id"],
        "started": True,
        "finished": True,
        "fence": fence,
    }


def _who(found: dict) -> str:
    return "started %s, run %s, job id %s" % (
        found.get("started_at"),
        found.get("run_id") or "unknown",
        found.get("ansible_job_id"),
    )
