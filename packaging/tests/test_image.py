"""The container image: built from a local root file system, without a registry, and used for the main job.

It runs as podman runs it, with a root file system that nobody can write to, as a user who is nobody.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import time
from pathlib import Path

import engine as engines
import pytest
from conftest import missing
from test_release import PLAYBOOK, RESUME, run

pytestmark = pytest.mark.release

PACKAGING = Path(__file__).resolve().parents[1]
CONTAINERFILE = PACKAGING / "Containerfile"
USER = 10001
# Modules that jdeps names for classes which are never used: attaching to other machines, agents, a compiler.
NEVER_USED = {"java.compiler", "java.instrument", "jdk.attach", "jdk.jdi"}


@pytest.fixture(scope="module")
def tree() -> Path:
    """The context of the build: the directory that holds the unpacked release."""
    found = [path for path in (PACKAGING / "target").glob("jobledger-*") if (path / path.name / "bom.json").exists()]
    if len(found) != 1:
        missing("no release is built: ./mvnw -Prelease package")
    return found[0]


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    """Podman and Buildah, and two images in their store: a small Debian, and the same with a JDK."""
    if engines.possible():
        missing(engines.possible())
    try:
        debian = engines.root_file_system(PACKAGING.parent / ".tools")
        java = engines.java_with_modules()
        with engines.Engine(tmp_path_factory.mktemp("engine")) as engine:
            engine.ok("podman", "import", str(debian), "localhost/debian:12-slim")
            context = tmp_path_factory.mktemp("jdk")
            shutil.copytree(java, context / "jdk", ignore_dangling_symlinks=True)
            (context / "Containerfile").write_text("FROM localhost/debian:12-slim\nCOPY jdk /opt/java/openjdk\n")
            engine.ok("buildah", "build", "-q", "-t", "localhost/jdk:17", str(context))
            shutil.rmtree(context)
            yield engine
    except OSError as error:
        missing(str(error))


@pytest.fixture(scope="module")
def image(engine, tree) -> str:
    """The image, by the command of the guide, with images of one's own instead of a registry's."""
    engine.ok(
        "buildah",
        "build",
        "--format=docker",
        "--network=none",
        "--pull=never",
        "--build-arg=BASE=localhost/debian:12-slim",
        "--build-arg=JDK=localhost/jdk:17",
        "--tag=localhost/jobledger",
        "--file=%s" % CONTAINERFILE,
        str(tree),
    )
    return "localhost/jobledger"


@pytest.fixture
def certificate(tmp_path) -> Path:
    """A directory with a certificate for loopback that the image's user may read."""
    place = tmp_path / "tls"
    place.mkdir()
    run(
        *"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=ledger".split(),
        *("-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"),
        *("-keyout", place / "server.key", "-out", place / "server.pem"),
    )
    for path in (place, place / "server.key", place / "server.pem"):
        os.chown(path, USER, USER)
    place.chmod(0o755)
    (place / "server.pem").chmod(0o644)
    return place


def free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return asked.getsockname()[1]


def healthy(engine, name: str) -> None:
    """Wait until the image's own health check says so; it fails at once where the container has ended."""
    for _ in range(60):
        if engine.run("podman", "healthcheck", "run", name).returncode == 0:
            return
        state = engine.ok("podman", "inspect", "--format", "{{.State.Status}}", name).strip()
        assert state == "running", engine.run("podman", "logs", name)
        time.sleep(0.5)  # between two tries; what ends the wait is the check
    pytest.fail("never healthy: %s" % engine.run("podman", "logs", name))


def test_image_says_what_it_is_and_runs_as_nobody(engine, image):
    (told,) = json.loads(engine.ok("podman", "image", "inspect", image))
    config = told["Config"]
    assert config["User"] == "%d:%d" % (USER, USER)
    assert config["Entrypoint"] == ["jobledger"] and config["Cmd"] == ["serve"]
    assert list(config["Volumes"]) == ["/var/lib/jobledger"] and list(config["ExposedPorts"]) == ["8740/tcp"]
    assert config["Labels"]["org.opencontainers.image.licenses"] == "Apache-2.0"
    assert config["Labels"]["org.opencontainers.image.version"]
    assert told["HealthCheck" if "HealthCheck" in told else "Healthcheck"]["Test"] == [
        "CMD",
        "jobledger",
        "healthcheck",
    ]
    # Nothing in it may give its user more than it has; and the only place of its own is the volume.
    found = engine.ok(
        "podman", "run", "--rm", *engine.modest(), "--entrypoint", "sh", image, "-c",
        "find / -xdev \\( -path /proc -o -path /sys -o -path /dev \\) -prune -o -user %d -print; "
        "command -v javac jlink >&2 || true; ls /opt/jobledger" % USER,
    )  # fmt: skip
    assert "/var/lib/jobledger" in found and "/opt/jobledger\n" not in found
    for name in ("LICENSE", "NOTICE", "THIRD-PARTY.txt", "bom.json"):
        assert name in found.split()


def test_without_tokens_it_does_not_open_itself_to_a_network(engine, image):
    done = engine.run("podman", "run", "--rm", "--read-only", *engine.modest(), image)
    assert done.returncode == 1 and "there is no token" in done.stdout + done.stderr


