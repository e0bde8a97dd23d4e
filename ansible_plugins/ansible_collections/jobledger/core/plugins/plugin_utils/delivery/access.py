# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""How a plugin is let in by the ingester: one reading of url, token, token_file, ca_file, client_cert and client_key.

Reads the token's file, and nothing else; the TLS files are read when the first request is made. Safe on any thread. No
message ever holds a token.
"""

from __future__ import annotations

import os
import stat

from . import settings
from .client import Client, TransportError

#: What the shared options are called, everywhere.
OPTIONS = ("url", "token", "token_file", "ca_file", "client_cert", "client_key")
_LONGEST_TOKEN_FILE = 4096


def client(option, warn, max_answer: int = 1 << 18) -> Client:
    """Return a client that is not connected yet.

    `option` returns the value of one of OPTIONS, or None. `warn` is called with a text for what works but should be
    mended. Raises SettingError for a setting that cannot be used.
    """
    address = settings.Address(option("url"))
    cert, key = option("client_cert"), option("client_key")
    if key and not cert:
        raise settings.SettingError("client_key is set, but client_cert is not: they belong together")
    return Client(
        address,
        _token(option("token"), option("token_file"), warn),
        option("ca_file") or None,
        max_answer,
        cert or None,
        key or None,
    )


class Unreachable:
    """What stands for a client where the settings give none: every request fails at once, with `why`, and nothing is
    sent.
    """

    address = None
    usable = True

    def __init__(self, why: str) -> None:
        self._why = why

    def send(self, *_arguments) -> float:
        """Raises TransportError, always."""
        raise TransportError(self._why)

    request = receive = send

    def close(self) -> None:
        """There is nothing to close."""


class Resting:
    """What stands for a client where a resident delivers: nothing is sent, and nobody waits."""

    usable = False

    def __init__(self, address) -> None:
        self.address = address

    def close(self) -> None:
        """There is nothing to close."""


def of_environment(environment, ini=None, **given):
    """Return an `option` for `client`: what is `given`, else JOBLEDGER_… of the environment, else what `ini` has."""

    def option(name: str):
        return given.get(name) or environment.get("JOBLEDGER_" + name.upper()) or (ini or {}).get(name)

    return option


def _token(token: str | None, path: str | None, warn) -> str | None:
    # The token itself goes first: it is what somebody sets to use another one for once.
    if token or not path:
        return settings.token(token)
    path = os.path.expanduser(str(path))
    try:
        with open(path, encoding="ascii") as file:
            if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & stat.S_IROTH:
                warn("every user of this machine can read the token in %s; chmod 600 it" % path)
            found = settings.token(file.read(_LONGEST_TOKEN_FILE))
    except (OSError, UnicodeError) as error:
        raise settings.SettingError(
            "token_file %s cannot be read (%s)" % (path, getattr(error, "strerror", None) or type(error).__name__)
        ) from None
    if not found:
        raise settings.SettingError("token_file %s is empty" % path)
    return found
