"""Fault suite, 2: kill -9 of ansible-playbook at any moment and inside every hook. What reached the spool arrives, and every launch in it can be resumed.

The short form kills at some operations and in each hook once; the long one at every single operation.
"""

from __future__ import annotations

import json
import random

import pytest
from ansible_collections.jobledger.core.plugins.callback.recorder import CallbackModule
from tools import real_ingester
from tools.fault_front import Front
from tools.fault_site import SOAK, Site
from tools.ingester import Ingester, closed_port

pytestmark = pytest.mark.skipif(real_ingester.missing() is not None, reason=str(real_ingester.missing()))
# Every hook of the recorder comes at least once. What `poll: 0` started can be taken up again by anyone; for the others a worker that outlives its
# controller may have waited to the end and removed the results file.
TASKS = """
- name: P
  hosts: h1
  gather_facts: false
  handlers: [{name: later, debug: {msg: x}}]
  tasks:
    - {name: one, command: "true", async: 30, poll: 0, register: one, notify: later}
    - {name: never, command: "true", async: 30, poll: 1, when: false}
    - {name: items, command: "{{ item }}", async: 30, poll: 0, loop: ["true", "true"]}
    - {name: away, ping: {}, vars: {ansible_remote_tmp: /dev/null/x, ansible_pipelining: false}, ignore_unreachable: true}
    - {name: retried, async_status: "jid={{ one.ansible_job_id }}", register: seen, until: seen.attempts | default(1) | int > 1, retries: 2, delay: 0}
    - {name: broken items, async_status: "jid={{ item }}", loop: [j404.1], ignore_errors: true}
    - {name: two, command: "false", async: 30, poll: 1, ignore_errors: true}
    - {name: not polled yet, file: {path: "{{ playbook_dir }}/polled", state: absent}}
    - {name: three, shell: "while ! test -e {{ playbook_dir }}/polled; do sleep 0.1; done", async: 30, poll: 1}
"""
RESUME = """
- name: Resume
  hosts: h1
  gather_facts: false
  tasks:
    # Two items of one loop have one name here, so each is asked for by its id, too.
    - assert:
        that: lookup('jobledger.core.job', item.job, play='P', run_id=item.run_id, id=item.id).ansible_job_id == item.id
        quiet: true
      loop: "{{ lookup('file', playbook_dir ~ '/launched.json') | from_json }}"
    - async_status: {jid: "{{ found.ansible_job_id }}"}
      vars:
        found: "{{ lookup('jobledger.core.job', launched.job, play='P', run_id=launched.run_id) }}"
        ansible_async_dir: "{{ found.async_dir }}"
        launched: "{{ lookup('file', playbook_dir ~ '/launched.json') | from_json | selectattr('job', 'eq', 'one') | last }}"
      register: last
"""


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """The real ingester."""
    with real_ingester.RealIngester(tmp_path_factory.mktemp("real")) as server:
        yield server


def stored_of(real, site) -> list[tuple]:
    """Return what the ledger has of this site's runs."""
    runs = {run for run, _seq in site.sent()}
    return [event for event in real.stored() if event[0] in runs]


@pytest.fixture(scope="module")
def moments(tmp_path_factory):
    """All moments at which a run can be killed, from a run that is not: operations, writes, and hooks with how often they come."""
    site = Site(tmp_path_factory.mktemp("count"))
    with Ingester() as server:
        done = site.run(server.url, TASKS, KILL_COUNT=str(site.root / "counts"))
        assert done.returncode == 0 and server.wrong == [], (done.stdout, done.stderr, server.wrong)
        assert set(site.sent()) == {(event["run_id"], event["seq"]) for event in server.events} and site.left() == []
    return json.loads((site.root / "counts").read_text())


def _chosen(moments) -> list[str]:
    chance = random.Random(8740)
    operations, writes = range(1, moments["op"] + 1), range(1, moments["pwrite"] + 1)
    hooks = [
        "%s:%d" % (name, chance.randint(1, count) if SOAK else 1)
        for name, count in moments.items()
        if name.startswith("in:")
    ]
    if not SOAK:
        operations, writes = chance.sample(operations, 1), chance.sample(writes, 1)
    return ["op:%d" % number for number in operations] + ["torn:%d" % number for number in writes] + hooks


