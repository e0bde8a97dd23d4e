"""Commands, output and arguments on real Ansible: not sent by default, redacted where they are asked for, never
under no_log.
"""

from __future__ import annotations

import json

import pytest
from tools.controller import Controller
from tools.ingester import Ingester

SECRET, HIDDEN, PIN = "hunter2-Zx9", "swordfish-Q7", "4711-pin"
TASKS = """
- name: P
  hosts: h1
  gather_facts: false
  tasks:
    - {name: fired, shell: "echo out-fired; echo err-fired >&2; echo password=hunter2-Zx9 4711-pin", async: 60, poll: 0, register: fired}
    - {name: look, async_status: "jid={{ fired.ansible_job_id }}", register: seen, until: seen is finished, retries: 300, delay: 0.1}
    - {name: waited, command: "sh -c 'echo out-waited; exit 3' --token hunter2-Zx9", async: 60, poll: 1, ignore_errors: true}
    - {name: looped, command: "echo out-{{ item }}", async: 60, poll: 1, loop: [a, b]}
    - {name: fetched, get_url: {url: "file://{{ playbook_dir }}/site.yml", dest: "{{ playbook_dir }}/copy-4711-pin", url_username: u, url_password: hunter2-Zx9, headers: {Authorization: Bearer hunter2-Zx9}}, async: 60, poll: 1}
    - {name: hidden, command: echo swordfish-Q7, async: 60, poll: 0, no_log: true}
    - {name: hidden and waited, command: echo swordfish-Q7, async: 60, poll: 1, no_log: true}
    - {name: hidden by a template, command: sh -c 'sleep 3; echo swordfish-Q7', async: 60, poll: 1, no_log: "{{ hide }}", vars: {hide: true}}
    - {name: hidden loop, command: "echo {{ item }}", async: 60, poll: 1, no_log: true, loop: [swordfish-Q7]}
    - {name: hidden look, async_status: "jid={{ fired.ansible_job_id }}", no_log: true}
"""
ONE = "- {name: P, hosts: h1, gather_facts: false, tasks: [{name: one, command: echo x, async: 60, poll: 1}]}"
LOOK = "- {name: Q, hosts: h1, gather_facts: false, tasks: [{async_status: {jid: '%s'}}]}"


def sent(server) -> str:
    """All that came over the wire, as text."""
    return json.dumps(server.batches, ensure_ascii=False)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    return Controller(tmp_path_factory.mktemp("details"))


@pytest.fixture(scope="module")
def shown(site):
    """A run that asks for everything."""
    with Ingester() as server:
        done = site.playbook(
            TASKS,
            "-i",
            "hosts.ini",
            "-e",
            "x=" + SECRET,
            url=server.url,
            JOBLEDGER_DETAILS="cmd, stdout,stderr,module_args",
            JOBLEDGER_REDACT="\\d{4}-pin\n",
        )
        assert done.returncode == 0 and server.wrong == [], (done.stdout, done.stderr, server.wrong)
        yield server


def details(server, job: str, kind: str = "job_ended") -> list[dict]:
    return [event.get("details") for event in server.of(kind, job=job)]


def test_by_default_nothing_of_it_is_sent(site):
    with Ingester() as server:
        done = site.playbook(TASKS, url=server.url)
        assert done.returncode == 0 and server.wrong == [], done.stdout
    assert len(server.of("job_ended")) >= 5  # the end of a hidden one counts where it was seen running
    assert not [event for event in server.events if "details" in event]
    for text in (SECRET, HIDDEN, PIN, "out-", "err-", "url_password"):
        assert text not in sent(server), text


def test_job_that_was_asked_for_shows_its_command_at_the_launch_and_all_at_the_end(shown):
    (launch,), (end,) = details(shown, "fired", "job_started"), details(shown, "fired")
    assert launch == {"cmd": "echo out-fired; echo err-fired >&2; echo password=*** ***"}
    assert end["stdout"] == "out-fired\npassword=*** ***" and end["stderr"] == "err-fired"
    assert end["cmd"] == launch["cmd"] and end["module_args"]["_uses_shell"] is True
    (waited,) = details(shown, "waited")
    assert waited["stdout"] == "out-waited" and waited["cmd"].endswith("--token ***")
    assert [entry["stdout"] for job in ("looped (a)", "looped (b)") for entry in details(shown, job)] == [
        "out-a",
        "out-b",
    ]
    assert [entry["cmd"] for job in ("looped (a)", "looped (b)") for entry in details(shown, job)] == [
        "echo out-a",
        "echo out-b",
    ]


def test_arguments_go_without_what_the_module_and_the_expressions_hide(shown):
    (end,) = details(shown, "fetched")
    arguments = end["module_args"]
    assert (
        arguments["url_username"] == "u"
        and arguments["dest"].endswith("/copy-***")
        and arguments["url"].endswith("/site.yml")
    )
    assert arguments["url_password"] == "***" and arguments["headers"] == {"Authorization": "***"}


def test_secrets_are_nowhere_in_what_was_sent(shown):
    assert SECRET not in sent(shown) and PIN not in sent(shown)


def test_no_log_stays_hidden_whatever_was_asked_for(shown):
    assert HIDDEN not in sent(shown)
    hidden = [
        event
        for event in shown.events
        if (event.get("job") or "").startswith("hidden")
        and event["type"] in ("job_started", "job_ended", "job_polled", "job_unresumable")
    ]
    assert len(hidden) >= 5 and not [event for event in hidden if "details" in event]


def test_job_of_another_run_shows_nothing_since_it_may_have_been_hidden_there(site, shown):
    (fired,) = shown.of("job_started", job="fired")
    with Ingester() as server:
        done = site.playbook(
            LOOK % fired["ansible_job_id"], url=server.url, JOBLEDGER_DETAILS="cmd,stdout,stderr,module_args"
        )
        assert done.returncode == 0, done.stdout
    (end,) = server.of("job_ended")
    assert end["status"] == "succeeded" and "details" not in end and "out-fired" not in sent(server)


def test_only_the_kinds_that_were_asked_for_are_sent(site):
    text = "- {name: P, hosts: h1, gather_facts: false, tasks: [{name: one, command: echo out, async: 60, poll: 1}]}"
    with Ingester() as server:
        assert site.playbook(text, url=server.url, JOBLEDGER_DETAILS="stdout").returncode == 0
    assert details(server, "one") == [{"stdout": "out"}] and details(server, "one", "job_started") == [None]


@pytest.mark.parametrize(
    "setting, value, why",
    [
        ("DETAILS", "cmd,argv", "details may name cmd, stdout, stderr, module_args; 'argv' is none"),
        ("REDACT", "(", "'(' is not a regular expression"),
    ],
)
def test_setting_that_makes_no_sense_is_named_in_one_warning_and_nothing_more_than_usual_is_sent(
    site, setting, value, why
):
    with Ingester() as server:
        done = site.playbook(ONE, "-i", "hosts.ini", url=server.url, **{"JOBLEDGER_" + setting: value})
        said = " ".join(done.stderr.split())
        assert done.returncode == 0 and said.count(why) == 1, done.stderr
        assert [event for event in server.events if event["type"] == "job_ended"], "a wrong setting loses no job"
        assert not [event for event in server.events if event.get("details")]
