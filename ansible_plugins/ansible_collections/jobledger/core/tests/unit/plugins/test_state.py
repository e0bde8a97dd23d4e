"""State records and files, without Ansible."""

from __future__ import annotations

import json
import os
import stat
import threading
from pathlib import Path

import pytest
from ansible_collections.jobledger.core.plugins.plugin_utils.state import choice
from ansible_collections.jobledger.core.plugins.plugin_utils.state import known as state_known
from ansible_collections.jobledger.core.plugins.plugin_utils.state import record as state_record
from ansible_collections.jobledger.core.plugins.plugin_utils.state.files import StateFiles
from ansible_collections.jobledger.core.plugins.plugin_utils.state.record import Key, StateError
from ansible_collections.jobledger.core.plugins.plugin_utils.state.retry import Passing, Retry
from ansible_collections.jobledger.core.plugins.plugin_utils.state.settings import Connection

KEY = Key("db1", "Upgrade databases", "upgrade_db")
AT = "2026-11-20T10:30:45.000000Z"


def _record(key=KEY, job="j1.2", extra=None, **known):
    return state_record.merge(None, state_record.make(key, job, extra or {}, known), AT)


def _save(files, key=KEY, **given):
    files.put(key, _record(key, **given))


def test_file_is_where_old_trees_have_it_and_private(tmp_path):
    files = StateFiles(str(tmp_path / "a" / "state"))
    _save(files, extra={"n": 1})
    path = tmp_path / "a" / "state" / "db1" / "Upgrade databases" / "upgrade_db.json"
    assert files.place(KEY) == str(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in list(path.parents)[:4]} == {0o700}
    assert json.loads(path.read_text(encoding="utf-8"))["metadata"] == {"n": 1}
    assert [entry.name for entry in path.parent.iterdir()] == ["upgrade_db.json"]


def test_file_that_other_roles_wrote_is_read_and_completed(tmp_path):
    path = tmp_path / "db1" / "Upgrade databases" / "upgrade_db.json"
    path.parent.mkdir(parents=True)
    path.write_text(
        '{"job_name":"upgrade_db","host":"db1","ansible_job_id":2472848566.371110,"save_time":"x","metadata":{"f":1.50}}',
        encoding="ascii",
    )
    found = StateFiles(str(tmp_path)).get(KEY)
    assert found["ansible_job_id"] == "2472848566.371110"
    assert found["metadata"] == {"f": 1.5} and isinstance(found["metadata"]["f"], float)
    assert (found["play"], found["status"], found["execution_host"]) == ("Upgrade databases", "running", "db1")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  \n",
        "{",
        '{"ansible_job_id":',
        "[]",
        "null",
        "\xff",
        '{"ansible_job_id":""}',
        '{"ansible_job_id":null}',
        '{"ansible_job_id":["j1"]}',
        '{"ansible_job_id":"../../etc/passwd"}',
        '{"ansible_job_id":"j 1"}',
        '{"ansible_job_id":"j1","metadata":[]}',
        '{"ansible_job_id":"j1","host":"db2"}',
        '{"ansible_job_id":"j1","job_name":"other"}',
        '{"ansible_job_id":"j1","results_file":7}',
        "[" * 100000,
    ],
)
def test_damaged_file_is_named(tmp_path, text):
    path = tmp_path / "db1" / "Upgrade databases" / "upgrade_db.json"
    path.parent.mkdir(parents=True)
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(StateError, match="state file .*/db1/Upgrade databases/upgrade_db.json is damaged: .*Mend it"):
        StateFiles(str(tmp_path)).get(KEY)


def test_file_without_end_and_no_file_at_all_are_refused(tmp_path):
    path = tmp_path / "db1" / "Upgrade databases" / "upgrade_db.json"
    path.parent.mkdir(parents=True)
    with open(path, "wb") as file:
        file.truncate(state_record.MAX_BYTES + 1)
        file.seek(0)
        file.write(b"{")
    with pytest.raises(StateError, match="larger than"):
        StateFiles(str(tmp_path)).get(KEY)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(StateError, match="is not a file"):
        StateFiles(str(tmp_path)).get(KEY)


def test_absent_file_is_no_record_and_a_file_in_the_way_is_an_error(tmp_path):
    assert StateFiles(str(tmp_path / "no" / "such")).get(KEY) is None
    (tmp_path / "db1").touch()
    files = StateFiles(str(tmp_path))
    for attempt in (lambda: files.get(KEY), lambda: _save(files)):
        with pytest.raises(StateError, match="cannot (read|write) the state file .*upgrade_db.json on the controller"):
            attempt()


