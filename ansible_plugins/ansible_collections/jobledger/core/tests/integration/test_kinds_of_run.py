"""Runs that are not a plain playbook: ad hoc, check mode, several playbooks, and what become and limits leave behind."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

from ansible_collections.jobledger.core.plugins.plugin_utils.recording import observer
from tools.controller import core_version

JOB = (
    "- name: P\n  hosts: all\n  gather_facts: false\n  tasks:\n    - {name: j, command: 'true', async: 30, poll: 0%s}\n"
)


def test_ad_hoc_background_job_is_recorded(controller, ingester):
    done = controller.command(
        "ansible",
        "all",
        "-B",
        "30",
        "-P",
        "0",
        "-m",
        "command",
        "-a",
        "echo hunter2",
        url=ingester.url,
        ANSIBLE_LOAD_CALLBACK_PLUGINS="1",
    )
    assert done.returncode == 0, done.stderr
    (run,), (job,) = ingester.of("run_started"), ingester.of("job_started")
    assert run["kind"] == "adhoc" and "playbook" not in run
    assert run["argv"][-2:] == ["-a", "***"] and "hunter2" not in repr(ingester.events)
    assert (job["host"], job["play"], job["job"], job["poll"]) == ("h1", "Ansible Ad-Hoc", "command", 0)
    assert len(ingester.of("run_finished")) == 1


def test_ad_hoc_job_that_is_waited_for_is_recorded_with_its_end(controller, ingester):
    controller.command(
        "ansible",
        "all",
        "-B",
        "30",
        "-P",
        "1",
        "-m",
        "command",
        "-a",
        "false",
        url=ingester.url,
        ANSIBLE_LOAD_CALLBACK_PLUGINS="1",
    )
    assert ingester.of("job_ended")[0]["status"] == "failed"


def test_check_mode_is_recorded(controller, ingester):
    done = controller.playbook(
        JOB % "", "--check", "--limit", "h1", "--skip-tags", "slow", "-e", "password=hunter2", url=ingester.url
    )
    (run,) = ingester.of("run_started")
    assert (run["check_mode"], run["limit"], run["skip_tags"]) == (True, "h1", ["slow"])
    assert run["argv"][-2:] == ["-e", "***"] and "hunter2" not in repr(ingester.events)
    if core_version() < (2, 17):  # refused before a job could start
        assert done.returncode == 2 and ingester.of("job_started") == []
    else:
        assert [job["check_mode"] for job in ingester.of("job_started")] in ([], [True])


def test_several_playbooks_are_one_run_with_a_recap_each(controller, ingester):
    controller.write("second.yml", JOB.replace("name: P", "name: Q") % "")
    done = controller.playbook(JOB % "", "second.yml", url=ingester.url)
    assert done.returncode == 0, done.stderr
    assert len(ingester.of("run_started")) == 1 and len(ingester.of("run_finished")) == 2
    assert [(job["playbook"], job["play"]) for job in ingester.of("job_started")] == [
        ("site.yml", "P"),
        ("second.yml", "Q"),
    ]


def test_become_user_and_remote_user_are_recorded(controller, ingester):
    controller.playbook(
        JOB % ", become: true, become_user: root, become_method: su, remote_user: deploy", url=ingester.url
    )
    (job,) = ingester.of("job_started")
    assert (job["remote_user"], job["become_user"]) == ("deploy", "root")


def test_serial_play_is_told_for_each_batch(controller, ingester):
    controller.inventory("h1", "h2")
    controller.playbook(
        "- {name: P, hosts: all, gather_facts: false, serial: 1, tasks: [{debug: }]}\n", url=ingester.url
    )
    assert [play["strategy"] for play in ingester.of("play_started")] == ["linear", "linear"]


def test_play_without_hosts_is_a_run_all_the_same(controller, ingester):
    done = controller.playbook("- {hosts: nobody, tasks: []}\n", url=ingester.url)
    assert done.returncode == 0
    assert [len(ingester.of(kind)) for kind in ("run_started", "play_started", "run_finished")] == [1, 1, 1]


HOSTILE = {
    "spaces": "  two  spaces ",
    "slashes": "a/b/../c",
    "dots": "..",
    "quotes": 'it\'s "quoted"',
    "newline": "one\ntwo",
    "non-ascii": "größe 任务 🚀",
    "long": "x" * 300,
    "percent": "100%25",
    "shell": "$(touch /tmp/x); `id`",
    "control": "a\x07b\x1b[31m",
    "very-long": "ü" * 5000,
}


def test_hostile_names_reach_the_ingester_as_they_are(controller, ingester):
    tasks = [{"name": name, "command": "true", "async": 30, "poll": 0} for name in HOSTILE.values()]
    tasks += [
        {"name": "by variable", "command": "true", "async": 30, "poll": 0, "vars": {"jobledger_job": name}}
        for name in list(HOSTILE.values())[:3]
    ]
    tasks += [{"name": "looped", "command": "true", "async": 30, "poll": 0, "loop": ["{{ '..' }}", "a/b", "1\n2"]}]
    done = controller.playbook(
        json.dumps([{"name": '../play "x"\n', "hosts": "all", "gather_facts": False, "tasks": tasks}]), url=ingester.url
    )
    assert done.returncode == 0, done.stdout
    jobs = ingester.of("job_started")
    wanted = [name if name != HOSTILE["very-long"] else "ü" * 2048 for name in HOSTILE.values()]
    assert [job["job"] for job in jobs[: len(wanted)]] == wanted
    assert [job["job"] for job in jobs[len(wanted) : len(wanted) + 3]] == wanted[:3]
    assert [job["job"] for job in jobs[len(wanted) + 3 :]] == ["looped (..)", "looped (a/b)", "looped (1\n2)"]
    assert {job["play"] for job in jobs} == {'../play "x"\n'}


def test_status_check_in_another_run_names_the_job_only_when_it_is_told(controller, ingester):
    done = controller.playbook("""
