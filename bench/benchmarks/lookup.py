"""Resume lookups as the ledger grows, against a server that answers a constant of the same size, and against ARA's
nearest question where ARA can hold as many results.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import statistics
import time
import urllib.parse
import urllib.request
from pathlib import Path

from harness.peer import Ara, environment
from harness.process import Unavailable
from harness.report import Section
from harness.stats import Sample, figure, ratio

# How deep a list is read, as long as it is so deep.
PAGES = 10_000


def run(bench) -> Section:
    """Make a ledger of each size, and ask for jobs of it at random."""
    section = Section("lookup", "Resume lookup")
    medians, share, depth = {}, None, None
    for jobs in bench.jobs or bench.size([10_000, 100_000, 1_000_000], [10_000, 100_000], [80]):
        data = _ledger(bench, jobs)
        with contextlib.ExitStack() as running:
            asked = _Asked(
                bench,
                section,
                jobs,
                running.enter_context(bench.ingester("--mirror", "none", data=data)),
                running.enter_context(bench.http_floor()),
            )
            peer = _peer(bench, section, jobs, running)
            asked.measure(peer)
            medians[jobs], share = asked.rows(peer)
            depth = ratio(asked.far, asked.first)
        if not bench.ledgers:
            shutil.rmtree(data)
    least, most = min(medians), max(medians)
    section.bar("lookups at %s jobs" % figure(most), 0.4, share, "× a constant", at_most=False)
    section.bar(
        "median lookup at %s jobs" % figure(most),
        1.5,
        medians[most] / medians[least] if most > least else None,
        "× that at %s" % figure(least),
        note="" if most > least else "one size only",
    )
    section.bar("page %s of the list of %s jobs" % (figure(asked.pages), figure(most)), 2, depth, "× the first")
    return section


def _ledger(bench, jobs: int) -> Path:
    """The directory of a ledger with so many jobs: one that was kept, or a new one."""
    data = (bench.ledgers or bench.path("lookup")) / str(jobs)
    if not data.exists():
        making = data.with_suffix(".part")
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(mode=0o700, parents=True)
        made = bench.tool(
            "generate",
            "--ledger",
            making / "ledger",
            "--jobs",
            jobs,
            "--events-per-job",
            2,
            "--cache-mib",
            256,
            heap="1g",
        )
        bench.say("  %d jobs generated, %s" % (jobs, figure(made["jobs_per_second"], "jobs/s")))
        making.rename(data)
    return data


def _peer(bench, section, jobs, running) -> "Ara | None":
    """ARA with as many results as the ledger has jobs; None, and a row that says why, where that cannot be."""
    if jobs > bench.size(100_000, 10_000, 0):
        return None
    try:
        return running.enter_context(Ara(bench, environment(bench), results=jobs))
    except Unavailable as why:
        section.row("%s results: ARA" % figure(jobs), Sample("questions/s"), note=str(why))
        return None


class _Asked:
    """What one ledger, and what stands beside it, is asked; all of them take turns."""

    def __init__(self, bench, section, jobs, ours, floor):
        self.bench, self.section, self.jobs, self.ours, self.floor = bench, section, jobs, ours, floor
        self.callers, self.seconds = bench.size(8, 8, 2), bench.size(5, 2, 0.5)
        self.found, self.median, self.first, self.far = Sample("lookups/s"), Sample("ms"), Sample("ms"), Sample("ms")
        self.limit = max(1, min(100, jobs // PAGES))
        self.pages = min(PAGES, jobs // self.limit)
        self.constant = Sample("answers/s")
        self.peer_found, self.peer_median = Sample("questions/s"), Sample("ms")

    def measure(self, peer) -> None:
        """Go all the rounds; each begins with another turn."""
        far = _cursor(self.ours.url, (self.pages - 1) * self.limit)
        turns = [
            lambda: self.found.add(self._lookups(self.callers)["requests_per_second"]),
            lambda: self.constant.add(
                self.bench.load(self.floor.url + "/x", kind="same", callers=self.callers, seconds=self.seconds)[
                    "requests_per_second"
                ]
            ),
            lambda: self.median.add(self._lookups(1)["p50_ms"]),
            lambda: self.first.add(self._page("")),
            lambda: self.far.add(self._page(far)),
        ]
        if peer:
            turns += [
                lambda: self.peer_found.add(self._questions(peer, self.callers)["requests_per_second"]),
                lambda: self.peer_median.add(self._questions(peer, 1)["p50_ms"]),
            ]
        for number in range(self.bench.size(5, 3, 1)):
            first = number % len(turns)
            for turn in turns[first:] + turns[:first]:
                turn()

    def rows(self, peer) -> tuple[float, float]:
        """Add the lines of the table; return the median lookup in ms and the share of a constant's rate."""
        name, share = "%s jobs" % figure(self.jobs), ratio(self.found, self.constant)
        self.section.row(
            "%s: lookups, %d callers" % (name, self.callers),
            self.found,
            "%.2f × a constant (%s)" % (share, figure(self.constant.median, "/s")),
        )
        self.section.row("%s: one caller, median" % name, self.median)
        self.section.row("%s: first page of %d in the audit" % (name, self.limit), self.first)
        self.section.row(
            "%s: page %s" % (name, figure(self.pages)), self.far, "%.2f × the first" % ratio(self.far, self.first)
        )
        if peer:
            name = "%s results: ARA" % figure(self.jobs)
            self.section.row(
                "%s, %d callers" % (name, self.callers), self.peer_found, "newest result of a host and a task"
            )
            self.section.row("%s, one caller, median" % name, self.peer_median)
            self.section.row("%s: our lookups a second" % name, _times(self.found, self.peer_found), "as many as ARA's")
            self.section.row("%s: its median" % name, _times(self.peer_median, self.median), "as long as ours")
        return self.median.median, share

    def _page(self, cursor: str) -> float:
        """Milliseconds of a page, median of five: the first after a load waits for the collector."""
        url = "%s/api/v1/jobs?limit=%d%s" % (self.ours.url, self.limit, cursor)
        return statistics.median(_timed(url)[0] for _ in range(5))

    def _lookups(self, callers) -> dict:
        return _good(
            self.bench.load(
                self.ours.url, kind="lookup", callers=callers, seconds=self.seconds, jobs=self.jobs, events_per_job=2
            ),
            "lookups",
        )

    def _questions(self, peer, callers) -> dict:
        return _good(
            self.bench.load(peer.url, kind="paths", paths=peer.paths, callers=callers, seconds=self.seconds),
            "ARA's answers",
        )


def _times(above: Sample, below: Sample) -> Sample:
    return Sample("×", [one / other for one, other in zip(above.values, below.values)])


def _good(got: dict, what: str) -> dict:
    if got["faults"]:
        raise Unavailable("%s failed: %s" % (what, got["faults"]))
    return got


def _cursor(url: str, records: int) -> str:
    """The parameter that leads to what follows so many records of the list, newest first."""
    cursor = ""
    while records > 0:
        step = min(records, 1000)
        following = json.loads(_timed("%s/api/v1/jobs?limit=%d%s" % (url, step, cursor))[1])["next"]
        cursor = "&cursor=" + urllib.parse.quote(following, safe="")
        records -= step
    return cursor


def _timed(url: str) -> tuple[float, bytes]:
    began = time.perf_counter()
    with urllib.request.urlopen(url, timeout=60) as response:
        body = response.read()
    return 1000 * (time.perf_counter() - began), body
