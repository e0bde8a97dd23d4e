"""Each snippet of the how-tos on settling, cancelling, output and roles, run as it is printed."""

from __future__ import annotations

import os
import socket
import textwrap

import pytest
from ansible_collections.jobledger.core.plugins.module_utils import fence_layout, processes
from tools import pages
from tools.controller import Controller
from tools.ingester import Ingester

START = """
- name: Upgrade databases
  hosts: db1
  gather_facts: false
  tasks:
    - {name: Migrate schema, command: sleep 600, async: 900, poll: 0}
"""
PLAY = """
- name: Upgrade databases
  hosts: db1
  gather_facts: false
  tasks:
    - {name: Migrate schema, command: sleep 600, async: 900, poll: 0, register: job}
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A controller whose db1 runs "Migrate schema", and an ingester that knows it."""
    controller = Controller(tmp_path_factory.mktemp("site"))
    controller.inventory("db1 jobledger_fence_dir=%s" % (controller.root / "fence"))
    with Ingester() as ingester:
        # Where Ansible keeps the files of async jobs unless it is told otherwise.
        assert (
            controller.playbook(
                START, url=ingester.url, ANSIBLE_ASYNC_DIR=str(controller.home / ".ansible_async")
            ).returncode
            == 0
        )
        (event,) = ingester.of("job_started")
        job = {
            "host": "db1",
            "play": "Upgrade databases",
            "job_name": "Migrate schema",
            "ansible_job_id": event["ansible_job_id"],
            "execution_host": "db1",
            "status": "running",
            "results_file": event["results_file"],
            "run_id": event["run_id"],
            "connection": "local",
            "save_time": "2026-01-01T00:00:00.000000Z",
        }
        ingester.jobs = [job]
        ingester.records = {
            "/api/v1/runs/" + event["run_id"]: (200, "application/json", {"controller": socket.gethostname()}),
            "/api/v1/jobs/db1/Upgrade%20databases/Migrate%20schema": (200, "application/json", job),
        }
        yield controller, ingester, job


def _run(site, command):
    site[1].events.clear()
    done = pages.run(command, site[0], JOBLEDGER_URL=site[1].url)
    assert done.returncode == 0, command + done.stdout + done.stderr
    return done.stdout


def test_settle_page(site):
    _controller, ingester, job = site
    fence = fence_layout.Fence(
        str(site[0].root / "fence" / "keys" / fence_layout.key_hash("m", "db1", "Upgrade databases", "Migrate schema"))
    )
    os.makedirs(fence.attempt(1).path)
    fence_layout.write_json(
        os.path.join(fence.path, "key.json"), {"host": "db1", "play": "Upgrade databases", "job": "Migrate schema"}
    )
    fence_layout.write_json(fence.attempt(1).file("start.json"), {"job_id": "j1.1"})
    plain, bounded, look, free, tidy = pages.snippets("how-to/settle.md", "console")
    for command in (plain, bounded):
        assert "db1 / Upgrade databases / Migrate schema: alive since" in _run(site, command)
        (seen,) = ingester.of("job_polled")
        assert seen["ansible_job_id"] == job["ansible_job_id"] and seen["sighting"]["processes"] >= 4
    assert job["ansible_job_id"] in _run(site, look)
    assert "its fence was freed: db1 was restored from an image" in _run(site, free)
    assert fence.attempt(1).freed["reason"] == "db1 was restored from an image"
    assert "changed" in _run(site, tidy)


def test_cancel_page(site):
    controller, ingester, job = site
    (command,) = pages.snippets("how-to/cancel.md", "console")
    _run(site, command)
    (ended,) = ingester.of("job_ended")
    assert ended["status"] == "cancelled" and not processes.look().family(job["ansible_job_id"])
    (task,) = pages.snippets("how-to/cancel.md", "yaml")
    done = controller.playbook(PLAY + textwrap.indent(task, "    "))
    assert done.returncode == 0 and "changed=2" in done.stdout, done.stdout + done.stderr


def test_output_page(site):
    controller, _ingester, _job = site
    (command,) = pages.snippets("how-to/output.md", "console")
    assert '"kept": false' in _run(site, command)
    start, read = pages.snippets("how-to/output.md", "yaml")
    start = start.replace("/opt/db/migrate", "sh -c 'echo one; echo two >&2; sleep 600'")
    wait = read + "  until: seen.text | default('') | length > 0\n  retries: 100\n  delay: 0.1\n"
    tasks = (
        start
        + wait
        + "- assert: {that: seen.kept and not seen.ended and seen.text == 'one\\n' and seen.next == 4}\n"
        + read
    )
    tasks += """- assert: {that: seen.text == '' and seen.next == 4}
- jobledger.core.output: {ansible_job_id: "{{ job.ansible_job_id }}", results_file: "{{ job.results_file }}", stream: stderr, lines: 1}
  register: error
- jobledger.core.cancel: {ansible_job_id: "{{ job.ansible_job_id }}", results_file: "{{ job.results_file }}", reason: it is over}
- jobledger.core.output: {ansible_job_id: "{{ job.ansible_job_id }}", results_file: "{{ job.results_file }}"}
  register: over
- assert: {that: over.ended and over.text == 'one\\n' and error.text == 'two\\n'}
"""
    done = controller.playbook(
        "- name: Upgrade databases\n  hosts: db1\n  gather_facts: false\n  tasks:\n" + textwrap.indent(tasks, "    ")
    )
    assert done.returncode == 0, done.stdout + done.stderr


LOAD = """
- include_role: {name: jobledger.core.async_job_load}
  vars: {async_job_load_job_name: upgrade_db}
"""


def test_roles_page(site):
    """Start and save, check and store, then clean up: the tasks of the page, one after the other."""
    controller, _ingester, _job = site
    start, store, clean, _group_vars = pages.snippets("how-to/roles.md", "yaml")
    # The program of the page is not here, so the job fails, and that is what must be stored.
    wait = store.replace(
        "  failed_when: false\n", "  failed_when: false\n  until: job.finished | bool\n  retries: 100\n  delay: 0.1\n"
    )
    done = controller.playbook(
        "- name: Upgrade databases\n  hosts: db1\n  gather_facts: false\n  tasks:\n"
        + textwrap.indent(start + LOAD + wait + LOAD + clean, "    ")
        + """
    - assert: {that: async_job_load_status == 'failed' and async_job_clean_removed | int == 0}
"""
    )
    assert done.returncode == 0, done.stdout + done.stderr
