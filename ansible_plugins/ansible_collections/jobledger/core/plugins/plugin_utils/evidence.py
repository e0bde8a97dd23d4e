"""What one task result proves about a job: pure reading of result dictionaries, no Ansible needed.

The shapes differ between ansible-core versions (`finished` is 0/1 up to 2.18 and a boolean later; `failed` is not
shown to callbacks), so the hook's own name says whether the task was ok. Safe on any thread.
"""

from __future__ import annotations

from . import names

ALIVE, ENDED, CLEANED, NOTHING = "alive", "ended", "cleaned", "nothing"
RANK = {"lost": 1, "timed_out": 2, "cancelled": 3, "failed": 3, "succeeded": 3}
# What cancel puts into a results file; `module_utils.job_files` writes it on hosts.
CANCELLED = "jobledger_cancelled"
# Texts that Ansible itself writes: they can be kept where a module's own message might be a secret.
_OWN_TEXTS = ("could not find job", "Timeout exceeded", "non-zero return code",
              "The command exited with a non-zero return code.", "async task did not complete within")


class Finding:
    """One finding: `kind` is ALIVE, ENDED, CLEANED or NOTHING; `details` holds an end's fields for the wire."""

    __slots__ = ("kind", "status", "details")

    def __init__(self, kind: str, status: str | None = None, details: dict | None = None) -> None:
        self.kind = kind
        self.status = status
        self.details = details or {}


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
    """Return what start_once says of the job's fence; {} for any other result. Who attached polls by an id of its own: the job's is in here."""
    found = result.get("fence")
    return found if isinstance(found, dict) and "attempt" in found and isinstance(result.get("decision"), str) else {}


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


def of_status_check(result: dict, ok: bool, retry: bool = False) -> Finding:
    """Return what an `async_status` result proves. `ok` is the hook's verdict; `retry` says more checks follow."""
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
    return _end(_verdict(result, ok), result)


def of_awaited_job(result: dict, ok: bool) -> Finding:
    """Return how a `poll > 0` job ended, as its last result says. The hooks that bring it are only called at its end."""
    if "could not find job" in _text(result):
        return _end("lost", result)
    if cancelled(result):
        return _end("cancelled", result)
    if "async_result" in result or _ran_out_of_time(result):
        return _end("timed_out", result)
    if fence(result).get("status") == "lost":
        return _end("lost", result)
    return _end(_verdict(result, ok), result)


def of_hidden_job(ok: bool, ran: float, limit: float) -> Finding:
    """Return how a `no_log`, `poll > 0` job ended: only the hook's verdict and the clock (seconds) are there to tell."""
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


def _verdict(result: dict, ok: bool) -> str:
    code = _return_code(result)
    if ok:
        # `failed_when: false` on the check hides the job's own failure from the hook; the return code still tells.
        return "failed" if "failed_when_result" in result and code not in (None, 0) else "succeeded"
    if code == 0 and "attempts" in result and "failed_when_result" not in result and not _text(result):
        return "succeeded"  # `until` asked for something else than the end, and gave up: the job itself went well
    return "failed"


def _return_code(result: dict) -> int | None:
    code = result.get("rc")
    return int(code) if isinstance(code, int) and not isinstance(code, bool) and abs(code) < 2 ** 53 else None


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
