"""The protocol of the fence: many start steps in one directory, every step killed, every answer looked at."""

from __future__ import annotations

import os
import random
import signal
import sys
import time

import pytest
from ansible_collections.jobledger.core.plugins.module_utils import fence_host, fence_layout, fence_start
from tools.fence_site import STEPS, FenceSite
from tools.program import until as wait_until


def until(condition, otherwise):
    """Wait for a condition; say otherwise what is wrong."""
    try:
        wait_until(condition)
    except AssertionError:
        raise AssertionError(otherwise) from None


@pytest.fixture
def site(tmp_path):
    found = FenceSite(tmp_path)
    yield found
    found.open()
    found.kill_all()


def ended(site) -> bool:
    latest = site.fence.latest()
    return latest is not None and latest.state() == fence_layout.ENDED


def finish(site) -> dict:
    site.open()
    until(lambda: ended(site), "the job does not end")
    return site.fence.latest().end


def test_started_then_attached_then_already_succeeded(site):
    assert site.start("j1.1") == "started"
    assert site.start("j2.1") == "attached"
    assert (
        not site.seen("j1.1")["finished"]
        and site.seen("j2.1")["decision"] == "attached"
        and site.seen("j2.1")["ansible_job_id"] == "j1.1"
    )
    assert finish(site)["status"] == "succeeded"
    assert site.start("j3.1") == "already_succeeded"
    for name, decision in (("j1.1", "started"), ("j2.1", "attached"), ("j3.1", "already_succeeded")):
        seen = site.seen(name)
        assert (seen["finished"], seen["rc"], seen["decision"], seen["ansible_job_id"], seen["changed"]) == (
            True,
            0,
            decision,
            "j1.1",
            decision != "already_succeeded",
        )
        assert seen["fence"]["controller"] == "c1" and seen["fence"]["status"] == "succeeded"
    assert site.started() == ["j1.1"]


def test_without_a_generation_what_has_ended_may_be_started_again(site):
    order = site.order(generation=None)
    assert site.start("j1.1", order=order) == "started"
    assert site.start("j2.1", order=order) == "attached"
    finish(site)
    assert site.start("j3.1", order=order) == "started"
    until(lambda: ended(site), "the second job does not end")
    assert site.started() == ["j1.1", "j3.1"]


@pytest.mark.parametrize("generation", ["1", None])
def test_a_failure_is_not_started_again_under_its_generation_unless_asked(site, generation):
    command = site.command(gate=False, code=7)
    assert site.start("j1.1", order=site.order(generation), command=command) == "started"
    until(lambda: ended(site), "the job does not end")
    assert site.fence.latest().end["status"] == "failed" and site.fence.latest().end["rc"] == 7, (
        site.fence.latest().end,
        site.fence.latest().result(),
    )
    again = site.start("j2.1", order=site.order(generation), command=command)
    if generation is None:
        assert again == "started"
    else:
        assert (
            again.startswith("refused: this job is not started again: its last start on this host failed")
            and "started" in again
            and "from c1" in again
        )
        assert site.start("j3.1", order=site.order(generation, on_failed="restart"), command=command) == "started"
    until(lambda: ended(site), "the second job does not end")
    assert len(site.started()) == 2


def test_generations_go_only_forward_and_a_live_one_is_never_attached_by_another(site):
    assert site.start("j1.1", order=site.order("old")) == "started"
    assert "another generation of this job runs" in site.start("j2.1", order=site.order("new"))
    assert "another generation of this job runs" in site.start("j2.2", order=site.order(None))
    finish(site)
    assert site.start("j3.1", order=site.order("new")) == "started"
    until(lambda: ended(site), "the second job does not end")
    assert "generations go only forward" in site.start("j4.1", order=site.order("old"))
    assert site.start("j5.1", order=site.order(None)) == "started"
    until(lambda: ended(site), "the third job does not end")
    assert site.start("j6.1", order=site.order("new")) == "already_succeeded"
    assert site.started() == ["j1.1", "j3.1", "j5.1"]


def test_a_changed_digest_under_one_generation_is_refused_and_says_what_changed(site):
    assert site.start("j1.1") == "started"
    assert "another module or other arguments (cmd differ)" in site.start("j2.1", order=site.order(digest="e"))
    finish(site)
    assert "another module or other arguments (cmd differ)" in site.start("j3.1", order=site.order(digest="e"))
    assert site.started() == ["j1.1"]


