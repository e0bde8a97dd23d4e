# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""The events of one run: numbers them, stamps them, and makes them JSON.

The only place that knows an event's outer shape. Not thread-safe; Ansible calls callbacks one at a time.
"""

from __future__ import annotations

import json
import uuid
from datetime import datetime, timezone

# Any of these is the last event of a run that ended.
GOODBYES = frozenset(("run_finished", "run_interrupted"))
# What is sent as soon as its hook is done; the rest may wait for the next send.
URGENT = frozenset(
    (
        "run_started",
        "play_started",
        "job_intended",
        "job_started",
        "job_ended",
        "job_unresumable",
        "run_finished",
        "run_interrupted",
    )
)
# What is on disk before anything else happens, and is never given up for want of room.
DURABLE = frozenset(("job_intended", "job_started", "job_ended", "job_unresumable"))
# What is given up first.
POLLS = frozenset(("job_polled", "run_alive"))


def utc_now() -> datetime:
    """Return the current time, aware, in UTC."""
    return datetime.now(timezone.utc)


def rfc3339(moment: datetime) -> str:
    """Return `moment` as RFC 3339 in UTC with microseconds."""
    return moment.astimezone(timezone.utc).isoformat(timespec="microseconds")[:-6] + "Z"


def moment(text: str) -> datetime:
    """Return what `rfc3339` wrote."""
    return datetime.fromisoformat(text[:-1] + "+00:00")


# An event that is refused for its size would be worse than one without details. The ingester takes 64,000 characters.
MAX_WITH_DETAILS = 60_000
# Made once: json.dumps makes one a call.
_encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode


class Journal:
    """Turns (type, fields) into numbered events and hands each to `sink(type, line)`, line being its JSON in UTF-8.

    The line is what the spool keeps and what is sent: the very same bytes.
    """

    def __init__(self, sink, clock=utc_now, run_id: str | None = None) -> None:
        self.run_id = run_id or str(uuid.uuid4())
        self.seq = 0
        self._sink = sink
        self._clock = clock

    def write(self, kind: str, fields: dict | None = None, at: datetime | float | None = None) -> None:
        """Number and stamp one event and pass it on. Fields that are None are left out. `at` defaults to now; a number
        is what time.time() gave.
        """
        if isinstance(at, float):
            at = datetime.fromtimestamp(at, timezone.utc)
        event = {"type": kind, "run_id": self.run_id, "seq": self.seq + 1, "at": rfc3339(at or self._clock())}
        event.update((key, value) for key, value in (fields or {}).items() if value is not None)
        line = encoded(event)
        if (
            "details" in event
            and len(line) > MAX_WITH_DETAILS
            and len(json.dumps(event, ensure_ascii=False)) > MAX_WITH_DETAILS
        ):
            line = encoded({key: value for key, value in event.items() if key != "details"})
        # Counted only now: an event that cannot be written must not leave a gap.
        self.seq += 1
        self._sink(kind, line)


def encoded(event: dict) -> bytes:
    """Return an event's JSON as it is spooled and sent: in ASCII, without a line feed."""
    return _encode(event).encode("ascii")