def test_main_job_in_a_container(engine, image, certificate, environment, tmp_path):
    """A token, a playbook recorded over TLS, a resume by name, a restart, a health check: on a read-only root."""
    port = free_port()
    options = ["--read-only", "--read-only-tmpfs=false", "--cap-drop=all", "--security-opt=no-new-privileges",
               "--volume=ledger:/var/lib/jobledger", "--volume=%s:/etc/jobledger:ro" % certificate,
               "--env=JOBLEDGER_PORT=%d" % port, "--env=JOBLEDGER_TLS_CERT=/etc/jobledger/server.pem",
               "--env=JOBLEDGER_TLS_KEY=/etc/jobledger/server.key"]  # fmt: skip
    token = tmp_path / "token"
    token.touch(0o600)
    token.write_text(
        engine.ok(
            "podman",
            "run",
            "--rm",
            "--tmpfs=/tmp",
            *engine.modest(),
            *options,
            image,
            "token",
            "create",
            "--name",
            "ci",
            "--scope",
            "ingest,read",
        )  # fmt: skip
    )
    engine.start("ledger", *options, image)
    healthy(engine, "ledger")
    refused = engine.run("podman", "exec", "ledger", "sh", "-c", "touch /opt/jobledger/x || touch /etc/x")
    assert refused.returncode and refused.stderr.count("Read-only file system") == 2, refused.stderr
    assert engine.ok("podman", "exec", "ledger", "id", "-u").strip() == str(USER)

    (tmp_path / "start.yml").write_text(PLAYBOOK)
    (tmp_path / "resume.yml").write_text(RESUME)
    ansible = dict(
        environment,
        ANSIBLE_COLLECTIONS_PATH=str(PACKAGING.parent / "ansible_plugins"),
        ANSIBLE_CALLBACKS_ENABLED="jobledger.core.recorder",
        ANSIBLE_LOCALHOST_WARNING="false",
        JOBLEDGER_URL="https://localhost:%d" % port,
        JOBLEDGER_CA_FILE=str(certificate / "server.pem"),
        JOBLEDGER_TOKEN_FILE=str(token),
        PATH=os.path.dirname(os.sys.executable) + os.pathsep + environment["PATH"],
    )
    run("ansible-playbook", tmp_path / "start.yml", env=ansible, cwd=tmp_path)
    engine.ok("podman", "stop", "--time", "60", "ledger")
    assert engine.ok("podman", "inspect", "--format", "{{.State.ExitCode}}", "ledger").strip() in ("0", "143")
    engine.ok("podman", "start", "ledger")
    healthy(engine, "ledger")
    run("ansible-playbook", tmp_path / "resume.yml", env=ansible, cwd=tmp_path)
    told = run(
        *(
            "curl",
            "-fsS",
            "--cacert",
            certificate / "server.pem",
            "-H",
            "Authorization: Bearer " + token.read_text().strip(),
        ),
        "https://localhost:%d/api/v1/jobs/localhost/Upgrade%%20databases/Migrate%%20schema" % port,
    )
    assert json.loads(told)["status"] == "succeeded"
    engine.ok("podman", "kill", "ledger")
    assert engine.run("podman", "healthcheck", "run", "ledger").returncode != 0


def test_java_of_the_image_has_what_the_program_uses(tree):
    """What jdeps finds, but for what is never used, is what jlink is told."""
    told = set(re.search(r"--add-modules (\S+)", CONTAINERFILE.read_text()).group(1).split(","))
    release = tree / tree.name
    jdeps = shutil.which("jdeps")
    if not jdeps:
        missing("no JDK with jdeps")
    used = run(jdeps, "--ignore-missing-deps", "--print-module-deps", "--multi-release", "17", "-R", "-cp",
               release / "lib" / "*", release / "jobledger.jar").strip().split(",")  # fmt: skip
    assert set(used) - NEVER_USED - told == set()
    assert NEVER_USED <= set(used), "what is not named any more need not be left out"


def test_image_for_another_architecture_runs_nothing_of_it(engine, image, tree):
    """The stage for it has no RUN, and jlink itself is run for the architecture of the build."""
    stages = re.split(r"^FROM ", CONTAINERFILE.read_text(), flags=re.M)[1:]
    runs = {stage.split(" AS ")[1].split()[0]: len(re.findall(r"^RUN ", stage, re.M)) for stage in stages}
    assert runs == {"modules": 0, "java": 1, "portable": 0, "quick": 1}
    assert stages[1].startswith("--platform=$BUILDPLATFORM ")
    # It works as the other one does, without archives of classes.
    engine.ok("buildah", "build", "--format=docker", "--network=none", "--pull=never", "--target=portable",
              "--build-arg=BASE=localhost/debian:12-slim", "--build-arg=JDK=localhost/jdk:17",
              "--tag=localhost/jobledger-portable", "--file=%s" % CONTAINERFILE, str(tree))  # fmt: skip
    said = engine.ok(
        "podman", "run", "--rm", "--read-only", *engine.modest(), "localhost/jobledger-portable", "--version"
    )
    assert said.startswith("jobledger "), said


def test_health_check_costs_no_more_than_a_command(engine, image):
    """It runs every half minute: from the image's archive of classes, or it would cost a percent of a core."""
    said = engine.ok("podman", "run", "--rm", *engine.modest(), "--entrypoint", "sh", image, "-c",
                     "ls /opt/jobledger/cache; java -XX:SharedArchiveFile=/opt/jobledger/cache/ask.jsa -Xshare:on "
                     "-jar /opt/jobledger/jobledger.jar --version")  # fmt: skip
    assert said.split()[:3] == ["ask.jsa", "ledger.jsa", "jobledger"], said
