# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""Delivers events to the ingester in batches, and keeps within a budget of time while it is not there.

A run does not wait for the ingester's answers. One request at a time is on its way; what comes meanwhile is in the
spool, and goes with the next one, which is made when the answer is there. So a burst of launches shares requests.

What the spool has survives any process. It is synced where nobody else has it: while the ingester does not answer; and
when it does, at the latest a second after the event, unless it has acknowledged it by then.

Not thread-safe; Ansible calls callbacks one at a time. A forked process must not send: every entry checks that.
"""

from __future__ import annotations

import json
import math
import time

from ..recording.journal import DURABLE
from .client import TransportError
from .known_head import KnownHead
from .spool_backlog import Backlog

# An answer this quick is the normal case and costs the budget nothing; what goes beyond it does.
_FREE_SECONDS = 0.05
# Of the budget, what the hooks' own work may cost it while the ingester fails. All of it would leave a long run no
# further attempts.
_OWN_WORK = 0.1
_EVENTS = "/api/v1/events"
# How long a launch or an end may be unsynced: while the ingester answers, and in a burst while it does not.
_PUT_OFF, _BURST = 1.0, 0.1
_LONGEST_PAUSE = 30.0
_MAX_RETRY_AFTER = 3600.0
_MOST_EVENTS = 500
_MOST_BYTES = 256 << 10
# Refusals of events that the answer names; 401, 403, 404 and the like are about the request or the address, and the
# events are kept.
_REFUSALS = (400, 422)


class Sender:
    """Sends a `backlog` of encoded events over a `client`; by default one that lives in memory only.

    `budget` is how many seconds all attempts of the run may lose to an ingester that is absent, slow or failing, and
    `timeout` how many one attempt may take. A quarter of the budget, at most one timeout, is kept for the last attempt.
    `always_sync`: launches and ends are synced before they are sent, whatever the ingester does.
    """

    def __init__(
        self,
        client,
        timeout: float,
        budget: float,
        backlog: Backlog | None = None,
        clock=time.monotonic,
        sleep=time.sleep,
        always_sync: bool = False,
    ) -> None:
        self._client = client
        self._timeout = timeout
        self._budget = budget
        self._reserve = min(timeout, budget / 4)
        self._own_work = budget * _OWN_WORK
        self._clock = clock
        self._sleep = sleep
        self._always_sync = always_sync
        self._ceiling = self._batch_events = _MOST_EVENTS
        self._pause = 0.0
        self._retry_after = 0.0
        self._not_before = 0.0
        self._flight = 0  # how many events, the first of the backlog, are on their way
        self._pressing = False  # whether a launch or an end waits that no request took
        self._known = KnownHead([])
        self.backlog = backlog or Backlog()
        self.spent = 0.0
        self.healthy = False  # whether the last attempt went well
        self.reason: str | None = None

    @property
    def held_up(self) -> bool:
        """Whether events wait for the answer to those that are on their way."""
        return 0 < self._flight < self.backlog.waiting

    @property
    def sync_due(self) -> float:
        """When launches and ends are to be on disk, by the backlog's clock; inf where there is nothing to sync."""
        backlog = self.backlog
        if backlog.unsynced_since is None:
            return math.inf
        if self._always_sync:
            return backlog.unsynced_since
        if self.healthy:
            return backlog.unsynced_since + _PUT_OFF
        return max(backlog.unsynced_since, backlog.synced_at + _BURST)

    def tell(self, known: KnownHead) -> None:
        """Tell the ledger with each request what it answered last; `known` keeps that for the next run."""
        self._known = known.load()
        self._client.told = known.text

    def add(self, kind: str, line: bytes) -> None:
        """Take one event (JSON in ASCII). It is spooled, where there is a spool, before this returns. Never raises
        for the disk.
        """
        self._pressing = self._pressing or kind in DURABLE
        self.backlog.add(kind, line)

    def flush(self) -> None:
        """Send what waits, and wait for no answer, unless the spool has grown so large that it should be emptied. Then
        see to the disk what is due there. Never raises.

        What waits stays where it is while a request is on its way that is not answered yet, in a pause after a failure,
        and when the budget is used up.
        """
        self._first_of_all()
        if self.backlog.is_bulky:
            self.catch_up(answered=True)
        elif self._client.usable and self._landed(0.0):
            self._send()
        if self.sync_due <= self.backlog.clock():
            self.backlog.secure()

    def catch_up(self, answered: bool = False) -> None:
        """As `flush`, but every launch and end is on its way after it, or, where the ingester fails, on disk. Never
        raises.

        To that end the request before is waited for. `answered`: all that waits is sent, and all answers are waited
        for.
        """
        self._first_of_all()
        while self._client.usable and (self._pressing or answered and self.backlog.waiting):
            if not self._landed(self._allowance()) or not self._send():
                break
        if not self.healthy or self.sync_due <= self.backlog.clock():
            self.backlog.secure()

    def finish(self) -> None:
        """Wait for the answer, and send what waits with up to three attempts within the rest of the budget. What is
        left then is on disk. Never raises.
        """
        self._first_of_all()
        if self._client.usable:
            if not self._landed(min(self._timeout, self._budget - self.spent)):
                self._client.close()
                self._flight = 0
            self.insist(self.backlog, self._budget)
        self.backlog.secure()

    def insist(self, backlog, limit: float) -> bool:
        """Send a backlog, with up to three attempts until `spent` reaches `limit`. Return whether all of it is dealt
        with.

        Here answers are waited for, and nothing may be on its way.
        """
        for wait in (0.1, 0.3, None):
            if self._drain(backlog, limit):
                return True
            if wait is None or self.spent >= limit:
                break
            wait = max(wait, min(self._not_before - self._clock(), self._retry_after))
            if self.spent + wait >= limit:
                break
            self._sleep(wait)
            self.spent += wait
        return False

    def deliver(self, backlog, seconds: float) -> bool:
        """As `insist` for another run's backlog, once, for at most `seconds`, all of which the budget pays."""
        began, before = self._clock(), self.spent
        try:
            return self._drain(backlog, before + seconds, began + seconds)
        finally:
            self.spent = max(self.spent, before + self._clock() - began)

    def left(self, reserve: bool = False) -> float:
        """Return how many seconds of the budget are left; with `reserve`, without those for the last attempt."""
        return max(0.0, self._budget - self.spent - (self._reserve if reserve else 0.0))

    def charge(self, seconds: float) -> None:
        """A hook worked so long besides sending. While the ingester fails, the budget pays for that, too, so that it
        is what a run loses in all.
        """
        if self.reason is not None and not self.healthy:
            seconds = min(max(0.0, seconds), self._own_work)
            self._own_work -= seconds
            self.spent += seconds

    def close(self) -> None:
        """Close the connection. In a forked process this does nothing."""
        self._client.close()
        if self._client.usable:
            self._known.store()

    def _first_of_all(self) -> None:
        if self._always_sync:
            self.backlog.secure()

    def _allowance(self) -> float:
        """How long one attempt may take now."""
        return min(self._timeout, self._budget - self._reserve - self.spent)

    def _landed(self, seconds: float) -> bool:
        """Wait for the answer, at most that long. Return whether nothing is on its way any more."""
        if not self._flight:
            return True
        count, began = self._flight, time.monotonic()
        try:
            answer = self._client.receive(max(0.0, seconds))
        except TransportError as error:
            self._flight = 0
            self.spent += error.seconds
            self._failed(str(error))
            return True
        waited = time.monotonic() - began
        if answer is None:
            self.spent += waited
            return False
        self._flight = 0
        well = self._settle(self.backlog, answer, count)
        self.spent += max(0.0, waited - _FREE_SECONDS) if well else waited
        return True

    def _send(self) -> bool:
        """Write one request with the first events that wait, unless it is not the time for it. Return whether that
        was done.
        """
        allowance, now = self._allowance(), self._clock()
        if now < self._not_before or allowance <= 0.001:
            return False
        lines = self.backlog.batch(self._batch_events, _MOST_BYTES)
        if not lines:
            self._pressing = False
            return False
        try:
            took = self._client.send("POST", _EVENTS, _json_array(lines), allowance)
        except TransportError as error:
            self.spent += error.seconds
            return self._failed(str(error))
        self.spent += max(0.0, took - _FREE_SECONDS)
        self._flight = len(lines)
        self._pressing = self._pressing and self.held_up
        return True

    def _drain(self, backlog, limit: float, until: float | None = None) -> bool:
        while True:
            lines = backlog.batch(self._batch_events, _MOST_BYTES)
            if not lines:
                return not backlog.waiting
            allowance = min(self._timeout, limit - self.spent)
            if until is not None:
                allowance = min(allowance, until - self._clock())
            if allowance <= 0.001:
                return False
            try:
                answer = self._client.request("POST", _EVENTS, _json_array(lines), allowance)
            except TransportError as error:
                self.spent += error.seconds
                return self._failed(str(error))
            if not self._settle(backlog, answer, len(lines)):
                self.spent += answer.seconds
                return False
            self.spent += max(0.0, answer.seconds - _FREE_SECONDS)

    def _settle(self, backlog, answer, count: int) -> bool:
        """Do what the answer asks for. False: something is wrong for longer than this batch."""
        body = _json(answer)
        if answer.status == 200 and body.get("received") == count:
            backlog.settle(count)
            self._known.heard(body.get("head"))
            self._client.told = self._known.text
            self._pause = self._retry_after = 0.0
            self._batch_events = self._ceiling
            self.healthy = True
            return True
        named = _named(body, count) if answer.status in _REFUSALS else {}
        if named:
            self.reason = self.reason or "the ingester refused an event: %s" % named[min(named)]
            backlog.set_aside(count, named)
            return True
        if answer.status == 413 and (count > 1 or _reason_of(body)):
            self._shrink(backlog, count, _reason_of(body))
            return True
        return self._failed(_complaint(answer, body), _retry_after(answer) if answer.status in (429, 503) else 0.0)

    def _shrink(self, backlog, count: int, why: str) -> None:
        if count > 1:
            self._ceiling = self._batch_events = count // 2
            return
        self.reason = "an event is larger than the ingester takes"
        backlog.set_aside(1, {0: "%s: %s" % (self.reason, why)})

    def _failed(self, reason: str, retry_after: float = 0.0) -> bool:
        self.healthy = False
        self.reason = reason
        self._pause = min(_LONGEST_PAUSE, self._pause * 2 or 1.0)
        self._retry_after = retry_after
        self._not_before = self._clock() + max(self._pause, retry_after)
        self.backlog.secure()  # from now on nobody else has them
        return False


