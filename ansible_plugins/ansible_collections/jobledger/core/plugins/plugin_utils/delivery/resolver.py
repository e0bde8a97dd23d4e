# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""A host's addresses, within a time limit. The system's own name lookup has none, and a dead name server holds it for
half a minute.

A lookup that may leave the machine is made by a short-lived child process that can be killed: a thread that hangs could
not be, and in a process that forks workers it would be a danger. The child is a bare interpreter; it costs a few
hundredths of a second.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys

_LOOPBACK = ("127.0.0.1", "::1")
_LOOK_UP = (
    "import json, socket, sys\n"
    "try:\n"
    "    found = socket.getaddrinfo(sys.argv[1], int(sys.argv[2]), type=socket.SOCK_STREAM)\n"
    "except (OSError, UnicodeError):\n"
    "    sys.exit(3)\n"
    "print(json.dumps([[int(family), int(kind), protocol, place] for family, kind, protocol, _name, place in found]))\n"
)
# -I and -S: nothing of the environment or of installed packages is loaded, only the standard library.
_command = [sys.executable, "-I", "-S", "-c", _LOOK_UP]


def resolve(host: str, port: int, seconds: float) -> list[tuple]:
    """Return (family, kind, protocol, address) of each way to reach `host`, looked up for at most `seconds`.

    A literal address and `localhost` need no lookup. Raises socket.gaierror when there is no such name, and
    socket.timeout when the time is up.
    """
    literals = _LOOPBACK if host.lower().rstrip(".") == "localhost" else (host,)
    found = [entry for literal in literals for entry in _literal(literal, port)]
    return found or _looked_up(host, port, seconds)


def _literal(host: str, port: int) -> list[tuple]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        return []
    return [(family, kind, protocol, place) for family, kind, protocol, _name, place in found]


def _looked_up(host: str, port: int, seconds: float) -> list[tuple]:
    try:
        done = subprocess.run(
            [*_command, host, str(port)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise socket.timeout("name lookup") from None
    if done.returncode == 0:
        try:
            found = [
                (family, kind, protocol, tuple(place)) for family, kind, protocol, place in json.loads(done.stdout)
            ]
        except ValueError:
            found = []
        if found:
            return found
    raise socket.gaierror(socket.EAI_NONAME, "the name cannot be resolved")
