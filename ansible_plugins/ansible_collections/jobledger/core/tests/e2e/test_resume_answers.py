"""What a name answers, and what a record says, with real Ansible, the real ingester and a real mirror.

Each test is a case that once went wrong: a dry run that hid the job, a check in another directory, a verdict that was
not heard, an open job behind one that had ended, two open jobs of one name.
"""

from __future__ import annotations

import json
import os
import zlib

import pytest
from tools.controller import Controller, core_version
from tools.program import JAR, Program, until

if not JAR.is_file() and "JOBLEDGER_JAR" not in os.environ:
    pytest.skip("the ingester is not built; ./mvnw -DskipTests package does it", allow_module_level=True)

UNTIL_GO = "sh -c 'while ! test -e {{ playbook_dir }}/go; do sleep 0.1; done'"


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    """One ingester with a mirror for all cases; each has a host of its own."""
    data = tmp_path_factory.mktemp("data")
    with Program(data, "--mirror", str(data / "mirror")) as running:
        yield running


class Patient(Controller):
    """A controller that waits longer for the ingester than a run usually may."""

    def environment(self, url, **extra):
        return super().environment(url, **{"JOBLEDGER_TIMEOUT": "10", "JOBLEDGER_BUDGET": "60", **extra})


@pytest.fixture
def host(request):
    return "h-%08x" % zlib.crc32(request.node.name.encode())


@pytest.fixture
def controller(tmp_path, host):
    made = Patient(tmp_path, [host])
    yield made
    made.write("go", "")  # nothing that a test started runs on


def ran(done, code=0):
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def mirrored(program, host, play, job):
    path = program.mirror / host / play / (job + ".json")
    return json.loads(path.read_text()) if path.is_file() else None


MIGRATE = (
    """
- name: Upgrade databases
  hosts: all
  gather_facts: false
  tasks:
    - name: Migrate schema
      ansible.builtin.command: %s
      async: 600
      poll: 0
"""
    % UNTIL_GO
)

RESUME = """
- name: Finish the upgrade
  hosts: all
  gather_facts: false
  vars:
    found: "{{ lookup('jobledger.core.job', 'Migrate schema', play='Upgrade databases') }}"
  tasks:
    - name: Ask the migration
      ansible.builtin.async_status:
        jid: "{{ found.ansible_job_id }}"
      vars:
        ansible_async_dir: "{{ found.async_dir }}"
      register: job
    - ansible.builtin.copy: {dest: "{{ playbook_dir }}/out", content: "{{ job is finished }} {{ found.check_mode }}"}
"""


def test_dry_run_does_not_answer(program, controller, host):
    ran(controller.playbook(MIGRATE, url=program.url))
    real = program.job(host, "Upgrade databases", "Migrate schema")
    dry_runs = core_version() >= (2, 17)  # before, Ansible refuses to start an async task in check mode
    done = controller.playbook(MIGRATE, "--check", url=program.url)
    assert (done.returncode == 0) is dry_runs, done.stdout
    found = program.job(host, "Upgrade databases", "Migrate schema")
    assert (found["ansible_job_id"], found["status"], found["check_mode"], found["ambiguous"]) == (
        real["ansible_job_id"],
        "running",
        False,
        False,
    )
    ran(controller.playbook(RESUME, url=program.url, name="resume.yml"))
    assert (controller.root / "out").read_text() == "False False"
    until(lambda: mirrored(program, host, "Upgrade databases", "Migrate schema"))
    assert mirrored(program, host, "Upgrade databases", "Migrate schema")["ansible_job_id"] == real["ansible_job_id"]
    history = program.get("/api/v1/jobs/%s/Upgrade%%20databases/Migrate%%20schema/history" % host)["jobs"]
    assert [job["check_mode"] for job in history] == ([True, False] if dry_runs else [False])
    if dry_runs:
        dry = program.job(host, "Upgrade databases", "Migrate schema", "?check_mode=true")
        assert dry["check_mode"] is True and dry["ansible_job_id"] == history[0]["ansible_job_id"]


ELSEWHERE = (
    """
- name: Other directory
  hosts: all
  gather_facts: false
  tasks:
    - name: Long migration
      ansible.builtin.command: %s
      async: 600
      poll: 0
      register: launched
    - name: Look in the wrong directory
      ansible.builtin.async_status: {jid: "{{ launched.ansible_job_id }}"}
      vars: {ansible_async_dir: "{{ playbook_dir }}/elsewhere"}
      ignore_errors: true
    - name: Look right
      ansible.builtin.async_status: {jid: "{{ launched.ansible_job_id }}"}
      when: again | default(false) | bool
"""
    % UNTIL_GO
)


