#!/usr/bin/env python3
"""Runs the tests of the packages in packaging/target, on the newest pinned ansible-core that this Python can run.

python3 packaging/tests/run_tests.py [--release] [pytest's arguments…]

Without --release: what needs only a JDK and Python (`./mvnw verify` runs it). With it also the packages, the image, the
compose file and the chart, each by the tools that it needs; what is not installed is named as NOT SHOWN.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "ansible_plugins"))

import devenv  # noqa: E402


def main() -> int:
    """Run pytest and return its exit code."""
    try:
        place = devenv.ensure()
    except devenv.EnvironmentMissing as error:
        print("packaging tests: %s" % error, file=sys.stderr)
        return 1
    arguments = [word for word in sys.argv[1:] if word != "--release"]
    release = len(arguments) < len(sys.argv) - 1
    print("tests of packaging/", flush=True)
    return subprocess.run(
        [str(place / "python"), "-m", "pytest", "-q", "-rs", *([] if release else ["-m", "not release"]), *arguments],
        cwd=HERE,
        env=dict(os.environ, PYTHONDONTWRITEBYTECODE="1", JOBLEDGER_RELEASE_TESTS="all" if release else "quick"),
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
