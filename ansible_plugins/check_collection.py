#!/usr/bin/env python3
"""Checks the collection as Galaxy, Automation Hub and AAP want it: its archive, and nothing else.

    python3 ansible_plugins/check_collection.py [--all] [--ansible VERSION]… [CHECK…]

Without --all: what takes half a minute (`mvn verify` runs it). With --all also ansible-test's sanity, units and
integration, and the site of the plugins' documentation. By default ansible-test runs on the oldest and the newest
ansible-core that this Python can run; another Python runs the others. Needs Python 3.11 or later; everything else is
kept in .tools/.
"""

from __future__ import annotations

import argparse
import glob
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import devenv

HERE = Path(__file__).resolve().parent
SOURCE = HERE / "ansible_collections" / "jobledger" / "core"
PINS = HERE / "requirements" / "collection.txt"
TOOLS = devenv.TOOLS.resolve()
OLDEST = "2.14.18"
RUNNER = {
    "inventory/hosts": "testhost ansible_connection=local ansible_python_interpreter={{ansible_playbook_python}}\n",
    "env/extravars": '{"tower_job_id": 812, "tower_workflow_job_id": 40}\n',
    "env/envvars": "ANSIBLE_CALLBACKS_ENABLED: jobledger.core.recorder\nJOBLEDGER_URL: http://127.0.0.1:9\n"
    "JOBLEDGER_SPOOL_DIR: %(spool)s\nANSIBLE_ASYNC_DIR: %(spool)s.async\n",
    "project/site.yml": "- name: Upgrade\n  hosts: all\n  gather_facts: false\n  tasks:\n    - name: Migrate schema\n"
    '      ansible.builtin.command: "true"\n      async: 60\n      poll: 1\n',
}
TARGETS = ["2.7", *("3.%d" % minor for minor in range(5, 16))]


class Broken(Exception):
    """A check failed; the text is what the tool said."""