@pytest.mark.parametrize("again", [False, True])
def test_check_in_another_directory_proves_nothing(program, controller, host, again):
    ran(controller.playbook(ELSEWHERE, "-e", "again=%s" % again, url=program.url))
    job = program.job(host, "Other directory", "Long migration")
    assert job["status"] == "running"
    assert [one["ansible_job_id"] for one in program.jobs("?status=open&host=" + host)] == [job["ansible_job_id"]]
    events = [
        event
        for event in program.get("/api/v1/runs/%s/events" % job["run_id"])["events"]
        if event["type"] in ("job_ended", "job_polled")
    ]
    assert [(event["type"], event.get("status"), "/elsewhere/" in event["results_file"]) for event in events] == [
        ("job_ended", "lost", True)
    ] + [("job_polled", None, False)] * again


GONE = (
    """
- name: Gone
  hosts: all
  gather_facts: false
  tasks:
    - name: Long migration
      ansible.builtin.command: %s
      async: 600
      poll: 0
      register: launched
    - {name: Hide its file, ansible.builtin.command: "mv {{ launched.results_file }} {{ playbook_dir }}/hidden"}
    - {name: Look, ansible.builtin.async_status: {jid: "{{ launched.ansible_job_id }}"}, ignore_errors: true}
    - {name: Bring it back, ansible.builtin.command: "mv {{ playbook_dir }}/hidden {{ launched.results_file }}", when:
    again}
    - {name: Look again, ansible.builtin.async_status: {jid: "{{ launched.ansible_job_id }}"}, when: again}
"""
    % UNTIL_GO
)


@pytest.mark.parametrize("again, status", [(False, "lost"), (True, "running")])
def test_lost_needs_the_jobs_own_file_and_a_sighting_takes_it_back(program, controller, host, again, status):
    ran(controller.playbook(GONE, "-e", json.dumps({"again": again}), url=program.url))
    assert program.job(host, "Gone", "Long migration")["status"] == status


VERDICTS = """
- name: Own verdicts
  hosts: all
  gather_facts: false
  tasks:
    - name: waited and judged failed
      ansible.builtin.shell: echo fatal problem
      async: 60
      poll: 1
      register: shown
      failed_when: "'fatal' in shown.stdout"
      ignore_errors: true
    - name: looped and judged failed
      ansible.builtin.shell: echo fatal problem
      async: 60
      poll: 1
      register: shown
      loop: [one]
      failed_when: "'fatal' in shown.stdout"
      ignore_errors: true
    - name: waited and judged fine
      ansible.builtin.shell: exit 1
      async: 60
      poll: 1
      register: shown
      failed_when: shown.rc > 1
    - name: waited and not judged
      ansible.builtin.shell: exit 1
      async: 60
      poll: 1
      failed_when: false
    - name: waited and rescued
      block:
        - name: rescued
          ansible.builtin.shell: exit 1
          async: 60
          poll: 1
      rescue:
        - ansible.builtin.meta: noop
    - name: asked and judged fine
      ansible.builtin.shell: exit 1
      async: 60
      poll: 0
      register: shown
    - name: Check
      ansible.builtin.async_status: {jid: "{{ shown.ansible_job_id }}"}
      register: checked
      until: checked is finished
      retries: 600
      delay: 0
      failed_when: checked.rc | default(0) > 1
    - name: asked and judged failed
      ansible.builtin.shell: echo fatal problem
      async: 60
      poll: 0
      register: shown
    - name: Check
      ansible.builtin.async_status: {jid: "{{ shown.ansible_job_id }}"}
      register: checked
      until: checked is finished
      retries: 600
      delay: 0
      failed_when: "'fatal' in checked.stdout"
      ignore_errors: true
    - name: asked and not judged
      ansible.builtin.shell: exit 1
      async: 60
      poll: 0
      register: shown
    - name: Check
      ansible.builtin.async_status: {jid: "{{ shown.ansible_job_id }}"}
      register: checked
      until: checked is finished
      retries: 600
      delay: 0
      failed_when: false
    - name: hidden and judged failed
      ansible.builtin.shell: sleep 2; echo fatal problem
      async: 60
      poll: 1
      no_log: true
      register: shown
      failed_when: "'fatal' in shown.stdout"
      ignore_errors: true
"""


