"""Stands in for the `oci` command: `os object put|get|list` over a directory, with the real command's output and exit
codes.

Observed on oci-cli 3.95.1: get asks with HEAD first, whose errors have no code; list and put have OCI's own.
FAKE_OCI_STORE holds `<namespace>/<bucket>/<object's name, quoted>`; FAKE_OCI_FAULT is `KIND` or `KIND*TIMES`.
FAKE_OCI_LOG gets each call's arguments.
"""

from __future__ import annotations

import argparse
import configparser
import json
import os
import sys
from pathlib import Path
from urllib.parse import quote, unquote

FAULTS = {
    "not-authenticated": (
        401,
        "NotAuthenticated",
        "The required information to complete authentication was not provided or was incorrect.",
    ),
    "not-authorized": (404, "NotAuthorizedOrNotFound", "Authorization failed or requested resource not found."),
    "too-many-requests": (429, "TooManyRequests", "Your request rate is too high."),
    "internal-error": (500, "InternalServerError", "An internal server error occurred."),
}


def main(arguments: list[str]) -> int:
    """Run one command and return its exit code."""
    given = _parse(arguments)
    with open(os.environ["FAKE_OCI_LOG"], "a", encoding="utf-8") as log:
        log.write(json.dumps(arguments) + "\n")
    config = configparser.ConfigParser(interpolation=None)
    config.read(os.path.expanduser(given.config_file))
    if given.profile != "DEFAULT" and not config.has_section(given.profile):
        return _say("ERROR: Profile '%s' not found in config file %s " % (given.profile, given.config_file))
    if "PRIVATE KEY" not in Path(config[given.profile]["key_file"]).read_text(encoding="utf-8"):
        return _say("The provided key is not a private key, or the provided passphrase is incorrect.")
    fault = _fault()
    if fault == "unreachable":
        return _report(
            "RequestException",
            {"message": "The connection to endpoint timed out while trying to reach https://oci.example"},
        )
    if fault:
        return _error(given, *FAULTS[fault])
    namespace = Path(os.environ["FAKE_OCI_STORE"]) / given.namespace
    bucket = namespace / given.bucket_name
    if not bucket.is_dir():
        return _error(
            given,
            404,
            "BucketNotFound",
            "Either the bucket named '%s' does not exist in the namespace '%s' or you are not "
            "authorized to access it" % (given.bucket_name, given.namespace),
        )
    return globals()["_" + given.operation](given, bucket)


def _put(given, bucket: Path) -> int:
    target = bucket / quote(given.name, safe="")
    if target.exists() and not given.force:
        return _say("Are you sure you want to overwrite? [y/N]: Aborted!")
    target.write_bytes(Path(given.file).read_bytes())
    print(json.dumps({"etag": "e", "last-modified": "now", "opc-content-md5": "m"}))
    return 0


def _get(given, bucket: Path) -> int:
    source = bucket / quote(given.name, safe="")
    if not source.exists():
        return _error(given, 404, "ObjectNotFound", "The object '%s' was not found" % given.name)
    sys.stdout.buffer.write(source.read_bytes())
    return 0


def _list(given, bucket: Path) -> int:
    names = sorted(unquote(path.name) for path in bucket.iterdir())
    found = [{"name": name} for name in names if name.startswith(given.prefix)][: given.limit]
    if found:
        print(json.dumps({"data": found, "prefixes": []}))
    return 0


def _delete(given, bucket: Path) -> int:
    source = bucket / quote(given.name, safe="")
    if not given.force:
        return _say("Are you sure you want to delete this resource? [y/N]: Aborted!")
    if not source.exists():
        return _error(given, 404, "ObjectNotFound", "The object '%s' was not found" % given.name)
    source.unlink()
    return 0


def _parse(arguments: list[str]):
    parser = argparse.ArgumentParser(prog="oci", allow_abbrev=False)
    for option in (
        "--config-file",
        "--profile",
        "--region",
        "--auth",
        "--connection-timeout",
        "--read-timeout",
        "--namespace",
        "--bucket-name",
        "--name",
        "--file",
        "--content-type",
        "--metadata",
        "--prefix",
        "--fields",
    ):
        parser.add_argument(option)
    parser.add_argument("--limit", type=int)
    for flag in ("--no-retry", "--force", "--no-multipart", "--all"):
        parser.add_argument(flag, action="store_true")
    parser.add_argument("service", choices=["os"])
    parser.add_argument("resource", choices=["object"])
    parser.add_argument("operation", choices=["put", "get", "list", "delete"])
    return parser.parse_args(arguments)


def _fault() -> str | None:
    kind, _star, times = os.environ.get("FAKE_OCI_FAULT", "").partition("*")
    if not times:
        return kind or None
    calls = len(Path(os.environ["FAKE_OCI_LOG"]).read_text(encoding="utf-8").splitlines())
    return kind if calls <= int(times) else None


def _error(given, status: int, code: str, message: str) -> int:
    if given.operation == "get":
        code, message = None, "The service returned error code %d" % status
    kind = "TransientServiceError" if status in (429, 500) else "ServiceError"
    return _report(
        kind,
        {"code": code, "message": message, "opc-request-id": "r", "status": status, "target_service": "object_storage"},
    )


def _report(kind: str, body: dict) -> int:
    return _say("%s:\n%s" % (kind, json.dumps(body, indent=4)))


def _say(text: str) -> int:
    print(text, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
