"""A test-only callback plugin: writes of the spool find no room for as long as the file exists that FULL_DISK names.
Load it before the recorder.

For machines where no small file system can be mounted.
"""

from __future__ import annotations

import errno
import os

from ansible.plugins.callback import CallbackBase

_real = os.pwrite


def _pwrite(fd, data, at):
    if os.path.exists(os.environ["FULL_DISK"]):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    return _real(fd, data, at)


os.pwrite = _pwrite


class CallbackModule(CallbackBase):
    """Does nothing by itself."""

    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "fulldisk"
    CALLBACK_NEEDS_ENABLED = True
