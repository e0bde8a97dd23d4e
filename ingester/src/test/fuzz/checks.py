"""Loaded by schemathesis: what the contract cannot spell.

A request that fits the contract must be accepted. Some rules are beyond a schema, each with its reason here; a refusal
by any other rule is a fault of the contract or of the program.
"""

from __future__ import annotations

import itertools
import re

import requests
import schemathesis
from schemathesis import GenerationMode

# A field of the problem's `errors` → why a schema cannot say it.
BEYOND_THE_SCHEMA = {
    "run_id": "of an erase: with seq, or entry alone",
    "seq": "the same",
    "entry": "the same",
    "text": "of an erase: one of text and details",
    "details": "the same",
    "cursor": "opaque: only what an earlier answer gave",
    "as_of_removals": "goes with as_of, and as_of with it; OpenAPI knows no parameters that go together",
    "as_of": "goes with as_of_removals, and must be a moment that this ledger has seen",
    "id": "only one of id, nth and which; OpenAPI knows no parameters that exclude each other",
    "nth": "the same",
    "which": "the same",
    "older_than": "or keep, where the settings keep everything",
    "status": "of a prune, goes with older_than or keep",
    "keep": "of a prune, goes with no pattern of names",
    "from": "of a run's time line, from 1970 to 9999: the format date-time has no such bounds",
    "to": "the same, and after from",
    "started_at": "from 1970 to 9999, with an offset of at most 18 hours: the format date-time has no such bounds",
    "async": "a whole number is written without a fraction; a schema takes 1.0 for an integer",
    "host, play, job_name": "must be those of the path",
    "host": "a name is limited in bytes of UTF-8, a schema counts characters",
    "play": "the same",
    "job": "the same",
    "job_name": "the same",
    "execution_host": "the same",
    "q": "limited in UTF-16 code units, a schema counts characters",
    "reason": "the same",
    "ansible_job_id": "the same",
}
# What a type of event needs is the table in docs/reference/events.md; the contract has only what all of them share.
EVENTS = "/api/v1/events"


_clients = itertools.count()
_send = requests.Session.send


def _from_another_client(self, request, **options):
    """Send each request as if from an address of its own: the ingester trusts this machine as a proxy, and its limit
    on wrong tokens, which LoginTest has, stays out of the way. No request says that the ledger once was further than it
    is: that stops ingest, as PutBackTest has it.
    """
    request.headers.pop("Jobledger-Head", None)
    number = next(_clients)
    request.headers["X-Forwarded-For"] = "10.%d.%d.%d" % (number >> 16 & 255, number >> 8 & 255, number & 255)
    return _send(self, request, **options)


requests.Session.send = _from_another_client


@schemathesis.check
def good_input_is_accepted(ctx, response, case):
    """A request that the contract allows is not refused as bad input."""
    if (
        case.meta is None
        or case.meta.generation.mode != GenerationMode.POSITIVE
        or response.status_code not in (400, 413, 415, 422)
    ):
        return None
    fields = _fields(response)
    if case.path == EVENTS and response.status_code == 400 and b"invalid-events" in response.content:
        return None
    if response.status_code == 400 and fields and all(field in BEYOND_THE_SCHEMA for field in fields):
        return None
    raise AssertionError(
        "the contract allows this, and it was refused with %d because of %s"
        % (response.status_code, ", ".join(fields) or "no field")
    )


def _fields(response) -> list:
    kind = response.headers.get("content-type", [""])[0]
    if "json" in kind:
        return [error.get("field", "?") for error in response.json().get("errors", [])]
    # A page lists each fault's field before its text.
    rows = re.findall(r"<dt>(.*?)</dt>", response.content.decode("utf-8", "replace"), re.S)
    return [re.sub(r"<[^>]*>", "", row).strip() for row in rows]
