"""Settings that make no sense: one warning that names the setting, and nothing is lost."""

from __future__ import annotations

import json
import re

JOB = """
- name: Nightly
  hosts: all
  gather_facts: false
  tasks:
    - name: Copy everything
      command: %s
      async: 60
      poll: %d
"""


def _warning(process) -> str:
    text = " ".join(process.stderr.split())
    (found,) = re.findall(r"\[WARNING\]: jobledger: .*?(?=\[WARNING\]|$)", text)
    return found


# Settings without which no ingester can be asked; unit/plugins/test_access.py has all that is wrong with them.
UNUSABLE = [
    (
        {"JOBLEDGER_TOKEN_FILE": "/nonexistent/token"},
        "token_file /nonexistent/token cannot be read (No such file or directory)",
    ),
    ({"JOBLEDGER_URL": "127.0.0.1:8740"}, "url must begin with http:// or https://"),
    ({"JOBLEDGER_URL": "http://u:hunter2@127.0.0.1:1"}, "url must not hold a user name or password"),
    (
        {"JOBLEDGER_URL": "https://127.0.0.1:1", "JOBLEDGER_CA_FILE": "/nonexistent/ca"},
        "ca_file /nonexistent/ca cannot be used",
    ),
]


def test_events_wait_in_the_spool_while_the_settings_name_no_ingester_that_can_be_asked(controller, ingester):
    for count, (setting, named) in enumerate(UNUSABLE):
        done = controller.playbook(JOB % ('"true"', 0), url=ingester.url, **setting)
        warning = _warning(done)
        assert done.returncode == 0 and named in warning and "4 events are kept in" in warning, warning
        assert "hunter2" not in done.stdout + done.stderr and ingester.requests == []
        assert len(list(controller.spool.rglob("*.spool"))) == count + 1
    done = controller.playbook("[{hosts: all, gather_facts: false, tasks: [{debug: }]}]", url=ingester.url)
    assert "jobledger" not in done.stderr
    # One run named a ledger, and what is for that goes to no other until it is said to be the same.
    assert len(controller.left()) == 1 and controller.left_for() == sorted([ingester.url, "https://127.0.0.1:1"])
    done = controller.command("ansible-playbook", "jobledger.core.replay", JOBLEDGER_URL=ingester.url)
    assert done.returncode == 0 and "1 spools in" in " ".join(done.stderr.split()), done.stderr
    was = '{"jobledger_was": ["https://127.0.0.1:1"]}'
    done = controller.command("ansible-playbook", "jobledger.core.replay", "-e", was, JOBLEDGER_URL=ingester.url)
    assert done.returncode == 0 and controller.left_files() == []
    assert len(ingester.of("run_finished")) == 1 + len(UNUSABLE)
    assert [event["job"] for event in ingester.of("job_started")] == ["Copy everything"] * len(UNUSABLE)


WRONG = {
    "LABELS": "nonsense",
    "TIMEOUT": "soon",
    "BUDGET": "-1",
    "SPOOL_MAX": "lots",
    "POLL_INTERVAL": "often",
    "DETAILS": "cmd,everything",
    "REDACT": "(unclosed",
}


def test_each_setting_that_cannot_be_used_is_named_in_one_warning_and_all_events_are_delivered(controller, ingester):
    done = controller.playbook(
        JOB % ("sh -c 'echo hunter2; exit 3'", 1),
        url=ingester.url,
        **{"JOBLEDGER_" + key: value for key, value in WRONG.items()},
    )
    warning = _warning(done)
    for name in WRONG:
        assert re.search(r"\b%s\b" % name.lower(), warning), (name, warning)
    assert done.returncode == 2 and len(ingester.of("run_finished")) == 1
    # Nobody knows what the expression would have hidden.
    (ended,) = ingester.of("job_ended")
    assert (ended["status"], ended["message"]) == ("failed", "***") and "details" not in ended
    assert set(ingester.of("run_started")[0]["argv"]) == {"***"} and "hunter2" not in json.dumps(ingester.events)
