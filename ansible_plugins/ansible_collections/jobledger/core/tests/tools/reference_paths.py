"""A second implementation of "key to path", written apart from the plugin's: by regular expressions over text.

Run it to write tests/fixtures/job_paths.json anew: python3 tests/tools/reference_paths.py
"""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

SPECIAL = re.compile("[/%\\\\\x00-\x1f\x7f-\x9f]")
# Everything that stands for one character of the name: a run of escapes counts by its UTF-8 length.
UNIT = re.compile(r"%C2%[0-9A-F]{2}|%[0-9A-F]{2}|.", re.S)


def segment(name: str) -> str:
    """Return the path segment of a name."""

    def escape(match) -> str:
        return "".join("%" + format(byte, "02X") for byte in bytes(match.group(), "utf8"))

    text = SPECIAL.sub(escape, name)
    if text[0] == ".":
        text = "%2E" + text[1:]
    if len(bytes(text, "utf8")) <= 200:
        return text
    units, size = UNIT.findall(text), 0
    kept = []
    while size + len(bytes(units[0], "utf8")) <= 183:
        size += len(bytes(units[0], "utf8"))
        kept.append(units.pop(0))
    return "".join(kept) + "~" + hashlib.sha256(bytes(name, "utf8")).hexdigest()[0:16]


NAMES = [
    "upgrade_db",
    "two words",
    "  edges  ",
    "a/b/../c",
    ".",
    "..",
    "...",
    ".hidden",
    "a.b",
    "back\\slash",
    "100%",
    "%2F",
    "%2f",
    'it\'s "quoted"',
    "one\ntwo\r\n\tthree",
    "größe",
    "任务 🚀",
    "e\u0301",
    "\u00e9",
    "C1 \u0080\u0085\u009f end",
    "\x7f\x1b[31m",
    "\u00a0nbsp",
    "NUL\x00inside",
    "a:b*c?<>|",
    "~tilde",
    "x" * 200,
    "x" * 201,
    "x" * 300,
    "ü" * 100,
    "ü" * 101,
    "🚀" * 50,
    "🚀" * 51,
    "任" * 300,
    "x" * 182 + "/" * 20,
    "x" * 181 + "/" * 20,
    "x" * 180 + "/" * 20,
    "x" * 182 + "ü" * 20,
    "x" * 181 + "🚀" * 20,
    "x" * 180 + "\u0085" * 10,
    "x" * 178 + "\u0085" * 10,
    "x" * 177 + "\u0085" * 10,
    "." + "x" * 199,
    "." + "x" * 197,
    "." + "x" * 300,
    "/" * 66,
    "/" * 67,
    "x" * 300 + "a",
    "x" * 300 + "b",
    "CON",
    "a" * 199 + "%",
]


def vectors() -> list[dict]:
    """Return the vectors: each name as each part of the key."""
    keys = [("db1", "Upgrade databases", name) for name in NAMES]
    keys += [(name, "..", "job") for name in NAMES[:20]] + [("..", name, ".") for name in NAMES[20:]]
    return [
        {"host": host, "play": play, "job": job, "path": "%s/%s/%s.json" % (segment(host), segment(play), segment(job))}
        for host, play, job in keys
    ]


if __name__ == "__main__":
    target = Path(__file__).resolve().parents[1] / "fixtures" / "job_paths.json"
    target.write_text(json.dumps(vectors(), indent=1, ensure_ascii=True) + "\n", encoding="ascii")
