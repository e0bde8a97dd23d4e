"""Runs real Ansible as a subprocess, apart from the user's own settings."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

_PATCH = """
from ansible_collections.jobledger.core.plugins.callback import recorder
from ansible.plugins.callback import CallbackBase

recorder.%s = %r


class CallbackModule(CallbackBase):
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "patch"
    CALLBACK_NEEDS_ENABLED = True
"""
COLLECTIONS = Path(__file__).resolve().parents[5]
BIN = Path(sys.executable).parent


class Controller:
    """A controller with a home, a project directory and an inventory of its own, below `root`.

    `hosts` are inventory lines; all use the local connection.
    """

    prefix: tuple = ()  # what stands before each command

    def __init__(self, root: Path, hosts=("h1",)) -> None:
        self.root = root
        self.home = root / "home"
        self.home.mkdir(parents=True, exist_ok=True)
        self.tmp = root / "tmp"
        self.tmp.mkdir(exist_ok=True)
        self.inventory(*hosts)

    def inventory(self, *hosts: str) -> None:
        """Write the inventory: one line for each host."""
        self.write(
            "hosts.ini",
            "\n".join(["[all]", *hosts, "[all:vars]", "ansible_python_interpreter=%s" % sys.executable, ""]),
        )

    @property
    def spool(self) -> Path:
        """Where this controller's runs keep their spools."""
        return self.home / ".local" / "state" / "jobledger" / "spool"

    def left(self) -> list[str]:
        """Return the names of the spools that are left, for whatever ledger."""
        return sorted(path.name for path in self.spool.rglob("*.spool"))

    def left_files(self) -> list[Path]:
        """Return all files below the spool's directory, but for what a ledger told last: that stays."""
        return [path for path in self.spool.rglob("*") if path.is_file() and path.name != "head"]

    def left_for(self) -> list[str]:
        """Return the addresses of the ledgers that spools were for."""
        return sorted(unquote(path.name) for path in self.spool.glob("*") if path.is_dir())

    def for_any_ledger(self) -> None:
        """Make all spools such as are for whichever ledger comes next: the tests' ones have new ports."""
        for path in self.left_files():
            path.rename(self.spool / path.name)

    def environment(self, url: str | None, **extra: str) -> dict:
        """Return the environment: the callback is on when `url` is given. `extra` wins."""
        found = {
            key: value for key, value in os.environ.items() if not key.startswith(("ANSIBLE_", "JOBLEDGER_", "XDG_"))
        }
        found.update(
            HOME=str(self.home),
            TMPDIR=str(self.tmp),
            ANSIBLE_REMOTE_TEMP=str(self.root / "remote"),
            ANSIBLE_ASYNC_DIR=str(self.root / "async"),
            LC_ALL="C.UTF-8",
            ANSIBLE_COLLECTIONS_PATH=str(COLLECTIONS),
            ANSIBLE_COLLECTIONS_PATHS=str(COLLECTIONS),
            ANSIBLE_NOCOWS="1",
            ANSIBLE_RETRY_FILES_ENABLED="0",
            ANSIBLE_LOCALHOST_WARNING="0",
            ANSIBLE_INVENTORY=str(self.root / "hosts.ini"),
            ANSIBLE_TRANSPORT="local",
            ANSIBLE_GATHERING="explicit",
            ANSIBLE_FORKS="4",
            ANSIBLE_DEPRECATION_WARNINGS="0",
            PYTHONDONTWRITEBYTECODE="1",
            ANSIBLE_ROLES_PATH=str(self.root / "roles"),
            ANSIBLE_INTERNAL_POLL_INTERVAL="0.01",
            ANSIBLE_DEVEL_WARNING="0",
        )
        # The deprecated spelling warns on the versions that know the new one.
        if core_version() >= (2, 19):
            del found["ANSIBLE_COLLECTIONS_PATHS"]
        if url is not None:
            found.update(ANSIBLE_CALLBACKS_ENABLED="jobledger.core.recorder", JOBLEDGER_URL=url)
        found.update(extra)
        return found

    def write(self, name: str, text: str) -> Path:
        """Write a file of the project."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def patched(self, name: str, value) -> dict:
        """Return the environment of a run in which a constant of the recorder has another value."""
        self.write("patch/patch.py", _PATCH % (name, value))
        return {
            "ANSIBLE_CALLBACK_PLUGINS": str(self.root / "patch"),
            "ANSIBLE_CALLBACKS_ENABLED": "patch,jobledger.core.recorder",
        }

    def playbook(self, text: str, *arguments: str, url: str | None = None, name: str = "site.yml", **extra: str):
        """Run a playbook and return the finished process, its output as text."""
        self.write(name, text)
        return self.command("ansible-playbook", name, *arguments, url=url, **extra)

    def command(self, program: str, *arguments: str, url: str | None = None, **extra: str):
        """Run one of Ansible's programs and return the finished process."""
        return subprocess.run(
            [*self.prefix, str(BIN / program), *arguments],
            cwd=self.root,
            env=self.environment(url, **extra),
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            timeout=600,
            check=False,
        )

    def start(self, text: str, *arguments: str, url: str | None = None, name: str = "site.yml", **extra: str):
        """Start a playbook and return the running process; the caller ends it."""
        self.write(name, text)
        return subprocess.Popen(
            [*self.prefix, str(BIN / "ansible-playbook"), name, *arguments],
            cwd=self.root,
            stdin=subprocess.DEVNULL,
            env=self.environment(url, **extra),
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )


def core_version() -> tuple:
    """Return ansible-core's version as numbers, (2, 14)."""
    from ansible.release import __version__

    return tuple(int(part) for part in re.findall(r"\d+", __version__)[:2])
