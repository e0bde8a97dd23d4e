"""Settle and cancel with real Ansible and real jobs; the ingester is a recording one."""

from __future__ import annotations

import json
import os
import socket

import pytest
from ansible_collections.jobledger.core.plugins.module_utils import processes
from tools.async_wrapper import end
from tools.controller import Controller
from tools.ingester import Ingester
from tools.program import until

# Started once for all tests of this file; each test has jobs of its own.
START = """
- name: Upgrade
  hosts: h1
  gather_facts: false
  tasks:
    - {name: long, command: sleep 600, async: 900, poll: 0, vars: {jobledger_job: "{{ item }}"}, loop: [alive, killed, cancelled, gone]}
    - {name: failed, command: sh -c 'exit 3', async: 900, poll: 0}
    - {name: cleaned, command: "true", async: 900, poll: 0}
    - {name: hidden, command: sleep 600, async: 900, poll: 0, no_log: true}
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A controller, an ingester, and their jobs on h1 by name. At the end none is left."""
    controller = Controller(tmp_path_factory.mktemp("site"))
    with Ingester() as ingester:
        done = controller.playbook(START, url=ingester.url)
        assert done.returncode == 0, done.stdout + done.stderr
        jobs = {event["job"]: event for event in ingester.of("job_started")}
        told = [event["ansible_job_id"] for event in jobs.values()]
        (jobs["hidden"],) = [
            {"ansible_job_id": name} for name in os.listdir(controller.root / "async") if name not in told
        ]
        yield controller, ingester, jobs
        for event in jobs.values():
            end(event["ansible_job_id"])


@pytest.fixture
def controller(site):
    site[0].inventory("h1")
    return site[0]


@pytest.fixture
def ingester(site, started):
    """The ledger lists the jobs that it was told of."""
    site[1].jobs = [_listed(started[name], name) for name in ("alive", "killed", "failed", "cleaned")]
    site[1].records = {
        "/api/v1/runs/" + started["alive"]["run_id"]: (200, "application/json", {"controller": socket.gethostname()})
    }
    site[1].events.clear()
    yield site[1]
    assert site[1].wrong == []


@pytest.fixture
def started(site):
    return site[2]


def _listed(event, name, status="running"):
    return {
        "host": event["host"],
        "play": "Upgrade",
        "job_name": name,
        "ansible_job_id": event["ansible_job_id"],
        "execution_host": event["host"],
        "status": status,
        "results_file": event["results_file"],
        "run_id": event["run_id"],
        "connection": "local",
        "save_time": "2026-01-01T00:00:00.000000Z",
    }


def _settle(controller, ingester, *arguments, **environment):
    ingester.events.clear()
    return controller.command(
        "ansible-playbook", "jobledger.core.settle", *arguments, url=None, JOBLEDGER_URL=ingester.url, **environment
    )


