"""What a look at a host's processes and results files tells, without Ansible and without real processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from ansible_collections.jobledger.core.plugins.module_utils import job_files, looking, processes
from tools.controller import COLLECTIONS
from tools.fake_proc import BOOTED, WRAPPER, FakeProc

ID = "j889214147243.99"


@pytest.fixture
def proc(tmp_path):
    return FakeProc(tmp_path / "proc")


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "async"
    place.mkdir()
    return place


def _write(folder, data, job_id=ID, at=BOOTED + 1000):
    path = folder / job_id
    path.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
    os.utime(path, (at, at))
    return str(path)


STARTED = {"started": 1, "finished": 0, "ansible_job_id": ID}


def _look(proc, complete=True, user=None):
    return looking.Look(lambda: processes.look(str(proc.root), complete), user=user)


def _one(proc, path, job_id=ID, **how):
    (report,) = _look(proc, **how).jobs([{"ansible_job_id": job_id, "results_file": path}])
    return report


def test_job_with_its_processes_is_alive_and_tells_what_it_uses(proc, folder):
    proc.job("j889214147243", program=["/opt/db/migrate", "--password", "hunter2"])
    proc.add(50, ["/usr/bin/other"], began=1)
    report = _one(proc, _write(folder, STARTED))
    assert (report["state"], report["module"], report["program"], report["processes"]) == (
        "alive",
        "command",
        "migrate",
        4,
    )
    assert report["since"] == job_files.moment(BOOTED + 50) and report["cpu_seconds"] == 4.0
    assert report["memory_bytes"] == 40 * os.sysconf("SC_PAGE_SIZE") and not report["stopped"]
    assert "hunter2" not in json.dumps(report)


def test_job_whose_watcher_was_killed_is_alive_while_the_other_waits_for_it(proc, folder):
    watcher, *_rest = proc.job("j889214147243")
    proc.remove(watcher)
    assert _one(proc, _write(folder, STARTED))["state"] == "alive"


def test_job_without_a_process_is_gone(proc, folder):
    report = _one(proc, _write(folder, STARTED))
    assert (report["state"], report["rebooted"]) == ("gone", False) and "no process of the job is there" in report[
        "why"
    ]


def test_job_that_a_boot_has_ended_is_gone_although_its_pid_is_used_again(proc, folder):
    proc.job("j1", watcher=98)
    assert 99 in [int(name.name) for name in proc.root.iterdir() if name.name.isdigit()]
    report = _one(proc, _write(folder, STARTED, at=BOOTED - 5))
    assert (report["state"], report["rebooted"]) == ("gone", True) and "booted since" in report["why"]


def test_wrapper_that_only_waits_to_be_reaped_is_no_process(proc, folder):
    proc.add(100, [*WRAPPER, "j889214147243", "60", "m", "_"], state="Z")
    assert _one(proc, _write(folder, STARTED))["state"] == "gone"


@pytest.mark.parametrize(
    "words",
    [
        ["grep", "async_wrapper", "j889214147243"],
        ["pgrep", "-f", "async_wrapper.* j889214147243 "],
        [*WRAPPER, "j8892141472430", "60", "m", "_"],
        [*WRAPPER, "j889214147243"],
        ["vi", "async_wrapper.py.txt", "j889214147243", "60", "m", "_"],
        ["/bin/sh", "-c", " ".join([*WRAPPER, "j889214147243", "60", "m", "_"])],
        [],
    ],
)
def test_process_that_only_mentions_the_job_is_not_the_job(proc, folder, words):
    proc.add(100, words)
    assert _one(proc, _write(folder, STARTED))["state"] == "gone"


@pytest.mark.parametrize(
    ("data", "end"),
    [
        ({"rc": 0, "changed": True, "stdout": "secret"}, {"status": "succeeded", "rc": 0, "changed": True}),
        (
            {"rc": 3, "failed": True, "msg": "non-zero return code"},
            {"status": "failed", "rc": 3, "message": "non-zero return code"},
        ),
        ({"rc": 3}, {"status": "failed", "rc": 3}),
        ({"rc": 3, "failed": False}, {"status": "succeeded", "rc": 3}),
        ({"failed": 1, "msg": "password hunter2 is wrong", "cmd": "x"}, {"status": "failed"}),
        (
            {"msg": "Timeout exceeded", "failed": True, "child_pid": 5},
            {"status": "timed_out", "message": "Timeout exceeded"},
        ),
        ({}, {"status": "succeeded"}),
        # What a module returns may be called started, too; async_status is confused by it.
        ({"started": True, "name": "nginx", "changed": False}, {"status": "succeeded", "changed": False}),
        ({"started": 1, "finished": 1, "ansible_job_id": ID}, {"status": "succeeded"}),
    ],
)
def test_end_is_told_without_output(proc, folder, data, end):
    report = _one(proc, _write(folder, data))
    kept = {key: report[key] for key in ("status", "rc", "changed", "message") if key in report}
    assert (
        (report["state"], kept) == ("ended", end)
        and "hunter2" not in json.dumps(report)
        and "secret" not in json.dumps(report)
    )
    assert report["finished_at"] == job_files.moment(BOOTED + 1000)


def test_end_counts_while_the_wrapper_tidies_up(proc, folder):
    proc.job("j889214147243")
    assert _one(proc, _write(folder, {"rc": 0}))["state"] == "ended"


def test_cancelled_job_is_told_with_who_and_why(proc, folder):
    path = _write(folder, STARTED)
    mark = {"by": "ann@ci-1", "reason": "wrong database", "at": "2026-11-29T10:00:00.000000Z", "signal": "TERM"}
    assert job_files.mark_cancelled(path, ID, mark)
    report = _one(proc, path)
    assert (report["state"], report["status"], report["cancelled"]) == ("ended", "cancelled", mark)
    assert report["message"] == "cancelled by ann@ci-1: wrong database"


def test_mark_never_replaces_an_end(folder):
    path = _write(folder, {"rc": 0})
    assert not job_files.mark_cancelled(path, ID, {"by": "ann"})
    assert json.loads(open(path).read()) == {"rc": 0} and os.listdir(folder) == [ID]


def test_mark_goes_where_a_link_points_and_keeps_the_mode(folder, tmp_path):
    path = tmp_path / "result"
    path.write_text(json.dumps(STARTED))
    path.chmod(0o640)
    (folder / ID).symlink_to(path)
    assert job_files.mark_cancelled(str(folder / ID), ID, {"by": "ann"})
    assert (
        (folder / ID).is_symlink()
        and path.stat().st_mode & 0o777 == 0o640
        and job_files.read(str(path)).end["status"] == "cancelled"
    )


@pytest.mark.parametrize("text", ["", " \n", "{", "[]", "nul", "\x00\x00", '{"started": 1, "fin'])
def test_damaged_file_is_no_end_and_without_a_process_the_job_is_gone(proc, folder, text):
    path = _write(folder, text)
    assert _one(proc, path)["state"] == "gone"
    proc.job("j889214147243")
    assert _one(proc, path)["state"] == "alive"


def test_file_that_is_not_there_proves_less(proc, folder):
    report = _one(proc, str(folder / ID))
    assert report["state"] == "absent"
    proc.job("j889214147243")
    assert _one(proc, str(folder / ID))["state"] == "alive"


def test_job_whose_file_is_not_known_is_only_told_while_it_is_alive(proc):
    assert _one(proc, None)["state"] == "unknown"
    proc.job("j889214147243")
    assert _one(proc, None)["state"] == "alive"


def test_pipe_and_directory_in_the_place_of_the_file_do_not_block(proc, folder):
    os.mkfifo(folder / ID)
    assert _one(proc, str(folder / ID))["state"] == "gone"
    (folder / ID).unlink()
    (folder / ID).mkdir()
    assert _one(proc, str(folder / ID))["state"] == "gone"


def test_user_who_sees_only_its_own_processes_judges_only_its_own_jobs(proc, folder):
    path = _write(folder, STARTED)
    other = _one(proc, path, complete=False, user=os.geteuid() + 1)
    assert other["state"] == "unknown" and "become root" in other["why"]
    assert _one(proc, path, complete=False, user=os.geteuid())["state"] == "gone"


def test_file_that_may_not_be_read_is_not_taken_for_absent(proc, folder, monkeypatch):
    def refused(*_arguments):
        raise PermissionError(13, "Permission denied")

    path = _write(folder, STARTED)
    monkeypatch.setattr(job_files.os, "open", refused)
    report = _one(proc, path)
    assert report["state"] == "unknown" and "Permission denied" in report["why"]


def test_job_that_starts_between_the_looks_is_not_gone(proc, folder):
    seen = []

    def see():
        # It was not there when the first look began.
        if seen:
            proc.job("j889214147243")
        seen.append(1)
        return processes.look(str(proc.root), True)

    (report,) = looking.Look(see).jobs([{"ansible_job_id": ID, "results_file": _write(folder, STARTED)}])
    assert report["state"] == "alive" and len(seen) == 2


def test_strangers_are_the_jobs_that_nobody_asked_about(proc, folder):
    proc.job("j7", watcher=200)
    for number, (data, at) in enumerate(
        [
            (STARTED, 1000),
            ({"rc": 0, "cmd": ["/usr/bin/backup", "-p", "hunter2"]}, 900),
            ({"rc": 0, "cmd": "A=b x"}, 800),
        ]
    ):
        _write(folder, data, "j%d.1" % number, BOOTED + at)
    _write(folder, STARTED, "j7.1", BOOTED - 500)
    _write(folder, {"rc": 0}, "j8.1", BOOTED - 500)
    (folder / "j5.1.tmp").write_text("{}")
    (folder / "notes.txt").write_text("{}")
    reports, troubles, left = _look(proc).strangers([str(folder), str(folder / "none")], {"j0.1"}, 100, BOOTED)
    assert [(report["ansible_job_id"], report["state"], report["program"]) for report in reports] == [
        ("j1.1", "ended", "backup"),
        ("j2.1", "ended", None),
        ("j7.1", "alive", None),
    ]
    assert (troubles, left) == ([], 0) and "hunter2" not in json.dumps(reports)
    assert _look(proc).strangers([str(folder)], set(), 2, BOOTED)[2] == 3


def test_session_that_is_older_than_the_job_does_not_belong_to_it(proc):
    """On a local connection the wrapper may still be in the session of ansible-playbook."""
    words = [*WRAPPER, "j1", "60", "m", "_"]
    proc.add(10, ["ansible-playbook"], began=100)
    proc.add(11, words, parent=10, group=10, session=10, began=200)
    proc.add(12, ["sleep", "5"], parent=11, group=10, session=10, began=300)
    proc.add(13, ["innocent"], parent=10, group=10, session=10, began=400)
    family = processes.look(str(proc.root), True).family("j1.5")
    assert [process.pid for process in family.all] == [11, 12]


def test_child_that_left_its_parent_is_found_by_group_and_session(proc):
    pids = proc.job("j1", program=["sh"])
    proc.add(150, ["orphan"], parent=1, group=pids[1], session=pids[0] - 1, began=6000)
    proc.add(151, ["own group"], parent=1, group=151, session=pids[0] - 1, began=6001)
    family = processes.look(str(proc.root), True).family("j1.5")
    assert [process.pid for process in family.payload] == [*pids[2:], 150, 151]


def test_process_is_the_same_only_with_the_same_beginning(proc):
    snapshot = processes.look(str(proc.root), True)
    process = snapshot.processes[1]
    assert snapshot.still(process)
    proc.add(1, ["/sbin/init"], began=2)
    assert not snapshot.still(process)


def test_host_without_proc_is_refused_not_judged(tmp_path):
    with pytest.raises(processes.NoProcesses):
        processes.look(str(tmp_path / "nothing"))
    (tmp_path / "stat").write_text("no such line\n")
    with pytest.raises(processes.NoProcesses):
        processes.look(str(tmp_path))


AS_ANOTHER = """
import json, os, sys
sys.path.insert(0, sys.argv[1])
from ansible_collections.jobledger.core.plugins.module_utils import ending, looking
job = {"ansible_job_id": sys.argv[2], "results_file": sys.argv[3]}
os.setgid(65534); os.setuid(65534)
(seen,) = looking.Look().jobs([job])
try:
    told = ending.Job(sys.argv[2], sys.argv[3], {"by": "nobody"}).cancel(1)["outcome"]
