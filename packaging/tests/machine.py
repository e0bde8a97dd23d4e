"""A throwaway Debian: this machine's own files, or those of a directory, below a layer that is forgotten at the end.

What a program does in it stays in it. It needs root, overlayfs and namespaces; systemd does not run in it, as in an
image that is being built.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

_MOUNT = """\
set -e
mount --make-rprivate /
mount -t tmpfs none "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay none -o "lowerdir=$2,upperdir=$1/upper,workdir=$1/work" "$1/root"
mount -t proc none "$1/root/proc"
mount --rbind /dev "$1/root/dev"
shift 2
for place in "$@"; do
    mkdir -p "$TOP/root$place"
    mount --rbind "$place" "$TOP/root$place"
done
echo ready
exec cat
"""


class Machine:
    """Use as a context manager."""

    def __init__(self, place: Path, lower: str = "/", shown: tuple = ()) -> None:
        """`shown` are directories of this machine that are seen in it as well, as they are."""
        self._top = place
        self._lower = lower
        self._shown = [str(path) for path in shown]
        self.environment = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}

    def __enter__(self) -> "Machine":
        self._top.mkdir(parents=True, exist_ok=True)
        self._holder = subprocess.Popen(
            ["unshare", "--mount", "sh", "-c", _MOUNT, "sh", str(self._top), self._lower, *self._shown],
            env=dict(os.environ, TOP=str(self._top)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        said = self._holder.stdout.readline()
        if said != "ready\n":
            self.__exit__()
            raise OSError("no throwaway machine can be made here: %s" % said.strip())
        return self

    def __exit__(self, *_exc) -> None:
        self._holder.stdin.close()
        self._holder.wait(60)
        self._holder.stdout.close()

    def command(self, *words: str) -> list[str]:
        """Return the command that runs `words` in the machine."""
        inside = ["nsenter", "--mount", "--target", str(self._holder.pid), "chroot", str(self._top / "root")]
        return [*inside, "env", "-i", *("%s=%s" % pair for pair in self.environment.items()), *words]

    def run(self, *words: str, **options) -> subprocess.CompletedProcess:
        """Run a command in the machine to its end."""
        return subprocess.run(
            self.command(*words),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            **options,
        )

    def sh(self, script: str) -> str:
        """Run a script that must succeed, and return what it said."""
        done = self.run("sh", "-ec", script)
        assert done.returncode == 0, "%s\n%s" % (script, done.stdout)
        return done.stdout

    def write(self, path: str, text: str) -> None:
        """Write a file in the machine."""
        done = subprocess.run(
            self.command("sh", "-ec", 'mkdir -p "$(dirname "$1")"; cat > "$1"', "sh", path),
            input=text,
            text=True,
            check=True,
        )
        assert done.returncode == 0


def possible() -> str | None:
    """Return why there can be no throwaway machine, or None where there can."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "it needs root on Linux"
    if not Path("/etc/debian_version").exists():
        return "this is no Debian"
    return None
