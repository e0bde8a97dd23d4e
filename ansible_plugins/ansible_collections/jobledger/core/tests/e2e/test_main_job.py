"""The main job with nothing replaced: real Ansible, the real ingester, a real mirror."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import subprocess
import unicodedata

import pytest
from tools import async_wrapper
from tools.controller import Controller
from tools.program import JAR, JOBLEDGER, Program, until

if not JAR.is_file() and "JOBLEDGER_JAR" not in os.environ:
    pytest.skip("the ingester is not built; ./mvnw -DskipTests package does it", allow_module_level=True)

START = """
- name: Upgrade databases
  hosts: all
  gather_facts: false
  tasks:
    - name: Migrate schema
      command: "sh -c 'while [ ! -e {{ playbook_dir }}/go ]; do sleep 0.1; done; exit {{ code | default(0) }}'"
      async: %s
      poll: %s
"""

BUSY = """
    - shell: "touch {{ playbook_dir }}/busy; while ! test -e {{ playbook_dir }}/leave; do sleep 0.1; done"
"""

CHECK = """
- name: Look after the upgrade
  hosts: all
  gather_facts: false
  tasks:
    - name: Look at the job
      async_status:
        jid: "{{ found.ansible_job_id }}"
      vars:
        found: "{{ lookup('jobledger.core.job', 'Migrate schema', play='Upgrade databases', **(which | default({}))) }}"
        ansible_async_dir: "{{ found.async_dir }}"
      register: job
    - name: Clean up
      async_status:
        jid: "{{ job.ansible_job_id }}"
        mode: cleanup
      vars:
        ansible_async_dir: "{{ job.results_file | dirname }}"
      when: job.finished and clean | default(true)