def test_each_job_is_settled_in_one_visit_and_none_is_ended(controller, ingester, started):
    end(started["killed"]["ansible_job_id"])
    until(lambda: "rc" in open(started["failed"]["results_file"]).read())
    until(lambda: "rc" in open(started["cleaned"]["results_file"]).read())
    # The process that watches the time stays for some seconds.
    end(started["cleaned"]["ansible_job_id"])
    os.remove(started["cleaned"]["results_file"])
    done = _settle(controller, ingester)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("TASK [Look at the jobs of each host]") == 1
    (polled,) = ingester.of("job_polled", ansible_job_id=started["alive"]["ansible_job_id"])
    assert (
        polled["sighting"]["processes"] == 4
        and polled["sighting"]["memory_bytes"] > 0
        and polled["results_file"] == started["alive"]["results_file"]
    )
    ends = {event["ansible_job_id"]: event for event in ingester.of("job_ended")}
    said = [
        (
            ends[started[name]["ansible_job_id"]].get("status"),
            ends[started[name]["ansible_job_id"]].get("reason"),
            ends[started[name]["ansible_job_id"]].get("rc"),
        )
        for name in ("killed", "failed", "cleaned")
    ]
    assert said == [("lost", "vanished", None), ("failed", None, 3), ("lost", "no_results_file", None)]
    # What the ledger was never told of is adopted, and named by what can be read of it.
    (adopted,) = ingester.of("job_polled", ansible_job_id=started["hidden"]["ansible_job_id"])
    assert (adopted["adopted"], adopted["job"]) == (
        True,
        "sleep " + started["hidden"]["ansible_job_id"],
    ) and "play" not in adopted
    (run,) = ingester.of("run_started")
    assert (run["playbook"], len(ingester.of("run_finished")), {event["run_id"] for event in ingester.events}) == (
        "settle",
        1,
        {run["run_id"]},
    )
    for line in (
        "h1 / Upgrade / alive: alive since 20",
        "h1 / Upgrade / killed: gone: the results file says started, and no process",
        "h1 / Upgrade / failed: ended, failed (3)",
        "h1 / Upgrade / cleaned: absent: there is no",
        "adopted, alive since 20",
    ):
        assert line in done.stdout, done.stdout
    assert processes.look().family(started["alive"]["ansible_job_id"])
    # A second visit finds the adopted job known.
    ingester.jobs.append(
        _listed(
            dict(started["alive"], ansible_job_id=adopted["ansible_job_id"], results_file=adopted["results_file"]),
            adopted["job"],
        )
    )
    _settle(controller, ingester)
    assert not [
        event
        for event in ingester.events
        if event.get("adopted") and event["ansible_job_id"] == adopted["ansible_job_id"]
    ]
    assert ingester.of("job_polled", ansible_job_id=adopted["ansible_job_id"])


def test_host_without_an_answer_and_host_without_an_inventory_line_are_named(controller, ingester, started):
    controller.inventory("h1", "h2 ansible_connection=ssh ansible_host=127.0.0.1 ansible_port=1")
    for host in ("h2", "h9"):
        job = dict(
            _listed(started["alive"], "job of " + host),
            host=host,
            execution_host=host,
            connection="ssh",
            ansible_job_id="j%s.1" % host[1:],
        )
        ingester.jobs.append(job)
    elsewhere = dict(
        _listed(started["alive"], "by another"),
        run_id="11111111-1111-4111-8111-111111111111",
        execution_host="localhost",
        ansible_job_id="j3.1",
    )
    ingester.records["/api/v1/runs/" + elsewhere["run_id"]] = (200, "application/json", {"controller": "another"})
    ingester.jobs.append(elsewhere)
    done = _settle(controller, ingester, "-e", "settle_adopt=false")
    assert done.returncode == 2 and "Some hosts could not be looked at" in done.stdout
    (missed,) = ingester.of("job_unreached")
    assert (missed["host"], missed["ansible_job_id"]) == ("h2", "j2.1") and "onnect" in missed["message"]
    assert "h9: the inventory does not know this host (1 open jobs)" in done.stdout
    assert "h1 / Upgrade / by another: it ran on another controller itself" in done.stdout
    assert not [event for event in ingester.events if event.get("ansible_job_id") in ("j9.1", "j3.1")]
    assert ingester.of("job_polled", ansible_job_id=started["alive"]["ansible_job_id"])


def test_limit_keeps_hosts_out_and_check_mode_tells_nothing(controller, ingester, started):
    controller.inventory("h1", "h2")
    ingester.jobs.append(dict(_listed(started["alive"], "other"), execution_host="h2", ansible_job_id="j2.1"))
    done = _settle(controller, ingester, "--limit", "h1", "--check")
    assert done.returncode == 0 and "h1 / Upgrade / alive: alive" in done.stdout and ingester.events == [], (
        done.stdout + done.stderr
    )
    assert "other" not in done.stdout