- name: Resume
  hosts: all
  gather_facts: false
  tasks:
    - {name: start, shell: "sleep 0.2; echo hunter2; exit 4", async: 30, poll: 0, register: j}
    - copy: {dest: "{{ playbook_dir }}/id", content: "{{ j.ansible_job_id }}"}
""")
    assert done.returncode == 0, done.stdout
    done = controller.playbook(
        """
- name: Resume
  hosts: all
  gather_facts: false
  tasks:
    - name: look
      async_status: jid={{ lookup('file', 'id') }}
      vars: {jobledger_job: start}
      register: r
      until: r is finished
      retries: 50
      delay: 0.2
      ignore_errors: true
    - {name: look again, async_status: "jid={{ lookup('file', 'id') }}", ignore_errors: true}
""",
        url=ingester.url,
    )
    assert done.returncode == 0, done.stdout
    (ended,) = ingester.of("job_ended")
    assert (ended["status"], ended["rc"], ended["job"], ended["play"]) == ("failed", 4, "start", "Resume")


def test_message_of_a_job_of_another_run_is_not_told(controller, ingester):
    """The job may have had no_log there, and async_status discloses what it said."""
    controller.playbook("""
- hosts: all
  gather_facts: false
  tasks:
    - {name: start, fail: {msg: no}, when: false}
    - name: start
      ansible.builtin.slurp: {src: /nowhere/hunter2}
      async: 30
      poll: 0
      register: j
      no_log: true
    - copy: {dest: "{{ playbook_dir }}/id", content: "{{ j.ansible_job_id }}"}
""")
    done = controller.playbook(
        """
- hosts: all
  gather_facts: false
  tasks:
    - name: look
      async_status: jid={{ lookup('file', 'id') }}
      register: r
      until: r is finished
      retries: 50
      delay: 0.2
      ignore_errors: true
""",
        url=ingester.url,
    )
    assert "hunter2" in done.stdout
    (ended,) = ingester.of("job_ended")
    assert ended["status"] == "failed" and "message" not in ended and "hunter2" not in repr(ingester.events)


def test_no_log_job_of_this_run_stays_hidden_from_a_status_check_without_no_log(controller, ingester):
    """The end is seen by another host's check, which has no no_log, before Ansible's own check of the job, which has."""
    controller.inventory("h1", "h2")
    wait = "while ! test -e {{ playbook_dir }}/go; do sleep 0.1; done"
    running = controller.start(
        """
