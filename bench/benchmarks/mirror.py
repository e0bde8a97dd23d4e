"""How fast records reach a mirror, how fast a backlog drains after an outage, and what that does to ingest."""

from __future__ import annotations

import concurrent.futures
import contextlib
import json
import os
import random
import time
import urllib.request

from harness.bench import TARGET, java
from harness.process import Program, Unavailable
from harness.report import Section
from harness.stats import Sample, figure, ratio


def run(bench) -> Section:
    """A directory first, then the stand-in for OCI Object Storage with 20 ms of latency."""
    section = Section("mirror", "Mirror")
    rounds, jobs = bench.size(3, 2, 1), bench.size(4000, 1000, 40)
    directory = Sample("records/s")
    for _ in range(rounds):
        with bench.ingester() as ours:
            directory.add(_drain(bench, ours, jobs))
    section.row("to a directory", directory)
    with StandIn(bench) as bucket:
        bucket.control("latency?millis=20")
        drained, quiet, busy = Sample("records/s"), Sample("ms"), Sample("ms")
        for _ in range(rounds):
            with bench.ingester("--mirror", "oci://bench", *bucket.flags) as ours:
                # The first puts load OCI's library, a second of work or two: an ingester does that once.
                _drain(bench, ours, bench.size(400, 200, 10))
                rate = bench.size(500, 300, 50)
                quiet.add(_p99(bench, ours, rate))
                _wait(ours)
                bucket.control("fault?kind=service-unavailable")
                _store(bench, ours, jobs)
                bucket.control("fault", "DELETE")
                _post(ours.url + "/api/v1/mirrors/retry")
                with concurrent.futures.ThreadPoolExecutor(1) as beside:
                    began, before = time.monotonic(), _puts(ours)
                    ingest = beside.submit(_p99, bench, ours, rate)
                    _wait(ours)
                    drained.add((_puts(ours) - before) / (time.monotonic() - began))
                    busy.add(ingest.result())
                _wait(ours)
        section.row(
            "backlog to the stand-in, 20 ms away, after an outage",
            drained,
            note="puts until nothing waits, while %s events/s come in" % figure(rate),
        )
        section.row("p99 of ingest, mirror idle", quiet)
        section.row("p99 of ingest while it drains", busy, "%.2f × idle" % ratio(busy, quiet))
        section.bar("records/s to the stand-in, 20 ms away", 200, drained.median, "records/s", at_most=False)
        section.bar("p99 of ingest while a mirror drains", 1.5, ratio(busy, quiet), "× idle")
    return section


class StandIn(Program):
    """The stand-in for OCI Object Storage; `flags` lead an ingester to it."""

    def __init__(self, bench):
        directory = bench.path("oci")
        classes = os.pathsep.join(map(str, (TARGET / "jobledger-oci-stand-in.jar", TARGET / "lib" / "*")))
        super().__init__(
            [java("64m")[0], "-Xmx256m", "-cp", classes, "io.jobledger.oci.standin.StandInMain", directory, "bench"],
            bench.path("oci.log"),
            stdin=True,
        )
        self.wait_for(lambda: "ready " in self.said())
        said = dict(part.split("=", 1) for part in self.said().split("ready ", 1)[1].split())
        self.endpoint = said["endpoint"]
        self.flags = ["--oci-endpoint", said["endpoint"], "--oci-config-file", said["config"]]

    def control(self, what: str, method: str = "PUT") -> None:
        """Tell it how to behave."""
        urllib.request.urlopen(
            urllib.request.Request(self.endpoint + "/stand-in/" + what, method=method), timeout=10
        ).close()


def _store(bench, ours, jobs: int) -> None:
    """Send launches of so many jobs, each with a name of its own."""
    run_id = "%08x-0000-4000-8000-%012x" % (random.getrandbits(32), random.getrandbits(48))
    for first in range(1, jobs + 1, 500):
        lines = [
            json.dumps(
                {
                    "type": "job_started",
                    "run_id": run_id,
                    "seq": number,
                    "at": "2026-11-20T10:00:00.000000Z",
                    "host": "h%d" % number,
                    "play": "Bench " + run_id,
                    "job": "job",
                    "task": "job",
                    "ansible_job_id": "%s.%d" % (run_id[:8], number),
                }
            )
            for number in range(first, min(first + 500, jobs + 1))
        ]
        _post(ours.url + "/api/v1/events", "\n".join(lines).encode(), "application/x-ndjson")


def _drain(bench, ours, jobs: int) -> float:
    began = time.monotonic()
    _store(bench, ours, jobs)
    _wait(ours)
    return jobs / (time.monotonic() - began)


def _p99(bench, ours, rate: float) -> float:
    got = bench.load(ours.url, callers=8, rate=rate, seconds=bench.size(8, 4, 0.5), seed=bench.seed())
    return got["p99_ms"]


def _pending(ours) -> int:
    with urllib.request.urlopen(ours.url + "/api/v1/mirrors", timeout=30) as response:
        mirrors = json.load(response)["mirrors"]
    if any(mirror["blocked"] for mirror in mirrors):
        raise Unavailable("the mirror is blocked: %s" % mirrors[0]["last_error"])
    return sum(mirror["pending"] for mirror in mirrors)


def _puts(ours) -> float:
    with urllib.request.urlopen(ours.url + "/metrics", timeout=30) as response:
        return sum(
            float(line.rpartition(" ")[2])
            for line in response.read().decode().splitlines()
            if line.startswith("jobledger_mirror_puts_total{") and 'result="done"' in line
        )


def _wait(ours, seconds: float = 300) -> None:
    deadline = time.monotonic() + seconds
    while _pending(ours):
        if time.monotonic() > deadline:
            raise Unavailable("the mirror did not get everything within %d s" % seconds)
        with contextlib.suppress(TimeoutError):
            time.sleep(0.05)


def _post(url: str, body: bytes = b"", kind: str = "application/json") -> None:
    urllib.request.urlopen(
        urllib.request.Request(url, data=body, method="POST", headers={"Content-Type": kind}), timeout=60
    ).close()