def test_settle_without_a_ledger_looks_at_nothing(controller):
    done = controller.command("ansible-playbook", "jobledger.core.settle", JOBLEDGER_URL="http://127.0.0.1:1")
    assert done.returncode == 2 and "cannot be asked" in done.stdout and "Look at the jobs" not in done.stdout


def _cancel(controller, ingester, job, *arguments):
    path = "/api/v1/jobs/h1/Upgrade/" + job["job_name"]
    ingester.records[path] = (200, "application/json", job)
    ingester.events.clear()
    names = {
        "cancel_host": "h1",
        "cancel_play": "Upgrade",
        "cancel_job": job["job_name"],
        "cancel_reason": "wrong database",
        "cancel_grace": 5,
    }
    return controller.command(
        "ansible-playbook", "jobledger.core.cancel", "-e", json.dumps(names), *arguments, JOBLEDGER_URL=ingester.url
    )


CHECK = """
- name: Upgrade
  hosts: h1
  gather_facts: false
  tasks:
    - {name: look, async_status: {jid: "%s"}}
"""


def test_job_is_cancelled_by_name_and_every_reader_says_so(controller, ingester, started):
    job = started["cancelled"]
    done = _cancel(controller, ingester, _listed(job, "cancelled"), "--check")
    assert done.returncode == 0, done.stdout + done.stderr
    assert processes.look().family(job["ansible_job_id"]) and ingester.events == []
    done = _cancel(controller, ingester, _listed(job, "cancelled"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert not processes.look().family(job["ansible_job_id"])
    (ended,) = ingester.of("job_ended")
    assert (
        ended["status"],
        ended["by"].endswith("@" + socket.gethostname()),
        ended["message"].endswith(": wrong database"),
    ) == ("cancelled", True, True)
    # What the recorder makes of the same file.
    ingester.events.clear()
    done = controller.playbook(CHECK % job["ansible_job_id"], url=ingester.url)
    assert done.returncode == 2 and "wrong database" in done.stdout
    (checked,) = ingester.of("job_ended")
    assert (checked["status"], checked["by"], checked["message"]) == ("cancelled", ended["by"], ended["message"])


def test_job_that_has_ended_keeps_its_end_and_one_that_is_gone_is_told_so(controller, ingester, started):
    until(lambda: "rc" in open(started["failed"]["results_file"]).read())
    done = _cancel(controller, ingester, _listed(started["failed"], "failed"))
    (ended,) = ingester.of("job_ended")
    assert done.returncode == 2 and "it is ended" in done.stdout and (ended["status"], ended["rc"]) == ("failed", 3)
    end(started["gone"]["ansible_job_id"])
    done = _cancel(controller, ingester, _listed(started["gone"], "gone"))
    (ended,) = ingester.of("job_ended")
    assert done.returncode == 2 and (ended["status"], ended["reason"]) == ("lost", "vanished")
    done = _cancel(controller, ingester, _listed(started["alive"], "alive", status="succeeded"))
    assert done.returncode == 2 and "has ended: it is succeeded" in done.stdout and ingester.events == []


def test_controller_that_waits_for_a_job_learns_that_it_was_cancelled(controller, ingester):
    waiting = controller.start(
        """
- name: Upgrade
  hosts: h1
  gather_facts: false
  tasks:
    - {name: waited for, command: sleep 600, async: 900, poll: 1}
""",
        url=ingester.url,
    )
    assert ingester.wait_for(lambda events: any(event["type"] == "job_started" for event in events))
    (job,) = ingester.of("job_started")
    done = controller.command(
        "ansible",
        "h1",
        "-m",
        "jobledger.core.cancel",
        "-a",
        "ansible_job_id=%s results_file=%s grace=5 reason=stop" % (job["ansible_job_id"], job["results_file"]),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    output = waiting.communicate(timeout=120)[0]
    assert waiting.returncode == 2 and "cancelled by" in output
    (ended,) = ingester.of("job_ended", ansible_job_id=job["ansible_job_id"])
    assert ended["status"] == "cancelled" and ended["message"].endswith(": stop") and ended["by"]
