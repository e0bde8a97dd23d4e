# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""The recorder's settings, checked. A setting that makes no sense gives a message, never a traceback.

Pure functions without I/O, safe on any thread. No message ever holds a token.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}


class SettingError(ValueError):
    """A setting cannot be used; the text says which, why, and what to do."""


class Address:
    """Where the ingester listens: `scheme`, `host`, `port`, and `prefix`, the path before `/api`."""

    def __init__(self, url: str) -> None:
        """Raises SettingError for anything but an http or https address without user, query and fragment."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise SettingError("url is not an address like http://127.0.0.1:8740 (%s)" % error) from None
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise SettingError("url must begin with http:// or https:// and name a host")
        if parts.username is not None or parts.password is not None:
            raise SettingError("url must not hold a user name or password: use the token setting")
        if parts.query or parts.fragment:
            raise SettingError("url must not have a query or a fragment")
        if any(ord(char) <= 0x20 or ord(char) >= 0x7F for char in url):
            raise SettingError("url holds a space, a control character or a non-ASCII character")
        self.scheme = parts.scheme
        self.host = parts.hostname
        self.port = port or (443 if parts.scheme == "https" else 80)
        self.prefix = parts.path.rstrip("/")

    def __str__(self) -> str:
        host = "[%s]" % self.host if ":" in self.host else self.host
        return "%s://%s:%d%s" % (self.scheme, host, self.port, self.prefix)


def token(value: str | None) -> str | None:
    """Return the token, or None when it is empty. Raises SettingError when it cannot stand in a header."""
    if not value:
        return None
    value = str(value).strip()
    if any(not 0x21 <= ord(char) <= 0x7E for char in value):
        raise SettingError("token holds a space or a character that is not ASCII")
    return value or None


def labels(text: str | None) -> dict[str, str]:
    """Return `k=v,k=v` as a dictionary. Raises SettingError for a part without `=` or with an empty key."""
    found = {}
    for part in (text or "").split(","):
        if not part.strip():
            continue
        key, equals, value = part.partition("=")
        if not equals or not key.strip():
            raise SettingError("labels must look like team=db,ticket=CHG-7; %r does not" % part.strip())
        found[key.strip()] = value.strip()
    return found


def seconds(name: str, value: object, least: float, most: float) -> float:
    """Return `value` as seconds between `least` and `most`. Raises SettingError outside of them."""
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise SettingError("%s must be a number of seconds" % name) from None
    if not least <= number <= most:
        raise SettingError("%s must be between %g and %g seconds" % (name, least, most))
    return number


def sync(value: object) -> bool:
    """Return whether every launch is synced before its hook returns. Raises SettingError for a word that is none."""
    word = str(value).strip().lower()
    if word not in ("needed", "always"):
        raise SettingError("sync must be needed or always; %r is neither" % str(value))
    return word == "always"


def details(given) -> list[str]:
    """Return what is wanted of a job besides its names. Raises SettingError for a kind that there is not."""
    wanted = [str(kind).strip() for kind in given or () if str(kind).strip()]
    if not wanted:
        return []
    from ..recording.details import KINDS  # most runs want none

    unknown = [kind for kind in wanted if kind not in KINDS]
    if unknown:
        raise SettingError("details may name %s; %r is none of them" % (", ".join(KINDS), unknown[0]))
    return wanted


def redactor(text: str | None):
    """Return what hides secrets: the default expressions and those of `text`, one a line. Raises SettingError."""
    from ..recording.redact import Redactor, compiled  # only a recorder hides anything

    try:
        return Redactor(compiled(text))
    except ValueError as error:
        raise SettingError(str(error)) from None


def size(name: str, value: object, least: int) -> int:
    """Return `value`, `67108864` or `64MiB`, as bytes. Raises SettingError when it is less than `least` or no size."""
    found = re.fullmatch(r"(\d{1,15})\s*([kmg]?)(?:i?b)?", str(value).strip().lower())
    if found is None:
        raise SettingError("%s must be a number of bytes, such as 67108864 or 64MiB" % name)
    number = int(found[1]) * _UNITS[found[2]]
    if number < least:
        raise SettingError("%s must be at least %d bytes" % (name, least))
    return number
