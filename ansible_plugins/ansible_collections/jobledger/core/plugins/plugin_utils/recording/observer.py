# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""From what Ansible shows of a run to what is said about its jobs. No I/O; the recorder's hooks call it.

Not thread-safe; Ansible calls callbacks one at a time. See `jobs` for what is said once and `evidence` for what a
result proves.
"""

from __future__ import annotations

from . import evidence, jobs, journal, names
from .details import Details
from .hidden import HiddenJobs
from .jobs import Jobs

_INTENT = frozenset(
    (
        "host",
        "play",
        "job",
        "task",
        "execution_host",
        "playbook",
        "playbook_path",
        "action",
        "async",
        "poll",
        "check_mode",
        "no_log",
        "remote_user",
        "become_user",
        "connection",
    )
)


class Observer:
    """Follows async tasks and status checks. `make_context(host, task)` builds a TaskContext, `now()` gives a datetime.

    `details` takes what the operator wants to see of a job besides; by default nothing.
    """

    def __init__(self, journal, jobs: Jobs, make_context, now, details: Details | None = None) -> None:
        self._journal = journal
        self._jobs = jobs
        self._hidden_jobs = HiddenJobs(journal)
        self._make_context = make_context
        self._now = now
        self._details = details or Details()
        self.followed: dict = {}  # by a host's name, the TaskContext of its latest task, where that is an async one

    def task_started(self, host, task) -> bool:
        """An async task is about to run on a host: note when, and under which variables.

        Where Ansible will show the job's id late, or never, say already now that a job may be started; return whether
        that was said.
        """
        context = self.followed[host.name] = self._make_context(host, task)
        if not _is_zero(task.poll) or task.no_log or task.action.endswith("start_once"):
            launch = context.launch(task, {})
            if task.no_log:
                launch["no_log"] = True
            self._journal.write("job_intended", {key: value for key, value in launch.items() if key in _INTENT})
            context.intent = self._journal.seq
        return context.intent is not None

    def skipped(self, host, task) -> None:
        """A condition kept an async task from running: take its intent back."""
        context = self.followed.pop(host.name, None)
        if context is not None and context.task._uuid == task._uuid and context.intent is not None:
            launch = context.launch(task, {})
            named = {key: launch.get(key) for key in ("host", "play", "job", "task", "execution_host")}
            self._journal.write("job_not_started", dict(named, intent=context.intent, reason="the task was skipped"))

    def task_left(self, host_name: str) -> None:
        """The host is busy with a task that is not async."""
        self.followed.pop(host_name, None)

    def polled(self, host, result: dict, status_task) -> None:
        """`poll > 0`: a check that Ansible makes by itself found the job unfinished."""
        job_id = evidence.job_id(result, status_task.args)
        if job_id is None:
            return
        context = self.followed.get(host.name)
        if context is None:
            self._jobs.polled({"host": names.name(host.name)}, job_id)
            return
        seen_before = context.current_id == job_id
        context.current_id = job_id
        launch = self._launch(context, context.task, {}, result)
        if context.is_loop:
            if not seen_before:
                self._keep_for_item(context, job_id, launch)
            self._jobs.polled(launch, job_id, launch["no_log"], mine=True)
        elif seen_before:
            self._jobs.polled(launch, job_id)
        else:
            self._begin(launch, job_id, context.mark)

    def note(self, task, host_name: str, result: dict, item: dict) -> dict | None:
        """In a worker: return what `noted` takes, for a job that an action has just started or found; None where the
        task is not followed, or the result names no job.
        """
        context, job_id = self.followed.get(host_name), evidence.job_id(result)
        if context is None or context.task._uuid != task._uuid or job_id is None:
            return None
        launch = self._launch(context, task, {"censored": None} if task.no_log else item, result)
        found = launch.get("decision") in jobs.FOUND
        fields = jobs.named(launch) if found else {key: launch[key] for key in launch if launch[key] is not None}
        return dict(
            fields,
            type="job_polled" if found else "job_started",
            at=journal.rfc3339(self._now()),
            ansible_job_id=job_id,
            no_log=launch["no_log"],
        )

    def noted(self, event: dict) -> None:
        """A worker's note is here: its job is known before Ansible shows its id."""
        launch = {key: value for key, value in event.items() if key not in ("type", "at", "ansible_job_id")}
        self._begin(launch, event["ansible_job_id"], journal.moment(event["at"]))

    def retried(self, host, task, result: dict) -> None:
        """`until`/`retries`: an attempt is over and another one comes; each attempt is a job of its own."""
        context = self._context(host, task)
        job_id = evidence.job_id(result)
        if job_id is not None:
            launch = self._launch(context, task, result, result)
            if context.is_loop:
                self._keep_for_item(context, job_id, launch)
                self._jobs.polled(launch, job_id, launch["no_log"], mine=True)
            else:
                self._jobs.started(launch, job_id, self._begun(context, launch))
        elif evidence.censored(result) and _is_zero(task.poll):
            self._hidden(context, task, result)
        context.mark, context.current_id = self._now(), None
        context.retries_seen += 1

    def awaited(self, host, task, result: dict, ok: bool) -> None:
        """`poll > 0`: the job is over."""
        context = self._context(host, task)
        job_id = evidence.job_id(result) or context.current_id
        if evidence.censored(result):
            ran = (self._now() - context.mark).total_seconds()
            # Where no check saw the job unfinished, it ended by itself, however late the first one came.
            finding = evidence.of_hidden_job(ok, ran, float(task.async_val or 0) if job_id else 0.0)
        else:
            finding = self._detailed(evidence.of_awaited_job(result, ok), result)
        if job_id is None:
            # Nobody saw the id, but Ansible waited for the end.
            self._hidden_jobs.ended(self._hidden(context, task, result, ended=True), finding.status)
            return
        launch = self._launch(context, task, result, result)
        if context.is_loop:
            self._keep_for_item(context, job_id, launch, finding)
        else:
            self._begin(launch, job_id, context.mark)
            self._jobs.ended(launch, job_id, finding)
        context.current_id = job_id

    def launched(self, host, task, result: dict, ok: bool, item: bool = False) -> None:
        """The last result of an async task, or of one item of its loop."""
        context = self._context(host, task)
        if not item and context.is_loop:
            # Each item had its own hook; only what a hook did not bring is taken from here.
            results = result.get("results")
            for entry in results if isinstance(results, list) else ():
                if isinstance(entry, dict) and evidence.job_id(entry) and not self._said(context, task, entry):
                    self._one_launch(context, task, entry, ok)
        else:
            self._one_launch(context, task, result, ok)
        context.mark, context.current_id, context.retries_seen = self._now(), None, 0
        if not item:
            self.followed.pop(host.name, None)

    def checked(self, host, task, result: dict, ok: bool, retry: bool = False) -> None:
        """A result of an `async_status` task that the playbook made, or of one item of its loop."""
        if isinstance(result.get("results"), list):
            return  # the loop's summary: each item had its own hook
        job_id = evidence.job_id(result, task.args)
        if job_id is None:
            return
        finding = self._detailed(evidence.of_status_check(result, ok, retry, task.failed_when), result)
        if finding.kind == evidence.NOTHING:
            return
        where = {
            "host": names.name(host.name),
            "execution_host": _checked_on(host, task, result),
            "results_file": evidence.results_file(result),
        }
        if self._jobs.find(where["execution_host"], job_id) is None:
            context = self._make_context(host, task)
            hidden = self._hidden_jobs.find(where["host"], job_id, context.variable)
            if hidden is not None:
                if finding.kind == evidence.CLEANED:
                    self._hidden_jobs.cleaned(hidden)
                elif finding.kind == evidence.ENDED:
                    self._hidden_jobs.ended(hidden, finding.status)
                return
            where.update(self._named(context, task, result))
        if finding.kind == evidence.ALIVE:
            self._jobs.polled(where, job_id, no_log=evidence.censored(result))
        elif finding.kind == evidence.CLEANED:
            self._jobs.cleaned(where, job_id)
        else:
            self._jobs.ended(where, job_id, finding)

    def _one_launch(self, context, task, result: dict, ok: bool) -> None:
        kept, context.attempts_pending = context.attempts_pending, []
        job_id = evidence.job_id(result)
        for entry in kept:
            self._name_kept(context, task, result, entry)
        if job_id is None:
            if evidence.censored(result) and ok and _is_zero(task.poll):
                self._hidden(context, task, result)
            elif evidence.decision(result) or result.get("looked_only"):
                self._not_started(context, task, result)
            elif evidence.censored(result) and context.current_id:
                verdict = evidence.of_hidden_verdict(ok, task.failed_when)
                if verdict.kind == evidence.ENDED:
                    self._jobs.ended(self._launch(context, task, result, result), context.current_id, verdict)
            return
        if evidence.decision(result) == "refused":
            self._not_started(context, task, result)
            return
        launch = self._launch(context, task, result, result)
        self._begin(launch, job_id, self._begun(context, launch))
        if evidence.decision(result) == "already_succeeded":
            self._jobs.ended(
                launch, job_id, self._detailed(evidence.of_awaited_job(result, ok, task.failed_when), result)
            )
        elif not _is_zero(task.poll):
            finding = evidence.of_awaited_job(result, ok, task.failed_when)
            if finding.verdict or not any(entry["id"] == job_id and entry["finding"] for entry in kept):
                self._jobs.ended(launch, job_id, self._detailed(finding, result))

    def _begin(self, launch: dict, job_id: str, at) -> None:
        """The id of a job came: this run started it, or found it there."""
        if launch.get("decision") in jobs.FOUND:
            self._jobs.polled(launch, job_id, launch["no_log"])
        else:
            self._jobs.started(launch, job_id, at)

    def _not_started(self, context, task, result: dict) -> None:
        """start_once started nothing: it was refused, or only looked."""
        launch = context.launch(task, result)
        named = {key: launch.get(key) for key in ("host", "play", "job", "task", "execution_host")}
        decision = "refused" if evidence.decision(result) == "refused" else None
        reason = names.message(result.get("msg")) if decision else "check mode only looks"
        self._journal.write(
            "job_not_started",
            dict(
                named,
                intent=context.intent,
                decision=decision,
                generation=names.name(evidence.fence(result).get("generation")),
                reason=self._details.redactor.text(reason) if reason else None,
            ),
        )

    def _name_kept(self, context, task, result: dict, entry: dict) -> None:
        # The item's result brings the label that the attempt's own hooks did not have.
        launch = self._launch(context, task, result, {})
        launch.update({key: entry["launch"].get(key) for key in ("results_file", "attempt", "decision", "generation")})
        launch["no_log"] = launch["no_log"] or entry["launch"]["no_log"]
        self._begin(launch, entry["id"], entry["at"])
        if entry["finding"]:
            self._jobs.ended(launch, entry["id"], entry["finding"])

    def _keep_for_item(self, context, job_id: str, launch: dict, finding=None) -> None:
        for entry in context.attempts_pending:
            if entry["id"] == job_id:
                entry["finding"] = finding or entry["finding"]
                return
        at = self._begun(context, launch)
        context.attempts_pending.append({"id": job_id, "launch": launch, "at": at, "finding": finding})

    def _hidden(self, context, task, result: dict, ended: bool = False):
        launch = context.launch(task, result)
        launch.update(no_log=True, attempt=_attempt(context, task, result), intent=context.intent)
        launch["reason"] = (
            "no_log hid the job's id until the job had ended"
            if ended
            else "no_log hides the job's id: save it with the async_job_save role to be able to resume it"
        )
        return self._hidden_jobs.started(launch, task.register, task._uuid, context.mark if ended else None)

    def _launch(self, context, task, result: dict, source: dict) -> dict:
        launch = context.launch(task, result)
        launch["results_file"] = evidence.results_file(source)
        if evidence.decision(source):
            fence = evidence.fence(source)
            launch.update(decision=evidence.decision(source), generation=names.name(fence.get("generation")))
            if launch["decision"] in jobs.FOUND:
                launch.update(evidence.limits(fence))
        launch["attempt"] = _attempt(context, task, result)
        launch["intent"] = context.intent
        if not launch["no_log"]:
            launch["details"] = self._details.of_launch(task)
        return launch

    def _detailed(self, finding, result: dict):
        """Add to an end what its result shows besides. `jobs` drops it where the job may have had `no_log`."""
        if finding.details.get("message"):
            finding.details["message"] = self._details.redactor.text(finding.details["message"])
        if finding.status in ("succeeded", "failed"):
            shown = self._details.of_end(result)
            if shown:
                finding.details["details"] = shown
        return finding

    def _begun(self, context, launch: dict):
        # A job that Ansible waits for began long before its last result; one that it does not wait for began just now.
        return None if launch.get("poll") == 0 else context.mark

    def _said(self, context, task, entry: dict) -> bool:
        job = self._jobs.known(context.place(task, entry), evidence.job_id(entry))
        return job is not None and job.started

    def _context(self, host, task):
        found = self.followed.get(host.name)
        if found is None or found.task._uuid != task._uuid:
            found = self.followed[host.name] = self._make_context(host, task)
        return found

    @staticmethod
    def _named(context, task, result: dict) -> dict:
        """A check may itself say which job it looks at, by `jobledger_job`; else nothing is known of its name."""
        if context.variable("jobledger_job") is None:
            return {}
        launch = context.launch(task, result)
        return {key: launch.get(key) for key in ("play", "playbook", "playbook_path", "task", "job")}


def _checked_on(host, task, result: dict) -> str:
    delegated = result.get("_ansible_delegated_vars")
    if isinstance(delegated, dict) and delegated.get("ansible_delegated_host"):
        return names.clean(delegated["ansible_delegated_host"])
    if task.delegate_to and "{{" not in str(task.delegate_to):
        return names.clean(task.delegate_to)
    return names.clean(host.name)


def _is_zero(poll) -> bool:
    return str(poll) == "0"


def _attempt(context, task, result: dict) -> int | None:
    # Counted here: what a retry's own result calls `attempts` is one more from 2.19 on than before.
    return context.retries_seen + 1 if context.retries_seen or task.until or "attempts" in result else None
