"""Executions that live again, as tables: what a restart and a change of a state make of runs and of the execution."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from running import analysed, loaded, options

from flowrt.model.failures import Refusal
from flowrt.verbs.change_state import change_state
from flowrt.verbs.kill import kill
from flowrt.verbs.look import document_of
from flowrt.verbs.restart import restart
from flowrt.verbs.start import execute

CORE = "io.kestra.plugin.core."


def task(id: str, kind: str = "log.Log", **more: Any) -> dict[str, Any]:
    given = {"message": id} if kind == "log.Log" else {}
    return {"id": id, "type": f"{CORE}{kind}", **given, **more}


FLAKY = task("flaky", "execution.Fail", condition="{{ taskrun.attemptsCount < 1 }}")


class Again:
    """A flow that has run once, in a store."""

    def __init__(self, store: Path, **flow: Any) -> None:
        self.flow = loaded(analysed({"id": "f", "namespace": "a.b", **flow}))
        self._store = store
        self._first = options(store)
        self.id = execute(self.flow, self._first).id

    @property
    def options(self) -> Any:
        return options(self._store, self._first)

    def document(self) -> dict[str, Any]:
        return document_of(self.flow, self.id, self.options)

    def runs(self) -> dict[str, list[str]]:
        return {
            run["taskId"]: [each["state"] for each in run["state"]["histories"]]
            for run in self.document()["taskRunList"]
        }

    def states(self) -> list[str]:
        return [each["state"] for each in self.document()["state"]["histories"]]


@pytest.mark.parametrize("state", ["PAUSED", "KILLED"])
def test_whose_runs_get_no_other_state(state: str, tmp_path: Path) -> None:
    again = Again(tmp_path, tasks=[task("done"), task("pause", "flow.Pause")])
    if state == "KILLED":
        kill(again.flow, again.id, again.options)
    assert again.states()[-1] == state
    with pytest.raises(Refusal, match="for a terminated non killed execution"):
        change_state(again.flow, again.id, "done", "FAILED", again.options)
    assert again.states()[-1] == state


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"concurrency": {"limit": 1}},
        {"concurrency": {"limit": 1, "behavior": "FAIL"}},
        {"concurrency": {"limit": 1, "behavior": "CANCEL"}},
    ],
)
def test_a_restart_runs_what_failed(more: dict[str, Any], tmp_path: Path) -> None:
    again = Again(
        tmp_path,
        tasks=[
            task("a"),
            task("s", "flow.Sequential", tasks=[FLAKY, task("g")]),
            task("behind"),
        ],
        errors=[task("e")],
        **{"finally": [task("z")]},
        **more,
    )
    assert list(again.runs()) == ["a", "s", "flaky", "e", "z"]
    restart(again.flow, again.id, again.options)
    document, runs = again.document(), again.runs()
    assert list(runs) == ["a", "s", "flaky", "g", "behind", "z"]
    assert runs["s"] == ["CREATED", "RUNNING", "FAILED", "RUNNING", "SUCCESS"]
    assert runs["flaky"][3:] == ["FAILED", "RESTARTED", "SUBMITTED", "RUNNING", "SUCCESS"]
    assert runs["a"] == ["CREATED", "SUBMITTED", "RUNNING", "SUCCESS"]
    assert document["metadata"]["attemptNumber"] == 2
    assert {"key": "system.restarted", "value": "true"} in document["labels"]
    assert again.states() == ["CREATED", "RUNNING", "FAILED", "RESTARTED", "RUNNING", "SUCCESS"]


@pytest.mark.parametrize("kind", ["success", "warning"])
def test_what_has_no_failure_is_not_restarted(kind: str, tmp_path: Path) -> None:
    soft = {} if kind == "success" else {"allowFailure": True}
    first = task("a") if kind == "success" else task("a", "execution.Fail", **soft)
    again = Again(tmp_path, tasks=[first])
    with pytest.raises(Refusal, match="No task found to restart execution from!"):
        restart(again.flow, again.id, again.options)


@pytest.mark.parametrize(
    ("changed", "state", "ran", "end"),
    [
        ("hard", "SUCCESS", ["a", "s", "hard", "g", "behind"], "SUCCESS"),
        ("hard", "WARNING", ["a", "s", "hard", "g", "behind"], "WARNING"),
        ("a", "FAILED", ["a", "s", "hard", "e"], "FAILED"),
    ],
)
def test_a_change_of_a_state_goes_on_from_there(
    changed: str, state: str, ran: list[str], end: str, tmp_path: Path
) -> None:
    again = Again(
        tmp_path,
        tasks=[
            task("a"),
            task("s", "flow.Sequential", tasks=[task("hard", "execution.Fail"), task("g")]),
            task("behind"),
        ],
        errors=[task("e")],
    )
    (run,) = [each for each in again.document()["taskRunList"] if each["taskId"] == changed]
    change_state(again.flow, again.id, run["id"], state, again.options)
    document, runs = again.document(), again.runs()
    assert list(runs) == ran
    assert runs[changed][-1] == state
    assert document["state"]["current"] == end
    assert document["metadata"]["attemptNumber"] == 2
    assert "RESTARTED" in again.states()
    (run,) = [each for each in document["taskRunList"] if each["taskId"] == changed]
    assert [each["state"]["current"] for each in run["attempts"]] == [state]
