"""A test-only callback plugin that kills the controller at one exact moment. Controllers load it before the recorder.

KILL_AT names the moment: `op:N` before the N-th spool or network operation, `in:HOOK:N` inside the N-th call of a hook
of the recorder, after it wrote its events and before they are sent.
"""

from __future__ import annotations

import atexit
import json
import os
import signal
from pathlib import Path

from ansible.plugins.callback import CallbackBase
from ansible_collections.jobledger.core.plugins.callback import recorder
from ansible_collections.jobledger.core.plugins.plugin_utils.delivery import client, spool

_PID = os.getpid()
_counts: dict = {}


def _step(name):
    if os.getpid() != _PID:
        return
    count = _counts[name] = _counts.get(name, 0) + 1
    if os.environ.get("KILL_AT") == "%s:%d" % (name, count):
        os.kill(_PID, signal.SIGKILL)


def _before(owner, name):
    real = getattr(owner, name)

    def stepped(*args, **kwargs):
        _step("op")
        found = real(*args, **kwargs)
        if name == "_read":  # the answer has come, nothing is written down yet
            _step("op")
        return found

    setattr(owner, name, stepped)


for _owner, _name in (
    (spool, "create"),
    (spool, "_lock"),
    (spool, "_write"),
    (spool, "_sync_data"),
    (spool, "_sync_directory"),
    (spool.SpoolFile, "remove"),
    (client.Client, "_write"),
    (client.Client, "_read"),
):
    _before(_owner, _name)
os.pwrite = (lambda real: lambda fd, data, at: _torn(real, fd, data, at))(os.pwrite)


def _torn(real, fd, data, at):
    _counts["pwrite"] = _counts.get("pwrite", 0) + 1
    if os.environ.get("KILL_AT") == "torn:%d" % _counts["pwrite"] and os.getpid() == _PID:
        real(fd, data[: len(data) // 2], at)
        os.kill(_PID, signal.SIGKILL)
    return real(fd, data, at)


_deliver = recorder.CallbackModule._deliver
_current = []
recorder.CallbackModule._deliver = lambda self: (_step("in:%s" % _current[-1]) if _current else None, _deliver(self))[1]


def _named(name):
    real = getattr(recorder.CallbackModule, name)

    def hook(self, *args, **kwargs):
        if name == "v2_runner_on_async_poll" and os.environ.get("POLLED"):
            # Jobs that wait for it are polled at least once, however slow the machine is.
            Path(os.environ["POLLED"]).touch()
        _current.append(name)
        try:
            return real(self, *args, **kwargs)
        finally:
            _current.pop()

    # Which arguments Ansible passes depends on the real hook's signature.
    hook.__wrapped__ = real
    setattr(recorder.CallbackModule, name, hook)


for _hook in [name for name in vars(recorder.CallbackModule) if name.startswith("v2_")]:
    _named(_hook)


def _log(owner=spool.SpoolFile, real=spool.SpoolFile.append):
    """Note each event that reached the spool in a file of its own: what the test then believes instead of the spool."""
    path = os.environ.get("SPOOLED_LOG")

    def append(self, line):
        start = real(self, line)
        with open(path, "ab", buffering=0) as log:
            log.write(line + b"\n")
        return start

    if path:
        owner.append = append


_log()
if os.environ.get("KILL_COUNT"):
    # Registered before the recorder's own, so it runs after it.
    atexit.register(lambda: os.getpid() == _PID and Path(os.environ["KILL_COUNT"]).write_text(json.dumps(_counts)))


class CallbackModule(CallbackBase):
    """Does nothing by itself."""

    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "killer"
    CALLBACK_NEEDS_ENABLED = True
