# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""The resident deliverer, `replay.py --follow`: one for each user, spool directory and ledger, as a lock says.

Runs that find it write their events and send nothing. It delivers what they write while they go on, and the rest when
they are over. A process of its own, with one thread. It keeps nothing: after a restart it sends again what it cannot
know to be delivered, which is harmless.
"""

from __future__ import annotations

import os
import signal

from . import spool, spool_format, spool_leftovers

_EVERY = 0.5
_LONGEST_PAUSE = 60.0
_FLAGS = os.O_NOFOLLOW | os.O_CLOEXEC


class Tail:
    """What a live run has written and nobody has delivered: as much of a backlog as a sender needs. The file is opened
    for a moment only, since its lock is the run's.
    """

    refused = False  # whether the ledger refused an event: the whole file then waits until its run is over

    def __init__(self, path: str) -> None:
        self.path = path
        self.position = self.seq = 0
        self.over = False
        self._pieces: list = []

    @property
    def waiting(self) -> int:
        """How many events were read and are not delivered."""
        return len(self._pieces)

    def read(self) -> None:
        """Read what is new. Never raises: another time the file is readable, or its run is over."""
        try:
            fd = os.open(self.path, os.O_RDONLY | _FLAGS)
        except OSError:
            return
        try:
            end = os.fstat(fd).st_size
            head, first = spool_format.head_of(os.pread(fd, spool_format.HEADER_SIZE, 0), end)
            if head is None or self.refused:
                return
            self.position = max(self.position if self.position <= end else first, head.position)
            pieces, _next = spool_format.read(fd, self.position, end)
            whole = next((at for at, piece in enumerate(pieces) if piece.line is None), len(pieces))
            self._pieces = pieces[:whole]
        except OSError:
            return
        finally:
            os.close(fd)

    def batch(self, max_events: int, max_bytes: int) -> list[bytes]:
        """Return the first events, at least one when any wait."""
        found, size = [], 0
        for piece in self._pieces[:max_events]:
            size += len(piece.line) + 1
            if found and size > max_bytes:
                break
            found.append(piece.line)
        return found

    def settle(self, count: int) -> None:
        """The first `count` events are in the ledger."""
        last = self._pieces[count - 1]
        self.position, self.seq = last.end, max(self.seq, spool_format.seq_of(last.line))
        self.over = spool_format.is_goodbye(last.line)
        self._pieces = self._pieces[count:]

    def set_aside(self, _count: int, _reasons: dict) -> None:
        """Some event was refused. Only who has the file's lock may set it aside."""
        self.refused, self._pieces = True, []


class Resident:
    """Delivers, by `sender`, what is in the directories that `place` names."""

    def __init__(self, place, sender, seconds: float, say, was=()) -> None:
        self._place = place
        self._sender = sender
        self._seconds = seconds
        self._say = say
        self._was = was
        self._tails: dict = {}  # by the path of a live run's spool

    def round(self) -> bool:
        """Deliver what is there now. Return False when the ledger does not take it."""
        outcomes = spool_leftovers.deliver(self._place.to_read(self._was), self._send, met=self._met)
        for outcome in outcomes:
            if outcome.delivered or outcome.refused or outcome.damaged or outcome.left:
                self._say(outcome, self._sender.reason)
        if any(outcome.left for outcome in outcomes):
            return False
        live = [path for directory in self._place.to_read(self._was) for path in _waiting(directory)]
        self._tails = {path: self._tails.get(path) or Tail(path) for path in live}
        return all(self._follow(tail) for tail in self._tails.values())

    def run(self, stop=(signal.SIGTERM, signal.SIGINT)) -> None:
        """Deliver until a signal comes."""
        signal.pthread_sigmask(signal.SIG_BLOCK, stop)
        pause = _EVERY
        while signal.sigtimedwait(stop, pause) is None:
            pause = _EVERY if self.round() else min(_LONGEST_PAUSE, pause * 2)

    def _send(self, backlog) -> bool:
        return self._sender.insist(backlog, self._sender.spent + self._seconds)

    def _follow(self, tail: Tail) -> bool:
        tail.read()
        return not tail.waiting or self._send(tail)

    def _met(self, file) -> None:
        """A run is over: what of its file was delivered while it went on is not sent again."""
        tail = self._tails.pop(file.path, None)
        if tail is not None and file.position < tail.position <= file.end:
            file.seq = max(file.seq, tail.seq)
            file.over = tail.over and tail.position == file.end
            file.settle(tail.position)


def _waiting(directory: str) -> list[str]:
    try:
        return spool.waiting(directory)
    except OSError:
        return []
