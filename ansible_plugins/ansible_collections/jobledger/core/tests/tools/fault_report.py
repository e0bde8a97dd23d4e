"""The fault suite's table: one row for each kind of fault, shown at the end of the tests and written below
ingester/target/fault-report.

A pytest plugin. Tests take the fixture `table`. The ledger's own fault tests, which are Java, leave their rows there as
well (*.jsonl).
"""

from __future__ import annotations

import json

import pytest

from . import checkout

REPORT = checkout.TARGET / "fault-report"
COLUMNS = ("injected", "sent", "acknowledged", "stored", "doubled", "lost")
_KEY = "fault_row"


class Table:
    """Takes the rows of one test. `sent` and `stored` are (run_id, seq) of events; what was sent is what reached a
    spool.
    """

    def __init__(self, node) -> None:
        self._node = node

    def row(self, faults: str, injected: int, sent, acknowledged: int, stored) -> None:
        """Note a row, and fail where an event is lost or doubled."""
        doubled, lost = len(stored) - len(set(stored)), len(set(sent) - set(stored))
        self._node.user_properties.append(
            (
                _KEY,
                {
                    "group": self._node.path.name.split("_")[1],
                    "faults": faults,
                    "injected": injected,
                    "sent": len(set(sent)),
                    "acknowledged": acknowledged,
                    "stored": len(stored),
                    "doubled": doubled,
                    "lost": lost,
                },
            )
        )
        assert (doubled, lost) == (0, 0), (faults, doubled, sorted(set(sent) - set(stored)))


@pytest.fixture
def table(request):
    """Where a fault test puts its rows."""
    return Table(request.node)


def pytest_terminal_summary(terminalreporter) -> None:
    """Show the rows of all workers, and those of the ledger's own tests."""
    reports = [
        report
        for found in terminalreporter.stats.values()
        for report in found
        if getattr(report, "when", None) == "call"
    ]
    rows = [value for report in reports for key, value in report.user_properties if key == _KEY]
    if not rows:
        return
    rows = sorted(rows + _of_the_ledger(), key=lambda row: (row["group"], row["faults"]))
    lines = [_line(row) for row in rows]
    head = "%-3s %-58s" % ("", "faults") + "".join("%13s" % column for column in COLUMNS)
    terminalreporter.section("faults", sep="=")
    for line in (head, *lines):
        terminalreporter.write_line(line)
    REPORT.mkdir(parents=True, exist_ok=True)
    (REPORT / "faults.json").write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    (REPORT / "faults.txt").write_text("\n".join((head, *lines)) + "\n", encoding="utf-8")


def _line(row: dict) -> str:
    return "%-3s %-58s" % (row["group"], row["faults"][:58]) + "".join(
        "%13s" % ("-" if row[column] is None else row[column]) for column in COLUMNS
    )


def _of_the_ledger() -> list[dict]:
    return [
        json.loads(line)
        for path in sorted(REPORT.glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