def _json_array(lines: list[bytes]) -> bytes:
    return b"[" + b",".join(lines) + b"]"


def _json(answer) -> dict:
    if not answer.is_json:
        return {}
    try:
        body = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def _named(body: dict, count: int) -> dict[int, str]:
    """Return which events of a batch are refused, and why; nothing unless every entry of the answer is one that can be
    believed.

    What is refused is given up, so half an answer, or one that speaks of events that were not sent, is no reason to.
    """
    errors = body.get("errors")
    if not isinstance(errors, list) or not errors:
        return {}
    found: dict[int, str] = {}
    for error in errors:
        index = error.get("index") if isinstance(error, dict) else None
        if (
            not isinstance(index, int)
            or isinstance(index, bool)
            or not 0 <= index < count
            or not isinstance(error.get("detail"), str)
            or not error["detail"].strip()
        ):
            return {}
        field = error.get("field")
        found.setdefault(
            index, _short("%s %s" % (field, error["detail"]) if field and isinstance(field, str) else error["detail"])
        )
    return found


def _reason_of(body: dict) -> str:
    found = body.get("detail") or body.get("title")
    return _short(found) if isinstance(found, str) else ""


def _retry_after(answer) -> float:
    try:
        return min(_MAX_RETRY_AFTER, max(0.0, float(answer.headers.get("Retry-After") or 0)))
    except ValueError:
        return 0.0  # the form with a date is allowed by HTTP; the usual pause will do


def _complaint(answer, body: dict) -> str:
    if answer.status in (401, 403):
        return "the ingester refused the token (HTTP %d)" % answer.status
    if not answer.is_json:
        return "the answer is not from a Jobledger ingester (HTTP %d)" % answer.status
    detail = _reason_of(body)
    return "the ingester answered HTTP %d%s" % (answer.status, ": " + detail if detail else "")


def _short(text: object) -> str:
    return " ".join("".join(char if char.isprintable() else " " for char in str(text)[:400]).split())[:200]
