"""Reading what a job has written so far: by offset, from its end, and past a rotation."""

from __future__ import annotations

import os

import pytest
from ansible_collections.jobledger.core.plugins.module_utils import fence_layout as layout
from ansible_collections.jobledger.core.plugins.module_utils import outputs


@pytest.fixture
def attempt(tmp_path):
    found = layout.Attempt(str(tmp_path / "000001"))
    os.makedirs(found.path)
    layout.write_json(found.file("start.json"), {"job_id": "j1.2", "output": "keep"})
    return found


def _write(attempt, name, data):
    with open(attempt.file(name), "wb") as file:
        file.write(data)


def test_follower_gets_each_byte_once(attempt):
    _write(attempt, "stdout", b"one\n")
    first = outputs.read(attempt, "stdout")
    assert (first["data"], first["offset"], first["next"], first["size"]) == (b"one\n", 0, 4, 4)
    assert outputs.read(attempt, "stdout", first["next"])["data"] == b""
    _write(attempt, "stdout", b"one\ntwo\n")
    assert outputs.read(attempt, "stdout", first["next"])["data"] == b"two\n"
    assert outputs.read(attempt, "stdout", 0, 2)["next"] == 2


def test_offset_stays_right_when_the_file_is_turned_over(attempt):
    _write(attempt, "stdout", b"0123456789")
    seen = outputs.read(attempt, "stdout")
    os.rename(attempt.file("stdout"), attempt.file("stdout.1"))
    _write(attempt, "stdout", b"abc")
    assert (
        outputs.read(attempt, "stdout", seen["next"])["data"] == b"abc"
        and outputs.read(attempt, "stdout", 8)["data"] == b"89abc"
    )
    # The oldest ten bytes go.
    _write(attempt, "stdout.dropped", b"10\n")
    os.rename(attempt.file("stdout"), attempt.file("stdout.1"))
    _write(attempt, "stdout", b"def")
    found = outputs.read(attempt, "stdout", 3)
    assert (found["data"], found["offset"], found["dropped"], found["size"]) == (b"abcdef", 10, 10, 16)
    assert outputs.read(attempt, "stdout", 99)["data"] == b""


@pytest.mark.parametrize(("lines", "expected"), [(0, b""), (1, b"c"), (2, b"b\nc"), (9, b"a\nb\nc")])
def test_last_lines_are_the_end(attempt, lines, expected):
    _write(attempt, "stderr.1", b"a\n")
    _write(attempt, "stderr", b"b\nc")
    found = outputs.read(attempt, "stderr", lines=lines)
    assert found["data"] == expected and found["next"] == 5


def test_last_lines_are_bounded(attempt):
    _write(attempt, "stdout", b"x" * 1000 + b"\nend\n")
    assert outputs.read(attempt, "stdout", most=10, lines=5)["data"] == b"xxxxx\nend\n"


def test_that_nothing_is_kept_is_said_with_the_reason(attempt):
    with pytest.raises(outputs.NotKept, match="not written anything yet"):
        outputs.read(attempt, "stdout")
    for start, why in (({"output": None}, "has no output: keep"), ({"output": "keep", "no_log": True}, "no_log")):
        layout.write_json(attempt.file("start.json"), dict(start, job_id="j1.2"))
        with pytest.raises(outputs.NotKept, match=why):
            outputs.read(attempt, "stdout")
    assert "until the job ends" in outputs.explain(None)
