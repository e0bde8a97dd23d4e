"""The roles ingester and controller set a machine up, change nothing the second time, and remove what they made.

The machine is thrown away; systemd does not run in it, so the units are checked by systemd-analyze, and what they start
is started by hand, as the same user and with the same settings.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COLLECTIONS = ROOT / "ansible_plugins"
SITE = """\
- name: A ledger, and this machine as a controller of it
  hosts: localhost
  connection: local
  vars:
    ansible_python_interpreter: /usr/bin/python3
  tasks:
    - name: The ingester
      ansible.builtin.include_role:
        name: jobledger.core.ingester
      vars:
        ingester_package: %(package)s
        ingester_java: none
        ingester_listen: 0.0.0.0
        ingester_port: %(port)d
        ingester_tls: own_ca
        ingester_tls_names: [ledger.example.com, 192.0.2.1]
        ingester_tokens:
          - {name: admin, scope: admin}
          - {name: controllers, scope: 'ingest,read', expires: 90d}
        ingester_settings: {run-silence: 2h}
    - name: The controller
      ansible.builtin.include_role:
        name: jobledger.core.controller
      vars:
        controller_url: https://localhost:%(port)d
        controller_token_file: "{{ playbook_dir }}/jobledger-tokens/controllers.token"
        controller_ca_file: "{{ playbook_dir }}/jobledger-ca.pem"
        controller_collection: %(collection)s
        controller_settings: {labels: team=db}
"""
REMOVE = """\
- name: Remove both
  hosts: localhost
  connection: local
  vars:
    ansible_python_interpreter: /usr/bin/python3
  tasks:
    - name: The controller
      ansible.builtin.include_role:
        name: jobledger.core.controller
      vars:
        controller_state: absent
    - name: The ingester
      ansible.builtin.include_role:
        name: jobledger.core.ingester
      vars:
        ingester_state: absent
        ingester_purge: %(all)s
        ingester_remove_data: %(all)s
"""
PLAYBOOK = """\
- name: Upgrade databases
  hosts: localhost
  gather_facts: false
  tasks:
    - name: Migrate schema
      ansible.builtin.command: "true"
      async: 60
      poll: 1
