"""What tasks count and take away of the executions that a store keeps."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from running import analysed, loaded

from flowrt.engine.document import execution_document
from flowrt.model.failures import Refusal
from flowrt.model.flow import Flow
from flowrt.store.archive import StoreArchive
from flowrt.store.errors import StoreError
from flowrt.store.holders import Holders
from flowrt.verbs.kill import kill
from flowrt.verbs.look import document_of, listed
from flowrt.verbs.options import RunOptions
from flowrt.verbs.replay import replay
from flowrt.verbs.restart import restart
from flowrt.verbs.resume import resume
from flowrt.verbs.start import execute

CORE = "io.kestra.plugin.core."
ALWAYS = {"endDate": "2999-01-01T00:00:00Z"}


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.services)])
def store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of an empty store."""
    monkeypatch.chdir(tmp_path)
    if request.param == "sqlite":
        return str(tmp_path / "store")
    new_database: Callable[[], str] = request.getfixturevalue("new_database")
    return new_database()


def task(type: str, id: str = "t", **values: Any) -> dict[str, Any]:
    return {"id": id, "type": f"{CORE}{type}", **values}


def flow(id: str, *tasks: dict[str, Any], namespace: str = "a.b", others: Any = ()) -> Flow:
    return loaded(analysed({"id": id, "namespace": namespace, "tasks": [*tasks]}, *others))


def run(store: str, made: Flow) -> dict[str, Any]:
    """Run a flow; its document."""
    found: dict[str, Any] = json.loads(
        json.dumps(execution_document(execute(made, RunOptions(store=store, keep_logs=True))))
    )
    return found


def outputs(store: str, one: dict[str, Any], id: str = "janitor") -> dict[str, Any]:
    """The outputs of a task that looks at the store, in a flow of its own."""
    document = run(store, flow(id, one, namespace="system"))
    assert document["state"]["current"] == "SUCCESS", document["logs"]
    found: dict[str, Any] = document["taskRunList"][0]["outputs"]
    return found


def names(store: str, made: Flow) -> list[str]:
    """The flows of the executions that are left, the latest first."""
    return [each.flow_id for each in listed(made, RunOptions(store=store))]


WORK = task("log.Log", message=["one", "two"])
FAIL = task("execution.Fail")


def filled(store: str) -> Flow:
    """Executions of three flows, one of which fails; answers the first."""
    first = flow("first", WORK)
    for each in (first, first, flow("second", FAIL), flow("third", WORK, namespace="a.c")):
        run(store, each)
    return first


@pytest.mark.parametrize(
    ("given", "left", "gone"),
    [
        ({}, ["janitor"], 4),
        ({"namespace": "a"}, ["janitor"], 4),
        ({"namespace": "a.b"}, ["janitor", "third"], 3),
        ({"namespace": "a.b", "flowId": "first"}, ["janitor", "third", "second"], 2),
        (
            {"namespace": "a", "flowId": "first"},
            ["janitor", "third", "second", "first", "first"],
            0,
        ),
        ({"flowId": "third"}, ["janitor", "second", "first", "first"], 1),
        ({"states": ["FAILED"]}, ["janitor", "third", "first", "first"], 1),
        ({"states": ["RUNNING"]}, ["janitor", "third", "second", "first", "first"], 0),
        ({"endDate": "2001-01-01T00:00:00Z"}, ["janitor", "third", "second", "first", "first"], 0),
        (
            {"startDate": "2998-01-01T00:00:00Z"},
            ["janitor", "third", "second", "first", "first"],
            0,
        ),
        ({"purgeExecution": False}, ["janitor", "third", "second", "first", "first"], 0),
    ],
)
def test_which_executions_are_taken_away(
    store: str, given: dict[str, Any], left: list[str], gone: int
) -> None:
    first = filled(store)
    found = outputs(store, task("execution.PurgeExecutions", **{**ALWAYS, **given}))
    assert found["executionsCount"] == gone
    assert names(store, first) == left


def test_logs_and_files_go_with_them_where_that_is_wanted(store: str) -> None:
    writes = flow("first", task("storage.Write", content="text"), task("log.Log", "l", message="m"))
    kept = run(store, writes)
    uri = kept["taskRunList"][0]["outputs"]["uri"]
    reads = flow("reads", task("debug.Return", format=f"{{{{ read('{uri}') }}}}"))
    only = {"purgeExecution": False, "purgeStorage": False}
    found = outputs(store, task("execution.PurgeExecutions", **ALWAYS, **only))
    assert found["logsCount"] == 1 and found["storagesCount"] == 0
    assert not document_of(writes, kept["id"], RunOptions(store=store))["logs"]
    assert run(store, reads)["taskRunList"][0]["outputs"] == {"value": "text"}
    found = outputs(store, task("execution.PurgeExecutions", **ALWAYS, flowId="first"))
    assert found["executionsCount"] == 1 and found["storagesCount"] > 0
    assert run(store, reads)["state"]["current"] == "FAILED"


