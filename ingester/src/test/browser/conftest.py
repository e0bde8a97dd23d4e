"""Offers the ingester with a history, and a browser."""

from __future__ import annotations

import os
import re
import subprocess
import threading
from pathlib import Path

import history
import pytest
from browser import Browser

ROOT = Path(__file__).resolve().parents[4]
JAR = Path(os.environ.get("JOBLEDGER_JAR") or ROOT / "ingester" / "target" / "jobledger.jar")


def pytest_addoption(parser):
    parser.addoption("--url", help="an ingester that runs already and may be written to, instead of a new one")
    parser.addoption(
        "--pictures",
        metavar="DIR",
        help="with -k pictures: keep pictures of the pages there (from the checkout), for the documentation",
    )


@pytest.fixture(scope="session")
def url(request, tmp_path_factory):
    """The URL of an ingester that runs for all tests."""
    if request.config.getoption("--url"):
        yield request.config.getoption("--url")
        return
    data = tmp_path_factory.mktemp("ingester")
    environment = {key: value for key, value in os.environ.items() if not key.startswith("JOBLEDGER_")}
    environment["XDG_CONFIG_HOME"] = str(data)
    process = subprocess.Popen(
        [
            "java",
            "-Xmx128m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-jar",
            str(JAR),
            "serve",
            "--port",
            "0",
            "--data-dir",
            str(data),
        ],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    # A start that hangs would hang the tests: without a word for this long, it is ended.
    watch = threading.Timer(120, process.kill)
    watch.start()
    try:
        found = re.search(r"listens on (http://\S+)", process.stdout.readline())
        watch.cancel()
        assert found, "the ingester did not start"
        yield found.group(1)
    finally:
        watch.cancel()
        process.terminate()
        process.communicate(timeout=30)


@pytest.fixture(scope="session")
def site(request, url):
    """The runs of a history that is in the ledger."""
    return history.write(url, hostile_too=not request.config.getoption("--pictures"))


@pytest.fixture(scope="session")
def chromium(url):
    """The browser; a test takes `page` instead."""
    with Browser(url) as browser:
        yield browser


@pytest.fixture
def page(chromium, site):
    """The browser as at its start: wide, light, with scripts, and nothing said to its console that a test does not
    expect.
    """
    chromium.reset()
    yield chromium
    assert chromium.complaints() == []