"""
AS_SERVICE = "runuser -u jobledger -- env JOBLEDGER_CONFIG=/etc/jobledger/jobledger.properties "


def _play(machine, name: str, text: str) -> dict:
    machine.write("/srv/%s.yml" % name, text)
    done = machine.run("ansible-playbook", "/srv/%s.yml" % name)
    assert done.returncode == 0, done.stdout
    return {key: int(value) for key, value in re.findall(r"(changed|failed|ok)=(\d+)", done.stdout)}


def _free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return asked.getsockname()[1]


def _packages():
    found = [
        *(ROOT / "packaging" / "target").glob("jobledger-*.tar.gz"),
        *(ROOT / "packaging" / "target").glob("*.deb"),
    ]
    return sorted(found) or [pytest.param(None, marks=pytest.mark.skip("nothing is built in packaging/target"))]


@pytest.mark.parametrize("package", _packages(), ids=lambda path: path.suffix if path else "none")
def test_one_play_makes_a_ledger_with_tls_tokens_and_a_controller(machine, collection, package):
    port = _free_port()
    site = SITE % {"package": package, "collection": collection, "port": port}
    assert _play(machine, "site", site)["changed"] > 10
    assert _play(machine, "site", site)["changed"] == 0, "a second run changes nothing"

    modes = machine.sh("stat -c '%U:%G %a %n' /etc/jobledger/* /var/lib/jobledger /srv/jobledger-tokens/*")
    assert "root:jobledger 640 /etc/jobledger/server.key" in modes and "jobledger:jobledger 750" in modes
    assert "root:root 600 /srv/jobledger-tokens/admin.token" in modes
    for unit in ("jobledger.service", "jobledger-backup.timer", "jobledger-replay.timer", "jobledger-replay.service"):
        machine.sh("systemd-analyze verify --man=no %s" % unit)
    enabled = machine.sh("systemctl list-unit-files 'jobledger*' --state=enabled --no-legend || true")
    assert all(unit in enabled for unit in ("jobledger.service", "jobledger-backup.timer", "jobledger-replay.timer"))

    _use_it(machine, port)
    _remove_it(machine)


def _use_it(machine, port: int) -> None:
    # A run before the ingester is there stays in the spool; the timer's program delivers it.
    machine.write("/srv/upgrade.yml", PLAYBOOK)
    machine.environment.pop("ANSIBLE_COLLECTIONS_PATH")  # from here on the collection that the role installed
    first = machine.run("ansible-playbook", "/srv/upgrade.yml")
    assert first.returncode == 0 and "are kept in /var/spool/jobledger" in " ".join(first.stdout.split()), first.stdout
    service = subprocess.Popen(
        machine.command("sh", "-ec", "exec " + AS_SERVICE + "jobledger serve"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        said = []
        for line in service.stdout:
            said.append(line)
            if "listens on" in line:
                break
        assert "listens on https://" in said[-1], "".join(said)
        unit = "/etc/systemd/system/jobledger-replay.service"
        machine.sh('eval "$(sed -n \'s/^Environment="\\{0,1\\}\\([^"]*\\)"\\{0,1\\}$/export \\1/p\' %s)"; '
                   "eval \"$(sed -n 's/^ExecStart=//p' %s)\"" % (unit, unit))  # fmt: skip
        asked = "JOBLEDGER_URL=https://localhost:%d JOBLEDGER_CA_FILE=/srv/jobledger-ca.pem " % port
        listed = machine.sh(asked + "JOBLEDGER_TOKEN_FILE=/srv/jobledger-tokens/admin.token jobledger jobs ls")
        assert "succeeded" in listed and "Migrate schema" in listed
        machine.sh(
            "set -a; . /etc/jobledger/backup.env; export KEEP; cd /; "
            "runuser -u jobledger -- /usr/share/jobledger/jobledger-backup /var/lib/jobledger/backups $KEEP"
        )
        assert machine.sh("ls /var/lib/jobledger/backups").endswith(".zip\n")
    finally:
        service.terminate()
        service.stdout.read()
        service.wait(60)
        service.stdout.close()


def _remove_it(machine) -> None:
    machine.environment["ANSIBLE_COLLECTIONS_PATH"] = str(COLLECTIONS)
    _play(machine, "remove", REMOVE % {"all": "false"})
    machine.sh("test ! -e /usr/bin/jobledger; test ! -e /usr/share/jobledger; test -d /var/lib/jobledger/backups")
    assert "jobledger" not in machine.sh("cat /etc/ansible/ansible.cfg").replace("jobledger.core.controller", "")
    _play(machine, "remove", REMOVE % {"all": "true"})
    machine.sh("test ! -e /etc/jobledger; test ! -e /var/lib/jobledger")


def test_what_is_not_there_is_removed_all_the_same(machine):
    assert _play(machine, "remove", REMOVE % {"all": "true"})["failed"] == 0


def test_callbacks_that_are_on_stay_on(machine, collection):
    machine.write("/etc/ansible/ansible.cfg", "[defaults]\nforks = 7\ncallbacks_enabled = ansible.posix.timer, other\n")
    site = SITE[: SITE.index("    - name: The ingester")] + SITE[SITE.index("    - name: The controller") :]
    site = re.sub(r" +controller_(token|ca)_file: .*\n", "", site) % {"port": 8740, "collection": collection}
    _play(machine, "site", site)
    text = machine.sh("cat /etc/ansible/ansible.cfg")
    assert "callbacks_enabled = ansible.posix.timer, other, jobledger.core.recorder\n" in text and "forks = 7\n" in text
    assert "labels = team=db\n" in text and os.linesep * 3 not in text
