"""A real file system that is small enough to fill: a tmpfs in a mount namespace of its own. Needs no root where user
namespaces are allowed.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

_UNSHARE = ("unshare", "--user", "--map-root-user", "--mount")
_MOUNT = 'mount -t tmpfs -o "size=$1,mode=700" tmpfs "$2" && echo ready && exec cat'


def missing() -> str | None:
    """Return why none can be mounted here; None when one can."""
    if not shutil.which("unshare") or not shutil.which("nsenter"):
        return "unshare and nsenter are not installed"
    done = subprocess.run(
        [*_UNSHARE, "mount", "-t", "tmpfs", "tmpfs", "/mnt"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return (
        None
        if done.returncode == 0
        else "no file system can be mounted in a user namespace here (%s)" % done.stdout.strip()
    )


class SmallDisk:
    """Use as a context manager. Only programs whose command begins with `prefix` see what is on it."""

    def __init__(self, place: Path, size: str) -> None:
        """`size` is as tmpfs takes it: 24m."""
        self.place = place
        self._size = size

    def __enter__(self) -> "SmallDisk":
        self.place.mkdir(parents=True, exist_ok=True)
        self._holder = subprocess.Popen(
            [*_UNSHARE, "sh", "-c", _MOUNT, "sh", self._size, str(self.place)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._holder.stdout.readline() == "ready\n"
        return self

    def __exit__(self, *_exc) -> None:
        self._holder.communicate("")

    @property
    def prefix(self) -> tuple:
        """The beginning of a command that sees the disk. It keeps the working directory."""
        return (
            "sh",
            "-c",
            'here=$(pwd) && exec nsenter --user --mount --preserve-credentials --target "$0" sh -c \'cd "$0" && exec '
            '"$@"\' "$here" "$@"',
            str(self._holder.pid),
        )

    def run(self, *command: str) -> str:
        """Run a command that sees the disk and return its output."""
        return subprocess.run(
            [*self.prefix, *command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=True
        ).stdout

    def fill(self, left: str = "0") -> None:
        """Leave no room at all, or `left` of it, as truncate takes it: 8K."""
        self.run(
            "sh",
            "-c",
            'cat /dev/zero > "$0/filled" 2> /dev/null || test "$(df --output=avail "$0" | tail -1)" -eq 0',
            str(self.place),
        )
        self.run("truncate", "--size=-" + left, str(self.place / "filled"))

    def empty(self) -> None:
        """Give the room back."""
        self.run("rm", str(self.place / "filled"))

    @property
    def seen(self) -> Path:
        """The disk as seen from outside."""
        return Path("/proc/%d/root%s" % (self._holder.pid, self.place))
