"""Podman and Buildah with a store of their own, for images that are built and run without a registry.

Both work where neither systemd nor a user's session is: the control groups that they see are an empty mount, in a
mount namespace that ends with the engine.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

_NAMESPACE = """\
set -e
mount --make-rprivate /
umount -l /sys/fs/cgroup 2>/dev/null || true
mount -t cgroup2 none /sys/fs/cgroup
echo ready
exec cat
"""
SUITE = "bookworm"


class Engine:
    """Use as a context manager. `place` holds all that it stores."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self._names: list[str] = []

    def __enter__(self) -> "Engine":
        self.place.mkdir(parents=True, exist_ok=True)
        self._holder = subprocess.Popen(
            ["unshare", "--mount", "sh", "-c", _NAMESPACE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        said = self._holder.stdout.readline()
        if said != "ready\n":
            self.__exit__()
            raise OSError("no containers can be run here: %s" % said.strip())
        self._driver = "overlay"
        if subprocess.run(
            self.command("podman", "info"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ).returncode:
            self._driver = "vfs"
        return self

    def __exit__(self, *_exc) -> None:
        for name in self._names:
            self.run("podman", "rm", "--force", "--time", "5", "--volumes", name)
        if hasattr(self, "_driver"):
            self.run("podman", "system", "reset", "--force")
        self._holder.stdin.close()
        self._holder.wait(60)
        self._holder.stdout.close()

    def command(self, program: str, *words: str) -> list[str]:
        """Return the command that runs podman or buildah on this store."""
        store = [
            "--root",
            str(self.place / "root"),
            "--runroot",
            str(self.place / "run"),
            "--storage-driver",
            self._driver,
        ]
        cgroups = ["--cgroup-manager", "cgroupfs"] if program == "podman" else []
        return ["nsenter", "--mount", "--target", str(self._holder.pid), program, *store, *cgroups, *words]

    def run(self, program: str, *words: str, cwd: Path | None = None) -> subprocess.CompletedProcess:
        """Run podman or buildah to its end."""
        return subprocess.run(
            self.command(program, *words),
            cwd=cwd,
            env=dict(os.environ, BUILDAH_ISOLATION="chroot"),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )

    def ok(self, program: str, *words: str) -> str:
        """Run what must succeed; return its standard output."""
        done = self.run(program, *words)
        assert done.returncode == 0, "%s %s\n%s%s" % (program, " ".join(words), done.stdout, done.stderr)
        return done.stdout

    def start(self, name: str, *words: str) -> None:
        """Start a container that is removed with the engine."""
        self._names.append(name)
        self.ok("podman", "run", "--detach", "--name", name, "--log-driver", "k8s-file", *self.modest(), *words)

    def modest(self) -> list[str]:
        """Options of `podman run` where the kernel's control groups and higher limits are not to be had."""
        return [
            "--network",
            "host",
            "--cgroups",
            "disabled",
            "--ulimit",
            "nofile=4096:4096",
            "--ulimit",
            "nproc=2000:2000",
        ]


def possible() -> str | None:
    """Return why no image can be built and run here, or None where it can."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "images are built and run by root on Linux"
    missing = [program for program in ("podman", "buildah", "unshare", "nsenter") if not shutil.which(program)]
    return "not installed: %s" % ", ".join(missing) if missing else None


def root_file_system(tools: Path) -> Path:
    """Return the archive of a small Debian, made once by debootstrap. Raises OSError."""
    archive = tools / ("rootfs-%s.tar" % SUITE)
    if archive.exists():
        return archive
    if not shutil.which("debootstrap"):
        raise OSError("not installed: debootstrap (apt install debootstrap)")
    place = tools / ("rootfs-%s.new" % SUITE)
    shutil.rmtree(place, ignore_errors=True)
    done = subprocess.run(
        ["debootstrap", "--variant=minbase", SUITE, str(place)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=dict(os.environ, DEBIAN_FRONTEND="noninteractive"),
    )
    if done.returncode:
        raise OSError("debootstrap cannot make a Debian: %s" % done.stdout[-300:])
    part = archive.with_suffix(".part")
    subprocess.run(["tar", "-C", str(place), "--one-file-system", "-cf", str(part), "."], check=True)
    shutil.rmtree(place)
    part.rename(archive)
    return archive


def java_with_modules() -> Path:
    """Return a JDK 17 or newer that has its modules, for jlink. Raises OSError."""
    homes = [os.environ.get("JAVA_HOME"), str(Path(shutil.which("jlink") or "/none/none").resolve().parents[1])]
    for home in [Path(home) for home in homes if home]:
        if (home / "jmods" / "java.base.jmod").exists() and (home / "bin" / "jlink").exists():
            return home
    raise OSError("no JDK with modules (jmods) and jlink")
