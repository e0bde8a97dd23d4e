# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""Start a job at most once per key and generation: check, record and launch in one step under one lock.

Runs on hosts, Python 3.6 and later, standard library only. docs/reference/fence.md has the layout,
docs/explanation/start-once.md the reasons. No lease, no clock and no process id decides; what cannot be known is
refused.
"""

import os
import select
import shutil
import time

from ansible_collections.jobledger.core.plugins.module_utils import fence_layout as layout
from ansible_collections.jobledger.core.plugins.module_utils import fence_output
from ansible_collections.jobledger.core.plugins.module_utils import fence_run as run
from ansible_collections.jobledger.core.plugins.module_utils.fence_host import Refused

START, ATTACH, ALREADY = "started", "attached", "already_succeeded"
_PATIENCE = 10.0  # seconds to wait for another start step; it decides nothing but how soon "busy" is said


class Order(object):
    """What a controller asks for. `fields` are those of start.json that it knows; see docs/reference/fence.md.

    `whole`: it takes the result of a job that has succeeded at once, and needs no link to it.
    """

    def __init__(self, fields, on_failed="fail", whole=False, patience=_PATIENCE):
        self.fields = fields
        self.whole = whole
        self.on_failed = on_failed
        self.patience = patience

    generation = property(lambda self: self.fields.get("generation"))
    digest = property(lambda self: self.fields["digest"])


class Answer(object):
    """What was decided: START, ATTACH or ALREADY, and the attempt that it is about (None for a START that was only
    looked at).
    """

    def __init__(self, decision, attempt):
        self.decision = decision
        self.attempt = attempt

    def facts(self):
        """Return what the task's result says of the attempt."""
        return (
            run.view(self.attempt, self.attempt.start, self.decision, self.attempt.end)
            if self.attempt
            else {"decision": self.decision}
        )


def start_once(fence, order, command, tmpdir, link):
    """Decide and, where that is the decision, launch `command`. Return an Answer; raises Refused, OSError,
    layout.Damaged.

    `link` is the caller's own name for the results file; a job that this starts takes its id from it.

    When it returns START the attempt is marked and the payload is on its way, whatever becomes of the caller.
    """
    _make_fence(fence, order)
    lock = layout.open_lock(fence.lock_path, layout.file_mode(os.path.dirname(fence.path)))
    try:
        until = time.monotonic() + order.patience
        _await(lambda: layout.try_lock(lock), until, "another start of this job is being decided on this host")
        run.step("locked")
        return _started(fence, order, command, tmpdir, link, lock, until)
    finally:
        os.close(lock)


def look(fence, order):
    """Return what `start_once` would decide now, and change nothing. Raises Refused, OSError, layout.Damaged."""
    decision, attempt = _decide(fence, order, write=False)
    return Answer(decision, attempt)


def finish_lost(attempt, by="settle"):
    """Write down that an attempt is lost, if it is; return whether that was done now. Nothing that lives is touched."""
    lock = layout.open_lock(attempt.file("lock"), layout.file_mode(attempt.path))
    try:
        if not layout.try_lock(lock) or attempt.state() == layout.ENDED or not attempt.was_marked():
            return False
        if layout.read_json(attempt.file("ended", "end.json")) is not None:
            run.switch(attempt, "ended")  # its end was written whole, and its keeper killed before the last step
        else:
            _write_lost(attempt, by)
        return True
    finally:
        os.close(lock)


def _started(fence, order, command, tmpdir, link, key_lock, until):
    _await(lambda: not _beginning(fence), until, "this job is just being started on this host")
    decision, found = _decide(fence, order, write=True)
    if decision != START:
        view = "attached" if decision == ATTACH else "already"
        if decision == ATTACH or not order.whole and os.path.exists(found.results_file(view)):
            _link(found.results_file(view), link)
        return Answer(decision, found)
    attempt = _free_attempt(fence)
    _make_attempt(attempt)
    lock = layout.open_lock(attempt.file("lock"), layout.file_mode(fence.path))
    try:
        _await(lambda: layout.try_lock(lock), until, "this job is just being started on this host")
        run.step("attempt_locked")
        return _launch(fence, attempt, order, command, tmpdir, link, key_lock, lock)
    finally:
        os.close(lock)


