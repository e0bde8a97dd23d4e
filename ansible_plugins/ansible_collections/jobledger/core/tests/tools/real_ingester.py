"""The real ingester as a process, which can be killed and started again on the same port and ledger."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from . import ingester
from .program import JAR, JOBLEDGER


def missing() -> str | None:
    """Return why it cannot be run here; None when it can."""
    return None if JAR.exists() and shutil.which("java") else "the ingester's jar is not built, or there is no java"


class RealIngester:
    """Use as a context manager. `url` stays the same over kills."""

    def __init__(self, root: Path, *options: str, prefix: tuple = ()) -> None:
        """`options` are those of `jobledger serve`; `prefix` stands before the command."""
        self.root = root
        self._options = options
        self._prefix = prefix
        self.port = ingester.closed_port()
        self.url = "http://127.0.0.1:%d" % self.port
        self.process: subprocess.Popen | None = None

    def __enter__(self) -> "RealIngester":
        self.start()
        return self

    def __exit__(self, *_exc) -> None:
        self.kill()

    def start(self, seconds: float = 60) -> None:
        """Start it and wait until it can store events."""
        with open(self.root / "ingester.log", "ab") as log:
            self.process = subprocess.Popen(
                [
                    *self._prefix,
                    *JOBLEDGER,
                    "serve",
                    "--port",
                    str(self.port),
                    "--data-dir",
                    str(self.root / "data"),
                    *self._options,
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.root,
            )
        deadline = time.monotonic() + seconds
        while True:
            try:
                self.get("/readyz")
                return
            except (OSError, urllib.error.URLError):
                assert self.process.poll() is None and time.monotonic() < deadline, (
                    self.root / "ingester.log"
                ).read_text()[-2000:]
                time.sleep(0.05)  # between two looks at the condition

    def kill(self) -> None:
        """End it as a power cut would: kill -9."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def get(self, path: str):
        """Return the JSON of an answer."""
        with urllib.request.urlopen(self.url + path, timeout=10) as answer:
            return json.load(answer)

    def stored(self) -> list[tuple]:
        """Return (run_id, seq) of every event in the ledger, as its runs list them."""
        found = []
        for run in self.get("/api/v1/runs?limit=1000")["runs"]:
            cursor = ""
            while cursor is not None:
                page = self.get(
                    "/api/v1/runs/%s/events?limit=1000%s"
                    % (run["run_id"], cursor and "&cursor=" + urllib.parse.quote(cursor))
                )
                found += [(event["run_id"], event["seq"]) for event in page["events"]]
                cursor = page["next"]
        return found
