"""Writes tests/fixtures/events anew: batches that real runs of the callback sent, one file per kind of thing that
happened.

Run it with a Python that has ansible-core: python3 tests/tools/capture_events.py
Host, user and paths of the machine are replaced, so that the fixtures do not say where they were made.
"""

from __future__ import annotations

import getpass
import json
import re
import socket
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(HERE), str(HERE.parents[3])]

from tools.controller import Controller  # noqa: E402
from tools.ingester import Ingester  # noqa: E402

PLAYBOOK = """
- name: Upgrade databases
  hosts: db1
  gather_facts: false
  tasks:
    - {name: upgrade_db, command: sleep 1, async: 60, poll: 0, register: fired}
    - {name: "node $(x) größe/..", command: "true", async: 60, poll: 0, loop: [a, "b c"]}
    - {name: waited for, command: sleep 2, async: 60, poll: 1}
    - {name: named, command: "true", async: 60, poll: 0, delegate_to: db2, vars: {jobledger_job: "upgrade {{ inventory_hostname }}"}}
    - {name: fails, command: sh -c 'exit 3', async: 60, poll: 1, ignore_errors: true}
    - {name: hidden, command: echo x, async: 60, poll: 0, no_log: true}
    - {name: hidden and waited for, command: sleep 1.5, async: 60, poll: 1, no_log: true}
    - {name: too long, command: sleep 30, async: 2, poll: 1, ignore_errors: true}
    - {name: again, command: "true", async: 60, poll: 0, register: again, until: again.attempts | default(1) | int >= 2, retries: 3, delay: 0}
    - {name: wait, async_status: "jid={{ fired.ansible_job_id }}", register: r, until: r is finished, retries: 30, delay: 1}
    - {name: not today, command: "true", async: 60, poll: 5, when: false}
    - {name: unknown, async_status: jid=j404.1, ignore_errors: true}
    - {name: clean, async_status: "jid={{ fired.ansible_job_id }} mode=cleanup"}
    - {name: strange, async_status: jid=2472848566.371110, ignore_errors: true, vars: {jobledger_job: upgrade_db}}
"""
SHOWN = """
- name: Upgrade databases
  hosts: db1
  gather_facts: false
  tasks:
    - name: upgrade_db
      command: sh -c 'echo "password=hunter2 größe"; echo "<a>" >&2; exit 3' --token hunter2
      async: 60
      poll: 1
      ignore_errors: true
"""
QUIET = (
    "[{name: Quiet, hosts: db1, gather_facts: false, tasks: [{command: uptime, async: 9, poll: 0}, "
    "{command: sleep 0.3}, {command: sleep 0.3}, {command: sleep 0.3}]}]"
)


def _file_of(event: dict) -> str:
    kind = event["type"]
    if kind == "job_ended":
        return "job_ended_details" if "details" in event else "job_ended_" + event["status"]
    if kind == "job_started":
        if "details" in event:
            return "job_started_details"
        for mark in ("label", "attempt"):
            if mark in event:
                return "job_started_" + mark
        return (
            "job_started_no_log"
            if event["no_log"]
            else "job_started_delegated"
            if event["execution_host"] != "db1"
            else kind
        )
    return kind


def main() -> None:
    """Run the playbooks and write the files."""
    target = HERE / "fixtures" / "events"
    with tempfile.TemporaryDirectory() as root, Ingester() as server:
        controller = Controller(Path(root), hosts=["db1", "db2"])
        controller.playbook(
            PLAYBOOK,
            "--limit",
            "db1",
            "-e",
            "password=x",
            url=server.url,
            JOBLEDGER_RUN_NAME="CHG-7",
            JOBLEDGER_LABELS="team=db,ticket=CHG-7",
            JOBLEDGER_POLL_INTERVAL="0",
        )
        controller.playbook(SHOWN, "--limit", "db1", url=server.url, JOBLEDGER_DETAILS="cmd,stdout,stderr,module_args")
        controller.command(
            "ansible", "db1", "-B", "30", "-P", "0", "-a", "true", url=server.url, ANSIBLE_LOAD_CALLBACK_PLUGINS="1"
        )
        shown = list(server.batches)
        controller.playbook(QUIET, url=server.url, **controller.patched("_ALIVE_EVERY", 0.5))
        assert server.wrong == [], server.wrong
        shown += [batch for batch in server.batches[len(shown) :] if batch[-1]["type"] == "run_alive"]
        for batch in shown:
            # A batch that brings several kinds is an example of the last one: what the others are stands in their own.
            text = json.dumps(batch, indent=1, ensure_ascii=False)
            text = text.replace(root, "/home/deploy/site").replace(
                '"controller": "%s"' % socket.gethostname(), '"controller": "ci-1"'
            )
            text = text.replace('"user": "%s"' % getpass.getuser(), '"user": "deploy"')
            assert not re.search(r"/tmp|/root|/work|hunter2", text), text
            kind = "run_started_adhoc" if batch[0].get("kind") == "adhoc" else _file_of(batch[-1])
            # It waits for the next send, so it is never the last of its batch.
            kind = "job_not_started" if any(event["type"] == "job_not_started" for event in batch) else kind
            (target / (kind + ".json")).write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
