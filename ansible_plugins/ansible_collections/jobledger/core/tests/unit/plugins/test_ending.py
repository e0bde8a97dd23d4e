"""How a job is cancelled: who gets which signal, in which order, and what the results file says then. No real
process is touched.
"""

from __future__ import annotations

import errno
import json
import os
import signal

import pytest
from ansible_collections.jobledger.core.plugins.module_utils import ending, job_files, processes
from ansible_collections.jobledger.core.plugins.module_utils import fence_layout as layout
from tools.fake_proc import WRAPPER, FakeProc

ID = "j889214147243.99"
MARK = {"by": "ann@ci-1", "reason": "wrong database", "at": "2026-11-29T10:00:00.000000Z"}


class Host:
    """A host with one job; `react(pid, number)` is what a signal does, after it was noted in `sent`."""

    def __init__(self, tmp_path) -> None:
        self.proc = FakeProc(tmp_path / "proc")
        self.path = tmp_path / ID
        self.path.write_text(json.dumps({"started": 1, "finished": 0, "ansible_job_id": ID}))
        self.watcher, self.runner, self.module, self.program = self.pids = self.proc.job(
            "j889214147243", program=["/opt/migrate"]
        )
        self.sent: list[tuple[int, int]] = []
        self.now = 0.0
        self.stubborn: set[int] = set()  # goes on after TERM
        self.undying: set[int] = set()  # and after KILL
        self.hooks: dict = {}  # (pid, number): what happens besides

    def send(self, pid: int, number: int) -> None:
        assert (self.proc.root / str(pid)).exists(), "a signal to nobody"
        self.sent.append((pid, number))
        self.hooks.get((pid, number), lambda: None)()
        deadly = (
            number == signal.SIGKILL
            and pid not in self.undying
            or number == signal.SIGTERM
            and pid not in self.stubborn | self.undying
        )
        if deadly and (self.proc.root / str(pid)).exists():
            self.proc.remove(pid)

    def pause(self, seconds: float) -> None:
        self.now += seconds

    def see(self):
        return processes.look(str(self.proc.root), True)

    def cancel(self, grace: float = 30, **more):
        return ending.Job(
            ID, str(self.path), MARK, see=self.see, send=self.send, clock=lambda: self.now, pause=self.pause
        ).cancel(grace, **more)

    def got(self, number: int) -> list[int]:
        """Who got a signal."""
        return [pid for pid, sent in self.sent if sent == number]

    def left(self) -> list[int]:
        return [pid for pid in self.pids if (self.proc.root / str(pid)).exists()]


@pytest.fixture
def host(tmp_path):
    return Host(tmp_path)


def test_payload_gets_term_and_the_file_says_who_and_why(host):
    found = host.cancel()
    assert (
        (found["outcome"], found["signal"], found["processes"]) == ("cancelled", "TERM", 4)
        and host.now < 1
        and host.left() == []
    )
    # The wrappers are stopped first, so that none of them writes a result of its own; they never get TERM.
    assert host.sent[:2] == [(host.watcher, signal.SIGSTOP), (host.runner, signal.SIGSTOP)]
    # The module last: until then it waits for its command.
    assert host.got(signal.SIGTERM) == [host.program, host.module] and host.got(signal.SIGKILL) == [
        host.watcher,
        host.runner,
    ]
    data = json.loads(host.path.read_text())
    assert data == {
        "ansible_job_id": ID,
        "failed": True,
        "changed": True,
        "msg": "cancelled by ann@ci-1: wrong database",
        job_files.CANCELLED: dict(MARK, signal="TERM"),
    }


def test_what_goes_on_is_killed_after_the_grace_time(host):
    host.stubborn = {host.program}
    found = host.cancel(grace=5)
    assert found["signal"] == "KILL" and 5 <= host.now < 6 and host.got(signal.SIGTERM).count(host.program) == 1
    assert host.got(signal.SIGKILL) == [host.program, host.module, host.watcher, host.runner] and host.left() == []


def test_child_that_comes_meanwhile_is_ended_too(host):
    host.hooks[host.program, signal.SIGTERM] = lambda: host.proc.add(
        170, ["cleaner"], parent=1, group=host.runner, session=host.watcher - 1, began=7000
    )
    assert host.cancel()["outcome"] == "cancelled" and 170 in host.got(signal.SIGTERM)


def test_stopped_payload_is_continued_so_that_it_can_end(host):
    host.proc.add(
        host.program,
        ["/opt/migrate"],
        parent=host.module,
        group=host.runner,
        session=host.watcher - 1,
        began=5009,
        state="T",
    )
    host.cancel()
    assert host.program in host.got(signal.SIGTERM)


