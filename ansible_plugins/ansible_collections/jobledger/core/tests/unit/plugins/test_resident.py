"""The resident deliverer: what live runs write and what dead ones left, each event once, by one process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.jobledger.core.plugins.plugin_utils.delivery import access, resident, spool_place, whereabouts
from ansible_collections.jobledger.core.plugins.plugin_utils.delivery.client import Client
from ansible_collections.jobledger.core.plugins.plugin_utils.delivery.sender import Sender
from ansible_collections.jobledger.core.plugins.plugin_utils.delivery.settings import Address
from test_spool import REPLAY, Run, dead_run
from tools.ingester import Ingester


def _resident(directory, url):
    client = Client(Address(url))
    place = spool_place.Place(str(directory), client.address, environment={"TMPDIR": str(directory)})
    said: list = []
    found = resident.Resident(place, Sender(client, 5, 30), 30, lambda outcome, _reason: said.append(outcome))
    return found, place, said


def _only_writing(directory):
    run = Run(directory)
    run.sender._client = access.Resting(None)
    return run


def _seqs(server) -> list[int]:
    return [event["seq"] for event in server.events]


def test_what_a_live_run_writes_is_delivered_while_it_goes_on_and_the_rest_when_it_is_over(tmp_path):
    with Ingester() as server:
        found, place, said = _resident(tmp_path, server.url)
        run = _only_writing(place.own())
        for wanted in (2, 4):
            run.launch(2)
            run.sender.flush()
            assert found.round() and _seqs(server) == list(range(1, wanted + 1))
        run.launch()
        run.journal.write("run_finished", {"stats": {}})
        run.end()
        assert found.round() and sorted(set(_seqs(server))) == [1, 2, 3, 4, 5, 6]
        assert not list(tmp_path.rglob("*.spool")) and server.of("run_interrupted") == []
        found.round()
        assert all(outcome.left == 0 for outcome in said)


def test_run_that_was_killed_is_told_to_be_interrupted_though_all_of_it_was_delivered(tmp_path):
    with Ingester() as server:
        found, place, _said = _resident(tmp_path, server.url)
        ready, go = os.pipe(), os.pipe()
        child = os.fork()
        if not child:
            try:
                run = _only_writing(place.own())
                run.launch(3)
                os.write(ready[1], b".")
                os.read(go[0], 1)
            finally:
                os.kill(os.getpid(), signal.SIGKILL)
        os.read(ready[0], 1)
        assert found.round() and _seqs(server) == [1, 2, 3]
        os.write(go[1], b".")
        os.waitpid(child, 0)
        assert found.round() and _seqs(server) == [1, 2, 3, 4] and len(server.of("run_interrupted")) == 1
        assert [len(batch) for batch in server.batches] == [3, 1]  # nothing was sent again


def test_ledger_that_does_not_take_it_is_asked_again_and_nothing_is_lost(tmp_path):
    with Ingester(always="500") as server:
        found, place, _said = _resident(tmp_path, server.url)
        found._seconds = 0.2
        dead_run(place.own())
        assert not found.round()
        server.always = None
        assert found.round() and _seqs(server) == [1, 2, 3, 4]


def test_refused_event_of_a_live_run_waits_until_somebody_may_set_it_aside(tmp_path):
    with Ingester() as server:
        server.refuse_hosts = {"bad"}
        found, place, _said = _resident(tmp_path, server.url)
        run = _only_writing(place.own())
        run.launch(1, host="bad")
        run.launch(1)
        assert found.round() and _seqs(server) == []
        run.end()
        assert found.round() and _seqs(server) == [2] and len(list(tmp_path.rglob("*.dead"))) == 1


def test_there_is_one_resident_and_runs_see_it_as_long_as_it_lives(tmp_path):
    with Ingester() as server:
        _found, place, _said = _resident(tmp_path, server.url)
        assert not place.has_resident()
        command = [sys.executable, "-I", str(REPLAY), "--url", server.url, "--spool-dir", str(tmp_path), "--follow"]
        environment = dict(os.environ, TMPDIR=str(tmp_path), PYTHONDONTWRITEBYTECODE="1", PYTHONUNBUFFERED="1")
        one = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
        try:
            assert one.stdout.readline().startswith("delivering what is in")
            assert place.has_resident() and whereabouts.become_resident(place.own(), 1, lambda _seconds: None) is None
            another = subprocess.run(command, stderr=subprocess.PIPE, text=True, env=environment, check=False)
            assert another.returncode == 2 and "another resident" in another.stderr
            path = Path(dead_run(place.own()))
            assert server.wait_for(lambda events: len(events) == 4)
            assert one.stdout.readline().startswith(path.name)
            one.terminate()
            assert one.wait(60) == 0 and not place.has_resident()
        finally:
            one.kill()
            one.communicate()


@pytest.mark.parametrize("there", [True, False])
def test_run_that_finds_a_resident_only_writes_and_warns_when_it_has_gone(controller, ingester, there):
    tasks = "- {name: P, hosts: all, gather_facts: false, tasks: [{name: one, command: 'true', async: 30, poll: 0}%s]}"
    place = spool_place.Place(str(controller.spool), Address(ingester.url))
    lock = whereabouts.become_resident(place.own())
    holder = os.fork()
    if not holder:
        os.close(lock)
        whereabouts.become_resident(place.own())
        signal.pause()
    os.close(lock)
    try:
        while not place.has_resident():
            os.sched_yield()
        leave = "" if there else ", {command: kill %d}" % holder
        done = controller.playbook(tasks % leave, url=ingester.url)
        assert done.returncode == 0 and ingester.requests == [] and len(controller.left()) == 1
        assert ("the resident deliverer has gone" in " ".join(done.stderr.split())) is not there, done.stderr
    finally:
        os.kill(holder, signal.SIGKILL)
        os.waitpid(holder, 0)
