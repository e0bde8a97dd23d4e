#!/usr/bin/env python3
"""Builds the documentation as a site: pages with search, a switch between versions, the HTTP API, and llms.txt.

    python3 packaging/site/build.py [--into DIR]

DIR (target/site by default) gets a directory for this version beside those of the versions that are there already, and
an index that leads to the newest. Any web server can serve it, and so can `python3 -m http.server`. The build fails
where a link leads nowhere. Needs Python 3.10 or later; everything else is kept in .tools/.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT / "ansible_plugins"))

import devenv  # noqa: E402

API = ROOT / "ingester" / "src" / "main" / "resources" / "io" / "jobledger" / "http" / "contract" / "api.html"
# What is published beside docs/, where it stands in the checkout: links between them hold as they are.
BESIDE = ("README.md", "ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "CODE_OF_CONDUCT.md")
FURTHER = ("LICENSE", "NOTICE", "bench/README.md", "packaging/README.md", "docs/examples", "docs/images")
ROLES = "ansible_plugins/ansible_collections/jobledger/core/roles"
PARTS = (("Tutorial", "docs"), ("How to", "docs/how-to"), ("Reference", "docs/reference"), ("Why", "docs/explanation"))
REDIRECT = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Jobledger</title>
<meta http-equiv="refresh" content="0; url={version}/"></head>
<body><a href="{version}/">Jobledger {version}</a></body></html>
"""


def version() -> str:
    """Return the version of the checkout."""
    return re.search(r"<version>([^<]+)</version>", (ROOT / "pom.xml").read_text(encoding="utf-8")).group(1)


def title(page: Path) -> str:
    """Return the title of a page: its first heading."""
    return re.search(r"^# (.+)$", page.read_text(encoding="utf-8"), re.M).group(1).replace("`", "")


def summary(page: Path) -> str:
    """Return the first paragraph of a page as one line of plain text."""
    text = page.read_text(encoding="utf-8").split("\n# ", 1)[-1]
    for part in text.split("\n\n")[1:]:
        if part and part.lstrip()[0] not in "#|`<-!":
            return " ".join(re.sub(r"\[([^]]*)]\([^)]*\)", r"\1", part).replace("**", "").split())
    return ""


def collect(place: Path) -> None:
    """Copy what is published, and make the page of the HTTP API."""
    shutil.copytree(ROOT / "docs", place / "docs", ignore=shutil.ignore_patterns(".*"))
    for name in (*BESIDE, *FURTHER):
        if not name.startswith("docs/"):
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, place / name)
    for page in (ROOT / ROLES).glob("*/README.md"):
        copy = place / page.relative_to(ROOT)
        copy.parent.mkdir(parents=True)
        shutil.copyfile(page, copy)
    text = API.read_text(encoding="utf-8")
    (place / "docs" / "reference" / "api.md").write_text(
        "# HTTP API\n\nThe contract is [openapi.yaml](../openapi.yaml); an ingester shows this page at `/api/`.\n\n"
        '<div class="api">\n%s\n</div>\n' % text.strip(),
        encoding="utf-8",
    )


def navigation(place: Path) -> list:
    """Return the pages in the order of the menu."""
    entries: list = [{"Jobledger": "README.md"}, {"Tutorial": "docs/tutorial.md"}]
    for name, folder in PARTS[1:]:
        pages = sorted((place / folder).glob("*.md"), key=title)
        entries.append({name: [{title(page): str(page.relative_to(place))} for page in pages]})
    roles = sorted((place / ROLES).glob("*/README.md"))
    entries.append({"Roles": [{page.parent.name: str(page.relative_to(place))} for page in roles]})
    project = [{title(place / name): name} for name in BESIDE[1:]]
    project += [{title(place / name): name} for name in FURTHER if name.endswith(".md")]
    return [*entries, {"Project": project}]


def llms(place: Path) -> str:
    """Return llms.txt: what this is, and each page with what it is about, for programs that read."""
    lines = ["# Jobledger", "", "> " + summary(place / "README.md"), ""]
    for name, folder in PARTS:
        lines += ["## " + name, ""]
        for page in sorted((place / folder).glob("*.md"), key=title):
            address = str(page.relative_to(place))[: -len(".md")] + "/"
            about = summary(page)
            lines.append("- [%s](%s)%s" % (title(page), address, ": " + about if about else ""))
        lines.append("")
    return "\n".join([*lines, "## Contract", "", "- [OpenAPI](docs/openapi.yaml): the HTTP API", ""])


def versions(into: Path) -> list[str]:
    """Return the versions that the site has, newest first."""
    found = [path.name for path in into.iterdir() if path.is_dir() and re.match(r"\d", path.name)]
    return sorted(found, key=lambda name: [int(part) for part in re.findall(r"\d+", name)], reverse=True)


def build(into: Path, tools: Path) -> None:
    """Build this version of the site below `into`. Raises CalledProcessError where a link leads nowhere."""
    with tempfile.TemporaryDirectory(prefix="jobledger-site-") as scratch:
        place, this = Path(scratch) / "pages", version()
        place.mkdir()
        collect(place)
        # JSON is YAML, too; what is the same for every build stands beside this file.
        settings = {"INHERIT": str(HERE / "mkdocs.yml"), "docs_dir": str(place), "nav": navigation(place)}
        settings["site_dir"] = str(Path(scratch) / "site")
        shutil.copyfile(HERE / "api.css", place / "api.css")
        (Path(scratch) / "mkdocs.yml").write_text(json.dumps(settings), encoding="utf-8")
        subprocess.run(
            [str(tools / "mkdocs"), "build", "--strict", "--quiet", "--config-file", str(Path(scratch) / "mkdocs.yml")],
            check=True,
            env=dict(os.environ, NO_MKDOCS_2_WARNING="1"),
        )
        (Path(scratch) / "site" / "llms.txt").write_text(llms(place), encoding="utf-8")
        into.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(into / this, ignore_errors=True)
        shutil.copytree(Path(scratch) / "site", into / this)
    newest = versions(into)
    (into / "versions.json").write_text(
        json.dumps([{"version": name, "title": name, "aliases": []} for name in newest], indent=1), encoding="utf-8"
    )
    (into / "index.html").write_text(REDIRECT.format(version=newest[0]), encoding="utf-8")
    text = (into / newest[0] / "llms.txt").read_text(encoding="utf-8")
    (into / "llms.txt").write_text(text.replace("](docs/", "](%s/docs/" % newest[0]), encoding="utf-8")


def main() -> int:
    """The command line; see the top of this file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--into", type=Path, default=ROOT / "target" / "site", help="default: target/site")
    into = parser.parse_args().into
    if sys.version_info < (3, 10):
        print("build.py: its tools need Python 3.10 or later", file=sys.stderr)
        return 1
    try:
        tools = devenv.build(devenv.TOOLS / "venv-site", [HERE / "requirements.txt"], "what makes the site")
        build(into, tools)
    except devenv.EnvironmentMissing as error:
        print("build.py: %s" % error, file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as error:
        print("build.py: mkdocs ended with %d; what it said above names the page" % error.returncode, file=sys.stderr)
        return 1
    print("the site is in %s: %s" % (into, ", ".join(versions(into))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
