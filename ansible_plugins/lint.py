#!/usr/bin/env python3
"""Checks the style of every Python and Markdown file: ruff, ruff format and rumdl, in an environment of their own.

    python3 ansible_plugins/lint.py [--fix]

--fix formats, and mends what can be mended without a doubt. Exit code 1 when something is left. The formatter of the
Java files is part of Maven: `./mvnw spotless:apply`. Needs Python 3.9 or later and nothing else; the environment is in
.tools/.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

import devenv

ROOT = Path(__file__).resolve().parents[1]
PINS = Path(__file__).resolve().parent / "requirements" / "lint.txt"


def commands(tools: Path, fix: bool) -> list[list[str]]:
    """Return the commands, in the order in which they run."""
    if fix:
        return [
            [str(tools / "ruff"), "check", "--fix", "--quiet", "."],
            [str(tools / "ruff"), "format", "--quiet", "."],
            [str(tools / "rumdl"), "fmt", "--quiet", "."],
        ]
    return [
        [str(tools / "ruff"), "check", "--quiet", "."],
        [str(tools / "ruff"), "format", "--quiet", "--check", "."],
        [str(tools / "rumdl"), "check", "--quiet", "."],
    ]


def main() -> int:
    """The command line; see the top of this file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fix", action="store_true", help="format, and mend what can be mended")
    fix = parser.parse_args().fix
    try:
        tools = devenv.build(devenv.TOOLS / "venv-lint", [PINS], "linters")
    except devenv.EnvironmentMissing as error:
        print("lint: %s" % error, file=sys.stderr)
        return 1
    if any([subprocess.run(command, cwd=ROOT).returncode for command in commands(tools, fix)]):
        print(
            "lint: mend what is named above; 'python3 ansible_plugins/lint.py --fix' does most of it", file=sys.stderr
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
