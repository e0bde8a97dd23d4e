"""Real Ansible and the real ingester with all of it on: TLS, client certificates, tokens. And that no token is left
anywhere.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tools.certificates import Authority
from tools.controller import COLLECTIONS, Controller
from tools.program import JAR, JOBLEDGER, Program, until

if not JAR.is_file() and "JOBLEDGER_JAR" not in os.environ:
    pytest.skip("the ingester is not built; ./mvnw -DskipTests package does it", allow_module_level=True)

REPLAY = (
    COLLECTIONS / "ansible_collections" / "jobledger" / "core" / "plugins" / "plugin_utils" / "delivery" / "replay.py"
)

WORK = """
- name: Upgrade databases
  hosts: all
  tasks:
    - name: Migrate schema
      command: 'true'
      async: 60
      poll: 0
"""

RESUME = """
- name: Save and load
  hosts: all
  tasks:
    - name: Ask the lookup
      assert:
        that: lookup('jobledger.core.job', 'Migrate schema', play='Upgrade databases').status == 'running'
    - include_role: {name: jobledger.core.async_job_save}
      vars:
        {async_job_save_backend: ingester, async_job_save_host: "{{ inventory_hostname }}", async_job_save_job_name: saved, async_job_save_ansible_job_id: j1.2}
    - include_role: {name: jobledger.core.async_job_load}
      vars: {async_job_load_backend: ingester, async_job_load_host: "{{ inventory_hostname }}", async_job_load_job_name: saved}
