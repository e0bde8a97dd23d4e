"""What Ansible hands a callback, row by row, on real Ansible: each test is one observed fact and what becomes of it."""

from __future__ import annotations

import threading

import pytest
from tools.controller import Controller, core_version
from tools.ingester import Ingester

# A job that is to be seen running lasts four seconds: the first look at it comes after one, on a machine under load
# later.
MAIN = """
- name: Upgrade databases
  hosts: HOSTS
  gather_facts: false
  strategy: STRATEGY
  vars:
    secret: hunter2
  tasks:
    - name: fire and forget
      ansible.builtin.command: sleep 2
      async: 40
      poll: 0
      register: fired
    - name: looped
      command: echo {{ item }}
      async: 40
      poll: 0
      loop: [a, b]
      loop_control: {label: "item {{ item }}"}
    - name: labelled
      command: "true"
      async: 40
      poll: 0
      loop: [{name: x, password: hunter2}]
      loop_control: {label: "{{ item.name }}"}
    - name: waited for
      command: sh -c 'while ! test -e {{ playbook_dir }}/polled; do sleep 0.2; done'
      async: 40
      poll: 1
    - name: ends at once
      command: "true"
      async: 40
      poll: 1
    - name: waited loop
      command: "sleep {{ item }}"
      async: 40
      poll: 1
      loop: [4, 0]
    - name: named
      vars: {jobledger_job: "upgrade {{ inventory_hostname }}"}
      command: "true"
      async: 40
      poll: 0
    - name: named by item
      vars: {jobledger_job: "node-{{ node }}"}
      command: "true"
      async: 40
      poll: 0
      loop: [1, 2]
      loop_control: {loop_var: node}
    - name: bad template
      vars: {jobledger_job: "{{ nothing_like_this }}"}
      command: "true"
      async: 40
      poll: 0
    - name: failing job
      command: sh -c 'echo hunter2; exit 3'
      async: 40
      poll: 1
      ignore_errors: true
    - name: hidden
      command: echo hunter2
      async: 40
      poll: 0
      no_log: true
    - name: hidden loop
      command: echo {{ item }}
      async: 40
      poll: 0
      no_log: true
      loop: [hunter2]
    - name: hidden and waited for
      command: sh -c 'sleep 4; echo hunter2'
      async: 40
      poll: 1
      no_log: true
    - name: hidden and over at once  # polled so late that the job is over by then on a machine under load, too
      command: echo hunter2
      async: 40
      poll: 6
      no_log: true
    - name: launched again and again
      command: "true"
      async: 40
      poll: 0
      register: again
      until: again.attempts | default(1) | int >= 3
      retries: 5
      delay: 0
    - name: awaited again
      command: "false"
      async: 40
      poll: 1
      register: awaited
      until: awaited.rc | default(1) == 0
      retries: 1
      delay: 0
      ignore_errors: true
    - name: elsewhere
      command: "true"
      async: 40
      poll: 0
      delegate_to: h3
      register: elsewhere
    - name: elsewhere by item
      command: "true"
      async: 40
      poll: 0
      delegate_to: "{{ item }}"
      loop: [h3]
    - name: in a directory of its own
      command: "true"
      async: 40
      poll: 0
      vars: {ansible_async_dir: "{{ lookup('env', 'HOME') }}/own dir"}
      register: own
    - name: look into the directory
      async_status: jid={{ own.ansible_job_id }}
      vars: {ansible_async_dir: "{{ lookup('env', 'HOME') }}/own dir"}
      until: own_result is finished
      register: own_result
      retries: 60
      delay: 0.2
    - name: look for the job elsewhere
      async_status: jid={{ elsewhere.ansible_job_id }}
      delegate_to: h3
      until: elsewhere_result is finished
      register: elsewhere_result
      retries: 60
      delay: 0.2
    - block:
        - name: fails in a block
          command: "false"
          async: 40
          poll: 1
      rescue:
        - name: rescue
          command: "true"
          async: 40
          poll: 0
    - name: not today
      command: "true"
      async: 40
      poll: 1
      when: false
    - include_role: {name: worker}
    - import_role: {name: worker}
    - name: wait for the first
      async_status: jid={{ fired.ansible_job_id }}
      until: result is finished
      register: result
      retries: 60
      delay: 0.2
    - name: gives up
      async_status: jid={{ fired.ansible_job_id }}
      until: "false"
      register: result
      retries: 1
      delay: 0
      ignore_errors: true
    - name: unknown job
      async_status: jid=j404.1
      ignore_errors: true
    - name: unknown job, not minded
      async_status: jid=j405.1
      failed_when: false
    - name: clean up
      async_status: jid={{ fired.ansible_job_id }} mode=cleanup
    - name: look for what was cleaned up
      async_status: jid={{ fired.ansible_job_id }}
      ignore_errors: true
- name: Unreachable
  hosts: away
  gather_facts: false
  tasks:
    - name: never gets there
      command: "true"
      async: 40
      poll: 0
"""

