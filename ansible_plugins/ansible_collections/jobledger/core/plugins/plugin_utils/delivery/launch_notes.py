# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""Notes of launches that workers leave beside their run's spool: one file each, `<run id>.<random id>.launch`.

A note is an event without `run_id` and `seq`, as JSON. It appears whole or not at all, and is taken once: whoever holds
the lock of the run's spool gives it a number, appends it there, and then removes it. Workers, the main process, and
whoever delivers a dead run's spool.
"""

from __future__ import annotations

import json
import os
import uuid

_KINDS = ("job_started", "job_polled")
_LARGEST = 1 << 20


def leave(directory: str, run_id: str, event: dict) -> None:
    """Write a note. Raises OSError. Not synced: it outlives the process, and the recorder takes it at once."""
    name = str(uuid.uuid4())
    newborn = os.path.join(directory, ".%s.new" % name)
    fd = os.open(newborn, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(json.dumps(event).encode("ascii"))
        os.rename(newborn, os.path.join(directory, "%s.%s.launch" % (run_id, name)))
    except BaseException:
        discard(newborn)
        raise


def found(directory: str, run_id: str) -> list[str]:
    """Return the paths of a run's notes, in the order of their names. Raises OSError."""
    with os.scandir(directory) as entries:
        return sorted(e.path for e in entries if e.name.startswith(run_id + ".") and e.name.endswith(".launch"))


def read(path: str) -> dict | None:
    """Return a note's event; None where the file is damaged, as a loss of power can leave it. Raises OSError."""
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        event = json.loads(os.read(fd, _LARGEST))
    except (ValueError, RecursionError):
        return None
    finally:
        os.close(fd)
    whole = isinstance(event, dict) and event.get("type") in _KINDS and isinstance(event.get("at"), str)
    return event if whole and isinstance(event.get("ansible_job_id"), str) else None


def discard(path: str) -> None:
    """Remove a note that was taken. Never raises: taken twice it is told twice, which is harmless."""
    try:
        os.unlink(path)
    except OSError:
        pass
