"""The snippets of a page of docs/, so that tests run what people copy."""

from __future__ import annotations

import re
import subprocess

from .controller import BIN
from .program import CHECKOUT


def blocks(page: str) -> list[tuple[str, str]]:
    """Return the fenced blocks of a page in their order, each with its kind: '' where the fence names none."""
    text = (CHECKOUT / "docs" / page).read_text(encoding="utf-8")
    return re.findall(r"^ {0,3}```(\w*)[^\n]*\n(.*?)^ {0,3}```$", text, re.M | re.S)


def snippets(page: str, kind: str) -> list[str]:
    """Return the blocks of one kind (`console`, `yaml`) on a page such as how-to/settle.md, in their order."""
    text = (CHECKOUT / "docs" / page).read_text(encoding="utf-8")
    return re.findall(r"^```%s\n(.*?)^```$" % kind, text, re.M | re.S)


def run(command: str, controller, **environment: str):
    """Run a command as it is printed, in the controller's project directory, and return the finished process."""
    found = controller.environment(None, **environment)
    found["PATH"] = "%s:%s" % (BIN, found["PATH"])
    return subprocess.run(
        ["/bin/sh", "-ec", command],
        cwd=controller.root,
        env=found,
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        timeout=600,
        check=False,
    )