- hosts: all
  gather_facts: false
  strategy: free
  tasks:
    - {name: secret job, shell: "%s; echo hunter2; exit 7", async: 60, poll: 5, no_log: true, ignore_errors: true, when: inventory_hostname == 'h1'}
    - {name: id, shell: "%s; ls {{ lookup('env', 'ANSIBLE_ASYNC_DIR') }}", register: id, when: inventory_hostname == 'h2'}
    - name: look
      async_status: jid={{ id.stdout }}
      register: r
      until: r is finished
      retries: 100
      delay: 0.1
      ignore_errors: true
      when: inventory_hostname == 'h2'
"""
        % (wait, wait),
        url=ingester.url,
    )
    try:
        assert ingester.wait_for(lambda events: any(event["type"] == "job_started" for event in events))
    finally:
        controller.write("go", "")
        output = running.communicate(timeout=600)[0]
    (ended,) = ingester.of("job_ended", job="secret job")
    assert "hunter2" in output and ended["status"] == "failed"  # the check did show it, and did end the job
    assert not {"rc", "message", "changed"} & set(ended) and "hunter2" not in repr(ingester.events)


def test_no_log_job_that_is_waited_for_ends_with_its_status_alone(controller, ingester):
    controller.playbook(
        """
- hosts: all
  gather_facts: false
  tasks:
    - {name: secret job, shell: "sleep 4; echo hunter2; exit 7", async: 30, poll: 1, no_log: true, ignore_errors: true}
""",
        url=ingester.url,
    )
    (ended,) = ingester.of("job_ended", job="secret job")
    assert ended["status"] == "failed" and not {"rc", "message", "changed"} & set(ended)


def test_quiet_run_says_that_it_is_alive_and_not_more_often_than_the_interval(controller, ingester):
    done = controller.playbook(
        "- {hosts: all, gather_facts: false, tasks: [{command: 'true', async: 30, poll: 0}, %s]}"
        % ", ".join(["{command: sleep 0.2}"] * 8),
        url=ingester.url,
        **controller.patched("_ALIVE_EVERY", 0.5),
    )
    assert done.returncode == 0
    alive = [datetime.strptime(event["at"], "%Y-%m-%dT%H:%M:%S.%fZ") for event in ingester.of("run_alive")]
    assert len(alive) >= 2 and min(after - before for before, after in zip(alive, alive[1:])).total_seconds() >= 0.5
    assert all(event.keys() == {"type", "run_id", "seq", "at"} for event in ingester.of("run_alive"))


def test_run_without_a_job_says_only_that_it_ran_and_asks_nobody_before_its_end(controller, ingester):
    tasks = (
        "- {name: P, hosts: all, gather_facts: false, tasks: [{command: 'true'}, {shell: 'cat {{ seen }} || true'}]}"
    )
    done = controller.playbook(tasks, "-e", "seen=%s" % controller.spool, url=ingester.url)
    assert done.returncode == 0 and done.stderr == "" and controller.left_files() == []
    assert [event["type"] for event in ingester.events] == ["run_started", "play_started", "run_finished"]
    assert len(ingester.requests) == 1 and ingester.wrong == []
    # What is told late was noted when it was.
    assert sorted(event["at"] for event in ingester.events) == [event["at"] for event in ingester.events]


def test_busy_run_does_not_say_that_it_is_alive(controller, ingester):
    controller.playbook(JOB % "", url=ingester.url)
    assert ingester.of("run_finished") and not ingester.of("run_alive")


def test_token_is_sent_as_bearer_and_never_shown(controller, ingester):
    done = controller.playbook(JOB % "", "-vvvv", url=ingester.url, JOBLEDGER_TOKEN="hunter2")
    assert {request["headers"]["Authorization"] for request in ingester.requests} == {"Bearer hunter2"}
    assert "hunter2" not in done.stdout + done.stderr + repr(ingester.events)


def test_settings_come_from_ansible_cfg(controller, ingester):
    cfg = controller.write(
        "ansible.cfg",
        "[defaults]\ncallbacks_enabled = jobledger.core.recorder\n[jobledger]\nurl = %s\n"
        "run_name = nightly\nlabels = a=b\n" % ingester.url,
    )
    controller.playbook(JOB % "", ANSIBLE_CONFIG=str(cfg))
    (run,) = ingester.of("run_started")
    assert (run["run_name"], run["labels"]) == ("nightly", {"a": "b"})


def test_job_without_an_end_in_sight_is_recorded(controller, ingester):
    done = controller.playbook(JOB.replace("async: 30", "async: 100000000000") % "", url=ingester.url)
    assert done.returncode == 0 and "jobledger" not in done.stderr
    assert [job["async"] for job in ingester.of("job_started")] == [100_000_000_000]


QUIET = """
- name: Quiet
  hosts: all
  gather_facts: false
  tasks:
    # Looked at so late that the job is over by then on a busy machine, too.
    - {name: fails, command: sh -c 'echo hunter2; false', async: 5, poll: 6, no_log: true, ignore_errors: true}
    - {name: kept, shell: "echo hunter2; exit {{ item }}", async: 30, poll: 0, no_log: true, register: kept, loop: [0, 3]}
    - {name: single, shell: echo hunter2, async: 30, poll: 0, no_log: true, register: single}
    - name: look
      async_status: jid={{ item }}
      loop: "{{ kept.results | map(attribute='ansible_job_id') | list + [single.ansible_job_id] }}"
      register: seen
      until: seen is finished
      retries: 100
      delay: 0.1
      ignore_errors: true
    - {name: forget, async_status: "jid={{ single.ansible_job_id }} mode=cleanup"}
