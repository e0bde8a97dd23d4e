"""Every backend as a fixture: what a playbook's variables and environment must be, and how to look behind it."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import sys
import uuid
from pathlib import Path
from urllib.parse import quote

import pytest
from tools import checkout
from tools.controller import Controller

EXAMPLES = checkout.ROOT / "docs" / "examples" / "roles"
FAKE = Path(__file__).resolve().parents[2] / "tools" / "fake_oci.py"
KINDS = ("filesystem", "ingester", "oci-ingester", "oci-command", "oci-sdk", "oci-real-command", "s3-boto", "ara")


class Backend:
    """One way to keep state: `kind`, the roles' `variables` without prefix, and the `environment`."""

    def __init__(self, kind: str, variables: dict, environment: dict | None = None) -> None:
        self.kind = kind
        self.variables = variables
        self.environment = environment or {}

    def extra(self, **more) -> str:
        """Return `-e` for both roles; `more` are variables of the playbook, or of both roles where they begin with
        `both_`.
        """
        found = {"ansible_python_interpreter": sys.executable}
        shared = dict(
            self.variables,
            retry_pause=0.01,
            **{name[5:]: value for name, value in more.items() if name.startswith("both_")},
        )
        for role in ("async_job_save_", "async_job_load_", "async_job_clean_"):
            found.update({role + name: value for name, value in shared.items()})
        found.update({name: value for name, value in more.items() if not name.startswith("both_")})
        return json.dumps(found)


class RolesController(Controller):
    """A controller that has the example playbooks, and runs them with a backend."""

    def run(self, playbook: str, backend: Backend, *arguments: str, environment: dict | None = None, **more):
        """Run a playbook of the examples, or of the project, and return the finished process."""
        settings = dict({"ANSIBLE_PIPELINING": "1"}, **backend.environment, **(environment or {}))
        return self.command("ansible-playbook", playbook, "-e", backend.extra(**more), *arguments, **settings)


@pytest.fixture
def controller(tmp_path):
    """A controller with the hosts h1 and h2, and the examples."""
    shutil.copytree(EXAMPLES, tmp_path, dirs_exist_ok=True)
    return RolesController(tmp_path, hosts=("h1", "h2"))


@pytest.fixture
def job_name():
    """A name that no other test uses."""
    return "upgrade %s" % uuid.uuid4().hex[:8]


@pytest.fixture(scope="session")
def served(tmp_path_factory):
    """The real ingester with a directory mirror."""
    data = tmp_path_factory.mktemp("served")
    with checkout.ingester(data) as process:
        process.data = data
        yield process


@pytest.fixture(scope="session")
def stand_in(tmp_path_factory):
    """The stand-in for OCI Object Storage."""
    process = checkout.stand_in(tmp_path_factory.mktemp("oci"), "jobs")
    if process is None:
        pytest.skip("the stand-in for OCI is not built: ./mvnw test-compile")
    with process:
        yield process


@pytest.fixture(scope="session")
def served_to_oci(tmp_path_factory, stand_in):
    """The real ingester with a mirror in the stand-in's bucket."""
    found = stand_in.found
    arguments = [
        "--mirror",
        "oci://jobs@" + found["namespace"],
        "--oci-config-file",
        found["config"],
        "--oci-endpoint",
        found["endpoint"],
    ]
    with checkout.ingester(tmp_path_factory.mktemp("served_to_oci"), *arguments) as process:
        yield process


@pytest.fixture(scope="session")
def s3_server():
    """A real server that speaks S3."""
    with checkout.s3_server("jobs") as process:
        yield process


@pytest.fixture(scope="session")
def ara_server(tmp_path_factory):
    """A real ARA, behind the server that it recommends."""
    with checkout.ara_server(tmp_path_factory.mktemp("ara")) as process:
        yield process


@pytest.fixture
def make_backend(request, tmp_path):
    """Returns a function that makes a backend of a kind."""

    def make(kind: str) -> Backend:
        return globals()["_" + kind.replace("-", "_")](request, tmp_path)

    return make


