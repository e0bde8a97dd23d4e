"""What a run does with an ingester that fails in passing or refuses, with an error of its own, with settings that
make no sense. Faults that last are in faults/.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys

import pytest
from tools.controller import BIN, Controller
from tools.ingester import closed_port
from tools.program import until

TASKS = """
- name: P
  hosts: all
  gather_facts: false
  tasks:
    - {name: one, command: "true", async: 30, poll: 0}
    - {name: three, command: "false", async: 30, poll: 1}
"""


def _plain(process) -> str:
    """What the run printed, without the ids that Ansible makes anew in each run."""
    text = re.sub(r'/[^"\s]*/pytest-\d+/(popen-gw\d+/)?[^/"]+', "ROOT", process.stdout)
    return re.sub(r"j\d+\.\d+|\"(start|end|delta)\": \"[^\"]*\"|\d+\.\d{5,}", "#", text)


def _warnings(process) -> list[str]:
    text = " ".join(process.stderr.split())
    return re.findall(r"\[WARNING\]: jobledger: .*?(?=\[WARNING\]|$)", text)


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """The same run without the callback."""
    return Controller(tmp_path_factory.mktemp("bare")).playbook(TASKS)


def test_healthy_ingester_leaves_the_output_as_it_is(controller, ingester, bare):
    done = controller.playbook(TASKS, url=ingester.url)
    assert _plain(done) == _plain(bare) and done.stderr == bare.stderr and done.returncode == bare.returncode
    assert ingester.connections == 1  # one keep-alive connection for the whole run


def test_events_wait_for_an_ingester_that_comes_back(controller, ingester):
    ingester.script = ["500", "close", "503"]
    done = controller.playbook(TASKS, url=ingester.url)
    assert _warnings(done) == []
    assert [event["seq"] for event in sorted(ingester.events, key=lambda event: event["seq"])] == list(
        range(1, len(ingester.events) + 1)
    )
    assert len(ingester.of("job_started")) == 2 and len(ingester.of("run_finished")) == 1


def test_answer_lost_after_the_commit_is_sent_again_and_stored_once(controller, ingester):
    ingester.script = ["store", "store_then_drop"]
    done = controller.playbook(TASKS, url=ingester.url)
    assert _warnings(done) == []
    seqs = [event["seq"] for event in ingester.events]
    assert sorted(seqs) == list(range(1, len(seqs) + 1))
    assert sum(len(batch) for batch in ingester.batches) > len(seqs)


def test_connection_closed_between_requests_is_opened_again(controller, ingester):
    ingester.script = ["store_and_close"] * 3
    assert _warnings(controller.playbook(TASKS, url=ingester.url)) == []
    assert len(ingester.of("job_started")) == 2 and ingester.connections >= 3


def test_refused_event_is_dropped_alone_and_told(controller, ingester):
    controller.inventory("h1", "h2")
    ingester.refuse_hosts = {"h1"}
    (warning,) = _warnings(controller.playbook(TASKS, url=ingester.url))
    assert "refused an event: host this host is refused" in warning
    assert {event.get("host") for event in ingester.events} == {None, "h2"} and len(ingester.of("run_finished")) == 1


def test_too_large_batch_is_sent_in_halves(controller, ingester):
    ingester.max_events = 1
    assert _warnings(controller.playbook(TASKS, url=ingester.url)) == []
    assert {len(batch) for batch in ingester.batches} == {1} and len(ingester.of("run_finished")) == 1


LONG = """
- name: P
  hosts: all
  gather_facts: false
  tasks:
    - {name: kept, command: sleep 1, async: 30, poll: 0}
    - shell: "touch {{ playbook_dir }}/busy; while ! test -e {{ playbook_dir }}/go; do sleep 0.1; done"
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_job_of_a_killed_controller_was_recorded_before(controller, ingester, number):
    running = controller.start(LONG, url=ingester.url)
    try:
        # Ansible loses a signal that comes while it forks a worker, and hangs at one that meets a worker's answer:
        # the signal comes while all wait, and nobody answers before the controller is gone.
        assert until(lambda: (controller.root / "busy").exists(), 300)
        os.kill(running.pid, number)
        running.wait(timeout=600)
    finally:
        running.kill()
        controller.write("go", "")  # what the controller left behind ends by itself
        output = running.communicate(timeout=600)[1]
    (job,) = ingester.of("job_started")
    assert job["job"] == "kept" and job["results_file"]
    # Ansible itself may show where a signal met it.
    assert "recorder.py" not in output and "plugin_utils" not in output
    assert ingester.of("run_finished") == []
    # Ctrl-C leaves Ansible the time to say so itself; else the next run here does, or a replay.
    if not ingester.of("run_interrupted"):
        assert number != signal.SIGINT
        done = controller.command("ansible-playbook", "jobledger.core.replay", JOBLEDGER_URL=ingester.url)
        assert done.returncode == 0 and "its run was interrupted" in done.stdout
    (told,) = ingester.of("run_interrupted")
    assert told["run_id"] == job["run_id"] and told["seq"] == max(event["seq"] for event in ingester.events)
    assert told["reason"] == (
        "it ended before its recap" if number == signal.SIGINT else "its process is gone; it said no goodbye"
    )
    assert controller.left_files() == []


