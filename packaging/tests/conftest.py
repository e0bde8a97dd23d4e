"""A release, unpacked where the checkout is not."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
from pathlib import Path

import machine as machines
import pytest

ROOT = Path(__file__).resolve().parents[2]
TARGET = ROOT / "packaging" / "target"
COLLECTIONS = ROOT / "ansible_plugins"
BIN = Path(sys.executable).parent


def missing(reason: str) -> None:
    """Skip what cannot be shown here; fail where it must be shown."""
    if os.environ.get("CI") == "true" and os.environ.get("JOBLEDGER_RELEASE_TESTS") == "all":
        pytest.fail("cannot be shown: " + reason)
    pytest.skip("NOT SHOWN: " + reason)


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


@pytest.fixture(scope="session")
def checkout() -> Path:
    """Where this checkout is."""
    return ROOT


@pytest.fixture(scope="session")
def collection(tmp_path_factory) -> Path:
    """The collection's archive, where the machine sees it."""
    place = tmp_path_factory.mktemp("collection")
    subprocess.run(
        [str(BIN / "ansible-galaxy"), "collection", "build", "--output-path", str(place)],
        cwd=COLLECTIONS / "ansible_collections" / "jobledger" / "core",
        check=True,
        stdout=subprocess.DEVNULL,
    )
    (found,) = place.iterdir()
    return found


@pytest.fixture
def machine(tmp_path):
    """A throwaway copy of this machine, that knows this Ansible."""
    if machines.possible():
        pytest.skip(machines.possible())
    try:
        with machines.Machine(tmp_path / "machine") as made:
            made.environment.update(
                PATH="%s:%s" % (BIN, made.environment["PATH"]),
                HOME="/root",
                ANSIBLE_COLLECTIONS_PATH="%s:/usr/share/ansible/collections" % COLLECTIONS,
                ANSIBLE_LOCALHOST_WARNING="0",
                ANSIBLE_NOCOWS="1",
            )
            # What this machine itself may have of Jobledger and Ansible.
            made.sh(
                "rm -rf /etc/ansible /etc/jobledger* /var/*/jobledger* /root/.ansible* /root/.local/state/jobledger /srv/*"
            )
            yield made
    except OSError as error:
        pytest.skip(str(error))