@pytest.fixture(params=KINDS)
def backend(request, make_backend):
    """Each kind of backend in turn."""
    return make_backend(request.param)


def _filesystem(_request, tmp_path) -> Backend:
    return Backend("filesystem", {"backend": "filesystem", "state_dir": str(tmp_path / "state")})


def _ingester(request, _tmp_path) -> Backend:
    return Backend(
        "ingester", {"backend": "ingester"}, {"JOBLEDGER_URL": request.getfixturevalue("served").found["url"]}
    )


def _oci_ingester(request, _tmp_path) -> Backend:
    url = request.getfixturevalue("served_to_oci").found["url"]
    return Backend("oci-ingester", {"backend": "oci", "oci_bucket": "jobs", "url": url})


def _oci_command(_request, tmp_path) -> Backend:
    """The command's way, without the command."""
    if importlib.util.find_spec("oci") is not None:
        pytest.skip("the SDK is installed here and goes first")
    store, home = tmp_path / "oci-store", tmp_path / "oci-home"
    (store / "standin" / "jobs").mkdir(parents=True)
    home.mkdir()
    (home / "key.pem").write_text("-----BEGIN PRIVATE KEY-----\n", encoding="ascii")
    (home / "config").write_text(
        "[DEFAULT]\nuser=u\ntenancy=t\nfingerprint=f\nregion=us-ashburn-1\nkey_file=%s\n" % (home / "key.pem"),
        encoding="ascii",
    )
    program = home / "oci"
    program.write_text('#!/bin/sh\nexec "%s" "%s" "$@"\n' % (sys.executable, FAKE), encoding="utf-8")
    program.chmod(0o755)
    made = _direct(
        "oci-command",
        "standin",
        str(home / "config"),
        PATH="%s:%s" % (home, os.environ["PATH"]),
        FAKE_OCI_STORE=str(store),
        FAKE_OCI_LOG=str(home / "log"),
    )
    made.store = store / "standin" / "jobs"
    made.log = home / "log"
    return made


def _oci_sdk(request, _tmp_path) -> Backend:
    if importlib.util.find_spec("oci") is None:
        pytest.skip("the OCI SDK is not installed: pip install oci")
    return _real("oci-sdk", request)


def _oci_real_command(request, _tmp_path) -> Backend:
    command = os.environ.get("JOBLEDGER_TEST_OCI_COMMAND")
    if not command or importlib.util.find_spec("oci") is not None:
        pytest.skip("JOBLEDGER_TEST_OCI_COMMAND does not name the oci command, or the SDK goes first")
    return _real("oci-real-command", request, PATH="%s:%s" % (Path(command).parent, os.environ["PATH"]))


def _s3_boto(request, _tmp_path) -> Backend:
    found = request.getfixturevalue("s3_server").found
    (libraries,) = (checkout.ROOT / ".tools" / "venv-s3" / "lib").glob("python*/site-packages")
    return Backend(
        "s3-boto",
        {"backend": "s3", "s3_bucket": "jobs", "s3_prefix": "team-a", "s3_endpoint": found["endpoint"]},
        {
            "PYTHONPATH": str(libraries),
            "AWS_ACCESS_KEY_ID": found["key"],
            "AWS_SECRET_ACCESS_KEY": found["secret"],
        },
    )


def _ara(request, _tmp_path) -> Backend:
    return Backend("ara", {"backend": "ara", "ara_url": request.getfixturevalue("ara_server").found["url"]})


def _real(kind: str, request, **environment: str) -> Backend:
    found = request.getfixturevalue("stand_in").found
    return _direct(kind, found["namespace"], found["config"], OCI_CLI_ENDPOINT=found["endpoint"], **environment)


def _direct(kind: str, namespace: str, config: str, **environment: str) -> Backend:
    return Backend(
        kind,
        {"backend": "oci", "oci_bucket": "jobs", "oci_namespace": namespace, "oci_config_file": config},
        environment,
    )


def object_file(store: Path, name: str) -> Path:
    """Return the file in which the fake command keeps an object."""
    return store / quote(name, safe="")
