"""The peer: ARA, installed from PyPI beside a pinned ansible-core, with its API server on gunicorn, on SQLite or on
PostgreSQL.
"""

from __future__ import annotations

import glob
import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from pathlib import Path

from harness.bench import CHECKOUT, Bench
from harness.process import Program, Unavailable, answers, free_port

sys.path.insert(0, str(CHECKOUT / "ansible_plugins"))
import devenv  # noqa: E402  the collection's tests use the same environments

PINS = CHECKOUT / "bench" / "requirements" / "ara-1.8.0.txt"


def environment(bench: Bench) -> Path:
    """Return the bin directory with ansible-playbook, ARA and gunicorn. Raises Unavailable."""
    try:
        newest = devenv.newest()
        return devenv.build(
            devenv.TOOLS / ("venv-bench-" + newest),
            [devenv.REQUIREMENTS / ("ansible-core-%s.txt" % newest), PINS],
            "ansible-core %s and %s" % (newest, PINS.stem),
            bench.say,
        )
    except devenv.EnvironmentMissing as error:
        raise Unavailable(str(error)) from error


def ansible(bench: Bench) -> Path:
    """Return a bin directory with ansible-playbook: that of the peer, or one without it where the peer cannot be
    installed. Raises Unavailable.
    """
    try:
        return environment(bench)
    except Unavailable:
        try:
            return devenv.ensure(say=bench.say)
        except devenv.EnvironmentMissing as error:
            raise Unavailable(str(error)) from error


class Ara(Program):
    """ARA's API server. `postgres` is a running Postgres, or None for SQLite. With `results`, it has as many when it
    starts, and `paths` is a file of paths that ask for some.
    """

    def __init__(self, bench: Bench, place: Path, postgres: "Postgres | None" = None, results: int = 0):
        directory = bench.path("ara")
        directory.mkdir(parents=True)
        self.port = free_port()
        self.url = "http://127.0.0.1:%d" % self.port
        settings = {key: value for key, value in os.environ.items() if not key.startswith("ARA_")}
        settings.update(
            ARA_BASE_DIR=str(directory), DJANGO_SETTINGS_MODULE="ara.server.settings", ARA_LOG_LEVEL="WARNING"
        )
        if postgres:
            settings.update(
                ARA_DATABASE_ENGINE="django.db.backends.postgresql",
                ARA_DATABASE_NAME="postgres",
                ARA_DATABASE_USER=postgres.user,
                ARA_DATABASE_HOST=str(postgres.socket),
                ARA_DATABASE_PORT=str(postgres.port),
            )
        _ran("ara-manage migrate", [place / "ara-manage", "migrate"], settings)
        self.paths = directory / "paths"
        if results:
            _ran(
                "filling ARA's database",
                [place / "python", Path(__file__).with_name("ara_fill.py"), results, self.paths],
                settings,
            )
        workers = max(2, min(4, (os.cpu_count() or 1) * 2))
        super().__init__(
            [place / "gunicorn", "--workers", workers, "--bind", "127.0.0.1:%d" % self.port, "ara.server.wsgi"],
            bench.path("ara.log"),
            environment=settings,
            cwd=directory,
        )
        try:
            self.wait_for(lambda: answers(self.url + "/api/"))
        except Unavailable:
            self.__exit__()
            raise

    def post(self, path: str, body: dict) -> dict:
        """Make an object of ARA's API."""
        request = urllib.request.Request(
            self.url + path, json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            raise Unavailable("ARA refuses %s: %s" % (path, error.read()[:200].decode(errors="replace"))) from error

    def result_body(self) -> dict:
        """A result as ARA's callback sends it, for a playbook, play, task and host that are made here."""
        at = "2026-11-20T10:00:00+00:00"
        playbook = self.post(
            "/api/v1/playbooks",
            {
                "started": at,
                "status": "running",
                "path": "/srv/site.yml",
                "ansible_version": "2.19.14",
                "python_version": "3",
            },
        )["id"]
        play = self.post(
            "/api/v1/plays",
            {
                "playbook": playbook,
                "started": at,
                "status": "running",
                "name": "Upgrade",
                "uuid": "5254005c-0000-4000-8000-00000000000a",
            },
        )["id"]
        file = self.post("/api/v1/files", {"playbook": playbook, "path": "/srv/site.yml", "content": "- hosts: all\n"})[
            "id"
        ]
        task = self.post(
            "/api/v1/tasks",
            {
                "playbook": playbook,
                "play": play,
                "file": file,
                "lineno": 1,
                "started": at,
                "status": "running",
                "name": "Migrate",
                "action": "command",
                "handler": False,
                "uuid": "5254005c-0000-4000-8000-00000000000b",
            },
        )["id"]
        host = self.post("/api/v1/hosts", {"playbook": playbook, "name": "db1"})["id"]
        return {
            "playbook": playbook,
            "play": play,
            "task": task,
            "host": host,
            "delegated_to": [],
            "status": "ok",
            "changed": True,
            "ignore_errors": False,
            "started": at,
            "ended": at,
            "content": {
                "ansible_job_id": "j889214147243.9938",
                "changed": True,
                "failed": 0,
                "finished": 0,
                "results_file": "/home/deploy/.ansible_async/j889214147243.9938",
                "started": 1,
            },
        }


def _ran(what: str, command: list, environment: dict) -> None:
    done = subprocess.run(
        [str(part) for part in command], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if done.returncode:
        raise Unavailable("%s failed: %s" % (what, done.stdout[-300:]))


class Postgres(Program):
    """A PostgreSQL server in a directory of this run, on a socket only; as an unprivileged user where this is root."""

    def __init__(self, bench: Bench):
        initdb = shutil.which("initdb") or next(
            iter(sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"), reverse=True)), None
        )
        if not initdb:
            raise Unavailable("no initdb on the PATH or under /usr/lib/postgresql")
        programs = Path(initdb).resolve().parent
        self.port = free_port()
        # Not below this run's directory, which is its user's alone; and the path of a socket must be short.
        self.socket = Path(tempfile.mkdtemp(prefix="jobledger-bench-"))
        prefix: list[str] = []
        self.user = pwd.getpwuid(os.getuid()).pw_name
        if os.getuid() == 0:
            self.user = "postgres" if "postgres" in {entry.pw_name for entry in pwd.getpwall()} else "nobody"
            prefix = ["setpriv", "--reuid", self.user, "--regid", str(pwd.getpwnam(self.user).pw_gid), "--clear-groups"]
            os.chown(self.socket, pwd.getpwnam(self.user).pw_uid, pwd.getpwnam(self.user).pw_gid)
        made = subprocess.run(
            [*prefix, str(programs / "initdb"), "-D", str(self.socket / "data"), "-A", "trust", "-U", self.user],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd="/",
        )
        if made.returncode:
            raise Unavailable("initdb failed: %s" % made.stdout[-300:])
        super().__init__(
            [
                *prefix,
                programs / "postgres",
                "-D",
                self.socket / "data",
                "-p",
                self.port,
                "-k",
                self.socket,
                "-c",
                "listen_addresses=",
            ],
            bench.path("postgres.log"),
            cwd=Path("/"),
        )
        try:
            self.wait_for(lambda: (self.socket / (".s.PGSQL.%d" % self.port)).exists())
        except Unavailable:
            self.__exit__()
            raise

    def __exit__(self, *exc):
        super().__exit__(*exc)
        shutil.rmtree(self.socket, ignore_errors=True)