except ending.CannotCancel as error:
    told = str(error)
print(json.dumps([seen["state"], seen.get("why"), told]))
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_another_user_sees_that_a_job_lives_and_judges_and_ends_nothing(tmp_path):
    """Real processes: what an unprivileged user may see of root's jobs."""
    folder = tmp_path / "async"
    folder.mkdir(mode=0o700)
    path = _write(folder, STARTED)
    words = ["async_wrapper.py", "j889214147243", "60", "m", "_"]
    # As Ansible starts it: the interpreter, then the wrapper's path.
    wrapper = tmp_path / words[0]
    wrapper.write_text("input()\n")
    job = subprocess.Popen([sys.executable, str(wrapper), *words[1:]], stdin=subprocess.PIPE)
    try:
        state, _why, told = _as_another(tmp_path, path)
        assert state == "alive" and "become root" in told and job.poll() is None
    finally:
        job.communicate(b"\n")
    state, why, told = _as_another(tmp_path, path)
    assert (state, "Permission denied" in why, "become root" in told) == ("unknown", True, True)
    assert json.loads(open(path).read()) == STARTED


def _as_another(tmp_path, path):
    script = tmp_path / "as_another.py"
    script.write_text(AS_ANOTHER)
    done = subprocess.run(
        [sys.executable, "-B", str(script), str(COLLECTIONS), ID, path],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
