# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""Takes the notes of launches that workers leave, as soon as they are there.

A thread of the main process waits at a pipe that workers inherit; it touches nothing until a worker has written to it,
and is only there in a run with a task that leaves notes. What it then does is one more hook: `hear()` has to take the
lock that the hooks take. Ansible itself calls hooks on a thread beside the one that forks, so this adds no danger.
"""

from __future__ import annotations

import os
import threading

from ..recording import launches
from . import launch_notes


class LaunchWatch:
    """Notes of one run, beside its spool at `path`. `hear()` is called on the thread when there may be notes."""

    def __init__(self, path: str, run_id: str, hear) -> None:
        self._path = path
        self._run_id = run_id
        self._hear = hear
        self._waiting, self._bell = os.pipe()
        os.set_blocking(self._bell, False)
        threading.Thread(target=self._listen, name="jobledger-launches", daemon=True).start()

    def stop(self) -> None:
        """No more notes are wanted."""
        launches.offer(None)

    def leave(self, event: dict) -> bool:
        """Leave a note and wake the recorder. In a worker. Raises OSError. False: the run has been delivered already,
        so nobody would take it.
        """
        if not os.path.exists(self._path):
            return False
        launch_notes.leave(os.path.dirname(self._path), self._run_id, event)
        try:
            os.write(self._bell, b".")
        except OSError:
            pass  # it is full, so the recorder wakes; or nobody is there any more
        return True

    def take(self, tell) -> None:
        """Call `tell(event)` for each note, and remove it: what it wrote is in the spool then. Raises OSError."""
        for path in launch_notes.found(os.path.dirname(self._path), self._run_id):
            event = launch_notes.read(path)
            if event is not None:
                tell(event)
            launch_notes.discard(path)

    def _listen(self) -> None:
        while os.read(self._waiting, 4096):
            self._hear()
