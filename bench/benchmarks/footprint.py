"""What it takes to have it: time to start, memory, disk, and the time to import the callback."""

from __future__ import annotations

import subprocess

from harness.bench import CHECKOUT, TARGET
from harness.peer import ansible
from harness.report import Section
from harness.stats import Sample

IMPORT = """
import sys, time
sys.path.insert(0, sys.argv[1])
from ansible.plugins.callback import CallbackBase
began = time.perf_counter()
import ansible_collections.jobledger.core.plugins.callback.recorder
print(time.perf_counter() - began)
"""


def run(bench) -> Section:
    """Measure starts on a ledger that is there, then fill one."""
    section = Section("footprint", "Footprint")
    data = bench.path("footprint")
    first = section.row("start to ready, new ledger", Sample("s"))
    ready = section.row("start to ready", Sample("s"))
    idle = section.row("memory, idle (VmRSS)", Sample("MiB"))
    with bench.ingester("--mirror", "none", data=data) as ours:
        first.add(ours.ready_seconds)
    for _ in range(bench.size(7, 5, 1)):
        with bench.ingester("--mirror", "none", data=data) as ours:
            ready.add(ours.ready_seconds)
            idle.add(ours.memory())
    section.bar("start to ready", 2, ready.median, "s")
    _disk(bench, section)
    section.row("program (jar)", Sample("MiB", [(TARGET / "jobledger.jar").stat().st_size / 2**20]))
    section.row(
        "its libraries", Sample("MiB", [sum(file.stat().st_size for file in (TARGET / "lib").iterdir()) / 2**20])
    )
    _callback(bench, section)
    return section


def _disk(bench, section: Section) -> None:
    data = bench.path("disk")
    data.mkdir(mode=0o700, parents=True)
    jobs, each = bench.size(100_000, 20_000, 400), 5
    made = bench.tool("generate", "--ledger", data / "ledger", "--jobs", jobs, "--events-per-job", each)
    parts = {
        part: sum(file.stat().st_size for file in (data / "ledger").glob(files))
        for part, files in (("log", "log/*"), ("records", "*.mv.db"))
    }
    size = sum(parts.values())
    for part, taken in parts.items():
        section.row("%s of a job with %d events" % (part, each), Sample("bytes", [taken / jobs]))
    section.row("log of an event", Sample("bytes", [parts["log"] / made["events"]]))
    section.row("ledger of a job with %d events" % each, Sample("bytes", [size / jobs]))
    section.bar("ledger of a job with %d events" % each, 900, size / jobs, "bytes")


def _callback(bench, section: Section) -> None:
    place = ansible(bench)
    took = section.row("import of the callback", Sample("ms"))
    for _ in range(bench.size(7, 5, 1)):
        said = subprocess.run(
            [str(place / "python"), "-c", IMPORT, str(CHECKOUT / "ansible_plugins")],
            stdout=subprocess.PIPE,
            check=True,
            text=True,
        ).stdout
        took.add(1000 * float(said))
