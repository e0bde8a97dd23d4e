"""Tries of the race suite on a host of its own: process and mount namespaces that are ended as a power cut ends a host,
and made again with another boot id and another wrong clock. Linux and root only.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import socket
import time

import start_once
from ansible_collections.jobledger.core.plugins.module_utils import fence_layout

_NEW_MOUNTS, _NEW_PROCESSES = 0x00020000, 0x20000000
_PRIVATE = 0x4000 | 0x40000  # MS_REC, MS_PRIVATE
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG
_LIBC = ctypes.CDLL(None, use_errno=True)


class RebootTry(start_once.Try):
    """A try whose start steps, guardians, keepers and payloads are all processes of one host, which goes down."""

    def __init__(self, seed, folder) -> None:
        super().__init__(seed, folder)
        self.boots = 0
        self.looked = 0.0
        self.host = self.keeper_of_host = None
        self._boot()

    def clear(self) -> None:
        self._power_off()
        super().clear()

    def _disturb(self, controllers: dict) -> set:
        dice = self.dice
        killed = super()._disturb(controllers)
        if dice.random() < 0.3:
            time.sleep(dice.random() * 0.2)
            self.did.append("host stood still")
            self.allowed["busy"] = True
            self._freeze(dice.random() * 0.5)
        for _time in range(dice.choice((0, 1, 1, 2))):
            time.sleep(dice.random() * 0.5)
            self.did.append("host rebooted")
            self.allowed.update(lost=True, killed=True)
            self._power_off()
            time.sleep(dice.random() * 0.2)
            self._boot()
        return killed

    def _step(self, name, generation, trouble, on_failed, link) -> bytes:
        order = json.dumps([name, generation, trouble, on_failed, link]).encode()
        until = time.monotonic() + 30
        while True:
            try:
                with socket.socket(socket.AF_UNIX) as wire:
                    wire.connect(str(self.folder / "host"))
                    wire.sendall(order)
                    wire.shutdown(socket.SHUT_WR)
                    return _all(wire)
            except OSError:  # it is down: a person would try again
                if time.monotonic() > until:
                    raise
                time.sleep(0.02)

    def _wake(self, after: float) -> None:
        if time.monotonic() - self.looked > 0.1:
            super()._wake(after)
            self.looked = time.monotonic()

    def _signal_there(self, pid, which) -> None:
        for outer, inner in self._processes().items():
            if inner == pid:
                start_once._signal(outer, which)

    def _processes(self) -> dict:
        """Return {process id on this machine: process id on the host}, without the host's first."""
        try:
            space = os.readlink("/proc/%d/ns/pid" % self.host)
        except (OSError, TypeError):
            return {}
        found = {}
        for name in os.listdir("/proc"):
            try:
                if name.isdigit() and int(name) != self.host and os.readlink("/proc/%s/ns/pid" % name) == space:
                    with open("/proc/%s/status" % name, encoding="utf-8") as file:
                        (ids,) = (line.split()[-1] for line in file if line.startswith("NSpid:"))
                    found[int(name)] = int(ids)
            except (OSError, ValueError):
                continue
        return found

    def _freeze(self, seconds: float) -> None:
        frozen = list(self._processes())
        for pid in frozen:
            start_once._signal(pid, signal.SIGSTOP)
        time.sleep(seconds)
        for pid in frozen:
            start_once._signal(pid, signal.SIGCONT)

    def _power_off(self) -> None:
        if self.host is not None:
            start_once._signal(self.host, signal.SIGKILL)  # and with it, by the kernel, all that runs there
            os.waitpid(self.keeper_of_host, 0)
            self.host = None

    def _boot(self) -> None:
        self.boots += 1
        reading, writing = os.pipe()
        self.keeper_of_host = os.fork()
        if not self.keeper_of_host:
            try:
                os.close(reading)
                _LIBC.prctl(_DIE_WITH_PARENT, signal.SIGKILL)
                _call(_LIBC.unshare(_NEW_PROCESSES | _NEW_MOUNTS))
                host = os.fork()
                if not host:
                    _LIBC.prctl(_DIE_WITH_PARENT, signal.SIGKILL)
                    self._be_the_host(writing)
                os.write(writing, b"%d\n" % host)
                os.close(writing)
                os.waitpid(host, 0)
            finally:
                os._exit(0)
        os.close(writing)
        said = b""
        while said.count(b"\n") < 2:  # its process id, and that it listens
            part = os.read(reading, 64)
            assert part, "the host does not boot"
            said += part
        os.close(reading)
        self.host = next(int(line) for line in said.split() if line.isdigit())

    def _be_the_host(self, telling: int) -> None:
        """The host's first process: it starts what it is asked to start, and reaps. It never returns."""
        try:
            _call(_LIBC.mount(None, b"/", None, _PRIVATE, None))
            _call(_LIBC.mount(b"proc", b"/proc", b"proc", 0, None))
            fence_layout.boot_id = lambda: "boot %d" % self.boots
            path = self.folder / "host"
            path.unlink(missing_ok=True)
            server = socket.socket(socket.AF_UNIX)
            server.bind(str(path))
            server.listen(64)
            server.settimeout(0.01)
            os.write(telling, b"up\n")
            os.close(telling)
            _serve(server, self)
        finally:
            os._exit(1)


def _serve(server, host: RebootTry) -> None:
    steps = {}
    while True:
        try:
            wire = server.accept()[0]
            step = os.fork()
            if not step:
                try:
                    server.close()
                    name, generation, trouble, on_failed, link = json.loads(_all(wire))
                    wire.sendall(host._say(name, generation, trouble, on_failed, link))
                finally:
                    os._exit(0)
            steps[step] = wire
        except socket.timeout:
            pass
        try:
            while True:
                ended = os.waitpid(-1, os.WNOHANG)[0]
                if not ended:
                    break
                if ended in steps:
                    _hang_up(steps.pop(ended))
        except ChildProcessError:
            pass


def _hang_up(wire) -> None:
    # A guardian inherits the socket from a step that was killed, so closing it here is not enough.
    try:
        wire.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    wire.close()


def _all(wire) -> bytes:
    found = b""
    while True:
        try:
            part = wire.recv(1 << 16)
        except ConnectionResetError:
            return b""
        if not part:
            return found
        found += part


def _call(code: int) -> None:
    if code:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
