"""Freeing a fence by hand, and removing what ended jobs left: never below a held lock, never the record of an end."""

from __future__ import annotations

import os

import pytest
from ansible_collections.jobledger.core.plugins.module_utils import fence_layout as layout
from ansible_collections.jobledger.core.plugins.module_utils import job_files, tidying

NOW = 1_800_000_000
DAY = 86400


class Site:
    """A fence directory with jobs, an async directory with links to them, and Ansible's temporary directories."""

    def __init__(self, root) -> None:
        self.root = root
        self.dir = str(root / "fence")
        self.links = root / "async"
        self.links.mkdir()

    def job(self, name: str, ended_days_ago: float | None = None):
        """Make one; it has ended where that is said. Returns its attempt."""
        fence = layout.Fence(os.path.join(self.dir, "keys", layout.key_hash("m", "db1", "Upgrade", name)))
        attempt = fence.attempt(1)
        for folder in ("running", "ended"):
            for inner in ("attached", "already"):
                os.makedirs(attempt.file(folder, inner))
        job_id, link, temporary = (
            "j%d.1" % (len(os.listdir(self.links)) + 1),
            None,
            self.root / ("ansible-tmp-1.2-3-" + name),
        )
        temporary.mkdir()
        (temporary / "AnsiballZ_command.py").write_text("")
        link = self.links / job_id
        link.symlink_to(attempt.file("now", job_id))
        os.utime(link, (NOW - 90 * DAY, NOW - 90 * DAY), follow_symlinks=False)
        layout.write_json(os.path.join(fence.path, "key.json"), {"host": "db1", "play": "Upgrade", "job": name})
        layout.write_json(attempt.file("start.json"), {"job_id": job_id, "link": str(link), "tmpdir": str(temporary)})
        layout.write_json(attempt.file("exec"), {})
        os.close(layout.open_lock(attempt.file("lock")))
        os.symlink("running", attempt.file("now"))
        if ended_days_ago is not None:
            for place in (("ended",), ("ended", "attached"), ("ended", "already")):
                layout.write_json(attempt.file(*place, job_id), {"rc": 0})
            layout.write_file(attempt.file("stdout"), b"done")
            layout.write_json(
                attempt.file("ended", "end.json"),
                {"status": "succeeded", "ended_at": job_files.moment(NOW - ended_days_ago * DAY)},
            )
            os.unlink(attempt.file("now"))
            os.symlink("ended", attempt.file("now"))
        return attempt

    def tidy(self, days: float = 30, **more):
        return tidying.tidy(self.dir, [str(self.links)], days * DAY, NOW, **more)


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path)


def _hold(attempt):
    lock = layout.open_lock(attempt.file("lock"))
    assert layout.try_lock(lock)
    return lock


def test_what_an_old_job_left_goes_and_its_end_stays_known(site):
    old, young, running = site.job("old", 40), site.job("young", 1), site.job("running")
    removed, troubles = site.tidy()
    assert troubles == [] and len(removed) == 6
    assert (
        not os.path.lexists(old.file("ended", "j1.1"))
        and not os.path.exists(old.file("stdout"))
        and not (site.root / "ansible-tmp-1.2-3-old").exists()
    )
    assert (old.state(), old.end["status"], old.result()) == ("ended", "succeeded", None)
    assert young.result() is not None and running.state() == "lost"
    assert sorted(path.name for path in site.links.iterdir()) == ["j2.1", "j3.1"]
    assert (site.root / "ansible-tmp-1.2-3-young").exists() and (site.root / "ansible-tmp-1.2-3-running").exists()


def test_nothing_goes_below_a_lock_that_is_held(site):
    old = site.job("old", 40)
    lock = _hold(old)
    assert site.tidy() == ([], []) and old.result() is not None
    os.close(lock)
    assert len(site.tidy()[0]) == 6


def test_look_removes_nothing(site):
    old = site.job("old", 40)
    assert len(site.tidy(only_look=True)[0]) >= 6 and old.result() is not None and len(list(site.links.iterdir())) == 1


def test_only_links_into_a_fence_are_removed(site, tmp_path):
    (tmp_path / "target").write_text("x")
    (site.links / "j8.8").symlink_to(tmp_path / "target")
    (site.links / "j9.9").write_text("{}")
    for name in ("j8.8", "j9.9"):
        os.utime(site.links / name, (1, 1), follow_symlinks=False)
    assert site.tidy() == ([], []) and len(list(site.links.iterdir())) == 2


def test_temporary_directory_that_is_none_stays(site, tmp_path):
    old = site.job("old", 40)
    precious = tmp_path / "precious"
    precious.mkdir()
    (tmp_path / "ansible-tmp-link").symlink_to(precious)
    for place in (precious, tmp_path / "ansible-tmp-link"):
        layout.write_json(old.file("start.json"), dict(old.start, tmpdir=str(place)))
        site.tidy()
        assert precious.is_dir()


def test_damaged_fence_is_told_and_the_others_are_tidied(site):
    damaged, old = site.job("damaged", 40), site.job("old", 40)
    with open(damaged.file("ended", "end.json"), "w") as file:
        file.write("{")
    removed, troubles = site.tidy()
    assert (
        damaged.path in troubles[0]
        and [text for text in troubles if damaged.path not in text and "j1.1" not in text] == []
    )
    assert old.result() is None and removed


def test_fence_is_freed_by_its_name_or_its_job_with_a_reason(site):
    attempt = site.job("Migrate schema", 1)
    found = tidying.free(site.dir, "db1 / Upgrade / Migrate schema", "ann@ci-1", "restored from an image")
    assert (found["title"], attempt.freed["by"], attempt.freed["reason"]) == (
        "db1 / Upgrade / Migrate schema",
        "ann@ci-1",
        "restored from an image",
    )
    assert tidying.free(site.dir, "j1.1", "bob", "again")["ansible_job_id"] == "j1.1"


def test_fence_that_is_held_unknown_or_ambiguous_is_not_freed(site):
    attempt = site.job("a", 1)
    with pytest.raises(tidying.CannotFree, match="no fence of 'db1 / Upgrade / b'"):
        tidying.free(site.dir, "db1 / Upgrade / b", "ann", "x")
    lock = _hold(attempt)
    with pytest.raises(tidying.CannotFree, match="lives: cancel it first"):
        tidying.free(site.dir, "j1.1", "ann", "x")
    os.close(lock)
    assert attempt.freed is None
    site.job("a ", 1)  # shown alike
    with pytest.raises(tidying.CannotFree, match="2 fences are called"):
        tidying.free(site.dir, "db1 / Upgrade / a", "ann", "x")
