# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""What a command of `start_once` with `output: keep` has written so far, read by offset or from its end. Runs on
managed hosts; Python 3.6 and later.
"""

import errno
import os

from . import fence_layout

MOST = 16 << 20


class NotKept(Exception):
    """No output is kept for this job; the text says why, and what there is instead."""


def read(attempt, stream, offset=None, most=65536, lines=None):
    """Return bytes of `stdout` or `stderr` and where they stand: a dictionary with `data`, `offset`, `next`, `size` and
    `dropped`.

    Offsets count from the first byte that the command ever wrote. `lines` are the last so many lines, at most `most`
    bytes; else it is from `offset`, which defaults to the oldest byte that is kept. Raises NotKept, OSError.
    """
    for _try in range(3):
        found = _read(attempt, stream, offset, most, lines)
        if found is not None:
            return found
    # It is turned over again and again while it is read; the newest is what there is.
    return _read(attempt, stream, offset, most, lines, settled=False)


def explain(attempt):
    """Return why no output is kept, in words. `attempt` is None for a job that `start_once` did not start."""
    if attempt is None:
        return (
            "there is nothing to read while it runs: Ansible's own async wrapper keeps a job's output to itself until "
            "the job ends. Then async_status shows it. "
            "A task of jobledger.core.start_once with output: keep writes it to files meanwhile"
        )
    start = attempt.start or {}
    if start.get("no_log"):
        return "nothing is kept of a task with no_log"
    return (
        "the task that started it has no output: keep"
        if start.get("output") != "keep"
        else "its files were removed, or it has not written anything yet"
    )


def _read(attempt, stream, offset, most, lines, settled=True):
    dropped, parts = _dropped(attempt, stream), []
    for name in (stream + ".1", stream):
        try:
            parts.append(open(attempt.file(name), "rb"))
        except (OSError, IOError) as error:
            if error.errno != errno.ENOENT:
                raise
    try:
        if not parts:
            raise NotKept(explain(attempt))
        sizes = [os.fstat(part.fileno()).st_size for part in parts]
        if settled and (dropped != _dropped(attempt, stream) or not _are(attempt, stream, parts)):
            return None
        end = dropped + sum(sizes)
        start = (
            max(dropped, end - most)
            if lines is not None
            else max(dropped, min(end, dropped if offset is None else offset))
        )
        data = _bytes(parts, sizes, start - dropped, min(most, end - start))
        if lines is not None:
            cut = _last(data, lines)
            start, data = start + len(data) - len(cut), cut
        return {"data": data, "offset": start, "next": start + len(data), "size": end, "dropped": dropped}
    finally:
        for part in parts:
            part.close()


def _are(attempt, stream, parts):
    """Whether the files that are open are still those of the names: nothing was turned over in between."""
    try:
        return os.path.samestat(os.stat(attempt.file(stream)), os.fstat(parts[-1].fileno()))
    except OSError:
        return False


def _bytes(parts, sizes, skip, most):
    found = b""
    for part, size in zip(parts, sizes):
        if skip >= size:
            skip -= size
            continue
        part.seek(skip)
        found += part.read(min(size - skip, most - len(found)))
        skip = 0
    return found


def _last(data, lines):
    if lines <= 0:
        return b""
    kept = data.splitlines(True)[-lines:]
    return b"".join(kept)


def _dropped(attempt, stream):
    text = fence_layout.read_text(attempt.file(stream + ".dropped"))
    return int(text) if text.isdigit() else 0
