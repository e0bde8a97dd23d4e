"""Every plugin of the collection has a complete page of ansible-doc."""

from __future__ import annotations

import json

import pytest
from tools.controller import COLLECTIONS

PLUGINS = COLLECTIONS / "ansible_collections" / "jobledger" / "core" / "plugins"
KINDS = {"modules": "module", "lookup": "lookup", "callback": "callback"}


@pytest.mark.parametrize("folder", sorted(KINDS))
def test_each_plugin_documents_each_option(controller, folder):
    names = sorted("jobledger.core." + path.stem for path in (PLUGINS / folder).glob("*.py") if path.stem != "__init__")
    done = controller.command("ansible-doc", "-t", KINDS[folder], "--json", *names)
    assert done.returncode == 0 and "rror" not in done.stderr, done.stderr
    pages = json.loads(done.stdout)
    assert sorted(pages) == names
    for name, page in pages.items():
        doc = page["doc"]
        assert doc["short_description"] and doc["description"] and doc["author"], name
        assert all(option.get("description") for option in (doc.get("options") or {}).values()), name
        assert folder == "callback" or page["examples"] and page["return"], name
