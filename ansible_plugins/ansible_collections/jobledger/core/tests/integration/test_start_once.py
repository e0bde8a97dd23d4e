"""start_once on real Ansible, over the local connection: what each controller gets, and what the recorder says of
it.
"""

from __future__ import annotations

import json
import os
import re
import signal
from pathlib import Path

import pytest
from tools.controller import Controller, core_version
from tools.program import until

TASK = """
- name: Upgrade databases
  hosts: all
  gather_facts: false
  vars:
    jobledger_fence_dir: ROOT/fence
  tasks:
    - name: Migrate schema
      jobledger.core.start_once:
        module: ansible.builtin.shell
        args: {cmd: "echo $JOBLEDGER_JOB >> ROOT/starts; while ! test -e ROOT/gate; do sleep 0.1; done; echo done; exit CODE"}
        generation: "{{ release | default(omit) }}"
      async: 900
      poll: "{{ every | default(1) }}"
      register: job
    - name: Tell
      ansible.builtin.copy:
        content: "{{ job | to_json }}"
        dest: "ROOT/told.{{ me | default('1') }}"
"""


class Site:
    """Controllers that share one host."""

    def __init__(self, root) -> None:
        self.root = root

    def controller(self, name: str) -> Controller:
        """Return a controller with a home and an async directory of its own."""
        return Controller(self.root / name)

    def text(self, text: str = TASK, code: int = 0) -> str:
        return text.replace("ROOT", str(self.root)).replace("CODE", str(code))

    def open(self) -> None:
        (self.root / "gate").write_text("")

    def started(self) -> list:
        return (self.root / "starts").read_text().split() if (self.root / "starts").exists() else []

    def told(self, name: str = "1") -> dict:
        return json.loads((self.root / ("told.%s" % name)).read_text())

    def end(self) -> dict:
        (path,) = self.root.glob("fence/keys/*/*/ended/end.json")
        return json.loads(path.read_text())


@pytest.fixture
def site(tmp_path):
    found = Site(tmp_path)
    yield found
    found.open()


def ok(run):
    assert run.returncode == 0, run.stdout + run.stderr
    return run


def runs_that_saw_a_job(ingester) -> set:
    return {event["run_id"] for event in list(ingester.events) if event["type"] in ("job_started", "job_polled")}


def kill(run) -> None:
    """Kill a controller with its workers, as a machine that goes down does; what they delivered to the host goes on."""
    workers = Path("/proc/%d/task/%d/children" % (run.pid, run.pid)).read_text().split()
    for pid in (run.pid, *map(int, workers)):
        os.kill(pid, signal.SIGKILL)
    run.communicate()


def test_one_starts_others_attach_and_all_get_the_module_s_own_result(site, ingester):
    runs = [
        (name, site.controller(name).start(site.text(), "-e", "release=7", "-e", "me=" + name, url=ingester.url))
        for name in ("a", "b", "c")
    ]
    try:
        until(lambda: len(runs_that_saw_a_job(ingester)) == 3, 300)
        site.open()
        for _name, run in runs:
            said = run.communicate(timeout=300)
            assert run.returncode == 0, said
    finally:
        site.open()
    told = [site.told(name) for name, _run in runs]
    assert sorted(entry["decision"] for entry in told) == ["attached", "attached", "started"]
    assert (
        {entry["stdout"] for entry in told} == {"done"}
        and {entry["rc"] for entry in told} == {0}
        and all(entry["finished"] for entry in told)
    )
    assert {entry["ansible_job_id"] for entry in told} == set(site.started()) and len(site.started()) == 1
    jobs = [event for event in ingester.events if event.get("ansible_job_id")]
    assert {event["ansible_job_id"] for event in jobs} == set(site.started()) and {event["job"] for event in jobs} == {
        "Migrate schema"
    }
    (start,) = [event for event in jobs if event["type"] == "job_started"]
    assert start["decision"] == "started" and start["generation"] == "7" and "/fence/keys/" in start["results_file"]
    assert {entry["fence"]["run_id"] for entry in told} == {start["run_id"]}
    assert sorted(event["decision"] for event in jobs if event["type"] == "job_ended") == [
        "attached",
        "attached",
        "started",
    ]
    again = ok(site.controller("d").playbook(site.text(), "-e", "release=7", "-e", "me=d", url=ingester.url))
    assert "changed=0" not in again.stdout  # the copy changed; the job did not
    assert (
        re.search(r"ok: \[h1\]", again.stdout)
        and site.told("d")["decision"] == "already_succeeded"
        and site.told("d")["stdout"] == "done"
    )
    assert not site.told("d")["changed"] and len(site.started()) == 1
    last = [event for event in ingester.events if event["type"] == "job_ended"][-1]
    assert (last["decision"], last["status"], last["ansible_job_id"]) == (
        "already_succeeded",
        "succeeded",
        site.started()[0],
    )