@pytest.mark.parametrize(
    "vector",
    json.loads((Path(__file__).parents[2] / "fixtures" / "job_paths.json").read_text(encoding="ascii"))[::3],
    ids=lambda vector: repr(vector["path"])[:40],
)
def test_odd_names_are_found_by_their_real_name_and_stay_below_the_root(tmp_path, vector):
    if not vector["job"].strip() or "\0" in vector["host"] + vector["play"] + vector["job"]:
        pytest.skip("refused")
    root = tmp_path / "root"
    key = Key(vector["host"], vector["play"], vector["job"])
    files = StateFiles(str(root))
    _save(files, key)
    assert files.place(key) == "%s/%s" % (root, vector["path"])
    assert files.get(key)["job_name"] == vector["job"]
    assert [entry.name for entry in tmp_path.iterdir()] == ["root"]


@pytest.mark.parametrize("wrong", ["", "  ", "\n", "a\0b", "\ud800", "x" * 4097])
def test_name_that_is_none_is_refused_by_its_variable(wrong):
    for index, variable in enumerate(
        ("async_job_load_host_filter", "async_job_load_playbook_name", "async_job_load_job_name")
    ):
        names = ["h", "p", "j"]
        names[index] = wrong
        with pytest.raises(StateError, match=variable):
            Key(*names, "async_job_load_")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (1.5, "digits may be lost"),
        (None, "no job id"),
        (True, "no job id"),
        ("", "no job id"),
        ({}, "no job id"),
        ("a/b", "no job id"),
        ("..", "no job id"),
        ("j1\n", "no job id"),
        ("j" * 256, "no job id"),
    ],
)
def test_job_id_that_is_none_is_refused(wrong, said):
    with pytest.raises(StateError, match=said):
        state_record.job_id(wrong)


def test_saving_again_keeps_what_is_known_of_the_job_and_says_when_nothing_is_new():
    first = dict(_record(results_file="/x/j1.2"), status="succeeded", run_id="r")
    again = state_record.merge(first, state_record.make(KEY, "j1.2", {"new": True}, {}), "later")
    assert (again["started_at"], again["status"], again["run_id"], again["results_file"]) == (
        AT,
        "succeeded",
        "r",
        "/x/j1.2",
    )
    assert (again["metadata"], again["save_time"]) == ({"new": True}, "later")
    assert state_record.merge(again, state_record.make(KEY, "j1.2", {"new": True}, {}), "even later") is None


def test_another_job_under_the_same_key_replaces_the_record_whole():
    other = state_record.merge(
        dict(_record(extra={"a": 1}), status="failed"), state_record.make(KEY, "j9", {}, {}), "later"
    )
    assert other == {
        "job_name": "upgrade_db",
        "host": "db1",
        "ansible_job_id": "j9",
        "metadata": {},
        "play": "Upgrade databases",
        "execution_host": "db1",
        "status": "running",
        "started_at": "later",
        "save_time": "later",
    }


def _saved(files, playbook, job, at):
    with files.locked(KEY):
        merged = state_record.merge(files.get(KEY), state_record.make(KEY, job, {}, {"playbook": playbook}), at)
        if merged is not None:
            files.put(KEY, merged)


def _chosen(files, own, **given):
    record, other = choice.choose(state_record.split(files.get(KEY)), own, choice.Choice(given))
    return (record or {}).get("ansible_job_id"), other


def test_each_playbook_keeps_its_own_record_in_one_file(tmp_path):
    files = StateFiles(str(tmp_path))
    for at, playbook, job in (
        ("2026-11-20T10:00:00Z", "a.yml", "j1"),
        ("2026-11-20T11:00:00Z", "b.yml", "j2"),
        ("2026-11-20T12:00:00Z", "a.yml", "j3"),
    ):
        _saved(files, playbook, job, at)
    assert json.loads(open(files.place(KEY)).read())["ansible_job_id"] == "j3", (
        "who knows no list reads the latest save"
    )
    assert [_chosen(files, own) for own in ("a.yml", "b.yml")] == [("j3", None), ("j2", None)]
    assert _chosen(files, "c.yml", playbook_file="b.yml") == ("j2", None)
    assert (
        _chosen(files, "c.yml", id="j3") == ("j3", None)
        and _chosen(files, "c.yml", nth=2) == ("j2", None)
        and _chosen(files, "c.yml", nth=3) == (None, None)
    )
    for own in ("c.yml", None):
        with pytest.raises(StateError, match="several playbooks have a record of this name.*: a.yml, b.yml"):
            _chosen(files, own)
    _saved(files, "c.yml", "j2", "2026-11-20T13:00:00Z")
    assert _chosen(files, "b.yml") == ("j2", None), (
        "who saves a job again does not take it from the playbook that started it"
    )


