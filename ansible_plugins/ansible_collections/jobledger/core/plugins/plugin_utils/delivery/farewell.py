# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""What is said for a run whose process is gone, and that said no goodbye. Pure but for the look at the process."""

from __future__ import annotations

import json
import os
from datetime import datetime, timezone

from ..recording.journal import encoded, rfc3339
from . import owner, spool_format

GONE = "its process is gone; it said no goodbye"


def of(file, last_line: bytes | None, notes: list = ()) -> list[bytes]:
    """Return the events that a dead run did not write itself: the launches of `notes`, and that it was interrupted.

    `file` is the run's spool, locked by this process and delivered to its end; `last_line` is the last event that was
    read from it, None where all had been settled before. Nothing where it was not interrupted, or nobody can know.
    """
    head = file.head
    if (
        head is None
        or head.over
        or not owner.is_gone(head.owner)
        or last_line is not None
        and spool_format.is_goodbye(last_line)
    ):
        return []
    seq = max(head.seq, spool_format.seq_of(last_line) if last_line else 0)
    if not seq:
        return []  # it died before it said anything: no ledger has heard of it
    # A file of another run may stand under this one's name; the events know better whose they are.
    run_id, at = head.run_id, None
    if last_line is not None:
        event = json.loads(last_line)
        run_id, at = event.get("run_id", run_id), event.get("at")
    at = max(
        [at or rfc3339(datetime.fromtimestamp(os.stat(file.path).st_mtime, timezone.utc))] + [n["at"] for n in notes]
    )
    said = [dict(note) for note in notes] + [{"type": "run_interrupted", "at": at, "reason": GONE}]
    return [encoded(_numbered(event, run_id, seq + number)) for number, event in enumerate(said, 1)]


def _numbered(event: dict, run_id: str, seq: int) -> dict:
    first = {"type": event["type"], "run_id": run_id, "seq": seq, "at": event["at"]}
    return dict(first, **{key: value for key, value in event.items() if key not in first})
