"""Fault suite, 5: what a run loses to an ingester that is absent, black-holed, slow or unresolvable. Exit code and
output are those of a run without the callback.

Measured is the time inside the recorder's hooks, not the run's: that depends on what else the machine does.
"""

from __future__ import annotations

import re

import pytest
from tools.fault_site import Site
from tools.ingester import BlackHole, Ingester, closed_port

BUDGET = 2.0  # the default
# A busy machine takes the processor away in the middle of a hook. Without budget and breaker a case would cost a second
# (the time-out) for each of a dozen sends.
MARGIN = 6.0
TASKS = """
- name: P
  hosts: all
  gather_facts: false
  tasks:
    - {name: one, command: "true", async: 30, poll: 0}
    - {name: three, command: "false", async: 30, poll: 1, ignore_errors: true}
%s
    - {name: the end, fail: {msg: no}}
""" % "\n".join("    - {name: job %d, command: 'true', async: 30, poll: 0}" % number for number in range(4))


def plain(process) -> str:
    """What the run printed, without the ids and times that each run makes anew."""
    text = re.sub(r'/[^"\s]*/pytest-\d+/(popen-gw\d+/)?[^/"]+', "ROOT", process.stdout)
    return re.sub(r"j\d+\.\d+|\"(start|end|delta)\": \"[^\"]*\"|\d+\.\d{5,}", "#", text)


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """The same run without the callback."""
    done = Site(tmp_path_factory.mktemp("bare")).playbook(TASKS)
    assert done.returncode == 2, done.stdout
    return done


class _Absent:
    url = "http://127.0.0.1:%d" % closed_port()

    def __enter__(self):
        return self

    def __exit__(self, *_exc):
        pass


class _Deaf(_Absent):
    url = "http://ingester.example:8740"


CASES = {
    "absent": (_Absent, (), "connection refused"),
    "black hole": (BlackHole, (), "no answer within"),
    "name server hangs": (_Deaf, ("deafdns",), "the host's name was not resolved within"),
    "accepts and never answers": (lambda: Ingester(always="hang"), (), "no answer within"),
    "answers byte by byte": (lambda: Ingester(always="drip"), (), "no answer within"),
    "closes in the middle": (lambda: Ingester(always="close"), (), "in the middle of its answer"),
}


@pytest.mark.parametrize("case", CASES)
def test_run_loses_no_more_than_the_budget_and_is_the_same(tmp_path, bare, table, case):
    make, plugins, why = CASES[case]
    site = Site(tmp_path)
    with make() as server:
        done = site.run(server.url, TASKS, plugins=("stopwatch", *plugins), STOPWATCH=str(tmp_path / "stopwatch"))
    assert done.returncode == bare.returncode and plain(done) == plain(bare), done.stdout
    text = " ".join(done.stderr.split())
    assert text.count("jobledger:") == 1 and why in text and "Traceback" not in text, text
    seconds, hooks = (tmp_path / "stopwatch").read_text().split()
    assert int(hooks) >= 15 and float(seconds) <= BUDGET + MARGIN, (seconds, hooks)
    with Ingester() as later:
        assert site.replay(later.url).returncode == 0 and site.left() == [] and later.wrong == []
    table.row(
        "ingester %s: %.2f s in %s hooks" % (case, float(seconds), hooks),
        1,
        site.sent(),
        later.acknowledged,
        [(event["run_id"], event["seq"]) for event in later.events],
    )


def test_healthy_ingester_costs_the_run_nothing_that_a_person_would_see(tmp_path, bare, table):
    site = Site(tmp_path)
    with Ingester() as server:
        done = site.run(server.url, TASKS, plugins=("stopwatch",), STOPWATCH=str(tmp_path / "stopwatch"))
    assert done.returncode == bare.returncode and plain(done) == plain(bare) and done.stderr == bare.stderr
    seconds, hooks = (tmp_path / "stopwatch").read_text().split()
    assert float(seconds) <= MARGIN
    table.row(
        "ingester healthy: %.2f s in %s hooks" % (float(seconds), hooks),
        0,
        site.sent(),
        server.acknowledged,
        [(event["run_id"], event["seq"]) for event in server.events],
    )
