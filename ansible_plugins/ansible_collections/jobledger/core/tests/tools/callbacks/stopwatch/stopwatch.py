"""A test-only callback plugin that measures how long the recorder holds the run up: the time inside its hooks and at
its exit, in seconds.

STOPWATCH names the file that gets the sum. Load it before the recorder.
"""

from __future__ import annotations

import os
import time

from ansible.plugins.callback import CallbackBase
from ansible_collections.jobledger.core.plugins.callback import recorder

_PID = os.getpid()
_spent = [0.0, 0]


def _timed(name):
    real = getattr(recorder.CallbackModule, name)

    def timed(self, *args, **kwargs):
        began = time.monotonic()
        try:
            return real(self, *args, **kwargs)
        finally:
            _spent[0] += time.monotonic() - began
            _spent[1] += 1
            if name == "_at_exit" and os.getpid() == _PID:
                with open(os.environ["STOPWATCH"], "w", encoding="ascii") as file:
                    file.write("%f %d" % tuple(_spent))

    # Which arguments Ansible passes depends on the real hook's signature.
    timed.__wrapped__ = real
    setattr(recorder.CallbackModule, name, timed)


for _name in [name for name in vars(recorder.CallbackModule) if name.startswith("v2_")] + ["_at_exit"]:
    _timed(_name)


class CallbackModule(CallbackBase):
    """Does nothing by itself."""

    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "stopwatch"
    CALLBACK_NEEDS_ENABLED = True