SLOW = """
- name: Slow
  hosts: all
  gather_facts: false
  strategy: free
  tasks:
    - {name: too long and awaited, command: sleep 60, async: 2, poll: 1, ignore_errors: true, when: inventory_hostname == 'h1'}
    # Ansible must look at it once before it ends, else no_log hides its id for good; a busy machine may be seconds late.
    - {name: hidden and too long, command: sleep 60, async: 8, poll: 1, no_log: true, ignore_errors: true, when: inventory_hostname == 'h1'}
    - {name: too long, command: sleep 60, async: 2, poll: 0, register: long, when: inventory_hostname == 'h2'}
    - name: see that it was too long
      async_status: jid={{ long.ansible_job_id }}
      until: seen is finished
      register: seen
      retries: 30
      delay: 1
      ignore_errors: true
      when: inventory_hostname == 'h2'
    - {name: torn, command: sleep 62, async: 30, poll: 0, register: torn, when: inventory_hostname == 'h3'}
    - copy: {dest: "{{ torn.results_file }}", content: '{"started": 1, "ansi'}
      when: inventory_hostname == 'h3'
    - name: read the torn file
      async_status: jid={{ torn.ansible_job_id }}
      ignore_errors: true
      when: inventory_hostname == 'h3'
    - name: until is exhausted
      async_status: jid={{ torn.ansible_job_id }}
      until: exhausted is finished
      register: exhausted
      retries: 1
      delay: 0
      ignore_errors: true
      when: inventory_hostname == 'h3'
    - {name: killed and removed, command: sleep 61, async: 30, poll: 0, register: gone, when: inventory_hostname == 'h4'}
    - shell: "kill -9 $(pgrep -f '[j]{{ gone.ansible_job_id.split('.')[0][1:] }}') $(pgrep -f '[s]leep 61'); rm {{ gone.results_file | dirname }}/*.{{ gone.ansible_job_id.split('.')[1] }}"
      when: inventory_hostname == 'h4'
    - name: see that it is gone
      async_status: jid={{ gone.ansible_job_id }}
      ignore_errors: true
      when: inventory_hostname == 'h4'
    - {name: stop, shell: "kill -9 $(pgrep -f '[s]leep 6[2]') || true", when: inventory_hostname == 'h3'}
"""


@pytest.fixture(scope="module", params=["linear", "free"])
def run(request, tmp_path_factory):
    """One run with every quick case, under both strategies."""
    controller = Controller(
        tmp_path_factory.mktemp("facts"),
        hosts=["h1", "h2", "h3", "away ansible_connection=ssh ansible_port=1 ansible_host=127.0.0.1"],
    )
    controller.write("roles/worker/tasks/main.yml", "- {name: role job, command: 'true', async: 40, poll: 0}\n")
    with Ingester() as server:
        server.hosts = ["h1", "h2"] if request.param == "free" else ["h1"]
        threading.Thread(target=_end_what_was_seen, args=(server, controller.root), daemon=True).start()
        server.process = controller.playbook(
            MAIN.replace("STRATEGY", request.param).replace("HOSTS", ",".join(server.hosts)),
            url=server.url,
            JOBLEDGER_RUN_NAME="CHG-7",
            JOBLEDGER_LABELS="team=db,why=test",
            JOBLEDGER_POLL_INTERVAL="0.3",
        )
        server.home, server.root = controller.home, controller.root
        yield server


def _end_what_was_seen(server, root):
    # The job ends when its polls came, however slow the machine is.
    server.wait_for(
        lambda events: (
            {event["host"] for event in events if event["type"] == "job_polled" and event.get("job") == "waited for"}
            >= set(server.hosts)
        ),
        300,
    )
    (root / "polled").touch()


