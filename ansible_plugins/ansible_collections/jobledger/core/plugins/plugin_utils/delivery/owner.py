# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""Which process a spool belongs to, so that another one can tell later whether it is gone. Reads /proc; safe on any
thread.
"""

from __future__ import annotations

import os

_BOOT = "/proc/sys/kernel/random/boot_id"
_UNKNOWN = "0" * 32
# : What an owner looks like: the boot of its machine, the process's id, and when it was started in that boot, all in
# hex digits.
LENGTH = 32 + 8 + 16


def mine() -> str:
    """Return this process as an owner of LENGTH characters. Where there is no /proc it is one that nobody can ask
    for.
    """
    return "%s%08x%016x" % (_boot(), os.getpid(), _started(os.getpid()) or 0)


def is_gone(owner: str) -> bool:
    """Return whether the owner was a process of this very boot of this machine, and is one no more.

    False where that cannot be told: on another machine, after a restart, without /proc.
    """
    boot = _boot()
    if boot == _UNKNOWN or owner[:32] != boot:
        return False
    return _started(int(owner[32:40], 16)) != int(owner[40:], 16)


def _boot() -> str:
    try:
        with open(_BOOT, encoding="ascii") as file:
            found = file.read().strip().replace("-", "")
    except (OSError, UnicodeError):
        return _UNKNOWN
    return found if len(found) == 32 and all(digit in "0123456789abcdef" for digit in found) else _UNKNOWN


def _started(pid: int) -> int | None:
    """When the process was started, in ticks since the boot; None when there is none, or only what its parent did
    not fetch yet.
    """
    try:
        with open("/proc/%d/stat" % pid, "rb") as file:
            # The name in brackets may hold anything; the fields after it do not.
            fields = file.read().rpartition(b")")[2].split()
        return None if fields[0] in (b"Z", b"X") else int(fields[19])
    except (OSError, ValueError, IndexError):
        return None