def test_run_that_ends_because_a_further_playbook_cannot_be_read_is_interrupted(controller, ingester):
    controller.write("second.yml", "- hosts: all\n  tasks: [{nothing_of_the_kind: }]\n")
    done = controller.playbook(
        "[{hosts: all, gather_facts: false, tasks: [{debug: }]}]", "second.yml", "site.yml", url=ingester.url
    )
    assert done.returncode != 0
    assert [event["reason"] for event in ingester.of("run_interrupted")] == ["it ended before playbook 2 of 3 began"]
    failing = "[{hosts: all, gather_facts: false, tasks: [{fail: }]}]"
    controller.playbook(failing, "second.yml", url=ingester.url)  # Ansible itself goes no further
    assert len(ingester.of("run_finished")) == 2 and len(ingester.of("run_interrupted")) == 1


BROKEN = """
from ansible_collections.jobledger.core.plugins.plugin_utils.recording import evidence

def broken(*_args, **_kwargs):
    raise RuntimeError("hunter2")

evidence.job_id = broken
from ansible.plugins.callback import CallbackBase

class CallbackModule(CallbackBase):
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "breaker"
    CALLBACK_NEEDS_ENABLED = True
"""


def test_error_inside_a_hook_is_counted_and_told_once(controller, ingester, bare):
    controller.write("callback_plugins/breaker.py", BROKEN)
    done = controller.playbook(
        TASKS,
        url=ingester.url,
        ANSIBLE_CALLBACK_PLUGINS=str(controller.root / "callback_plugins"),
        ANSIBLE_CALLBACKS_ENABLED="breaker,jobledger.core.recorder",
    )
    assert done.returncode == bare.returncode and _plain(done) == _plain(bare)
    (warning,) = _warnings(done)
    assert re.search(r"\d+ internal errors, the first: RuntimeError in ", warning) and "hunter2" not in done.stderr
    assert len(ingester.of("run_finished")) == 1


PROFILE = """
import cProfile, pstats, runpy, sys, time
profile = cProfile.Profile(time.process_time)
sys.argv = sys.argv[1:]
try:
    profile.runcall(runpy.run_path, sys.argv[0], run_name="__main__")
except SystemExit:
    pass
own = {function: row for (name, _line, function), row in pstats.Stats(profile).stats.items() if name.endswith("recorder.py")}
hot = [own["v2_runner_on_start"], own["v2_runner_on_ok"]]
print("HOOKS", sum(row[1] for row in hot), sum(row[3] for row in hot), own["guard"][1])
"""