@pytest.fixture(scope="module")
def slow(tmp_path_factory):
    """One run with the cases that take seconds: time-outs, torn and lost jobs, one host for each."""
    root = tmp_path_factory.mktemp("slow")
    controller = Controller(root, hosts=["h1", "h2", "h3", "h4"])
    with Ingester() as server:
        server.process = controller.playbook(SLOW, url=server.url)
        yield server


def _one(server, kind, **fields):
    found = server.of(kind, host="h1", **fields)
    assert len(found) == 1, found
    return found[0]


def _story(server, started):
    """What was said of one job, in order: event types, with the status of an end."""
    return [
        event.get("status") or event["type"]
        for event in server.of("job_started", ansible_job_id=started["ansible_job_id"])
        + server.of("job_ended", ansible_job_id=started["ansible_job_id"])
    ]


def test_every_event_keeps_to_the_contract(run):
    assert run.wrong == []
    assert [event["seq"] for event in sorted(run.events, key=lambda event: event["seq"])] == list(
        range(1, len(run.events) + 1)
    )
    assert len({event["run_id"] for event in run.events}) == 1
    assert "delivered" not in run.process.stderr and "internal error" not in run.process.stderr, run.process.stderr
    assert run.process.returncode == 4, run.process.stdout  # away is unreachable; everything else went well


def test_no_secret_and_no_output_is_ever_sent(run):
    assert "hunter2" in run.process.stdout  # the run itself does show it
    assert "hunter2" not in repr(run.events)
    assert "stdout" not in repr(run.events)


def test_run_started_says_who_and_how(run):
    (event,) = run.of("run_started")
    assert event["seq"] == 1
    assert (event["kind"], event["playbook"], event["run_name"]) == ("playbook", "site.yml", "CHG-7")
    assert event["playbook_path"].endswith("/site.yml") and event["labels"] == {"team": "db", "why": "test"}
    assert event["argv"] == ["ansible-playbook", "site.yml"]
    assert tuple(int(part) for part in event["ansible_version"].split(".")[:2]) == core_version()


def test_run_finished_is_the_last_event_and_has_the_recap(run):
    (event,) = run.of("run_finished")
    assert event["seq"] == max(other["seq"] for other in run.events)
    assert event["stats"]["away"]["unreachable"] == 1
    assert event["stats"]["h1"]["rescued"] == 1 and event["stats"]["h1"]["failures"] == 0


def test_play_started_once_for_each_play(run):
    assert [event["play"] for event in run.of("play_started")] == ["Upgrade databases", "Unreachable"]


def test_poll_0_is_started_with_id_and_results_file(run):
    for host in run.hosts:
        (event,) = run.of("job_started", host=host, job="fire and forget")
        assert event["results_file"] == "%s/async/%s" % (run.root, event["ansible_job_id"])
        assert (event["play"], event["playbook"], event["task"]) == ("Upgrade databases", "site.yml", "fire and forget")
        assert (event["async"], event["poll"], event["check_mode"], event["no_log"]) == (40, 0, False, False)
        assert (event["execution_host"], event["connection"]) == (host, "local")
        assert event["action"] == "ansible.builtin.command" and "label" not in event and "attempt" not in event


@pytest.mark.parametrize(
    "task", ["waited for", "hidden", "hidden and over at once", "waited loop", "failing job", "not today"]
)
def test_task_whose_id_comes_late_is_announced_and_the_intent_made_good(run, task):
    for host in run.hosts:
        (intent,) = run.of("job_intended", host=host, task=task)
        assert (intent["play"], intent["job"], intent["async"]) == ("Upgrade databases", task, 40)
        answers = [
            event
            for kind in ("job_started", "job_unresumable", "job_not_started")
            for event in run.of(kind, host=host, task=task)
        ]
        assert answers and all(event["seq"] > intent["seq"] and event["intent"] == intent["seq"] for event in answers)
        assert answers[0]["type"] == {
            "hidden": "job_unresumable",
            "hidden and over at once": "job_unresumable",
            "not today": "job_not_started",
        }.get(task, "job_started")


def test_task_whose_id_is_shown_at_once_is_not_announced(run):
    assert run.of("job_intended", task="fire and forget") == run.of("job_intended", task="looped") == []
    assert all("intent" not in event for event in run.of("job_started", task="fire and forget"))


