"""A controller for the fault suite: its runs can be killed at one exact moment, and it keeps a log of its own of all
that reached the spool.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from ansible_collections.jobledger.core.plugins.plugin_utils.delivery import spool

from .controller import Controller

# Each in a directory of its own: Ansible imports all plugins of a directory, and these change the recorder when they
# are imported.
PLUGINS = Path(__file__).resolve().parent / "callbacks"
SOAK = os.environ.get("JOBLEDGER_SOAK") in ("1", "true")
_REPLAY = Path(spool.__file__).parent / "replay.py"


class Site(Controller):
    """Its runs load the killer before the recorder; see tools/callbacks/killer.py for the moments."""

    @property
    def log(self) -> Path:
        """What reached the spool, one event a line: what a test believes instead of the spool."""
        return self.root / "spooled"

    def with_faults(self, kill_at: str = "", plugins: tuple = (), **extra: str) -> dict:
        """Return the environment of a run with the killer, and with more of the test plugins, all loaded before the
        recorder.
        """
        names = ("killer", *plugins)
        return dict(
            {
                "KILL_AT": kill_at,
                "SPOOLED_LOG": str(self.log),
                "POLLED": str(self.root / "polled"),
                "ANSIBLE_CALLBACK_PLUGINS": ":".join(str(PLUGINS / name) for name in names),
                "ANSIBLE_CALLBACKS_ENABLED": ",".join((*names, "jobledger.core.recorder")),
            },
            **extra,
        )

    def run(self, url: str, tasks: str, kill_at: str = "", **extra: str):
        """Run a playbook with the killer and return the finished process."""
        return self.playbook(tasks, url=url, **self.with_faults(kill_at, **extra))

    def launch(self, url: str, tasks: str, **extra: str):
        """Start a playbook and return the running process; the caller ends it."""
        return self.start(tasks, url=url, **self.with_faults(**extra))

    def replay(self, url: str, *arguments: str, **environment: str):
        """Run the replay script as cron would, for a ledger that had all the addresses that spools were for."""
        was = [word for address in self.left_for() for word in ("--was", address)]
        return subprocess.run(
            [sys.executable, "-I", str(_REPLAY), "--url", url, "--spool-dir", str(self.spool), *was, *arguments],
            text=True,
            env=dict(os.environ, TMPDIR=str(self.tmp), **environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            timeout=600,
            check=False,
        )

    def spooled(self, kind: str | None = None) -> list[dict]:
        """Return the events that reached the spool, of all runs. The log's last line may be torn: then it does not
        count.
        """
        lines = self.log.read_text(encoding="ascii").split("\n")[:-1] if self.log.exists() else []
        return [event for event in map(json.loads, lines) if kind is None or event["type"] == kind]

    def sent(self) -> list[tuple]:
        """Return (run_id, seq) of the events that reached the spool."""
        return [(event["run_id"], event["seq"]) for event in self.spooled()]


def json_below(root: Path) -> int:
    """Read every JSON file below a directory, as a reader who comes at any moment would, and return how many there
    are. Fails on half of one.
    """
    count = 0
    for path in root.rglob("*.json"):
        if ".jobledger" in path.parts:
            continue  # where the mirror writes before it renames
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            continue
        assert isinstance(json.loads(text), dict) and text.endswith("\n"), path
        count += 1
    return count
