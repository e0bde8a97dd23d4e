# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""Where a ledger's log ended when it last answered here, kept in a file beside its spools and told to it again.

A ledger that was put back to an earlier state finds out by that. The file is a help and never needed: what is damaged,
or cannot be written, is as if it were not there. Not thread-safe.
"""

from __future__ import annotations

import os
import re

from ..state import paths

_FORM = re.compile(r"([1-9][0-9]{0,8})-([0-9]{1,18})-[0-9a-f]{64}")
_NAME = "head"
_FLAGS = os.O_NOFOLLOW | os.O_CLOEXEC


class KnownHead:
    """The last head of the ledger whose spools are in one of `directories`: in the first that is there."""

    def __init__(self, directories: list[str]) -> None:
        self._directories = directories
        self._stored: str | None = None
        self.text: str | None = None  # epoch-entry-hash; None while nothing is known

    @classmethod
    def of(cls, place, address) -> "KnownHead":
        """Return that of a ledger by its address; `place` is where its spools are, or None for no file."""
        if place is None or address is None:
            return cls([])
        own = paths.segment(str(address))
        return cls([directory for directory in place.to_read() if os.path.basename(directory) == own])

    def load(self) -> "KnownHead":
        """Read the file. Never raises."""
        self.text = self._stored = self._read()
        return self

    def heard(self, text: object) -> None:
        """The ledger answered so; what is no head is passed over."""
        if isinstance(text, str) and _FORM.fullmatch(text):
            self.text = text

    def store(self) -> None:
        """Write the file, unless another run has written a later one meanwhile. Never raises."""
        if self.text == self._stored or self.text is None or _order(self.text) <= _order(self._read()):
            return
        for directory in filter(os.path.isdir, self._directories):
            newborn = os.path.join(directory, ".%s.%d.new" % (_NAME, os.getpid()))
            try:
                fd = os.open(newborn, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | _FLAGS, 0o600)
                with os.fdopen(fd, "w", encoding="ascii") as file:
                    file.write(self.text + "\n")
                os.replace(newborn, os.path.join(directory, _NAME))
                self._stored = self.text
            except OSError:
                pass  # it is told again by the next answer
            return

    def _read(self) -> str | None:
        for directory in filter(os.path.isdir, self._directories):
            try:
                fd = os.open(os.path.join(directory, _NAME), os.O_RDONLY | _FLAGS)
                with os.fdopen(fd, "r", encoding="ascii", errors="replace") as file:
                    text = file.read(200).rstrip("\n")
            except OSError:
                return None
            return text if _FORM.fullmatch(text) else None
        return None


def _order(text: str | None) -> tuple[int, int]:
    found = _FORM.fullmatch(text or "")
    return (int(found[1]), int(found[2])) if found else (0, -1)