def test_every_hook_of_the_recorder_is_one_to_be_killed_in(moments):
    assert {name[3:] for name in moments if name.startswith("in:")} == {
        name for name in vars(CallbackModule) if name.startswith("v2_")
    }
    assert moments["op"] > 40 and moments["pwrite"] > 12


SCRIPTS = {
    "healthy": ([], "needed"),
    "healthy, sync always": ([], "always"),
    "dies before its answer": (["store_then_drop"] * 3, "needed"),
    "fails in the middle": (["store", "store", *["500"] * 20], "needed"),
    "away": ("away", "needed"),
    "away, sync always": ("away", "always"),
}


@pytest.mark.parametrize("case", SCRIPTS)
def test_controller_killed_at_any_moment_can_be_resumed(tmp_path, moments, real, table, case):
    script, sync = SCRIPTS[case]
    site = Site(tmp_path)
    away = "http://127.0.0.1:%d" % closed_port()
    chosen = _chosen(moments) if case == "healthy" else _chosen(moments)[2::5]
    kills = 0
    with Front(real.url) as server:
        for moment in chosen:
            server.script = [] if script == "away" else list(script)
            done = site.run(away if script == "away" else server.url, TASKS, moment, JOBLEDGER_SYNC=sync)
            # With a failing ingester, or on a machine that stalls, a run has other operations, and may be over before the moment comes; its hooks come all the same.
            passed = done.returncode == 0 and (script or not moment.startswith("in:"))
            assert done.returncode == -9 or passed, (moment, done.returncode, done.stdout, done.stderr)
            kills += done.returncode == -9
        before, server.script = site.left(), []
        done = site.replay(server.url)
        assert done.returncode == 0 and site.left() == [] and not list(site.spool.rglob("*.dead")), (done, before)
        table.row(
            "controller killed, ingester: %s" % case,
            kills,
            site.sent(),
            server.acknowledged,
            stored_of(real, site),
        )
        assert kills >= (1 if script else sum(moment.startswith("in:") for moment in chosen))
    launched: dict = {}
    for event in site.spooled("job_started"):
        launched.setdefault((event["run_id"], event["job"]), []).append(event["ansible_job_id"])
    assert launched
    each = [{"run_id": run, "job": job, "id": id} for (run, job), ids in launched.items() for id in ids]
    site.write("launched.json", json.dumps(each))
    done = site.playbook(RESUME, JOBLEDGER_URL=real.url, name="resume.yml")
    assert done.returncode == 0, done.stdout


def test_next_run_delivers_what_a_killed_one_left_before_its_own_tasks(tmp_path, table):
    site = Site(tmp_path)
    tasks = TASKS.split("    - {name: items")[0]
    assert site.run("http://127.0.0.1:%d" % closed_port(), tasks, "in:v2_playbook_on_stats:1").returncode == -9
    (name,) = site.left()
    site.for_any_ledger()
    with Ingester() as server:
        done = site.run(server.url, tasks)
        assert done.returncode == 0 and "jobledger" not in done.stderr and site.left() == []
        order = [(event["run_id"] == name[:-6], event["type"]) for event in server.events]
        assert order.index((True, "job_started")) < order.index((False, "job_intended"))
        table.row(
            "controller killed, left to the next run",
            1,
            site.sent(),
            server.acknowledged,
            [(event["run_id"], event["seq"]) for event in server.events],
        )
        assert server.wrong == []


def test_intent_has_left_when_the_controller_dies_before_its_job_is_started(tmp_path):
    tasks = "- {name: P, hosts: all, gather_facts: false, tasks: [{name: two, command: 'true', async: 30, poll: 1}]}"
    with Ingester() as server:
        # Not about a busy machine; and the kill comes when the hook's own work is done, before anything later could send.
        done = Site(tmp_path).run(
            server.url, tasks, "in:v2_runner_on_start:1", JOBLEDGER_TIMEOUT="60", JOBLEDGER_BUDGET="120"
        )
        assert done.returncode == -9
        assert server.wait_for(lambda events: any(event["type"] == "job_intended" for event in events), 60)
