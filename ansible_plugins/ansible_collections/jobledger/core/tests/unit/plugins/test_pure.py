"""The pure parts: paths, names, the command line, settings, and what results prove."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ansible_collections.jobledger.core.plugins.plugin_utils.delivery import record, settings
from ansible_collections.jobledger.core.plugins.plugin_utils.recording import argv, evidence, names
from ansible_collections.jobledger.core.plugins.plugin_utils.recording.jobs import Jobs
from ansible_collections.jobledger.core.plugins.plugin_utils.state import paths
from tools import contract, reference_paths

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
VECTORS = json.loads((FIXTURES / "job_paths.json").read_text())


def test_path_vectors_hold_for_both_implementations():
    assert VECTORS == reference_paths.vectors() and len(VECTORS) > 80
    for vector in VECTORS:
        assert paths.record_path(vector["host"], vector["play"], vector["job"]) == vector["path"], vector


def test_no_path_leaves_the_root_and_no_two_names_share_one():
    for vector in VECTORS:
        parts = vector["path"].split("/")
        assert len(parts) == 3 and not any(part.startswith(".") or len(part.encode()) > 205 for part in parts)
    jobs = [vector for vector in VECTORS if vector["host"] == "db1"]
    assert len({vector["path"] for vector in jobs}) == len({vector["job"] for vector in jobs})


@pytest.mark.parametrize("name", ["", "\ud800"])
def test_name_that_cannot_be_a_path_is_refused(name):
    with pytest.raises(ValueError):
        paths.segment(name)


@pytest.mark.parametrize(
    "given, shown",
    [
        ("-e password=hunter2", "-e ***"),
        ("-epassword=hunter2", "-e***"),
        ("--extra-vars=hunter2", "--extra-vars=***"),
        ("--extra hunter2", "--extra ***"),
        ("--ext=hunter2", "--ext=***"),
        ("-bKe hunter2", "-bKe ***"),
        ("-vvvbe hunter2 x", "-vvvbe *** x"),
        ("--private-key hunter2", "--private-key ***"),
        ("--vault-id dev@hunter2", "--vault-id ***"),
        ("-a hunter2", "-a ***"),
        ("--new-option hunter2", "--new-option ***"),
        ("--new-option=hunter2", "--new-option=***"),
        ("-z hunter2", "-z ***"),
        ("-zhunter2", "-z***"),
        ("--new-flag -l h1", "--new-flag -l h1"),
        ("-l h1 -t a,b site.yml", "-l h1 -t a,b site.yml"),
        ("--limit=h1", "--limit=h1"),
        ("--check --diff site.yml", "--check --diff site.yml"),
        ("-i hosts -vvv", "-i hosts -vvv"),
        ("-C -f5", "-C -f5"),
        ("--ssh-common-args hunter2", "--ssh-common-args ***"),
        ("--become-pass hunter2", "--become-pass ***"),
        ("-e", "-e"),
        ("-- -e x", "-- -e x"),
        ("-e -hunter2", "-e ***"),
        ("--lim h1", "--lim h1"),
        ("--li h1", "--li h1"),
    ],
)
def test_command_line_shows_no_secret(given, shown):
    found = " ".join(argv.redacted(["/usr/bin/ansible-playbook", *given.split()]))
    if given == "--li h1":  # a beginning of --limit and of --list-hosts: what follows may be anything
        assert "h1" not in found
    else:
        assert found == "ansible-playbook " + shown


def test_names_are_cut_between_code_points_and_keep_their_label():
    assert names.name("ü" * 5000) == "ü" * 2048
    found = names.with_label("ü" * 5000, "item")
    assert found.endswith(" (item)") and 4090 < len(found.encode()) <= 4096
    assert names.name("a\x00b\udc80") == "a\ufffdb\ufffd" and names.name("") is None and names.name(7) == "7"
    assert (
        names.message("a\n b\tc") == "a b c" and len(names.message("x" * 5000)) == 1000 and names.message("\n") is None
    )


@pytest.mark.parametrize(
    "text, found",
    [
        ("{{ item }}", True),
        ("{{ item.name }}", True),
        ("{{ items }}", False),
        ("{{ x.item }}", False),
        ("{{ my_item }}", False),
        ("plain", False),
    ],
)
def test_name_mentions_its_loop_variable(text, found):
    assert names.mentions(text, "item") is found


@pytest.mark.parametrize(
    "url",
    [
        "",
        "127.0.0.1:8740",
        "ftp://x",
        "http://",
        "http://u:p@h",
        "http://h?x",
        "http://h/#x",
        "http://h:99999",
        "http://h x",
    ],
)
def test_address_that_makes_no_sense_is_refused_without_echo(url):
    with pytest.raises(settings.SettingError) as error:
        settings.Address(url)
    assert "u:p" not in str(error.value)


def test_addresses_are_understood():
    assert [str(settings.Address(url)) for url in ("http://h", "https://h/jl/", "http://[::1]:1")] == [
        "http://h:80",
        "https://h:443/jl",
        "http://[::1]:1",
    ]


@pytest.mark.parametrize(
    "ok, result, kind, status",
    [
        (True, {"finished": 0, "started": 1}, "alive", None),
        (True, {"finished": False, "started": True}, "alive", None),
        (True, {"finished": 1, "rc": 0}, "ended", "succeeded"),
        (True, {"finished": True, "rc": 0}, "ended", "succeeded"),
        (False, {"finished": 1, "rc": 2, "msg": "non-zero return code"}, "ended", "failed"),
        (False, {"finished": 1, "msg": "could not find job"}, "ended", "lost"),
        (True, {"finished": 1, "msg": "could not find job", "failed_when_result": False}, "ended", "lost"),
        (False, {"finished": 1, "msg": "Timeout exceeded", "child_pid": 1}, "ended", "timed_out"),
        (True, {"finished": 1, "msg": "Timeout exceeded", "failed_when_result": False}, "ended", "timed_out"),
        (True, {"finished": 1, "rc": 3, "failed_when_result": False}, "ended", "failed"),
        (
            False,
            {"finished": 1, "msg": "cancelled by ann: why", "jobledger_cancelled": {"by": "ann"}},
            "ended",
            "cancelled",
        ),
        (
            True,
            {"finished": 1, "rc": 0, "jobledger_cancelled": {"by": "ann"}, "failed_when_result": False},
            "ended",
            "cancelled",
        ),
        (False, {"finished": 1, "rc": 1, "jobledger_cancelled": "what a module returned"}, "ended", "failed"),
        (False, {"finished": 1, "msg": "Could not parse job output: {"}, "nothing", None),
        (False, {"finished": 0, "started": 1, "attempts": 3}, "alive", None),
        (False, {"finished": 0, "started": 1, "msg": "MODULE FAILURE", "module_stderr": "x"}, "nothing", None),
        (False, {"finished": 1, "rc": 0, "attempts": 3}, "ended", "succeeded"),
        (True, {"erased": "/x", "finished": 0}, "cleaned", None),
        (False, {"erased": "/x", "finished": 1, "msg": "could not find job"}, "nothing", None),
        (True, {"censored": "hidden"}, "alive", None),
        (False, {"censored": "hidden"}, "nothing", None),
    ],
)
def test_status_check_proves(ok, result, kind, status):
    finding = evidence.of_status_check(result, ok)
    assert (finding.kind, finding.status) == (kind, status)
    assert "stdout" not in finding.details


@pytest.mark.parametrize(
    "failed_when, decides",
    [
        ([], False),
        (None, False),
        ([False], False),
        (["false"], False),
        (["{{ false }}"], False),
        ([True], False),
        (["no"], False),
        (["1 == 2"], False),
        (["'rc' == \"x\""], False),
        (["shown.rc > 1"], True),
        (["'fatal' in shown.stdout"], True),
        ("result is failed", True),
        ([False, "x.rc > 1"], False),
        ([True, "x.rc > 1"], True),
        (["not failed"], True),
    ],
)
def test_an_expression_is_a_verdict_and_a_constant_is_none(failed_when, decides):
    assert evidence.decides(failed_when) is decides


@pytest.mark.parametrize("read", [evidence.of_status_check, evidence.of_awaited_job])
@pytest.mark.parametrize(
    "ok, rc, failed_when, status, module_status",
    [
        (False, 0, ["'x' in r.stdout"], "failed", "succeeded"),
        (True, 1, ["r.rc > 1"], "succeeded", "failed"),
        (True, None, ["r.size < 1"], "succeeded", None),
        (True, 1, [False], "failed", None),
        (False, 0, [True], "succeeded", None),
        (True, 0, [False], "succeeded", None),
        (False, None, [True], "failed", None),
    ],
)
def test_one_rule_of_verdicts_for_waiting_and_for_asking(read, ok, rc, failed_when, status, module_status):
    result = {"finished": 1, "failed_when_result": not ok}
    if rc is not None:
        result["rc"] = rc
    finding = read(result, ok, failed_when=failed_when)
    assert (finding.status, finding.module_status, finding.verdict) == (
        status,
        module_status,
        evidence.decides(failed_when),
    )


def test_no_verdict_on_a_job_that_was_not_found_or_ran_out_of_time():
    for result, status in (
        ({"finished": 1, "msg": "could not find job"}, "lost"),
        ({"finished": 1, "msg": "Timeout exceeded"}, "timed_out"),
    ):
        finding = evidence.of_status_check(dict(result, failed_when_result=False), True, failed_when=["x.rc > 1"])
        assert (finding.status, finding.verdict) == (status, False)


class Written(list):
    """A journal that only remembers."""

    def write(self, kind, fields, at=None):
        self.append(
            (kind, fields.get("status"), fields.get("results_file"), fields.get("verdict"), fields.get("module_status"))
        )


def test_checks_that_miss_a_job_are_told_with_their_place_and_a_later_sighting_is_told_too():
    journal, here = (
        Written(),
        {"host": "h1", "play": "p", "task": "t", "job": "j", "results_file": "/a/j1", "no_log": False},
    )
    jobs = Jobs(journal, 3600, lambda: 0)
    jobs.started(here, "j1")
    lost = evidence.Finding(evidence.ENDED, "lost")
    for place in ("/b/j1", "/b/j1", "/a/j1"):
        jobs.ended({"host": "h1", "results_file": place}, "j1", lost)
    jobs.polled({"host": "h1"}, "j1")
    jobs.polled({"host": "h1"}, "j1")
    jobs.ended({"host": "h1", "results_file": "/a/j1"}, "j1", lost)
    jobs.ended({"host": "h1"}, "j1", evidence.Finding(evidence.ENDED, "succeeded"))
    verdict = evidence.Finding(evidence.ENDED, "failed")
    verdict.verdict = True
    jobs.ended({"host": "h1"}, "j1", verdict)
    jobs.ended({"host": "h1", "results_file": "/a/j1"}, "j1", lost)
    assert journal == [
        ("job_started", None, "/a/j1", None, None),
        ("job_ended", "lost", "/b/j1", None, None),
        ("job_ended", "lost", "/a/j1", None, None),
        ("job_polled", None, "/a/j1", None, None),
        ("job_ended", "lost", "/a/j1", None, None),
        ("job_ended", "succeeded", "/a/j1", None, None),
        ("job_ended", "failed", "/a/j1", "failed", "succeeded"),
    ]


@pytest.mark.parametrize(
    "result, found",
    [
        ({"ansible_job_id": "j1.2"}, "j1.2"),
        ({"async_result": {"ansible_job_id": "j1.2"}}, "j1.2"),
        ({"ansible_job_id": 2472848566.5}, "2472848566.5"),
        ({}, None),
        ({"ansible_job_id": ""}, None),
        ({"ansible_job_id": "x" * 256}, None),
        ({"ansible_job_id": ["x"]}, None),
    ],
)
def test_job_id_is_found_as_text(result, found):
    assert evidence.job_id(result) == found
    assert evidence.job_id({}, {"jid": "j9.9", "_raw": "hunter2"}) == "j9.9"


def test_lookup_path_encodes_each_segment():
    assert record.path_of("a/b", "..", "größe") == "/api/v1/jobs/a%2Fb/%2E%2E/gr%C3%B6%C3%9Fe"
    for bad in (("", "p", "j"), ("h", "", "j"), ("h", "p", None)):
        with pytest.raises(record.RecordError, match="is empty"):
            record.path_of(*bad)


@pytest.mark.parametrize("path", sorted((FIXTURES / "events").glob("*.json")), ids=lambda path: path.stem)
def test_event_fixture_keeps_to_the_contract(path):
    batch = json.loads(path.read_text())
    assert isinstance(batch, list) and batch
    assert [wrong for event in batch for wrong in [contract.problems(event)] if wrong] == []
    assert any(path.stem.startswith(event["type"]) for event in batch)


def test_there_is_a_fixture_for_every_type():
    seen = {event["type"] for path in (FIXTURES / "events").glob("*.json") for event in json.loads(path.read_text())}
    assert seen == set(contract.FIELDS)
