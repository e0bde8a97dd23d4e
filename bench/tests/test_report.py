"""What is written of a run."""

import json
import xml.etree.ElementTree

from harness import report
from harness.report import Section
from harness.stats import Sample


def _section() -> Section:
    section = Section("x", "A title")
    section.row("quick & <easy>", Sample("s", [1, 2, 3]), "0.50 × other")
    section.row("not here", Sample("s"), note="no such program")
    section.bar("promise <1>", 2, 1.5, "s")
    section.bar("broken", 2, 2.5, "s")
    section.bar("unknown", 2, None, note="why not")
    return section


def test_text_never_drops_what_could_not_be_measured():
    text = report.text(_section())
    assert "not available" in text and "no such program" in text
    assert "2.00 s" in text and "1.00 – 3.00" in text


def test_bars_say_met_missed_and_not_measured():
    lines = report.bars([_section()]).splitlines()
    assert [line.split("|")[4].strip() for line in lines[2:]] == ["met", "missed", "not measured"]


def test_write_givesJson_table_andPlot(tmp_path):
    report.write(tmp_path, {"cores": "2"}, [_section()])
    data = json.loads((tmp_path / "bench.json").read_text())
    assert data["machine"] == {"cores": "2"}
    assert [bar["verdict"] for bar in data["sections"][0]["bars"]] == ["met", "missed", "not measured"]
    assert "### A title" in (tmp_path / "bench.md").read_text()
    plot = xml.etree.ElementTree.parse(tmp_path / "bench.svg").getroot()
    assert len(plot.findall("{*}rect")) == 3  # the ground, and a bar for each of the two that were measured
