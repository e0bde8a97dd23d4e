# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""Tries again what the network failed, a few times, with a pause."""

from __future__ import annotations

import time


class Passing(Exception):
    """A failure that may be gone a moment later; the text says what failed."""


class Retry:
    """At most `tries` tries, `pause` seconds apart. Safe on any thread."""

    def __init__(self, tries: int = 3, pause: float = 2.0, sleep=time.sleep) -> None:
        self.tries = tries
        self._pause = pause
        self._sleep = sleep

    def call(self, attempt):
        """Return what `attempt()` returns. It is called again when it raises Passing; the last one is raised on."""
        for left in range(self.tries - 1, -1, -1):
            try:
                return attempt()
            except Passing:
                if not left:
                    raise
            self._sleep(self._pause)
        raise ValueError("at least one try is needed")

    def tried(self) -> str:
        """How often, as the end of a sentence."""
        return "after %d tries" % self.tries if self.tries > 1 else "at the first and only try"
