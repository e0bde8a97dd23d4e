"""The networks that misbehave do so."""

import socket
import socketserver
import threading
import time

import pytest
from harness.network import BlackHole, Proxy


class _Echo(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            self.wfile.write(line)


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True


@pytest.fixture
def echo():
    with _Server(("127.0.0.1", 0), _Echo) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def test_proxy_forwards_andIsNeverFasterThanItsRoundTrip(echo):
    with Proxy(echo, 0.05) as proxy, socket.create_connection(("127.0.0.1", proxy.port), timeout=60) as client:
        file = client.makefile("rwb")
        for text in (b"one\n", b"two\n"):
            began = time.monotonic()
            file.write(text)
            file.flush()
            assert file.readline() == text
            assert time.monotonic() - began >= 0.05


def test_blackHole_neitherAcceptsNorRefuses():
    with BlackHole() as hole, pytest.raises(socket.timeout):
        socket.create_connection(("127.0.0.1", hole.port), timeout=0.3)
