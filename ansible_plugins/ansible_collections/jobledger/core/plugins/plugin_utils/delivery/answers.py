# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""An HTTP answer, and the quick way to read one. Pure, safe on any thread."""

from __future__ import annotations

import re

_USUAL = re.compile(rb"HTTP/1\.1 200 [^\r\n]*\r\n((?:[A-Za-z-]+:[^\r\n]*\r\n)+)\r\n")


class Answer:
    """An HTTP answer: `status`, `headers` (`get` takes a name as `Content-Type`), `body` in bytes, `seconds` that
    were waited for it.
    """

    def __init__(self, status: int, headers, body: bytes, seconds: float) -> None:
        self.status = status
        self.headers = headers
        self.body = body
        self.seconds = seconds

    @property
    def is_json(self) -> bool:
        """Whether the answer says of itself that it is JSON of any kind."""
        kind = (self.headers.get("Content-Type") or "").split(";")[0].strip().lower()
        return kind == "application/json" or kind.endswith("+json")


def usual(data: bytes) -> Answer | None:
    """Return the answer when `data` is a whole and usual one: 200, of a given length, on a connection that stays. None:
    http.client must read it.

    Nearly every answer to an event is one. http.client would read its headers with the email package, whose many
    objects are shared with the worker that was just forked: touching them copies more pages than all else that a hook
    does with the answer.
    """
    head = _USUAL.match(data)
    if head is None:
        return None
    headers = {}
    for line in head[1].decode("latin-1").split("\r\n")[:-1]:
        name, _colon, value = line.partition(":")
        name = name.title()
        if name in headers or name in ("Connection", "Transfer-Encoding"):
            return None
        headers[name] = value.strip()
    body = data[head.end() :]
    return Answer(200, headers, body, 0.0) if headers.get("Content-Length") == str(len(body)) else None
