"""Finds a headless Chromium with its driver: the system's own, or Debian's packages unpacked into .tools/ of the
checkout. Installs nothing into the system.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

TOOLS = Path(__file__).resolve().parents[4] / ".tools"
HOME = TOOLS / "chromium"
SECONDS = 300


class Missing(Exception):
    """There is no Chromium here, and none can be had; the text says why."""


class Chromium:
    """Where the programs are, and the environment that they need."""

    def __init__(self, browser: str, driver: str, libraries: str = "") -> None:
        self.browser, self.driver = browser, driver
        self.environment = dict(os.environ, LD_LIBRARY_PATH=libraries) if libraries else dict(os.environ)

    def check(self) -> Chromium:
        """Return itself when both programs run. Raises Missing."""
        for program in (self.browser, self.driver):
            try:
                ran = subprocess.run(
                    [program, "--version"],
                    env=self.environment,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    text=True,
                    timeout=60,
                )
            except (OSError, subprocess.TimeoutExpired) as error:
                raise Missing("%s does not run: %s" % (program, error)) from None
            if ran.returncode:
                raise Missing("%s does not run: %s" % (program, " ".join(ran.stdout.split())[-200:]))
        return self


def find(say) -> Chromium:
    """Return a Chromium; what it does meanwhile goes to `say`. Raises Missing."""
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    driver = shutil.which("chromedriver")
    if browser and driver:
        return Chromium(browser, driver).check()
    if not (HOME / "usr/bin/chromedriver").exists():
        _unpack(say)
    libraries = sorted({str(path.parent) for path in (HOME / "usr/lib").rglob("*.so*")})
    return Chromium(
        str(HOME / "usr/lib/chromium/chromium"), str(HOME / "usr/bin/chromedriver"), ":".join(libraries)
    ).check()


def _unpack(say) -> None:
    for program in ("apt-get", "dpkg"):
        if not shutil.which(program):
            raise Missing("neither chromium with chromedriver nor %s is on the PATH" % program)
    say("fetching Debian's chromium into .tools/ (once; 130 MB, 420 MB unpacked)")
    state = TOOLS / ("apt-%d" % os.getpid())
    try:
        _fetch(state)
        packages = sorted((state / "cache/archives").glob("*.deb"))
        part = state / "unpacked"
        for package in packages:
            _run(["dpkg", "-x", str(package), str(part)])
        if not (part / "usr/lib/chromium/chromium").exists():
            raise Missing("the packages of this system hold no chromium")
        # What is half unpacked must not be taken for whole.
        shutil.rmtree(HOME, ignore_errors=True)
        part.rename(HOME)
    finally:
        shutil.rmtree(state, ignore_errors=True)


def _fetch(state: Path) -> None:
    """Download the packages and what they need beyond the system's, with an apt that has all its state in `state`."""
    for folder in ("lists/partial", "cache/archives/partial", "sources"):
        (state / folder).mkdir(parents=True)
    for source in [Path("/etc/apt/sources.list"), *Path("/etc/apt/sources.list.d").glob("*")]:
        # Others' sources hold no Chromium and may not answer.
        if source.is_file() and "/debian" in source.read_text(errors="replace"):
            shutil.copy(source, state / "sources" / source.name)
    options = [
        "Dir::State=%s" % state,
        "Dir::State::lists=%s/lists" % state,
        "Dir::State::status=/var/lib/dpkg/status",
        "Dir::Cache=%s/cache" % state,
        "Dir::Etc::sourcelist=/dev/null",
        "Dir::Etc::sourceparts=%s/sources" % state,
        "Debug::NoLocking=1",
        "Acquire::Languages=none",
        "Acquire::Retries=2",
        "Acquire::http::Timeout=20",
        "APT::Keep-Downloaded-Packages=true",
        "APT::Sandbox::User=",
    ]
    apt = ["apt-get", "-qq", *(part for option in options for part in ("-o", option))]
    _run([*apt, "update"])
    _run([*apt, "--yes", "--no-install-recommends", "--download-only", "install", "chromium", "chromium-driver"])


def _run(command: list[str]) -> None:
    try:
        ran = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise Missing("%s took more than %d seconds" % (command[0], SECONDS)) from None
    if ran.returncode:
        raise Missing("%s fails: %s" % (command[0], " ".join(ran.stdout.split())[-300:]))
