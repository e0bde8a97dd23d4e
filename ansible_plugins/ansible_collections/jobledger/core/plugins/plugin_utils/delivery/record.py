# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""Asks the ingester for a job's record by name, and reads the answer. The lookup plugin and the roles use it.

Safe on any thread as far as its client is; a Client belongs to one thread.
"""

from __future__ import annotations

import json
from urllib.parse import quote, urlencode

from ..recording import names
from .client import TransportError

MAX_ANSWER = 8 << 20


class RecordError(Exception):
    """The question could not be answered; the text says what is wrong and what to do. It never holds a token."""


class Refused(RecordError):
    """The ingester answered: the condition that was set does not hold."""


class Absent(RecordError):
    """The ingester answered: there is no such record."""


# What may be said of which job of a name is meant, beside the name itself: parameters of the request.
WHICH = ("playbook", "run_id", "check_mode", "id", "which", "nth")


def path_of(host: str, play: str, job: str, suffix: str = "", **which) -> str:
    """Return the path and query that ask for a job. `which` may hold any of WHICH. Raises RecordError for an empty
    name.
    """
    for meaning, value in (("host", host), ("play", play), ("job", job)):
        if not value:
            raise RecordError("the %s's name is empty; a job is found by host, play and job" % meaning)
    query = urlencode([(key, which[key]) for key in WHICH if which.get(key)], quote_via=quote)
    return "/api/v1/jobs/%s%s%s" % (
        "/".join(_segment(part) for part in (host, play, job)),
        suffix,
        "?" + query if query else "",
    )


def fetch(client, path: str, timeout: float) -> dict:
    """Return the record that `path` asks for, its job id as text. Raises Absent, or RecordError for all else.

    An ambiguous record is returned as it is; see `ambiguity`.
    """
    body = ask(client, "GET", path, timeout)
    if not body.get("ansible_job_id"):
        raise RecordError("the ingester at %s sent a record without ansible_job_id" % client.address)
    body["ansible_job_id"] = str(body["ansible_job_id"])
    return body


def ask(client, method: str, path: str, timeout: float, data: bytes | None = None) -> dict:
    """Send a request and return the answer's JSON object. Raises Absent for 404, or RecordError for all else but
    200.
    """
    where = str(client.address)
    try:
        answer = client.request(method, path, data, timeout=timeout)
    except TransportError as error:
        raise RecordError(
            "the ingester at %s cannot be asked: %s. Check that it runs (jobledger serve), and JOBLEDGER_URL "
            "or [jobledger] url." % (where, error)
        ) from None
    body = _body(answer)
    if body is None or answer.status == 404 and "detail" not in body and "title" not in body:
        raise RecordError(
            "%s is not a Jobledger ingester: it answered HTTP %d with %s. Check JOBLEDGER_URL or [jobledger] url."
            % (where, answer.status, _shown(answer.headers.get("Content-Type") or "no content type"))
        )
    if answer.status == 404:
        raise Absent(_problem(body))
    if answer.status == 412:
        raise Refused(_problem(body))
    if answer.status in (401, 403):
        raise RecordError("the ingester at %s refused the token: %s" % (where, _problem(body)))
    if answer.status != 200:
        raise RecordError("the ingester at %s answered HTTP %d: %s" % (where, answer.status, _problem(body)))
    return body


def ambiguity(record: dict, ways: str = "id=, run_id=, playbook= or which=newest") -> str | None:
    """Return what to say of a name that several open jobs have; None when one is meant. `ways` are those to say
    which.
    """
    if record.get("ambiguous") is not True:
        return None
    candidates = [entry for entry in record.get("candidates") or () if isinstance(entry, dict)]
    named = "; ".join(
        "id=%s run_id=%s playbook=%s started_at=%s"
        % tuple(_shown(entry.get(key)) for key in ("ansible_job_id", "run_id", "playbook", "started_at"))
        for entry in candidates[:20]
    )
    total = max(len(candidates), record.get("candidates_total") or 0)
    return "%s open jobs have this name: %s%s. Say which with %s." % (
        total or "several",
        named or "the answer names none",
        "; and %d more" % (total - 20) if total > 20 else "",
        ways,
    )


def _segment(text: str) -> str:
    # `.` and `..` would be resolved away by proxies and routers; encoded they are names like any other.
    return text.replace(".", "%2E") if not text.strip(".") else quote(text, safe="")


def _body(answer) -> dict | None:
    if not answer.is_json:
        return None
    try:
        # A record is read as it is; big numbers and odd floats are kept apart from ids, which are text on the wire.
        body = json.loads(answer.body.decode("utf-8"), parse_float=_float_as_written)
    except (ValueError, RecursionError):
        return None
    return _plain(body) if isinstance(body, dict) else None


class _WrittenFloat(float):
    text = ""


def _float_as_written(text: str) -> float:
    # A state file of old may hold the id 2472848566.371110 as a number: only its own digits name the job.
    value = _WrittenFloat(text)
    value.text = text
    return value


def _plain(body: dict) -> dict:
    found = body.get("ansible_job_id")
    if isinstance(found, _WrittenFloat):
        body["ansible_job_id"] = found.text
    return _floats(body)


def _floats(value):
    if isinstance(value, dict):
        return {key: _floats(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_floats(entry) for entry in value]
    return float(value) if isinstance(value, _WrittenFloat) else value


def _problem(body: dict) -> str:
    said = [_shown(body[key]) for key in ("detail", "hint") if body.get(key)] or [
        _shown(body.get("title") or "no reason given")
    ]
    return " ".join(text if text.endswith((".", "!", "?")) else text + "." for text in said)


def _shown(value: object) -> str:
    return (names.message(value) or "-")[:500]
