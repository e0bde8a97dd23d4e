# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""State kept as records of ARA, over its REST API, by the standard library alone.

A record's key is `host/play/job`; of several records of one key the newest counts, and it is the one that is changed.
ARA has no conditional put: the later of two saves at once counts. Not thread-safe. Building it does no I/O.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import socket
import ssl
import urllib.error
import urllib.request
from urllib.parse import quote, urlencode, urlsplit

from . import paths
from . import record as state_record
from .record import Key, StateError
from .retry import Passing, Retry

# What ARA's column holds.
_MAX_KEY = 255
_PAGE = 500
_PASSING = (429, 500, 502, 503, 504)
# ARA keeps records below a playbook; what no recorded run saves is below this one.
_OWN = "jobledger"


class Server:
    """Where ARA is and who asks: `url`, `user`, `password`, `ca_file`; what is empty comes from the environment, by the
    names that ARA's own client has. Raises StateError.
    """

    def __init__(self, given: dict, environment, prefix: str) -> None:
        self.url = (given["ara_url"] or environment.get("ARA_API_SERVER", "")).rstrip("/")
        parts = urlsplit(self.url)
        if not self.url:
            raise StateError("no ARA server is set: set %sara_url or ARA_API_SERVER" % prefix)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
            raise StateError(
                "%sara_url must be an address such as https://ara.example.com, without a user: %sara_user and "
                "%sara_password_file have that" % (prefix, prefix, prefix)
            )
        self.user = given["ara_user"] or environment.get("ARA_API_USERNAME", "")
        self.ca_file = given["ara_ca_file"] or environment.get("ARA_API_CA", "")
        self.password = environment.get("ARA_API_PASSWORD", "")
        if given["ara_password_file"]:
            try:
                with open(given["ara_password_file"], encoding="utf-8") as file:
                    self.password = file.readline().rstrip("\r\n")
            except (OSError, UnicodeDecodeError) as error:
                raise StateError(
                    "%sara_password_file %s cannot be read: %s"
                    % (prefix, given["ara_password_file"], getattr(error, "strerror", None) or "it is not UTF-8")
                ) from None


