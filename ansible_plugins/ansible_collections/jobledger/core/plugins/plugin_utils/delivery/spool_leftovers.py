# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""Delivers the spools of runs that died, or that ended while the ingester was away.

Not thread-safe; Ansible calls callbacks one at a time. Several processes may do it at once: each spool is locked by
one.
"""

from __future__ import annotations

import json
import os
from typing import NamedTuple

from . import farewell, launch_notes, spool
from .spool_backlog import Backlog


class Outcome(NamedTuple):
    """What became of one spool. `left` events are still in it (-1: some, not counted); `trouble` says why, if it is
    known.

    `interrupted`: its process is gone without a goodbye, and that was told, too; `delivered` does not count that.
    """

    path: str
    delivered: int
    refused: int
    damaged: int
    left: int
    trouble: str | None
    interrupted: bool = False


def found(directories: list[str], own: str | None) -> bool:
    """Return whether there may be something to deliver: any spool but `own`, or a directory that cannot be read."""
    try:
        return any(path != own for directory in directories for path in spool.waiting(directory))
    except OSError:
        return True


def deliver(directories: list[str], send, count: bool = False, met=None) -> list[Outcome]:
    """Take each spool whose run is over, the longest untouched first, and call `send(backlog)` until that returns
    False.

    Spools that were not tried are told as well, those of live runs are not. `count` reads what is left, to tell how
    many events that is; without it no more is read than is sent. `met(file)` is called for each that is taken. Never
    raises for the disk.
    """
    outcomes, paths = [], []
    going = True
    for directory in directories:
        try:
            paths += spool.waiting(directory)
        except OSError as error:
            outcomes.append(Outcome(directory, 0, 0, 0, -1, _reason(error)))
    for path in paths:
        try:
            file = spool.take(path)
        except OSError as error:
            outcomes.append(Outcome(path, 0, 0, 0, -1, _reason(error)))
            continue
        if file is None:
            continue
        if met is not None:
            met(file)
        backlog = Backlog(file=file)
        try:
            if going and not _send_all(send, file, backlog):
                going = False
                # Were it first again the next time, one that the ingester cannot digest would keep all others back for
                # ever.
                file.postpone()
            left, trouble = _left(file, backlog, count)
        finally:
            backlog.finish()
        told = backlog.farewell and not left and not backlog.refused
        outcomes.append(
            Outcome(
                path, backlog.delivered - told, backlog.refused, backlog.damaged, left, backlog.trouble or trouble, told
            )
        )
    return outcomes


def _send_all(send, file, backlog: Backlog) -> bool:
    """Send what a run left, and then what it can no longer say itself."""
    if not send(backlog):
        return False
    notes = _notes(file)
    whole = [note for _path, note in notes if note is not None]
    if backlog.add_farewell(lambda file, last: farewell.of(file, last, whole)):
        whole = []
    elif backlog.trouble:
        return True
    for note in whole:
        backlog.bury(json.dumps(note).encode("ascii"), "a launch that nobody can number: the run's end is not known")
    for path, note in notes:
        if note is None:
            backlog.bury(os.path.basename(path).encode(), "a damaged note of a launch")
        launch_notes.discard(path)
    return send(backlog)


def _notes(file) -> list:
    directory, name = os.path.split(file.path)
    try:
        return [(path, launch_notes.read(path)) for path in launch_notes.found(directory, name[: -len(".spool")])]
    except OSError:
        return []  # another time: a note is where it was


def _left(file, backlog: Backlog, count: bool) -> tuple[int, str | None]:
    if file.position >= file.end:
        return 0, None
    if not count:
        return -1, None
    try:
        return backlog.count_left(), None
    except OSError as error:
        return -1, _reason(error)


def _reason(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()
