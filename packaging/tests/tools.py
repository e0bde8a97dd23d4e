"""Checkers that are no part of a checkout: found on the PATH, or built once into .tools/ by their own ecosystem."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import devenv

HERE = Path(__file__).resolve().parent
# Module and version of each, as `go install` takes them, and the name that it gives the program.
GO = {
    "helm": ("helm.sh/helm/v3/cmd/helm@v3.22.0", "helm"),
    # What `docker compose config` itself loads a file by.
    "compose-go": ("github.com/compose-spec/compose-go/v2/cmd@v2.16.2", "cmd"),
}


class Missing(Exception):
    """A tool is not there and cannot be made; the text says why."""


def go(name: str) -> str:
    """Return the path of a program in Go, built first where needed. Raises Missing."""
    module, made = GO[name]
    place = devenv.TOOLS / "go" / module.replace("/", "_")
    if not (place / made).exists():
        if not shutil.which("go"):
            raise Missing("neither %s nor go, which would build it, is installed" % name)
        done = subprocess.run(
            ["go", "install", module],
            env=dict(os.environ, GOBIN=str(place.resolve()), GOFLAGS="-mod=mod"),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if done.returncode:
            raise Missing("go cannot build %s: %s" % (module, done.stdout[-300:]))
    return str(place / made)


def python() -> Path:
    """Return the bin directory with the checkers that are in Python. Raises Missing."""
    try:
        return devenv.build(devenv.TOOLS / "venv-deploy", [HERE / "deploy-requirements.txt"], "checkers of manifests")
    except devenv.EnvironmentMissing as error:
        raise Missing(str(error)) from error
