# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""One keep-alive HTTP connection to the ingester, with every wait bounded. One request at a time is on its way.

Bounded, all together by one deadline per request: the name lookup, connect (over all addresses), TLS handshake, send,
and the whole answer, however slowly it drips. A name that was found is not looked up again. The answer need not be
waited for: `send` returns when the request is written, and `receive` looks later whether the answer is there.

Proxies of the environment are not used. Redirects are not followed. Not thread-safe. A process forked from the one
that made the client must not use it; `Client.usable` says so.

`http.client` and `ssl` are loaded when an answer is an unusual one, or the address is https: most runs need neither.
"""

from __future__ import annotations

import io
import math
import os
import re
import socket
import sys
import time

from . import resolver
from .answers import Answer, usual

USER_AGENT = "jobledger-core"
# What a server does that closed an idle connection, or a moment ago, before it read the request.
_CLOSED = (ConnectionResetError, BrokenPipeError, ConnectionAbortedError)
# For the rest of an answer whose first bytes are there, when somebody comes for it after its time.
_REST_SECONDS = 0.05
_CHUNK = 1 << 16
# OpenSSL's numbers of what is wrong with a certificate: its name or address; it is expired or not valid yet.
_OTHER_NAME, _OUT_OF_DATE = (62, 64), (9, 10)
_UNSAFE = re.compile("[^!-~]")


class TransportError(Exception):
    """No usable HTTP answer came; the text says why and holds no secret. `seconds` is what the attempt took."""

    seconds = 0.0


class Client:
    """Sends requests to one address. Building it does no I/O. The TLS files are read when the first https request is
    made.

    `client_cert` is a PEM file with this side's certificate, `client_key` one with its key (default: the same file).
    """

    def __init__(
        self,
        address,
        token: str | None = None,
        ca_file: str | None = None,
        max_answer: int = 1 << 18,
        client_cert: str | None = None,
        client_key: str | None = None,
    ) -> None:
        self.address = address
        self._token = token
        self._headers: bytes | None = None
        self.condition: tuple | None = None  # (name, value) of one more header, such as If-Match
        self.last_etag: str | None = None  # of the last answer
        self._ca_file = ca_file
        self._client_cert = client_cert
        self._client_key = client_key
        self._max_answer = max_answer
        self.told: str | None = None  # the last head that the ledger answered; goes with what is written to it
        self._pid = os.getpid()
        self._resolved: list | None = None
        self._context = None  # of TLS, where it is used
        self._connection: _Connection | None = None
        self._method = ""  # of the request that is on its way, as all down to the deadline
        self._message = b""
        self._reused = False
        self._awaited = False
        self._timeout = self._deadline = 0.0

    @property
    def usable(self) -> bool:
        """Whether this is the process that made the client: a forked one shares the socket and must leave it alone."""
        return os.getpid() == self._pid

    def request(self, method: str, path: str, body: bytes | None = None, timeout: float = 1.0) -> Answer:
        """Send one request and return its answer, within `timeout` seconds: `send`, and `receive` for as long as it
        takes.

        Raises TransportError, always with `seconds` set.
        """
        began = time.monotonic()
        try:
            self.send(method, path, body, timeout)
            answer = self.receive()
        except TransportError as error:
            error.seconds = time.monotonic() - began
            raise
        answer.seconds = time.monotonic() - began
        self.last_etag = answer.headers.get("Etag") or answer.headers.get("ETag")
        return answer

    def send(self, method: str, path: str, body: bytes | None = None, timeout: float = 1.0) -> float:
        """Write one request and return how many seconds that took. An answer that was not received yet is given up.

        `path` begins with `/` and is encoded already. The `timeout`, in seconds, is for this and the answer together. A
        connection that the server closed while it was idle is opened again, once, here or in `receive`. Raises
        TransportError.
        """
        began = time.monotonic()
        self._timeout, self._deadline = timeout, began + timeout
        self._telling(self._send, method, path, body)
        return time.monotonic() - began

    def receive(self, seconds: float = math.inf) -> Answer | None:
        """Return the answer, or None when it has not come within `seconds`; 0 looks only whether it is there.

        Raises TransportError, with what this call took, when there will be none: the request's time is over, or the
        connection.
        """
        return self._telling(self._receive, time.monotonic() + seconds)

    def close(self) -> None:
        """Close the connection. In a forked process this does nothing."""
        if self._connection is not None and self.usable:
            self._connection.shut()
            self._connection = None
        self._awaited = False

    def _telling(self, step, *arguments):
        began = time.monotonic()
        try:
            if not self.usable:
                raise TransportError("the connection belongs to another process")
            found = step(*arguments)
            if found is not None:
                found.seconds = time.monotonic() - began
            return found
        except (TransportError, OSError, ValueError, *_loaded("http.client", "HTTPException")) as error:
            # Whatever was in flight, the next request must not read this one's answer.
            self.close()
            failure = error if isinstance(error, TransportError) else TransportError(_reason(error, self._timeout))
            failure.seconds = time.monotonic() - began
            raise failure from None

    def _send(self, method: str, path: str, body: bytes | None) -> None:
        self._method = method
        self._message = self._head(method, path, body) + (body or b"")
        if self._awaited:
            self.close()
        self._awaited = True
        self._reused = self._connection is not None
        try:
            self._write()
        except _CLOSED as error:
            self._write_again(error)

    def _receive(self, until: float) -> Answer | None:
        while True:
            try:
                if not self._connection:
                    raise TransportError("nothing was sent")
                if self._connection.arrived(min(until, self._deadline)):
                    return self._read()
                if time.monotonic() < self._deadline:
                    return None
                raise socket.timeout("timed out")
            except _CLOSED as error:
                self._write_again(error)

    def _write(self) -> None:
        if self._connection is None:
            self._connection = self._connect(self._deadline)
        self._connection.write(self._message, self._deadline)

    def _write_again(self, error: Exception) -> None:
        # Once, and only where the server may have closed a connection that was idle.
        if not self._reused:
            raise error
        self._reused = False
        self.close()
        self._renew(self._timeout)
        self._write()
        self._awaited = True

    def _renew(self, seconds: float) -> None:
        # Who comes for an answer may come long after its time.
        now = time.monotonic()
        if now >= self._deadline:
            self._deadline = now + seconds

    def _read(self) -> Answer:
        answer = self._connection.usual_answer(self._max_answer)
        if answer is not None:
            self._awaited = False
            return answer
        self._renew(_REST_SECONDS)
        self._connection.deadline = self._deadline
        import http.client

        response = http.client.HTTPResponse(self._connection, method=self._method)
        response.begin()
        data = response.read(self._max_answer + 1)
        if len(data) > self._max_answer:
            raise TransportError("the answer is larger than %d bytes" % self._max_answer)
        if response.length:  # a bounded read says nothing of what is missing; an unbounded one would not be bounded
            raise http.client.IncompleteRead(data, response.length)
        self._awaited = False
        if response.will_close or not response.isclosed():
            self.close()
        return Answer(response.status, response.headers, data, 0.0)

    def _head(self, method: str, path: str, body: bytes | None) -> bytes:
        if _UNSAFE.search(path):
            raise ValueError("the path is not encoded")
        if self._headers is None:
            self._headers = _headers(self.address, self._token)
        length = b"" if body is None else b"Content-Type: application/json\r\nContent-Length: %d\r\n" % len(body)
        if body is not None and self.told is not None:
            length += b"Jobledger-Head: %s\r\n" % self.told.encode("ascii")
        if self.condition is not None:
            length += ("%s: %s\r\n" % self.condition).encode("ascii")
        return b"%s %s HTTP/1.1\r\n%s%s\r\n" % (
            method.encode("ascii"),
            (self.address.prefix + path).encode("ascii"),
            self._headers,
            length,
        )

    def _tls(self):
        import ssl

        # Certificate and host name are always verified; there is no setting to leave that out.
        try:
            context = ssl.create_default_context(cafile=self._ca_file)
        except OSError as error:
            raise TransportError(
                "ca_file %s cannot be used (%s)" % (self._ca_file, error.strerror or "it is no PEM file")
            ) from None
        if self._client_cert:
            try:
                # Without a password function an encrypted key would ask at the terminal, and the play would wait.
                context.load_cert_chain(self._client_cert, self._client_key, password=lambda: "")
            except (OSError, ValueError) as error:
                raise TransportError(
                    "client_cert %s and client_key %s cannot be used (%s)"
                    % (
                        self._client_cert,
                        self._client_key or self._client_cert,
                        getattr(error, "strerror", None) or "not PEM, not a pair, or encrypted",
                    )
                ) from None
        return context

    def _connect(self, deadline: float) -> "_Connection":
        if self._resolved is None:
            self._resolved = resolver.resolve(self.address.host, self.address.port, _left(deadline))
        if self.address.scheme == "https" and self._context is None:
            self._context = self._tls()
        failure: OSError = OSError("the name has no address")
        # What is told in the end: a name often has an address where nobody listens, beside the one whose server says
        # what is wrong.
        tells = -1
        for family, kind, protocol, place in self._resolved:
            try:
                sock = socket.socket(family, kind, protocol)
            except OSError as error:  # a machine without IPv6, say
                failure, tells = (error, 0) if tells < 0 else (failure, tells)
                continue
            try:
                sock.settimeout(_left(deadline))
                sock.connect(place)
                # Without it a small request waits for the other side's delayed ACK, about 40 ms.
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                if self._context is not None:
                    sock.settimeout(_left(deadline))
                    sock = self._context.wrap_socket(sock, server_hostname=self.address.host)
                return _Connection(sock)
            except OSError as error:
                sock.close()
                if _tells(error) > tells:
                    failure, tells = error, _tells(error)
        raise failure


class _Connection:
    """An open socket that takes a request at once, tells whether its answer began, and lets http.client read it
    until `deadline`.
    """

    def __init__(self, sock) -> None:
        self._sock = sock
        self._early: bytes | None = (
            None  # of the answer, read to see whether it is there; empty when the other side closed
        )
        self.deadline = 0.0

    def write(self, data: bytes, deadline: float) -> None:
        """Send all of it, head and body in one segment where they fit. Raises OSError."""
        self._early = None
        self._sock.settimeout(_left(deadline))
        self._sock.sendall(data)

    def arrived(self, until: float) -> bool:
        """Wait until an answer begins or the connection ends, or until then; that may be over. Raises OSError."""
        # By reading, because with TLS a socket that is readable may have no byte of an answer.
        if self._early is None:
            self._sock.settimeout(max(0.0, until - time.monotonic()))
            try:
                self._early = self._sock.recv(_CHUNK)
            except (BlockingIOError, socket.timeout, *_loaded("ssl", "SSLWantReadError")):
                return False
        return True

    def usual_answer(self, most: int) -> Answer | None:
        """Return the answer that arrived, when it is a whole and usual one with at most so many bytes; None: read
        it.
        """
        answer = usual(self._early)
        if answer is None or len(answer.body) > most:
            return None
        self._early = None
        return answer

    def recv_into(self, buffer) -> int:
        """Read what comes next, as a socket does."""
        if self._early is not None:
            part = self._early[: len(buffer)]
            self._early = self._early[len(part) :] or None
            buffer[: len(part)] = part
            return len(part)
        self._sock.settimeout(_left(self.deadline))
        return self._sock.recv_into(buffer)

    def makefile(self, *_args, **_kwargs):
        """What http.client reads from."""
        return io.BufferedReader(_Reader(self))

    def shut(self) -> None:
        """Tell the server, and close."""
        try:
            # Forked workers hold the socket as well; only a shutdown tells the server that this is the end.
            self._sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._sock.close()


class _Reader(io.RawIOBase):
    def __init__(self, connection: _Connection) -> None:
        super().__init__()
        self._connection = connection

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        return self._connection.recv_into(buffer)


def _headers(address, token: str | None) -> bytes:
    host = address.host.partition("%")[0]
    lines = [
        "Host: %s:%d" % ("[%s]" % host if ":" in host else host, address.port),
        "Accept: application/json",
        "Accept-Encoding: identity",
        "User-Agent: " + USER_AGENT,
    ]
    if token:
        lines.append("Authorization: Bearer " + token)
    return "".join(line + "\r\n" for line in lines).encode("ascii")


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise socket.timeout("timed out")
    return left


def _loaded(module: str, name: str) -> tuple:
    """Return a class of a module as a tuple; an empty one where that is not loaded, so that nothing is of the class."""
    found = sys.modules.get(module)
    return () if found is None else (getattr(found, name),)


def _tells(error: OSError) -> int:
    """How much a failed attempt says of the ingester: that its certificate is wrong is more than that nobody
    listens.
    """
    if isinstance(error, _loaded("ssl", "SSLError")):
        return 3
    return 2 if isinstance(error, socket.timeout) else 1


def _distrust(error) -> str:
    said = (error.verify_message or "no reason given").rstrip(".")
    if error.verify_code in _OTHER_NAME:
        return "the server's certificate is for another name (%s): set url to a name that it has" % said
    if error.verify_code in _OUT_OF_DATE:
        return "the server's certificate is not trusted (%s): it must be renewed, or a clock is wrong" % said
    return (
        "the server's certificate is not trusted (%s): set ca_file to the certificate of the authority that signed it"
        % said
    )


def _reason(error: Exception, timeout: float) -> str:
    if isinstance(error, socket.timeout):
        return (
            "the host's name was not resolved within %.3g s"
            if str(error) == "name lookup"
            else "no answer within %.3g s"
        ) % timeout
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    if isinstance(error, socket.gaierror):
        return "the host's name cannot be resolved"
    if isinstance(error, _loaded("ssl", "SSLCertVerificationError")):
        return _distrust(error)
    if isinstance(error, _loaded("ssl", "SSLError")):
        return _tls_reason(error)
    if isinstance(error, _loaded("http.client", "RemoteDisconnected")):
        return "the server closed the connection without an answer"
    if isinstance(error, _loaded("http.client", "BadStatusLine")):
        return "the answer is not HTTP"
    if isinstance(error, _loaded("http.client", "IncompleteRead")):
        return "the server closed the connection in the middle of its answer"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return "HTTP failed (%s)" % type(error).__name__


def _tls_reason(error) -> str:
    if "CERTIFICATE_REQUIRED" in str(error.reason):
        return "the server asks for a client certificate: set client_cert and client_key"
    if error.reason in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST"):
        return (
            "TLS failed (%s): the server seems to speak plain http there; check the scheme and the port of url"
            % error.reason
        )
    return "TLS failed (%s)" % (error.reason or "no reason given")
