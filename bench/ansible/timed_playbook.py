"""Runs ansible-playbook with a clock around each hook of each callback that BENCH_HOOKS names, and writes what they
took to BENCH_HOOKS_FILE as JSON.

The wrapper is the same for every callback. It is put on when Ansible makes the callback's class, so no callback has to
know of it. `_at_exit` is timed too: some work is left for the end.
"""

from __future__ import annotations

import atexit
import functools
import json
import os
import sys
import time

from ansible.cli.playbook import main
from ansible.plugins.callback import CallbackBase

WANTED = os.environ["BENCH_HOOKS"].split(",")
RESULTS = {
    "v2_runner_on_ok",
    "v2_runner_on_failed",
    "v2_runner_item_on_ok",
    "v2_runner_item_on_failed",
    "v2_runner_on_skipped",
}
TOTAL = {
    "wall": 0.0,
    "cpu": 0.0,
    "calls": 0,
    "results": 0,
    "events": 0,
    "forwarding_wall": 0.0,
    "forwarding_cpu": 0.0,
    "quiet_results": 0,
    "quiet_wall": 0.0,
    "quiet_cpu": 0.0,
}
DEPTH = [0]
PID = os.getpid()


def _state(callback) -> tuple:
    """Of Jobledger's callback: events written so far, events delivered, seconds lost to sending. A hook that changes
    any of them did forward something.
    """
    journal, sender = getattr(callback, "_journal", None), getattr(callback, "_sender", None)
    return (
        (journal.seq, sender.backlog.delivered, sender.spent)
        if journal is not None and sender is not None
        else (0, 0, 0.0)
    )


def _timed(name, hook):
    @functools.wraps(hook)
    def timed(self, *args, **kwargs):
        if DEPTH[0] or os.getpid() != PID:  # a hook that calls another is counted once
            return hook(self, *args, **kwargs)
        DEPTH[0] = 1
        before, wall, cpu = _state(self), time.perf_counter(), time.process_time()
        try:
            return hook(self, *args, **kwargs)
        finally:
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            DEPTH[0] = 0
            after = _state(self)
            new = after[0] - before[0]
            TOTAL["wall"] += wall
            TOTAL["cpu"] += cpu
            TOTAL["calls"] += 1
            TOTAL["results"] += name in RESULTS
            TOTAL["events"] += new
            if after != before or name in ("_at_exit", "v2_playbook_on_stats"):
                TOTAL["forwarding_wall"] += wall
                TOTAL["forwarding_cpu"] += cpu
            elif name.startswith("v2_runner"):
                TOTAL["quiet_results"] += name in RESULTS
                TOTAL["quiet_wall"] += wall
                TOTAL["quiet_cpu"] += cpu

    return timed


def _made(cls, **kwargs):
    super(CallbackBase, cls).__init_subclass__(**kwargs)
    if any(name in cls.__module__ or name == cls.__dict__.get("CALLBACK_NAME") for name in WANTED):
        for name, member in list(vars(cls).items()):
            if callable(member) and (name.startswith("v2_") or name == "_at_exit"):
                setattr(cls, name, _timed(name, member))


def _write():
    if os.getpid() == PID:
        with open(os.environ["BENCH_HOOKS_FILE"], "w", encoding="utf-8") as out:
            json.dump(TOTAL, out)


CallbackBase.__init_subclass__ = classmethod(_made)
atexit.register(_write)  # first, so that it runs last
if __name__ == "__main__":
    sys.argv[0] = "ansible-playbook"
    sys.exit(main())