def test_a_controller_that_was_killed_is_followed_by_the_same_playbook(site, ingester):
    first = site.controller("a").start(site.text(), "-e", "release=7")
    until(site.started, 300)
    kill(first)
    second = site.controller("b").start(site.text(), "-e", "release=7", "-e", "me=b", url=ingester.url)
    until(lambda: list((site.root / "b" / "async").glob("j*")), 300)
    site.open()
    said = second.communicate(timeout=300)
    assert second.returncode == 0, said
    assert site.told("b")["decision"] == "attached" and site.told("b")["stdout"] == "done" and len(site.started()) == 1
    # The one who started it had no recorder: what the host has written down stands in the record.
    seen = ingester.of("job_polled")[0]
    assert seen["started_at"] == site.told("b")["fence"]["started_at"] and seen["async"] == 900
    assert seen["action"] == "jobledger.core.start_once" and seen["no_log"] is False


def test_poll_0_gives_an_id_that_async_status_knows_also_to_who_attached(site):
    wait = """
    - name: Wait
      ansible.builtin.async_status: {jid: "{{ job.ansible_job_id }}"}
      register: result
      until: result is finished
      retries: 100
      delay: 1
    - name: Tell the result
      ansible.builtin.copy: {content: "{{ result | to_json }}", dest: "ROOT/told.{{ me }}-end"}
"""
    text = site.text(TASK + wait)
    run_a = site.controller("a").start(text, "-e", "every=0", "-e", "me=a")
    until(site.started, 300)
    run_b = site.controller("b").start(text, "-e", "every=0", "-e", "me=b")
    until(lambda: (site.root / "told.b").exists(), 300)
    site.open()
    for run in (run_a, run_b):
        said = run.communicate(timeout=300)
        assert run.returncode == 0, said
    assert site.told("a")["decision"] == "started" and site.told("b")["decision"] == "attached"
    assert site.told("a")["ansible_job_id"] != site.told("b")["ansible_job_id"]
    assert site.told("b")["fence"]["ansible_job_id"] == site.told("a")["ansible_job_id"]
    assert site.told("a")["changed"] and not site.told("b")["changed"]
    assert site.told("a-end")["stdout"] == site.told("b-end")["stdout"] == "done"


def test_a_home_that_is_not_the_user_s_own_loses_no_job(site, ingester):
    # async_status looks below the home that the system knows, whatever HOME says on the host.
    where = {"url": ingester.url, "ANSIBLE_ASYNC_DIR": "~/.ansible_async"}
    first = site.controller("a").start(site.text(), "-e", "me=a", **where)
    until(site.started, 300)
    second = site.controller("b").start(site.text(), "-e", "me=b", **where)
    try:
        until(lambda: second.poll() is not None or len(runs_that_saw_a_job(ingester)) == 2, 300)
    finally:
        site.open()
    for run in (first, second):
        said = run.communicate(timeout=300)
        assert run.returncode == 0, said
    assert site.told("b")["decision"] == "attached" and site.told("b")["stdout"] == "done" and len(site.started()) == 1


