"""A spool is for one ledger, and there is a place for one wherever a run runs."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from ansible_collections.jobledger.core.plugins.plugin_utils.delivery import spool, spool_place
from ansible_collections.jobledger.core.plugins.plugin_utils.delivery.settings import Address
from test_spool import dead_run, replay
from tools.ingester import Ingester

STAGING = Address("http://staging.example:8740")
RUN = "00000000-0000-4000-8000-00000000000%d"


@pytest.fixture
def place(tmp_path):
    """Makes a place; its $TMPDIR is the test's."""
    (tmp_path / "tmp").mkdir()

    def made(directory=tmp_path / "spool", address=STAGING, chosen=True):
        return spool_place.Place(str(directory), address, chosen, {"TMPDIR": str(tmp_path / "tmp")})

    return made


def test_each_ledger_has_a_directory_of_its_own_and_others_cannot_look_in(tmp_path, place):
    first, second, unnamed = place().create(RUN % 1), place(address=Address("http://other:1/x")), place(address=None)
    assert first.path == str(tmp_path / "spool" / "http:%2F%2Fstaging.example:8740" / (RUN % 1 + ".spool"))
    assert Path(second.create(RUN % 2).path).parent.name == "http:%2F%2Fother:1%2Fx"
    assert Path(unnamed.create(RUN % 3).path).parent == tmp_path / "spool"
    assert {os.stat(path).st_mode & 0o777 for path, _dirs, _files in os.walk(tmp_path / "spool")} == {0o700}
    assert os.path.dirname(first.path) in place().to_read() and os.path.dirname(first.path) not in second.to_read()
    assert place().others() == [(str(tmp_path / "spool" / "http:%2F%2Fother:1%2Fx"), 1)]


def test_what_is_for_one_ledger_reaches_no_other_until_that_is_said_to_be_the_same(tmp_path, place):
    dead_run(tmp_path / "http:%2F%2Fstaging.example:8740")
    with Ingester() as production:
        done = replay(tmp_path, production.url)
        assert done.returncode == 0 and production.events == [] and "1 spools for another ledger" in done.stdout
        done = replay(tmp_path, production.url, "--was", "http://staging.example:8740/")
        assert done.returncode == 0 and len(production.events) == 4 and "another" not in done.stdout


def test_place_without_a_name_is_for_whoever_comes(tmp_path, place):
    dead_run(tmp_path)
    with Ingester() as server:
        assert replay(tmp_path, server.url).returncode == 0 and len(server.events) == 4


def test_where_the_directory_cannot_be_used_there_is_one_of_this_user_below_tmpdir(tmp_path, place):
    (tmp_path / "spool").write_text("a file")
    made = place()
    file = made.create(RUN % 1)
    below = tmp_path / "tmp" / ("jobledger-%d" % os.geteuid())
    assert Path(file.path).parents[1] == below and made.trouble == "file exists"
    assert os.stat(below).st_mode & 0o777 == 0o700 and os.path.dirname(file.path) in place().to_read()


@pytest.mark.parametrize("how", ["a link", "open to others", "another user's"])
def test_directory_below_tmpdir_that_others_could_have_made_is_not_used(tmp_path, place, how):
    (tmp_path / "spool").write_text("a file")
    below = tmp_path / "tmp" / ("jobledger-%d" % os.geteuid())
    if how == "a link":
        (tmp_path / "theirs").mkdir(mode=0o700)
        below.symlink_to(tmp_path / "theirs")
    else:
        below.mkdir(mode=0o700)
        if how == "open to others":
            below.chmod(0o711)
        elif os.geteuid():
            pytest.skip("only root can give a directory away")
        else:
            os.chown(below, 12345, 12345)
    with pytest.raises(OSError, match="file exists"):
        place().create(RUN % 1)
    assert place().to_read() == [str(tmp_path / "spool" / "http:%2F%2Fstaging.example:8740"), str(tmp_path / "spool")]


def test_full_disk_is_no_reason_to_go_elsewhere(place, monkeypatch):
    def full(*_arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(spool, "create", full)
    with pytest.raises(OSError, match="No space"):
        place().create(RUN % 1)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be in another user's home")
def test_root_makes_nothing_in_a_home_that_is_another_user_s_unless_it_is_told_to(tmp_path, place):
    home = tmp_path / "home"
    home.mkdir()
    os.chown(home, 12345, 12345)
    made = place(home / ".local" / "state" / "jobledger" / "spool", chosen=False)
    assert str(tmp_path / "tmp") in made.create(RUN % 1).path and list(home.iterdir()) == []
    assert made.trouble == "the home belongs to another user"
    assert str(home) in place(home / "spool").create(RUN % 2).path
