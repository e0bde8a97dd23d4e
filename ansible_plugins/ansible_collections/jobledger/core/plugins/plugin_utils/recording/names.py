# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""Text that goes on the wire: names without what the contract forbids, cut to its limits.

Pure functions without I/O, safe on any thread.
"""

from __future__ import annotations

import re

MAX_NAME_BYTES = 4096
MAX_LABEL_BYTES = 1024
MAX_MESSAGE_CHARS = 1000
_FORBIDDEN = re.compile("[\x00\ud800-\udfff]")
# What `{{ omit }}` gives up to ansible-core 2.18: a text that is another one in each run. Later versions refuse it as a
# name.
_OMITTED = "__omit_place_holder__"


def clean(value: object) -> str:
    """Return `value` as text without NUL and unpaired surrogates: each becomes U+FFFD."""
    if value.__class__ is str and value.isascii() and "\0" not in value:
        return value  # nearly all of them
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    # str.__str__ and the slice drop Ansible's own string classes, which carry tags that do not belong in JSON.
    return _FORBIDDEN.sub("\ufffd", str.__str__(value) if isinstance(value, str) else str(value))


def cut(text: str, limit: int) -> str:
    """Return the longest beginning of `text` that has at most `limit` UTF-8 bytes; never splits a code point."""
    if len(text) * 4 <= limit:
        return text  # no code point has more bytes
    raw = text.encode("utf-8")
    return text if len(raw) <= limit else raw[:limit].decode("utf-8", "ignore")


def name(value: object) -> str | None:
    """Return `value` as a name for the wire, or None when it is None, empty, or what `{{ omit }}` gives."""
    if value is None:
        return None
    text = clean(value)
    return cut(text, MAX_NAME_BYTES) or None if _OMITTED not in text else None


def with_label(base: str, label: str | None) -> str:
    """Return `base (label)`, at most 4,096 bytes and ending in the label; `base` alone when there is no label."""
    if not label:
        return cut(base, MAX_NAME_BYTES)
    suffix = " (%s)" % cut(label, MAX_LABEL_BYTES)
    return cut(base, MAX_NAME_BYTES - len(suffix.encode("utf-8"))) + suffix


def mentions(template: object, variable: str | None) -> bool:
    """Return whether a template's own text names `variable`: then the name it gives already differs by item."""
    return (
        bool(variable)
        and isinstance(template, str)
        and variable in template
        and bool(re.search(r"(?<![\w.])%s(?!\w)" % re.escape(variable), template))
    )


def message(value: object) -> str | None:
    """Return `value` as one line of at most 1,000 characters, or None when nothing is left."""
    if value is None or isinstance(value, (dict, list)):
        return None
    return " ".join(clean(value).split())[:MAX_MESSAGE_CHARS] or None
