"""An execution whose process dies at any of its commits ends as if nothing had happened, in the process that takes it up."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from manyflows import AGAIN, BLOCKS, CHILD, FLOWS, plain
from running import analysed, loaded, options

from flowrt.model.states import TERMINAL
from flowrt.store import holders
from flowrt.store.journal import StoreJournal
from flowrt.verbs.kill import kill
from flowrt.verbs.look import document_of, listed
from flowrt.verbs.resume import resume
from flowrt.verbs.start import execute


class Died(BaseException):
    """The process is no more."""


class Mortal:
    """Lets the process that is at work die at its next commits: what it has not written is lost."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.lives = 0
        self.commits = 0
        self._dies_at: int | None = None
        commit, release = StoreJournal.commit, holders.Holders.release_all

        def counted(journal: StoreJournal) -> None:
            if self.dead:
                raise Died
            self.commits += 1
            commit(journal)

        def released(holder: holders.Holders) -> None:
            if not self.dead:
                release(holder)

        monkeypatch.setattr(StoreJournal, "commit", counted)
        monkeypatch.setattr(holders.Holders, "release_all", released)
        monkeypatch.setattr(holders, "birth", lambda pid: f"life {self.lives}")

    @property
    def dead(self) -> bool:
        return self.commits == self._dies_at

    def live(self, commits: int | None = None) -> None:
        """A new process, which makes so many commits."""
        self.lives += 1
        self.commits = 0
        self._dies_at = commits


@pytest.fixture
def mortal(monkeypatch: pytest.MonkeyPatch) -> Mortal:
    return Mortal(monkeypatch)


class Lives:
    """A flow that is run anew again and again, each time in a store of its own."""

    def __init__(self, name: str, folder: Path) -> None:
        given = {"id": "f", "namespace": "a.b", "variables": {"w": 0}, **FLOWS[name]}
        self.flow = loaded(analysed(given, CHILD, AGAIN))
        self._folder = folder
        self._options = options()

    def begin(self) -> str:
        """A new store, in which an execution begins; answers its id."""
        self._folder = self._folder / "next"
        self._options = options(self._folder)
        return execute(self.flow, self._options).id

    def deaths(self, mortal: Mortal) -> Iterator[int]:
        """Lets it begin and die after one commit, two, and so on; the process that comes next is a living one."""
        for commits in count(1):
            mortal.live(commits)
            try:
                self.begin()
            except Died:
                mortal.live()
                yield commits
            else:
                assert commits > 1
                return

    def go_on(self, id: str) -> None:
        """Another process takes the execution up."""
        resume(self.flow, id, options(self._folder, self._options))

    def kill(self, id: str) -> dict[str, Any]:
        """Another process ends it."""
        kill(self.flow, id, options(self._folder, self._options))
        return document_of(self.flow, id, options(self._folder, self._options))

    def end(self, id: str) -> dict[str, Any]:
        """What has become of it."""
        return plain(document_of(self.flow, id, options(self._folder, self._options)))


@pytest.mark.parametrize("name", FLOWS)
def test_a_death_changes_nothing(name: str, mortal: Mortal, tmp_path: Path) -> None:
    lives = Lives(name, tmp_path)
    mortal.live()
    id = lives.begin()
    wanted = lives.end(id)
    for commits in lives.deaths(mortal):
        lives.go_on(id)
        assert lives.end(id) == wanted, f"it died after commit {commits}"


def family(document: dict[str, Any]) -> list[dict[str, Any]]:
    """An execution and all that it has started."""
    found = [document]
    for child in document.get("children", ()):
        found += family(child)
    return found


@pytest.mark.parametrize("name", FLOWS)
def test_what_a_death_has_left_can_be_killed(name: str, mortal: Mortal, tmp_path: Path) -> None:
    """The execution ends, nothing in it stays at work, and what stands around a killed task is killed."""
    lives = Lives(name, tmp_path)
    mortal.live()
    id = lives.begin()
    for commits in lives.deaths(mortal):
        document = lives.kill(id)
        found = family(document)
        again = {each["id"] for each in found if "parentId" in each}
        for each in found:
            assert each["state"]["current"] in TERMINAL
            runs = {run["id"]: run for run in each.get("taskRunList", ())}
            for run in runs.values():
                if run["taskId"] in BLOCKS:
                    continue
                place, state = (commits, run["taskId"]), run["state"]["current"]
                assert state not in ("SUBMITTED", "RUNNING"), place
                if (run.get("outputs") or {}).get("executionId") in again:
                    continue  # it had ended before, and ends once more with each that takes the place of another
                if state == "KILLED":
                    assert each["state"]["current"] == "KILLED", place
                    above = runs.get(run.get("parentTaskRunId", ""))
                    assert above is None or above["state"]["current"] == "KILLED", place


@pytest.mark.parametrize("names", [["waits"], ["waits", "waits2", "waits3"]])
def test_triggers_that_wait_for_two_programs_fire_once(
    names: list[str], mortal: Mortal, tmp_path: Path
) -> None:
    core = "io.kestra.plugin.core."
    task = {"id": "t", "type": f"{core}debug.Return", "format": "x"}
    wanted = [{"namespace": "a.b", "flowId": name} for name in ("one", "two")]
    trigger = {"id": "hear", "type": f"{core}trigger.Flow"}
    trigger |= {"preconditions": {"id": "both", "flows": wanted}}
    waits = [
        {"id": name, "namespace": "a.b", "tasks": [task], "triggers": [trigger]} for name in names
    ]
    one, two = (
        loaded(
            analysed({"id": name, "namespace": "a.b", "tasks": [task]}, *waits, flow_triggers=True)
        )
        for name in ("one", "two")
    )
    folder, died = tmp_path, True
    for commits in count(1):
        mortal.live()
        folder = folder / "next"
        first = options(folder)
        execute(one, first)
        mortal.live(commits)
        try:
            execute(two, options(folder, first))
        except Died:
            mortal.live()
            for each in listed(two, options(folder, first)):
                if each.flow_id == "two":
                    resume(two, each.id, options(folder, first))
                    break
            else:
                execute(two, options(folder, first))
        else:
            died = False
        found = {
            each.flow_id: each.state
            for each in listed(two, options(folder, first))
            if each.flow_id in names
        }
        assert found == dict.fromkeys(names, "SUCCESS"), commits
        if not died:
            assert commits > 2
            break
