# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""Which records of the roles are old enough to go, and how they go: never one of an open job, never one that cannot be
read.

Works on whatever keeps records as files by name: `names(host)`, `raw(name)` and `remove(name, data)`. Not thread-safe.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from fnmatch import fnmatchcase
from urllib.parse import unquote

from . import record as state_record
from .record import StateError

ENDS = ("succeeded", "failed", "timed_out", "cancelled", "lost", "closed")
_SHOWN = ("host", "play", "job_name", "ansible_job_id", "status", "finished_at", "save_time")


class Wanted:
    """What is to go: shell patterns for host, play and job, a least age in seconds, and statuses (none given: all
    ends).
    """

    def __init__(
        self, host: str, play: str, job: str, seconds: float, statuses, now: datetime | None = None, prefix: str = ""
    ) -> None:
        """Raises StateError for a pattern that is empty and a status that is none, or is open."""
        for variable, value in (("host", host), ("playbook_name", play), ("job_name", job)):
            if not value.strip():
                raise StateError(
                    "%s%s is empty: give a name, a pattern such as backup*, or * for all" % (prefix, variable)
                )
        for status in statuses:
            if status not in ENDS:
                raise StateError(
                    "%sstatuses has %r; it may have %s. Open jobs are never removed" % (prefix, status, ", ".join(ENDS))
                )
        self.host = host
        self._patterns = {"host": host, "play": play, "job_name": job}
        self._before = (now or datetime.now(timezone.utc)) - timedelta(seconds=seconds)
        self._statuses = frozenset(statuses or ENDS)

    @property
    def one_host(self) -> str | None:
        """The host, where it is a name and no pattern."""
        return None if any(char in self.host for char in "*?[") else self.host

    @property
    def narrowing(self) -> dict:
        """The patterns of `host`, `play` and `job` that do not fit everything, as a request to an ingester has them."""
        names = {"host": "host", "play": "play", "job": "job_name"}
        return {name: self._patterns[field] for name, field in names.items() if self._patterns[field] != "*"}

    def takes(self, record: dict) -> bool:
        """Return whether a record may go: all that it holds, others of the same name included, has ended and is old."""
        held = [record, *(other for other in record.get("others") or () if isinstance(other, dict))]
        return all(fnmatchcase(str(record.get(field)), pattern) for field, pattern in self._patterns.items()) and all(
            one.get("status", "running") in self._statuses and _moment(one) <= self._before for one in held
        )


class Sweep:
    """What was found: `records` that went or would go, `damaged` places, and `changed` ones that were saved anew
    meanwhile.
    """

    def __init__(self) -> None:
        self.records: list[dict] = []
        self.damaged: list[str] = []
        self.changed: list[str] = []


def sweep(backend, wanted: Wanted, only_look: bool) -> Sweep:
    """Find what is to go, and remove it unless it is only to be looked at. Raises StateError where the backend
    fails.
    """
    found = Sweep()
    for name in backend.names(wanted.one_host):
        data = backend.raw(name)
        if data is None:
            continue
        try:
            record = _record(data, name)
        except ValueError:
            found.damaged.append(name)
            continue
        if wanted.takes(record):
            # Compared once more: it may have been saved anew, for a job that runs.
            if not only_look and not backend.remove(name, data):
                found.changed.append(name)
                continue
            found.records.append(dict({field: record.get(field) for field in _SHOWN}, place=name))
    return found


def _record(data: bytes, name: str) -> dict:
    if len(data) > state_record.MAX_BYTES:
        raise ValueError("too large")
    try:
        record = json.loads(data.decode("utf-8-sig"))
    except (UnicodeDecodeError, RecursionError):
        raise ValueError("not JSON in UTF-8") from None
    if not isinstance(record, dict) or not record.get("ansible_job_id"):
        raise ValueError("no record")
    # Files of old name nothing but the job; their path does.
    parts = [unquote(part) for part in name[: -len(".json")].split("/")]
    return dict(
        zip(("host", "play", "job_name"), parts), **{key: value for key, value in record.items() if value is not None}
    )


def _moment(record: dict) -> datetime:
    for field in ("finished_at", "save_time", "started_at"):
        try:
            return datetime.strptime(str(record.get(field))[:19], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=timezone.utc)
        except ValueError:
            continue
    # What does not say when it was is not known to be old.
    return datetime.max.replace(tzinfo=timezone.utc)
