# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""What an operator may ask to have recorded of a job besides its names: its command, output and arguments. By default
nothing.

All of it is redacted before it is cut, and cut before anything else sees it. Pure, no I/O.
"""

from __future__ import annotations

import json
import re
import shlex

from . import names
from .redact import HIDDEN, Redactor

KINDS = ("cmd", "stdout", "stderr", "module_args")
MAX_CMD = 2_000
MAX_OUTPUT = 4_000
MAX_ARGUMENTS = 4_000
# An ingester reads so many levels without a doubt. What it could not read as JSON at all, it could not refuse by its
# number either.
MAX_DEPTH = 20
# What a redactor has to look at, at most: the rest is cut off first.
_LOOKED_AT = 32_768
_LEFT_OUT = "(left out: %d characters)"
_COMMANDS = ("command", "shell", "raw", "script")
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class Details:
    """Takes the details of the given `kinds` (some of KINDS) out of results. With no kinds it takes nothing."""

    def __init__(self, kinds=(), redactor: Redactor | None = None) -> None:
        self._kinds = frozenset(kinds)
        self.redactor = redactor or Redactor()

    def of_launch(self, task) -> dict | None:
        """Return what a launch shows: the command of a task that is one, where its template is evaluated. Never
        under `no_log`.
        """
        # A `no_log` that is a template still counts as one.
        if "cmd" not in self._kinds or task.no_log or str(task.action).rsplit(".", 1)[-1] not in _COMMANDS:
            return None
        arguments = task.args if isinstance(task.args, dict) else {}
        command = next((arguments[key] for key in ("_raw_params", "cmd", "argv") if arguments.get(key)), None)
        text = self._command(command)
        return {"cmd": text} if text and "{{" not in text and "{%" not in text else None

    def of_end(self, result: dict) -> dict | None:
        """Return what a job's own result shows, None when that is nothing. Never of a censored result."""
        if not self._kinds or "censored" in result or result.get("_ansible_no_log"):
            return None
        found = {
            "cmd": self._command(result.get("cmd")),
            "stdout": self._output(result.get("stdout")),
            "stderr": self._output(result.get("stderr")),
            "module_args": self._arguments(result.get("invocation")),
        }
        return {kind: value for kind, value in found.items() if value and kind in self._kinds} or None

    def _command(self, value) -> str | None:
        if isinstance(value, (list, tuple)):
            value = shlex.join(str(word) for word in value)
        return (
            self._plain(value[:_LOOKED_AT])[:MAX_CMD] if isinstance(value, str) else None
        )  # its beginning says what it is

    def _output(self, value) -> str | None:
        if not isinstance(value, str):
            return None
        window = value[-_LOOKED_AT:]
        if len(window) < len(value):
            window = window.partition("\n")[2]  # the beginning of a cut line may be what tells that it is a secret
        return self._plain(window)[-MAX_OUTPUT:]

    def _plain(self, text: str) -> str:
        # What steers a terminal goes first: it could stand in the middle of a secret's name.
        return self.redactor.text(_CONTROL.sub("", names.clean(text)))

    def _arguments(self, invocation) -> dict | None:
        found = invocation.get("module_args") if isinstance(invocation, dict) else None
        # A status check that found no end shows its own arguments, which are not the job's.
        if not isinstance(found, dict) or "jid" in found and "mode" in found:
            return None
        shown = {names.clean(key): self._argument(key, value) for key, value in found.items() if value is not None}
        while shown and _size(shown) > MAX_ARGUMENTS:
            largest = max(shown, key=lambda key: _size(shown[key]))
            if _size(shown[largest]) <= 40:
                return None  # thousands of small ones
            shown[largest] = _LEFT_OUT % _size(shown[largest])
        return shown

    def _argument(self, key, value):
        try:
            size = _size(value)
            if size > _LOOKED_AT or _deeper(value, MAX_DEPTH):
                return _LEFT_OUT % size
            return self.redactor.value({str(key): value}, self._plain)[str(key)]
        except (TypeError, ValueError, RecursionError):
            return HIDDEN  # nothing that JSON knows


def _deeper(value, levels: int) -> bool:
    if not isinstance(value, (dict, list, tuple)):
        return False
    entries = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_deeper(entry, levels - 1) for entry in entries)


def _size(value) -> int:
    return len(json.dumps(value, ensure_ascii=False, default=str))
