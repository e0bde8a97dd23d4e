"""`jobledger demo`, as a newcomer runs it: it checks each of its own steps, so here only that it came to its end."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tools import real_ingester
from tools.program import CHECKOUT, JOBLEDGER

pytestmark = pytest.mark.skipif(real_ingester.missing() is not None, reason=str(real_ingester.missing()))


def test_the_demo_tells_its_story_to_the_end_and_leaves_nothing_behind(tmp_path):
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("ANSIBLE_", "JOBLEDGER_"))}
    path = "%s:%s" % (Path(sys.executable).parent, environment["PATH"])
    environment.update(PATH=path, JOBLEDGER_HOME=str(CHECKOUT), JAVA_TOOL_OPTIONS="-Djava.io.tmpdir=%s" % tmp_path)
    done = subprocess.run(
        [*JOBLEDGER, "demo"],
        env=environment,
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=900,
    )
    assert done.returncode == 0, done.stdout
    for told in (
        "alive on their hosts without a controller",
        "each job was started once",
        "all is migrated",
        "the ledger says that 'Back up' is lost",
        "the ledger says that it was cancelled",
    ):
        assert told in done.stdout, done.stdout
    assert list(tmp_path.glob("jobledger-demo-*")) == []
