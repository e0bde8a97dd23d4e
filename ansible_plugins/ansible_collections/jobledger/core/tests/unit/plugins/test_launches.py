"""A worker tells of a launch by a note: the recorder numbers it at once, or whoever delivers the spool of a dead run."""

from __future__ import annotations

import os
import signal
import threading
import uuid
from types import SimpleNamespace

import pytest
from ansible_collections.jobledger.core.plugins.plugin_utils.delivery import launch_notes, spool, spool_format
from ansible_collections.jobledger.core.plugins.plugin_utils.delivery.launch_watch import LaunchWatch
from ansible_collections.jobledger.core.plugins.plugin_utils.recording import launches
from ansible_collections.jobledger.core.plugins.plugin_utils.recording.jobs import Jobs
from ansible_collections.jobledger.core.plugins.plugin_utils.recording.journal import utc_now
from ansible_collections.jobledger.core.plugins.plugin_utils.recording.observer import Observer
from test_spool import Run, in_child, replay, spooled
from tools.ingester import Ingester

AT = "2026-11-29T12:00:00.000000Z"
FENCE = {"attempt": 1, "ansible_job_id": "j7.1", "results_file": "/r/j7.1"}


def _note(number, **more):
    named = {"host": "h", "play": "p", "job": "n%d" % number, "task": "t", "ansible_job_id": "j%d.9" % number}
    return dict(named, type="job_started", at=AT, **more)


def _killed_with_notes(directory, url=None, count=2, before=lambda run: run.launch(2)):
    def run():
        run = Run(directory, url, timeout=60, budget=120)
        before(run)
        for number in range(count):
            launch_notes.leave(str(directory), run.journal.run_id, _note(number))
        os.kill(os.getpid(), signal.SIGKILL)

    assert os.WTERMSIG(in_child(run)) == 9


class _Context:
    """What the observer asks of a task's context."""

    def __init__(self, task, loop=False):
        self.host, self.task, self.mark, self.is_loop = "h", task, utc_now(), loop
        self.current_id, self.retries_seen, self.intent, self.attempts_pending = None, 0, None, []

    def launch(self, task, result):
        label = None if "censored" in result else result.get("_ansible_item_label")
        job = "Do it" if label is None else "Do it (%s)" % label
        return {"host": "h", "play": "p", "task": "Do it", "job": job, "poll": 5, "no_log": bool(task.no_log)}


def _observer(run, **task):
    task = SimpleNamespace(_uuid="u1", poll=5, no_log=False, action="start_once", until=None, args={}, **task)
    observer = Observer(run.journal, Jobs(run.journal, 10.0, lambda: 0.0), lambda host, task: _Context(task), utc_now)
    observer.task_started(SimpleNamespace(name="h"), task)
    return observer, task


@pytest.fixture
def offered():
    yield launches
    launches.offer(None)


def test_note_of_a_worker_is_an_event_of_the_run_at_once(tmp_path, offered):
    run = Run(tmp_path)
    observer, task = _observer(run)
    heard = threading.Event()
    watch = LaunchWatch(str(run.path), run.journal.run_id, heard.set)
    offered.offer(lambda *given: watch.leave(observer.note(*given)))
    reply = {"ansible_job_id": "j1.1", "results_file": "/r/j1.1", "decision": "started", "fence": FENCE}
    assert in_child(lambda: 0 if launches.tell(task, "h", reply) else 1) == 0
    assert heard.wait(30)
    watch.take(observer.noted)
    intended, started = spooled(run.path)
    assert (started["type"], started["seq"], started["intent"]) == ("job_started", 2, intended["seq"])
    # The job's own id, and not that of the link by which this controller polls.
    assert (started["ansible_job_id"], started["results_file"], started["job"]) == ("j7.1", "/r/j7.1", "Do it")
    assert launch_notes.found(str(tmp_path), run.journal.run_id) == []
    # What Ansible shows later adds nothing.
    observer.polled(SimpleNamespace(name="h"), dict(reply), SimpleNamespace(args={}))
    assert len(spooled(run.path)) == 2
    run.end()