def test_families_go_when_all_of_them_have_ended(store: str) -> None:
    pause = {"id": "child", "namespace": "a.b", "tasks": [task("flow.Pause")]}
    call = task("flow.Subflow", namespace="a.b", flowId="child", wait=False)
    parent = flow("parent", call, others=[pause])
    document = run(store, parent)
    (child,) = document["children"]
    purge = task("execution.PurgeExecutions", **ALWAYS, namespace="a.b")
    assert outputs(store, purge)["executionsCount"] == 0
    resume(parent, child["id"], RunOptions(store=store))
    assert outputs(store, purge)["executionsCount"] == 2


def test_what_an_execution_has_started_outlives_it(store: str) -> None:
    child = {"id": "child", "namespace": "a.b", "tasks": [WORK]}
    call = task("flow.Subflow", namespace="a.b", flowId="child", wait=True)
    parent = flow("parent", call, others=[child])
    (started,) = run(store, parent)["children"]
    purge = task("execution.PurgeExecutions", **ALWAYS, namespace="a.b", flowId="parent")
    assert outputs(store, purge)["executionsCount"] == 1
    assert (
        document_of(parent, started["id"], RunOptions(store=store))["state"]["current"] == "SUCCESS"
    )
    again = replay(parent, started["id"], "", RunOptions(store=store))
    assert again.state == "SUCCESS"


def test_a_store_is_whole_after_a_purge(store: str) -> None:
    first = filled(store)
    outputs(store, task("execution.PurgeExecutions", **ALWAYS, flowId="first"))
    for each in listed(first, RunOptions(store=store)):
        try:
            document_of(first, each.id, RunOptions(store=store))
        except StoreError as error:  # pragma: no cover - what must not be
            pytest.fail(str(error))


@pytest.mark.parametrize(
    ("given", "count"),
    [
        ({}, 7),
        ({"logLevels": ["ERROR"]}, 1),
        ({"logLevels": ["INFO", "ERROR"]}, 7),
        ({"logLevels": ["DEBUG"]}, 0),
        ({"namespace": "a"}, 7),
        ({"namespace": "a.b"}, 5),
        ({"namespace": "a", "flowId": "first"}, 0),
        ({"flowId": "third"}, 2),
        ({"executionId": "nobody"}, 0),
        ({"endDate": "2001-01-01T00:00:00Z"}, 0),
        ({"startDate": "2998-01-01T00:00:00Z"}, 0),
    ],
)
def test_which_log_records_are_taken_away(store: str, given: dict[str, Any], count: int) -> None:
    filled(store)
    assert outputs(store, task("log.PurgeLogs", **{**ALWAYS, **given})) == {"count": count}
    assert outputs(store, task("log.PurgeLogs", **{**ALWAYS, **given}), "again") == {"count": 0}


FIRST = {"namespace": "a.b", "flowId": "first"}
SECOND = {"namespace": "a.b", "flowId": "second"}
NOWHERE = {"namespace": "a.b", "flowId": "nowhere"}
UNRENDERED = {"namespace": "a.b", "flowId": "{{ 'first' }}"}


@pytest.mark.parametrize(
    ("given", "counts"),
    [
        ({"flows": [FIRST]}, [("first", 2)]),
        ({"flows": [SECOND, FIRST, SECOND]}, [("second", 1), ("first", 2), ("second", 1)]),
        ({"flows": [FIRST, NOWHERE]}, [("first", 2), ("nowhere", 0)]),
        ({"flows": [NOWHERE], "expression": "{{ count > 0 }}"}, []),
        ({"flows": [UNRENDERED]}, [("{{ 'first' }}", 0)]),
        ({"namespaces": ["a.b"]}, [("a.b", 3)]),
        ({"namespaces": ["a"]}, []),
        ({"namespaces": ["a.c"], "flows": [SECOND]}, [("second", 1), ("a.b", 1), ("a.c", 1)]),
        ({"namespaces": ["a.b", "a.c"], "states": ["SUCCESS"]}, [("a.b", 2), ("a.c", 1)]),
        ({"namespaces": ["a.b"], "expression": "{{ count >= 4 }}"}, []),
        ({"namespaces": ["a.b"], "endDate": "2001-01-01T00:00:00Z"}, []),
        ({"namespaces": ["system"]}, [("system", 1)]),
    ],
)
def test_how_many_executions_there_are(
    store: str, given: dict[str, Any], counts: list[tuple[str, int]]
) -> None:
    """Of flows each as it stands there, of namespaces all that were found."""
    filled(store)
    given = {"startDate": "2001-01-01T00:00:00Z", "expression": "{{ count >= 0 }}", **given}
    found = outputs(store, task("execution.Count", **given))
    shown = [(each.get("flowId", each["namespace"]), each["count"]) for each in found["results"]]
    assert sorted(shown) == sorted(counts)
    assert shown[: len(given.get("flows", []))] == counts[: len(given.get("flows", []))]
    assert found["total"] == sum(count for _, count in counts)


