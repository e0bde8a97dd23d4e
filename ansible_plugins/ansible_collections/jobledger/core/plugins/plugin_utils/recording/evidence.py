# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""What one task result proves about a job: pure reading of result dictionaries, no Ansible needed.

The shapes differ between ansible-core versions (`finished` is 0/1 up to 2.18 and a boolean later; `failed` is not
shown to callbacks), so the hook's own name says whether the task was ok. Safe on any thread.
"""

from __future__ import annotations

import re

from . import names

ALIVE, ENDED, CLEANED, NOTHING = "alive", "ended", "cleaned", "nothing"
RANK = {"lost": 1, "timed_out": 2, "cancelled": 3, "failed": 3, "succeeded": 3}
# What cancel puts into a results file; `module_utils.job_files` writes it on hosts.
CANCELLED = "jobledger_cancelled"
# A play's verdict goes before what the module itself said.
VERDICT_RANK = 4
_TIME = re.compile(r"\d{4}(-\d\d){2}T\d\d(:\d\d){2}(\.\d{1,9})?Z")
_LITERALS = re.compile(r"'[^']*'|\"[^\"]*\"")
_NAMES = re.compile(r"[^\W\d]\w*")
_WORDS_OF_CONSTANTS = frozenset(
    ("true", "false", "none", "yes", "no", "on", "off", "and", "or", "not", "is", "in", "n", "y")
)
# Texts that Ansible itself writes: they can be kept where a module's own message might be a secret.
_OWN_TEXTS = (
    "could not find job",
    "Timeout exceeded",
    "non-zero return code",
    "The command exited with a non-zero return code.",
    "async task did not complete within",
)


class Finding:
    """One finding: `kind` is ALIVE, ENDED, CLEANED or NOTHING; `details` holds an end's fields for the wire.

    `verdict` says that the play decided the status, by an expression in `failed_when`; `module_status` is then what the
    module itself said, as far as the result still shows it.
    """

    __slots__ = ("kind", "status", "details", "verdict", "module_status")

    def __init__(self, kind: str, status: str | None = None, details: dict | None = None) -> None:
        self.kind = kind
        self.status = status
        self.details = details or {}
        self.verdict = False
        self.module_status: str | None = None

    @property
    def rank(self) -> int:
        """The strength of an end; the stronger counts."""
        return VERDICT_RANK if self.verdict else RANK[self.status]


def decides(failed_when) -> bool:
    """Return whether a task's `failed_when` is a verdict on its result: an expression, and not a constant such as
    `false`.
    """
    conditions = failed_when if isinstance(failed_when, (list, tuple)) else [failed_when]
    texts = [str(condition) for condition in conditions if condition is not None]
    constant = [not _uses_names(text) for text in texts]
    # All conditions must hold: one that never does makes the rest mean nothing.
    return not all(constant) and not any(same and _says_no(text) for same, text in zip(constant, texts))


def _uses_names(text: str) -> bool:
    return any(word.lower() not in _WORDS_OF_CONSTANTS for word in _NAMES.findall(_LITERALS.sub(" ", text)))


def _says_no(text: str) -> bool:
    return text.strip(" {}'\"").lower() in ("false", "no", "off", "n", "0", "none", "not true", "")


def job_id(result: dict, arguments: dict | None = None) -> str | None:
    """Return the job's id as text, wherever this kind of result keeps it; None where there is none to be seen.

    `arguments` are a status check's own arguments; nothing but `jid` is read from them.
    """
    found = fence(result).get("ansible_job_id") or result.get("ansible_job_id")
    if found is None and isinstance(result.get("async_result"), dict):
        found = result["async_result"].get("ansible_job_id")
    if found is None and isinstance(arguments, dict):
        found = arguments.get("jid")
    if found is None or isinstance(found, (dict, list)):
        return None
    text = names.clean(found).strip()
    return text if 0 < len(text) <= 255 and "{{" not in text else None


def results_file(result: dict) -> str | None:
    """Return the path of the job's results file on its host, when the result names it."""
    found = fence(result).get("results_file") or result.get("results_file")
    if found is None and isinstance(result.get("async_result"), dict):
        found = result["async_result"].get("results_file")
    return names.clean(found) if isinstance(found, str) and found else None


def fence(result: dict) -> dict:
    """Return what start_once says of the job's fence; {} for any other result. Who attached polls by an id of its
    own: the job's is in here.
    """
    found = result.get("fence")
    return found if isinstance(found, dict) and "attempt" in found and isinstance(result.get("decision"), str) else {}


def limits(fence: dict) -> dict:
    """Return when a job that was found started, and how long it may run, as its host has written it down."""
    started, seconds = fence.get("started_at"), fence.get("async")
    found = {"started_at": started} if isinstance(started, str) and _TIME.fullmatch(started) else {}
    return (
        dict(found, **{"async": int(seconds)}) if isinstance(seconds, (int, float)) and 0 <= seconds < 2**53 else found
    )