def _launch(fence, attempt, order, command, tmpdir, link, key_lock, lock):
    start = dict(
        order.fields,
        job_id=os.path.basename(link),
        started_at=layout.now(),
        boot_id=layout.boot_id(),
        tmpdir=tmpdir,
        link=link,
    )
    _prepare(fence, attempt, start)
    _link(attempt.results_file(), link)
    run.step("prepared")
    limit = float(start.get("async") or 0) or 1e9
    telling = run.spawn(run.Work(attempt, start, command, limit, tmpdir), lock, [key_lock])
    run.step("forked")
    said = _hear(telling, order.patience)
    os.close(telling)
    if said.startswith(b"M") or attempt.was_marked():
        return Answer(START, attempt)
    layout.remove(link)
    if said.startswith(b"F"):
        raise Refused(
            "the start could not be written down on this host (%s), so nothing was started"
            % said[1:].decode("utf-8", "replace")
        )
    raise Refused("the start did not come to its end on this host: run the playbook again to see what became of it")


def _prepare(fence, attempt, start):
    mode = layout.file_mode(fence.path)
    for name in ("exec", "process.json", "cancel.json", "freed.json", "now", "next", "reserve", "not_run.json"):
        layout.remove(attempt.file(name))  # left by a start that came to nothing: its lock is ours now
    for folder in ("running", "ended"):
        shutil.rmtree(attempt.file(folder), True)
    for folder in ("running", "running/attached"):
        layout.make_dir(attempt.file(folder), fence.path)
    layout.write_json(attempt.file("start.json"), start, mode)
    for folder, decision in (("running", START), ("running/attached", ATTACH)):
        layout.write_json(attempt.file(folder, start["job_id"]), run.view(attempt, start, decision), mode)
    if start.get("output") == "keep":
        fence_output.prepare(attempt)
    run.switch(attempt, "running")
    generation = start.get("generation")
    known = _generations(fence)
    if generation is not None and generation not in known:
        layout.write_json(os.path.join(fence.path, "generations.json"), {"generations": known + [generation]}, mode)
    layout.sync_dir(fence.path)


def _decide(fence, order, write):
    latest = fence.latest()
    while latest is not None and latest.state() == layout.EMPTY:
        latest = fence.attempt(latest.number - 1) if latest.number > 1 else None
    if latest is None:
        return START, None
    state = latest.state()
    if state == layout.STARTING:
        raise Refused("this job is just being started on this host", **_held(latest))
    if state == layout.RUNNING:
        return _meet(latest, order)
    if state == layout.LOST and write:
        finish_lost(latest, "the next start")
    before = latest if order.generation is None else _same_generation(fence, order)
    answer = None if before is None else _after(before, order)
    if answer:
        return answer
    _check_silent(latest)
    return START, None


def _meet(latest, order):
    start = latest.start
    if start.get("generation") != order.generation:
        raise Refused(
            "another generation of this job runs on this host: %s" % _who(latest), other=True, **_held(latest)
        )
    if start.get("digest") != order.digest:
        raise Refused(
            "this job runs on this host with another module or other arguments (%s differ): %s"
            % (_changed(start, order), _who(latest)),
            **_held(latest),
        )
    return ATTACH, latest


def _same_generation(fence, order):
    known = _generations(fence)
    if order.generation in known and known[-1] != order.generation:
        raise Refused(
            "generation %r of this job is over: generation %r was started on this host after it, and generations go "
            "only forward" % (order.generation, known[-1]),
            generation=known[-1],
        )
    for attempt in reversed(fence.attempts()):
        if (
            attempt.state() not in (layout.EMPTY, layout.STARTING)
            and attempt.start.get("generation") == order.generation
        ):
            return attempt
    return None


