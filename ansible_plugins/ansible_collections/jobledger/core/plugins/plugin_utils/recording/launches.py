# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""How an action that starts jobs by itself tells of a launch at once.

Ansible shows a callback the id of a job with `poll` above 0 at the first poll, and nothing before. An action has the id
as soon as the host has answered, in a worker process that cannot number events. So the worker leaves a *note*, a whole
event but for its number, beside the run's spool, and wakes the recorder, which numbers it, spools it and sends it. Dies
the recorder's process first, whoever delivers its spool does that.

    launches.tell(self._task, task_vars["inventory_hostname"], reply, item)

is all that an action needs. `offer` is called in the main process before the worker is forked, `tell` in the worker.
"""

from __future__ import annotations

from collections.abc import Callable

_offered: Callable | None = None


def offer(leave: Callable | None) -> None:
    """The recorder takes notes by `leave(task, host_name, result, item)`; None: there is none, or it has ended."""
    global _offered
    _offered = leave


def tell(task, host_name: str, result: dict, item: dict | None = None) -> bool:
    """Tell of the job of `result`, what the host answered: `ansible_job_id`, `results_file`, and start_once's
    `decision` and `fence`.

    `item` has what Ansible will add to the result of a loop's item: `ansible_loop_var`, the variable itself,
    `_ansible_item_label`. Under `no_log` it is not used. Return whether it was told: not without the recorder, without
    a spool, or for a task that the recorder does not follow. Never raises: a job that was started must be reported.
    """
    try:
        return _offered is not None and bool(_offered(task, host_name, result, item or {}))
    except Exception:  # the first poll tells all the same
        return False
