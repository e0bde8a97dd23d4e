"""Fault suite, 3: an ingester, or what stands in front of it, that answers wrongly, late, half or not at all. The real
ledger is behind it.

A fault that passes is made good within the run. One that stays costs one warning, and the replay delivers all of it.
"""

from __future__ import annotations

import json

import pytest
from tools import real_ingester
from tools.certificates import Authority
from tools.fault_front import Front
from tools.fault_site import Site
from tools.ingester import BlackHole

pytestmark = pytest.mark.skipif(real_ingester.missing() is not None, reason=str(real_ingester.missing()))
TASKS = """
- name: P
  hosts: all
  gather_facts: false
  tasks:
    - {name: one, command: "true", async: 30, poll: 0}
"""
# Each fault, and what the warning says of it when it stays.
ANSWERS = {
    "store_then_drop": "closed the connection without an answer",
    "500": "HTTP 500",
    "html": "not from a Jobledger ingester",
    "hang": "no answer within",
    "drip": "no answer within",
    "close": "in the middle of its answer",
    "503": "HTTP 503",
}


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """The real ingester."""
    with real_ingester.RealIngester(tmp_path_factory.mktemp("real")) as server:
        yield server


def stored_of(real, site) -> list[tuple]:
    """Return what the ledger has of this site's runs."""
    runs = {run for run, _seq in site.sent()}
    return [event for event in real.stored() if event[0] in runs]


def warned(done) -> str:
    """Return the one warning of a run that went well otherwise."""
    text = " ".join(done.stderr.split())
    assert done.returncode == 0 and text.count("jobledger:") == 1 and "Traceback" not in text, (done.stdout, text)
    return text


@pytest.mark.parametrize("fault", ANSWERS)
def test_fault_that_passes_changes_nothing(tmp_path, real, table, fault):
    site = Site(tmp_path)
    with Front(real.url, script=[fault]) as server:
        # The budget is wide: this is not about a busy machine.
        done = site.run(
            server.url, TASKS, JOBLEDGER_TIMEOUT="2" if fault in ("hang", "drip") else "20", JOBLEDGER_BUDGET="60"
        )
        assert done.returncode == 0 and "jobledger" not in done.stderr and site.left() == [], done.stderr
        assert len(server.requests) > 1
    table.row("ingester, once: %s" % fault, 1, site.sent(), server.acknowledged, stored_of(real, site))


@pytest.mark.parametrize("fault", ["store_then_drop", "html", "close"])
def test_fault_that_stays_is_one_warning_and_the_replay_delivers(tmp_path, real, table, fault):
    site = Site(tmp_path)
    with Front(real.url, always=fault) as server:
        assert ANSWERS[fault] in warned(site.run(server.url, TASKS, JOBLEDGER_TIMEOUT="10", JOBLEDGER_BUDGET="1"))
        faults = len(server.requests)
    assert len(site.left()) == 1 and (fault == "store_then_drop") == bool(stored_of(real, site))
    done = site.replay(real.url)
    assert done.returncode == 0 and site.left() == [], done
    table.row(
        "ingester, always: %s; then the replay" % fault, faults, site.sent(), len(site.sent()), stored_of(real, site)
    )


def test_black_hole_is_one_warning_and_the_replay_playbook_delivers(tmp_path, real, table):
    site = Site(tmp_path)
    with BlackHole() as hole:
        text = warned(site.run(hole.url, TASKS, JOBLEDGER_BUDGET="0.5"))
    (name,) = site.left()
    count = len(site.sent())
    for part in (
        "%d of %d events were not delivered to %s: no answer within" % (count, count, hole.url),
        "%d events are kept in %s/http:%%2F%%2F%s/%s" % (count, site.spool, hole.url[7:], name),
    ):
        assert "".join(part.split()) in "".join(text.split())  # Ansible breaks lines anywhere
    done = site.command("ansible-playbook", "jobledger.core.replay", JOBLEDGER_URL=real.url)
    assert done.returncode == 0 and site.left() == [name]  # it is for another ledger
    was = json.dumps({"jobledger_was": [hole.url]})
    done = site.command("ansible-playbook", "jobledger.core.replay", "-e", was, JOBLEDGER_URL=real.url)
    assert done.returncode == 0 and "%s: %d delivered" % (name, count) in done.stdout and site.left() == []
    table.row("black hole (no SYN-ACK); then the replay playbook", 1, site.sent(), count, stored_of(real, site))


def test_tls_that_is_wrong_in_any_way_delivers_nothing_and_tls_that_is_right_delivers_all(tmp_path, real, table):
    site = Site(tmp_path)
    ours, other = Authority(tmp_path, "ours"), Authority(tmp_path, "other")
    wrong = {
        "another authority": (other.server("foreign"), "certificate is not trusted"),
        "another name": (ours.server("misnamed", "elsewhere.example"), "certificate is for another name"),
        "expired": (ours.server("expired", days=(-3, -1)), "certificate is not trusted"),
        "no TLS at all": (None, "TLS failed"),
    }
    for tls, why in wrong.values():
        with Front(real.url, tls=tls) as server:
            url = server.url.replace("http:", "https:")
            assert why in warned(site.run(url, TASKS, JOBLEDGER_CA_FILE=str(ours.file), JOBLEDGER_BUDGET="1")), why
            assert server.requests == []
    with Front(real.url, tls=ours.server("plain")) as server:
        warned(site.run(server.url.replace("https:", "http:"), TASKS, JOBLEDGER_BUDGET="1"))
        assert server.requests == []
    assert len(site.left()) == 5 and stored_of(real, site) == []
    with Front(real.url, tls=ours.server("right")) as server:
        done = site.replay(server.url, "--ca-file", str(ours.file))
        assert done.returncode == 0 and site.left() == [], done
    table.row("TLS wrong in five ways; then right", 5, site.sent(), server.acknowledged, stored_of(real, site))
