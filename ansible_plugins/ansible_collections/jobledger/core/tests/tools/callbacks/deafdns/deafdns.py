"""A test-only callback plugin that makes the name server hang: the recorder's lookup gets a child that never
answers. Load it before the recorder.
"""

from __future__ import annotations

import sys

from ansible.plugins.callback import CallbackBase
from ansible_collections.jobledger.core.plugins.plugin_utils.delivery import resolver

resolver._command = [sys.executable, "-I", "-S", "-c", "import time; time.sleep(600)"]


class CallbackModule(CallbackBase):
    """Does nothing by itself."""

    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "deafdns"
    CALLBACK_NEEDS_ENABLED = True