"""


class Secured:
    """An ingester that asks for a token and a certificate, and a controller that has both."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "tls").mkdir()
        (root / "tokens").mkdir(mode=0o700)
        self.ca = Authority(root / "tls", "server-ca")
        self.clients = Authority(root / "tls", "client-ca")
        cert, key = self.ca.issue("server")
        self.data = root / "data"
        self.log = root / "access.log"
        self.tokens: dict[str, str] = {}
        for scope in ("ingest", "read"):
            self.create(scope)
        self.create("ingest,read", "both")
        self.program = Program(
            self.data,
            "--tls-cert",
            str(cert),
            "--tls-key",
            str(key),
            "--tls-client-ca",
            str(self.clients.file),
            "--access-log",
            str(self.log),
            "--log-level",
            "debug",
        )
        client_cert, client_key = self.clients.issue("controller")
        self.environment = {
            "JOBLEDGER_TOKEN_FILE": str(root / "tokens" / "both"),
            "JOBLEDGER_CA_FILE": str(self.ca.file),
            "JOBLEDGER_CLIENT_CERT": str(client_cert),
            "JOBLEDGER_CLIENT_KEY": str(client_key),
            "JOBLEDGER_TIMEOUT": "10",
            "JOBLEDGER_BUDGET": "60",
        }

    def command(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
        """Run the jobledger command."""
        shell = {name: value for name, value in os.environ.items() if not name.startswith("JOBLEDGER_")}
        shell.update(environment, XDG_CONFIG_HOME=str(self.root))
        return subprocess.run(
            [*JOBLEDGER, *arguments], env=shell, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=600
        )

    def create(self, scope: str, name: str | None = None) -> None:
        """Make a token, and put it into a file of its own, as an operator would."""
        made = self.command("token", "create", "--scope", scope, "--name", name or scope, "--data-dir", str(self.data))
        assert made.returncode == 0, made.stderr
        self.tokens[name or scope] = made.stdout.strip()
        path = self.root / "tokens" / (name or scope)
        path.touch(mode=0o600)
        path.write_text(made.stdout)


@pytest.fixture(scope="module")
def secured(tmp_path_factory):
    """One for all cases; at the end, no token stands in any file but the operator's own."""
    made = Secured(tmp_path_factory.mktemp("secured"))
    with made.program:
        yield made
    for path in made.root.rglob("*"):
        if path.is_file() and path.parent.name != "tokens":
            content = path.read_bytes()
            assert not [name for name, token in made.tokens.items() if token.encode() in content], path


@pytest.fixture
def controller(secured, request):
    return Controller(secured.root / ("controller-" + request.node.name), ["h-" + request.node.name[5:40]])


def _silent(secured, done) -> str:
    said = done.stdout + done.stderr
    assert not any(token in said for token in secured.tokens.values()), "a token was shown"
    return said


def test_callback_lookup_roles_and_commands_work_with_all_of_it_on(secured, controller):
    url = secured.program.url
    assert url.startswith("https://")
    said = _silent(secured, controller.playbook(WORK, "-vvvv", url=url, **secured.environment))
    assert "[WARNING]: jobledger" not in said, said
    done = controller.playbook(RESUME, "-vvvv", url=url, name="resume.yml", **secured.environment)
    said = _silent(secured, done)
    assert done.returncode == 0, said
    listed = secured.command("jobs", "ls", JOBLEDGER_URL=url, **secured.environment)
    assert "Migrate schema" in _silent(secured, listed) and "saved" in listed.stdout, listed.stderr
    until(lambda: '"token":"both"' in secured.log.read_text())


def test_replay_delivers_what_an_untrusted_run_could_not(secured, controller):
    url = secured.program.url
    wrong = dict(secured.environment, JOBLEDGER_CA_FILE=str(secured.clients.file))
    said = _silent(secured, controller.playbook(WORK, "-vvvv", url=url, **wrong))
    assert "certificate is not trusted" in said and list(controller.spool.rglob("*.spool"))
    arguments = [sys.executable, str(REPLAY), "--url", url, "--spool-dir", str(controller.spool)]
    for missing, why in (("JOBLEDGER_TOKEN_FILE", "token"), ("JOBLEDGER_CLIENT_CERT", "client")):
        environment = {
            name: value
            for name, value in controller.environment(None, **secured.environment).items()
            if not name.startswith(missing)
        }
        if missing == "JOBLEDGER_CLIENT_CERT":
            del environment["JOBLEDGER_CLIENT_KEY"]
        done = subprocess.run(
            arguments, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=600
        )
        assert done.returncode == 1, _silent(secured, done)
    done = subprocess.run(
        arguments,
        env=controller.environment(None, **secured.environment),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        timeout=600,
    )
    assert done.returncode == 0 and "delivered" in _silent(secured, done), done.stdout + done.stderr
    assert not list(controller.spool.rglob("*.spool"))


def test_token_without_the_scope_is_refused_and_the_events_are_kept(secured, controller):
    url = secured.program.url
    reader = dict(secured.environment, JOBLEDGER_TOKEN_FILE=str(secured.root / "tokens" / "read"))
    said = _silent(secured, controller.playbook(WORK, url=url, **reader))
    assert "refused the token" in said and list(controller.spool.rglob("*.spool"))
    done = controller.command("ansible-playbook", "jobledger.core.replay", url=url, **secured.environment)
    assert done.returncode == 0 and not list(controller.spool.rglob("*.spool")), _silent(secured, done)
    sender = dict(secured.environment, JOBLEDGER_TOKEN_FILE=str(secured.root / "tokens" / "ingest"))
    done = controller.playbook(RESUME, url=url, name="resume.yml", **sender)
    assert done.returncode == 2 and "refused the token" in _silent(secured, done)


def test_token_file_that_everybody_can_read_is_warned_about(secured, controller):
    loose = controller.write("loose", secured.tokens["both"])
    try:
        loose.chmod(0o644)
        said = _silent(
            secured,
            controller.playbook(
                WORK, url=secured.program.url, **dict(secured.environment, JOBLEDGER_TOKEN_FILE=str(loose))
            ),
        )
        assert "every user of this machine can read the token" in " ".join(said.split())
    finally:
        loose.unlink()


def test_revoked_token_is_refused_while_the_ingester_runs(secured, controller):
    secured.create("read", "brief")
    environment = dict(
        secured.environment,
        JOBLEDGER_TOKEN_FILE=str(secured.root / "tokens" / "brief"),
        JOBLEDGER_URL=secured.program.url,
    )
    until(lambda: secured.command("runs", "ls", **environment).returncode == 0)
    assert secured.command("token", "revoke", "brief", "--data-dir", str(secured.data)).returncode == 0
    until(lambda: "expired or been revoked" in secured.command("runs", "ls", **environment).stderr)
