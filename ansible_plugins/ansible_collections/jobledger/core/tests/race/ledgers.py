"""The ledgers of the race suite: away for good, one ingester on H2, or two on PostgreSQL; each can go away for a while
and come back, also as an older copy of itself.
"""

from __future__ import annotations

import glob
import json
import os
import shutil
import signal
import subprocess
import time
import urllib.parse
import urllib.request
from pathlib import Path

from tools.program import JOBLEDGER
from tools.real_ingester import RealIngester


class Away:
    """Nobody listens there, ever."""

    urls = ("http://127.0.0.1:9",)

    def __init__(self, root: Path) -> None:
        self.root = root

    def __enter__(self):
        return self

    def __exit__(self, *failure) -> None:
        pass

    def disturb(self, dice, did: list) -> None:
        """Nothing can happen to it."""

    def prepare(self, dice) -> None:
        """A try begins."""

    def jobs(self, play: str) -> list | None:
        """Return the ledger's jobs of a play; None where nobody can say."""
        return None


class H2(Away):
    """One ingester with the embedded ledger."""

    count = 1

    def __enter__(self):
        self.ingesters = []
        for number in range(self.count):
            place = self.root / ("ingester%d" % number)
            place.mkdir()
            self.ingesters.append(RealIngester(place, *self.options()).__enter__())
        self.urls = tuple(ingester.url for ingester in self.ingesters)
        self.copied = False
        return self

    def __exit__(self, *failure) -> None:
        for ingester in self.ingesters:
            ingester.kill()

    def options(self) -> tuple:
        return ()

    def prepare(self, dice) -> None:
        """Some tries begin with a copy, to which `disturb` goes back."""
        self.copied = dice.random() < 0.4
        if self.copied:
            self._down()
            self.copy()
            self._up()

    def disturb(self, dice, did: list) -> None:
        """Let it be away for a while, and perhaps come back as it was when the try began."""
        what = "restored" if self.copied else dice.choice(("nothing", "stopped", "killed"))
        time.sleep(dice.random() * 4)
        if what == "stopped":
            one = dice.choice(self.ingesters)
            one.process.send_signal(signal.SIGSTOP)
            time.sleep(dice.random() * 4)
            one.process.send_signal(signal.SIGCONT)
        elif what == "killed":
            one = dice.choice(self.ingesters)
            one.kill()
            time.sleep(dice.random() * 2)
            one.start(300)
        elif what == "restored":
            self._down()
            self.restore()
            self.accept()
            self._up()
        if what != "nothing":
            did.append("ledger %s" % what)

    def jobs(self, play: str) -> list:
        url = "%s/api/v1/jobs?limit=1000&play=%s" % (self.urls[0], urllib.parse.quote(play))
        with urllib.request.urlopen(url, timeout=30) as answer:
            return json.load(answer)["jobs"]

    def copy(self) -> None:
        shutil.rmtree(self.root / "copy", ignore_errors=True)
        shutil.copytree(self._data(), self.root / "copy")

    def restore(self) -> None:
        shutil.rmtree(self._data())
        shutil.copytree(self.root / "copy", self._data())

    def accept(self) -> None:
        """What an operator does who has no newer copy: without it the ledger hears of what it lost, and refuses."""
        subprocess.run(
            [*JOBLEDGER, "accept-loss", "--yes", "--data-dir", str(self._data()), *self.options()],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )

    def _data(self) -> Path:
        return self.ingesters[0].root / "data"

    def _down(self) -> None:
        for ingester in self.ingesters:
            ingester.kill()

    def _up(self) -> None:
        for ingester in self.ingesters:
            for tries in range(5, 0, -1):  # as a service manager does
                try:
                    ingester.start(300)
                    break
                except AssertionError:
                    if tries == 1:
                        raise


class PostgreSQL(H2):
    """Two ingesters on one PostgreSQL of this suite's own, which listens on a socket and on a free port of loopback."""

    count = 2

    def __enter__(self):
        found = sorted(glob.glob("/usr/lib/postgresql/*/bin/postgres"))
        assert found, "PostgreSQL is not here (Debian: postgresql)"
        self._bin = os.path.dirname(found[-1])
        place = self.root / "postgresql"
        place.mkdir()
        os.chmod(self.root, 0o755)
        self._as = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        if self._as:
            shutil.chown(place, "postgres")
        self._run("initdb", "-D", str(place / "db"), "-A", "trust", "-U", "jobledger", "-E", "UTF8", "--locale=C")
        from tools.ingester import closed_port

        self._port = closed_port()
        options = "-c listen_addresses=127.0.0.1 -c port=%d -c unix_socket_directories=%s" % (self._port, place)
        self._run("pg_ctl", "-D", str(place / "db"), "-w", "-l", str(place / "log"), "-o", options, "start")
        self._place = place
        self._sql("CREATE DATABASE jobledger")
        return super().__enter__()

    def __exit__(self, *failure) -> None:
        super().__exit__(*failure)
        self._run("pg_ctl", "-D", str(self._place / "db"), "-m", "immediate", "stop")

    def options(self) -> tuple:
        return (
            "--ledger",
            "jdbc:postgresql://127.0.0.1:%d/jobledger?sslmode=disable" % self._port,
            "--ledger-user",
            "jobledger",
        )

    def copy(self) -> None:
        self._sql("DROP DATABASE IF EXISTS copy WITH (FORCE)", "CREATE DATABASE copy TEMPLATE jobledger")

    def restore(self) -> None:
        self._sql("DROP DATABASE jobledger WITH (FORCE)", "CREATE DATABASE jobledger TEMPLATE copy")

    def _down(self) -> None:
        super()._down()
        # A template must have no sessions; those of killed ingesters end by and by.
        gone = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'jobledger'"
        self._sql(gone)

    def _sql(self, *statements: str) -> None:
        for statement in statements:
            self._run("psql", "-q", "-h", str(self._place), "-p", str(self._port), "-U", "jobledger", "-d", "postgres")(
                statement
            )

    def _run(self, program: str, *arguments: str):
        command = [*self._as, "%s/%s" % (self._bin, program), *arguments]
        if program != "psql":
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/")
        return lambda text: subprocess.run(
            [*command, "-c", text], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/"
        )


KINDS = {"away": Away, "h2": H2, "postgresql": PostgreSQL}
