"""What a benchmark is given: the checkout, a place for its files, the Java tools, and how thorough to be."""

from __future__ import annotations

import json
import os
import platform
import random
import shutil
import subprocess
import sys
from pathlib import Path

from harness.process import Program, Unavailable, answers, free_port

CHECKOUT = Path(__file__).resolve().parents[2]
TARGET = CHECKOUT / "ingester" / "target"


class Bench:
    """One run of the benchmarks. `quick` and `tiny` choose sizes: `size(full, quick, tiny)`. `jobs` are the sizes of
    ledgers, where the user gave some.

    `ledgers` is where ledgers are kept from one run to the next, or None.
    """

    def __init__(
        self,
        work: Path,
        mode: str,
        say=lambda line: print(line, file=sys.stderr, flush=True),
        jobs: "list[int] | None" = None,
        ledgers: "Path | None" = None,
    ):
        self.work = work
        self.mode = mode
        self.say = say
        self.jobs = jobs
        self.ledgers = ledgers
        self._numbers: dict[str, int] = {}

    def size(self, full, quick, tiny):
        """Return one of the three by the mode."""
        return {"full": full, "quick": quick, "tiny": tiny}[self.mode]

    def path(self, name: str) -> Path:
        """Return a path that nothing has used yet, below the directory of this run."""
        self._numbers[name] = self._numbers.get(name, 0) + 1
        return self.work / ("%s-%d" % (name, self._numbers[name]))

    def tool(self, *arguments, heap: str = "512m", check: bool = True) -> dict:
        """Run a command of jobledger-bench.jar and return the JSON object that it prints."""
        done = subprocess.run(
            [*java(heap), *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        last = done.stdout.strip().rpartition("\n")[2]
        if check and done.returncode or not last.startswith("{"):
            raise Unavailable("%s failed: %s" % (arguments[0], (last + done.stderr)[-400:].strip()))
        return json.loads(last)

    def load(self, url: str, **options) -> dict:
        """Send requests; `options` are those of `jobledger-bench load`, with _ for -.

        Where not one was answered in time, it tries again for longer. Raises Unavailable when that does not help.
        """
        for _ in range(6):
            arguments = [part for key, value in options.items() for part in ("--" + key.replace("_", "-"), value)]
            result = self.tool("load", "--url", url, *arguments, check=False)
            if result["requests"] or result["faults"]:
                break
            options["seconds"] = 2 * options.get("seconds", 5)
        else:
            raise Unavailable("%s answered nothing within %s s" % (url, options["seconds"]))
        if result["faults"]:
            self.say("  faults: %s" % result["faults"])
        return result

    def seed(self) -> int:
        """Return a number that makes the requests of one load differ from those of all others."""
        return random.randrange(1 << 40)

    def warm(self, url: str) -> None:
        """Store events until a Java that has just begun is one that has run for a while, as an ingester's usually
        has.
        """
        self.load(url, callers=8, batch=10, seconds=self.size(15, 5, 0.2), seed=self.seed())

    def ingester(self, *flags, data: Path | None = None, log_level: str = "warn") -> "Ingester":
        """Start an ingester with its launcher and its default JVM settings."""
        return Ingester(self, data or self.path("data"), flags, log_level)

    def http_floor(self, answer_bytes: int = 900) -> Program:
        """Start the server that does nothing; its URL is in `.url`."""
        port = free_port()
        program = Program(
            [*java("128m"), "http-floor", "--port", port, "--bytes", answer_bytes],
            self.path("http-floor.log"),
            stdin=True,
        )
        program.url = "http://127.0.0.1:%d" % port
        program.wait_for(lambda: answers(program.url))
        return program


class Ingester(Program):
    """An ingester on a free port."""

    def __init__(self, bench: Bench, data: Path, flags: tuple, log_level: str):
        port = free_port()
        self.data = data
        self.url = "http://127.0.0.1:%d" % port
        _prepare(bench)
        super().__init__(
            [CHECKOUT / "jobledger", "serve", "--port", port, "--data-dir", data, "--log-level", log_level, *flags],
            bench.path("ingester.log"),
        )
        try:
            self.ready_seconds = self.wait_for(lambda: answers(self.url + "/readyz"))
        except Unavailable:
            self.__exit__()
            raise

    def ledger_bytes(self) -> int:
        """Size of the ledger's files now."""
        return sum(file.stat().st_size for file in (self.data / "ledger").rglob("*") if file.is_file())


def _prepare(bench: Bench) -> None:
    """Let the launcher build and prepare what it does only once, before a start is timed."""
    archive = TARGET / "jobledger.jsa"
    if not archive.exists() or archive.stat().st_mtime < (TARGET / "jobledger.jar").stat().st_mtime:
        with Program(
            [CHECKOUT / "jobledger", "serve", "--port", "0", "--data-dir", bench.path("first"), "--mirror", "none"],
            bench.path("first.log"),
        ) as first:
            first.wait_for(lambda: "listens on" in first.said(), 600)


def java(heap: str) -> list[str]:
    """The command line of jobledger-bench.jar, without its arguments."""
    home = os.environ.get("JAVA_HOME")
    path = os.pathsep.join(
        map(str, (TARGET / "jobledger-bench.jar", TARGET / "jobledger.jar", TARGET / "bench-lib" / "*"))
    )
    return [
        str(Path(home, "bin", "java")) if home else "java",
        "-Xmx" + heap,
        "-XX:+UseSerialGC",
        "-cp",
        path,
        "io.jobledger.bench.Bench",
    ]


def machine() -> dict:
    """What the figures were taken on."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    memory = int(Path("/proc/meminfo").read_text().split()[1]) // 1024
    version = subprocess.run(
        [java("64m")[0], "-version"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ).stdout.splitlines()
    return {
        "processor": "%s, %d cores" % (model, os.cpu_count() or 0),
        "memory": "%d MiB" % memory,
        "system": platform.platform(),
        "java": version[0] if version else "unknown",
        "python": platform.python_version(),
        "busy before": "load average %.2f" % os.getloadavg()[0],
        "free disk": "%d GiB" % (shutil.disk_usage(CHECKOUT).free >> 30),
    }