"""


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    """One ingester for all cases; each has hosts of its own."""
    with Program(tmp_path_factory.mktemp("data"), "--run-silence", "2s") as running:
        yield running


@pytest.fixture
def host(request):
    return "h-" + request.node.name.replace("test_", "")[:40]


class Patient(Controller):
    """A controller that waits longer for the ingester than a run usually may: these tests are not about a busy
    machine.
    """

    def environment(self, url, **extra):
        return super().environment(url, **{"JOBLEDGER_TIMEOUT": "10", "JOBLEDGER_BUDGET": "60", **extra})


@pytest.fixture
def controller(tmp_path, host):
    return Patient(tmp_path, [host])


def go(controller):
    controller.write("go", "")


def record(program, host):
    return program.job(host, "Upgrade databases", "Migrate schema")


def test_controller_that_waits_records_the_end(program, controller, host):
    go(controller)
    done = controller.playbook(START % (60, 1), url=program.url)
    assert done.returncode == 0, done.stdout + done.stderr
    job = record(program, host)
    assert (job["status"], job["rc"], job["poll"]) == ("succeeded", 0, 1)
    run = program.get("/api/v1/runs/" + job["run_id"])
    assert (run["state"], run["complete"], run["stats"][host]["ok"]) == ("finished", True, 1)


def test_controller_that_exits_comes_back_until_the_job_is_done(program, controller, host):
    assert controller.playbook(START % (60, 0), url=program.url).returncode == 0
    started = record(program, host)
    assert (started["status"], started["overdue"], started["source"]) == ("running", False, "ledger")
    for _ in range(2):
        done = controller.playbook(CHECK, url=program.url, name="check.yml")
        assert done.returncode == 0, done.stdout + done.stderr
        assert record(program, host)["status"] == "running"
    go(controller)
    until(
        lambda: (
            json.loads(open(started["results_file"]).read()).get("finished") == 1
            or "rc" in open(started["results_file"]).read()
        )
    )
    done = controller.playbook(CHECK, url=program.url, name="check.yml")
    assert done.returncode == 0, done.stdout + done.stderr
    ended = record(program, host)
    assert (ended["status"], ended["rc"], ended["ansible_job_id"]) == ("succeeded", 0, started["ansible_job_id"])
    assert ended["cleaned_at"] and not os.path.exists(started["results_file"])
    # Too late is not worse: the job file is gone, and what is known stays known.
    controller.playbook(CHECK, url=program.url, name="check.yml")
    assert record(program, host)["status"] == "succeeded"


def test_job_that_fails_is_recorded_as_failed(program, controller, host):
    go(controller)
    controller.playbook(START % (60, 0), "-e", "code=3", url=program.url)
    results = record(program, host)["results_file"]
    until(lambda: "rc" in open(results).read())
    done = controller.playbook(CHECK, url=program.url, name="check.yml")
    assert done.returncode == 2
    job = record(program, host)
    assert (job["status"], job["rc"]) == ("failed", 3) and job["message"]


def test_host_that_loses_process_and_file_has_a_lost_job(program, controller, host):
    controller.playbook(START % (60, 0), url=program.url)
    job = record(program, host)
    async_wrapper.kill(job["ansible_job_id"])
    os.remove(job["results_file"])
    done = controller.playbook(CHECK, url=program.url, name="check.yml")
    assert done.returncode == 2
    lost = record(program, host)
    assert (lost["status"], lost["rc"]) == ("lost", None) and "could not find job" in lost["message"]
    go(controller)


def test_host_that_loses_only_the_process_has_an_overdue_job(program, controller, host):
    controller.playbook(START % (12, 0), url=program.url)
    job = record(program, host)
    async_wrapper.kill(job["ansible_job_id"])
    until(lambda: record(program, host)["overdue"])
    controller.playbook(CHECK, url=program.url, name="check.yml")
    assert record(program, host)["status"] == "running" and record(program, host)["overdue"]
    go(controller)


def test_job_that_runs_too_long_is_timed_out_or_failed_never_succeeded(program, controller, host):
    controller.playbook(START % (2, 0), url=program.url)
    results = record(program, host)["results_file"]
    until(lambda: "Timeout" in open(results).read() or 'finished": 1' in open(results).read())
    controller.playbook(CHECK, url=program.url, name="check.yml")
    job = record(program, host)
    assert job["status"] == "timed_out" and "Timeout exceeded" in job["message"]
    go(controller)


def test_two_playbooks_with_one_name_keep_their_records_and_must_be_told_apart(program, controller, host):
    for name in ("first.yml", "second.yml"):
        assert controller.playbook(START % (60, 0), url=program.url, name=name).returncode == 0
    jobs = program.jobs("?host=" + host)
    assert [job["playbook"] for job in jobs] == ["second.yml", "first.yml"] and len(
        {job["ansible_job_id"] for job in jobs}
    ) == 2
    answer = record(program, host)
    assert answer["ambiguous"] and [job["playbook"] for job in answer["candidates"]] == ["second.yml", "first.yml"]
    refused = controller.playbook(CHECK, url=program.url, name="check.yml")
    assert refused.returncode == 2 and "first.yml" in refused.stdout and "second.yml" in refused.stdout
    told = controller.playbook(CHECK, "-e", '{"which": {"playbook": "first.yml"}}', url=program.url, name="check.yml")
    assert told.returncode == 0 and jobs[1]["ansible_job_id"] in told.stdout + json.dumps(record(program, host)), (
        told.stdout
    )
    assert (
        program.job(host, "Upgrade databases", "Migrate schema", "?playbook=first.yml")["ansible_job_id"]
        == jobs[1]["ansible_job_id"]
    )
    go(controller)


NAMES = [
    "two words",
    "a/b",
    "..",
    ".",
    "../../../escape",
    'it\'s "quoted"',
    "line\nbreak",
    "Überführung 数据库",
    "100%",
    "back\\slash",
    "n" * 300,
    "x.json",
    "-rf",
    # hostile ones: of a page, a database, a header, a terminal, another file system
    "<script>alert(1)</script>",
    "'; DROP TABLE jobs; --",
    "x\r\nSet-Cookie: a=b\r\n\r\nHTTP/1.1 200 OK",
    "\x1b[2J\x1b]0;title\x07",
    "abc\u202egnp.exe",
    "zero\u200bwidth\ufeff",
    "\u2028\u2029\x85",
    "con",
    "NUL.txt",
    "lpt1",
    "name.",
    "trailing ",
    "a:b?c*d|e",
    "~root",
    "$(id)",
    "`id`",
    "%2e%2e%2f",
    "..%c0%af..",
    "é",
    "e\u0301",
    "\U0001f600" * 50,
    "ж" * 2048,
    "x" * 4096,
    "{{ 7 * 7 }}x",
]


def test_any_name_is_resumed_by_its_real_name_and_stays_in_the_mirror(program, controller, host):
    controller.write("names.json", json.dumps(NAMES))
    text = """
- name: Strange /../ names
  hosts: all
  gather_facts: false
  tasks:
    - command: 'true'
      async: 60
      poll: 0
      vars: {jobledger_job: "{{ item }}"}
      loop: "{{ lookup('file', playbook_dir ~ '/names.json') | from_json }}"
    - assert:
        that: lookup('jobledger.core.job', item, play='Strange /../ names').job_name == item
        quiet: true
      loop: "{{ lookup('file', playbook_dir ~ '/names.json') | from_json }}"