def test_a_success_whose_result_was_removed_is_still_known(site):
    assert site.start("j1.1") == "started"
    finish(site)
    attempt = site.fence.latest()
    for folder in ("ended", "ended/attached", "ended/already"):
        os.unlink(attempt.file(folder, attempt.start["job_id"]))
    assert site.start("j2.1") == "already_succeeded" and attempt.result() is None
    assert site.started() == ["j1.1"]


def test_looking_changes_nothing(site):
    assert fence_start.look(site.fence, site.order()).decision == "started" and not os.path.exists(site.fence.path)
    assert site.start("j1.1") == "started"
    assert fence_start.look(site.fence, site.order()).decision == "attached"
    until(lambda: "payload" in site.fence.latest().processes, "the payload does not run")
    site.kill_all()
    until(lambda: not site.fence.latest().is_held(), "the lock stays")
    with pytest.raises(fence_host.Refused, match="was lost"):
        fence_start.look(site.fence, site.order())
    assert site.fence.latest().state() == fence_layout.LOST


def test_a_host_that_went_down_leaves_a_lost_job_that_only_an_operator_starts_again(site):
    assert site.start("j1.1") == "started"
    until(site.started, "the payload does not run")
    site.kill_all()
    until(lambda: not site.fence.latest().is_held(), "the lock stays")
    assert "was lost" in site.start("j2.1") and "was lost" in site.start("j3.1")
    assert site.seen("j1.1")["finished"] and site.seen("j1.1")["fence"]["status"] == "lost"
    assert site.start("j4.1", order=site.order(on_failed="restart")) == "started"
    assert finish(site)["status"] == "succeeded" and len(site.started()) == 2


def test_a_command_that_outlives_its_module_keeps_a_second_one_from_starting(site):
    # As a module does: what it runs inherits its environment, but not the lock.
    module = "import subprocess, sys; subprocess.Popen(sys.argv[1:]).wait()"
    assert site.start("j1.1", command=[sys.executable, "-S", "-c", module, *site.command()]) == "started"
    until(lambda: site.started() and "payload" in site.fence.latest().processes, "the payload does not run")
    processes = site.fence.latest().processes
    for name in ("guardian", "keeper", "payload"):
        os.kill(processes[name], signal.SIGKILL)
    until(lambda: not site.fence.latest().is_held(), "the lock stays")
    (command,) = site.marked("j1.1")
    assert "left processes that still run (%d)" % command in site.start("j2.1", order=site.order(on_failed="restart"))
    site.kill_all()
    until(lambda: not site.marked("j1.1"), "the command stays")
    assert site.start("j3.1", order=site.order(on_failed="restart")) == "started"
    finish(site)
    assert len(site.started()) == 2


def test_a_freed_fence_lets_the_same_generation_start_again(site):
    assert site.start("j1.1") == "started"
    finish(site)
    # Its keepers may still be about to leave.
    until(lambda: fence_layout.free(site.fence.latest(), "ann", "its database was restored"), "the lock stays")
    assert site.start("j2.1") == "started" and len(site.fence.attempts()) == 2
    until(lambda: ended(site), "the second job does not end")


def test_the_time_limit_ends_the_job_with_its_group(site):
    assert site.start("j1.1", order=site.order(**{"async": 0.3})) == "started"
    until(lambda: ended(site), "the limit does not end the job")
    assert site.fence.latest().end["status"] == "timed_out" and site.seen("j1.1")["msg"] == "Timeout exceeded"
    until(lambda: not site.processes(), "processes are left")


def test_a_cancelled_job_says_so(site):
    assert site.start("j1.1") == "started"
    until(lambda: site.started() and "payload" in site.fence.latest().processes, "the payload does not run")
    attempt = site.fence.latest()
    fence_layout.ask_cancel(attempt, "ann", "wrong release")
    os.killpg(attempt.processes["payload"], signal.SIGTERM)
    until(lambda: ended(site), "the job does not end")
    assert attempt.end["status"] == "cancelled" and "wrong release" in site.seen("j1.1")["msg"]
    assert "was cancelled (cancelled by ann: wrong release)" in site.start("j2.1")


