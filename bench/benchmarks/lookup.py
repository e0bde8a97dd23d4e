"""Resume lookups as the ledger grows, against a server that answers a constant of the same size."""

from __future__ import annotations

import shutil
import time
import urllib.request

from harness.process import Unavailable
from harness.report import Section
from harness.stats import Sample, figure, ratio


def run(bench) -> Section:
    """Generate a ledger of each size, and ask for jobs of it at random."""
    section = Section("lookup", "Resume lookup")
    rounds, seconds = bench.size(5, 3, 1), bench.size(5, 2, 0.5)
    callers = bench.size(8, 8, 2)
    medians = {}
    for jobs in bench.size((10_000, 100_000, 1_000_000), (10_000, 50_000), (80,)):
        data = bench.path("lookup")
        data.mkdir(mode=0o700, parents=True)
        made = bench.tool("generate", "--ledger", data / "ledger", "--jobs", jobs, "--events-per-job", 2)
        bench.say("  %d jobs generated, %s" % (jobs, figure(made["events_per_second"], "events/s")))
        with bench.ingester("--mirror", "none", data=data) as ours, bench.http_floor() as floor:
            found, constant, median, audit = Sample("lookups/s"), Sample("answers/s"), Sample("ms"), Sample("ms")
            for number in range(rounds):
                turns = [lambda: _lookups(bench, ours, callers, seconds, jobs, found),
                         lambda: constant.add(bench.load(floor.url + "/x", kind="same", callers=callers, seconds=seconds)["requests_per_second"]),
                         lambda: median.add(bench.load(ours.url, kind="lookup", callers=1, seconds=seconds, jobs=jobs, events_per_job=2)["p50_ms"]),
                         lambda: audit.add(_page(ours.url + "/api/v1/jobs?limit=100"))]
                for turn in turns[number % 4:] + turns[:number % 4]:
                    turn()
            section.row("%s jobs: lookups, %d callers" % (figure(jobs), callers), found, "%.2f × a constant (%s)" % (ratio(found, constant), figure(constant.median, "/s")))
            section.row("%s jobs: one caller, median" % figure(jobs), median)
            section.row("%s jobs: first page of the audit" % figure(jobs), audit)
            medians[jobs] = median.median
            share = ratio(found, constant)
        shutil.rmtree(data)
    least, most = min(medians), max(medians)
    section.bar("lookups at %s jobs" % figure(most), 0.4, share, "× a constant", at_most=False)
    section.bar("median lookup at %s jobs" % figure(most), 1.5, medians[most] / medians[least] if most > least else None, "× that at %s" % figure(least),
                note="" if most > least else "one size only")
    return section


def _lookups(bench, ours, callers, seconds, jobs, found) -> None:
    got = bench.load(ours.url, kind="lookup", callers=callers, seconds=seconds, jobs=jobs, events_per_job=2)
    if got["faults"]:
        raise Unavailable("lookups failed: %s" % got["faults"])
    found.add(got["requests_per_second"])


def _page(url: str) -> float:
    began = time.perf_counter()
    with urllib.request.urlopen(url, timeout=60) as response:
        response.read()
    return 1000 * (time.perf_counter() - began)