class Archive:
    """The collection's archive, built, and unpacked where ansible-test and the others look for a collection."""

    def __init__(self, place: Path, tools: Path) -> None:
        self.tools, self.place = tools, place
        self.collections = place / "collections"
        self.root = self.collections / "ansible_collections" / "jobledger" / "core"
        self.run("ansible-galaxy", "collection", "build", str(SOURCE), "--output-path", str(place), cwd=place)
        (self.file,) = place.glob("jobledger-core-*.tar.gz")
        self.root.mkdir(parents=True)
        with tarfile.open(self.file) as packed:
            packed.extractall(self.root)

    def run(self, *command: str, cwd: Path | None = None, path: str | None = None, tools: Path | None = None) -> str:
        """Run a tool and return what it said. Raises Broken."""
        tools = tools or self.tools
        home = TOOLS / "ansible-test-home"
        home.mkdir(exist_ok=True)
        environment = {key: value for key, value in os.environ.items() if not key.startswith("ANSIBLE_")}
        environment.update(
            HOME=str(home),
            NO_COLOR="1",
            PYTHONDONTWRITEBYTECODE="1",
            ANSIBLE_COLLECTIONS_PATH=str(self.collections),
            PATH="%s:%s" % (tools, path or os.environ["PATH"]),
        )
        done = subprocess.run(
            [str(tools / command[0]), *command[1:]],
            cwd=cwd or self.root,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        if done.returncode:
            raise Broken(done.stdout)
        return done.stdout


def contents(archive: Archive) -> None:
    """Everything that must be in the archive is, with a licence; and nothing that works in the checkout only."""
    names = {str(path.relative_to(archive.root)) for path in archive.root.rglob("*") if path.is_file()}
    wanted = {"LICENSE", "LICENSES/Apache-2.0.txt", "LICENSES/GPL-3.0-or-later.txt", "README.md", "meta/runtime.yml"}
    wrong = ["%s is missing" % name for name in sorted(wanted - names)]
    wrong += [
        "%s needs the checkout; name it in build_ignore" % name
        for name in sorted(names)
        if re.match(r"tests/(e2e|faults|race|output)/|tests/integration/(?!targets/)", name)
    ]
    for name in sorted(names):
        text = (archive.root / name).read_text(encoding="utf-8", errors="replace")
        if re.match(r"(plugins|roles|playbooks|meta)/.*\.(py|yml)$", name) and text.strip():
            if "SPDX-License-Identifier: " not in "".join(text.splitlines(True)[:6]):
                wrong.append("%s says no licence in its first lines" % name)
    if (archive.root / "LICENSE").read_bytes() != (HERE.parent / "LICENSE").read_bytes():
        wrong.append("LICENSE is not that of the whole project")
    if wrong:
        raise Broken("\n".join(wrong))


def importer(archive: Archive) -> None:
    """Galaxy takes it, without a warning."""
    said = archive.run("python", "-m", "galaxy_importer.main", str(archive.file), cwd=archive.place)
    if re.search(r"^(WARNING|ERROR|CRITICAL)", said, re.M) or "completed successfully" not in said:
        raise Broken(said)


def lint(archive: Archive) -> None:
    """ansible-lint passes with the strictest profile."""
    archive.run("ansible-lint", "--offline", "--profile", "production", "--strict")


def docs(archive: Archive) -> None:
    """The documentation of every plugin is complete and its links lead somewhere."""
    archive.run(
        "antsibull-docs",
        "lint-collection-docs",
        "--plugin-docs",
        "--validate-collection-refs",
        "self",
        str(archive.root),
    )


def environment(archive: Archive) -> None:
    """ansible-builder finds what the collection needs, and makes the context of our execution environment."""
    place = archive.place / "awx"
    shutil.copytree(HERE.parent / "packaging" / "awx", place)
    shutil.copy(archive.file, place)
    needs = archive.run("ansible-builder", "introspect", str(archive.collections))
    if "python: []" not in needs or "system: []" not in needs:
        raise Broken(needs)
    archive.run("ansible-builder", "create", "--file", "execution-environment.yml", cwd=place)
    if archive.file.name not in (place / "context" / "_build" / "requirements.yml").read_text():
        raise Broken("the collection is not in the context")


def runner(archive: Archive) -> None:
    """ansible-runner, as AWX calls it, with its own callback: the run gets AWX's ids and spools its events."""
    place = archive.place / "runner"
    for name, text in RUNNER.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(text % {"spool": place / "spool"})
    archive.run("ansible-runner", "run", str(place), "--playbook", "site.yml")
    events = [path.read_text() for path in place.glob("artifacts/*/job_events/*.json")]
    if not any("Migrate schema" in text for text in events):
        raise Broken("ansible-runner's own callback saw nothing")
    spooled = b"".join(path.read_bytes() for path in (place / "spool").rglob("*.spool"))
    for wanted in (b'"awx-workflow-40"', b'"ci_job":"812"', b'"job_started"', b'"succeeded"'):
        if wanted not in spooled:
            raise Broken("%r is not in the spool: %r" % (wanted, spooled))


def changelog(archive: Archive) -> None:
    """The fragments can be made into a changelog."""
    archive.run("antsibull-changelog", "lint", cwd=SOURCE)


def site(archive: Archive) -> None:
    """The plugins' documentation becomes a site, without a warning."""
    rst = archive.place / "rst"
    rst.mkdir()
    strict = ("--use-current", "--squash-hierarchy", "--fail-on-error")
    archive.run("antsibull-docs", "collection", *strict, "--dest-dir", str(rst), "jobledger.core")
    (rst / "conf.py").write_text(
        "project = 'jobledger.core'\nextensions = ['sphinx_antsibull_ext']\nhtml_theme = 'alabaster'\n"
        # References into Ansible's own pages: an inventory of them would have to be downloaded.
        "antsibull_ext_color_scheme = 'default'\nsuppress_warnings = ['ref.ref']\n"
    )
    archive.run("sphinx-build", "-q", "-W", "--keep-going", str(rst), str(archive.place / "site"))


def sanity(archive: Archive, version: str) -> None:
    """ansible-test's own rules, on every Python that hosts may have and this machine has."""
    # Exceptions and their reasons stay in the checkout: Galaxy's importer warns of any.
    shutil.copytree(SOURCE / "tests" / "sanity", archive.root / "tests" / "sanity", dirs_exist_ok=True)
    _ansible_test(archive, version, "sanity")


def units(archive: Archive, version: str) -> None:
    """The unit tests, run by ansible-test."""
    _ansible_test(archive, version, "units", "--venv", "--python", "3.%d" % sys.version_info[1])


def integration(archive: Archive, version: str) -> None:
    """The integration targets, run by ansible-test."""
    _ansible_test(archive, version, "integration", "--venv", "--python", "3.%d" % sys.version_info[1])


QUICK = {"contents": contents, "importer": importer, "lint": lint, "docs": docs, "changelog": changelog}
ALL = {"site": site, "environment": environment, "runner": runner}
MATRIX = {"sanity": sanity, "units": units, "integration": integration}


def _ansible_test(archive: Archive, version: str, *command: str) -> None:
    tools = devenv.ensure(version)
    _offer_pip(tools)
    shutil.rmtree(archive.root / "tests" / "output", ignore_errors=True)
    archive.run("ansible-test", *command, "--color", "no", path=_pythons(), tools=tools)


def _offer_pip(tools: Path) -> None:
    # ansible-test would download a script that installs pip, from a place that not every network lets it reach.
    (source,) = tools.parent.glob("lib/python3*/site-packages/ansible_test/_internal/python_requirements.py")
    cache = TOOLS / "ansible-test-home" / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    for version in set(re.findall(r"pip='([\d.]+)'", source.read_text())):
        shutil.copyfile(HERE / "ansible_test_pip.py", cache / ("get_pip_%s.py" % version.replace(".", "_")))


def _pythons() -> str:
    # ansible-test stops at a python3.x on the PATH that does not run, such as pyenv's stand-ins.
    links = TOOLS / "pythons"
    links.mkdir(exist_ok=True)
    root = os.environ.get("PYENV_ROOT") or os.path.expanduser("~/.pyenv")
    for target in TARGETS:
        name, link = "python" + target, links / ("python" + target)
        for candidate in [
            sys.executable,
            shutil.which(name),
            *glob.glob("%s/versions/%s.*/bin/%s" % (root, target, name)),
        ]:
            if candidate and _is(candidate, target):
                link.unlink(missing_ok=True)
                link.symlink_to(candidate)
                break
    return "%s:/usr/bin:/bin" % links


def _is(python: str, version: str) -> bool:
    asked = subprocess.run(
        [python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    return asked.returncode == 0 and asked.stdout.decode().strip() == version


def _wanted(given: argparse.Namespace) -> list:
    versions = given.ansible or ([OLDEST] if devenv.runnable(OLDEST) else []) + [devenv.newest()]
    plain = {**QUICK, **(ALL if given.all or given.checks else {})}
    wanted = [(name, check, ()) for name, check in plain.items()]
    if given.all or given.checks:
        wanted += [(name, check, (version,)) for version in versions for name, check in MATRIX.items()]
    return [each for each in wanted if not given.checks or each[0] in given.checks]


def main() -> int:
    """The command line; see the top of this file. Returns 1 when a check failed; the others run all the same."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--all", action="store_true", help="also what takes minutes")
    parser.add_argument(
        "--ansible", metavar="VERSION", action="append", help="one of: %s" % ", ".join(devenv.versions())
    )
    parser.add_argument("checks", nargs="*", metavar="CHECK", help=", ".join([*QUICK, *ALL, *MATRIX]))
    given = parser.parse_intermixed_args()
    if sys.version_info < (3, 11):
        print("check_collection: its tools need Python 3.11 or later; nothing was checked", flush=True)
        return 1 if given.all or given.checks else 0
    failed = 0
    try:
        tools = devenv.build(TOOLS / "venv-collection", [PINS], "what checks the collection")
        with tempfile.TemporaryDirectory(prefix="jobledger-check-") as place:
            archive = Archive(Path(place), tools)
            for name, check, arguments in _wanted(given):
                title = " ".join([name, *arguments])
                try:
                    check(archive, *arguments)
                    print("ok      %s" % title, flush=True)
                except Broken as error:
                    failed += 1
                    print("FAILED  %s\n%s" % (title, error), flush=True)
    except (devenv.EnvironmentMissing, Broken) as error:
        print("check_collection: %s" % error, file=sys.stderr)
        return 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
