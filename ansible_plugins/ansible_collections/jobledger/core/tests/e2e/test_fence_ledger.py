# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""`fence: ledger` with the real ingester: hosts that keep nothing start a job once all the same."""

from __future__ import annotations

import json
import shutil

import pytest
from tools import real_ingester
from tools.controller import Controller
from tools.program import Program, until

pytestmark = pytest.mark.skipif(real_ingester.missing() is not None, reason=str(real_ingester.missing()))

TASK = """
- name: Upgrade
  hosts: all
  gather_facts: false
  vars: {ansible_async_dir: ROOT/async}
  tasks:
    - name: Migrate
      jobledger.core.start_once:
        module: ansible.builtin.shell
        args: {cmd: "echo $JOBLEDGER_JOB >> ROOT/starts; while ! test -e ROOT/gate; do sleep 0.1; done; echo done; exit {{ code | default(0) }}"}
        generation: "{{ release }}"
        fence: ledger
        on_failed: "{{ on_failed | default('fail') }}"
      async: 900
      poll: 1
      register: job
    - name: Tell
      ansible.builtin.copy: {content: "{{ job | to_json }}", dest: "ROOT/told.{{ me }}"}
"""


def decisions(program) -> list:
    """Return what runs have told, as far as they are."""
    events = [program.get("/api/v1/runs/%s/events" % run["run_id"])["events"] for run in program.runs()]
    return [event.get("decision") for found in events for event in found]


def test_the_ledger_decides_where_hosts_keep_nothing(tmp_path):
    text = TASK.replace("ROOT", str(tmp_path))

    def started():
        return (tmp_path / "starts").read_text().split() if (tmp_path / "starts").exists() else []

    def told(name):
        return json.loads((tmp_path / ("told." + name)).read_text())

    def gone():
        shutil.rmtree(tmp_path / "async", ignore_errors=True)  # a container is made anew

    with Program(tmp_path / "data") as program:

        def play(name, release, *more):
            arguments = ("-e", "release=%s" % release, "-e", "me=" + name, *more)
            return Controller(tmp_path / name).playbook(text, *arguments, url=program.url)

        runs = [
            Controller(tmp_path / name).start(text, "-e", "release=7", "-e", "me=" + name, url=program.url)
            for name in ("a", "b")
        ]
        until(lambda: any(run.poll() is not None for run in runs) or "attached" in decisions(program), 300)
        (tmp_path / "gate").write_text("")
        for run in runs:
            said = run.communicate(timeout=300)
            assert run.returncode == 0, said
        assert sorted(told(name)["decision"] for name in "ab") == ["attached", "started"]
        (job,) = program.jobs()
        assert [job["ansible_job_id"]] == started() and job["status"] == "succeeded" and job["generation"] == "7"

        gone()
        done = play("c", 7)
        assert done.returncode == 0, done.stdout + done.stderr
        assert told("c")["decision"] == "already_succeeded" and told("c")["fence"]["result"] is False
        assert len(started()) == 1

        assert play("d", 8, "-e", "code=3").returncode == 2 and len(started()) == 2
        gone()
        refused = " ".join(play("e", 8).stdout.split())
        assert "this job is not started again: its last start, as the ledger has it, failed" in refused, refused
        assert len(started()) == 2
        done = play("f", 8, "-e", "on_failed=restart")
        assert done.returncode == 0 and len(started()) == 3, done.stdout + done.stderr
    away = " ".join(
        Controller(tmp_path / "g").playbook(text, "-e", "release=9", "-e", "me=g", url=program.url).stdout.split()
    )
    assert "the ledger decides whether this job may be started, and it cannot be asked" in away, away
    assert len(started()) == 3
