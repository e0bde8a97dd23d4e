"""The bytes of a spool file: a header that says how far it is settled, then one line for each event.

    jobledger-spool 1 <position, 16 hex digits> <CRC32 of what stands before it>
    <length, 8 hex digits> <CRC32 of the event> <the event's JSON, exactly as it is sent>

JSON in ASCII holds no line feed, so that after a damaged record the next line feed is where reading goes on. A record with
a right checksum is an event whatever happened around it. Safe on any thread.
"""

from __future__ import annotations

import os
import re
import zlib
from typing import NamedTuple

HEADER_SIZE = 44
OVERHEAD = 19
_MAX_RECORD = 4 << 20
_CHUNK = 256 << 10
_HEADER = re.compile(rb"(jobledger-spool 1 ([0-9a-f]{16})) ([0-9a-f]{8})\n")
_HEAD = re.compile(rb"([0-9a-f]{8}) ([0-9a-f]{8}) ")


class Piece(NamedTuple):
    """A part of the file from `start` to `end`: an event's `line`, or damaged bytes when that is None."""

    start: int
    end: int
    line: bytes | None


def header(position: int) -> bytes:
    """Return the header of a file whose events before `position` are settled. All headers have the same size."""
    text = b"jobledger-spool 1 %016x" % position
    return b"%s %08x\n" % (text, zlib.crc32(text))


def position_of(data: bytes, end: int) -> int:
    """Return the position in a header; the first event's when it is damaged: to send twice is harmless, to skip is not."""
    found = _HEADER.match(data)
    if found is None or zlib.crc32(found[1]) != int(found[3], 16):
        return HEADER_SIZE
    position = int(found[2], 16)
    return position if HEADER_SIZE <= position <= end else HEADER_SIZE


def record(line: bytes) -> bytes:
    """Return an event's JSON as a record. `line` must not hold a line feed."""
    return b"%08x %08x %s\n" % (len(line), zlib.crc32(line), line)


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
        head = _HEAD.match(data, at)
        if head is not None:
            stop = head.end() + int(head[1], 16)
            line = data[head.end():stop]
            if stop <= len(data) and zlib.crc32(line) == int(head[2], 16):
                # A lost line feed must not cost the next record its first byte.
                following = stop if _HEAD.match(data, stop) else stop + 1
                found.append(Piece(start + at, min(start + following, end), line))
                at = following
                continue
            if stop > len(data) and not last and stop - at < _MAX_RECORD:
                if found:
                    return found, start + at
                return read(fd, start, end, stop - at + 1)
        newline = data.find(b"\n", at)
        if newline < 0:
            if last:
                break
            if found:
                return found, start + at
            newline = len(data) - 1
        if found and found[-1].line is None:
            found[-1] = found[-1]._replace(end=start + newline + 1)
        else:
            found.append(Piece(start + at, start + newline + 1, None))
        at = newline + 1
    return found, end if last else min(start + at, end)