def test_a_single_other_playbooks_record_is_given_with_its_name(tmp_path):
    files = StateFiles(str(tmp_path))
    _saved(files, "a.yml", "j1", AT)
    assert _chosen(files, "b.yml") == ("j1", "a.yml") and _chosen(files, None) == ("j1", None)
    _saved(files, None, "j2", "2026-11-20T11:00:00Z")
    assert _chosen(files, "b.yml") == ("j2", None), "a record that names no playbook is no other's"


def test_a_tree_of_old_and_a_mirrors_open_jobs_are_read(tmp_path):
    files = StateFiles(str(tmp_path))
    os.makedirs(os.path.dirname(files.place(KEY)))
    with open(files.place(KEY), "w") as file:
        json.dump(
            {
                "job_name": "upgrade_db",
                "host": "db1",
                "ansible_job_id": "j1",
                "save_time": "2026-11-20T10:00:00Z",
                "metadata": {},
            },
            file,
        )
    assert _chosen(files, "b.yml") == ("j1", None)
    open_jobs = [
        _record(job=job, started_at="2026-11-20T1%s:00:00Z" % job[1], playbook="a.yml") for job in ("j2", "j1")
    ]
    files.put(KEY, dict(open_jobs[0], others=open_jobs[1:]))
    with pytest.raises(StateError, match="2 open jobs have this name: id=j2.*id=j1"):
        _chosen(files, "a.yml")
    assert _chosen(files, "a.yml", which="oldest") == ("j1", None) and _chosen(files, "a.yml", which="newest") == (
        "j2",
        None,
    )
    with open(files.place(KEY), "w") as file:
        json.dump(dict(open_jobs[0], others=[7]), file)
    with pytest.raises(StateError, match="others is not a list of records"):
        files.get(KEY)


def test_of_several_open_jobs_those_past_their_deadline_do_not_count(tmp_path):
    files = StateFiles(str(tmp_path))
    old = [
        _record(job="j%d" % day, started_at="2020-11-2%dT10:00:00Z" % day, playbook="a.yml")
        | {"deadline": "2020-11-2%dT11:00:00Z" % day}
        for day in (2, 1)
    ]
    files.put(KEY, dict(old[0], others=old[1:]))
    assert _chosen(files, "a.yml") == ("j2", None)
    new = [
        _record(job=job, started_at="2020-11-23T1%s:00:00Z" % job[1], playbook="a.yml") | {"deadline": deadline}
        for job, deadline in (("j4", "2999-01-01T00:00:00Z"), ("j3", None))
    ]
    files.put(KEY, dict(old[0], others=[old[1], new[0]]))
    assert _chosen(files, "a.yml") == ("j4", None)
    files.put(KEY, dict(old[0], others=[old[1], *new]))
    with pytest.raises(StateError, match="2 open jobs have this name: id=j4.*id=j3"):
        _chosen(files, "a.yml")


@pytest.mark.parametrize(
    "given, said",
    [
        ({"which": "first"}, "must be newest or oldest"),
        ({"nth": -1}, "must be 1 or more"),
        ({"which": "newest", "nth": 1}, "cannot both be set"),
    ],
)
def test_a_choice_that_makes_no_sense_is_refused(given, said):
    with pytest.raises(StateError, match=said):
        choice.Choice(given)


@pytest.mark.parametrize("text", ["[1]", "nonsense", "7", '"x"'])
def test_metadata_that_is_no_dictionary_is_refused(text):
    with pytest.raises(StateError, match="must be a dictionary"):
        state_record.metadata(text)


def test_metadata_beyond_what_json_can_say_is_refused():
    deep = {}
    for dummy in range(state_record.MAX_DEPTH):
        deep = {"d": deep}
    with pytest.raises(StateError, match="deeper"):
        state_record.metadata(deep)
    for value, said in ((float("nan"), "NaN"), ("\ud800", "Unicode"), ("x" * state_record.MAX_BYTES, "larger")):
        with pytest.raises(StateError, match=said):
            state_record.dump(_record(extra={"v": value}))
    assert state_record.metadata("") == {} and state_record.metadata('"{\\"a\\": 1}"') == {"a": 1}


