"""One keep-alive HTTP connection to the ingester, with every wait bounded.

Bounded, all together by one deadline per request: the name lookup, connect (over all addresses), TLS handshake, send,
and the whole answer, however slowly it drips. A name that was found is not looked up again.

Proxies of the environment are not used. Redirects are not followed. Not thread-safe. A process forked from the one
that made the client must not use it; `Client.usable` says so.
"""

from __future__ import annotations

import http.client
import io
import os
import socket
import ssl
import time

from . import resolver

USER_AGENT = "jobledger-core"


class TransportError(Exception):
    """No usable HTTP answer came; the text says why and holds no secret. `seconds` is what the attempt took."""

    seconds = 0.0


class Answer:
    """An HTTP answer: `status`, `headers` (http.client's message), `body` in bytes, `seconds` it took."""

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


class Client:
    """Sends requests to one address. Building it does no I/O. The TLS files are read when the first https request is made.

    `client_cert` is a PEM file with this side's certificate, `client_key` one with its key (default: the same file).
    """

    def __init__(self, address, token: str | None = None, ca_file: str | None = None, max_answer: int = 1 << 18,
                 client_cert: str | None = None, client_key: str | None = None) -> None:
        self.address = address
        self._token = token
        self._ca_file = ca_file
        self._client_cert = client_cert
        self._client_key = client_key
        self._max_answer = max_answer
        self._pid = os.getpid()
        self._resolved: list | None = None
        self._context: ssl.SSLContext | None = None
        self._connection: _Connection | None = None

    @property
    def usable(self) -> bool:
        """Whether this is the process that made the client: a forked one shares the socket and must leave it alone."""
        return os.getpid() == self._pid

    def request(self, method: str, path: str, body: bytes | None = None, timeout: float = 1.0) -> Answer:
        """Send one request and return its answer, within `timeout` seconds.

        `path` begins with `/` and is encoded already. A connection that the server closed while it was idle is opened
        again, once. Raises TransportError, always with `seconds` set.
        """
        began = time.monotonic()
        try:
            if not self.usable:
                raise TransportError("the connection belongs to another process")
            reused = self._connection is not None
            try:
                return self._once(method, path, body, began, began + timeout)
            except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError, ConnectionAbortedError):
                if not reused:
                    raise
                return self._once(method, path, body, began, began + timeout)
        except TransportError as error:
            error.seconds = time.monotonic() - began
            raise
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.close()
            failure = TransportError(_reason(error, timeout))
            failure.seconds = time.monotonic() - began
            raise failure from None

    def close(self) -> None:
        """Close the connection. In a forked process this does nothing."""
        if self._connection is not None and self.usable:
            self._connection.shut()
            self._connection = None

    def _once(self, method: str, path: str, body: bytes | None, began: float, deadline: float) -> Answer:
        if self._connection is None:
            self._connection = self._connect(deadline)
        connection = self._connection
        try:
            connection.begin(deadline)
            connection.request(method, self.address.prefix + path, body=body, headers=self._headers(body))
            connection.flush()
            response = connection.getresponse()
            data = response.read(self._max_answer + 1)
            if len(data) > self._max_answer:
                raise TransportError("the answer is larger than %d bytes" % self._max_answer)
            if response.length:  # a bounded read says nothing of what is missing; an unbounded one would not be bounded
                raise http.client.IncompleteRead(data, response.length)
            answer = Answer(response.status, response.headers, data, time.monotonic() - began)
            if response.will_close or not response.isclosed():
                self.close()
            return answer
        except BaseException:
            # Whatever was in flight, the next request must not read this one's answer.
            self.close()
            raise

    def _headers(self, body: bytes | None) -> dict:
        headers = {"Accept": "application/json", "User-Agent": USER_AGENT}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if self._token:
            headers["Authorization"] = "Bearer " + self._token
        return headers

    def _tls(self) -> ssl.SSLContext:
        # Certificate and host name are always verified; there is no setting to leave that out.
        try:
            context = ssl.create_default_context(cafile=self._ca_file)
        except OSError as error:
            raise TransportError("ca_file %s cannot be used (%s)" % (self._ca_file, error.strerror or "it is no PEM file")) from None
        if self._client_cert:
            try:
                # Without a password function an encrypted key would ask at the terminal, and the play would wait.
                context.load_cert_chain(self._client_cert, self._client_key, password=lambda: "")
            except (OSError, ValueError) as error:
                raise TransportError("client_cert %s and client_key %s cannot be used (%s)" % (
                    self._client_cert, self._client_key or self._client_cert, getattr(error, "strerror", None) or "not PEM, not a pair, or encrypted")) from None
        return context

    def _connect(self, deadline: float) -> "_Connection":
        if self._resolved is None:
            self._resolved = resolver.resolve(self.address.host, self.address.port, _left(deadline))
        if self.address.scheme == "https" and self._context is None:
            self._context = self._tls()
        failure: OSError = OSError("the name has no address")
        for family, kind, protocol, place in self._resolved:
            try:
                sock = socket.socket(family, kind, protocol)
            except OSError as error:  # a machine without IPv6, say
                failure = error
                continue
            try:
                sock.settimeout(_left(deadline))
                sock.connect(place)
                # Without it a small request waits for the other side's delayed ACK, about 40 ms.
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                if self._context is not None:
                    sock.settimeout(_left(deadline))
                    sock = self._context.wrap_socket(sock, server_hostname=self.address.host)
                return _Connection(self.address.host, self.address.port, sock)
            except OSError as error:
                sock.close()
                failure = error
        raise failure