def test_item_of_a_loop_has_its_label_and_a_hidden_one_has_none(tmp_path):
    run = Run(tmp_path)
    observer, task = _observer(run)
    item = {"ansible_loop_var": "item", "item": "a", "_ansible_item_label": "a"}
    assert observer.note(task, "h", {"ansible_job_id": "j1.1"}, item)["job"] == "Do it (a)"
    task.no_log = True
    hidden = observer.note(task, "h", {"ansible_job_id": "j1.1", "stdout": "secret"}, item)
    assert hidden["job"] == "Do it" and hidden["no_log"] is True and "secret" not in str(hidden)


def test_job_that_was_there_is_seen_and_not_started(tmp_path):
    run = Run(tmp_path)
    observer, task = _observer(run)
    found = observer.note(task, "h", {"ansible_job_id": "j1.1", "decision": "attached", "fence": FENCE}, {})
    assert found["type"] == "job_polled" and found["decision"] == "attached"
    observer.noted(found)
    assert [event["type"] for event in spooled(run.path)] == ["job_intended", "job_polled"]


def test_task_that_nobody_follows_and_a_run_without_recorder_tell_nothing(tmp_path, offered):
    observer, task = _observer(Run(tmp_path))
    assert observer.note(task, "elsewhere", {"ansible_job_id": "j1.1"}, {}) is None
    assert observer.note(task, "h", {"decision": "refused"}, {}) is None
    assert not launches.tell(task, "h", {"ansible_job_id": "j1.1"})
    offered.offer(lambda *_given: 1 / 0)
    assert not launches.tell(task, "h", {"ansible_job_id": "j1.1"})


def test_note_whose_run_was_delivered_already_is_not_left(tmp_path):
    watch = LaunchWatch(str(tmp_path / "gone.spool"), "gone", lambda: None)
    assert not watch.leave(_note(1)) and os.listdir(tmp_path) == []


def test_who_delivers_a_dead_run_numbers_its_notes_before_it_says_that_it_was_interrupted(tmp_path):
    _killed_with_notes(tmp_path)
    with Ingester() as server:
        done = replay(tmp_path, server.url)
        assert done.returncode == 0 and "4 delivered, its run was interrupted" in done.stdout, done
        assert [(event["seq"], event["type"]) for event in server.events][2:] == [
            (3, "job_started"),
            (4, "job_started"),
            (5, "run_interrupted"),
        ]
        assert {event["ansible_job_id"] for event in server.events[2:4]} == {"j0.9", "j1.9"}
        assert server.wrong == [] and os.listdir(tmp_path) == []


def test_notes_stay_while_the_ledger_is_away_and_no_damaged_one_is_believed(tmp_path):
    _killed_with_notes(tmp_path, count=1)
    (path,) = tmp_path.glob("*.launch")
    with Ingester(always="500") as server:
        assert replay(tmp_path, server.url, "--seconds", "1").returncode == 1
    assert path.exists()
    path.write_bytes(b'{"type":"job_sta')
    with Ingester() as server:
        assert replay(tmp_path, server.url).returncode == 0
        assert [event["type"] for event in server.events] == ["job_started"] * 2 + ["run_interrupted"]
    assert [name for name in os.listdir(tmp_path) if not name.endswith(".dead")] == []


def test_note_without_its_run_goes_when_it_is_old(tmp_path):
    launch_notes.leave(str(tmp_path), str(uuid.uuid4()), _note(1))
    (path,) = tmp_path.glob("*.launch")
    assert spool.waiting(str(tmp_path)) == [] and path.exists()
    os.utime(path, (0, 0))
    assert spool.waiting(str(tmp_path)) == [] and not path.exists()


def test_note_that_nobody_can_number_is_set_aside_and_said(tmp_path):
    _killed_with_notes(tmp_path, count=1)
    (path,) = tmp_path.glob("*.spool")
    data = path.read_bytes()
    head, first = spool_format.head_of(data, len(data))
    path.write_bytes(spool_format.header(head._replace(owner="f" * len(head.owner))) + data[first:])
    with Ingester() as server:
        done = replay(tmp_path, server.url)
        assert "2 delivered, 1 refused" in done.stdout, done
    (dead,) = tmp_path.glob("*.dead")
    assert "j0.9" in dead.read_text() and not list(tmp_path.glob("*.launch"))
