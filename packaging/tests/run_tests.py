#!/usr/bin/env python3
"""Runs the tests of the packages in packaging/target, on the newest pinned ansible-core that this Python can run.

python3 packaging/tests/run_tests.py [pytest's arguments…]
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
    print("tests of packaging/", flush=True)
    return subprocess.run(
        [str(place / "python"), "-m", "pytest", "-q", *sys.argv[1:]],
        cwd=HERE,
        env=dict(os.environ, PYTHONDONTWRITEBYTECODE="1"),
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
