# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""Asks the ledger which jobs are open and where they run. Nothing here contacts a managed host.

A client belongs to one thread, and so does a Question.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from urllib.parse import quote, urlencode

from ..delivery import record

# Hosts that mean "this machine" on every controller.
_HERE = ("localhost", "127.0.0.1", "::1")
_PAGE = 1000
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
# What no look can change any more.
FINAL = ("succeeded", "failed", "timed_out", "cancelled")


class AskError(Exception):
    """The question makes no sense; the text says what to mend."""


class Question:
    """Asks one ingester, as the controller `me` (its host name), each request within `timeout` seconds."""

    def __init__(self, client, timeout: float, me: str) -> None:
        self._client = client
        self._timeout = timeout
        self._me = me
        self._mine: set | None = None

    def unseen(self, seconds: float, most: int, now: datetime | None = None) -> dict:
        """Return the open jobs that nobody has seen for so long, the oldest first, at most so many.

        `hosts` has for each execution host what to look at, `known` what the ledger calls it, both by host; `elsewhere`
        lists jobs that ran on another controller itself, `nameless` counts those whose id was never shown, `left_off`
        says whether there were more. Raises RecordError.
        """
        before = (now or datetime.now(timezone.utc)) - timedelta(seconds=seconds)
        found: dict = {"hosts": {}, "known": {}, "elsewhere": [], "nameless": 0, "asked": 0, "left_off": False}
        for job in self._pages({"status": "open", "sort": "started_at"}):
            if not job.get("ansible_job_id"):
                found["nameless"] += 1
            elif _seen(job) <= before:
                if found["asked"] >= most:
                    found["left_off"] = True
                    break
                self._put(found, job)
        return found

    def named(self, host: str, play: str, job: str, playbook: str | None = None, run_id: str | None = None) -> dict:
        """Return the same for one job, found by name; it is in `job`, too. Raises RecordError, also for an ambiguous
        name.
        """
        answer = record.fetch(
            self._client, record.path_of(host, play, job, playbook=playbook, run_id=run_id), self._timeout
        )
        unclear = record.ambiguity(answer)
        if unclear:
            raise record.RecordError(unclear)
        found: dict = {"hosts": {}, "known": {}, "elsewhere": [], "nameless": 0, "asked": 0, "left_off": False}
        self._put(found, answer)
        found["job"] = {
            key: answer.get(key)
            for key in ("host", "play", "job_name", "ansible_job_id", "execution_host", "results_file", "status")
        }
        return found

    def of_id(self, job_id: str) -> dict | None:
        """Return what the ledger has under a job's id, None when it has nothing. Raises RecordError."""
        listed = self._ask({"ansible_job_id": job_id, "limit": 1}).get("jobs") or [None]
        return listed[0]

    def _put(self, found: dict, job: dict) -> None:
        host = job.get("execution_host") or job["host"]
        found["asked"] += 1
        if (host in _HERE or job.get("connection") == "local") and not self._is_mine(job):
            # Every controller has a localhost of its own: what is not there proves nothing.
            found["elsewhere"].append(title(job))
            return
        found["hosts"].setdefault(host, []).append(
            {"ansible_job_id": job["ansible_job_id"], "results_file": job.get("results_file") or ""}
        )
        found["known"].setdefault(host, {})[job["ansible_job_id"]] = {"host": job["host"], "title": title(job)}

    def _is_mine(self, job: dict) -> bool:
        if self._mine is None:
            self._mine = set()
        key = (job.get("run_id"), job["ansible_job_id"])
        if key not in self._mine and job.get("run_id"):
            run = record.ask(self._client, "GET", "/api/v1/runs/%s" % quote(job["run_id"], safe=""), self._timeout)
            if (run.get("controller") or "") == self._me:
                self._mine.add(key)
        # What was saved by hand names no controller; it is taken at its word.
        return key in self._mine or not job.get("run_id")

    def _pages(self, filters: dict):
        cursor = None
        while True:
            page = self._ask(dict(filters, limit=_PAGE, **({"cursor": cursor} if cursor else {})))
            yield from page.get("jobs") or ()
            cursor = page.get("next")
            if not cursor:
                return

    def _ask(self, filters: dict) -> dict:
        return record.ask(self._client, "GET", "/api/v1/jobs?" + urlencode(filters, quote_via=quote), self._timeout)


def duration(name: str, text: object) -> float:
    """Return seconds for 90, 90s, 15m, 2h or 7d. Raises AskError."""
    found = re.fullmatch(r"(\d{1,9})\s*([smhd]?)", str(text).strip())
    if found is None:
        raise AskError("%s must be a time such as 90s, 15m, 2h or 7d; %r is none" % (name, text))
    return int(found[1]) * _UNITS[found[2] or "s"]


def title(job: dict) -> str:
    """Return host / play / job, as people write it."""
    return " / ".join(" ".join(str(job.get(key) or "?").split()) for key in ("host", "play", "job_name"))


def _seen(job: dict) -> datetime:
    text = job.get("last_seen_at") or job.get("save_time") or job.get("started_at") or "1970-01-01T00:00:00Z"
    try:
        return datetime.strptime(text[:19], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=timezone.utc)
    except ValueError:
        return datetime.fromtimestamp(0, timezone.utc)
