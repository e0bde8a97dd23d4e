"""A few tries of the race suite, so that it is never broken; its own command runs hundreds. And its judge, who must
not be blind.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from tools.program import CHECKOUT

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "race"))

import history  # noqa: E402

DONE = {"decision": "started", "message": "", "finished": True, "stdout": "done", "generation": "1"}
LAST = {"decision": "already_succeeded", "message": "", "generation": "1"}
CALM = {"lost": False, "killed": False, "busy": False}


def test_a_few_tries_go_right_by_the_command_that_the_page_prints():
    page = (CHECKOUT / "docs" / "explanation" / "start-once.md").read_text(encoding="utf-8")
    (command,) = re.findall(r"^```console\n(.*?)^```$", page, re.M | re.S)
    done = subprocess.run(
        ["/bin/sh", "-ec", command],
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0 and "6 tries, seeds from 41: 0 wrong" in done.stdout, done.stdout


@pytest.mark.parametrize(
    "lines, outcomes, last, said",
    [
        ("start j1 1\nend j1 1\n", {"c1": DONE}, LAST, None),
        ("start j1 1\nstart j2 1\nend j1 1\nend j2 1\n", {}, LAST, "started 2 times"),
        ("start j1 1\n", {}, LAST, "began and never ended"),
        (
            "start j1 1\nend j1 1\n",
            {},
            dict(LAST, decision="refused", message="was lost"),
            "ran to its end, and is said to be",
        ),
        ("", {}, LAST, "said to have succeeded, and never ended"),
        ("start j1 1\nend j1 1\n", {"c1": dict(DONE, finished=False)}, LAST, "never got a result"),
        ("start j1 1\nend j1 1\n", {"c1": dict(DONE, decision="could not find job")}, LAST, "could not find job"),
        (
            "start j1 1\nend j1 1\n",
            {"c1": dict(DONE, decision="refused", message="just because")},
            LAST,
            "refused without a reason",
        ),
        ("start j1 1\nend j1 1\n", {"c1": dict(DONE, stdout=None)}, LAST, "got no result of the job"),
        ("start j1 1\nend j1 1\n", {}, dict(LAST, decision="started"), "run again got started"),
    ],
)
def test_the_judge_sees_what_is_wrong(lines, outcomes, last, said):
    wrong = history.judge(lines, outcomes, last, CALM).wrong
    assert wrong == [] if said is None else any(said in text for text in wrong), wrong