def test_job_that_has_ended_keeps_its_end_and_nobody_gets_a_signal(host):
    host.path.write_text(json.dumps({"rc": 0, "changed": True}))
    found = host.cancel()
    assert (found["outcome"], found["status"], found["rc"]) == ("ended", "succeeded", 0) and host.sent == []
    assert json.loads(host.path.read_text()) == {"rc": 0, "changed": True}


def test_job_that_ends_at_the_last_moment_keeps_its_end(host):
    host.hooks[host.runner, signal.SIGSTOP] = lambda: host.path.write_text(json.dumps({"rc": 3, "failed": True}))
    found = host.cancel()
    assert (found["outcome"], found["status"], found["rc"]) == ("ended", "failed", 3)
    assert host.got(signal.SIGTERM) == host.got(signal.SIGKILL) == [] and host.got(signal.SIGCONT) == [
        host.watcher,
        host.runner,
    ]


def test_result_that_is_on_its_way_is_waited_for(host):
    host.proc.remove(host.module, host.program)
    host.hooks[host.runner, signal.SIGCONT] = lambda: host.path.write_text(json.dumps({"rc": 0}))
    assert host.cancel()["outcome"] == "ended" and host.got(signal.SIGTERM) == []


def test_wrapper_that_waits_for_nobody_is_ended(host):
    host.proc.remove(host.runner, host.module, host.program)
    assert host.cancel()["outcome"] == "cancelled" and host.got(signal.SIGKILL) == [host.watcher]


def test_job_that_nobody_runs_is_left_as_it_is(host):
    host.proc.remove(*host.pids)
    assert host.cancel()["outcome"] == "gone" and json.loads(host.path.read_text())["started"] == 1
    host.path.unlink()
    assert host.cancel()["outcome"] == "absent" and not host.path.exists() and host.sent == []


def test_pid_that_is_somebody_else_by_now_gets_no_signal(host):
    host.proc.add(160, ["helper"], parent=host.module, group=host.runner, session=host.watcher - 1, began=5008)
    # Between the look and the signal the program ends, and its pid is given to a newcomer.
    host.hooks[160, signal.SIGTERM] = lambda: host.proc.add(
        host.program, ["innocent"], parent=1, group=900, session=900, began=9999
    )
    assert host.cancel()["outcome"] == "cancelled"
    assert host.program not in host.got(signal.SIGTERM) + host.got(signal.SIGKILL) and host.left() == [host.program]


def test_look_only_sends_nothing(host):
    assert host.cancel(only_look=True) == {"outcome": "cancelled", "processes": 4} and host.sent == []


def test_what_does_not_even_end_by_kill_is_told_and_the_wrappers_go_on(host):
    host.undying = {host.program}
    with pytest.raises(ending.CannotCancel, match="do not end, even by KILL: .*%d" % host.program):
        host.cancel(grace=1)
    assert host.got(signal.SIGCONT) == [host.watcher, host.runner] and host.got(signal.SIGKILL) == [host.program]
    assert job_files.read(str(host.path)).kind == "running"


def test_refused_signal_is_told_and_the_wrappers_go_on(host):
    def refuse():
        raise OSError(errno.EPERM, "Operation not permitted")

    host.hooks[host.program, signal.SIGTERM] = refuse
    with pytest.raises(ending.CannotCancel, match="become root"):
        host.cancel()
    assert host.got(signal.SIGCONT) == [host.watcher, host.runner]


def test_cancel_that_is_interrupted_leaves_a_whole_job_that_can_be_cancelled_again(host):
    host.stubborn = {host.program}

    def interrupted(_seconds):
        raise SystemExit("ended by a signal")

    pause, host.pause = host.pause, interrupted
    with pytest.raises(SystemExit):
        host.cancel()
    assert (
        host.got(signal.SIGTERM) == [host.program]
        and host.got(signal.SIGCONT) == [host.watcher, host.runner]
        and host.left() == host.pids
    )
    host.pause = pause
    assert host.cancel(grace=1)["signal"] == "KILL" and host.left() == []


def test_process_of_another_user_that_looks_like_the_job_is_left_alone(host):
    if os.geteuid() != 0:
        pytest.skip("only root can give a file to another user")
    os.chown(host.proc.root / str(host.watcher), 4711, 4711)
    with pytest.raises(ending.CannotCancel, match="belongs to user 4711"):
        host.cancel()
    assert host.sent == []


def test_temporary_directory_of_the_module_goes_and_no_other(host, tmp_path):
    own, other = tmp_path / "ansible-tmp-1.2-3-4", tmp_path / "precious"
    for place in (own, other):
        place.mkdir()
    for pid, place in ((host.watcher, own), (host.runner, other)):
        host.proc.add(
            pid,
            [*WRAPPER, "j889214147243", "60", str(place / "AnsiballZ_command.py"), "_"],
            group=99,
            session=99,
            began=5000,
            parent=1 if pid == host.watcher else host.watcher,
        )
    host.cancel()
    assert not own.exists() and other.exists()


