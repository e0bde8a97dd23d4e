"""Which commands and playbooks of the documents no test runs. The list beside this file may only become shorter.

A block counts as run when a test asks for the blocks of its kind on its page (`tools.pages`), or when OTHERS names the
test that reads the page in another way.
"""

from __future__ import annotations

import re
from pathlib import Path

from tools import pages
from tools.program import CHECKOUT

TESTS = Path(__file__).resolve().parents[1]
LIST = Path(__file__).with_name("documents_not_run.txt")
# More are never added: a new command comes with a test that runs it.
MOST = 65
COMMANDS = ("", "console", "sh", "bash")
# Pages that are read by tests of other kinds: the file, and what stands in it.
OTHERS = {
    ("how-to/wait.md", ""): ("ingester/src/test/java/io/jobledger/cli/ActCommandsTest.java", '"wait", "cancel"'),
    ("how-to/cancel.md", ""): ("ingester/src/test/java/io/jobledger/cli/ActCommandsTest.java", '"wait", "cancel"'),
    ("how-to/output.md", ""): ("ingester/src/test/java/io/jobledger/cli/ActCommandsTest.java", '"output")'),
    ("reference/cli.md", ""): ("ingester/src/test/java/io/jobledger/cli/CliReferenceTest.java", "reference/cli.md"),
}
# Single blocks of a page that such a test runs, by their first lines.
BLOCKS = {
    ("how-to/operate.md", "jobledger serve --mirror ~/mirror --log-copy 5s"),
    ("how-to/operate.md", "jobledger mirror ls"),
    ("how-to/operate.md", "jobledger restore --from ~/mirror"),
}
BLOCKS_RUN_BY = CHECKOUT / "ingester/src/test/java/io/jobledger/cli/LogCopyProcessTest.java"
_PROGRAMS = re.compile(
    r"^(\$ |sudo |source |export )?(\S*/)?(jobledger|ansible\S*|curl|python3|mvnw|apt|dnf|systemctl|tar|openssl|sha256sum"
    r"|podman|helm|docker|pip|gunzip|psql|oci|journalctl|JOBLEDGER_\w+=\S+)(\s|$)",
    re.M,
)


def asked_for() -> set[tuple[str, str]]:
    """Return page and kind of everything that a test of the collection asks for."""
    found = set()
    for path in TESTS.rglob("test_*.py"):
        text = path.read_text(encoding="utf-8")
        found |= set(re.findall(r'snippets\(\s*"([^"]+)",\s*"(\w+)"', text))
        found |= {(page, kind) for page in re.findall(r'commands\("([^"]+)"\)', text) for kind in COMMANDS}
        for pages_of, kind in re.findall(
            r'for page in \(([^)]*)\)\s+for block in pages\.snippets\(page, "(\w+)"', text
        ):
            found |= {(page, kind) for page in re.findall(r'"([^"]+)"', pages_of)}
    return found


def documents() -> list[str]:
    """Return the pages, as `tools.pages` names them."""
    docs = CHECKOUT / "docs"
    return ["../README.md", *sorted(str(path.relative_to(docs)) for path in docs.rglob("*.md"))]


def not_run() -> list[str]:
    """Return every block of commands or of a playbook that no test asks for, by page, kind and first line."""
    run = asked_for()
    for key, (file, what) in OTHERS.items():
        if (CHECKOUT / file).is_file() and what in (CHECKOUT / file).read_text(encoding="utf-8"):
            run.add(key)
    single = BLOCKS if "operate.md" in BLOCKS_RUN_BY.read_text(encoding="utf-8") else set()
    return [
        " | ".join((page, kind or "-", text.strip().splitlines()[0].strip()))
        for page in documents()
        for kind, text in pages.blocks(page)
        if (page, kind) not in run
        and (page, text.strip().splitlines()[0].strip()) not in single
        and (kind in COMMANDS and _PROGRAMS.search(text) or kind == "yaml" and "hosts:" in text)
    ]


def test_what_no_test_runs_is_listed_and_the_list_only_shrinks():
    listed = LIST.read_text(encoding="utf-8").splitlines()
    found = not_run()
    assert found == listed, "only in the documents: %s; only in the list: %s" % (
        sorted(set(found) - set(listed)),
        sorted(set(listed) - set(found)),
    )
    assert len(listed) <= MOST