def test_a_plays_verdict_decides_and_the_modules_word_stays(program, controller, host):
    ran(controller.playbook(VERDICTS, url=program.url))
    shown = {
        job["job_name"]: (job["status"], job.get("verdict"), job.get("module_status"), job["rc"])
        for job in program.jobs("?host=" + host)
    }
    assert shown == {
        "waited and judged failed": ("failed", "failed", "succeeded", 0),
        "looped and judged failed (one)": ("failed", "failed", "succeeded", 0),
        "waited and judged fine": ("succeeded", "succeeded", "failed", 1),
        "waited and not judged": ("failed", None, None, 1),
        "rescued": ("failed", None, None, 1),
        "asked and judged fine": ("succeeded", "succeeded", "failed", 1),
        "asked and judged failed": ("failed", "failed", "succeeded", 0),
        "asked and not judged": ("failed", None, None, 1),
        "hidden and judged failed": ("failed", "failed", "succeeded", None),
    }


NIGHTLY = """
- name: Nightly
  hosts: all
  gather_facts: false
  tasks:
    - name: Copy everything
      ansible.builtin.command: "{{ command }}"
      async: 600
      poll: 0
      register: launched
    - name: Wait for a short one
      ansible.builtin.async_status: {jid: "{{ launched.ansible_job_id }}"}
      register: job
      until: job is finished
      retries: 600
      delay: 0
      when: wait
"""

ASK = """
- name: Nightly
  hosts: all
  gather_facts: false
  tasks:
    - ansible.builtin.copy:
        dest: "{{ playbook_dir }}/out"
        content: "{{ lookup('jobledger.core.job', job, **(which | default({}))).ansible_job_id }}"
"""


def ask(program, controller, job, **which):
    done = controller.playbook(ASK, "-e", json.dumps({"job": job, "which": which}), url=program.url, name="ask.yml")
    if done.returncode:
        return " ".join((done.stdout + done.stderr).replace("\\n", " ").split())
    return (controller.root / "out").read_text()


def test_an_open_job_answers_before_a_newer_one_that_ended(program, controller, host):
    controller.write("long.json", json.dumps({"command": UNTIL_GO, "wait": False}))
    ran(controller.playbook(NIGHTLY, "-e", "@long.json", url=program.url))
    open_job = program.job(host, "Nightly", "Copy everything")["ansible_job_id"]
    ran(controller.playbook(NIGHTLY, "-e", json.dumps({"command": "true", "wait": True}), url=program.url))
    found = program.job(host, "Nightly", "Copy everything")
    assert (found["ansible_job_id"], found["status"], found["ambiguous"]) == (open_job, "running", False)
    assert ask(program, controller, "Copy everything") == open_job
    ended = program.job(host, "Nightly", "Copy everything", "?nth=1")
    assert (
        ended["status"] == "succeeded" and ask(program, controller, "Copy everything", nth=1) == ended["ansible_job_id"]
    )
    until(lambda: (mirrored(program, host, "Nightly", "Copy everything") or {}).get("ansible_job_id") == open_job)


TWICE = """
- name: Nightly
  hosts: all
  gather_facts: false
  tasks:
    - {name: Copy, ansible.builtin.command: "%s", async: 600, poll: 0}
    - {name: Copy, ansible.builtin.command: "%s", async: 600, poll: 0}
""" % (UNTIL_GO, UNTIL_GO)


def test_several_open_jobs_of_a_name_are_ambiguous_within_one_run_too(program, controller, host):
    ran(controller.playbook(TWICE, url=program.url))
    found = program.job(host, "Nightly", "Copy")
    second, first = [job["ansible_job_id"] for job in found["candidates"]]
    assert (found["ambiguous"], found["candidates_total"]) == (True, 2) and first != second
    said = ask(program, controller, "Copy")
    assert "2 open jobs have this name" in said and first in said and second in said
    assert [
        ask(program, controller, "Copy", **which)
        for which in ({"id": first}, {"which": "oldest"}, {"nth": 2}, {"which": "newest"})
    ] == [first, first, first, second]
    assert "2 open jobs have this name" in ask(program, controller, "Copy", run_id=found["run_id"])
    held = until(
        lambda: (
            (mirrored(program, host, "Nightly", "Copy") or {}).get("others")
            and mirrored(program, host, "Nightly", "Copy")
        )
    )
    assert [held["ansible_job_id"]] + [other["ansible_job_id"] for other in held["others"]] == [second, first]