"""


def test_end_of_a_no_log_job_is_recorded_though_nobody_may_see_its_id(controller, ingester):
    """Ansible waited for it, or a check of its registered id saw it: then it does not run on for ever, and is one record."""
    done = controller.playbook(QUIET, url=ingester.url)
    assert "hunter2" in done.stdout and "jobledger" not in done.stderr, done.stderr  # the check has no no_log
    launches = {event["seq"]: event for event in ingester.of("job_unresumable")}
    assert [event["job"] for event in launches.values()] == ["fails", "kept", "kept", "single"]
    ends = [(launches[event["launch"]]["task"], event["status"]) for event in ingester.of("job_ended")]
    assert ends == [("fails", "failed"), ("kept", "succeeded"), ("kept", "failed"), ("single", "succeeded")]
    assert [launches[event["launch"]]["task"] for event in ingester.of("job_cleaned")] == ["single"]
    assert {event["launch"] for event in ingester.of("job_ended")} == set(launches)
    shown = {
        "type",
        "run_id",
        "seq",
        "at",
        "launch",
        "status",
        "host",
        "execution_host",
        "play",
        "playbook",
        "playbook_path",
        "task",
        "job",
    }
    assert all(set(event) <= shown for event in ingester.of("job_ended")) and "hunter2" not in repr(ingester.events)
    assert not [event for event in ingester.events if event.get("ansible_job_id")]


def test_recorder_that_is_loaded_by_two_names_makes_one_run_and_says_so(controller, ingester):
    done = controller.playbook(
        JOB % "",
        url=ingester.url,
        ANSIBLE_CALLBACK_PLUGINS=str(Path(observer.__file__).parents[2] / "callback"),
        ANSIBLE_CALLBACKS_ENABLED="recorder,jobledger.core.recorder",
    )
    warnings = " ".join(done.stderr.split()).count("the recorder is loaded twice; this run is recorded once")
    assert done.returncode == 0 and warnings == (core_version() >= (2, 19)), (
        done.stderr
    )  # earlier versions take both for one
    assert [len(ingester.of(kind)) for kind in ("run_started", "job_started", "run_finished")] == [1, 1, 1]
    assert len({event["run_id"] for event in ingester.events}) == 1
