# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""Where a job's record lives below a mirror's root: job key to relative path.

Pure functions without I/O, safe on any thread.
"""

from __future__ import annotations

import hashlib

MAX_SEGMENT_BYTES = 200
_MARK = "~"
_DIGEST_CHARS = 16
_KEEP_BYTES = MAX_SEGMENT_BYTES - len(_MARK) - _DIGEST_CHARS


def segment(name: str) -> str:
    """Return `name` as one path segment of at most 200 UTF-8 bytes.

    Different names give different segments (up to a SHA-256 collision of 64 bits), and no segment is `.`, `..` or
    holds a separator. Raises ValueError for an empty name and for one that is not valid Unicode.
    """
    if not name:
        raise ValueError("a name is empty: host, play and job each need at least one character")
    try:
        raw = name.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError("a name holds an unpaired surrogate and cannot be written as UTF-8") from error
    atoms = [_atom(char, first=index == 0) for index, char in enumerate(name)]
    encoded = b"".join(atoms)
    if len(encoded) <= MAX_SEGMENT_BYTES:
        return encoded.decode("utf-8")
    return _cut(atoms).decode("utf-8") + _MARK + hashlib.sha256(raw).hexdigest()[:_DIGEST_CHARS]


def record_path(host: str, play: str, job: str) -> str:
    """Return `host/play/job.json` with each part made safe. Raises ValueError as `segment` does."""
    return "/".join((segment(host), segment(play), segment(job) + ".json"))


def _atom(char: str, first: bool) -> bytes:
    code = ord(char)
    if char in "/%\\" or code < 0x20 or 0x7F <= code <= 0x9F or (first and char == "."):
        return b"".join(b"%%%02X" % byte for byte in char.encode("utf-8"))
    return char.encode("utf-8")


def _cut(atoms: list[bytes]) -> bytes:
    # An atom is all that stands for one character of the name, so no escape and no code point is ever split.
    kept = bytearray()
    for atom in atoms:
        if len(kept) + len(atom) > _KEEP_BYTES:
            break
        kept += atom
    return bytes(kept)
