"""Programs of this checkout as processes: the ingester, and the server that stands in for OCI Object Storage."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

from .program import CHECKOUT as ROOT
from .program import JAR, JOBLEDGER

TARGET = ROOT / "ingester" / "target"


class Process:
    """A program that says in one line of its output that it is ready. Use as a context manager; at the end it is
    stopped.
    """

    def __init__(self, command: list[str], ready: str, **environment: str) -> None:
        """`ready` is an expression whose named groups become `found`."""
        self._command = command
        self._ready = re.compile(ready)
        self._environment = dict(
            {key: value for key, value in os.environ.items() if not key.startswith("JOBLEDGER_")}, **environment
        )
        self.said: list[str] = []
        self.found: dict = {}

    def __enter__(self) -> "Process":
        self._process = subprocess.Popen(
            self._command,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started = threading.Event()
        self._reader = threading.Thread(target=self._read, args=(started,), daemon=True)
        self._reader.start()
        if not started.wait(300) or not self.found:
            self.__exit__()
            raise AssertionError("not ready: %s\n%s" % (self._command, "".join(self.said)))
        return self

    def __exit__(self, *_exc) -> None:
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join(20)
        self._process.stdin.close()
        self._process.stdout.close()

    def _read(self, started: threading.Event) -> None:
        for line in self._process.stdout:
            self.said.append(line)
            match = self._ready.search(line)
            if match:
                self.found = match.groupdict()
                started.set()
        started.set()


def ingester(data: Path, *arguments: str, **environment: str) -> Process:
    """Return the ingester, on a free port; `found["url"]` once it runs. It is built first where there is no jar."""
    program = JOBLEDGER if JAR.exists() else [str(ROOT / "jobledger")]
    return Process(
        [*program, "serve", "--port", "0", "--data-dir", str(data), *arguments],
        r"listens on (?P<url>http://\S+)",
        JOBLEDGER_HOME=str(ROOT),
        **environment,
    )


def stand_in(directory: Path, bucket: str) -> Process | None:
    """Return the stand-in for OCI; `found` has endpoint, config, bucket and namespace. None where its classes are
    not built.
    """
    main = "io.jobledger.oci.standin.StandInMain"
    places = [Path(place) for place in (os.environ.get("JOBLEDGER_TEST_STAND_IN"), TARGET / "test-classes") if place]
    classes = next((place for place in places if (place / (main.replace(".", "/") + ".class")).exists()), None)
    if classes is None or shutil.which("java") is None:
        return None
    return Process(
        [
            "java",
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-Xmx64m",
            "-cp",
            "%s:%s" % (classes, TARGET / "lib" / "*"),
            main,
            str(directory),
            bucket,
        ],
        r"ready endpoint=(?P<endpoint>\S+) config=(?P<config>.+) bucket=(?P<bucket>\S+) namespace=(?P<namespace>\S+)",
    )


def s3_server(bucket: str, *options: str) -> Process:
    """Return a server that speaks S3; `found` has endpoint, bucket, key and secret."""
    return Process(
        [sys.executable, str(ROOT / "ansible_plugins" / "s3_server.py"), bucket, *options],
        r"ready endpoint=(?P<endpoint>\S+) bucket=(?P<bucket>\S+) key=(?P<key>\S+) secret=(?P<secret>\S+)",
    )


def ara_server(directory: Path) -> Process:
    """Return ARA with an empty database, in the environment that the benchmarks have; `found["url"]` once it runs."""
    sys.path.insert(0, str(ROOT / "ansible_plugins"))
    import devenv

    version = devenv.newest()
    pins = [devenv.REQUIREMENTS / ("ansible-core-%s.txt" % version), ROOT / "bench" / "requirements" / "ara-1.8.0.txt"]
    programs = devenv.build(devenv.TOOLS / ("venv-bench-" + version), pins, "ARA 1.8.0")
    environment = dict(os.environ, ARA_BASE_DIR=str(directory), HOME=str(directory))
    subprocess.run([str(programs / "ara-manage"), "migrate"], env=environment, check=True, stdout=subprocess.DEVNULL)
    return Process(
        [str(programs / "gunicorn"), "--workers", "1", "--bind", "127.0.0.1:0", "ara.server.wsgi"],
        r"Listening at: (?P<url>http://\S+)",
        ARA_BASE_DIR=str(directory),
        HOME=str(directory),
    )
