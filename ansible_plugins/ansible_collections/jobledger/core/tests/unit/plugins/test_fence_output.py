"""Keeping a command's output: what is in the files while it runs, and that the module's result is as without."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest
from ansible_collections.jobledger.core.plugins.module_utils import fence_layout, fence_output, outputs


@pytest.fixture
def attempt(tmp_path):
    os.makedirs(tmp_path / "keys" / ("0" * 64) / "000001")
    found = fence_layout.Attempt(str(tmp_path / "keys" / ("0" * 64) / "000001"))
    fence_layout.write_json(found.file("start.json"), {"job_id": "j1.1", "output": "keep"})
    fence_output.prepare(found)
    return found


def environment(attempt, limit=1 << 16) -> dict:
    return dict(
        os.environ,
        JOBLEDGER_ATTEMPT=attempt.path,
        **fence_output.environment(attempt, {"output": "keep", "output_limit": limit}, sys.executable),
    )


def run(attempt, *command, limit=1 << 16):
    return subprocess.run(
        [sys.executable, attempt.file("tee.py"), *command],
        env=environment(attempt, limit),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        check=False,
    )


def test_the_output_goes_to_the_module_and_to_files(attempt):
    done = run(attempt, "sh", "-c", "echo out; echo err >&2; exit 3")
    assert (done.returncode, done.stdout, done.stderr) == (3, b"out\n", b"err\n")
    assert (attempt.output("stdout"), attempt.output("stderr")) == (b"out\n", b"err\n")
    assert run(attempt, "sh", "-c", "echo $JOBLEDGER_TEE$JOBLEDGER_PYTHON$JOBLEDGER_OUTPUT_LIMIT").stdout == b"\n"


def test_it_is_there_while_the_command_runs(attempt):
    running = subprocess.Popen(
        [sys.executable, attempt.file("tee.py"), "sh", "-c", "echo first; read line; echo $line"],
        env=environment(attempt),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert running.stdout.readline() == b"first\n"
    assert attempt.output("stdout") == b"first\n"
    assert running.communicate(b"second\n")[0] == b"second\n" and attempt.output("stdout") == b"first\nsecond\n"


def test_the_oldest_goes_at_the_limit_and_offsets_stay(attempt):
    done = run(attempt, sys.executable, "-c", "for i in range(40000): print('line %06d' % i)", limit=1 << 16)
    assert len(done.stdout) == 40000 * 12
    sizes = [os.stat(attempt.file(name)).st_size for name in ("stdout", "stdout.1")]
    assert sum(sizes) <= 1 << 16 and sizes[1] == 1 << 15
    last = outputs.read(attempt, "stdout", lines=2)
    assert last["data"] == b"line 039998\nline 039999\n" and last["size"] == 40000 * 12
    assert last["dropped"] == 40000 * 12 - sum(sizes)
    assert (
        outputs.read(attempt, "stdout", offset=last["dropped"], most=1 << 20)["data"] == done.stdout[last["dropped"] :]
    )


def test_a_signal_is_the_command_s_own(attempt):
    assert run(attempt, "sh", "-c", "kill -TERM $$").returncode == -signal.SIGTERM
    assert run(attempt, "sh", "-c", "kill -KILL $$").returncode == -signal.SIGKILL


def test_files_that_cannot_be_written_cost_only_what_would_be_kept(attempt):
    os.mkdir(attempt.file("stdout"))
    assert run(attempt, "echo", "hello").stdout == b"hello\n"


def test_a_program_that_is_not_there_is_told_as_the_module_tells_it(attempt):
    done = run(attempt, "/no/such/program")
    assert done.returncode == 127
    found = fence_output.result(attempt, {"rc": 127, "stdout": "", "stderr": "", "changed": True})
    assert (found["rc"], found["msg"], found["failed"]) == (
        2,
        "[Errno 2] No such file or directory: b'/no/such/program'",
        True,
    )


@pytest.mark.parametrize(
    "args",
    [
        {"_raw_params": "db-migrate --to '2026 4'"},
        {"argv": ["db-migrate", "a b"]},
        {"_raw_params": "echo \"$HOME\" | wc -l; echo 'x y'", "_uses_shell": True},
        {"_raw_params": "echo 1", "_uses_shell": True, "executable": "/bin/bash"},
    ],
)
def test_what_the_result_says_of_the_command_is_as_without(args):
    wrapped = fence_output.wrap(args)
    assert wrapped != args and fence_output.unwrap(wrapped) == args
    shown = {"cmd": wrapped.get("argv") or wrapped["_raw_params"], "invocation": {"module_args": wrapped}}
    assert json.loads(json.dumps(fence_output.result(fence_layout.Attempt("/nowhere"), shown))) == {
        "cmd": args.get("argv") or args["_raw_params"],
        "invocation": {"module_args": args},
    }