def test_loop_with_poll_0_is_one_job_per_item_and_the_aggregate_repeats_none(run):
    jobs = run.of("job_started", host="h1", task="looped")
    assert [(event["job"], event["label"]) for event in jobs] == [
        ("looped (item a)", "item a"),
        ("looped (item b)", "item b"),
    ]
    assert len({event["ansible_job_id"] for event in jobs}) == 2


def test_loop_label_is_used_and_not_the_whole_item(run):
    assert _one(run, "job_started", task="labelled")["job"] == "labelled (x)"


def test_poll_gt_0_is_started_at_its_first_poll_and_ended_by_its_result(run):
    started = _one(run, "job_started", job="waited for")
    ended = _one(run, "job_ended", job="waited for")
    assert ended["ansible_job_id"] == started["ansible_job_id"]
    assert (ended["status"], ended["rc"], ended["changed"]) == ("succeeded", 0, True)
    assert started["at"] < ended["at"] and started["seq"] < ended["seq"]
    polled = [event for event in run.events if event["type"] == "job_polled" and event.get("job") == "waited for"]
    assert polled and all(event["task"] == "waited for" for event in polled)


def test_poll_gt_0_that_ends_within_the_first_interval_is_started_and_ended(run):
    started, ended = _one(run, "job_started", job="ends at once"), _one(run, "job_ended", job="ends at once")
    assert ended["status"] == "succeeded" and ended["seq"] == started["seq"] + 1
    assert started["at"][:10] and started["at"] < ended["at"]  # it began with the task, not when its result came


def test_loop_with_poll_gt_0_gets_its_label_with_the_items_result(run):
    jobs = run.of("job_started", host="h1", task="waited loop")
    assert [event["job"] for event in jobs] == ["waited loop (4)", "waited loop (0)"]
    ends = [run.of("job_ended", ansible_job_id=event["ansible_job_id"]) for event in jobs]
    assert [[end["status"] for end in found] for found in ends] == [["succeeded"], ["succeeded"]]
    assert jobs[0]["at"] < jobs[1]["at"]
    early = run.of("job_polled", ansible_job_id=jobs[0]["ansible_job_id"])[0]
    assert early["seq"] < jobs[0]["seq"] and early["job"] == "waited loop"


def test_jobledger_job_names_the_job_and_is_templated_per_host(run):
    named = [event["job"] for host in run.hosts for event in run.of("job_started", host=host, task="named")]
    assert named == ["upgrade %s" % host for host in run.hosts]


def test_jobledger_job_that_uses_the_item_gets_no_label(run):
    assert [event["job"] for event in run.of("job_started", host="h1", task="named by item")] == ["node-1", "node-2"]


def test_jobledger_job_with_a_template_error_falls_back_with_one_warning(run):
    assert _one(run, "job_started", task="bad template")["job"] == "bad template"
    assert run.process.stderr.count("jobledger_job of task") == 1


def test_failed_job_is_failed_with_its_return_code_and_without_its_output(run):
    ended = _one(run, "job_ended", job="failing job")
    assert (ended["status"], ended["rc"]) == ("failed", 3) and "non-zero return code" in ended["message"]


def test_no_log_with_poll_0_is_recorded_as_unresumable(run):
    event = _one(run, "job_unresumable", job="hidden")
    assert event["no_log"] is True and event["poll"] == 0 and "async_job_save" in event["reason"]
    assert run.of("job_started", job="hidden") == []
    assert _one(run, "job_unresumable", task="hidden loop")["job"] == "hidden loop"


def test_no_log_with_poll_gt_0_keeps_the_id_and_nothing_else(run):
    started, ended = (
        _one(run, "job_started", job="hidden and waited for"),
        _one(run, "job_ended", job="hidden and waited for"),
    )
    assert started["no_log"] is True and ended["ansible_job_id"] == started["ansible_job_id"]
    assert ended["status"] == "succeeded" and not {"rc", "message", "changed"} & set(ended)


def test_no_log_with_poll_gt_0_that_is_over_at_once_is_unresumable(run):
    launch = _one(run, "job_unresumable", job="hidden and over at once")
    ended = _one(run, "job_ended", job="hidden and over at once")
    assert "until the job had ended" in launch["reason"]
    assert (ended["launch"], ended["status"]) == (launch["seq"], "succeeded") and not {
        "rc",
        "changed",
        "message",
    } & set(ended)


