"""Choices that are made again, and ends that cannot be told: a Switch whose value changes, batches without outputs."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from running import ITEMS, WRITE, analysed, executed, ran

from flowrt.control.pause import _resumed
from flowrt.engine.services import Services
from flowrt.model.failures import TaskFailure

CORE = "io.kestra.plugin.core."


@pytest.mark.parametrize(("first", "then"), [("a", "b"), ("b", "a"), ("a", "a"), ("b", "c")])
def test_a_switch_follows_its_value(first: str, then: str) -> None:
    cases = "".join(f"""\
      {letter}:
        - {{id: set_{letter}, type: execution.SetVariables, variables: {{v: {then}}}}}
        - {{id: end_{letter}, type: log.Log, message: {letter}}}
""" for letter in "ab")
    document = ran(
        f"""\
  - id: s
    type: flow.Switch
    value: "{{{{ vars.v }}}}"
    cases:
{cases}    defaults:
      - {{id: other, type: log.Log, message: other}}
  - {{id: behind, type: log.Log, message: behind}}
""",
        f"variables: {{v: {first}}}\n",
    )
    tasks = [run["taskId"] for run in document["taskRunList"]]
    inside = {
        ("a", "b"): ["set_a", "set_b", "end_b"],
        ("b", "a"): ["set_b", "set_a", "end_a"],
        ("a", "a"): ["set_a", "end_a"],
        ("b", "c"): ["set_b", "other"],
    }
    assert tasks == ["s", *inside[first, then], "behind"]
    assert document["state"]["current"] == "SUCCESS"


def test_a_switch_that_comes_back_goes_on_behind_what_it_ran() -> None:
    document = ran(
        """\
  - id: s
    type: flow.Switch
    value: "{{ vars.v }}"
    cases:
      a:
        - {id: to_b, type: execution.SetVariables, variables: {v: b}}
        - {id: end_a, type: log.Log, message: a}
      b:
        - {id: to_a, type: execution.SetVariables, variables: {v: a}}
        - {id: end_b, type: log.Log, message: b}
""",
        "variables: {v: a}\n",
    )
    assert [run["taskId"] for run in document["taskRunList"]] == ["s", "to_b", "to_a", "end_a"]
    assert document["state"]["current"] == "SUCCESS"


def test_batches_whose_outputs_cannot_be_rendered_have_failed() -> None:
    child = {
        "id": "child",
        "namespace": "a.b",
        "tasks": [{"id": "c", "type": f"{CORE}log.Log", "message": "c"}],
        "outputs": [{"id": "o", "type": "STRING", "value": "{{ nothing.here }}"}],
    }
    document = executed(analysed({"id": "f", "namespace": "a.b", "tasks": [WRITE, ITEMS]}, child))
    assert document["state"]["current"] == "FAILED"
    said = [each["message"] for each in document["logs"] if each["level"] == "WARN"]
    assert [each.partition(": '")[0] for each in said] == [
        "Failed to extract outputs with the error"
    ] * 3


@pytest.mark.parametrize(
    ("nanos", "micros"), [(1_000, 1), (1_999, 1), (999, 0), (123_456_789, 123_456)]
)
def test_when_a_pause_was_resumed_is_cut_to_microseconds(nanos: int, micros: int) -> None:
    clock: Any = SimpleNamespace(now=lambda: 86_400 * 10**9 + nanos)
    found = _resumed(clock, "SUCCESS")
    assert found["to"] == "SUCCESS"
    assert float("0." + (found["on"].partition(".")[2] or "0")) == micros / 1e6


def test_where_files_are_kept(tmp_path: Any) -> None:
    here = Services(tmp_path / "root")
    there = Services(tmp_path / "other", storage=f"file://{tmp_path}/kept")
    for services, folder in ((here, "root/storage"), (there, "kept")):
        services.storage.write("kestra:///a.txt", b"x")
        assert (tmp_path / folder / "a.txt").read_bytes() == b"x"
    assert not here.loses_entries()
    assert here.workplace.path.parent == tmp_path / "root" / "wd"
    here.close()
    # a worker on another machine works in a folder of its own, if it sees that of the engine
    far = Services(tmp_path / "root", mark=str(tmp_path / "root"))
    assert far.root == tmp_path / "root"
    assert tmp_path not in far.workplace.path.parents
    far.close()
    with pytest.raises(TaskFailure, match="does not see the folder"):
        Services(tmp_path / "root", mark=str(tmp_path / "none")).root  # noqa: B018
    fleeting = Services()
    assert not fleeting.loses_entries()
    fleeting.kv.put("a.b", "k", 1)
    assert fleeting.loses_entries()
    kept = Services(storage=f"file://{tmp_path}/kept")
    kept.kv.put("a.b", "k", 1)
    assert not kept.loses_entries()
