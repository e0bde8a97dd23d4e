"""Reading a fence directory: states, results, records that cannot be read, and freeing."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys

import pytest
from ansible_collections.jobledger.core.plugins.module_utils import fence_layout as layout


@pytest.fixture
def attempt(tmp_path):
    """An attempt that was begun: its start is recorded, nothing was marked."""
    fence = layout.Fence(str(tmp_path / "keys" / layout.key_hash("m", "h1", "Play", "job")))
    found = fence.attempt(1)
    os.makedirs(found.path)
    for folder in ("running", "ended"):
        os.makedirs(found.file(folder, "attached"))
    layout.write_json(found.file("start.json"), {"job_id": "j1.2"})
    os.symlink("running", found.file("now"))
    return found


def held(attempt):
    """Hold the attempt's lock as a job does; the descriptor ends it."""
    descriptor = layout.open_lock(attempt.file("lock"))
    assert layout.try_lock(descriptor)
    return descriptor


def end(attempt, **record):
    layout.write_json(attempt.file("ended", "end.json"), dict({"status": "succeeded"}, **record))
    layout.write_json(attempt.file("ended", "j1.2"), {"rc": 0})
    os.symlink("ended", attempt.file("next"))
    os.rename(attempt.file("next"), attempt.file("now"))


def test_each_state_is_told_by_mark_lock_and_link(attempt):
    assert attempt.state() == layout.EMPTY
    lock = held(attempt)
    assert attempt.state() == layout.STARTING
    layout.write_json(attempt.file("exec"), {})
    assert attempt.state() == layout.RUNNING and attempt.result() is None and attempt.end is None
    os.close(lock)
    assert attempt.state() == layout.LOST
    end(attempt)
    assert (attempt.state(), attempt.end["status"], attempt.result()) == (layout.ENDED, "succeeded", {"rc": 0})


def test_two_who_look_do_not_take_each_other_for_the_job(attempt):
    looking = layout.open_lock(attempt.file("lock"))
    assert layout.try_lock(looking, shared=True)
    assert not attempt.is_held()
    os.close(looking)


def test_a_lock_lives_as_long_as_any_process_that_inherited_it(attempt):
    lock = held(attempt)
    os.set_inheritable(lock, True)
    heir = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, close_fds=False)
    os.close(lock)
    assert attempt.is_held()
    heir.communicate(b"\n")
    assert not attempt.is_held()


def test_freeing_is_refused_while_the_lock_is_held_and_written_down_afterwards(attempt):
    lock = held(attempt)
    assert not layout.free(attempt, "ann", "the host was reinstalled") and attempt.freed is None
    os.close(lock)
    assert layout.free(attempt, "ann", "the host was reinstalled")
    assert attempt.freed["reason"] == "the host was reinstalled" and attempt.freed["by"] == "ann"


def test_a_record_that_is_damaged_is_named(attempt):
    with open(attempt.file("start.json"), "w", encoding="utf-8") as file:
        file.write('{"job_id"')
    with pytest.raises(layout.Damaged, match="start.json cannot be read"):
        attempt.start
    with open(attempt.file("start.json"), "w", encoding="utf-8") as file:
        file.write("[]")
    with pytest.raises(layout.Damaged, match="holds no record"):
        attempt.start


def test_attempts_and_jobs_are_found(attempt, tmp_path):
    (fence,) = layout.fences(str(tmp_path))
    os.mkdir(fence.attempt(12).path)
    assert [found.number for found in fence.attempts()] == [1, 12] and fence.latest().number == 12
    assert layout.find(str(tmp_path), "j1.2").path == attempt.path and layout.find(str(tmp_path), "j9") is None
    assert layout.of_results_file(attempt.results_file()).path == attempt.path
    assert layout.of_results_file(attempt.results_file("attached")).path == attempt.path
    assert layout.of_results_file("/root/.ansible_async/j1.2") is None


def test_no_link_is_followed_where_a_record_should_be(attempt, tmp_path):
    (tmp_path / "secret.json").write_text(json.dumps({"job_id": "x"}))
    os.unlink(attempt.file("start.json"))
    os.symlink(str(tmp_path / "secret.json"), attempt.file("start.json"))
    with pytest.raises(OSError):
        attempt.start


@pytest.mark.parametrize("mode, folder, file", [(0o755, 0o700, 0o600), (0o2770, 0o2770, 0o660), (0o1777, 0o777, 0o666)])
def test_what_is_made_is_open_to_those_to_whom_the_directory_is_open(tmp_path, mode, folder, file):
    os.chmod(tmp_path, mode)
    layout.make_dir(str(tmp_path / "made"), str(tmp_path))
    assert stat.S_IMODE(os.stat(tmp_path / "made").st_mode) == folder and layout.file_mode(str(tmp_path)) == file


def test_processes_are_found_by_the_mark_that_they_inherit():
    job = subprocess.Popen(
        [sys.executable, "-c", "import sys; print('up', flush=True); sys.stdin.read()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=dict(os.environ, JOBLEDGER_JOB="j77.1"),
    )
    job.stdout.readline()
    assert layout.marked("j77.1") == [job.pid] and layout.marked("j77") == []
    job.communicate(b"")
