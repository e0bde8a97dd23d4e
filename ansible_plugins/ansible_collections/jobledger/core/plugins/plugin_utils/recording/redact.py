# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""Hides what looks like a secret in text that is about to be recorded. A net, not a proof: `no_log` is the promise.

Pure functions without I/O, safe on any thread. No expression needs more than a time in proportion to the text.
"""

from __future__ import annotations

import re

HIDDEN = "***"
_WORD = (
    r"(?:pass(?:word|wd|phrase|code)?|pwd|secret|token|credential"
    r"|(?:api|access|account|private|signing|encryption)[_-]?key)"
)
_QUOTED = r"""\\?"(?:[^"\\\n]|\\[^"\n]){0,2000}\\?"|\\?'(?:[^'\\\n]|\\[^'\n]){0,2000}\\?'"""
_ALONE = r"(?<![\w-])"


class _Rule:
    """One expression. It is compiled when a text first has one of the words without which it finds nothing: most runs
    have no such text, and all of them compiled take longer than all else that the recorder does at its start.
    """

    def __init__(self, words: tuple, expression: str) -> None:
        self._words = words
        self._expression = expression
        self._compiled = None

    def hide(self, text: str, folded: str) -> str:
        """Return the text with what the expression finds replaced. `folded` is the text without upper case."""
        if not any(word in folded for word in self._words):
            return text
        if self._compiled is None:
            self._compiled = re.compile(self._expression, re.IGNORECASE | re.DOTALL)
        return self._compiled.sub(_hide, text)


_KEY = ("private key",)
_NAMED = ("pass", "pwd", "secret", "token", "credential", "key")
# Where an expression has a group named `secret`, only that group is hidden.
DEFAULTS = (
    _Rule(_KEY, r"-----BEGIN [^-\n]{0,40}PRIVATE KEY-----.*?(?:-----END [^-\n]{0,40}PRIVATE KEY-----|\Z)"),
    # one whose beginning was cut off
    _Rule(
        _KEY, r"\A(?:[A-Za-z0-9+/=]{16,128}\s{1,4})*[A-Za-z0-9+/=]{0,128}\s{0,4}-----END [^-\n]{0,40}PRIVATE KEY-----"
    ),
    # an address with a user and password
    _Rule(("://",), r"\b[a-z][a-z0-9+.-]{0,20}://(?P<secret>[^\s/]{1,500}|[^\s:/@]{0,100}:[^\s@]{1,500})@"),
    # headers
    _Rule(
        ("authorization",),
        r"\b(?:proxy-)?authorization\\?[\"']?[ \t]{0,5}[:=][ "
        r"\t]{0,5}\\?[\"']?(?P<secret>digest[^\n]{1,4000}|[^\n\"']{1,4000})",
    ),
    _Rule(("cookie",), r"\bcookie2?:[ \t]{0,5}(?P<secret>[^\n\"']{1,4000})"),
    _Rule(("bearer",), _ALONE + r"bearer[ \t]{1,5}(?P<secret>[\w.~+/=-]{6,4000})"),
    # password=…, "token": "…", --api-key …
    _Rule(_NAMED, _WORD + r"[\w.-]{0,40}\\?[\"']?[ \t]{0,5}=>?[ \t]{0,5}(?P<secret>%s|[^\s\"',;&]{1,2000})" % _QUOTED),
    _Rule(_NAMED, _WORD + r"[\w.-]{0,40}\\?[\"']?[ \t]{0,5}:[ \t]{0,5}(?P<secret>%s|[^\n]{1,2000})" % _QUOTED),
    _Rule(
        _NAMED, r"(?<!\S)--?[\w-]{0,40}?" + _WORD + r"[\w-]{0,40}[ \t]{1,5}(?P<secret>%s|[^\s\"']{1,2000})" % _QUOTED
    ),
    _Rule(
        ("-u", "user"),
        r"(?<!\S)(?:-u|--(?:proxy-)?user)[= \t]{0,5}[\"']?[^\s:\"']{0,200}:(?P<secret>[^\s\"']{1,500})",
    ),
    _Rule(("mysql",), r"\bmysql(?:dump|admin|show|import)?\b[^\n]{0,200}?[ \t]-p(?P<secret>[^\s]{1,200})"),
    _Rule(("sshpass",), r"\bsshpass[ \t]{1,5}-p[ \t]{0,5}(?P<secret>%s|[^\s]{1,200})" % _QUOTED),
    _Rule(("identified",), r"\bidentified[ \t]{1,5}by[ \t]{1,5}(?P<secret>%s|[^\s]{1,200})" % _QUOTED),
    # what is a secret by its look
    _Rule(("eyj",), _ALONE + r"eyJ[\w-]{8,4000}\.[\w-]{8,4000}\.[\w-]{0,4000}"),
    _Rule(
        ("gh", "github", "glpat", "xox", "hv", "sk-", "akia", "asia"),
        _ALONE
        + r"(?:gh[pousr]_|github_pat_|glpat-|xox[abeoprs]-|hv[sbr]\.|sk-|(?:AKIA|ASIA)[0-9A-Z]{4})[\w.-]{12,255}",
    ),
    _Rule(("$",), r"\$(?:1|2[abxy]|5|6|y|7|argon2i?d?)\$[^\s:'\",]{8,300}"),
)
_SECRET_NAME = _WORD + r"|\bauth\b|authorization"


def compiled(text: str | None) -> tuple:
    """Return an operator's own expressions, one a line, compiled. Raises ValueError that names the line which is
    none.
    """
    found = []
    for line in (text or "").splitlines():
        if not line.strip():
            continue
        try:
            expression = re.compile(line.strip())
        except re.error as error:
            raise ValueError("redact: %r is not a regular expression (%s)" % (line.strip(), error)) from None
        if expression.match(""):
            raise ValueError(
                "redact: %r matches the empty text, and so would hide nothing or everything" % line.strip()
            )
        found.append(expression)
    return tuple(found)


class Redactor:
    """Hides by the default expressions and by an operator's `more`. Thread-safe."""

    def __init__(self, more: tuple = ()) -> None:
        self._more = more

    def text(self, text: str) -> str:
        """Return the text with each secret in it replaced by `***`. What is hidden once stays hidden."""
        for expression in self._more:
            text = expression.sub(_hide, text)
        folded = text.casefold()
        for rule in DEFAULTS:
            text = rule.hide(text, folded)
        return text

    def value(self, value, plain=None):
        """Return a JSON value whose strings are redacted, by `plain` where it is given. What has a name like
        `password` is hidden as a whole.
        """
        if isinstance(value, dict):
            return {
                str(key): HIDDEN
                if re.search(_SECRET_NAME, str(key), re.IGNORECASE) and entry not in (None, "", True, False)
                else self.value(entry, plain)
                for key, entry in value.items()
            }
        if isinstance(value, (list, tuple)):
            return [self.value(entry, plain) for entry in value]
        if value is None or isinstance(value, (bool, int)):
            return value
        return (plain or self.text)(str(value))


class HidesAll(Redactor):
    """Hides every text as a whole: for an operator's expressions that cannot be read, since nobody knows what they
    would have hidden.
    """

    def text(self, text: str) -> str:
        """Return `***`."""
        return HIDDEN


def _hide(match) -> str:
    if "secret" not in match.re.groupindex or match.start("secret") < 0:
        return HIDDEN
    start, text = match.start(), match.group()
    return text[: match.start("secret") - start] + HIDDEN + text[match.end("secret") - start :]
