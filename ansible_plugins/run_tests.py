#!/usr/bin/env python3
"""Runs the collection's tests on pinned versions of ansible-core.

    python3 ansible_plugins/run_tests.py [--ansible VERSION] [pytest's arguments…]

Without --ansible: all tests on the newest version that this Python can run, and those of the hooks on 2.14 where this
Python can run it. With the newest version, those of the benchmarks too. Needs Python 3.9 or later and nothing else;
environments are kept in .tools/ and used again.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import devenv

OLDEST = "2.14.18"
# Four at once: half of a test is waiting. A file stays together, since its tests share a run of Ansible; conftest.py
# has the order.
ALL = ["-q", "-n", "4", "--dist", "loadfile", "--no-loadscope-reorder"]
# What may differ from version to version; spool, faults and the way end to end are the same code on each.
HOOKS = [
    "unit",
    "integration/test_facts.py",
    "integration/test_kinds_of_run.py",
    "integration/test_lookup.py",
    "integration/roles/test_roles_behaviour.py",
    # The seam that start_once uses is private: each version has to show it.
    "integration/test_start_once.py::test_one_starts_others_attach_and_all_get_the_module_s_own_result",
    "integration/test_start_once.py::test_an_ansible_that_launches_in_another_way_starts_nothing",
]
CHECKOUT = Path(__file__).resolve().parents[1]
BENCH = CHECKOUT / "bench"
TESTS = Path(__file__).resolve().parent / "ansible_collections" / "jobledger" / "core" / "tests"


def quick_starts() -> None:
    """Have the launcher make its archive of classes, which the tests' ingesters start with. Without it they start
    slower, so nothing is said where that fails.
    """
    jar = CHECKOUT / "ingester" / "target" / "jobledger.jar"
    archive = jar.with_name("ledger.jsa")
    if not jar.is_file() or archive.is_file() and archive.stat().st_mtime > jar.stat().st_mtime:
        return
    with tempfile.TemporaryDirectory() as data:
        started = subprocess.Popen(
            [str(CHECKOUT / "jobledger"), "serve", "--port", "0", "--data-dir", data, "--mirror", "none"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        for line in started.stdout:
            if "listens on" in line:
                break
        started.terminate()
        started.communicate()


def run(version: str, arguments: list[str]) -> int:
    """Run pytest with one version and return its exit code. Without arguments all tests run; on the oldest version
    those of the hooks.
    """
    place = devenv.ensure(version)
    print(
        "tests of jobledger.core on ansible-core %s, Python %d.%d: pytest in %s"
        % (version, *sys.version_info[:2], place),
        flush=True,
    )
    environment = dict(os.environ, PYTHONDONTWRITEBYTECODE="1", ANSIBLE_COLLECTIONS_PATH=str(TESTS.parents[3]))
    return subprocess.run(
        [str(place / "python"), "-m", "pytest", *(arguments or (ALL if version != OLDEST else [*ALL, *HOOKS]))],
        cwd=TESTS,
        env=environment,
    ).returncode


def run_bench(version: str) -> int:
    """Run the tests of bench/ and return pytest's exit code."""
    print("tests of bench/", flush=True)
    return subprocess.run(
        [str(devenv.ensure(version) / "python"), "-m", "pytest", "-q", "tests"],
        cwd=BENCH,
        env=dict(os.environ, PYTHONDONTWRITEBYTECODE="1"),
    ).returncode


def main() -> int:
    """The command line; see the top of this file. Returns the first exit code that is not 0."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--ansible",
        metavar="VERSION",
        action="append",
        help="one of: %s; may be given again" % ", ".join(devenv.versions()),
    )
    chosen, arguments = parser.parse_known_args()
    quick_starts()
    try:
        wanted = chosen.ansible or ([OLDEST] if devenv.runnable(OLDEST) else []) + [devenv.newest()]
        for version in wanted:
            code = run(version, arguments)
            if not code and not arguments and version == wanted[-1]:
                code = run_bench(version)
            if code:
                return code
    except devenv.EnvironmentMissing as error:
        print("run_tests: %s" % error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
