"""Settle and cancel with nothing replaced: real Ansible, real jobs, the real ingester. Then start_once, whose fence settle reads."""

from __future__ import annotations

import json
import os

import pytest
from tools import async_wrapper
from tools.controller import Controller
from tools.program import JAR, Program

if not JAR.is_file() and "JOBLEDGER_JAR" not in os.environ:
    pytest.skip("the ingester is not built; ./mvnw -DskipTests package does it", allow_module_level=True)

START = """
- name: Upgrade
  hosts: h1
  gather_facts: false
  tasks:
    - {name: long, command: sleep 600, async: 900, poll: 0, vars: {jobledger_job: "{{ item }}"}, loop: %s}
"""


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    with Program(tmp_path_factory.mktemp("data")) as running:
        yield running


@pytest.fixture
def controller(tmp_path):
    made = Controller(tmp_path, ["h1 jobledger_fence_dir=%s" % (tmp_path / "fence")])
    yield made
    for folder in (tmp_path / "async").glob("j*"):
        async_wrapper.end(folder.name)


def _run(program, controller, playbook, **variables):
    done = controller.command(
        "ansible-playbook", "jobledger.core." + playbook, "-e", json.dumps(variables), JOBLEDGER_URL=program.url
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _start(program, controller, names, **how):
    done = controller.playbook(START % json.dumps(names), **{"url": program.url, **how})
    assert done.returncode == 0, done.stdout + done.stderr


def test_ledger_learns_what_became_of_each_job_and_of_one_it_never_heard_of(program, controller):
    _start(program, controller, ["unheard"], url=None)
    (unheard,) = [path.name for path in (controller.root / "async").iterdir()]
    _start(program, controller, ["alive", "killed"])
    killed = program.job("h1", "Upgrade", "killed")
    async_wrapper.end(killed["ansible_job_id"])
    assert killed["status"] == "running"
    _run(program, controller, "settle", settle_unseen_for="0s")
    alive, lost = program.job("h1", "Upgrade", "alive"), program.job("h1", "Upgrade", "killed")
    assert (alive["status"], alive["sighting"]["processes"], lost["status"]) == ("running", 4, "lost")
    assert "no process of the job is there" in lost["message"]
    (adopted,) = program.jobs("?ansible_job_id=" + unheard)
    assert (adopted["play"], adopted["job_name"], adopted["status"], adopted["host"]) == (
        "unknown",
        "sleep " + unheard,
        "running",
        "h1",
    )
    # Somebody brings the result back, from a backup, say: it counts more than what was inferred. And the adopted job is killed.
    with open(killed["results_file"], "w", encoding="ascii") as file:
        file.write('{"rc": 0, "changed": true, "ansible_job_id": "%s"}' % killed["ansible_job_id"])
    async_wrapper.end(unheard)
    _run(program, controller, "settle", settle_unseen_for="0s")
    assert program.job("h1", "Upgrade", "killed")["status"] == "succeeded"
    assert program.jobs("?ansible_job_id=" + unheard)[0]["status"] == "lost"
    _run(
        program,
        controller,
        "cancel",
        cancel_host="h1",
        cancel_play="Upgrade",
        cancel_job="alive",
        cancel_reason="wrong release",
        cancel_grace=5,
    )
    cancelled = program.job("h1", "Upgrade", "alive")
    assert cancelled["status"] == "cancelled" and "wrong release" in cancelled["message"]
