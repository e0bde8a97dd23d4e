"""Fault suite, 1: kill -9 of the real ingester, and of controllers, under load from real callbacks; again and again, on
one ledger.

Every event that reached a spool is in the ledger once, every job can be found, and the mirror's files are whole at
every moment.
"""

from __future__ import annotations

import json
import os
import random
import signal

import pytest
from tools import real_ingester
from tools.controller import Controller
from tools.fault_site import SOAK, Site, json_below
from tools.program import until

pytestmark = pytest.mark.skipif(real_ingester.missing() is not None, reason=str(real_ingester.missing()))
ROUNDS, SITES = (12, 4) if SOAK else (2, 2)
TASKS = """
- name: Load
  hosts: all
  gather_facts: false
  strategy: free
  tasks:
    - {name: fired, command: "true", async: 60, poll: 0, loop: [1, 2, 3, 4]}
    - {name: awaited, command: "true", async: 60, poll: 1}
    - {name: again, command: "true", async: 60, poll: 0, loop: [1, 2, 3, 4]}
"""


def _round(server, sites, chance, kills) -> None:
    """One run on each site: the ingester is killed twice, the last site's controller once, each at some event
    further on.
    """
    running = [site.launch(server.url, TASKS, JOBLEDGER_TIMEOUT="0.5") for site in sites]
    try:
        for victim in ("ingester", "controller", "ingester"):
            number = len(sites) - 1 if victim == "controller" else chance.randrange(len(sites) - 1)
            site, process = sites[number], running[number]
            aim = len(site.spooled()) + chance.randint(1, 4)
            until(lambda: len(site.spooled()) >= aim or process.poll() is not None, 120)
            if victim == "ingester":
                server.kill()
                json_below(server.root / "data" / "mirror")
            elif process.poll() is None:
                os.kill(process.pid, signal.SIGKILL)
                server.start()  # the one before it killed the ingester
            else:
                server.start()
                continue
            kills[victim] += 1
        server.start()
    finally:
        ends = [process.communicate(timeout=600) for process in running]
    assert [process.returncode for process in running[:-1]] == [0] * (len(sites) - 1), ends


def test_both_sides_killed_under_load_lose_and_double_nothing(tmp_path, table):
    chance = random.Random(4)
    sites = [Site(tmp_path / ("site%d" % number), hosts=["h1", "h2"]) for number in range(SITES)]
    kills = {"ingester": 0, "controller": 0}
    with real_ingester.RealIngester(tmp_path) as server:
        for _ in range(ROUNDS):
            _round(server, sites, chance, kills)
        for site in sites:
            done = site.replay(server.url)
            assert done.returncode == 0 and site.left_files() == [], (done, site.left_files())
        spooled = [event for site in sites for event in site.spooled()]
        sent = [(event["run_id"], event["seq"]) for event in spooled]
        assert kills["ingester"] == 2 * ROUNDS and kills["controller"] > 0
        # No spool is left, so all of it was acknowledged.
        table.row(
            "kill -9: ingester %(ingester)d, controller %(controller)d" % kills,
            sum(kills.values()),
            sent,
            len(set(sent)),
            server.stored(),
        )
        launched = [event for event in spooled if event["type"] == "job_started"]
        for event in launched:
            (found,) = server.get("/api/v1/jobs?ansible_job_id=" + event["ansible_job_id"])["jobs"]
            assert (found["host"], found["job_name"]) == (event["host"], event["job"])
        for run in {event["run_id"] for event in spooled}:
            told = server.get("/api/v1/runs/" + run)
            ended = any(event["type"] == "run_finished" for event in spooled if event["run_id"] == run)
            assert told["missing"] == {"count": 0, "first_gap": None} and told["complete"] is ended
            # Nobody waited for an hour of silence: the replay found its process gone.
            assert told["state"] == ("finished" if ended else "interrupted")
        until(lambda: server.get("/api/v1/mirrors")["mirrors"][0]["pending"] == 0, 120)
        assert json_below(server.root / "data" / "mirror") == len(
            {(event["host"], event["play"], event["job"]) for event in launched}
        )


def test_intent_of_a_controller_that_died_is_listed_and_of_one_that_did_not_is_not(tmp_path):
    site = Controller(tmp_path)
    text = (
        "- {name: P, hosts: all, gather_facts: false, tasks: [{name: seen, command: 'true', async: 60, poll: 1}, "
        "{name: not today, command: 'true', async: 60, poll: 1, when: false}, {name: unseen, shell: 'while ! test -e "
        "go; do sleep 0.1; done', args: {chdir: ROOT}, async: 60, poll: 15}]}".replace("ROOT", str(tmp_path))
    )
    with real_ingester.RealIngester(tmp_path) as server:
        running = site.start(text, url=server.url)
        try:
            until(
                lambda: [
                    run
                    for run in server.get("/api/v1/runs")["runs"]
                    if "unseen" in json.dumps(server.get("/api/v1/runs/%s/events" % run["run_id"]))
                ],
                120,
            )
        finally:
            running.kill()
            site.write("go", "")  # the job and its watchers end by themselves
            running.communicate(timeout=600)
        (run,) = server.get("/api/v1/runs")["runs"]
        told = server.get("/api/v1/runs/" + run["run_id"])
        assert [
            (intent["host"], intent["play"], intent["job"], intent["task"]) for intent in told["intended_unseen"]
        ] == [("h1", "P", "unseen", "unseen")]
        assert told["missing"] == {"count": 0, "first_gap": None}
