"""Makes the collection importable the way Ansible does, and offers the fixtures that most tests share."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[3]))
sys.path.insert(0, str(HERE))
# Test files share helpers; ansible-test imports them by their long names.
sys.path.append(str(HERE / "unit" / "plugins"))

from tools.controller import Controller  # noqa: E402
from tools.ingester import Ingester  # noqa: E402

pytest_plugins = ["tools.fault_report"]

# Files that take minutes, the longest first. A file stays with one worker, so whichever begins last keeps all others
# waiting.
LONG = (
    "test_2_controller_killed.py",
    "test_facts.py",
    "test_start_once.py",
    "test_roles_scenarios.py",
    "test_main_job.py",
    "test_demo.py",
    "test_4_full_disk.py",
    "test_settle.py",
    "test_howto_acting.py",
    "test_5_timing.py",
    "test_faults.py",
)


def pytest_collection_modifyitems(items):
    """Begin with what takes longest; else the order stays."""
    items.sort(key=lambda item: LONG.index(item.path.name) if item.path.name in LONG else len(LONG))


@pytest.fixture
def ingester():
    """A healthy ingester; at the end, whatever it got must have kept to the contract."""
    with Ingester() as server:
        yield server
        assert server.wrong == []


@pytest.fixture
def controller(tmp_path):
    """A controller with one host, h1."""
    return Controller(tmp_path)