def test_readers_see_the_old_record_or_the_new_one_while_many_write(tmp_path):
    files = StateFiles(str(tmp_path))
    _save(files, extra={"pad": ""})
    stop, seen, errors = threading.Event(), set(), []

    def read():
        while not stop.is_set():
            try:
                seen.add(len(files.get(KEY)["metadata"]["pad"]))
            except Exception as error:  # a torn file
                errors.append(error)

    def write(size):
        for dummy in range(30):
            _save(files, extra={"pad": "x" * size})

    reader = threading.Thread(target=read)
    writers = [threading.Thread(target=write, args=(size,)) for size in (10, 100_000)]
    reader.start()
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    stop.set()
    reader.join()
    assert errors == [] and seen <= {0, 10, 100_000}
    assert len(os.listdir(tmp_path / "db1" / "Upgrade databases")) == 1


def test_failed_write_leaves_the_old_record_and_no_temporary_file(tmp_path, monkeypatch):
    files = StateFiles(str(tmp_path))
    _save(files, job="j1")

    def full(*_args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StateError, match="No space left on device"):
        _save(files, job="j2")
    assert files.get(KEY)["ansible_job_id"] == "j1"
    assert os.listdir(tmp_path / "db1" / "Upgrade databases") == ["upgrade_db.json"]


def test_write_is_synced_before_it_is_named_and_its_directory_after(tmp_path, monkeypatch):
    said = []
    real_fsync, real_replace = os.fsync, os.replace
    monkeypatch.setattr(
        os,
        "fsync",
        lambda fd: (said.append("directory" if stat.S_ISDIR(os.fstat(fd).st_mode) else "file"), real_fsync(fd)),
    )
    monkeypatch.setattr(os, "replace", lambda *names: (said.append("rename"), real_replace(*names)))
    _save(StateFiles(str(tmp_path / "new")))
    # Three new directories, each synced into its parent.
    assert said == ["directory"] * 3 + ["file", "rename", "directory"]


def test_launch_is_found_among_registered_results_and_loops():
    plain = {"ansible_job_id": "j1", "results_file": "/a/j1", "started": 1}
    loop = {"results": [{"ansible_job_id": "j2", "results_file": "/a/j2"}, {"skipped": True}, "x"]}
    variables = {
        "hostvars": {"ansible_job_id": "j1", "results_file": "/wrong"},
        "name": "j1",
        "job": plain,
        "jobs": loop,
    }
    assert state_known.launch(variables, "j1") == {"results_file": "/a/j1"}
    assert state_known.launch(variables, "j2") == {"results_file": "/a/j2"}
    assert state_known.launch(variables, "j3") == {}


@pytest.mark.parametrize(
    ("failures", "tries", "slept", "raises"), [(0, 3, 0, False), (2, 3, 2, False), (3, 3, 2, True), (1, 1, 0, True)]
)
def test_retry_tries_as_often_as_told(failures, tries, slept, raises):
    pauses, left = [], [failures]

    def attempt():
        if left[0]:
            left[0] -= 1
            raise Passing("no")
        return "yes"

    retry = Retry(tries, 2, pauses.append)
    if raises:
        pytest.raises(Passing, retry.call, attempt)
    else:
        assert retry.call(attempt) == "yes"
    assert pauses == [2] * slept


@pytest.mark.parametrize(
    ("url", "environment", "cfg", "expected"),
    [
        ("", {}, None, ""),
        ("", {}, "[defaults]\n", ""),
        ("", {}, "[jobledger]\nurl = http://a ; here\n", "http://a"),
        ("", {"JOBLEDGER_URL": "http://b"}, "[jobledger]\nurl=http://a\n", "http://b"),
        ("http://c", {"JOBLEDGER_URL": "http://b"}, None, "http://c"),
        ("none", {"JOBLEDGER_URL": "http://b"}, None, ""),
        ("", {}, "[jobledger]\nurl=http://a/%20x\n", "http://a/%20x"),
    ],
)
def test_url_comes_from_the_role_then_the_environment_then_the_file(tmp_path, url, environment, cfg, expected):
    file = tmp_path / "ansible.cfg"
    if cfg is not None:
        file.write_text(cfg, encoding="utf-8")
    assert Connection(url, environment, str(file) if cfg is not None else None).url == expected


def test_wrong_url_is_refused_without_its_password():
    with pytest.raises(StateError, match="must not hold a user name or password") as error:
        Connection("http://me:secret@host", {}, None).client(print)
    assert "secret" not in str(error.value)