class Fence:
    """A job of start_once whose keeper is the test: it records the end as soon as the payload is gone."""

    def __init__(self, host, tmp_path) -> None:
        self.host = host
        self.attempt = layout.Fence(str(tmp_path / "keys" / layout.key_hash("m", "db1", "Upgrade", "Migrate"))).attempt(
            1
        )
        for folder in ("running", "ended"):
            os.makedirs(self.attempt.file(folder))
        layout.write_json(self.attempt.file("start.json"), {"job_id": ID})
        layout.write_json(self.attempt.file("exec"), {})
        os.symlink("running", self.attempt.file("now"))
        self.lock = layout.open_lock(self.attempt.file("lock"))
        assert layout.try_lock(self.lock)
        for pid in (host.module, host.program):
            (host.proc.root / str(pid) / "environ").write_bytes(b"JOBLEDGER_JOB=%s\0" % ID.encode())
        self.keeps = True
        self.own_end = None

    def pause(self, seconds: float) -> None:
        self.host.now += seconds
        if self.keeps and not [pid for pid in (self.host.module, self.host.program) if pid in self.host.left()]:
            self.end(self.own_end or ("cancelled" if self.attempt.cancelled else "failed"))

    def end(self, status: str) -> None:
        layout.write_json(
            self.attempt.file("ended", "end.json"),
            {"status": status, "rc": 0, "ended_at": "2026-11-29T11:00:00.000000Z"},
        )
        os.symlink("ended", self.attempt.file("next"))
        os.rename(self.attempt.file("next"), self.attempt.file("now"))
        os.close(self.lock)
        self.keeps = False

    def finish(self, attempt) -> None:
        if not attempt.is_held() and attempt.state() == layout.LOST:
            self.lock = layout.open_lock(attempt.file("lock"))
            self.end("cancelled" if attempt.cancelled else "lost")

    def cancel(self, grace: float = 30, **more):
        return ending.FencedJob(
            self.attempt,
            MARK,
            self.finish,
            see=self.host.see,
            send=self.host.send,
            clock=lambda: self.host.now,
            pause=self.pause,
        ).cancel(grace, **more)


@pytest.fixture
def fence(host, tmp_path):
    return Fence(host, tmp_path)


def test_job_of_a_fence_is_ended_by_its_mark_and_its_keeper_records_it(host, fence):
    found = fence.cancel()
    assert (found["outcome"], found["status"], found["signal"]) == ("cancelled", "cancelled", "TERM")
    # The module first: it must not report the end of its command as its own result. Guardian and keeper get nothing.
    assert host.sent == [(host.module, signal.SIGTERM), (host.program, signal.SIGTERM)]
    assert (fence.attempt.cancelled["by"], fence.attempt.cancelled["reason"]) == ("ann@ci-1", "wrong database")


def test_job_of_a_fence_that_goes_on_is_killed(host, fence):
    host.stubborn = {host.program}
    assert fence.cancel(grace=3)["signal"] == "KILL" and host.got(signal.SIGKILL) == [host.program]


def test_job_of_a_fence_that_ended_by_itself_keeps_its_end(host, fence):
    fence.own_end = "succeeded"
    found = fence.cancel()
    assert (found["outcome"], found["status"]) == ("ended", "succeeded")
    host.sent.clear()
    assert fence.cancel()["outcome"] == "ended" and host.sent == []


def test_job_of_a_fence_that_nobody_holds_is_gone(host, fence):
    fence.keeps = False
    os.close(fence.lock)
    host.proc.remove(host.module, host.program)
    assert fence.cancel()["outcome"] == "gone" and fence.attempt.end["status"] == "lost" and host.sent == []


def test_command_that_outlived_its_keeper_is_ended_too(host, fence):
    fence.keeps = False
    os.close(fence.lock)
    host.proc.remove(host.module)
    assert fence.cancel()["outcome"] == "cancelled" and host.got(signal.SIGTERM) == [host.program]


def test_job_of_a_fence_whose_processes_cannot_be_seen_is_told(host, fence):
    for pid in (host.module, host.program):
        (host.proc.root / str(pid) / "environ").unlink()
    with pytest.raises(ending.CannotCancel, match="become root"):
        fence.cancel()


def test_look_at_a_job_of_a_fence_sends_nothing_and_writes_nothing(host, fence):
    assert (
        fence.cancel(only_look=True) == {"outcome": "cancelled", "processes": 2}
        and host.sent == []
        and fence.attempt.cancelled is None
    )