class _Connection(http.client.HTTPConnection):
    """An HTTPConnection over a socket that is open already, with a deadline, and one send per request."""

    def __init__(self, host: str, port: int, sock) -> None:
        super().__init__(host, port)
        self._held: list[bytes] = []
        self._real = sock
        self.deadline = 0.0
        self.sock = _DeadlineSocket(sock, self)
        self.auto_open = 0

    def begin(self, deadline: float) -> None:
        self.deadline = deadline
        self._held = []

    def send(self, data) -> None:
        # http.client sends header and body apart; held back, they leave in one segment where they fit.
        self._held.append(bytes(data))

    def flush(self) -> None:
        self._real.settimeout(_left(self.deadline))
        self._real.sendall(b"".join(self._held))

    def shut(self) -> None:
        try:
            # Forked workers hold the socket as well; only a shutdown tells the server that this is the end.
            self._real.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.close()


class _DeadlineSocket:
    """What http.client needs of a socket: a file to read from that keeps the connection's deadline."""

    def __init__(self, sock, connection: _Connection) -> None:
        self._sock = sock
        self._connection = connection

    def makefile(self, *_args, **_kwargs):
        return io.BufferedReader(_DeadlineReader(self._sock, self._connection))

    def close(self) -> None:
        self._sock.close()


class _DeadlineReader(io.RawIOBase):
    def __init__(self, sock, connection: _Connection) -> None:
        super().__init__()
        self._sock = sock
        self._connection = connection

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        self._sock.settimeout(_left(self._connection.deadline))
        return self._sock.recv_into(buffer)


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise socket.timeout("timed out")
    return left


def _reason(error: Exception, timeout: float) -> str:
    if isinstance(error, socket.timeout):
        return ("the host's name was not resolved within %.3g s" if str(error) == "name lookup" else "no answer within %.3g s") % timeout
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    if isinstance(error, socket.gaierror):
        return "the host's name cannot be resolved"
    if isinstance(error, ssl.SSLCertVerificationError):
        return "the server's certificate is not trusted (%s)" % error.verify_message
    if isinstance(error, ssl.SSLError) and "CERTIFICATE_REQUIRED" in str(error.reason):
        return "the server asks for a client certificate: set client_cert and client_key"
    if isinstance(error, ssl.SSLError):
        return "TLS failed (%s)" % (error.reason or "no reason given")
    if isinstance(error, http.client.RemoteDisconnected):
        return "the server closed the connection without an answer"
    if isinstance(error, http.client.BadStatusLine):
        return "the answer is not HTTP"
    if isinstance(error, http.client.IncompleteRead):
        return "the server closed the connection in the middle of its answer"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return "HTTP failed (%s)" % type(error).__name__
