"""The spool's bytes: torn, damaged and cut at every place, they give every other event back, and none twice."""

from __future__ import annotations

import json
import random
import zlib

import pytest
from ansible_collections.jobledger.core.plugins.plugin_utils.delivery import owner, spool_format

LINES = [
    json.dumps({"type": "job_polled", "seq": number, "x": "y" * (number * 7 % 60)}, separators=(",", ":")).encode()
    for number in range(12)
]


def _file(tmp_path, data: bytes):
    path = tmp_path / "x"
    path.write_bytes(data)
    return open(path, "rb", buffering=0)


def _read(tmp_path, data: bytes, chunk: int = 256 << 10):
    """All lines and damaged pieces of a file; and that reading ends, goes forward and skips nothing."""
    lines, damaged, at = [], [], spool_format.HEADER_SIZE
    with _file(tmp_path, data) as file:
        for dummy in range(len(data) + 2):
            if at >= len(data):
                return lines, damaged
            pieces, following = spool_format.read(file.fileno(), at, len(data), chunk)
            assert following > at
            for piece in pieces:
                assert at <= piece.start < piece.end <= len(data)
                at = piece.end
                if piece.line is not None:
                    lines.append(piece.line)
                elif damaged and damaged[-1].end == piece.start:
                    damaged[-1] = damaged[-1]._replace(end=piece.end)  # longer than the chunk, so it came in parts
                else:
                    damaged.append(piece)
            at = following
    raise AssertionError("reading does not end")


def _whole() -> bytes:
    return _header(spool_format.HEADER_SIZE) + b"".join(map(spool_format.record, LINES))


def _header(position: int, **more) -> bytes:
    return spool_format.header(
        spool_format.Head("1f0c9c0e-7d4b-4c39-9a4e-0d2d6f1b8a55", owner.mine(), position, **more)
    )


@pytest.mark.parametrize("chunk", [256 << 10, 200, 64, 19])
def test_every_event_comes_back_whatever_the_chunk(tmp_path, chunk):
    assert _read(tmp_path, _whole(), chunk) == (LINES, [])


def test_file_cut_at_every_byte_gives_each_whole_event_and_no_other(tmp_path):
    data = _whole()
    ends = []
    at = spool_format.HEADER_SIZE
    for line in LINES:
        at += len(line) + spool_format.OVERHEAD
        ends.append(at)
    for size in range(spool_format.HEADER_SIZE, len(data)):
        lines, damaged = _read(tmp_path, data[:size], 128)
        # An event that lacks only its line feed is whole: its checksum says so.
        assert lines == LINES[: sum(end - 1 <= size for end in ends)] and damaged == [], size


@pytest.mark.parametrize("chunk", [256 << 10, 100])
@pytest.mark.parametrize("change", ["flip", "zero", "line feed", "drop", "add"])
def test_one_changed_byte_costs_at_most_the_record_it_is_in(tmp_path, change, chunk):
    data = _whole()
    for place in range(spool_format.HEADER_SIZE, len(data)):
        other = {
            "flip": bytes([data[place] ^ 1]),
            "zero": b"\0",
            "line feed": b"\n",
            "drop": b"",
            "add": data[place : place + 1] + b"0",
        }[change]
        lines, damaged = _read(tmp_path, data[:place] + other + data[place + 1 :], chunk)
        assert set(lines) <= set(LINES) and len(lines) >= len(LINES) - 1, place
        assert lines == [line for line in LINES if line in lines]
        assert len(damaged) <= 1 and (len(lines) == len(LINES) or damaged or lines == LINES[:-1]), place


def test_every_byte_of_a_damaged_header_means_from_the_beginning():
    good = _header(500, seq=7, over=True)
    head, first = spool_format.head_of(good, 1000)
    assert (head.position, head.seq, head.over, first, len(good)) == (
        500,
        7,
        True,
        spool_format.HEADER_SIZE,
        spool_format.HEADER_SIZE,
    )
    for place in range(len(good)):
        bad = good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :]
        # Where it ends is still seen, unless it was its own line feed or its name that was hit.
        assert spool_format.head_of(bad, 1000) == (
            None,
            0 if place < 16 or place == len(good) - 1 else spool_format.HEADER_SIZE,
        )
    assert spool_format.head_of(good, 499)[0].position == spool_format.HEADER_SIZE
    assert spool_format.head_of(b"", 0) == (None, 0)


