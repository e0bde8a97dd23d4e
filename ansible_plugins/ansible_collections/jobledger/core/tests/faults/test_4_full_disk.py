"""Fault suite, 4: no room on the disk of the ledger, of the mirror, of the spool. Nothing that was acknowledged or
spooled is lost, and room is used again without a restart.

The disk is a real one where a small tmpfs can be mounted. Elsewhere a substitute takes its place for spool and mirror;
the ledger has FullDiskTest, on an injected file system, in any case.
"""

from __future__ import annotations

import contextlib
import shutil

import pytest
from tools import real_ingester, small_disk
from tools.fault_site import SOAK, Site, json_below
from tools.ingester import Ingester
from tools.program import until
from tools.small_disk import SmallDisk

pytestmark = pytest.mark.skipif(real_ingester.missing() is not None, reason=str(real_ingester.missing()))
TASKS = """
- name: P
  hosts: all
  gather_facts: false
  tasks:
    - {name: one, command: "true", async: 30, poll: 0}
    - {name: two, command: "true", async: 30, poll: 1}
"""
PATIENT = {"JOBLEDGER_TIMEOUT": "20", "JOBLEDGER_BUDGET": "60"}  # not about a busy machine
NO_MOUNT = small_disk.missing()


@pytest.mark.parametrize("reserve, left", [("1KiB", "8K"), ("8MiB", "0")], ids=["disk", "reserve"])
@pytest.mark.skipif(
    NO_MOUNT is not None, reason="%s; FullDiskTest has the ledger on an injected file system" % NO_MOUNT
)
def test_ledger_without_room_refuses_looks_up_and_recovers(tmp_path, table, reserve, left):
    site = Site(tmp_path / "site")
    with (
        SmallDisk(tmp_path / "data", "40m") as disk,
        real_ingester.RealIngester(tmp_path, "--min-free", reserve, "--mirror", "none", prefix=disk.prefix) as server,
    ):
        assert site.run(server.url, TASKS, **PATIENT).returncode == 0 and site.left() == []
        before = server.stored()
        for _ in range(2):
            _run_without_room(site, server, disk, left)
        assert server.get("/api/v1/jobs/h1/P/one")["status"] == "running" and set(before) <= set(server.stored())
        disk.empty()
        done = site.replay(server.url)
        assert done.returncode == 0 and site.left() == [], done
        table.row(
            "ledger's disk full, %s left, min-free %s (tmpfs)" % (left, reserve),
            2,
            site.sent(),
            len(site.sent()),
            server.stored(),
        )
        server.kill()
        server.start()
        table.row(
            "the same ledger (min-free %s) after kill -9 and restart" % reserve,
            1,
            site.sent(),
            len(site.sent()),
            server.stored(),
        )


def _run_without_room(site: Site, server, disk: SmallDisk, left: str) -> None:
    """Run the tasks until the ledger refuses them.

    What is left may do for one run, and a checkpoint that goes on while the disk is filled gives the room of the
    journal back: then there is to be less.
    """
    for room in (left, "0", "0", "0"):
        disk.fill(room)
        done = site.run(server.url, TASKS)
        assert done.returncode == 0, (done.stdout, done.stderr)
        if "HTTP 507" in " ".join(done.stderr.split()):
            return
    pytest.fail("no run was refused: %s" % done.stderr)


@contextlib.contextmanager
def _room(place):
    """A disk for the mirror: fill(), empty(), prefix, seen, and what it is."""
    if NO_MOUNT is None:
        with SmallDisk(place, "200k") as disk:
            disk.what = "tmpfs"
            yield disk
        return

    class Substitute:
        prefix, seen, what = (), place, "substitute"

        def fill(self):
            shutil.rmtree(place / ".jobledger", ignore_errors=True)
            (place / ".jobledger").write_text("in the way of the directory that the mirror writes in")

        def empty(self):
            (place / ".jobledger").unlink()

    place.mkdir(parents=True)
    yield Substitute()


def test_mirror_without_room_delays_only_the_mirror(tmp_path, table):
    site = Site(tmp_path / "site")
    with (
        _room(tmp_path / "mirror") as disk,
        real_ingester.RealIngester(tmp_path, "--mirror", str(tmp_path / "mirror"), prefix=disk.prefix) as server,
    ):
        mirror = lambda: server.get("/api/v1/mirrors")["mirrors"][0]  # noqa: E731
        assert site.run(server.url, TASKS, **PATIENT).returncode == 0
        until(lambda: mirror()["pending"] == 0, 120)
        assert json_below(disk.seen) == 2
        disk.fill()
        done = site.run(server.url, TASKS.replace("name: P", "name: Q"), **PATIENT)
        assert done.returncode == 0 and "jobledger" not in done.stderr and site.left() == []
        until(lambda: mirror()["last_error"], 120)
        assert mirror()["pending"] + mirror()["blocked"] == 2 and json_below(disk.seen) == 2
        disk.empty()
        until(lambda: mirror()["pending"] + mirror()["blocked"] == 0, 120)
        assert json_below(disk.seen) == 4
        table.row("mirror's disk full (%s)" % disk.what, 1, site.sent(), len(site.sent()), server.stored())


@pytest.mark.parametrize("kind", ["substitute"] if NO_MOUNT else ["tmpfs", "substitute"] if SOAK else ["tmpfs"])
def test_spool_without_room_sends_from_memory_and_uses_the_room_that_comes_back(tmp_path, table, kind):
    site = Site(tmp_path / "site")
    place, flag = tmp_path / "spool", tmp_path / "full"
    plugins, more = ((), {}) if kind == "tmpfs" else (("fulldisk",), {"FULL_DISK": str(flag)})
    with contextlib.ExitStack() as stack, Ingester() as server:
        if kind == "tmpfs":
            disk = stack.enter_context(SmallDisk(place, "64k"))
            site.prefix = disk.prefix
            fill, empty = disk.fill, disk.empty
        else:
            fill, empty = flag.touch, flag.unlink
        run = lambda: site.run(server.url, TASKS, plugins=plugins, JOBLEDGER_SPOOL_DIR=str(place), **more, **PATIENT)  # noqa: E731
        assert run().returncode == 0
        sound = len(server.events)
        fill()
        done = run()
        text = " ".join(done.stderr.split())
        assert (
            done.returncode == 0
            and "The spool could not be used for everything (no space left on device)" in text
            and "lost" not in text
        ), text
        assert len(server.events) == 2 * sound and server.wrong == []
        empty()
        done = run()
        assert done.returncode == 0 and "jobledger" not in done.stderr, done.stderr
        stored = [(event["run_id"], event["seq"]) for event in server.events]
        assert len(stored) == 3 * sound
        table.row("spool's disk full (%s)" % kind, 1, stored, server.acknowledged, stored)
