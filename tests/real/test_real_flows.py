"""Flows of people, run against a stand-in of the internet: whatever they meet, they end in order.

Programs that scripts start are not there, but for a few harmless ones, and no package can be had. Left out are flows that
need a broker or a database beyond the process: tests beside their tasks do that.
"""

from __future__ import annotations

import base64
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from plugins.service import service_account
from real.internet import ANSWER, CSV, internet
from running import analysed, loaded, options

from flowrt.engine.document import execution_document
from flowrt.inputs.conversion import Upload
from flowrt.inputs.errors import InputError
from flowrt.verbs.start import execute

SHARED = Path(__file__).resolve().parents[3] / "shared" / "conformance" / "real-world"
ELSEWHERE = re.compile(
    r"\b(jdbc\.(?!duckdb|sqlite)\w+|kafka|amqp|mqtt|nats|mongodb|cassandra|redis)\."
)
"""Types of tasks that need more than the web."""
STARTING = re.compile(r"\b(scripts|cli|git|docker|cloudquery)\.")
"""Types of tasks that start programs."""
SAYING = {"all": json.dumps(ANSWER), "empty": "{}", "list": "[7]", "text": "no JSON"}
"""What the stand-in says."""
PROGRAMS = {
    "sh",
    "bash",
    "cat",
    "echo",
    "ls",
    "mkdir",
    "cp",
    "grep",
    "sed",
    "sort",
    "date",
    "env",
    "sleep",
}
"""What scripts may start."""
OVER = {"SUCCESS", "WARNING", "FAILED", "CANCELLED", "KILLED", "PAUSED"}
PYTHON = re.compile(
    r"Traceback \(most recent|object has no attribute|object is not subscriptable|indices must be"
    r"|\[Errno|NoneType|unexpected keyword|positional argument|codec can't"
)
"""What only Python says."""


def flows() -> list[Any]:
    """Each flow with each of what is said to it; those that start programs once."""
    found = []
    for path in sorted(SHARED.glob("*.yaml")):
        text = path.read_text("utf-8")
        types = " ".join(re.findall(r"^\s*(?:- )?type: io\.kestra\.(\S+)", text, re.MULTILINE))
        if not ELSEWHERE.search(types):
            kinds = ["all"] if STARTING.search(types) else list(SAYING)
            found += [pytest.param(text, kind, id=f"{path.stem}-{kind}") for kind in kinds]
    return found


def given(declared: dict[str, Any]) -> Any:
    """A value for an input that has none."""
    values = declared.get("values") or ["x"]
    made: dict[str, Any] = {
        "INT": "1",
        "FLOAT": "1.5",
        "BOOLEAN": "true",
        "BOOL": "true",
        "DATE": "2024-01-02",
        "DATETIME": "2024-01-02T03:04:05Z",
        "TIME": "10:00:00",
        "DURATION": "PT1S",
        "JSON": '{"id": 1}',
        "YAML": "id: 1",
        "URI": "https://example.org/a.csv",
        "EMAIL": "a@example.org",
        "ARRAY": '["1", "2"]',
        "SELECT": values[0],
        "ENUM": values[0],
        "MULTISELECT": json.dumps(values[:1]),
    }
    if declared.get("type") == "FILE":
        return Upload("in.csv", CSV)
    return made.get(str(declared.get("type")), "text")


def value(name: str) -> str:
    """What stands behind the name of a secret or of a key."""
    name = name.upper()
    if any(word in name for word in ("WEBHOOK", "URL")):
        return "https://hooks.example.org/x"
    if any(word in name for word in ("CREDS", "SERVICE", "GCP", "GOOGLE", "BIGQUERY")):
        return ACCOUNT
    return "us-east-1" if "REGION" in name else f"value-of-{name}"


ACCOUNT = json.dumps(service_account())
TRIGGER = {
    "date": "2024-01-02T00:00:00Z",
    "executionId": "abc",
    "flowId": "other",
    "namespace": "company.team",
    "state": "FAILED",
    "body": {"id": 1, "message": "m"},
    "objects": [],
    "outputs": {},
}


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with few programs, on which no package can be had."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in PROGRAMS:
        found = shutil.which(name)
        if found is not None:
            (programs / name).symlink_to(found)
    monkeypatch.setenv("PATH", str(programs))
    for name in ("PIP_NO_INDEX", "UV_OFFLINE"):
        monkeypatch.setenv(name, "1")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)


@pytest.mark.skipif(not SHARED.exists(), reason="the flows of people are not here")
@pytest.mark.parametrize(("text", "kind"), flows())
@pytest.mark.usefixtures("machine")
def test_a_flow_ends_in_order(
    text: str, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    analysis = analysed(text)
    if analysis.program is None:
        pytest.skip("it is refused")
    flow, data = loaded(analysis), yaml.safe_load(text)
    for name in re.findall(r"""secret\(\s*['"](\w+)['"]""", text):
        monkeypatch.setenv(f"SECRET_{name}", base64.b64encode(value(name).encode()).decode())
    how = options(tmp_path / "store")
    how.kv = {flow.namespace: {k: value(k) for k in re.findall(r"""kv\(\s*['"](\w+)['"]""", text)}}
    how.trigger = {"id": "t", "type": "io.kestra.plugin.core.trigger.Flow", "variables": TRIGGER}
    how.inputs = {
        each["id"]: given(each)
        for each in data.get("inputs") or []
        if each.get("required", True) and not {"defaults", "prefill"} & each.keys()
    }
    with internet(tmp_path, monkeypatch, SAYING[kind].encode()):
        try:
            execution = execute(flow, how)
        except InputError:
            return  # its inputs are made from what nobody knows here
    assert execution.state in OVER
    document = json.loads(json.dumps(execution_document(execution)))
    said = [entry.get("message") or "" for entry in document["logs"]]
    if ".python." not in text:
        assert not [message for message in said if PYTHON.search(message)]
