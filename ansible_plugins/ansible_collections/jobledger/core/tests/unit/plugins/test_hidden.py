"""Jobs whose id `no_log` hides: a check of a registered id finds the event that told of the job, and no other."""

from __future__ import annotations

import json

import pytest
from ansible_collections.jobledger.core.plugins.plugin_utils.recording.hidden import HiddenJobs
from ansible_collections.jobledger.core.plugins.plugin_utils.recording.journal import Journal


def _hidden():
    written: list[dict] = []
    return HiddenJobs(Journal(lambda _kind, line: written.append(json.loads(line)))), written


def _start(jobs, register, task="t1", host="h"):
    return jobs.started(
        {"host": host, "execution_host": host, "play": "p", "task": task, "job": task, "no_log": True}, register, task
    )


# From ansible-core 2.21 on a task's `register` is a dictionary, even where it is one name.
@pytest.mark.parametrize("register", ["r", {"r": "whole", "other": "part"}])
def test_check_of_a_registered_id_finds_its_job(register):
    jobs, written = _hidden()
    _start(jobs, None), _start(jobs, register), _start(jobs, "s", "t2")
    known = {"r": {"ansible_job_id": "j1.1"}, "s": {"ansible_job_id": "j2.2"}}.get
    found = jobs.find("h", "j1.1", known)
    jobs.ended(found, "failed")
    jobs.ended(found, "lost")  # weaker
    assert [(event["type"], event.get("launch"), event.get("status")) for event in written[3:]] == [
        ("job_ended", 2, "failed")
    ]
    assert jobs.find("h", "j2.2", known).fields["launch"] == 3
    assert jobs.find("h", "j9.9", known) is jobs.find("elsewhere", "j1.1", known) is None


def test_items_of_a_loop_are_told_apart_by_their_place_and_attempts_by_the_last():
    jobs, _written = _hidden()
    first, second = _start(jobs, "r"), _start(jobs, "r")
    results = {"results": [{"skipped": True}, {"ansible_job_id": "j1.1"}, {"ansible_job_id": "j2.2"}]}
    assert (
        jobs.find("h", "j1.1", lambda _name: results) is first
        and jobs.find("h", "j2.2", lambda _name: results) is second
    )
    assert (
        jobs.find("h", "j3.3", lambda _name: {"ansible_job_id": "j3.3"}) is second
    )  # tried twice, the last one registered
    assert (
        jobs.find("h", "j1.1", lambda _name: {"results": [{"ansible_job_id": "j%d.%d" % (n, n)} for n in range(1, 4)]})
        is None
    )


@pytest.mark.parametrize("value", [None, 7, [], {}, {"results": "x"}, {"results": [7]}, {"ansible_job_id": ["j1.1"]}])
def test_variable_that_holds_something_else_finds_nothing(value):
    jobs, _written = _hidden()
    _start(jobs, "r")
    assert jobs.find("h", "j1.1", lambda _name: value) is None
