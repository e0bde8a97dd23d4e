"""A managed host of its own, for tests that stop it and start it again: an sshd with its own processes, network, name,
machine id, boot id and home, in Linux namespaces of this machine. Its other disks are this machine's.

The home is its own since a login shell reads start files there: this machine's may take locks (pyenv's does), and a
host whose power is cut in such a moment would leave the lock to all logins after it.

Needs root, unshare, nsenter, sshd and ssh; `missing()` says what is not there. Nothing of it can be reached from
outside: ssh enters the host's network first, and connects to its loopback address.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import uuid
from pathlib import Path

from .program import until

SSHD = shutil.which("sshd") or ("/usr/sbin/sshd" if os.path.exists("/usr/sbin/sshd") else None)
_CONFIG = """
Port 22
ListenAddress 127.0.0.1
HostKey ROOT/host_key
AuthorizedKeysFile ROOT/user_key.pub
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
MaxStartups 100
Subsystem sftp internal-sftp
"""
# Process 1 of the host. What it mounts is seen by the host alone.
_BOOT = """
set -e
mount --make-rprivate /
mount --bind {root}/machine-id /etc/machine-id
mount --bind {root}/passwd /etc/passwd
mount --bind {root}/boot_id /proc/sys/kernel/random/boot_id
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /dev/shm
mkdir /run/sshd
hostname far
ip link set lo up
exec {python} -S {root}/init.py {sshd} -D -e -f {root}/sshd_config
"""
# A process 1 that reaps what others leave, as an init does.
_INIT = """
import os, sys
server = os.spawnv(os.P_NOWAIT, sys.argv[1], sys.argv[1:])
while True:
    try:
        os.wait()
    except ChildProcessError:
        sys.exit(0)
"""
# Ansible's ssh: into the host's network, then to its loopback. A host that is down is one that cannot be reached.
_SSH = """#!/bin/sh
down() {{ echo "ssh: connect to host far: No route to host" >&2; exit 255; }}
pid=$(cat {root}/pid 2>/dev/null) || down
command exec 9<"/proc/$pid/ns/net" 2>/dev/null || down
exec nsenter --net=/proc/self/fd/9 -- ssh "$@"
"""
_OPTIONS = "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o ControlMaster=no -o ControlPath=none"


def missing() -> str | None:
    """Return what keeps such a host from being made here; None when nothing does."""
    for program in ("unshare", "nsenter", "ssh", "ssh-keygen", "ip", "hostname"):
        if shutil.which(program) is None:
            return program
    if SSHD is None:
        return "sshd (Debian: openssh-server)"
    if os.geteuid() != 0:
        return "root"
    tried = subprocess.run(
        ["unshare", "--pid", "--mount", "--net", "--uts", "--fork", "true"], stderr=subprocess.PIPE, check=False
    )
    return "leave to make namespaces" if tried.returncode else None


class ManagedHost:
    """One host below `root`. `fence` is its fence directory, which stays when it is down."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.fence = root / "fence"
        self.fence.mkdir(parents=True)
        for name in ("host_key", "user_key"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(root / name)], check=True)
        (root / "init.py").write_text(_INIT)
        (root / "machine-id").write_text(uuid.uuid4().hex + "\n")
        self.home = root / "home"
        self.home.mkdir()
        (root / "passwd").write_text(_passwd(self.home))
        (root / "ssh").write_text(_SSH.format(root=root))
        (root / "ssh").chmod(0o755)
        self._process: subprocess.Popen | None = None

    def start(self) -> ManagedHost:
        """Boot it, and wait until a login there works."""
        assert self._process is None, "it is up"
        root = self.root
        (root / "sshd_config").write_text(_CONFIG.replace("ROOT", str(root)))
        (root / "boot_id").write_text(str(uuid.uuid4()) + "\n")
        (root / "boot.sh").write_text(_BOOT.format(root=root, python=sys.executable, sshd=SSHD))
        with open(root / "sshd.log", "wb") as log:
            self._process = subprocess.Popen(
                ["unshare", "--pid", "--mount", "--net", "--uts", "--fork", "--kill-child", "--mount-proc"]
                + ["/bin/sh", str(root / "boot.sh")],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        until(lambda: self._process.poll() is not None or b"listening" in (root / "sshd.log").read_bytes(), 60)
        assert self._process.poll() is None, (root / "sshd.log").read_text()
        children = Path("/proc/%d/task/%d/children" % (self._process.pid, self._process.pid)).read_text().split()
        (root / "pid.new").write_text(children[0])
        os.rename(root / "pid.new", root / "pid")
        said = self.command("true")
        assert said.returncode == 0, said.stderr + (root / "sshd.log").read_text()
        return self

    def command(self, text: str, seconds: float = 30) -> subprocess.CompletedProcess:
        """Run a command of the login shell there; raises TimeoutExpired after `seconds`."""
        return subprocess.run(
            [str(self.root / "ssh"), *_OPTIONS.split(), "-i", str(self.root / "user_key"), "root@127.0.0.1", text],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            timeout=seconds,
            check=False,
        )

    @property
    def pid(self) -> int:
        """The process id, on this machine, of the host's first process."""
        return int((self.root / "pid").read_text())

    def stop(self) -> None:
        """Cut its power: all of its processes are gone at once. Its disks stay."""
        if self._process is None:
            return
        pid, process, self._process = self.pid, self._process, None
        (self.root / "pid").unlink()
        os.kill(pid, signal.SIGKILL)  # the kernel kills all others of its process namespace
        process.wait()

    def freeze(self) -> None:
        """Stop all of its processes, as a hypervisor does that migrates it."""
        for pid in self.processes():
            _send(pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let them go on."""
        for pid in self.processes():
            _send(pid, signal.SIGCONT)

    def processes(self) -> list:
        """Return the process ids, on this machine, of all that runs there but its first process."""
        space, found = os.readlink("/proc/%d/ns/pid" % self.pid), []
        for name in os.listdir("/proc"):
            try:
                if name.isdigit() and int(name) != self.pid and os.readlink("/proc/%s/ns/pid" % name) == space:
                    found.append(int(name))
            except OSError:  # gone meanwhile
                continue
        return found

    def line(self, name: str = "far", python: str = sys.executable) -> str:
        """Return its line of an inventory."""
        return (
            "%s ansible_host=127.0.0.1 ansible_port=22 ansible_connection=ssh ansible_user=root "
            "ansible_ssh_executable=%s/ssh ansible_ssh_private_key_file=%s/user_key ansible_ssh_common_args='%s' "
            "ansible_ssh_transfer_method=piped jobledger_fence_dir=%s ansible_python_interpreter=%s"
        ) % (name, self.root, self.root, _OPTIONS, self.fence, python)

    def __enter__(self) -> ManagedHost:
        return self.start()

    def __exit__(self, *failure) -> None:
        self.stop()


def _send(pid: int, which: signal.Signals) -> None:
    try:
        os.kill(pid, which)
    except ProcessLookupError:
        pass


def _passwd(home: Path) -> str:
    """Return the users of this machine, root with another home and a shell that reads no start files."""
    with open("/etc/passwd", encoding="utf-8") as file:
        others = [line for line in file if not line.startswith("root:")]
    return "root:x:0:0:root:%s:/bin/sh\n%s" % (home, "".join(others))
