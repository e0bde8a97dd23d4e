"""What a look tells of jobs that start_once started: the lock decides, not the processes."""

from __future__ import annotations

import os

import pytest
from ansible_collections.jobledger.core.plugins.module_utils import fence_layout as layout
from ansible_collections.jobledger.core.plugins.module_utils import looking, processes
from tools.fake_proc import FakeProc

ID = "j1.2"


@pytest.fixture
def proc(tmp_path):
    return FakeProc(tmp_path / "proc")


@pytest.fixture
def attempt(tmp_path):
    """A job of start_once whose payload runs, as far as the files say."""
    fence = layout.Fence(str(tmp_path / "fence" / "keys" / layout.key_hash("m", "db1", "Upgrade", "Migrate")))
    found = fence.attempt(1)
    for folder in ("running", "ended"):
        os.makedirs(found.file(folder, "attached"))
    start = {
        "job_id": ID,
        "host": "db1",
        "play": "Upgrade",
        "job": "Migrate",
        "task": "Migrate",
        "started_at": "2026-11-29T10:00:00.000000Z",
        "boot_id": "b-1",
        "module": "command",
        "run_as": "root",
        "by": {"controller": "ci-1", "user": "ann"},
    }
    layout.write_json(found.file("start.json"), start)
    layout.write_json(found.file("exec"), {})
    layout.write_json(found.file("running", ID), {"started": 1, "finished": 0, "ansible_job_id": ID})
    os.symlink("running", found.file("now"))
    os.close(layout.open_lock(found.file("lock")))
    return found


@pytest.fixture
def held(attempt):
    lock = layout.open_lock(attempt.file("lock"))
    assert layout.try_lock(lock)
    yield lock
    os.close(lock)


def _look(proc):
    return looking.Look(lambda: processes.look(str(proc.root), True))


def _one(proc, path):
    (report,) = _look(proc).jobs([{"ansible_job_id": ID, "results_file": path}])
    return report


def _end(attempt, **record):
    layout.write_json(
        attempt.file("ended", "end.json"),
        dict({"status": "succeeded", "ended_at": "2026-11-29T11:00:00.000000Z"}, **record),
    )
    os.symlink("ended", attempt.file("next"))
    os.rename(attempt.file("next"), attempt.file("now"))


def test_held_lock_is_alive_with_what_the_processes_use(proc, attempt, held):
    proc.add(40, ["keeper"], ticks=50)
    proc.add(41, ["payload"], parent=40, ticks=70)
    (proc.root / "41" / "environ").write_bytes(b"HOME=/\0JOBLEDGER_JOB=j1.2\0")
    layout.write_json(attempt.file("process.json"), {"keeper": 40, "guardian": 39, "boot_id": "b-1"})
    with open(attempt.file("stdout"), "w") as file:
        file.write("12345")
    report = _one(proc, attempt.results_file())
    assert (report["state"], report["processes"], report["cpu_seconds"], report["output_bytes"]) == ("alive", 2, 1.2, 5)
    assert report["since"] == "2026-11-29T10:00:00.000000Z"


def test_pids_of_another_boot_are_not_counted(proc, attempt, held):
    proc.add(40, ["innocent"])
    layout.write_json(attempt.file("process.json"), {"keeper": 40, "boot_id": "b-0"})
    report = _one(proc, attempt.results_file())
    assert report["state"] == "alive" and "processes" not in report


def test_free_lock_without_an_end_is_gone_and_what_goes_on_is_named(proc, attempt):
    report = _one(proc, attempt.results_file())
    assert (report["state"], report["rebooted"], report["left"]) == ("gone", False, [])
    proc.add(41, ["outlived it"])
    (proc.root / "41" / "environ").write_bytes(b"JOBLEDGER_JOB=j1.2\0")
    assert "go on: 41" in _one(proc, attempt.results_file())["why"]


def test_another_boot_id_says_that_the_host_was_booted(proc, attempt):
    proc.boot(1_700_000_500, "b-2")
    report = _one(proc, attempt.results_file())
    assert (report["state"], report["rebooted"]) == ("gone", True) and "booted since" in report["why"]


@pytest.mark.parametrize("status", ["succeeded", "failed", "timed_out", "lost"])
def test_end_is_what_the_fence_says(proc, attempt, status):
    _end(attempt, status=status, rc=3)
    report = _one(proc, attempt.results_file())
    assert (report["state"], report["status"], report["rc"], report["finished_at"]) == (
        "ended",
        status,
        3,
        "2026-11-29T11:00:00.000000Z",
    )


def test_cancelled_end_says_who_and_why(proc, attempt):
    layout.ask_cancel(attempt, "ann@ci-1", "wrong database")
    _end(attempt, status="cancelled")
    report = _one(proc, attempt.results_file())
    assert (report["status"], report["cancelled"]["by"], report["cancelled"]["reason"]) == (
        "cancelled",
        "ann@ci-1",
        "wrong database",
    )


def test_link_of_a_controller_leads_to_the_same_job(proc, attempt, held, tmp_path):
    folder = tmp_path / "async"
    folder.mkdir()
    (folder / "j7.7").symlink_to(attempt.results_file())
    assert _one(proc, str(folder / "j7.7"))["state"] == "alive"
    assert _look(proc).strangers([str(folder)], set(), 10, 0)[0] == []


def test_start_that_no_controller_lived_to_see_is_found_with_its_names(proc, attempt, held, tmp_path):
    (report,), troubles = _look(proc).fenced(str(tmp_path / "fence"), set(), 0)
    assert (report["ansible_job_id"], report["state"], report["fence"]["host"], report["fence"]["job"]) == (
        ID,
        "alive",
        "db1",
        "Migrate",
    )
    assert report["fence"]["by"]["controller"] == "ci-1" and troubles == []
    assert _look(proc).fenced(str(tmp_path / "fence"), {ID}, 0) == ([], [])
    assert _look(proc).fenced(str(tmp_path / "nothing"), set(), 0) == ([], [])


def test_damaged_fence_is_told_not_judged(proc, attempt, tmp_path):
    with open(attempt.file("start.json"), "w") as file:
        file.write("{")
    assert _one(proc, attempt.file("now", ID))["state"] == "unknown"
    reports, troubles = _look(proc).fenced(str(tmp_path / "fence"), set(), 0)
    assert reports == [] and "start.json cannot be read" in troubles[0]


def test_loss_is_written_down_only_where_that_is_asked_and_nobody_holds_it(proc, attempt):
    finished = []
    look = looking.Look(lambda: processes.look(str(proc.root), True), finish=finished.append)
    asked = [{"ansible_job_id": ID, "results_file": attempt.results_file()}]
    lock = layout.open_lock(attempt.file("lock"))
    assert layout.try_lock(lock) and look.jobs(asked)[0]["state"] == "alive" and finished == []
    os.close(lock)
    assert look.jobs(asked)[0]["state"] == "gone" and {found.path for found in finished} == {attempt.path}


def test_loss_that_cannot_be_written_down_is_told_all_the_same(proc, attempt):
    def refuse(_attempt):
        raise PermissionError(13, "Permission denied")

    look = looking.Look(lambda: processes.look(str(proc.root), True), finish=refuse)
    (report,) = look.jobs([{"ansible_job_id": ID, "results_file": attempt.results_file()}])
    assert report["state"] == "gone" and "cannot be written into its fence (Permission denied)" in report["why"]
