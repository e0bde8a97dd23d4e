"""The least that a callback which keeps anything can do: one line a result, appended to a file."""

from __future__ import annotations

DOCUMENTATION = r"""
name: line_floor
type: notification
short_description: Appends a line a result to a file
description: For benchmarks of callbacks. The file is named by BENCH_FLOOR_FILE.
author: Jobledger contributors
"""

import os

from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):
    """See the top of this file."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "line_floor"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._file = open(os.environ["BENCH_FLOOR_FILE"], "a", encoding="utf-8")

    def _line(self, result):
        host = getattr(result, "host", None) or result._host
        task = getattr(result, "task", None) or result._task
        self._file.write("%s %s\n" % (host.name, task.name))
        self._file.flush()

    def v2_runner_on_ok(self, result):
        """One result."""
        self._line(result)

    def v2_runner_item_on_ok(self, result):
        """One result of a loop."""
        self._line(result)
