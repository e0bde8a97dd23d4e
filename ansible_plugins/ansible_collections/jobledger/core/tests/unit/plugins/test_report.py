"""The one warning at the end: what is where, what is lost, what to do; and silence when all went well."""

from __future__ import annotations

from ansible_collections.jobledger.core.plugins.plugin_utils.delivery import spool
from ansible_collections.jobledger.core.plugins.plugin_utils.delivery.client import Client
from ansible_collections.jobledger.core.plugins.plugin_utils.delivery.report import final_warning
from ansible_collections.jobledger.core.plugins.plugin_utils.delivery.sender import Sender
from ansible_collections.jobledger.core.plugins.plugin_utils.delivery.settings import Address
from ansible_collections.jobledger.core.plugins.plugin_utils.delivery.spool_backlog import Backlog
from ansible_collections.jobledger.core.plugins.plugin_utils.delivery.spool_leftovers import Outcome
from ansible_collections.jobledger.core.plugins.plugin_utils.recording.journal import Journal
from tools.ingester import Ingester, closed_port

AWAY = "http://127.0.0.1:%d"


def _ended(url, write, leftovers=(), **options):
    """What a run says at its end, and its journal."""
    sender = Sender(Client(Address(url)), 0.3, 0.5, Backlog(**options))
    journal = Journal(sender.add)
    write(journal)
    sender.finish()
    sender.close()
    sender.backlog.finish()
    return final_warning(sender, journal.seq, url, list(leftovers)), journal


def _polls(count):
    return lambda journal: [
        journal.write("job_polled", {"host": "h", "ansible_job_id": "j1.1"}) for dummy in range(count)
    ]


def _spool(tmp_path):
    return lambda: spool.create(str(tmp_path), "00000000-0000-4000-8000-000000000001")


def test_all_delivered_is_silence(tmp_path):
    with Ingester() as server:
        done = Outcome("/s/x.spool", 3, 0, 0, 0, None)
        assert _ended(server.url, _polls(3), [done], open_file=_spool(tmp_path))[0] == ""


def test_what_is_kept_is_told_with_file_and_remedy(tmp_path):
    url = AWAY % closed_port()
    text, _journal = _ended(url, _polls(3), open_file=_spool(tmp_path))
    assert text.startswith(
        "3 of 3 events were not delivered to %s: connection refused. The run itself is not affected. " % url
    )
    assert (
        "3 events are kept in %s/00000000-0000-4000-8000-000000000001.spool. The next run here delivers them" % tmp_path
        in text
    )
    assert "ansible-playbook jobledger.core.replay" in text and "lost" not in text and "given up" not in text


def test_what_was_given_up_for_want_of_disk_is_counted(tmp_path):
    text, journal = _ended(AWAY % closed_port(), _polls(700), open_file=_spool(tmp_path), limit=1 << 16)
    kept = int(text.split(" events are kept", maxsplit=1)[0].split()[-1])
    assert "spool_max was reached: %d polls and 0 events of context were given up, no launch" % (700 - kept) in text
    assert text.startswith("700 of 700 events") and 300 < kept < 600 and journal.seq == 700


def test_what_no_file_holds_is_lost_and_said_to_be(tmp_path):
    (tmp_path / "x").write_text("")
    text, _journal = _ended(AWAY % closed_port(), _polls(2), open_file=lambda: spool.create(str(tmp_path / "x"), "y"))
    assert (
        "The spool could not be used for everything (file exists): 2 events were sent without it." in text
        and "2 events are lost." in text
    )


def test_left_overs_are_told_even_when_the_run_itself_is_delivered(tmp_path):
    with Ingester() as server:
        outcomes = [Outcome("/s/a.spool", 0, 0, 0, -1, "permission denied"), Outcome("/s/b.spool", 9, 2, 1, 0, None)]
        text, _journal = _ended(server.url, _polls(1), outcomes, open_file=_spool(tmp_path))
    assert text == (
        "1 spools of earlier runs are left in /s (permission denied). Deliver them: ansible-playbook "
        "jobledger.core.replay. "
        "3 refused or damaged events of earlier runs were set aside in /s, in files named .dead."
    )
