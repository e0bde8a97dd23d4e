# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""What one run still has to deliver, in order: from the spool file, with its latest events in memory as well.

With the ingester away for hours the events are in the file; memory holds one small window of them. Events that cannot
be spooled wait in memory alone, within limits.

Not thread-safe; Ansible calls callbacks one at a time. A forked process leaves the file alone.
"""

from __future__ import annotations

import errno
import os
import time
from collections import deque

from ..recording.journal import DURABLE, POLLS
from . import spool_format

# A full disk may have room again for the next event; any other fault of a spool stays.
_PASSING = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))
_WINDOW_EVENTS = 500
_WINDOW_BYTES = 256 << 10
_RESTART_ABOVE = 1 << 20
# Parts of the limit that polls and context may fill: what is left is for the next more important class.
_POLLS_PART, _CONTEXT_PART = 0.8, 0.95
_FREE_SYNC_SECONDS = 0.02


class Backlog:
    """Events that wait for delivery. `open_file()` gives the run's own SpoolFile when the first event comes; None: no
    spool.

    `file` is a dead run's spool instead. `limit` is how many bytes of disk polls and context may use, `patience` how
    many seconds the run may lose to syncs of a slow disk; after that, launches are written but not waited for.
    """

    def __init__(
        self,
        open_file=None,
        file=None,
        limit: int = 64 << 20,
        patience: float = 2.0,
        max_events: int = 10_000,
        max_bytes: int = 16 << 20,
        clock=None,
    ) -> None:
        self._open_file = open_file
        self._file = file
        self._limit = limit
        self._patience = patience
        self._max_events = max_events
        self._max_bytes = max_bytes
        self.clock = clock or time.monotonic
        self._pid = os.getpid()
        self._window: deque = deque()  # (kind, line, its offset in the file), the first unsettled event first
        self._window_bytes = 0
        self._loose: deque = deque()  # (kind, line, None), not in the file
        self._loose_bytes = 0
        self._loose_out = 0  # how many of these, the first ones, are the last batch
        self._read_to = file.position if file is not None else 0  # what is before it is settled or in the window
        self._unread = 0
        self._read_end = self._read_to  # of the last whole or damaged piece that was read
        self._unsynced_to = -1  # where the latest launch or end begins that is neither synced nor settled
        self.unsynced_since: float | None = None  # when the first of these was added
        self.synced_at = float("-inf")
        self.farewell = False  # whether the event that a dead run did not write itself was added
        self.last_line: bytes | None = None  # the latest event that was added to the file or read from it
        self._broken = False
        self.delivered = 0
        self.refused = 0
        self.damaged = 0
        self.dropped = 0  # for want of memory
        self.dropped_polls = 0  # for want of room in the spool
        self.dropped_context = 0
        self.unspooled = 0
        self.sync_seconds = 0.0
        self.trouble: str | None = None  # why there is no spool, or not all of it

    @property
    def path(self) -> str | None:
        """The spool file, where there is one."""
        return self._file.path if self._file is not None else None

    @property
    def dead_path(self) -> str | None:
        """The dead-letter file that belongs to it."""
        return self._file.dead_path if self._file is not None else None

    @property
    def in_memory_only(self) -> int:
        """How many events wait that no file holds."""
        return len(self._loose)

    @property
    def waiting(self) -> int:
        """How many events wait. For a dead run's spool: those read so far; `count_left` counts all."""
        return len(self._window) + self._unread + len(self._loose)

    @property
    def is_bulky(self) -> bool:
        """Whether the file is so large that its space should be given back, which only a file can whose events are
        all settled.
        """
        return self._file is not None and self._file.end > _RESTART_ABOVE

    def add(self, kind: str, line: bytes) -> None:
        """Take one event (JSON in ASCII): into the file first, into memory where there is none. Never raises for the
        disk.
        """
        if os.getpid() == self._pid and self._usable():
            if self._no_room(kind, line):
                self._file.note(spool_format.seq_of(line))
                return
            try:
                start = self._file.append(line)
            except OSError as error:
                self._give_up_spool(error)
            else:
                if kind in DURABLE:
                    self._not_synced(start)
                self._note_spooled(kind, line, start)
                return
        if self._file is not None and os.getpid() == self._pid:
            self._file.note(spool_format.seq_of(line))
        if self._open_file is not None:
            self.unspooled += 1
        self._keep_in_memory(kind, line)

    def secure(self) -> None:
        """Wait until launches and ends are on disk. Cheap when there are none. Never raises."""
        if self.unsynced_since is None or os.getpid() != self._pid:
            return
        self._all_synced()
        if self.sync_seconds > self._patience:
            return
        began = self.clock()
        try:
            self._file.sync()
        except OSError as error:
            self.trouble = self.trouble or _reason(error)
        self.synced_at = self.clock()
        self.sync_seconds += max(0.0, self.synced_at - began - _FREE_SYNC_SECONDS)
        if self.sync_seconds > self._patience:
            self.trouble = self.trouble or "the disk is too slow to wait for"

    def batch(self, max_events: int, max_bytes: int) -> list[bytes]:
        """Return the first events, at least one when any wait. They stay until they are settled or set aside.

        Others may be added meanwhile. A batch that is neither settled nor set aside is forgotten with the next one.
        """
        if not self._window:
            self._refill()
        found: list[bytes] = []
        size = 0
        for _kind, line, _start in self._window or self._loose:
            size += len(line) + 1
            if found and (size > max_bytes or len(found) >= max_events):
                break
            found.append(line)
        self._loose_out = 0 if self._window else len(found)
        return found

    def settle(self, count: int) -> None:
        """The first `count` events of the last batch are in the ledger: write that down."""
        self._take(count)
        self.delivered += count
        self._settled()

    def set_aside(self, count: int, reasons: dict[int, str]) -> None:
        """Of the last batch of `count` events, move those named by index to the dead-letter file; the others stay."""
        batch = self._take(count)
        kept = []
        for index, entry in enumerate(batch):
            if index not in reasons:
                kept.append(entry)
                continue
            self.bury(entry[1], reasons[index])
        for entry in reversed(kept):
            if entry[2] is None:
                self._loose.appendleft(entry)
                self._loose_bytes += len(entry[1])
            else:
                self._window.appendleft(entry)
                self._window_bytes += len(entry[1])
        self._settled()

    def add_farewell(self, make) -> bool:
        """A dead run's spool is delivered to its end: add the events that `make(file, last_line)` gives, if any.
        Never raises for the disk.
        """
        if self._file is None or self._window or self._loose or self._read_to < self._file.end:
            return False
        try:
            lines = make(self._file, self.last_line)
            if not lines:
                return False
            self._file.cut(self._read_end)
            self._read_to = self._file.end
            for line in lines:
                self._note_spooled(None, line, self._file.append(line))
            self._file.sync()
        except (OSError, ValueError) as error:
            self.trouble = self.trouble or (
                _reason(error) if isinstance(error, OSError) else "the end of the run could not be told"
            )
            return False
        self.farewell = True
        return True

    def bury(self, content: bytes, reason: str) -> None:
        """What belongs to this run and can never be delivered goes to the dead-letter file."""
        self.refused += 1
        self._bury(content, reason)

    def count_left(self) -> int:
        """Return how many events are still in the file and in memory, by reading it. Raises OSError."""
        count = len(self._loose)
        if self._file is not None:
            at = self._file.position
            while at < self._file.end:
                pieces, at = self._file.read(at)
                count += sum(piece.line is not None for piece in pieces)
        return count

    def finish(self) -> None:
        """The run is over: remove the file when all of it is settled, else leave it to the next run. Never raises."""
        if self._file is None or os.getpid() != self._pid:
            return
        try:
            self._rescue()
            if not self._window and self._read_to >= self._file.end:
                self._file.remove()
        except OSError as error:
            self.trouble = self.trouble or _reason(error)
        self._file.close()

    def _usable(self) -> bool:
        if self._file is None and self._open_file is not None and not self._broken:
            try:
                self._file = self._open_file()
                self._read_to = self._file.position
            except OSError as error:
                self.trouble = _reason(error)
                self._broken = True
        return self._file is not None and not self._broken

    def _give_up_spool(self, error: OSError) -> None:
        self.trouble = self.trouble or _reason(error)
        self._broken = error.errno not in _PASSING

    def _rescue(self) -> None:
        # What a full disk kept out of the file may fit by now.
        while self._loose:
            kind, line, _none = self._loose[0]
            self._note_spooled(kind, line, self._file.append(line))
            self._take_loose(1)
            self._not_synced(self._file.end)
        self.secure()

    def _not_synced(self, start: int) -> None:
        self._unsynced_to = start
        if self.unsynced_since is None:
            self.unsynced_since = self.clock()

    def _all_synced(self) -> None:
        self._unsynced_to, self.unsynced_since = -1, None

    def _no_room(self, kind: str, line: bytes) -> bool:
        if kind in DURABLE:
            return False
        part = _POLLS_PART if kind in POLLS else _CONTEXT_PART
        if self._file.end + len(line) + spool_format.OVERHEAD <= self._limit * part:
            return False
        if kind in POLLS:
            self.dropped_polls += 1
        else:
            self.dropped_context += 1
        return True

    def _note_spooled(self, kind: str | None, line: bytes, start: int) -> None:
        self.last_line = line
        if self._read_to == start and len(self._window) < _WINDOW_EVENTS and self._window_bytes < _WINDOW_BYTES:
            self._window.append((kind, line, start))
            self._window_bytes += len(line)
            self._read_to = self._file.end
        else:
            self._unread += 1

    def _refill(self) -> None:
        try:
            while not self._window and self._file is not None and self._read_to < self._file.end:
                pieces, self._read_to = self._file.read(self._read_to)
                for piece in pieces:
                    self._read_end = piece.end
                    if piece.line is None:
                        self.damaged += 1
                        self._bury(self._file.read_raw(piece.start, piece.end), "damaged in the spool")
                    else:
                        self._window.append((None, piece.line, piece.start))
                        self.last_line = piece.line
                        self._window_bytes += len(piece.line)
                        self._unread = max(0, self._unread - 1)
        except OSError as error:
            self.trouble = self.trouble or _reason(error)
        if self._file is not None and not self._window and self._read_to >= self._file.end:
            self._unread = 0  # damage may have swallowed some that were counted

    def _take(self, count: int) -> list:
        """Take the first `count` events of the last batch out of what waits."""
        if self._loose_out:
            self._loose_out = 0
            return self._take_loose(count)
        taken = [self._window.popleft() for dummy in range(count)]
        self._window_bytes -= sum(len(entry[1]) for entry in taken)
        if taken and self._file is not None:
            self._file.seq = max(self._file.seq, spool_format.seq_of(taken[-1][1]))
        return taken

    def _take_loose(self, count: int) -> list:
        taken = [self._loose.popleft() for dummy in range(count)]
        self._loose_bytes -= sum(len(entry[1]) for entry in taken)
        return taken

    def _settled(self) -> None:
        if self._file is None:
            return
        position = self._window[0][2] if self._window else self._read_to
        if position > self._unsynced_to:
            self._all_synced()  # the ledger has them, on its disk
        if position >= self._file.end:
            self._file.over = self.last_line is not None and spool_format.is_goodbye(self.last_line)
        try:
            if position >= self._file.end and self.is_bulky:
                self._file.restart()
                self._read_to = self._file.end
            elif position != self._file.position:
                self._file.settle(position)
        except OSError as error:
            self.trouble = self.trouble or _reason(error)

    def _bury(self, content: bytes, reason: str) -> None:
        if self._file is None:
            return
        try:
            self._file.set_aside(content, reason)
        except OSError as error:
            self.trouble = self.trouble or "the dead-letter file: " + _reason(error)

    def _keep_in_memory(self, kind: str, line: bytes) -> None:
        self._loose.append((kind, line, None))
        self._loose_bytes += len(line)
        if len(self._loose) > self._max_events or self._loose_bytes > self._max_bytes:
            self._make_room()

    def _make_room(self) -> None:
        # A tenth at once: one by one, every further event would have to search the whole buffer.
        surplus = max(1, len(self._loose) // 10)
        entries = list(self._loose)
        out, rest = entries[: self._loose_out], entries[self._loose_out :]  # what is on its way is not given up
        kept: deque = deque()
        for entry in rest:
            if surplus and entry[0] in POLLS:
                surplus -= 1
            else:
                kept.append(entry)
        while surplus and len(kept) > 1:
            kept.popleft()
            surplus -= 1
        self.dropped += len(rest) - len(kept)
        self._loose = deque(out) + kept
        self._loose_bytes = sum(len(entry[1]) for entry in kept)


def _reason(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()
