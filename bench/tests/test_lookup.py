"""The sizes and the peer of the benchmark of lookups."""

import argparse
import json
import urllib.request

import pytest
from benchmarks import lookup
from harness import peer
from harness.bench import Bench

import bench


def test_sizes_areSorted_andOnlyNumbers():
    assert bench.sizes("1000,40,40") == [40, 1000]
    for wrong in ("", "0", "-5", "ten", "10;20"):
        with pytest.raises(argparse.ArgumentTypeError):
            bench.sizes(wrong)


def test_ledgers_thatAreKept_areMadeOnce(tmp_path):
    class Made(Bench):
        calls = 0

        def tool(self, *arguments, **options):
            self.calls += 1
            arguments[arguments.index("--ledger") + 1].mkdir()
            (arguments[arguments.index("--ledger") + 1] / "closed").write_text("a ledger")
            return {"jobs_per_second": 1.0}

    made = Made(tmp_path / "work", "tiny", say=lambda line: None, ledgers=tmp_path / "kept")
    (tmp_path / "kept" / "40.part").mkdir(parents=True)  # of a run that was ended in the middle
    for _ in range(2):
        assert (lookup._ledger(made, 40) / "ledger" / "closed").read_text() == "a ledger"
    assert made.calls == 1
    assert [path.name for path in (tmp_path / "kept").iterdir()] == ["40"]


@pytest.mark.skipif(
    not (peer.devenv.TOOLS / ("venv-bench-" + peer.devenv.newest())).is_dir(),
    reason="the peer is installed by './jobledger bench'",
)
def test_ara_filled_answersTheNewestResultOfAHostAndATask(tmp_path):
    made = Bench(tmp_path, "tiny")
    with peer.Ara(made, peer.environment(made), results=80) as ara:
        paths = ara.paths.read_text().splitlines()
        for path in paths[:5]:
            with urllib.request.urlopen(ara.url + path, timeout=60) as response:
                found = json.load(response)
            assert found["count"] >= 1 and len(found["results"]) == 1, path
        with urllib.request.urlopen(ara.url + "/api/v1/results", timeout=60) as response:
            assert json.load(response)["count"] == 80