def test_retries_around_poll_0_start_one_job_each(run):
    jobs = run.of("job_started", host="h1", task="launched again and again")
    assert [event["attempt"] for event in jobs] == [1, 2, 3]
    assert len({event["ansible_job_id"] for event in jobs}) == 3


def test_retries_around_poll_gt_0_end_each_job(run):
    jobs = run.of("job_started", host="h1", task="awaited again")
    assert len(jobs) == 2
    assert [_story(run, job) for job in jobs] == [["job_started", "failed"]] * 2


def test_delegate_to_is_the_execution_host(run):
    started = _one(run, "job_started", job="elsewhere")
    assert started["execution_host"] == "h3"
    ended = run.of("job_ended", ansible_job_id=started["ansible_job_id"])
    assert [(end["host"], end["execution_host"], end["job"], end["status"]) for end in ended] == [
        ("h1", "h3", "elsewhere", "succeeded")
    ]


def test_delegate_to_in_a_loop_is_templated_by_item(run):
    assert _one(run, "job_started", task="elsewhere by item")["execution_host"] == "h3"


def test_async_dir_of_the_task_is_in_the_results_file(run):
    started = _one(run, "job_started", job="in a directory of its own")
    assert started["results_file"] == "%s/own dir/%s" % (run.home, started["ansible_job_id"])
    assert _story(run, started) == ["job_started", "succeeded"]


def test_block_and_rescue_jobs_are_recorded(run):
    assert _one(run, "job_ended", job="fails in a block")["status"] == "failed"
    assert _one(run, "job_started", job="rescue")


def test_included_and_imported_role_jobs_are_two_jobs(run):
    jobs = run.of("job_started", host="h1", job="role job")
    assert len(jobs) == 2 and len({event["ansible_job_id"] for event in jobs}) == 2


def test_async_status_until_finished_ends_the_job_under_its_own_name(run):
    ended = _one(run, "job_ended", job="fire and forget")
    assert (ended["status"], ended["rc"], ended["task"]) == ("succeeded", 0, "fire and forget")
    assert ended["ansible_job_id"] == _one(run, "job_started", job="fire and forget")["ansible_job_id"]


def test_async_status_that_gives_up_on_a_finished_job_changes_nothing(run):
    assert _story(run, _one(run, "job_started", job="fire and forget")) == ["job_started", "succeeded"]


@pytest.mark.parametrize("job_id", ["j404.1", "j405.1"])
def test_async_status_of_an_unknown_job_is_lost_whatever_the_hook(run, job_id):
    ended = _one(run, "job_ended", ansible_job_id=job_id)
    assert (ended["status"], ended["message"]) == ("lost", "could not find job")
    assert "job" not in ended and "play" not in ended  # a check of a stranger says nothing of its name


def test_cleanup_is_recorded_and_is_not_a_loss(run):
    cleaned = _one(run, "job_cleaned", job="fire and forget")
    assert run.of("job_ended", ansible_job_id=cleaned["ansible_job_id"], status="lost") == []


def test_unreachable_says_nothing_about_a_job(run):
    assert [event for event in run.events if event.get("host") == "away"] == []


def test_slow_run_keeps_to_the_contract(slow):
    assert slow.wrong == [] and slow.process.returncode == 0, slow.process.stdout + slow.process.stderr


def test_poll_gt_0_past_its_limit_is_timed_out(slow):
    ended = _one(slow, "job_ended", job="too long and awaited")
    assert ended["status"] == "timed_out" and ended["message"].startswith(("async task", "Timeout"))
    assert _story(slow, ended) == ["job_started", "timed_out"]


def test_no_log_past_its_limit_is_timed_out_without_a_message(slow):
    ended = _one(slow, "job_ended", job="hidden and too long")
    assert ended["status"] == "timed_out" and "message" not in ended


def test_poll_0_past_its_limit_is_timed_out_when_it_is_looked_at(slow):
    (ended,) = slow.of("job_ended", job="too long")
    assert (ended["status"], ended["message"]) == ("timed_out", "Timeout exceeded")


def test_torn_job_file_and_exhausted_until_are_not_an_end(slow):
    assert len(slow.of("job_started", job="torn")) == 1
    assert slow.of("job_ended", job="torn") == []


def test_killed_job_without_its_file_is_lost(slow):
    (ended,) = slow.of("job_ended", job="killed and removed")
    assert (ended["status"], ended["message"]) == ("lost", "could not find job")
