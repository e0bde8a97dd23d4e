#!/usr/bin/env python3
"""Measures Jobledger against ARA, and against the least that the same machine can do.

    ./jobledger bench [--quick] [--only NAME]... [--sizes JOBS,JOBS...] [--ledgers DIR] [--out DIR] [--work DIR]

Needs Python 3.9 or later; what else it needs it installs below .tools/ of the checkout. Prints every figure, then which
promises were met, and writes bench.json, bench.md and bench.svg to the directory.
"""

from __future__ import annotations

import argparse
import importlib
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from harness import report  # noqa: E402
from harness.bench import TARGET, Bench, machine  # noqa: E402
from harness.process import Unavailable  # noqa: E402
from harness.report import Section  # noqa: E402

NAMES = ["footprint", "ingest", "lookup", "mirror", "observer"]


def run(
    names: list[str], mode: str, work: Path, jobs: list[int] | None = None, ledgers: Path | None = None
) -> list[Section]:
    """Run benchmarks by name. One that cannot run here says so in its section; the others go on."""
    sections = []
    for name in names:
        began = time.monotonic()
        print("%s …" % name, file=sys.stderr, flush=True)
        try:
            section = importlib.import_module("benchmarks." + name).run(
                Bench(work / name, mode, jobs=jobs, ledgers=ledgers)
            )
        except (Unavailable, ValueError, OSError) as why:
            # Whatever one benchmark runs into, what the others found must not be lost.
            section = Section(name, name.capitalize(), notes=["not available: %s" % why])
            section.bar(name, 0, None, note=str(why))
        section.notes.append("Took %.0f s." % (time.monotonic() - began))
        sections.append(section)
        print(report.text(section), flush=True)
    return sections


def sizes(text: str) -> list[int]:
    """Numbers of jobs, by commas, in rising order. Raises argparse.ArgumentTypeError."""
    try:
        numbers = sorted({int(part) for part in text.split(",")})
    except ValueError:
        numbers = []
    if not numbers or numbers[0] < 1:
        raise argparse.ArgumentTypeError("%r is no list of numbers above 0, such as 10000,1000000" % text)
    return numbers


def main(arguments: list[str] | None = None) -> int:
    """The command line; see the top of this file. Returns 0 also when a bar is missed: the machine may be busy."""
    parser = argparse.ArgumentParser(prog="jobledger bench", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--quick", action="store_true", help="smaller sizes, fewer rounds: under ten minutes on two quiet cores"
    )
    parser.add_argument(
        "--tiny", action="store_true", help="only shows that everything works, in a minute; the figures mean nothing"
    )
    parser.add_argument(
        "--only",
        metavar="NAME",
        action="append",
        choices=NAMES,
        help="one of %s; may be given again" % ", ".join(NAMES),
    )
    parser.add_argument(
        "--sizes",
        metavar="JOBS,JOBS...",
        type=sizes,
        help="sizes of the ledgers that lookups are measured in (default: 10000,100000,1000000; quick: 10000,100000)",
    )
    parser.add_argument(
        "--ledgers",
        metavar="DIR",
        type=Path,
        help="where the ledgers that lookups are measured in are kept and looked for (default: they are made and "
        "removed)",
    )
    parser.add_argument(
        "--out",
        metavar="DIR",
        type=Path,
        default=Path("bench-results"),
        help="where the results are written (default: %(default)s)",
    )
    parser.add_argument(
        "--work",
        metavar="DIR",
        type=Path,
        help="where ledgers are made meanwhile, on the disk that is to be measured (default: the system's place for "
        "such)",
    )
    chosen = parser.parse_args(arguments)
    if not (TARGET / "jobledger-bench.jar").is_file():
        print(
            "jobledger bench: %s is missing; './mvnw -DskipTests package' makes it" % (TARGET / "jobledger-bench.jar"),
            file=sys.stderr,
        )
        return 1
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is ended
    about = machine()
    for pair in about.items():
        print("%s: %s" % pair)
    for directory in filter(None, (chosen.out, chosen.work, chosen.ledgers)):
        try:
            directory.mkdir(parents=True, exist_ok=True)
        except OSError as why:
            parser.error("%s cannot be made: %s" % (directory, why.strerror))
    work = Path(tempfile.mkdtemp(prefix="jobledger-bench-", dir=chosen.work))
    for name in NAMES:
        (work / name).mkdir()
    try:
        sections = run(
            chosen.only or NAMES,
            "tiny" if chosen.tiny else "quick" if chosen.quick else "full",
            work,
            chosen.sizes,
            chosen.ledgers,
        )
    finally:
        shutil.rmtree(work, ignore_errors=True)
    print(report.bars(sections))
    report.write(chosen.out, about, sections)
    print("\nwritten: %s" % (chosen.out / "bench.{json,md,svg}"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
