#!/usr/bin/env python3
"""Makes a virtual environment with a pinned ansible-core below the checkout, or finds the one made before.

    python3 ansible_plugins/devenv.py [--ansible VERSION]

prints the directory that holds `ansible-playbook` (and `ansible`, `python`, `pytest`); what it does meanwhile goes to
standard error. Needs Python 3.9 or later and nothing else.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
REQUIREMENTS = HERE / "requirements"
TOOLS = HERE.parent / ".tools"
# Least and most minor version of Python 3 that each ansible-core runs on as a controller.
PYTHONS = {
    "2.14": (9, 11),
    "2.16": (10, 12),
    "2.18": (11, 13),
    "2.19": (11, 13),
    "2.20": (12, 14),
    "2.21": (12, 14),
    "2.22": (13, 15),
}


class EnvironmentMissing(Exception):
    """The environment cannot be made; the text says why and what to install."""


def versions() -> list[str]:
    """Return the pinned versions, oldest first."""
    return sorted((path.stem.split("-core-")[1] for path in REQUIREMENTS.glob("ansible-core-*.txt")), key=_order)


def runnable(version: str, minor: int = sys.version_info[1]) -> bool:
    """Return whether Python 3.`minor` can run this version."""
    least, most = PYTHONS[".".join(version.split(".")[:2])]
    return least <= minor <= most


def newest() -> str:
    """Return the newest pinned version, previews left out, that this Python can run. Raises EnvironmentMissing."""
    found = [version for version in versions() if runnable(version) and re.fullmatch(r"[\d.]+", version)]
    if not found:
        raise EnvironmentMissing(
            "no pinned ansible-core runs on Python %d.%d; use Python 3.9 to 3.14" % sys.version_info[:2]
        )
    return found[-1]


def ensure(version: str | None = None, say=lambda text: print(text, file=sys.stderr, flush=True)) -> Path:
    """Return the environment's bin directory, made first where it is missing or its pins have changed.

    Raises EnvironmentMissing.
    """
    version = version or newest()
    pins = REQUIREMENTS / ("ansible-core-%s.txt" % version)
    if not pins.is_file():
        raise EnvironmentMissing("ansible-core %s is not pinned here; there are %s" % (version, ", ".join(versions())))
    if not runnable(version):
        raise EnvironmentMissing("ansible-core %s does not run on Python %d.%d" % (version, *sys.version_info[:2]))
    return build(TOOLS / ("venv-" + version), [pins], "ansible-core %s" % version, say)


def build(
    place: Path, pins: list[Path], contents: str, say=lambda text: print(text, file=sys.stderr, flush=True)
) -> Path:
    """Return the bin directory of the environment at `place` with exactly what the `pins` files list, made first
    where needed. Raises EnvironmentMissing.
    """
    stamp = "%s %s\n" % (
        ".".join(map(str, sys.version_info[:3])),
        hashlib.sha256(b"".join(file.read_bytes() for file in pins)).hexdigest(),
    )
    done = place / "jobledger-pins"
    place.parent.mkdir(parents=True, exist_ok=True)
    # Tests that run beside each other ask for the same one.
    with open(place.parent / (place.name + ".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (done.is_file() and done.read_text() == stamp and (place / "bin" / "python").exists()):
            say("making %s with %s (Python %s)" % (place, contents, stamp.split()[0]))
            _make(place, pins)
            done.write_text(stamp)
    return place / "bin"


def _make(place: Path, pins: list[Path]) -> None:
    # Scripts of an environment name its path: it is built where it stays, and what was half built is thrown away.
    shutil.rmtree(place, ignore_errors=True)
    made = subprocess.run(
        [sys.executable, "-m", "venv", str(place)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if made.returncode:
        raise EnvironmentMissing(
            "python3 -m venv fails: install the venv and pip parts of this Python (on Debian and Ubuntu: "
            "apt install python3-venv). It said: %s" % " ".join(made.stdout.split())[-300:]
        )
    environment = {key: value for key, value in os.environ.items() if key not in ("PYTHONHOME", "PYTHONPATH")}
    got = subprocess.run(
        [
            str(place / "bin" / "python"),
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-deps",
            *(part for file in pins for part in ("-r", str(file))),
        ],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if got.returncode:
        shutil.rmtree(place, ignore_errors=True)
        raise EnvironmentMissing(
            "pip cannot install %s: is there a network, and does PIP_INDEX_URL or pip.conf name an index "
            "that answers? It said: %s" % (", ".join(file.name for file in pins), " ".join(got.stdout.split())[-500:])
        )


def _order(version: str) -> tuple:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])


def main() -> int:
    """The command line; see the top of this file."""
    parser = argparse.ArgumentParser(
        description="Print the directory of a pinned ansible-playbook; make it first if needed."
    )
    parser.add_argument("--ansible", metavar="VERSION", help="one of: %s" % ", ".join(versions()))
    try:
        print(ensure(parser.parse_args().ansible))
    except EnvironmentMissing as error:
        print("devenv: %s" % error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
