# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""The bytes of a spool file: a head that says whose it is and how far it is settled, then one line for each event.

    jobledger-spool 2 <run id> <owner> <position> <seq> <o or -> <CRC32 of what stands before it>
    <length, 8 hex digits> <CRC32 of the event> <the event's JSON, exactly as it is sent>

`owner` is the process that writes it (see owner.py); events before `position` are settled; `seq` is the highest number
of an event that is settled or was never in the file; `o` says that the last of them was the run's goodbye. Version 1
had the position alone.

JSON in ASCII holds no line feed. After a damaged record reading goes on at the next whole one: a record with a right
checksum is an event whatever happened around it. Safe on any thread.
"""

from __future__ import annotations

import os
import re
import zlib
from typing import NamedTuple

from ..recording.journal import GOODBYES
from . import owner

OVERHEAD = 19
_MAX_RECORD = 4 << 20
_CHUNK = 256 << 10
_NOBODY = "0" * owner.LENGTH
_HEADER = re.compile(
    rb"(jobledger-spool 2 ([0-9a-f-]{36}) ([0-9a-f]{%d}) ([0-9a-f]{16}) ([0-9a-f]{16}) ([o-])) ([0-9a-f]{8})\n"
    % owner.LENGTH
)
_HEADER_1 = re.compile(rb"(jobledger-spool 1 ([0-9a-f]{16})) ([0-9a-f]{8})\n")
_HEAD = re.compile(rb"([0-9a-f]{8}) ([0-9a-f]{8}) ")
_LONGEST_HEAD = 18 + 9
# Where a record may begin again: only an event of a recorder begins so, no text inside one does.
_RECORD = re.compile(rb"(?=([0-9a-f]{8}) ([0-9a-f]{8}) \{\"type\":\")")
_TORN = re.compile(rb"[0-9a-f]{1,8}|[0-9a-f]{8} [0-9a-f]{0,8}|[0-9a-f]{8} [0-9a-f]{8} (?:\{[ -~]*)?")
_SEQ = re.compile(rb'"seq":\s?([0-9]{1,16})\b')
_TYPE = re.compile(rb'\{"type":\s?"([a-z_]+)"')


class Head(NamedTuple):
    """What the head of a file says; see the top of this file. `owner` and `run_id` are those of nobody where it is
    unknown.
    """

    run_id: str
    owner: str
    position: int
    seq: int = 0
    over: bool = False


class Piece(NamedTuple):
    """A part of the file from `start` to `end`: an event's `line`, or damaged bytes when that is None."""

    start: int
    end: int
    line: bytes | None


def header(head: Head) -> bytes:
    """Return the header of a file. All headers have the same size, HEADER_SIZE."""
    text = (
        "jobledger-spool 2 %s %s %016x %016x %s"
        % (head.run_id, head.owner, head.position, head.seq, "o" if head.over else "-")
    ).encode("ascii")
    return b"%s %08x\n" % (text, zlib.crc32(text))


HEADER_SIZE = len(header(Head("0" * 36, _NOBODY, 0)))
HEADER_1_SIZE = 44


def head_of(data: bytes, end: int) -> tuple[Head | None, int]:
    """Return what a file's first bytes say, and where its first event begins; None when they are damaged.

    A header that was not wholly written over still ends where it did; it is worth no report, since no event stood in
    it. A position outside of the file is taken for the first event's: to send twice is harmless, to skip is not.
    """
    found = _HEADER.match(data)
    if found is not None and zlib.crc32(found[1]) == int(found[7], 16):
        run_id, token = found[2].decode("ascii"), found[3].decode("ascii")
        return Head(
            run_id, token, _within(int(found[4], 16), HEADER_SIZE, end), int(found[5], 16), found[6] == b"o"
        ), HEADER_SIZE
    found = _HEADER_1.match(data)
    if found is not None and zlib.crc32(found[1]) == int(found[3], 16):
        return Head("0" * 36, _NOBODY, _within(int(found[2], 16), HEADER_1_SIZE, end)), HEADER_1_SIZE
    for size in (HEADER_SIZE, HEADER_1_SIZE):
        if data[size - 1 : size] == b"\n" and data.startswith(b"jobledger-spool "):
            return None, size
    return None, 0


def record(line: bytes) -> bytes:
    """Return an event's JSON as a record. `line` must not hold a line feed."""
    return b"%08x %08x %s\n" % (len(line), zlib.crc32(line), line)


def seq_of(line: bytes) -> int:
    """Return the number of an event; 0 when it has none."""
    found = _SEQ.search(line, 0, 400)
    return int(found[1]) if found is not None else 0


def is_goodbye(line: bytes) -> bool:
    """Return whether an event says that its run has ended."""
    found = _TYPE.match(line)
    return found is not None and found[1].decode("ascii") in GOODBYES


def read(fd: int, start: int, end: int, chunk: int = _CHUNK) -> tuple[list[Piece], int]:
    """Return the pieces of about one chunk from `start` on, and where to read on; at the end that is `end`.

    A torn last record is no piece: it was never wholly written, so nothing was promised of it. Raises OSError.
    """
    wanted = min(chunk, end - start)
    data = os.pread(fd, wanted, start)
    last = len(data) < wanted or start + wanted >= end
    found: list[Piece] = []
    at = 0
    while at < len(data):
        stop = _whole(_HEAD.match(data, at), data)
        if stop > 0:
            # A lost line feed must not cost the next record its first byte.
            following = stop if _HEAD.match(data, stop) else stop + 1
            found.append(Piece(start + at, min(start + following, end), data[at + OVERHEAD - 1 : stop]))
            at = following
            continue
        if stop < 0 and not last and -stop - at < _MAX_RECORD:
            if found:
                return found, start + at
            return read(fd, start, end, -stop - at + 1)
        following = _resume(data, at, last)
        if following == at:
            return (found, start + at) if found else read(fd, start, end, chunk * 2)
        if following >= len(data) and last and _is_torn(data[at:]):
            break
        if found and found[-1].line is None:
            found[-1] = found[-1]._replace(end=start + following)
        else:
            found.append(Piece(start + at, start + following, None))
        at = following
    return found, end if last else min(start + at, end)


def _whole(head, data: bytes) -> int:
    """Where the record of this head ends, 0 when it is none; the same below 0 when that is beyond the data."""
    if head is None:
        return 0
    stop = head.end() + int(head[1], 16)
    if stop > len(data):
        return -stop
    return stop if zlib.crc32(data[head.end() : stop]) == int(head[2], 16) else 0


def _resume(data: bytes, at: int, last: bool) -> int:
    """Where reading goes on after damage: at the next whole record, at one that reaches beyond the data, or behind
    all of it.
    """
    for head in _RECORD.finditer(data, at + 1):
        stop = head.start() + OVERHEAD - 1 + int(head[1], 16)
        if stop > len(data):
            if not last and stop - head.start() < _MAX_RECORD:
                return head.start()
        elif zlib.crc32(data[head.start() + OVERHEAD - 1 : stop]) == int(head[2], 16):
            return head.start()
    # The beginning of a record may be the last thing that was read.
    return len(data) if last else max(at, len(data) - _LONGEST_HEAD)


def _is_torn(data: bytes) -> bool:
    head = _HEAD.match(data)
    return _TORN.fullmatch(data) is not None and (head is None or len(data) - head.end() < int(head[1], 16))


def _within(position: int, first: int, end: int) -> int:
    return position if first <= position <= end else first