"""
    done = controller.playbook(text, url=program.url)
    assert done.returncode == 0, done.stdout + done.stderr
    assert sorted(job["job_name"] for job in program.jobs("?host=" + host)) == sorted(NAMES)
    until(lambda: program.get("/api/v1/mirrors")["mirrors"][0]["pending"] == 0)
    files = [path for path in program.mirror.rglob("*") if path.is_file()]
    assert {len(path.relative_to(program.mirror).parts) for path in files} == {3}
    assert {json.loads(path.read_text())["job_name"] for path in files if path.parts[-3] == host} == set(NAMES)
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert {stat.S_IMODE(path.stat().st_mode) for path in program.mirror.rglob("*") if path.is_dir()} == {0o700}
    assert sorted(path.name for path in program.data.iterdir()) == ["ledger", "mirror"]
    # The command line's table: a row a job, and nothing in it that steers a terminal.
    listed = subprocess.run(
        [*JOBLEDGER, "jobs", "ls", "--host", host, "--url", program.url],
        stdout=subprocess.PIPE,
        check=True,
        env={key: value for key, value in os.environ.items() if not key.startswith("JOBLEDGER_")},
    ).stdout.decode("utf-8")
    assert len(listed.splitlines()) == len(NAMES) + 1 == listed.count("\n")
    assert not [
        char for char in listed if unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp", "Cs") and char != "\n"
    ]


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL], ids=["SIGTERM", "SIGKILL"])
def test_run_that_never_says_goodbye_is_interrupted_and_its_job_is_found(program, controller, host, how):
    running = controller.start(START % (60, 0) + BUSY, url=program.url)
    # Ansible loses a signal that comes while it forks a worker: it comes when the next task runs.
    until(lambda: (controller.root / "busy").exists())
    job = until(lambda: next(iter(program.jobs("?host=" + host)), None))
    running.send_signal(how)
    running.wait(timeout=600)
    controller.write("leave", "")
    running.communicate()
    state = until(lambda: program.get("/api/v1/runs/" + job["run_id"])["state"] == "interrupted")
    assert state and record(program, host)["ansible_job_id"] == job["ansible_job_id"]
    go(controller)


def test_ingester_killed_and_started_again_knows_everything(tmp_path, controller, host):
    with Program(tmp_path / "own") as own:
        controller.playbook(START % (60, 0), url=own.url)
        before = record(own, host)
        own.kill()
        done = controller.playbook(CHECK, url=own.url, name="check.yml")
        assert done.returncode == 2 and "ingester" in done.stdout + done.stderr
        own.start()
        assert record(own, host) == before
        go(controller)
        until(lambda: "rc" in open(before["results_file"]).read())
        assert controller.playbook(CHECK, url=own.url, name="check.yml").returncode == 0
        assert record(own, host)["status"] == "succeeded"
        # Without its ledger the mirror answers.
        until(lambda: own.get("/api/v1/mirrors")["mirrors"][0]["pending"] == 0)
        assert own.stop() == 143
        shutil.rmtree(own.data / "ledger")
        own.start()
        answer = record(own, host)
        assert (answer["status"], answer["ansible_job_id"]) == ("succeeded", before["ansible_job_id"])
        assert answer["source"] == "file://%s" % own.mirror


def test_existing_tree_of_state_files_given_as_the_mirror_resumes(tmp_path, controller, host):
    controller.playbook(START % (900, 0))
    (results,) = [name for name in os.listdir(tmp_path / "async") if name.startswith("j")]
    tree = tmp_path / ".ansible_async_state"
    state = tree / host / "Upgrade databases" / "Migrate schema.json"
    state.parent.mkdir(parents=True)
    state.write_text(
        json.dumps(
            {
                "job_name": "Migrate schema",
                "host": host,
                "ansible_job_id": results,
                "save_time": "2026-11-20T10:30:45Z",
                "metadata": {"ticket": "CHG-7"},
            }
        )
    )
    with Program(tmp_path / "own", "--mirror", str(tree)) as own:
        assert record(own, host)["metadata"] == {"ticket": "CHG-7"}
        done = controller.playbook(
            CHECK.replace(
                'ansible_async_dir: "{{ found.async_dir }}"', 'ansible_async_dir: "%s"' % (tmp_path / "async")
            ),
            url=own.url,
            name="check.yml",
        )
        assert done.returncode == 0, done.stdout + done.stderr
    go(controller)


def test_ingester_absent_changes_nothing_but_one_warning(tmp_path, controller):
    go(controller)
    alone = controller.playbook(START % (60, 1))
    watched = controller.playbook(START % (60, 1), url="http://127.0.0.1:1")
    assert (watched.returncode, len(watched.stdout.splitlines())) == (alone.returncode, len(alone.stdout.splitlines()))
    assert (
        watched.stderr.count("[WARNING]") == alone.stderr.count("[WARNING]") + 1 and "not delivered" in watched.stderr
    )
