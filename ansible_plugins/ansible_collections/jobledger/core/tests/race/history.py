"""Judges one try of the race suite by what payloads and controllers wrote. Knows nothing of the fence and imports none
of its code.

Lines of the history, one event each:

    start ID GENERATION     the payload began; it writes this itself, first of all
    end ID GENERATION       the payload came to its end

Outcomes, one file a controller: {"decision", "message", "finished", "stdout", "job_id"}; none for a controller that was
killed.
"""

from __future__ import annotations

from collections import Counter


class Verdict:
    """What was found wrong in one try, and what was counted."""

    def __init__(self) -> None:
        self.wrong: list = []
        self.counts: Counter = Counter()

    def note(self, text: str) -> None:
        self.wrong.append(text)


def judge(history: str, outcomes: dict, last: dict, allowed: dict) -> Verdict:
    """Return the verdict on one try.

    `last` is what the playbook that was run again got for the newest generation, before anybody told it to restart.
    `allowed` says what the disturbances of this try excuse: `lost` (the payload, or all that kept the job, was killed),
    `killed` (something was), `busy` (a step was stopped).
    """
    verdict = Verdict()
    begun, ended = Counter(), Counter()
    for line in history.splitlines():
        what, job_id, generation = line.split()
        (begun if what == "start" else ended)[generation] += 1
        verdict.counts[what] += 1
    for generation, times in begun.items():
        if times > 1:
            verdict.note("generation %s was started %d times" % (generation, times))
    generation = last["generation"]
    # Between the mark and the payload a kill leaves a job of which nothing ran: it is reported lost, and rightly so.
    unstarted = {name: allowed["killed"] and not begun[name] for name in ("1", "2")}
    if ended[generation] and last["decision"] != "already_succeeded" and not allowed["lost"]:
        verdict.note(
            "the job of generation %s ran to its end, and is said to be: %s %s"
            % (generation, last["decision"], last["message"])
        )
    if begun[generation] and not ended[generation] and not allowed["lost"]:
        verdict.note("the job of generation %s began and never ended" % generation)
    if last["decision"] == "already_succeeded" and not ended[generation]:
        verdict.note("generation %s is said to have succeeded, and never ended" % generation)
    if last["decision"] not in ("already_succeeded", "refused"):
        verdict.note("the playbook that was run again got %s" % last["decision"])
    for name, outcome in sorted(outcomes.items()):
        _one(
            verdict,
            name,
            outcome,
            ended,
            dict(allowed, lost=allowed["lost"] or unstarted.get(outcome.get("generation"), False)),
        )
    return verdict


def judge_ledger(verdict: Verdict, history: str, jobs, allowed: dict) -> None:
    """Add what is wrong in the ledger: `jobs` are its records of this try, None where there is no ledger."""
    if jobs is None:
        return
    began = {line.split()[1] for line in history.splitlines()}
    ended = {line.split()[1] for line in history.splitlines() if line.startswith("end ")}
    known = {job["ansible_job_id"]: job["status"] for job in jobs}
    verdict.counts["jobs in the ledger"] += len(known)
    for job_id in sorted(began - set(known)):
        verdict.note("the ledger lost job %s" % job_id)
    for job_id, status in sorted(known.items(), key=str):
        if status == "running":
            verdict.note("the ledger says that job %s runs" % job_id)
        elif status == "succeeded" and job_id not in ended:
            verdict.note("the ledger says that job %s has succeeded, and it never ended" % job_id)
        elif status != "succeeded" and job_id in ended and not allowed["lost"]:
            verdict.note("the ledger says that job %s has %s, and it ran to its end" % (job_id, status))


def _one(verdict: Verdict, name: str, outcome: dict, ended: Counter, allowed: dict) -> None:
    verdict.counts[outcome["decision"]] += 1
    if outcome["decision"] == "refused":
        excused = (
            "another generation of this job runs" in outcome["message"]
            or "generations go only forward" in outcome["message"]
            or "just being started" in outcome["message"]
            and allowed["busy"]
            or "being decided" in outcome["message"]
            and allowed["busy"]
            or "come to its end" in outcome["message"]
            and (allowed["busy"] or allowed["killed"])
            or "is not started again" in outcome["message"]
            and allowed["lost"]
            or "processes that still run" in outcome["message"]
            and allowed["lost"]
        )
        if not excused:
            verdict.note("%s was refused without a reason: %s" % (name, outcome["message"]))
        return
    if outcome["decision"] not in ("started", "attached", "already_succeeded"):
        verdict.note("%s got %s: %s" % (name, outcome["decision"], outcome["message"]))
    elif not outcome["finished"]:
        verdict.note("%s never got a result" % name)
    elif outcome["stdout"] == "done" and not ended[outcome["generation"]]:
        verdict.note("%s got a success that never happened" % name)
    elif outcome["stdout"] != "done" and not allowed["lost"]:
        verdict.note("%s got no result of the job: %s" % (name, outcome["message"]))
