"""A trigger that waits for several flows, which run in programs of their own with one store."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from running import analysed, loaded, options

from flowrt.engine.document import execution_document
from flowrt.store.errors import StoreError
from flowrt.store.sqlite import FILE
from flowrt.verbs.options import RunOptions
from flowrt.verbs.start import execute

CORE = "io.kestra.plugin.core."


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.services)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return str(tmp_path / "store")
    new_database: Callable[[], str] = request.getfixturevalue("new_database")
    return new_database()


def flow(id: str) -> dict[str, Any]:
    task = {"id": "t", "type": f"{CORE}debug.Return", "format": f"of {id}"}
    outputs = [{"id": id, "type": "STRING", "value": "{{ outputs.t.value }}"}]
    return {"id": id, "namespace": "a.b", "tasks": [task], "outputs": outputs}


def both(**more: Any) -> dict[str, Any]:
    """A flow that waits for the flows `one` and `two`."""
    preconditions = {
        "id": "both",
        "flows": [{"namespace": "a.b", "flowId": name} for name in ("one", "two")],
        **more,
    }
    trigger = {"id": "hear", "type": f"{CORE}trigger.Flow", "preconditions": preconditions}
    task = {"id": "say", "type": f"{CORE}debug.Return", "format": "{{ trigger.outputs }}"}
    return {"id": "both", "namespace": "a.b", "tasks": [task], "triggers": [trigger]}


class Programs:
    """The programs of both flows, each with the one that waits, on one store."""

    def __init__(self, store: str, waits: dict[str, Any], before: Programs | None = None) -> None:
        self._store = store
        self._first = options() if before is None else before.options()
        clock: Any = self._first.clock
        clock._now = 1_709_640_000 * 10**9  # noon: the window of a day does not end meanwhile
        self.flows = {
            name: loaded(analysed(flow(name), waits, flow_triggers=True)) for name in ("one", "two")
        }

    def options(self) -> RunOptions:
        given = options(None, self._first)
        given.store = self._store
        return given

    def run(self, name: str) -> list[Any]:
        """What the flow that waits has said because of a run."""
        return said(execute(self.flows[name], self.options()))


def said(execution: Any) -> list[Any]:
    document = json.loads(json.dumps(execution_document(execution)))
    return [
        json.loads(child["taskRunList"][0]["outputs"]["value"])
        for child in document.get("children") or ()
    ]


OUTPUTS = {"one": "of one", "two": "of two"}


def test_what_one_program_has_heard_is_known_to_the_next(store: str) -> None:
    programs = Programs(store, both())
    assert programs.run("one") == []
    assert programs.run("one") == []
    assert programs.run("two") == [OUTPUTS]
    # the window is over, and the next one begins
    assert programs.run("two") == []
    assert programs.run("one") == [OUTPUTS]


def test_a_window_that_is_not_reset_fires_again(store: str) -> None:
    programs = Programs(store, both(resetOnSuccess=False))
    assert [programs.run(name) for name in ("one", "two")] == [[], [OUTPUTS]]
    # a window keeps the outputs of the execution that it began with
    assert programs.run("one") == [{"one": "of one"}]


def test_what_was_heard_in_an_earlier_window_counts_no_more(store: str) -> None:
    window = {"type": "SLIDING_WINDOW", "window": "PT1H"}
    programs = Programs(store, both(timeWindow=window))
    assert programs.run("one") == []
    clock: Any = programs.options().clock
    clock._now += 2 * 3_600 * 10**9
    assert programs.run("two") == []
    assert programs.run("one") == [OUTPUTS]


def test_a_flow_that_waits_may_have_few_places(store: str) -> None:
    programs = Programs(store, {**both(), "concurrency": {"limit": 1}})
    assert programs.run("one") == []
    assert programs.run("two") == [OUTPUTS]
    assert programs.run("one") == []
    assert programs.run("two") == [OUTPUTS]


def test_what_is_waited_for_instead_has_not_been_heard(store: str) -> None:
    waits = both()
    before = Programs(store, waits)
    before.run("one")
    waits["triggers"][0]["preconditions"]["flows"][0]["flowId"] = "three"
    programs = Programs(store, waits, before)
    assert programs.run("two") == []


@pytest.mark.parametrize(
    "change", ["held = 'garbage'", "outputs = '[1]'", "outputs = '{}'", "held = '[]'", "ends = 1"]
)
def test_what_was_changed_by_others_is_not_believed(tmp_path: Path, change: str) -> None:
    store = tmp_path / "store"
    programs = Programs(str(store), both())
    programs.run("one")
    with sqlite3.connect(store / FILE) as connection:
        assert connection.execute(f"UPDATE heard SET {change}").rowcount == 1
    connection.close()
    with pytest.raises(StoreError, match=r"FS103.*a row has another checksum"):
        programs.run("two")


@pytest.mark.parametrize("window", ["P100000D", "P200000D"])
def test_a_window_may_reach_into_far_years(store: str, window: str) -> None:
    programs = Programs(store, both(timeWindow={"type": "SLIDING_WINDOW", "window": window}))
    assert programs.run("one") == []
    assert programs.run("two") == [OUTPUTS]


def test_without_a_store_nothing_is_known_of_other_programs(tmp_path: Path) -> None:
    waits = both()
    for name in ("one", "two"):
        made = loaded(analysed(flow(name), waits, flow_triggers=True))
        assert said(execute(made, RunOptions(keep_logs=True))) == []
