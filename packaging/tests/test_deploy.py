"""The compose file and the chart, each checked by its own tool, and what they render against Kubernetes' own schemas."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
import tools
import yaml
from conftest import missing

pytestmark = pytest.mark.release

PACKAGING = Path(__file__).resolve().parents[1]
COMPOSE = PACKAGING / "compose" / "compose.yaml"
CHART = PACKAGING / "helm" / "jobledger"
# The oldest that the chart names, and a current one.
KUBERNETES = ("1.25", "1.34")
EMBEDDED = {
    "tls": {"secret": "ledger-tls"},
    "tokens": [{"name": "admin", "scope": "admin", "secret": "tokens", "key": "admin"}],
    "settings": {"run-silence": "2h", "max-connections": 1000000, "open-metrics": True},
    "serviceAccount": {"name": "bucket-writer"},
    "image": {"repository": "registry.example.com/jobledger", "pullSecrets": ["pull"]},
}
POSTGRESQL = {
    "ledger": "postgresql",
    "allowPlainHttp": True,
    "postgresql": {"url": "jdbc:postgresql://db/jobledger?sslmode=verify-full", "secret": "database"},
    "tokens": [
        {"name": "admin", "scope": "admin", "secret": "tokens", "key": "admin"},
        {"name": "ci", "scope": "ingest,read", "secret": "tokens", "key": "ci"},
    ],
}


def tool(find, *arguments):
    try:
        return find(*arguments)
    except tools.Missing as error:
        missing(str(error))


@pytest.fixture(scope="module")
def helm() -> str:
    return tool(tools.go, "helm")


def helm_run(helm: str, tmp_path: Path, *words: str, values: dict) -> subprocess.CompletedProcess:
    (tmp_path / "values.json").write_text(json.dumps(values))
    if words[0] == "template":
        words = (*words, "--kube-version", KUBERNETES[1])  # one that go built knows of none
    return subprocess.run(
        [helm, *words, "--values", str(tmp_path / "values.json")],
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def rendered(helm: str, tmp_path: Path, values: dict) -> tuple[str, dict]:
    done = helm_run(helm, tmp_path, "template", "ledger", str(CHART), "--namespace", "ops", values=values)
    assert done.returncode == 0, done.stdout
    return done.stdout, {one["kind"]: one for one in yaml.safe_load_all(done.stdout) if one}


@pytest.mark.parametrize("values", [EMBEDDED, POSTGRESQL], ids=["embedded", "postgresql"])
def test_chart_passes_its_linter_and_kubernetes_schemas(helm, tmp_path, values):
    linted = helm_run(helm, tmp_path, "lint", "--strict", str(CHART), values=values)
    assert linted.returncode == 0 and "0 chart(s) failed" in linted.stdout, linted.stdout
    text, _ = rendered(helm, tmp_path, values)
    (tmp_path / "all.yaml").write_text(text)
    checker = tool(tools.python) / "kubernetes-validate"
    for version in KUBERNETES:
        done = subprocess.run(
            [str(checker), "--strict", "--kubernetes-version", version, str(tmp_path / "all.yaml")],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert done.returncode == 0, done.stdout
    # The checker notices what is wrong.
    (tmp_path / "wrong.yaml").write_text(text.replace("runAsNonRoot: true", "runAsNonRoot: perhaps"))
    done = subprocess.run(
        [str(checker), "--strict", "--kubernetes-version", version, str(tmp_path / "wrong.yaml")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    assert done.returncode


def test_embedded_ledger_is_one_pod_with_a_volume(helm, tmp_path):
    text, kinds = rendered(helm, tmp_path, EMBEDDED)
    assert "Deployment" not in kinds
    spec = kinds["StatefulSet"]["spec"]
    assert (
        spec["replicas"] == 1 and spec["volumeClaimTemplates"][0]["spec"]["resources"]["requests"]["storage"] == "10Gi"
    )
    pod = spec["template"]["spec"]
    for container in [*pod["initContainers"], *pod["containers"]]:
        context = container["securityContext"]
        assert context["readOnlyRootFilesystem"] and context["capabilities"] == {"drop": ["ALL"]}
        assert container["image"] == "registry.example.com/jobledger:0.1.0"
    assert (
        pod["securityContext"]["runAsNonRoot"]
        and pod["containers"][0]["readinessProbe"]["httpGet"]["scheme"] == "HTTPS"
    )
    settings = kinds["ConfigMap"]["data"]["jobledger.properties"].splitlines()[1:]
    assert settings == ["max-connections = 1000000", "open-metrics = true", "run-silence = 2h"]
    assert "password" not in text.lower()


def test_postgresql_ledger_is_several_pods_that_share_it(helm, tmp_path):
    _, kinds = rendered(helm, tmp_path, POSTGRESQL)
    assert "StatefulSet" not in kinds
    pod = kinds["Deployment"]["spec"]["template"]["spec"]
    assert kinds["Deployment"]["spec"]["replicas"] == 2
    (container,) = pod["containers"]
    environment = {one["name"]: one["value"] for one in container["env"]}
    assert environment["JOBLEDGER_LEDGER"] == POSTGRESQL["postgresql"]["url"]
    assert [one["args"][3] for one in pod["initContainers"]] == ["admin", "ci"]
    assert container["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": "http", "scheme": "HTTP"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"tokens": []},
        {"tls": {"secret": ""}},
        {"ledger": "postgresql", "allowPlainHttp": True},
        {"ledger": "mysql"},
        {"settings": {"listen": "127.0.0.1"}},
        {"embedded": {"size": "much"}},
        {"replicas": 3},
    ],
    ids=["no token", "no TLS", "no database", "unknown ledger", "own setting", "size", "unknown value"],
)
def test_values_that_cannot_work_are_refused_before_anything_is_made(helm, tmp_path, wrong):
    done = helm_run(helm, tmp_path, "template", "ledger", str(CHART), values={**EMBEDDED, **wrong})
    assert done.returncode and "values don't meet the specifications of the schema" in done.stdout, done.stdout


def test_compose_file_is_one(tmp_path):
    """By the loader of `docker compose` itself, which also says what it makes of it."""
    loader = tool(tools.go, "compose-go")

    def load(path: Path) -> subprocess.CompletedProcess:
        return subprocess.run(
            [loader, "-format", "json", str(path)],
            cwd=COMPOSE.parent,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    done = load(COMPOSE)
    assert done.returncode == 0, done.stderr
    services = json.loads(done.stdout)["services"]
    ingester = services["ingester"]
    assert ingester["read_only"] and ingester["cap_drop"] == ["ALL"]
    assert [(port["host_ip"], port["target"]) for port in ingester["ports"]] == [("127.0.0.1", 8740)]
    assert ingester["depends_on"]["postgresql"]["condition"] == "service_healthy"
    assert ingester["image"] == "localhost/jobledger:0.1.0"
    (tmp_path / "compose.yaml").write_text(COMPOSE.read_text().replace("service_healthy", "service_happy"))
    assert load(tmp_path / "compose.yaml").returncode


def test_settings_that_they_use_are_settings():
    """A name in the compose file or the chart that the program does not know would stop the start."""
    known = set(re.findall(r"`(JOBLEDGER_[A-Z_]+)`", (PACKAGING.parent / "docs/reference/settings.md").read_text()))
    for path in [COMPOSE, PACKAGING / "Containerfile", *(CHART / "templates").iterdir()]:
        used = set(re.findall(r"\bJOBLEDGER_[A-Z_]+\b", path.read_text())) - {"JOBLEDGER_IMAGE"}
        assert used <= known, path
