#!/usr/bin/env python3
"""Runs the tests of the pages in a headless Chromium, against the jar as built.

    python3 ingester/src/test/browser/run_tests.py [pytest's arguments…] [--pictures DIR]

Where there is no Chromium and none can be fetched, it says so in one line and succeeds: the rendering tests in Java
hold without it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[3]
sys.path.insert(0, str(ROOT / "ansible_plugins"))

import chromium  # noqa: E402
import devenv  # noqa: E402


def main() -> int:
    """Run pytest and return its exit code; 0 where there is nothing to run it with."""
    try:
        found = chromium.find(lambda text: print("browser tests: " + text, flush=True))
        place = devenv.build(devenv.TOOLS / "venv-browser", [HERE / "requirements.txt"], "what drives a browser")
    except (chromium.Missing, devenv.EnvironmentMissing) as error:
        print("browser tests SKIPPED: %s" % error, flush=True)
        return 0
    print("browser tests: %s" % found.browser, flush=True)
    environment = dict(
        os.environ,
        PYTHONDONTWRITEBYTECODE="1",
        JOBLEDGER_CHROMIUM=found.browser,
        JOBLEDGER_CHROMEDRIVER=found.driver,
        JOBLEDGER_CHROMIUM_LIBRARIES=found.environment.get("LD_LIBRARY_PATH", ""),
    )
    return subprocess.run(
        [str(place / "python"), "-m", "pytest", "-q", "-p", "no:cacheprovider", *sys.argv[1:]],
        cwd=HERE,
        env=environment,
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
