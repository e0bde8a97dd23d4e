# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""Which run this process belongs to, for actions: the recorder says it in the main process, and workers inherit it by
fork.

Without the recorder there is no run id. Main process and workers; written once, before the first worker.
"""

from __future__ import annotations

import getpass
import os
import socket
from collections.abc import Callable

from ansible import context

_RUN: dict = {}


def announce(run_id: str, run_name: Callable) -> None:
    """The recorder's run, as it is named in the ledger. `run_name()` gives its name, if it has one."""
    _RUN.update(run_id=run_id, run_name=run_name)


def who() -> dict:
    """Return who acts: controller, user, pid, playbook, and run_id and run_name where the recorder is on."""
    named = (context.CLIARGS.get("args") or ()) if hasattr(context.CLIARGS, "get") else ()
    playbook = os.path.basename(str(named[0])) if len(named) == 1 else None
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a user id without a name
        user = str(os.getuid())
    found = {"controller": socket.gethostname(), "user": user, "pid": os.getppid(), "playbook": playbook}
    found.update((key, value() if callable(value) else value) for key, value in _RUN.items())
    return {key: value for key, value in found.items() if value is not None}