class StateAra:
    """Records of one ARA server. `timeout` is in seconds, for one request."""

    # Whether what is put is merged with what is known of the job already.
    merges = False

    def __init__(self, server: Server, retry: Retry, timeout: float) -> None:
        self._server = server
        self._retry = retry
        self._timeout = timeout
        self._tls = None

    def place(self, key: Key) -> str:
        """Return the URL that finds the record."""
        return "%s/api/v1/records?key=%s" % (self._server.url, quote(_key(key), safe=""))

    @staticmethod
    def locked(_key: Key):
        """Return a context that locks nothing: ARA has no locks, and the later of two saves at once counts."""
        return contextlib.nullcontext()

    def get(self, key: Key) -> dict | None:
        """Return what the newest record of a key holds, see `state_record.split`, None when there is none. Raises
        StateError.
        """
        found = self._newest(_key(key))
        return None if found is None else state_record.parse(self._value(found), key, self.place(key))

    def put(self, key: Key, record: dict) -> None:
        """Change the newest record of the key, or make one. Raises StateError."""
        value = json.loads(state_record.dump(record).decode("utf-8"))
        found = self._newest(_key(key))
        if found is None:
            self._ask(
                "POST",
                "/api/v1/records",
                {"playbook": self._playbook(), "key": _key(key), "value": value, "type": "json"},
            )
        else:
            self._ask("PATCH", "/api/v1/records/%d" % found, {"value": value, "type": "json"})

    def names(self, host: str | None = None):
        """Yield the name of each record that is a job's, of one host where it is given. Raises StateError."""
        begin = paths.segment(host) + "/" if host else ""
        names = {row["key"] for row in self._rows({}) if row["key"].count("/") == 2}
        return [name + ".json" for name in sorted(names) if name.startswith(begin)]

    def raw(self, name: str) -> bytes | None:
        """Return the bytes of the newest record of a name; None when it is gone. Raises StateError."""
        found = self._newest(name[: -len(".json")])
        return None if found is None else self._value(found)

    def remove(self, name: str, data: bytes) -> bool:
        """Remove the records of a name whose newest still is `data`; return whether they went. Raises StateError."""
        if self.raw(name) not in (data, None):
            return False
        for row in self._rows({"key": name[: -len(".json")]}):
            self._ask("DELETE", "/api/v1/records/%d" % row["id"])
        return True

    def _newest(self, key: str) -> int | None:
        rows = [row for row in self._rows({"key": key}) if row["key"] == key]
        return max(rows, key=lambda row: (row["updated"], row["id"]))["id"] if rows else None

    def _rows(self, wanted: dict) -> list[dict]:
        found, offset = [], 0
        while True:
            query = urlencode(dict(wanted, limit=_PAGE, offset=offset), quote_via=quote)
            page = self._ask("GET", "/api/v1/records?" + query)
            if not isinstance(page, dict) or not isinstance(page.get("results"), list):
                raise StateError("what is at %s does not answer as ARA does: mend the address" % self._server.url)
            found += page["results"]
            offset += _PAGE
            if not page.get("next"):
                return found

    def _value(self, number: int) -> bytes:
        value = self._ask("GET", "/api/v1/records/%d" % number)["value"]
        return (value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)).encode("utf-8")

    def _playbook(self) -> int:
        """Return the number of the playbook that stands for what no recorded run saved; made where it is missing."""
        listed = self._ask("GET", "/api/v1/playbooks?" + urlencode({"name": _OWN, "limit": 1, "order": "id"}))
        if listed["results"]:
            return listed["results"][0]["id"]
        now = state_record.now()
        made = self._ask(
            "POST",
            "/api/v1/playbooks",
            {
                "name": _OWN,
                "path": _OWN,
                "ansible_version": "none",
                "status": "completed",
                "started": now,
                "ended": now,
                "arguments": {},
                "labels": [_OWN],
            },
        )
        return made["id"]

    def _ask(self, method: str, path: str, body: dict | None = None):
        try:
            return self._retry.call(lambda: self._request(method, path, body))
        except Passing as error:
            raise StateError(
                "ARA at %s cannot be asked: %s, %s; see that it runs and the network lets it through, then run the "
                "playbook again." % (self._server.url, error, self._retry.tried())
            ) from None

    def _request(self, method: str, path: str, body: dict | None):
        request = urllib.request.Request(
            self._server.url + path,
            data=None if body is None else json.dumps(body).encode("utf-8"),
            method=method,
            headers={"Accept": "application/json", "Content-Type": "application/json"},
        )
        if self._server.user:
            pair = "%s:%s" % (self._server.user, self._server.password)
            request.add_header("Authorization", "Basic " + base64.b64encode(pair.encode("utf-8")).decode("ascii"))
        try:
            with urllib.request.urlopen(request, timeout=self._timeout, context=self._trust()) as answer:
                data = answer.read()
                return json.loads(data) if data else None
        except urllib.error.HTTPError as error:
            raise self._refused(error) from None
        except (urllib.error.URLError, OSError, ValueError) as error:
            raise self._failed(getattr(error, "reason", error)) from None

    def _trust(self):
        if self._tls is None and self._server.url.startswith("https:"):
            try:
                self._tls = ssl.create_default_context(cafile=self._server.ca_file or None)
            except (OSError, ssl.SSLError):
                raise StateError(
                    "the CA file %s of ARA cannot be read: it holds certificates in PEM" % self._server.ca_file
                ) from None
        return self._tls

    def _failed(self, reason) -> Exception:
        if isinstance(reason, ssl.SSLCertVerificationError):
            return StateError(
                "the certificate of ARA at %s is not trusted: %s. Name its authority in ara_ca_file or ARA_API_CA"
                % (self._server.url, reason.verify_message)
            )
        if isinstance(reason, (socket.timeout, TimeoutError)):
            return Passing("no answer within %g s" % self._timeout)
        if isinstance(reason, ConnectionRefusedError):
            return Passing("connection refused")
        if isinstance(reason, ValueError):
            return StateError("what is at %s does not answer as ARA does: mend the address" % self._server.url)
        return Passing(" ".join(str(reason).split())[:300])

    def _refused(self, error) -> Exception:
        said = " ".join(error.read(2000).decode("utf-8", "replace").split())[:300]
        if error.code in _PASSING:
            return Passing("HTTP %d" % error.code)
        if error.code in (401, 403):
            return StateError(
                "ARA at %s does not accept %s: set ara_user and ara_password_file, or ARA_API_USERNAME and "
                "ARA_API_PASSWORD (HTTP %d)"
                % (
                    self._server.url,
                    "the user %s" % self._server.user if self._server.user else "requests without a user",
                    error.code,
                )
            )
        if error.code == 404:
            return StateError(
                "what is at %s does not answer as ARA does (HTTP 404): mend the address" % self._server.url
            )
        return StateError("ARA at %s refuses the request (HTTP %d): %s" % (self._server.url, error.code, said))


def _key(key: Key) -> str:
    whole = paths.record_path(key.host, key.play, key.job)[: -len(".json")]
    if len(whole) <= _MAX_KEY:
        return whole
    # The real names are inside the record.
    digest = hashlib.sha256(whole.encode("utf-8")).hexdigest()[:16]
    return "~/~/%s~%s" % (whole.replace("/", "-")[: _MAX_KEY - 24], digest)