def test_flows_without_executions_count_without_a_store_too() -> None:
    count = task("execution.Count", startDate="2001-01-01T00:00:00Z", flows=[NOWHERE])
    count["expression"] = "{{ count == 0 }}"
    made = loaded(analysed({"id": "f", "namespace": "a.b", "tasks": [count]}))
    [run] = execute(made, RunOptions()).runs
    assert run.outputs == {"results": [{**NOWHERE, "count": 0}], "total": 0}


@pytest.mark.parametrize(
    ("flow", "state", "counted"),
    [
        ({"namespace": "a.b"}, "SUCCESS", [{"namespace": "a.b", "count": 0}]),
        ({"namespace": "a.b", "flowId": None}, "SUCCESS", [{"namespace": "a.b", "count": 0}]),
        ({"flowId": "f"}, "FAILED", None),
        ({}, "FAILED", None),
    ],
)
def test_flows_without_names_are_counted_as_they_are(
    flow: dict[str, Any], state: str, counted: list[dict[str, Any]] | None
) -> None:
    """Without a namespace the engine fails with an exception that has no message, so the log has none."""
    count = task("execution.Count", startDate="2001-01-01T00:00:00Z", flows=[flow])
    count["expression"] = "{{ count == 0 }}"
    made = loaded(analysed({"id": "f", "namespace": "a.b", "tasks": [count]}))
    execution = execute(made, RunOptions())
    [run] = execution.runs
    assert run.state == state
    assert (run.outputs or {}).get("results") == counted
    assert not [each for each in execution.logs if each.level == "ERROR"]


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (
            task("execution.PurgeExecutions", **ALWAYS),
            {"executionsCount": 0, "logsCount": 0, "storagesCount": 0, "metricsCount": 0},
        ),
        (task("log.PurgeLogs", **ALWAYS), {"count": 0}),
        (
            task("execution.Count", startDate=ALWAYS["endDate"], expression="1", namespaces=["a"]),
            {"results": [], "total": 0},
        ),
    ],
)
def test_without_a_store_there_is_nothing(one: dict[str, Any], expected: dict[str, Any]) -> None:
    document = json.loads(
        json.dumps(execution_document(execute(flow("janitor", one), RunOptions(keep_logs=True))))
    )
    assert document["taskRunList"][0]["outputs"] == expected
    (told,) = [each["message"] for each in document["logs"] if each["level"] == "WARN"]
    assert "without `--store`" in told


@pytest.mark.parametrize(
    ("one", "reason"),
    [
        (task("execution.PurgeExecutions", endDate="yesterday"), "Text 'yesterday' could not be"),
        (task("log.PurgeLogs", endDate="2024-01-01"), "could not be parsed"),
        (
            task("execution.Count", startDate=ALWAYS["endDate"], expression="1"),
            "You must provide a list of flows or namespaces.",
        ),
    ],
)
def test_wrong_values_are_told_of(store: str, one: dict[str, Any], reason: str) -> None:
    document = run(store, flow("janitor", one))
    assert document["state"]["current"] == "FAILED"
    assert reason in " ".join(each["message"] for each in document["logs"])


@pytest.mark.parametrize("verb", [resume, restart, kill, lambda *a: replay(a[0], a[1], "", a[2])])
def test_an_execution_that_goes_while_it_is_taken_up_is_not_found(
    store: str, verb: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = flow("first", FAIL)
    id = run(store, first)["id"]
    claim = Holders.claim

    def late(holders: Holders, rows: dict[int, str]) -> None:
        monkeypatch.setattr(Holders, "claim", claim)
        outputs(store, task("execution.PurgeExecutions", **ALWAYS))
        claim(holders, rows)

    monkeypatch.setattr(Holders, "claim", late)
    with pytest.raises(Refusal, match=f"Execution '{id}' not found"):
        verb(first, id, RunOptions(store=store))
    assert names(store, first) == ["janitor"]


def test_what_a_purge_leaves_that_dies_goes_with_the_next(
    store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    writes = flow("first", task("storage.Write", content="text"))
    run(store, writes)
    purge = task("execution.PurgeExecutions", **ALWAYS, flowId="first")

    def dies(archive: StoreArchive, names: tuple[str, str, str]) -> None:
        raise RuntimeError("dies")

    with monkeypatch.context() as patch:
        patch.setattr(StoreArchive, "_forget_files", dies)
        document = run(store, flow("janitor", purge))
    assert document["state"]["current"] == "FAILED"
    assert names(store, writes) == ["janitor", "first"]
    found = outputs(store, purge, "again")
    assert found["executionsCount"] == 1 and found["storagesCount"] > 0
    assert names(store, writes) == ["again", "janitor"]