def test_a_failure_is_refused_with_who_and_since_when_and_recorded(site, ingester):
    site.open()
    controller = site.controller("a")
    first = controller.playbook(site.text(code=3), "-e", "release=7", url=ingester.url, JOBLEDGER_RUN_NAME="CHG-1")
    assert first.returncode == 2 and "non-zero return code" in first.stdout
    again = controller.playbook(site.text(code=3), "-e", "release=7", url=ingester.url)
    assert again.returncode == 2 and len(site.started()) == 1
    flat = " ".join(again.stdout.split())
    assert re.search(
        r"start_once refused: this job is not started again: its last start on this host failed .*started 20\S+Z by "
        r"\S+ from \S+, run [0-9a-f-]{36}, run name CHG-1, generation 7",
        flat,
    )
    assert '"decision": "refused"' in again.stdout or "decision: refused" in again.stdout
    refused = [event for event in ingester.events if event["type"] == "job_not_started"]
    assert [(event["decision"], event["job"], event["generation"]) for event in refused] == [
        ("refused", "Migrate schema", "7")
    ]
    ended = [event for event in ingester.events if event["type"] == "job_ended"]
    assert [event["status"] for event in ended] == ["failed"]


def test_a_ledger_that_knows_better_is_named_with_the_host(site, ingester):
    site.open()
    controller = site.controller("a")
    ok(controller.playbook(site.text(), "-e", "release=7", url=ingester.url))
    path = "/api/v1/jobs/h1/Upgrade%20databases/Migrate%20schema"
    run = "5d0f8d6e-0000-4000-8000-000000000001"
    ingester.records[path] = (
        200,
        "application/json",
        {"ansible_job_id": site.started()[0], "status": "failed", "message": "schema is of 6", "run_id": run},
    )
    again = " ".join(controller.playbook(site.text(), "-e", "release=7", url=ingester.url).stdout.split())
    assert re.search(
        "start_once refused: the host says that job %s has succeeded .* and the ledger at %s says that it has failed "
        "\\(schema is of 6\\), as run %s saw it" % (site.started()[0], ingester.url, run),
        again,
    ), again
    assert len(site.started()) == 1
    ingester.records[path] = (200, "application/json", {"ansible_job_id": "j9.9", "status": "failed"})
    ok(controller.playbook(site.text(), "-e", "release=7", url=ingester.url))
    ok(controller.playbook(site.text(), "-e", "release=7", url="http://127.0.0.1:9"))


KEPT = """
- name: Kept
  hosts: all
  gather_facts: false
  vars: {jobledger_fence_dir: ROOT/fence}
  tasks:
    - name: Talks
      jobledger.core.start_once:
        module: ansible.builtin.command
        args: {cmd: "sh -c 'echo first $JOBLEDGER_JOB; while ! test -e ROOT/gate; do sleep 0.1; done; echo last'"}
        output: keep
      no_log: "{{ hidden | default(false) }}"
      async: 900
      poll: 1
      register: kept
    - name: As without
      ansible.builtin.assert:
        that: ["kept.stdout_lines | length == 2", "kept.cmd[0] == 'sh'", "kept.cmd | length == 3", "'TEE' not in kept | to_json"]
"""


def test_output_is_kept_while_it_runs_and_the_result_is_as_without(site):
    run = site.controller("a").start(site.text(KEPT))
    until(
        lambda: [path for path in site.root.glob("fence/keys/*/*/stdout") if path.read_text().startswith("first")], 300
    )
    site.open()
    said = run.communicate(timeout=300)
    assert run.returncode == 0, said
    (kept,) = site.root.glob("fence/keys/*/*/stdout")
    assert kept.read_text().splitlines()[-1] == "last"
    ok(site.controller("b").playbook(site.text(KEPT).replace("name: Talks", "name: Secret"), "-e", "hidden=true"))
    assert len(list(site.root.glob("fence/keys/*/*/stdout"))) == 1


