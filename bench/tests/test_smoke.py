"""One benchmark from the command line to its files, with the least numbers, so that the program cannot rot."""

import json
import subprocess
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]


def test_lookup_endToEnd_writesFiguresAndBars(tmp_path):
    done = subprocess.run(
        [
            str(CHECKOUT / "jobledger"),
            "bench",
            "--tiny",
            "--only",
            "lookup",
            "--out",
            str(tmp_path / "a" / "out"),
            "--work",
            str(tmp_path / "b" / "work"),
            "--sizes",
            "120",
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=900,
    )
    assert done.returncode == 0, done.stdout
    data = json.loads((tmp_path / "a" / "out" / "bench.json").read_text())
    section = data["sections"][0]
    assert section["name"] == "lookup"
    assert section["rows"] and all(value > 0 for row in section["rows"] for value in row["sample"]["values"])
    assert {bar["verdict"] for bar in section["bars"]} <= {"met", "missed", "not measured"}
    assert {row["name"].partition(" ")[0] for row in section["rows"]} == {"120"}
    assert not list((tmp_path / "b" / "work").iterdir()), "what was made meanwhile is left behind"