def decision(result: dict) -> str | None:
    """Return what start_once decided: started, attached, already_succeeded or refused; None for any other result."""
    found = result.get("decision")
    return found if found == "refused" or fence(result) else None


def censored(result: dict) -> bool:
    """Return whether `no_log` hid this result."""
    return "censored" in result


def cancelled(result: dict) -> bool:
    """Return whether the results file says that somebody cancelled the job."""
    return isinstance(result.get(CANCELLED), dict)


def of_status_check(result: dict, ok: bool, retry: bool = False, failed_when=None) -> Finding:
    """Return what an `async_status` result proves. `ok` is the hook's verdict; `retry` says more checks follow.

    `failed_when` is the task's own, as it is written.
    """
    if censored(result):
        # Neither the end nor its kind can be seen; a check that went well at least found the job.
        return Finding(ALIVE if ok or retry else NOTHING)
    text = _text(result)
    if "could not find job" in text:
        return Finding(NOTHING) if "erased" in result else _end("lost", result)
    if "erased" in result:
        return Finding(CLEANED)
    if text.startswith("Could not parse job output"):
        return Finding(NOTHING)
    if not result.get("finished"):
        # `until` that gave up leaves no message; a message means that the check itself failed.
        return Finding(ALIVE) if ok or retry or not text and "module_stderr" not in result else Finding(NOTHING)
    if _ran_out_of_time(result) or fence(result).get("status") == "timed_out":
        return _end("timed_out", result)
    if cancelled(result):
        return _end("cancelled", result)
    if fence(result).get("status") == "lost":
        return _end("lost", result)
    if retry:
        return Finding(ALIVE)
    return _judged(result, ok, failed_when)


def of_awaited_job(result: dict, ok: bool, failed_when=None) -> Finding:
    """Return how a `poll > 0` job ended, as its last result says. The hooks that bring it are only called at its end.

    The first of them has the module's word; `failed_when` has been evaluated in the last.
    """
    if "could not find job" in _text(result):
        return _end("lost", result)
    if cancelled(result):
        return _end("cancelled", result)
    if "async_result" in result or _ran_out_of_time(result):
        return _end("timed_out", result)
    if fence(result).get("status") == "lost":
        return _end("lost", result)
    return _judged(result, ok, failed_when)


def of_hidden_verdict(ok: bool, failed_when) -> Finding:
    """Return the play's verdict on a result that `no_log` hides; NOTHING when `failed_when` is none."""
    if not decides(failed_when):
        return Finding(NOTHING)
    finding = Finding(ENDED, "succeeded" if ok else "failed")
    finding.verdict = True
    return finding


def of_hidden_job(ok: bool, ran: float, limit: float) -> Finding:
    """Return how a `no_log`, `poll > 0` job ended: only the hook's verdict and the clock (seconds) are there to
    tell.
    """
    if ok:
        return Finding(ENDED, "succeeded")
    return Finding(ENDED, "timed_out" if limit and ran >= limit else "failed")


def may_be_told(message: str | None) -> bool:
    """Return whether a message is one of Ansible's own texts, which cannot hold a job's secret."""
    return bool(message) and message.startswith(_OWN_TEXTS)


def _text(result: dict) -> str:
    found = result.get("msg")
    return found if isinstance(found, str) else ""


def _ran_out_of_time(result: dict) -> bool:
    return _text(result) == "Timeout exceeded" and "rc" not in result


def _judged(result: dict, ok: bool, failed_when) -> Finding:
    evaluated = "failed_when_result" in result
    if not evaluated or not decides(failed_when):
        return _end(_module_status(result, ok) or ("succeeded" if ok else "failed"), result)
    finding = _end("succeeded" if ok else "failed", result)
    finding.verdict = True
    finding.module_status = _module_status(result, ok)
    return finding


def _module_status(result: dict, ok: bool) -> str | None:
    """Return how the job ended by its own word; None where `failed_when` has written over it."""
    code = _return_code(result)
    if "failed_when_result" in result:
        # The hook says what the play made of it; the return code is still the job's.
        return None if code is None else "succeeded" if code == 0 else "failed"
    if not ok and code == 0 and "attempts" in result and not _text(result):
        return "succeeded"  # `until` asked for something else than the end, and gave up: the job itself went well
    return "succeeded" if ok else "failed"


def _return_code(result: dict) -> int | None:
    code = result.get("rc")
    return int(code) if isinstance(code, int) and not isinstance(code, bool) and abs(code) < 2**53 else None


def _end(status: str, result: dict) -> Finding:
    details: dict = {}
    if status in ("succeeded", "failed"):
        if _return_code(result) is not None:
            details["rc"] = _return_code(result)
        if isinstance(result.get("changed"), bool):
            details["changed"] = bool(result["changed"])
    if status == "cancelled" and names.name(result[CANCELLED].get("by")):
        details["by"] = names.cut(names.clean(result[CANCELLED]["by"]), 1000)
    if status != "succeeded" and names.message(result.get("msg")):
        details["message"] = names.message(result["msg"])
    return Finding(ENDED, status, details)
