"""Pages whose commands are run one after the other, as they stand: how to secure the ingester, and how to connect to it.

Only what a page cannot know is replaced: the port, since another program may have the usual one, and the name of a
machine that does not exist.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import socket
import subprocess

import pytest
from tools import pages
from tools.program import CHECKOUT, JAR, JOBLEDGER, until

if not JAR.is_file() and "JOBLEDGER_JAR" not in os.environ:
    pytest.skip("the ingester is not built; ./mvnw -DskipTests package does it", allow_module_level=True)
if not shutil.which("openssl") or not shutil.which("curl"):
    pytest.skip("NOT SHOWN: the pages need openssl and curl", allow_module_level=True)


class Reader:
    """A person who copies commands from a page into a shell, in a directory of their own."""

    def __init__(self, root):
        self.root = root
        with socket.socket() as asked:
            asked.bind(("127.0.0.1", 0))
            self.port = str(asked.getsockname()[1])
        # A token as a machine is given it.
        self.given = root / "given-token"
        self.given.write_text("jl_" + secrets.token_hex(32))
        self.given.chmod(0o600)
        (root / "bin").mkdir()
        program = root / "bin" / "jobledger"
        program.write_text('#!/bin/sh\nexec %s "$@"\n' % " ".join("'%s'" % word for word in JOBLEDGER))
        program.chmod(0o755)
        (root / "jobledger").symlink_to(program)
        shell = {key: value for key, value in os.environ.items() if not key.startswith(("JOBLEDGER_", "ANSIBLE_"))}
        self.environment = dict(
            shell,
            HOME=str(root),
            XDG_CONFIG_HOME=str(root / ".config"),
            XDG_DATA_HOME=str(root / "data"),
            XDG_STATE_HOME=str(root / "state"),
            JOBLEDGER_PORT=self.port,
            PATH="%s:%s" % (root / "bin", os.environ["PATH"]),
        )
        self.served: subprocess.Popen | None = None

    def reads(self, text: str) -> str:
        """Return the text with this machine's port, and without the machine that there is not."""
        text = text.replace(":8740", ":" + self.port).replace("https://ledger.example.com", "https://localhost")
        return text.replace("/run/secrets/agents-token", str(self.given))

    def serve(self, line: str) -> None:
        """Start the ingester as a line says, in place of the one before, and wait until it answers."""
        self.stop()
        log = self.root / "serve.log"
        with open(log, "wb") as said:
            self.served = subprocess.Popen(
                ["/bin/bash", "-ec", "exec " + self.reads(line)],
                cwd=self.root,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
            )

        def listens() -> bool:
            assert self.served.poll() is None, log.read_text()
            return "listens on" in log.read_text()

        until(listens, 120)

    def run(self, line: str, stdin: str = "") -> str:
        """Run a line that must succeed, and return what it said."""
        done = subprocess.run(
            ["/bin/bash", "-ec", self.reads(line)],
            cwd=self.root,
            env=self.environment,
            input=stdin,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, "%s\n%s" % (line, done.stdout)
        return done.stdout

    def stop(self) -> None:
        """Stop the ingester, if one was started."""
        if self.served:
            self.served.terminate()
            self.served.wait(60)
            self.served = None


@pytest.fixture
def reader(tmp_path):
    made = Reader(tmp_path)
    yield made
    made.stop()


def lines(block: str) -> list[str]:
    """Return the commands of a block; one may go on in the next line."""
    return [line for line in block.replace("\\\n", "").splitlines() if line.strip()]


def commands(page: str) -> list[str]:
    """Return the commands of a page in their order."""
    return [line for kind, text in pages.blocks(page) if kind in ("", "console") for line in lines(text)]


def test_secure_as_it_stands(reader):
    """Tokens, TLS and client certificates; the proxy is somebody else's, and the paths of the logs are a service's."""
    ran = 0
    for line in commands("how-to/secure.md"):
        if "/var/" in line or "--host-names" in line or line.startswith("./jobledger trail"):
            continue
        if line.startswith("./jobledger serve"):
            reader.serve(line)
        else:
            reader.run(line)
        ran += 1
    assert ran >= 12
    # The last step wants a certificate as well, and the variables that the page names show it.
    reader.environment.update(
        JOBLEDGER_URL=reader.reads("https://localhost:8740"),
        JOBLEDGER_CA_FILE="ca.pem",
        JOBLEDGER_CLIENT_CERT="client.pem",
        JOBLEDGER_CLIENT_KEY="client.key",
        JOBLEDGER_TOKEN_FILE="ci.token",
    )
    assert "no jobs" in reader.run("jobledger jobs ls")
    assert "use https://" in reader.run(
        "jobledger jobs ls 2>&1 --url %s || true" % reader.reads("http://localhost:8740")
    )
    del reader.environment["JOBLEDGER_CLIENT_CERT"], reader.environment["JOBLEDGER_CLIENT_KEY"]
    assert "certificate" in reader.run("jobledger jobs ls 2>&1 || true")


def test_connect_as_it_stands(reader):
    """Login, contexts, filters and doctor against a ledger with TLS and tokens."""
    made = commands("how-to/secure.md")
    for line in made[: next(i for i, line in enumerate(made) if line.startswith("./jobledger serve"))]:
        reader.run(line)
    reader.serve(next(line for line in made if line.startswith("./jobledger serve")))
    token = (reader.root / "admin.token").read_text()
    (reader.root / "staging.token").write_text(token)
    ran = []
    for line in commands("how-to/connect.md"):
        if line == "jobledger doctor":
            continue
        # The context is called by the host of the URL, and here that has another port.
        line = line.replace("--context ledger.example.com", "--context localhost-" + reader.port)
        ran.append(reader.run(line, stdin=token))
        assert token.strip() not in ran[-1]
    assert "may admin" in ran[0] and "Filters of the context staging: --label team=db" in "".join(ran)
    assert "staging" in ran[2] and "Filters" not in ran[5]
    # Nothing is current any more: the page's last context was removed.
    assert "none counts" in reader.run("jobledger doctor || true")
    reader.run(reader.reads("jobledger context use localhost-" + reader.port))
    said = reader.run("jobledger doctor || true")
    assert re.search(r"✓ certificate +lasts 8\d days more", said) and "✓ token        'admin' may admin" in said, said
    assert "✓ clocks" in said and "✓ versions" in said and (CHECKOUT / "docs" / "how-to" / "connect.md").is_file()
