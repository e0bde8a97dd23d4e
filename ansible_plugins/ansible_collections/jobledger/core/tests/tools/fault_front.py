"""A faulty server with the real ingester behind it: what gets through is really stored, and what comes back is at
the front's mercy.
"""

from __future__ import annotations

import json
import ssl
import urllib.error
import urllib.request

from .ingester import Ingester, _Handler


class Front(Ingester):
    """As `Ingester`, with the same behaviours, but it stores nothing: the healthy one forwards to `upstream`. `tls`
    wraps its socket.
    """

    def __init__(self, upstream: str, script=(), always: str | None = None, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(script, always)
        self.upstream = upstream
        self._server.RequestHandlerClass = _Forward
        if tls is not None:
            # The handshake belongs to the connection's own thread, or a client that does not shake hands would hold up
            # all others.
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
            self.url = self.url.replace("http:", "https:")


class _Forward(_Handler):
    def do_what_store(self) -> None:
        request = urllib.request.Request(
            self.server.owner.upstream + self.path,
            data=self.body,
            headers={"Content-Type": self.headers["Content-Type"]},
        )
        try:
            with urllib.request.urlopen(request, timeout=600) as answer:
                status, body, kind = answer.status, answer.read(), answer.headers["Content-Type"]
        except urllib.error.HTTPError as problem:
            status, body, kind = problem.code, problem.read(), problem.headers["Content-Type"]
        self.answer(status, json.loads(body) if status == 200 else body, kind)
