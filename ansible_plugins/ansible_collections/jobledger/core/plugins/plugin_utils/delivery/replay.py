# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""Delivers what earlier runs left in the spool. Needs Python 3.9 or later and the files beside it, but no Ansible.

    python3 replay.py [--url URL] [--spool-dir DIR] [--token-file FILE] [--ca-file FILE] [--client-cert FILE]
    [--client-key FILE]
                      [--was URL]... [--follow] [--timeout SECONDS] [--seconds SECONDS]

A spool is for the ledger at the address that its run was given, and is delivered to no other; `--was` names an address
that the ledger had before.

`--follow` stays and delivers until SIGTERM or SIGINT: one for each user, directory and ledger. Runs that find it only
write.

One line for each spool. Exit code 0: nothing is left, 1: some is left, 2: it was called wrongly. Spools of runs that
are still going, or that another process is delivering at this moment, are left alone and do not count as left.

The token comes from JOBLEDGER_TOKEN, or from a file: a command line can be read by other users.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys

if not __package__:
    # Run as a file: the directories become the packages that the relative imports below need, whatever their names.
    _here = os.path.dirname(os.path.realpath(__file__))
    _above = os.path.dirname(_here)
    sys.path[0] = os.path.dirname(_above)
    __package__ = importlib.import_module("%s.%s" % (os.path.basename(_above), os.path.basename(_here))).__name__

from . import access, settings, spool_leftovers, spool_place, whereabouts  # noqa: E402
from .client import Client  # noqa: E402
from .known_head import KnownHead  # noqa: E402
from .resident import Resident  # noqa: E402
from .sender import Sender  # noqa: E402

NOTHING_LEFT, SOME_LEFT, USAGE = 0, 1, 2


def main(arguments: list[str] | None = None, environment=None, say=print) -> int:
    """The command line; see the top of this file. Returns the exit code; wrong usage may raise SystemExit(2) as
    argparse does.
    """
    environment = os.environ if environment is None else environment
    given = _parser(environment).parse_args(arguments)
    try:
        directory = whereabouts.spool_dir(given.spool_dir, environment)
        if directory is None:
            raise settings.SettingError("spool_dir is empty: there is no spool to deliver")
        option = access.of_environment(
            environment,
            url=given.url,
            token_file=given.token_file,
            ca_file=given.ca_file,
            client_cert=given.client_cert,
            client_key=given.client_key,
        )
        client = access.client(option, lambda text: print("replay: warning: %s" % text, file=sys.stderr))
        timeout = settings.seconds("timeout", given.timeout, 0.01, 600)
        seconds = settings.seconds("seconds", given.seconds, 0, 86400)
        was = [settings.Address(url) for url in given.was]
    except settings.SettingError as error:
        print("replay: %s" % error, file=sys.stderr)
        return USAGE
    place = spool_place.Place(directory, client.address, environment=environment)
    if given.follow:
        return follow(place, client, timeout, min(seconds, 30.0), was)
    outcomes, reason = deliver(place, client, timeout, seconds, was)
    for text in lines(place, outcomes, reason, was):
        say(text)
    if not outcomes:
        say("nothing to deliver in %s" % directory)
    return SOME_LEFT if any(outcome.left for outcome in outcomes) else NOTHING_LEFT


def follow(place, client: Client, timeout: float, seconds: float, was=()) -> int:
    """Deliver until a signal comes; return the exit code. `seconds` may be lost to the ledger in one round."""
    try:
        lock = whereabouts.become_resident(place.own())
    except OSError as error:
        print("replay: the spool's directory cannot be used: %s" % error, file=sys.stderr)
        return USAGE
    if lock is None:
        print("replay: another resident delivers what is in %s" % place.own(), file=sys.stderr)
        return USAGE
    sender = Sender(client, timeout, seconds)
    sender.tell(KnownHead.of(place, client.address))
    # A service's log has each line as soon as it is said.
    print("delivering what is in %s" % place.own(), flush=True)
    try:
        Resident(place, sender, seconds, lambda *told: print(line(*told), flush=True), was).run()
    finally:
        sender.close()
        os.close(lock)
    return NOTHING_LEFT


def lines(place, outcomes: list, reason: str | None, was=()) -> list[str]:
    """Return what became of each spool, and what is for other ledgers, as lines for people."""
    others = [
        "%s: %d spools for another ledger; if it has moved here, say --was with its address" % (path, count)
        for path, count in place.others(was)
    ]
    return [line(outcome, reason) for outcome in outcomes] + others


def deliver(place, client: Client, timeout: float, seconds: float, was=()) -> tuple[list, str | None]:
    """Deliver every spool for the client's ledger whose run is over, and close the client. Return the outcomes and,
    where sending failed, why.

    `timeout` is for one request, `seconds` is what may be lost in all. Never raises for disk or network.
    """
    sender = Sender(client, timeout, seconds)
    sender.tell(KnownHead.of(place, client.address))
    try:
        return spool_leftovers.deliver(
            place.to_read(was), lambda backlog: sender.insist(backlog, seconds), count=True
        ), sender.reason
    finally:
        sender.close()


def line(outcome, reason: str | None) -> str:
    """Return what became of one spool, as one line for people."""
    parts = ["%d delivered" % outcome.delivered]
    if outcome.refused:
        parts.append("%d refused" % outcome.refused)
    if outcome.damaged:
        parts.append("%d damaged" % outcome.damaged)
    if outcome.left:
        why = outcome.trouble or reason
        parts.append("%s left%s" % (outcome.left if outcome.left > 0 else "some", " (%s)" % why if why else ""))
    elif outcome.trouble:
        parts.append("done, but: %s" % outcome.trouble)
    if outcome.interrupted:
        parts.append("its run was interrupted")
    return "%s: %s" % (os.path.basename(outcome.path), ", ".join(parts))


def _parser(environment) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="replay", description="Deliver what earlier runs left in the spool.")
    parser.add_argument(
        "--url",
        default=environment.get("JOBLEDGER_URL") or "http://127.0.0.1:8740",
        help="address of the ingester (JOBLEDGER_URL; default http://127.0.0.1:8740)",
    )
    parser.add_argument(
        "--spool-dir",
        default=environment.get("JOBLEDGER_SPOOL_DIR"),
        help="the spool's directory (JOBLEDGER_SPOOL_DIR; default: jobledger/spool below the XDG state home)",
    )
    parser.add_argument(
        "--ca-file",
        default=environment.get("JOBLEDGER_CA_FILE"),
        help="PEM file that an https ingester is verified against (JOBLEDGER_CA_FILE)",
    )
    parser.add_argument("--token-file", help="file with the token (JOBLEDGER_TOKEN_FILE); JOBLEDGER_TOKEN goes first")
    parser.add_argument("--client-cert", help="PEM file with this side's certificate (JOBLEDGER_CLIENT_CERT)")
    parser.add_argument("--client-key", help="PEM file with its key (JOBLEDGER_CLIENT_KEY; default: the same file)")
    parser.add_argument(
        "--was", metavar="URL", action="append", default=[], help="an address that this ledger had before"
    )
    parser.add_argument("--follow", action="store_true", help="stay, and deliver what runs write until a signal comes")
    parser.add_argument("--timeout", default=10, help="seconds for one request (default 10)")
    parser.add_argument(
        "--seconds", default=300, help="seconds to lose to an ingester that is slow or absent, in all (default 300)"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