def _after(before, order):
    """Return the answer that an attempt which is over gives, or None when another start may happen. Raises Refused."""
    if before.freed:
        return None
    start, end = before.start, before.end
    status = end["status"] if end else "lost"  # seen, and not yet written down
    if order.generation is not None:
        if start.get("digest") != order.digest:
            raise Refused(
                "generation %r of this job was started with another module or other arguments (%s differ): %s. Give "
                "the change a generation of its own" % (order.generation, _changed(start, order), _who(before)),
                **_held(before),
            )
        if status == "succeeded":
            return ALREADY, before
    elif status != "lost":
        return None
    if order.on_failed == "restart":
        return None
    raise Refused(
        "this job is not started again: its last start on this host %s. It was %s. Look at it, then set on_failed: "
        "restart, or %s"
        % (
            _how(status, end),
            _who(before),
            "start a new generation" if order.generation is not None else "free the fence with jobledger.core.settle",
        ),
        **_held(before),
    )


def _check_silent(latest):
    # A command can outlive its module. Where no result says that it is over, no second one may run beside it.
    end = latest.end
    if latest.freed or end and end.get("result"):
        return
    alive = layout.marked(latest.start["job_id"])
    if alive:
        raise Refused(
            "the last start of this job left processes that still run (%s): %s. End them first, or wait for them"
            % (", ".join(str(pid) for pid in alive[:20]), _who(latest)),
            **_held(latest),
        )


def _beginning(fence):
    latest = fence.latest()
    return latest is not None and latest.state() == layout.STARTING


def _free_attempt(fence):
    latest = fence.latest()
    if latest is None:
        return fence.attempt(1)
    return latest if latest.state() == layout.EMPTY else fence.attempt(latest.number + 1)


def _make_fence(fence, order):
    layout.make_dir(fence.path, os.path.dirname(fence.path))
    if fence.names is None:
        names = {name: order.fields[name] for name in ("host", "play", "job")}
        layout.write_json(os.path.join(fence.path, "key.json"), names, layout.file_mode(os.path.dirname(fence.path)))
        layout.sync_dir(os.path.dirname(fence.path))


def _make_attempt(attempt):
    layout.make_dir(attempt.path, os.path.dirname(attempt.path))


def _generations(fence):
    found = layout.read_json(os.path.join(fence.path, "generations.json"))
    return found["generations"] if found else []


def _write_lost(attempt, by):
    start = attempt.start
    booted = start.get("boot_id") and layout.boot_id() and start["boot_id"] != layout.boot_id()
    text = (
        "the host was started again while the job ran"
        if booted
        else "the job's processes are gone, and no result came from its module"
    )
    run.record(attempt, start, "lost", {"failed": True, "msg": text}, by, result=False)


def _link(target, link):
    os.makedirs(os.path.dirname(link), exist_ok=True)
    layout.remove(link)
    os.symlink(target, link)


def _await(condition, until, what):
    while not condition():
        if time.monotonic() >= until:
            raise Refused("%s, and does not come to an end: try again" % what, busy=True)
        time.sleep(0.02)


def _hear(descriptor, patience):
    """Return what the keeper says; b"" when it is gone, or silent for too long."""
    if not select.select([descriptor], [], [], max(patience, 1.0) * 3)[0]:
        return b""
    return os.read(descriptor, 4096)


def _held(attempt):
    end = attempt.end
    return {"fence": run.view(attempt, attempt.start, "refused", end)["fence"]}


def _who(attempt):
    start = attempt.start
    by = start.get("by") or {}
    told = "started %s by %s from %s" % (
        start.get("started_at"),
        by.get("user") or "somebody",
        by.get("controller") or "an unknown controller",
    )
    for name, value in (
        ("run", by.get("run_id")),
        ("run name", by.get("run_name")),
        ("generation", start.get("generation")),
        ("job id", start.get("job_id")),
    ):
        if value is not None:
            told += ", %s %s" % (name, value)
    return told


def _how(status, end):
    said = {"failed": "failed", "timed_out": "ran out of its time", "cancelled": "was cancelled", "lost": "was lost"}[
        status
    ]
    message = (end or {}).get("message")
    return "%s%s" % (said, " (%s)" % message if message else "")


def _changed(start, order):
    was, wanted = start.get("digests") or {}, order.fields.get("digests") or {}
    return ", ".join(sorted(name for name in set(was) | set(wanted) if was.get(name) != wanted.get(name))) or "they"
