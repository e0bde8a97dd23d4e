"""Durable events a second and their latency, against plain JDBC, an HTTP server that does nothing, and ARA's API
server.
"""

from __future__ import annotations

import json

from harness.peer import Ara, Postgres, environment
from harness.process import Unavailable
from harness.report import Section
from harness.stats import Sample, figure, ratio


def run(bench) -> Section:
    """Measure every pair of callers and batch size; what is compared takes turns with what it is compared with."""
    section = Section("ingest", "Ingest")
    rounds = bench.size(3, 3, 1)
    seconds = bench.size(8, 2, 0.5)
    callers = bench.size((1, 8, 64), (1, 64), (2,))
    batches = bench.size((1, 10, 100), (1, 100), (10,))
    jdbc = {batch: Sample("events/s") for batch in batches}
    with bench.ingester("--mirror", "none") as ours, bench.http_floor() as floor:
        bench.warm(ours.url)
        for count in callers:
            for batch in batches:
                stored, empty, tail, cpu = Sample("events/s"), Sample("events/s"), [], Sample("ms")
                for number in range(rounds):
                    turns = [
                        lambda: _ours(bench, ours, count, batch, seconds, stored, tail, cpu),
                        lambda: empty.add(
                            bench.load(floor.url, callers=count, batch=batch, seconds=seconds, seed=bench.seed())[
                                "events_per_second"
                            ]
                        ),
                    ]
                    if count == callers[-1]:
                        turns.append(lambda: jdbc[batch].add(_jdbc(bench, batch, seconds)))
                    for turn in turns[number % len(turns) :] + turns[: number % len(turns)]:
                        turn()
                name = "%d callers × %d" % (count, batch)
                latency = {
                    key: Sample("ms", [one[key] for one in tail]).median for key in ("p50_ms", "p99_ms", "p999_ms")
                }
                section.row(
                    name,
                    stored,
                    "%.2f × empty answers" % ratio(stored, empty),
                    "p50 %s, p99 %s, p99.9 %s ms; CPU %s ms/1000 events"
                    % (*(figure(value) for value in latency.values()), figure(1000 * cpu.median)),
                )
                bench.say("  %s: %s" % (name, figure(stored.median, stored.unit)))
                if count == callers[-1] and batch == batches[-1]:
                    section.bar(
                        "events/s, %d callers × %d" % (count, batch),
                        0.6,
                        ratio(stored, jdbc[batch]),
                        "× plain JDBC",
                        at_most=False,
                    )
                if count == callers[-1] and batch == batches[0]:
                    single = stored
                    _half(bench, section, ours, count, batch, stored.median / batch / 2, bench.size(20, 5, 0.5))
        section.row("memory, loaded (VmHWM)", Sample("MiB", [ours.memory("VmHWM")]))
        section.bar("memory, loaded, default settings", 256, ours.memory("VmHWM"), "MiB")
    for batch, sample in jdbc.items():
        section.row("plain JDBC × %d, one thread" % batch, sample)
    _peer(bench, section, single, rounds, seconds)
    return section


def _ours(bench, ours, count, batch, seconds, stored, tail, cpu) -> None:
    before = ours.cpu()
    got = bench.load(ours.url, callers=count, batch=batch, seconds=seconds, seed=bench.seed())
    if not got["events"]:
        raise Unavailable("nothing was stored within %s s: %s" % (seconds, got["faults"] or "the machine is too busy"))
    stored.add(got["events_per_second"])
    tail.append(got)
    # The warm-up second is in the CPU, too: its share is taken out by time.
    cpu.add(1000 * (ours.cpu() - before) * seconds / (seconds + 1) / got["events"])


def _jdbc(bench, batch, seconds) -> float:
    file = bench.path("jdbc-floor")
    rate = bench.tool("jdbc-floor", "--file", file, "--batch", batch, "--seconds", seconds, heap="128m")[
        "events_per_second"
    ]
    for left in file.parent.glob(file.name + ".*"):
        left.unlink()
    return rate


def _half(bench, section, ours, count, batch, rate, seconds) -> None:
    got = bench.load(ours.url, callers=count, batch=batch, seconds=seconds, rate=max(1, rate), seed=bench.seed())
    section.row(
        "%d callers × %d at half of the peak: p99" % (count, batch),
        Sample("ms", [got["p99_ms"]]),
        "%s requests/s" % figure(rate),
        "p50 %s, p99.9 %s ms" % (figure(got["p50_ms"]), figure(got["p999_ms"])),
    )
    section.bar("p99 at half of the peak", 20, got["p99_ms"], "ms")


def _peer(bench, section, single, rounds, seconds) -> None:
    name = "events/s, most callers × 1"
    try:
        place = environment(bench)
        with Ara(bench, place) as ara:
            results = _results(bench, ara, rounds, seconds)
            section.row("ARA, SQLite: results", results, "most of 1 and 8 callers")
        section.bar(name, 50, single.median / results.median, "× ARA on SQLite", at_most=False)
    except Unavailable as why:
        section.bar(name, 50, None, "× ARA on SQLite", at_most=False, note=str(why))
        return
    try:
        with Postgres(bench) as postgres, Ara(bench, place, postgres) as ara:
            section.row("ARA, PostgreSQL: results", _results(bench, ara, rounds, seconds), "most of 1 and 8 callers")
    except Unavailable as why:
        section.row("ARA, PostgreSQL: results", Sample("events/s"), note=str(why))


def _results(bench, ara, rounds, seconds) -> Sample:
    body = bench.path("ara-result")
    body.write_text(json.dumps(ara.result_body()))
    best = Sample("results/s")
    for count in bench.size((1, 8), (1, 8), (1,)):
        rates = Sample("results/s")
        for _ in range(rounds):
            rates.add(
                bench.load(
                    ara.url + "/api/v1/results", kind="same", method="POST", body=body, callers=count, seconds=seconds
                )["requests_per_second"]
            )
        if not best.values or rates.median > best.median:
            best = rates
    if not best.median:
        raise Unavailable("ARA stored nothing")
    return best