def test_task_that_is_not_async_costs_next_to_nothing(controller, ingester):
    """The callback's own time, by a profile of the real run: two hooks for each of 400 results."""
    controller.write("prof.py", PROFILE)
    controller.write(
        "site.yml", "- hosts: all\n  gather_facts: false\n  tasks: [%s]\n" % ", ".join(["{debug: {msg: x}}"] * 100)
    )
    controller.inventory("h1", "h2", "h3", "h4")
    done = subprocess.run(
        [sys.executable, "prof.py", str(BIN / "ansible-playbook"), "site.yml"],
        cwd=controller.root,
        text=True,
        env=controller.environment(ingester.url),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        timeout=600,
    )
    calls, seconds, looked_at = re.search(r"HOOKS (\d+) ([\d.e-]+) (\d+)", done.stdout).groups()
    assert int(calls) == 800
    # Each task is looked at once, on its first host; what is more than that are the plays' own hooks.
    assert 100 <= int(looked_at) < 400
    # Processor time, as the profiler sees it, which makes each call several times dearer. On an idle machine it is
    # 0.005 ms; a busy one shares its caches.
    assert float(seconds) / int(calls) < 0.001, (calls, seconds)


def test_task_that_is_async_on_some_hosts_only_is_recorded_there(controller, ingester):
    """What is plain on one host must not be taken for plain where a template says otherwise."""
    controller.inventory("h1 limit=0 module=ping", "h2 limit=30 module=ping", "h3 limit=0 module=async_status")
    controller.playbook(
        """
- name: P
  hosts: all
  gather_facts: false
  tasks:
    - {name: by template, command: "true", async: "{{ limit }}", poll: 0}
    - {name: module, action: "{{ module }}", args: "{{ {'jid': 'j404.1'} if module == 'async_status' else {} }}",
    ignore_errors: true}
""",
        url=ingester.url,
    )
    (job,) = ingester.of("job_started")
    assert (job["host"], job["job"]) == ("h2", "by template")
    assert [event["host"] for event in ingester.of("job_ended")] == ["h3"]


def test_unusable_spool_is_one_warning_and_the_run_is_as_ever(controller, ingester):
    controller.write("file", "x")
    away = "http://127.0.0.1:%d" % closed_port()
    nowhere = {"JOBLEDGER_SPOOL_DIR": str(controller.root / "file" / "spool")}
    (warning,) = _warnings(controller.playbook(TASKS, url=away, **nowhere))
    assert "events are kept in %s" % controller.tmp in warning
    assert "the spool's own directory cannot be used: not a directory" in warning
    # The replay looks there as well.
    replayed = {"JOBLEDGER_URL": away, **nowhere}
    assert (
        "left (connection refused)"
        in controller.command("ansible-playbook", "jobledger.core.replay", **replayed).stdout
    )
    (controller.tmp / ("jobledger-%d" % os.geteuid())).rename(controller.root / "gone")
    controller.write("tmp/jobledger-%d" % os.geteuid(), "x")
    done = controller.playbook(TASKS, url=ingester.url, **nowhere)
    (warning,) = _warnings(done)
    assert done.returncode == 2 and "The spool could not be used for everything (not a directory)" in warning
    assert len(ingester.of("run_finished")) == 1
    assert (
        _warnings(controller.playbook(TASKS, url=ingester.url, JOBLEDGER_SPOOL_DIR="")) == []
        and len(ingester.of("run_finished")) == 2
    )


def test_replay_playbook_without_an_ingester_fails_says_why_and_shows_no_token(controller):
    away = "http://127.0.0.1:%d" % closed_port()
    controller.playbook(TASKS, url=away)
    done = controller.command(
        "ansible-playbook", "jobledger.core.replay", JOBLEDGER_URL=away, JOBLEDGER_TOKEN="hunter2"
    )
    assert (
        done.returncode == 2
        and "left (connection refused)" in done.stdout
        and "hunter2" not in done.stdout + done.stderr
    )
    spools = list(controller.spool.rglob("*.spool"))
    done = controller.command("ansible-playbook", "jobledger.core.replay", url=away)  # with the recorder on
    assert done.returncode == 2 and _warnings(done) == [] and list(controller.spool.rglob("*.spool")) == spools
