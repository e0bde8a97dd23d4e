"""What is said of a run whose process is gone and that said no goodbye itself. Pure but for the look at the process."""

from __future__ import annotations

import json
import os
from datetime import datetime, timezone

from ..recording.journal import encoded, rfc3339
from . import owner, spool_format

GONE = "its process is gone; it said no goodbye"


def of(file, last_line: bytes | None) -> bytes | None:
    """Return the event that says that the run of a spool was interrupted; None where it was not, or nobody can know.

    `file` is the run's spool, locked by this process and delivered to its end; `last_line` is the last event that was
    read from it, None where all had been settled before.
    """
    head = file.head
    if (
        head is None
        or head.over
        or not owner.is_gone(head.owner)
        or last_line is not None
        and spool_format.is_goodbye(last_line)
    ):
        return None
    seq = max(head.seq, spool_format.seq_of(last_line) if last_line else 0)
    if not seq:
        return None  # it died before it said anything: no ledger has heard of it
    # A file of another run may stand under this one's name; the events know better whose they are.
    run_id, at = head.run_id, None
    if last_line is not None:
        event = json.loads(last_line)
        run_id, at = event.get("run_id", run_id), event.get("at")
    at = at or rfc3339(datetime.fromtimestamp(os.stat(file.path).st_mtime, timezone.utc))
    return encoded({"type": "run_interrupted", "run_id": run_id, "seq": seq + 1, "at": at, "reason": GONE})