def test_check_mode_only_looks(site, ingester):
    text = site.text(TASK.split("    - name: Tell")[0] + "    - name: Show\n      ansible.builtin.debug: {var: job}\n")
    controller = site.controller("a")
    before = ok(controller.playbook(text, "--check", "-e", "release=7", url=ingester.url))
    assert '"decision": "started"' in before.stdout and '"looked_only": true' in before.stdout
    assert site.started() == [] and not (site.root / "fence").exists()
    site.open()
    ok(controller.playbook(text, "-e", "release=7", url=ingester.url))
    after = ok(controller.playbook(text, "--check", "-e", "release=7", url=ingester.url))
    assert '"decision": "already_succeeded"' in after.stdout and len(site.started()) == 1
    assert '"status": "succeeded"' in after.stdout and '"user":' in before.stdout  # who has started it, or would
    looked = [event["reason"] for event in ingester.events if event["type"] == "job_not_started"]
    assert looked == ["check mode only looks"] * 2


LOOPS = """
- name: Loops
  hosts: all
  gather_facts: false
  strategy: free
  serial: 2
  vars:
    jobledger_fence_dir: ROOT/fence
  tasks:
    - name: Back up
      jobledger.core.start_once:
        module: ansible.builtin.shell
        args: {cmd: "echo {{ item.name }}:$JOBLEDGER_JOB >> ROOT/starts"}
        generation: 1
      async: 900
      poll: 1
      loop: [{name: orders}, {name: users}]
      loop_control: {label: "{{ item.name }}"}
      register: jobs
    - name: Named by item
      jobledger.core.start_once:
        module: ansible.builtin.command
        args: {argv: [echo, "{{ item }}"]}
      vars: {jobledger_job: "node-{{ item }}"}
      async: 900
      poll: 0
      loop: [1, 2]
    - name: On the first host
      jobledger.core.start_once:
        module: ansible.builtin.command
        args: {cmd: "true"}
      delegate_to: h1
      async: 900
      poll: 1
    - name: Secret
      jobledger.core.start_once:
        module: ansible.builtin.command
        args: {cmd: "echo hunter2"}
      no_log: true
      async: 900
      poll: 1
      register: secret
    - name: Still known
      ansible.builtin.assert: {that: ["secret.stdout == 'hunter2'", "secret.decision == 'started'", "jobs.results[1].decision is defined"]}
"""


def test_loops_delegation_no_log_free_and_serial_with_names_as_the_recorder_has_them(site, ingester):
    controller = Controller(site.root / "a", ("h1", "h2", "h3"))
    ok(controller.playbook(site.text(LOOPS), url=ingester.url))
    ok(
        controller.playbook(
            site.text(LOOPS).replace("secret.decision == 'started'", "secret.decision != ''"), url=ingester.url
        )
    )
    assert len(site.started()) == 6  # two items on three hosts, in both runs together
    names = [json.loads(path.read_text()) for path in site.root.glob("fence/keys/*/key.json")]
    fenced = {(name["host"], name["job"]) for name in names}
    recorded = {(event["host"], event["job"]) for event in ingester.events if event["type"] == "job_started"}
    assert fenced == {
        (host, job)
        for host in ("h1", "h2", "h3")
        for job in ("Back up (orders)", "Back up (users)", "node-1", "node-2", "On the first host", "Secret")
    }
    assert {entry for entry in recorded if entry[1] != "Secret"} == {entry for entry in fenced if entry[1] != "Secret"}
    assert "hunter2" not in json.dumps(ingester.events)
    assert all("hunter2" not in path.read_text() for path in site.root.glob("fence/keys/*/*/start.json"))