@pytest.mark.parametrize("victim", ["guardian", "keeper"])
def test_whoever_keeps_the_job_may_be_killed_and_its_result_still_comes(site, victim):
    assert site.start("j1.1") == "started"
    until(lambda: site.started() and "payload" in site.fence.latest().processes, "the payload does not run")
    os.kill(site.fence.latest().processes[victim], signal.SIGKILL)
    assert site.start("j2.1") == "attached"
    assert finish(site)["status"] == "succeeded" and site.seen("j2.1")["stdout"] == "done"
    assert site.started() == ["j1.1"]


def test_a_stopped_keeper_survives_its_guardian(site):
    assert site.start("j1.1") == "started"
    until(lambda: site.started() and "payload" in site.fence.latest().processes, "the payload does not run")
    processes = site.fence.latest().processes
    os.kill(processes["keeper"], signal.SIGSTOP)
    until(
        lambda: (
            open("/proc/%d/stat" % processes["keeper"], encoding="utf-8").read().rpartition(")")[2].split()[0] == "T"
        ),
        "the keeper does not stop",
    )
    os.kill(processes["guardian"], signal.SIGKILL)
    # Its group is an orphan now; the kernel sends what is stopped in it SIGHUP, and wakes it.
    assert finish(site)["by"] == "keeper" and site.started() == ["j1.1"]


@pytest.mark.parametrize("step", STEPS)
def test_a_kill_at_every_step_neither_doubles_nor_loses_a_job(site, step):
    first = site.start("j1.1", kill_at=step)
    site.open()
    said = []
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        said.append(site.start("j2.%d" % len(said)))
        if said[-1] == "already_succeeded" or "not started again" in said[-1]:
            break
    assert len(site.started()) <= 1, (step, first, said)
    if said[-1] == "already_succeeded":
        assert len(site.started()) == 1
    else:
        # Keeper and guardian are both killed, with the payload's output in their hands: reported lost, never started by
        # itself.
        assert "was lost" in said[-1] and step in ("marked", "told", "payload_runs", "payload_ended"), (step, said)
    assert "broken" not in " ".join(filter(None, said + [first]))


def test_a_start_step_that_sleeps_lets_nobody_past_and_starts_nothing_twice(site):
    lock_holder, pipe = site.begin("j1.1", site.order(patience=30.0))
    os.kill(lock_holder, signal.SIGSTOP)
    said = site.start("j2.1", order=site.order(patience=0.3))
    os.kill(lock_holder, signal.SIGCONT)
    os.waitpid(lock_holder, 0)
    first = os.read(pipe, 1 << 16).decode()
    os.close(pipe)
    assert sorted((first, said.split(":")[0])) in (["attached", "started"], ["refused", "started"])
    finish(site)
    assert len(site.started()) == 1


@pytest.mark.parametrize("seed", range(6))
def test_many_at_once_start_it_once(site, seed):
    dice = random.Random(seed)
    running = [site.begin("j%d.1" % index, site.order(patience=30.0)) for index in range(6)]
    for child, _pipe in running:
        if dice.random() < 0.3:
            os.kill(child, signal.SIGKILL)
    for child, _pipe in running:
        os.waitpid(child, 0)
    said = [site.read(pipe) for _child, pipe in running]
    assert not [text for text in said if text.startswith("broken")], said
    last = site.start("j99.1")
    assert last in ("started", "attached")
    finish(site)
    assert len(site.started()) == 1 and said.count("started") <= 1


def test_a_full_disk_refuses_a_start_and_fails_no_job(site, monkeypatch):
    def full(*_args):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(fence_start.run, "reserve", full)
        assert "No space left" in site.start("j1.1")
    until(lambda: site.fence.latest().state() == fence_layout.EMPTY, "the lock stays")
    assert site.started() == []
    assert site.start("j2.1") == "started"
    assert finish(site)["status"] == "succeeded" and site.started() == ["j2.1"]


def test_a_disk_that_fills_meanwhile_delays_the_end_and_does_not_take_it(site, monkeypatch):
    real, stuck = fence_start.run.record, site.root / "full"
    stuck.write_text("")

    def record(*args, **named):
        if stuck.exists():
            raise OSError(28, "No space left on device")
        return real(*args, **named)

    monkeypatch.setattr(fence_start.run, "record", record)
    assert site.start("j1.1") == "started"
    site.open()
    until(site.started, "the payload does not run")
    assert site.start("j2.1") == "attached"
    stuck.unlink()
    assert finish(site)["status"] == "succeeded" and site.seen("j2.1")["rc"] == 0
