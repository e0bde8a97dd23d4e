"""Makes the collection importable the way Ansible does, and offers the fixtures that most tests share."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[3]))
sys.path.insert(0, str(HERE))

from tools.controller import Controller  # noqa: E402
from tools.ingester import Ingester  # noqa: E402

pytest_plugins = ["tools.fault_report"]


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