def test_what_cannot_be_is_refused_by_name(site):
    text = """
- name: Refused
  hosts: all
  gather_facts: false
  vars: {jobledger_fence_dir: ROOT/fence}
  tasks:
    - block:
        - name: Same
          jobledger.core.start_once: {module: ansible.builtin.command, args: {cmd: "true"}}
          vars: {jobledger_job: one}
          async: 900
          poll: 0
          loop: [1, 1]
      rescue:
        - {ansible.builtin.debug: {msg: "SAME {{ ansible_failed_result.results[1].msg }}"}}
    - block:
        - name: Action
          jobledger.core.start_once: {module: ansible.builtin.copy, args: {src: x, dest: y}}
          async: 900
          poll: 0
      rescue:
        - {ansible.builtin.debug: {msg: "ACTION {{ ansible_failed_result.msg }}"}}
    - block:
        - name: No async
          jobledger.core.start_once: {module: ansible.builtin.command, args: {cmd: "true"}}
      rescue:
        - {ansible.builtin.debug: {msg: "ASYNC {{ ansible_failed_result.msg }}"}}
    - block:
        - name: Windows
          jobledger.core.start_once: {module: ansible.builtin.command, args: {cmd: "true"}}
          async: 900
          poll: 0
          vars: {ansible_shell_type: powershell}
      rescue:
        - {ansible.builtin.debug: {msg: "SHELL {{ ansible_failed_result.msg }}"}}
    - block:
        - name: Passing
          jobledger.core.start_once: {module: ansible.builtin.command, args: {cmd: "true"}, fence_dir: /dev/shm/jobledger-test-fence}
          async: 900
          poll: 0
      rescue:
        - {ansible.builtin.debug: {msg: "TMPFS {{ ansible_failed_result.msg }}"}}
"""
    said = " ".join(ok(site.controller("a").playbook(site.text(text))).stdout.split())
    assert re.search("SAME start_once: two items of this loop have the same job name", said)
    assert re.search("ACTION start_once: ansible.builtin.copy is an action that works on the controller", said)
    assert re.search("ASYNC start_once: it needs async", said)
    assert re.search("SHELL start_once: the connection local does not run Ansible's async wrapper", said)
    assert re.search("TMPFS start_once refused: the fence directory /dev/shm/jobledger-test-fence is on tmpfs", said)


def test_another_generation_is_waited_for_where_that_is_asked(site):
    text = site.text(TASK.replace("        generation:", "        on_other: wait\n        generation:"))
    first = site.controller("a").start(text, "-e", "release=7", "-e", "me=a")
    until(site.started, 300)
    refused = site.controller("c").playbook(site.text(), "-e", "release=8")
    assert "another generation of this job runs on this host" in refused.stdout
    second = site.controller("b").start(text, "-e", "release=8", "-e", "me=b")
    site.open()
    for run in (first, second):
        said = run.communicate(timeout=300)
        assert run.returncode == 0, said
    assert site.told("b")["decision"] == "started" and len(site.started()) == 2


SEAM = """
from ansible.plugins.action import ActionBase

original = ActionBase._execute_module


def changed(self, module_name=None, wrap_async=False, **named):
    # As if a later version gave its wrapper another name.
    configure = self._configure_module
    if wrap_async:
        ours = type(self)._configure_module
        type(self)._configure_module = lambda self, *args, **more: ActionBase._configure_module(self, *args, **more)
        try:
            return original(self, module_name=module_name, wrap_async=wrap_async, **named)
        finally:
            type(self)._configure_module = ours
    return original(self, module_name=module_name, wrap_async=wrap_async, **named)


ActionBase._execute_module = changed

from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):
    CALLBACK_NAME = "seam"
    CALLBACK_NEEDS_ENABLED = True
"""


def test_an_ansible_that_launches_in_another_way_starts_nothing(site):
    controller = site.controller("a")
    controller.write("callbacks/seam.py", SEAM)
    site.open()
    run = controller.playbook(
        site.text(), ANSIBLE_CALLBACK_PLUGINS=str(controller.root / "callbacks"), ANSIBLE_CALLBACKS_ENABLED="seam"
    )
    assert run.returncode == 2 and "this version of ansible-core is not known to jobledger.core" in run.stdout, (
        run.stdout + run.stderr
    )
    assert site.started() == [] and core_version() >= (2, 14)


def test_ledger_knows_the_id_at_launch_though_the_first_poll_is_an_hour_away(site, ingester):
    run = site.controller("a").start(site.text(), "-e", "every=3600", url=ingester.url)
    try:
        assert ingester.wait_for(lambda events: any(event["type"] == "job_started" for event in events), 60)
        (intended,), (started,) = ingester.of("job_intended"), ingester.of("job_started")
        assert started["intent"] == intended["seq"] and started["decision"] == "started"
        assert started["ansible_job_id"] in started["results_file"] and started["job"] == "Migrate schema"
        assert ingester.wrong == []
    finally:
        kill(run)