@pytest.mark.parametrize(
    "held, given, written",
    [
        ({"started_at": "2026-11-20T10:00:00Z"}, "2026-11-20T09:59:59.5Z", False),
        ({"started_at": "2026-11-20T10:00:00Z"}, "2026-11-20T12:30:00+02:00", True),
        ({"save_time": "2026-11-20T10:00:00.000001Z"}, "2026-11-20T10:00:00Z", False),
        ({"save_time": "2026-11-20T10:00:00Z"}, None, True),
        ({}, "1970-01-01T00:00:00Z", True),
    ],
)
def test_job_of_the_past_never_replaces_one_that_started_later(held, given, written):
    previous = dict({"job_name": "j", "host": "h", "ansible_job_id": "j1.1"}, **held)
    record = state_record.make(state_record.Key("h", "p", "j", "x_"), "j2.2", {}, {"started_at": given})
    merged = state_record.merge(previous, record, "2026-11-20T11:00:00.000000Z")
    assert (merged is not None) == written
    if written:
        assert merged["started_at"] == (given or "2026-11-20T11:00:00.000000Z") and merged["ansible_job_id"] == "j2.2"


@pytest.mark.parametrize("value", ["yesterday", "2026-11-20", "2026-11-20T10:00:00", "2026-13-20T10:00:00Z", "now Z"])
def test_start_that_is_no_time_is_refused(value):
    with pytest.raises(state_record.StateError, match="x_started_at must be a time"):
        state_record.time(value, "x_started_at")


def test_start_that_is_not_given_is_none():
    assert state_record.time("", "x_started_at") is None


@pytest.mark.parametrize(
    ("before", "given", "after"),
    [
        ("running", "succeeded", "succeeded"),
        ("running", "lost", "lost"),
        ("lost", "running", "running"),
        ("lost", "failed", "failed"),
        ("timed_out", "lost", "timed_out"),
        ("succeeded", "failed", "succeeded"),
        ("failed", "running", "failed"),
        ("cancelled", "failed", "cancelled"),
        ("closed", "running", "running"),
        ("lost", "timed_out", "timed_out"),
    ],
)
def test_status_is_saved_and_a_result_is_never_replaced_by_less(before, given, after):
    previous = dict(
        _record(), status=before, finished_at=None if before == "running" else "2026-11-20T11:00:00.000000Z"
    )
    merged = (
        state_record.merge(
            previous, state_record.make(KEY, "j1.2", {}, {"status": given, "rc": 7}), "2026-11-20T12:00:00.000000Z"
        )
        or previous
    )
    assert merged["status"] == after
    assert (merged.get("rc") == 7) == (after == given) and bool(merged.get("finished_at")) == (after != "running")


def test_end_is_stamped_when_it_is_first_saved_and_not_again():
    ended = state_record.merge(
        _record(), state_record.make(KEY, "j1.2", {}, {"status": "succeeded"}), "2026-11-20T12:00:00.000000Z"
    )
    assert ended["finished_at"] == "2026-11-20T12:00:00.000000Z"
    again = state_record.merge(
        ended, state_record.make(KEY, "j1.2", {"note": 1}, {"status": "succeeded"}), "2026-11-20T13:00:00.000000Z"
    )
    assert again["finished_at"] == "2026-11-20T12:00:00.000000Z"
    assert state_record.merge(ended, state_record.make(KEY, "j1.2", {}, {}), "2026-11-20T13:00:00.000000Z") is None


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("", {}),
        (None, {}),
        ("lost", {"status": "lost"}),
        ({"finished": 0, "started": 1}, {"status": "running"}),
        ({"finished": 1, "rc": 0, "stdout": "secret"}, {"status": "succeeded", "rc": 0}),
        (
            {"finished": 1, "rc": 2, "failed": True, "msg": "non-zero return code"},
            {"status": "failed", "rc": 2, "message": "non-zero return code"},
        ),
        ({"finished": 1, "failed": True, "msg": "password hunter2"}, {"status": "failed"}),
        (
            {"finished": 1, "failed": True, "msg": "could not find job"},
            {"status": "lost", "message": "could not find job"},
        ),
        (
            {"finished": 1, "failed": True, "msg": "cancelled by ann: why", "jobledger_cancelled": {"by": "ann"}},
            {"status": "cancelled", "message": "cancelled by ann: why"},
        ),
    ],
)
def test_status_is_told_by_a_word_or_by_a_registered_result(given, found):
    assert state_known.status(given) == found


@pytest.mark.parametrize("given", ["done", ["lost"], {"censored": "x", "failed": True}, {"erased": "/x"}])
def test_status_that_is_none_is_refused(given):
    with pytest.raises(StateError, match="async_status"):
        state_known.status(given, "async_job_save_status")
