#!/usr/bin/env python3
"""Asks an ingester whatever docs/openapi.yaml allows, and much that it does not, and holds every answer against it.

    python3 ingester/src/test/fuzz/run_tests.py [--long] [--seed N] [--examples N]

Two rounds, each against the jar as built with a ledger of its own: without tokens, and with a token that may do
everything. A seed makes the same requests again; it is printed. The short form is part of `mvnw verify`; `--long` also
tries every boundary of every parameter, follows what one answer says into the next request, and tries 20 times as many
examples. Where Python is older than 3.10 it says so in one line and succeeds: `AnyRequestTest` and `HostileBodiesTest`
hold without it.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import threading
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[3]
sys.path.insert(0, str(ROOT / "ansible_plugins"))

import devenv  # noqa: E402

JAR = Path(os.environ.get("JOBLEDGER_JAR") or ROOT / "ingester" / "target" / "jobledger.jar")
CONTRACT = ROOT / "docs" / "openapi.yaml"
RUN = "6f1c9a52-0d0b-4a8e-9a57-0d5be3f0c111"
# So that lists, lookups and pages have something to show.
EVENTS = """[
{"type":"run_started","run_id":"%(run)s","seq":1,"at":"2026-11-20T10:00:00Z","kind":"playbook","playbook":"site.yml","user":"deploy","labels":{"team":"db"}},
{"type":"job_started","run_id":"%(run)s","seq":2,"at":"2026-11-20T10:00:01Z","host":"db1","play":"Upgrade","job":"upgrade","task":"upgrade","ansible_job_id":"j1.1","async":60},
{"type":"job_ended","run_id":"%(run)s","seq":3,"at":"2026-11-20T10:00:09Z","host":"db1","ansible_job_id":"j1.1","status":"succeeded"}]""" % {
    "run": RUN
}


class Ingester:
    """The program on a free port, with a ledger that is thrown away."""

    def __init__(self, directory: str) -> None:
        self.java = ["java", "-Xmx192m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-jar", str(JAR)]
        self.data = ["--data-dir", os.path.join(directory, "data")]
        self.environment = {key: value for key, value in os.environ.items() if not key.startswith("JOBLEDGER_")}
        self.environment["XDG_CONFIG_HOME"] = directory
        self.log = Path(directory, "log")

    def token(self) -> str:
        """Make a token that may do everything."""
        made = subprocess.run(
            [*self.java, "token", "create", "--scope", "admin", "--name", "fuzzer", *self.data],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            check=True,
        )
        return re.search(r"jl_[0-9a-f]{64}", made.stdout).group(0)

    def __enter__(self) -> str:
        self.process = subprocess.Popen(
            [*self.java, "serve", "--port", "0", "--mirror", "none", "--trusted-proxies", "127.0.0.1", *self.data],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=self.log.open("wb"),
            text=True,
        )
        # A start that hangs would hang the build.
        watch = threading.Timer(120, self.process.kill)
        watch.start()
        found = re.search(r"listens on (http://\S+)", self.process.stdout.readline())
        watch.cancel()
        if not found:
            raise RuntimeError("the ingester did not start: " + self.log.read_text())
        return found.group(1)

    def __exit__(self, *failure) -> None:
        self.process.terminate()
        self.process.wait(timeout=60)
        self.process.stdout.close()

    def complaints(self) -> list[str]:
        """What it logged as an error: a fault that no answer shows."""
        return [line for line in self.log.read_text(errors="replace").splitlines() if " ERROR " in line]


def _contract(directory: str, token: str | None) -> str:
    """With tokens the contract's `security` may not leave them out: then a request without one must be refused."""
    text = CONTRACT.read_text(encoding="utf-8")
    if token:
        text = text.replace("security:\n  - {}\n  - token: []\n", "security:\n  - token: []\n", 1)
    place = Path(directory, "contract.yaml")
    place.write_text(text, encoding="utf-8")
    return str(place)


def attack(python_bin: Path, options: argparse.Namespace, with_token: bool) -> int:
    """One round; return how many faults were found, as an exit code."""
    with tempfile.TemporaryDirectory(prefix="jobledger-fuzz-") as directory:
        ingester = Ingester(directory)
        token = ingester.token() if with_token else None
        headers = {"Authorization": "Bearer " + token} if token else {}
        phases = "examples,coverage,fuzzing,stateful" if options.long else "fuzzing"
        with ingester as url:
            post = urllib.request.Request(
                url + "/api/v1/events", EVENTS.encode(), {"Content-Type": "application/json", **headers}
            )
            urllib.request.urlopen(post, timeout=60).close()
            command = [
                str(python_bin / "schemathesis"),
                "--config-file",
                str(HERE / "schemathesis.toml"),
                "run",
                _contract(directory, token),
                "--url",
                url,
                "--seed",
                str(options.seed),
                "--max-examples",
                str(options.examples),
                "--phases",
                phases,
                "--continue-on-failure",
                "--no-shrink",
                "--generation-database",
                "none",
                "--request-timeout",
                "60",
                "--suppress-health-check",
                "all",
                "--no-color",
                "--warnings",
                "off",
            ]
            for name, value in headers.items():
                command += ["--header", "%s: %s" % (name, value)]
            environment = dict(
                os.environ,
                SCHEMATHESIS_HOOKS="checks",
                PYTHONPATH=str(HERE),
                PYTHONDONTWRITEBYTECODE="1",
                JOBLEDGER_RUN=RUN,
            )
            ended = subprocess.run(
                command, cwd=directory, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
            )
        complaints = ingester.complaints()
    cases = re.search(r"\d+ generated.*", ended.stdout)
    print(
        "fuzzer, %s: %s, seed %d"
        % ("with a token" if with_token else "without tokens", cases.group(0) if cases else "no cases", options.seed),
        flush=True,
    )
    if ended.returncode or complaints:
        print(ended.stdout, *complaints, sep="\n", flush=True)
        return 1
    return 0


def main() -> int:
    """The command line; see the top of this file."""
    parser = argparse.ArgumentParser(description="Fuzz the API from its contract.")
    parser.add_argument("--long", action="store_true", help="every phase, and 20 times as many examples")
    parser.add_argument(
        "--seed",
        type=int,
        default=int(os.environ.get("JOBLEDGER_FUZZ_SEED") or 8740),
        help="makes the same requests again (JOBLEDGER_FUZZ_SEED); default: 8740",
    )
    parser.add_argument("--examples", type=int, help="most examples of an operation")
    options = parser.parse_args()
    options.examples = options.examples or (200 if options.long else 10)
    try:
        if sys.version_info < (3, 10):
            raise devenv.EnvironmentMissing("schemathesis needs Python 3.10 or later")
        place = devenv.build(devenv.TOOLS / "venv-fuzz", [HERE / "requirements.txt"], "the fuzzer schemathesis")
    except devenv.EnvironmentMissing as error:
        print("fuzzer SKIPPED: %s" % error, flush=True)
        return 0
    # At once: each round waits for its own ingester most of the time.
    with ThreadPoolExecutor(2) as rounds:
        return max(rounds.map(lambda with_token: attack(place, options, with_token), (False, True)))


if __name__ == "__main__":
    sys.exit(main())
