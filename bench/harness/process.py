"""Starting programs, waiting until they are ready, and what the kernel says they used."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


class Unavailable(Exception):
    """Something cannot be measured here; the text says why."""


def free_port() -> int:
    """Return a TCP port of loopback that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(url: str) -> bool:
    """Return whether a GET is answered with success."""
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return 200 <= response.status < 300
    except (urllib.error.URLError, OSError):
        return False


class Program:
    """A process in a group of its own, ended with all it started when the `with` block is left."""

    def __init__(
        self, command: list, log: Path, environment: dict | None = None, cwd: Path | None = None, stdin: bool = False
    ):
        self.command = [str(part) for part in command]
        self.log = log
        self.began = time.monotonic()
        with open(log, "wb") as out:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=environment,
                cwd=cwd,
                start_new_session=True,
            )

    def wait_for(self, ready, seconds: float = 180) -> float:
        """Wait until `ready()`; return the seconds since the start. Raises Unavailable with the end of the log."""
        while not ready():
            if self.process.poll() is not None or time.monotonic() - self.began > seconds:
                raise Unavailable("%s did not start: %s" % (Path(self.command[0]).name, self.said()[-300:].strip()))
            time.sleep(0.005)
        return time.monotonic() - self.began

    def said(self) -> str:
        """What it has written so far."""
        return self.log.read_text(errors="replace")

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.process.pid

    def memory(self, field: str = "VmRSS") -> float:
        """MiB of it and its children, by /proc: VmRSS now, VmHWM at most."""
        total = 0
        for pid in _family(self.pid):
            for line in _read("/proc/%d/status" % pid).splitlines():
                if line.startswith(field + ":"):
                    total += int(line.split()[1])
        return total / 1024

    def cpu(self) -> float:
        """Seconds of CPU that it and its living children have used."""
        total = 0
        for pid in _family(self.pid):
            fields = _read("/proc/%d/stat" % pid).rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12]) if fields else 0
        return total / TICKS

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        if self.process.poll() is None:
            os.killpg(self.pid, signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(self.pid, signal.SIGKILL)
                self.process.wait()


def _family(pid: int) -> list[int]:
    children = _read("/proc/%d/task/%d/children" % (pid, pid)).split()
    return [pid] + [member for child in children for member in _family(int(child))]


def _read(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError:  # it ended meanwhile
        return ""
