"""Settle, cancel and free with jobs of start_once: real Ansible, real fences; the ingester is a recording one."""

from __future__ import annotations

import json
import os
import signal

import pytest
from ansible_collections.jobledger.core.plugins.module_utils import fence_layout
from tools.controller import Controller
from tools.ingester import Ingester
from tools.program import until

START = """
- name: Upgrade
  hosts: h1
  gather_facts: false
  tasks:
    - name: "{{ item }}"
      jobledger.core.start_once:
        module: ansible.builtin.command
        args: {cmd: sleep 600}
      async: 900
      poll: 0
      vars: {jobledger_job: "{{ item }}"}
      loop: %s
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A controller whose fence directory is its own, and jobs that no ledger was told of."""
    root = tmp_path_factory.mktemp("site")
    controller = Controller(root)
    controller.inventory("h1 jobledger_fence_dir=%s" % _fence_dir(root))
    _start(controller, ["alive", "lost", "cancelled"])
    with Ingester() as ingester:
        yield controller, ingester
    for attempt in _attempts(controller).values():
        _end(attempt)


def _fence_dir(root):
    return root / "fence"


def _start(controller, names):
    done = controller.playbook(START % json.dumps(names))
    assert done.returncode == 0, done.stdout + done.stderr


def _attempts(controller) -> dict:
    found = {}
    for fence in fence_layout.fences(str(_fence_dir(controller.root))):
        found[fence.names["job"]] = fence.latest()
    return found


def _end(attempt):
    """Kill everything of a job, its keepers first, as a host that goes down does."""
    hints = attempt.processes
    for pid in [hints.get("guardian"), hints.get("keeper"), *fence_layout.marked(attempt.start["job_id"])]:
        if pid:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
    until(lambda: not attempt.is_held())


def _play(site, name, **variables):
    controller, ingester = site
    ingester.events.clear()
    return controller.command(
        "ansible-playbook", "jobledger.core." + name, "-e", json.dumps(variables), JOBLEDGER_URL=ingester.url
    )


def test_starts_that_no_controller_lived_to_tell_of_are_told_with_their_names(site):
    controller, ingester = site
    attempts = _attempts(controller)
    _end(attempts["lost"])
    done = _play(site, "settle")
    assert done.returncode == 0, done.stdout + done.stderr
    told = {event["job"]: event for event in ingester.events if event.get("adopted")}
    assert set(told) == {"alive", "lost", "cancelled"} and {event["play"] for event in told.values()} == {"Upgrade"}
    assert told["alive"]["type"] == "job_polled" and told["alive"]["sighting"]["processes"] >= 3
    assert (told["lost"]["type"], told["lost"]["status"], told["lost"]["reason"]) == ("job_ended", "lost", "vanished")
    # Written down in the fence as well: the next start sees a loss, and does not wait.
    assert attempts["lost"].end["status"] == "lost" and attempts["alive"].state() == "running"


def test_fence_that_was_freed_lets_the_same_work_start_again(site):
    controller, _ingester = site
    refused = controller.playbook(START % json.dumps(["lost"]))
    assert refused.returncode == 2 and "lost" in refused.stdout
    held = _play(site, "settle", fence_free="h1 / Upgrade / alive", fence_reason="try", settle_adopt=False)
    assert held.returncode == 2 and "lives: cancel it first" in held.stdout
    done = _play(
        site, "settle", fence_free="h1 / Upgrade / lost", fence_reason="restored from an image", settle_adopt=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (run,) = site[1].of("run_started")
    assert run["labels"] == {"fence_freed": "h1 / Upgrade / lost", "fence_freed_reason": "restored from an image"}
    _start(controller, ["lost"])
    assert _attempts(controller)["lost"].number == 2 and _attempts(controller)["lost"].state() == "running"


def test_job_of_a_fence_is_cancelled_and_its_fence_says_so(site):
    controller, ingester = site
    attempt = _attempts(controller)["cancelled"]
    job = {
        "host": "h1",
        "play": "Upgrade",
        "job_name": "cancelled",
        "ansible_job_id": attempt.start["job_id"],
        "execution_host": "h1",
        "status": "running",
        "results_file": attempt.results_file(),
    }
    ingester.records["/api/v1/jobs/h1/Upgrade/cancelled"] = (200, "application/json", job)
    done = _play(
        site,
        "cancel",
        cancel_host="h1",
        cancel_play="Upgrade",
        cancel_job="cancelled",
        cancel_reason="wrong release",
        cancel_grace=5,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (ended,) = ingester.of("job_ended")
    assert (ended["status"], attempt.end["status"], attempt.cancelled["reason"]) == (
        "cancelled",
        "cancelled",
        "wrong release",
    )
    assert (
        not fence_layout.marked(attempt.start["job_id"])
        and attempt.result()["jobledger_cancelled"]["reason"] == "wrong release"
    )
