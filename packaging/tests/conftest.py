"""A release, unpacked where the checkout is not."""

from __future__ import annotations

import os
import re
import subprocess
import tarfile
from pathlib import Path

import pytest

TARGET = Path(__file__).resolve().parents[1] / "target"


@pytest.fixture(scope="session")
def archive() -> Path:
    """The tar.gz as built."""
    found = sorted(TARGET.glob("jobledger-*.tar.gz"))
    assert len(found) == 1, "one archive in %s, found %s" % (TARGET, found)
    return found[0]


@pytest.fixture(scope="session")
def release(archive, tmp_path_factory) -> Path:
    """The unpacked release, which nobody may write to: as a package manager leaves it."""
    place = tmp_path_factory.mktemp("release")
    with tarfile.open(archive) as packed:
        packed.extractall(place)
    (top,) = place.iterdir()
    subprocess.run(["chmod", "-R", "a-w", str(top)], check=True)
    yield top
    subprocess.run(["chmod", "-R", "u+w", str(top)], check=True)


@pytest.fixture
def environment(tmp_path) -> dict:
    """A user who has nothing but a PATH and an empty home."""
    home = tmp_path / "home"
    home.mkdir()
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "LC_ALL": "C.UTF-8",
        **{key: os.environ[key] for key in ("JAVA_HOME",) if key in os.environ},
    }


@pytest.fixture
def serving(release, environment, tmp_path):
    """The URL of an ingester that the release serves."""
    service = subprocess.Popen(
        [str(release / "jobledger"), "serve", "--port", "0", "--data-dir", str(tmp_path / "data")],
        env=environment,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    said = []
    for line in service.stdout:
        said.append(line)
        found = re.search(r"listens on (http://\S+)", line)
        if found:
            break
    else:
        pytest.fail("the ingester ended: " + "".join(said))
    yield found.group(1)
    service.terminate()
    service.stdout.read()
    assert service.wait(60) in (0, 143)
