# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""Sees to it that one recorder records a run, though Ansible may load it twice: by `callback_plugins` and by its full
name.

Both copies of the plugin share this module. Main thread only.
"""

from __future__ import annotations

import weakref

_latest = None


def claim(recorder) -> bool:
    """Return whether `recorder` is to record. False: another one was loaded with it, and nothing was told to that one
    yet.

    A recorder that has heard something belongs to an earlier run of the same process, as in `ansible-console`.
    `recorder` needs a property `untold` that says whether it has heard nothing so far.
    """
    global _latest
    other = _latest() if _latest is not None else None
    if other is not None and other is not recorder and other.untold:
        return False
    _latest = weakref.ref(recorder)
    return True
