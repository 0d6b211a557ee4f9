"""The actions of a recorded case: what somebody did with its execution while it ran or after it had ended.

The flow runs in a thread over a store, as it would in a process of its own; everything else goes through the store, as it
would from another one.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from time import monotonic, sleep
from typing import Any

from flowrt.engine.execution import Execution
from flowrt.model.failures import Refusal
from flowrt.model.flow import Flow
from flowrt.model.states import TERMINAL
from flowrt.store.errors import StoreError
from flowrt.verbs.change_state import change_state
from flowrt.verbs.kill import kill
from flowrt.verbs.look import document_of as document
from flowrt.verbs.look import executions
from flowrt.verbs.options import RunOptions
from flowrt.verbs.replay import replay
from flowrt.verbs.restart import restart
from flowrt.verbs.resume import resume
from flowrt.verbs.start import execute

WAIT = 30.0
"""Seconds until a state is given up that a case waits for."""
SETTLE = 0.3
"""Seconds between a wait for RUNNING and a kill, so that what runs at the same time has begun."""


class Actions:
    """One run of a case with actions."""

    def __init__(
        self, flow: Flow, store: str, options: Callable[[dict[str, Any]], RunOptions]
    ) -> None:
        self.flow = flow
        self.store = store
        self.options = options
        self.current = ""
        self.named: dict[str, str] = {}
        self.problems: list[str] = []
        self._threads: list[Thread] = []
        self._failures: list[BaseException] = []
        self._seen = 0
        self._working: dict[str, Thread] = {}

    def run(self, start: Callable[[], Execution], actions: list[dict[str, Any]], steps: Any) -> str:
        """Start the flow, do the actions, wait until everything is over; answers the id of the last execution."""
        self.current = self._begin(start)
        for number, action in enumerate(actions):
            step = steps[number] if steps and number < len(steps) else None
            try:
                self._do(action, step)
            except Refusal as error:
                self._refused(action, str(error))
                continue
            if action.get("rejected"):
                self.problems.append(f"action {number} was not refused")
        for thread in self._threads:
            thread.join()
        return self.current

    def _refused(self, action: dict[str, Any], text: str) -> None:
        said = action.get("error")
        if not action.get("rejected"):
            self.problems.append(f"refused: {text}")
            return
        wanted = list(said.values())[-1] if isinstance(said, dict) else said
        if wanted and wanted not in text:
            self.problems.append(f"refused with {text!r}, not {wanted!r}")

    # ---- starting -------------------------------------------------------------------------------------------------

    def _begin(self, start: Callable[[], Execution]) -> str:
        """Run `start` in a thread; answers the id of the execution that appears in the store."""
        before = {each["id"] for each in self._list()}

        def work() -> None:
            try:
                start()
            except BaseException as error:
                self._failures.append(error)

        thread = Thread(target=work, daemon=True)
        self._threads.append(thread)
        thread.start()
        until = monotonic() + WAIT
        while monotonic() < until:
            new = [each for each in self._list() if each["id"] not in before]
            if new:
                id = str(new[-1]["id"])
                self._working[id] = thread
                return id
            if not thread.is_alive() and self._failures:
                raise self._failures[-1]
            sleep(0.005)
        raise AssertionError("nothing was started")

    def _list(self) -> list[dict[str, Any]]:
        try:
            return list(executions(self.flow, RunOptions(store=self.store)))
        except StoreError:
            return []

    # ---- the actions ----------------------------------------------------------------------------------------------

    def _do(self, action: dict[str, Any], step: Any) -> None:
        if "wait" in action:
            self._wait(action["wait"], step)
        elif "resume" in action:
            given = (action["resume"] or {}).get("inputs") or {}
            self._resume(given)
        elif "kill" in action:
            which = (action["kill"] or {}).get("which")
            sleep(SETTLE)
            kill(self.flow, self.named[which] if which else self.current, self.options({}))
        elif "restart" in action:
            restart(self.flow, self.current, self.options({}))
        elif "replay" in action:
            self._replay(action["replay"] or {})
        elif "change_state" in action:
            change = action["change_state"]
            name = _name(change["task"], change.get("values"))
            change_state(self.flow, self.current, name, change["state"], self.options({}))
        elif "start" in action:
            self._start(action["start"] or {})
        elif "check" in action:
            for name, wanted in action["check"].items():
                if name in self.named:
                    self._check(self.named[name], wanted)

    def _check(self, id: str, wanted: dict[str, Any]) -> None:
        """The state of another execution, as it is (or becomes soon)."""
        until = monotonic() + 2
        while True:
            found = document(self.flow, id, RunOptions(store=self.store))
            if found["state"]["current"] == wanted.get("state") or monotonic() > until:
                break
            sleep(0.02)
        states = [each["state"] for each in found["state"]["histories"]]
        if wanted.get("state", states[-1]) != states[-1]:
            self.problems.append(f"another execution is {states[-1]}, not {wanted['state']}")
        for state in set(states) & set(wanted.get("state_history_absent") or []):
            self.problems.append(f"another execution was {state}")

    def _resume(self, given: dict[str, Any]) -> None:
        """Resume in a thread of its own; goes on when it has begun, raises what it is refused with."""
        failures: list[BaseException] = []

        def work() -> None:
            try:
                resume(self.flow, self.current, self.options(given))
            except BaseException as error:
                failures.append(error)

        id = self.current
        before = self._seen = len(
            document(self.flow, self.current, RunOptions(store=self.store))["state"]["histories"]
        )
        thread = Thread(target=work, daemon=True)
        self._threads.append(thread)
        self._working[id] = thread
        thread.start()
        while thread.is_alive():
            now = document(self.flow, self.current, RunOptions(store=self.store))["state"][
                "histories"
            ]
            if len(now) > before:
                break
            sleep(0.005)
        if failures:
            raise failures[0]

    def _replay(self, given: dict[str, Any]) -> None:
        name = given.get("from_taskrun_id") or _name(given.get("from_task"), given.get("values"))
        options = self.options(given.get("inputs") or {})
        self.current = replay(self.flow, self.current, name, options).id

    def _start(self, given: dict[str, Any]) -> None:
        flow = self.flow
        if given.get("flow"):
            flow = next(each for each in flow.known().values() if each.id == given["flow"])
        inputs = {k: self._referred(v) for k, v in (given.get("inputs") or {}).items()}
        id = self._begin(lambda: execute(flow, self.options(inputs)))
        if given.get("as"):
            self.named[given["as"]] = id
        wanted = given.get("wait_for") or (given.get("expect") or {}).get("state")
        if wanted:
            self._wait_for(id, wanted)
        expected = given.get("expect") or {}
        found = document(self.flow, id, RunOptions(store=self.store))
        states = [each["state"] for each in found["state"]["histories"]]
        prefix = expected.get("state_history_prefix") or []
        if states[: len(prefix)] != prefix:
            self.problems.append(f"the second execution went through {states}, not {prefix}")

    def _referred(self, value: Any) -> Any:
        return self.current if value == {"$ref": "execution.id"} else value

    # ---- waiting --------------------------------------------------------------------------------------------------

    def _wait(self, state: str, step: Any) -> None:
        document = self._wait_for(self.current, state)
        if document is None or step is None or state not in (*TERMINAL, "PAUSED"):
            return
        runs = [
            [run["taskId"], run["state"]["current"]] for run in document.get("taskRunList") or []
        ]
        wanted = [[name.partition("[")[0], at] for name, at in step.get("runs") or []]
        if sorted(runs) != sorted(wanted):
            self.problems.append(f"at the wait for {state}: {runs}, not {wanted}")

    def _wait_for(self, id: str, state: str) -> dict[str, Any] | None:
        """The document when it is reached; None when the execution has passed it."""
        until = monotonic() + WAIT
        while True:
            alive = self._working[id].is_alive() if id in self._working else False
            found = document(self.flow, id, RunOptions(store=self.store))
            at = found["state"]["current"]
            ended = at in TERMINAL and not alive
            if (
                at == state
                and state not in TERMINAL
                and len(found["state"]["histories"]) > self._seen
            ):
                return found
            if ended and state in (at, "TERMINATED"):
                return found
            passed = found["state"]["histories"][self._seen :]
            if any(each["state"] == state for each in passed):
                if state not in TERMINAL:
                    return None
                if at == state and id != self.current:
                    return found
            if not alive or monotonic() > until:
                self.problems.append(f"waited for {state}, and it is {at}")
                return None
            sleep(0.02)


def _name(task: str | None, values: list[Any] | None) -> str:
    return (task or "") + "".join(f"[{value}]" for value in values or [])
