"""Runs the real ingester, as built, on a free port with a data directory of its own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import quote

CHECKOUT = Path(__file__).resolve().parents[6]
JAR = Path(os.environ.get("JOBLEDGER_JAR") or CHECKOUT / "ingester" / "target" / "jobledger.jar")
# Classes as the launcher keeps them: half of a start is loading them. run_tests.py has the launcher make it.
ARCHIVE = JAR.with_name("ledger.jsa")
_QUICK = (
    ("-XX:SharedArchiveFile=%s" % ARCHIVE, "-Xshare:auto", "-Xlog:disable", "-Xlog:all=error:stderr")
    if ARCHIVE.is_file() and ARCHIVE.stat().st_mtime > JAR.stat().st_mtime
    else ()
)
# Begins the commands of the built jar. As the launcher does it: Java's second compiler would take more of the machine
# than the tests do.
JOBLEDGER = ("java", "-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", *_QUICK, "-jar", str(JAR))


class Program:
    """The ingester as a process. `options` are those of `jobledger serve`."""

    def __init__(self, data: Path, *options: str) -> None:
        self.data = data
        self.mirror = data / "mirror"
        self._options = options
        self._process: subprocess.Popen | None = None
        self._port = "0"
        self.url = ""

    def start(self) -> Program:
        """Start it, the second time on the port of the first, and wait until it says that it listens."""
        environment = {key: value for key, value in os.environ.items() if not key.startswith("JOBLEDGER_")}
        environment["XDG_CONFIG_HOME"] = str(self.data)
        self._process = subprocess.Popen(
            [*JOBLEDGER, "serve", "--port", self._port, "--data-dir", str(self.data), *self._options],
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        line = self._process.stdout.readline()
        found = re.search(r"listens on (https?://\S+:(\d+))", line)
        assert found, "the ingester did not start: %r" % line
        self.url, self._port = found.group(1), found.group(2)
        return self

    def kill(self) -> None:
        """End it as a power switch would."""
        self._process.kill()
        self._process.communicate()

    def stop(self) -> int:
        """End it as a service manager would, and return its exit code."""
        self._process.terminate()
        self._process.communicate(timeout=20)
        return self._process.returncode

    def __enter__(self) -> Program:
        return self.start()

    def __exit__(self, *failure) -> None:
        if self._process.poll() is None:
            self.kill()

    def get(self, path: str) -> dict:
        """Return the JSON answer, also that of a problem."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=10) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as problem:
            return json.load(problem)

    def job(self, host: str, play: str, job: str, query: str = "") -> dict:
        """Return the newest record of a key, or the problem."""
        segments = "/".join(quote(name, safe="").replace(".", "%2E") for name in (host, play, job))
        return self.get("/api/v1/jobs/%s%s" % (segments, query))

    def jobs(self, query: str = "") -> list[dict]:
        return self.get("/api/v1/jobs" + query)["jobs"]

    def runs(self) -> list[dict]:
        return self.get("/api/v1/runs")["runs"]


def until(condition, seconds: float = 30):
    """Wait until `condition()` is true and return what it returned; fail after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, "waited %s seconds in vain" % seconds
        time.sleep(0.1)
