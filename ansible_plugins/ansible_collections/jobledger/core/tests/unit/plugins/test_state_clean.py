"""Which records go, and that nothing else does."""

from __future__ import annotations

import json
from datetime import datetime, timezone

import pytest
from ansible_collections.jobledger.core.plugins.plugin_utils.state import clean
from ansible_collections.jobledger.core.plugins.plugin_utils.state.files import StateFiles
from ansible_collections.jobledger.core.plugins.plugin_utils.state.record import StateError

NOW = datetime(2026, 11, 30, tzinfo=timezone.utc)
OLD = "2026-10-01T00:00:00.000000Z"
YOUNG = "2026-11-29T00:00:00.000000Z"
DAY = 86400


@pytest.fixture
def tree(tmp_path):
    """Puts a record into a tree of state files and returns its path."""

    def put(job, status="succeeded", finished_at=OLD, host="db1", play="Upgrade", **more):
        path = tmp_path / host / play / (job + ".json")
        path.parent.mkdir(parents=True, exist_ok=True)
        record = dict(
            {
                "job_name": job,
                "host": host,
                "play": play,
                "ansible_job_id": "j1.1",
                "status": status,
                "finished_at": finished_at,
            },
            **more,
        )
        path.write_text(
            json.dumps({key: value for key, value in record.items() if value is not None}), encoding="utf-8"
        )
        return path

    return put


def _sweep(tmp_path, only_look=False, host="*", play="*", job="*", days=30, statuses=()):
    wanted = clean.Wanted(host, play, job, days * DAY, statuses, NOW)
    return clean.sweep(StateFiles(str(tmp_path)), wanted, only_look)


def _names(found):
    return sorted(record["job_name"] for record in found.records)


def test_old_ends_go_and_all_else_stays(tree, tmp_path):
    tree("old")
    stays = [
        tree("young", finished_at=YOUNG),
        tree("open", "running", None, save_time=OLD),
        tree("no status", None, OLD),
        tree("no time", finished_at=None),
    ]
    shown = _sweep(tmp_path, only_look=True)
    assert _names(shown) == ["old"] and (tmp_path / "db1/Upgrade/old.json").exists()
    assert _names(_sweep(tmp_path)) == ["old"] and not (tmp_path / "db1/Upgrade/old.json").exists()
    assert all(path.exists() for path in stays) and _names(_sweep(tmp_path)) == []


def test_record_that_holds_an_open_job_beside_an_ended_one_stays(tree, tmp_path):
    tree("both", others=[{"ansible_job_id": "j2.2", "status": "running", "save_time": OLD}])
    tree("all over", others=[{"ansible_job_id": "j2.2", "status": "failed", "finished_at": OLD}])
    assert _names(_sweep(tmp_path)) == ["all over"]


@pytest.mark.parametrize(
    ("which", "goes"),
    [
        ({"job": "back*"}, ["back up"]),
        ({"host": "db2"}, ["other host"]),
        ({"play": "Up*", "host": "db1"}, ["back up", "failed"]),
        ({"statuses": ["failed", "lost"]}, ["failed"]),
        ({"job": "BACK*"}, []),
        ({"host": "db[12]", "job": "[!b]*"}, ["failed", "other host"]),
    ],
)
def test_names_and_statuses_narrow_it(tree, tmp_path, which, goes):
    tree("back up")
    tree("failed", "failed")
    tree("other host", host="db2")
    assert _names(_sweep(tmp_path, **which)) == goes


def test_damaged_records_and_foreign_files_stay_and_are_named(tree, tmp_path):
    damaged = tree("damaged")
    damaged.write_bytes(b'{"ansible_job_id": "j1')
    empty = tree("empty")
    empty.write_bytes(b"{}")
    (tmp_path / "db1" / "Upgrade" / "notes.txt").write_text("x")
    (tmp_path / "db1" / "Upgrade" / ".tmp-1.json").write_text("x")
    (tmp_path / "README.json").write_text("{}")
    found = _sweep(tmp_path, days=0)
    assert (
        found.damaged == ["db1/Upgrade/damaged.json", "db1/Upgrade/empty.json"]
        and found.records == []
        and damaged.exists()
    )


def test_record_that_is_saved_anew_meanwhile_stays(tree, tmp_path):
    path = tree("job")
    files = StateFiles(str(tmp_path))
    data = files.raw("db1/Upgrade/job.json")
    tree("job", "running", None, save_time=YOUNG)
    assert not files.remove("db1/Upgrade/job.json", data) and path.exists()

    class Racing(StateFiles):
        def raw(self, name):
            found = super().raw(name)
            tree("job", "running", None, save_time=YOUNG)
            return found

    tree("job")
    found = clean.sweep(Racing(str(tmp_path)), clean.Wanted("*", "*", "*", 0, [], NOW), False)
    assert found.changed == ["db1/Upgrade/job.json"] and found.records == [] and path.exists()


def test_old_tree_that_names_nothing_inside_is_named_by_its_path(tmp_path):
    path = tmp_path / "db1" / "Up%2Fgrade" / "job.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"ansible_job_id": "j1.1", "status": "lost", "save_time": OLD}), encoding="utf-8")
    assert [(record["play"], record["status"]) for record in _sweep(tmp_path, play="Up/grade").records] == [
        ("Up/grade", "lost")
    ]


def test_tree_that_is_not_there_holds_nothing(tmp_path):
    assert _sweep(tmp_path / "none").records == [] and _sweep(tmp_path / "none", host="db1").records == []


@pytest.mark.parametrize(
    "given", [{"host": ""}, {"play": " "}, {"job": ""}, {"statuses": ["running"]}, {"statuses": ["done"]}]
)
def test_what_makes_no_sense_is_refused(tmp_path, given):
    with pytest.raises(StateError):
        _sweep(tmp_path, **given)