def test_file_of_the_first_version_is_read_from_its_position():
    old = b"jobledger-spool 1 %016x" % 300
    head, first = spool_format.head_of(b"%s %08x\n" % (old, zlib.crc32(old)), 1000)
    assert (head.position, head.seq, first) == (300, 0, 44) and not owner.is_gone(head.owner)
    assert spool_format.head_of(b"%s %08x\n" % (old, 7), 1000) == (None, 44)


def test_record_behind_a_damaged_line_feed_is_an_event(tmp_path):
    """A range that was zeroed to the very end of a record takes its line feed along, and nothing of the next one."""
    data = _whole()
    at = spool_format.HEADER_SIZE
    for number, line in enumerate(LINES[:-1]):
        stop = at + len(line) + spool_format.OVERHEAD
        for beginning in (at, at + 5, at + 30):
            lines, damaged = _read(tmp_path, data[:beginning] + bytes(stop - beginning) + data[stop:], 64)
            assert lines == LINES[:number] + LINES[number + 1 :] and len(damaged) == 1
        at = stop


@pytest.mark.parametrize(
    "garbage", [b"\0" * 300, b"garbage", b'00000010 00000000 {"type":"x"}\n', b"\n", b"0000", b"00000100 00000000 \xff"]
)
def test_what_was_added_behind_the_last_record_is_damage_unless_it_is_the_beginning_of_one(tmp_path, garbage):
    lines, damaged = _read(tmp_path, _whole() + garbage)
    assert lines == LINES and len(damaged) == (garbage != b"0000")


def test_text_inside_an_event_is_never_taken_for_an_event(tmp_path):
    inner = spool_format.record(b'{"type":"run_finished","seq":1}').decode()
    outer = spool_format.record(json.dumps({"type": "job_started", "job": inner}, separators=(",", ":")).encode())
    lines, damaged = _read(
        tmp_path, _header(spool_format.HEADER_SIZE) + b"X" + outer[1:] + spool_format.record(LINES[0])
    )
    assert lines == [LINES[0]] and len(damaged) == 1


def test_random_damage_never_gives_an_event_that_was_not_written(tmp_path):
    chance = random.Random(20261120)
    for dummy in range(400):
        data = bytearray(_whole())
        for dummy in range(chance.randrange(1, 12)):
            place = chance.randrange(spool_format.HEADER_SIZE, len(data))
            kind = chance.randrange(4)
            if kind == 0:
                data[place] = chance.randrange(256)
            elif kind == 1:
                del data[place : place + chance.randrange(1, 200)]
            elif kind == 2:
                data[place:place] = bytes(chance.randrange(256) for dummy in range(chance.randrange(1, 50)))
            else:
                data[place:place] = data[chance.randrange(spool_format.HEADER_SIZE, len(data)) :][:80]
            if len(data) <= spool_format.HEADER_SIZE + 1:
                break
        lines, _damaged = _read(tmp_path, bytes(data), chance.choice([64, 300, 256 << 10]))
        assert set(lines) <= set(LINES)


def test_garbage_without_a_line_end_is_passed_over(tmp_path):
    data = _header(spool_format.HEADER_SIZE) + b"\xff" * 700_000 + b"\n" + spool_format.record(LINES[1])
    lines, damaged = _read(tmp_path, data)
    assert lines == [LINES[1]] and damaged
    head = b"003fffff 00000000 "  # a length that reaches beyond everything
    lines, damaged = _read(
        tmp_path, _header(spool_format.HEADER_SIZE) + head + b"x\n" + b"".join(map(spool_format.record, LINES)), 100
    )
    assert lines == LINES and len(damaged) == 1
