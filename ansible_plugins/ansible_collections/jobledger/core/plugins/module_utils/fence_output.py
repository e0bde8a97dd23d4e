# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""Keeping what a command writes while it runs: a program between the module and its command, and the module's result
without it.

Hosts and controllers, Python 3.6 and later, standard library only. The files are those of docs/reference/fence.md.
"""

import json
import os
import shlex

from ansible_collections.jobledger.core.plugins.module_utils import fence_layout as layout

LEAST_LIMIT, LIMIT = 1 << 16, 64 << 20
_SCRIPT = 'exec "$JOBLEDGER_PYTHON" "$JOBLEDGER_TEE" "$@"'
_ARGV = ["/bin/sh", "-c", _SCRIPT, "jobledger"]
_COMMAND = " ".join(shlex.quote(part) for part in _ARGV) + " "
_SHELL = 'exec "$JOBLEDGER_PYTHON" "$JOBLEDGER_TEE" '

TEE = r'''import json, os, select, signal, subprocess, sys


class Stream:
    """One stream of the command: to the module as ever, and to a file whose oldest half goes when it is full."""

    def __init__(self, name, folder, limit, onward):
        self.path, self.half, self.onward = os.path.join(folder, name), max(1, limit // 2), onward
        self.file = self.open()

    def open(self):
        try:
            mode = int(os.environ["JOBLEDGER_OUTPUT_MODE"], 8)
            return os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, mode)
        except OSError:
            return None

    def take(self, data):
        try:
            while data and self.file is not None:
                room = self.half - os.fstat(self.file).st_size
                if room <= 0:
                    self.turn()
                    continue
                data = data[os.write(self.file, data[:room]):]
        except OSError:
            pass  # a full disk costs what would have been kept, and nothing else

    def turn(self):
        dropped, older = self.path + ".dropped", self.path + ".1"
        try:
            with open(dropped) as file:
                before = int(file.read())
        except (OSError, ValueError):
            before = 0
        if os.path.exists(older):
            with open(dropped + ".new", "w") as file:
                file.write("%d" % (before + os.stat(older).st_size))
            os.rename(dropped + ".new", dropped)
        os.rename(self.path, older)
        os.close(self.file)
        self.file = self.open()


def main():
    folder, limit = os.environ["JOBLEDGER_ATTEMPT"], int(os.environ["JOBLEDGER_OUTPUT_LIMIT"])
    streams = [Stream("stdout", folder, limit, 1), Stream("stderr", folder, limit, 2)]
    own = ("JOBLEDGER_PYTHON", "JOBLEDGER_TEE", "JOBLEDGER_OUTPUT_LIMIT", "JOBLEDGER_OUTPUT_MODE")
    clean = {name: value for name, value in os.environ.items() if name not in own}
    try:
        child = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=clean)
    except OSError as error:
        with open(os.path.join(folder, "not_run.json"), "w") as file:
            msg = "[Errno %d] %s: %r" % (error.errno, error.strerror, os.fsencode(sys.argv[1]))
            json.dump({"rc": error.errno, "msg": msg}, file)
        return 127
    pipes = {child.stdout.fileno(): streams[0], child.stderr.fileno(): streams[1]}
    while pipes:
        ready = select.select(list(pipes), [], [], 1)[0]
        if not ready and child.poll() is not None:
            break  # something that it left behind still has the pipe: the module does not wait for that either
        for descriptor in ready:
            data = os.read(descriptor, 1 << 16)
            if not data:
                del pipes[descriptor]
                continue
            stream = pipes[descriptor]
            stream.take(data)
            while data:
                data = data[os.write(stream.onward, data):]
    code = child.wait()
    if code < 0:
        signal.signal(-code, signal.SIG_DFL) if -code not in (signal.SIGKILL, signal.SIGSTOP) else None
        os.kill(os.getpid(), -code)
    return code


sys.exit(main())
'''


def wrap(args):
    """Return the arguments of ansible.legacy.command with the program in between."""
    args = dict(args)
    if args.get("argv"):
        args["argv"] = _ARGV + list(args["argv"])
    elif args.get("_uses_shell"):
        args["_raw_params"] = _SHELL + " ".join(
            shlex.quote(part) for part in (args.get("executable") or "/bin/sh", "-c", args["_raw_params"])
        )
    else:
        args["_raw_params"] = _COMMAND + args["_raw_params"]
    return args


def unwrap(value):
    """Return a part of the module's result as it would be without the program in between."""
    if isinstance(value, dict):
        return dict((key, unwrap(entry)) for key, entry in value.items())
    if isinstance(value, list):
        return value[len(_ARGV) :] if value[: len(_ARGV)] == _ARGV else value
    if isinstance(value, str):
        if value.startswith(_SHELL):
            return shlex.split(value)[-1]
        if value.startswith(_COMMAND):
            return value[len(_COMMAND) :]
    return value


def prepare(attempt):
    """Put the program into the attempt's folder."""
    layout.write_file(attempt.file("tee.py"), TEE.encode("ascii"), layout.file_mode(attempt.path))


def environment(attempt, start, python):
    """Return what the program needs to know; {} where nothing is kept."""
    if start.get("output") != "keep":
        return {}
    return {
        "JOBLEDGER_PYTHON": python,
        "JOBLEDGER_TEE": attempt.file("tee.py"),
        "JOBLEDGER_OUTPUT_LIMIT": str(start.get("output_limit") or LIMIT),
        "JOBLEDGER_OUTPUT_MODE": "%o" % layout.file_mode(attempt.path),
    }


def result(attempt, found):
    """Return the module's result as it would be without the program in between."""
    found = dict(found, **dict((key, unwrap(found[key])) for key in ("cmd", "invocation") if key in found))
    invocation = found.get("invocation")
    if isinstance(invocation, dict) and isinstance(invocation.get("module_args"), dict):
        found["invocation"] = dict(invocation, module_args=unwrap(invocation["module_args"]))
    if found.get("rc") == 127 and os.path.exists(attempt.file("not_run.json")):
        with open(attempt.file("not_run.json"), encoding="utf-8") as file:
            found.update(json.load(file), stdout="", stderr="", failed=True, changed=False)
        if isinstance(found.get("cmd"), list):
            found["cmd"] = " ".join(found["cmd"])
    return found
