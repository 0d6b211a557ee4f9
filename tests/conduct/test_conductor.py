"""Flows conducted in an event loop: under the engine's rules, with the control flow of the file."""

from __future__ import annotations

import asyncio
import selectors
from typing import Any

import pytest
from running import analysed, loaded, options

from flowrt.conduct.faces import Failed, Run, Stopped
from flowrt.conduct.hands import LocalHands
from flowrt.conduct.opening import begin, open_loop_host
from flowrt.engine.execution import Execution
from flowrt.model.flow import Flow
from flowrt.verbs.options import RunOptions
from flowrt.verbs.start import execute

LOG = "io.kestra.plugin.core.log.Log"
RETURN = "io.kestra.plugin.core.debug.Return"
FAIL = "io.kestra.plugin.core.execution.Fail"
FLOW = "io.kestra.plugin.core.flow"


def flow_of(tasks: str, more: str = "") -> Flow:
    """A compiled flow with these tasks."""
    text = f"id: conducted\nnamespace: company.team\ntasks:\n{tasks}\n{more}"
    return loaded(analysed(text))


class JumpingLoop(asyncio.SelectorEventLoop):
    """An event loop in which it is as late as the first timer wants, when nothing else is to be done."""

    def __init__(self) -> None:
        self.ahead = 0.0
        super().__init__(_Jumping(self))

    def time(self) -> float:
        return super().time() + self.ahead


class _Jumping(selectors.DefaultSelector):
    def __init__(self, loop: JumpingLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self._loop.ahead += timeout or 0.0
        return super().select(timeout and 0.0)


def conduct(flow: Flow, given: dict[str, Any] | None = None) -> Execution:
    """Run a flow to its end."""
    options = RunOptions()
    host = open_loop_host(flow, options, LocalHands())

    async def all_of_it() -> Execution:
        conductor = begin(host, flow, given or {}, options)
        await host.hands.flow(conductor)
        await host.settled()
        return conductor.execution

    try:
        with asyncio.Runner(loop_factory=JumpingLoop) as runner:
            return runner.run(all_of_it())
    finally:
        host.services.close()


def states(execution: Execution) -> dict[str, str]:
    """The state of each task run, by task and value."""
    return {
        run.task.id + "".join(f"[{value}]" for value in run.values()): run.state
        for run in execution.runs
    }


def test_a_failure_stops_its_list_and_runs_the_handlers() -> None:
    execution = conduct(
        flow_of(
            f"""
  - {{id: first, type: {LOG}, message: one}}
  - {{id: bad, type: {FAIL}}}
  - {{id: never, type: {LOG}, message: two}}
""",
            f"""
errors:
  - {{id: broken_handler, type: {FAIL}}}
  - {{id: handler, type: {LOG}, message: handled}}
finally:
  - {{id: last, type: {LOG}, message: bye}}
afterExecution:
  - {{id: report, type: {RETURN}, format: "{{{{ execution.state }}}}"}}
""",
        )
    )
    assert execution.state == "FAILED"
    assert states(execution) == {
        "first": "SUCCESS",
        "bad": "FAILED",
        "broken_handler": "FAILED",
        "handler": "SUCCESS",
        "last": "SUCCESS",
        "report": "SUCCESS",
    }
    assert execution.tree.read()["report"] == {"value": "FAILED"}


def test_a_failed_branch_ends_its_block_while_others_go_on() -> None:
    execution = conduct(flow_of(f"""
  - id: fan
    type: {FLOW}.Parallel
    tasks:
      - {{id: bad, type: {FAIL}}}
      - id: slow
        type: {FLOW}.Sequential
        tasks:
          - {{id: nap, type: {FLOW}.Sleep, duration: PT0.1S}}
          - {{id: never, type: {LOG}, message: never}}
"""))
    found = states(execution)
    assert found == {"fan": "FAILED", "bad": "FAILED", "slow": "FAILED", "nap": "SUCCESS"}


def test_no_more_rounds_at_once_than_the_limit() -> None:
    execution = conduct(flow_of(f"""
  - id: each
    type: {FLOW}.ForEach
    values: [a, b, c]
    concurrencyLimit: 2
    tasks:
      - {{id: one, type: {RETURN}, format: "{{{{ taskrun.value }}}}"}}
      - {{id: two, type: {RETURN}, format: "{{{{ outputs.one[taskrun.value].value }}}}"}}
"""))
    order = [run.values()[0] for run in execution.runs if run.values()]
    assert order.index("c") > max(i for i, value in enumerate(order) if value == "a")
    assert execution.tree.read()["two"]["c"] == {"value": "c"}


def test_a_loop_repeats_until_its_condition_holds() -> None:
    execution = conduct(flow_of(f"""
  - id: loop
    type: {FLOW}.LoopUntil
    condition: "{{{{ outputs.count.value == '2' }}}}"
    checkFrequency: {{interval: PT0.01S}}
    tasks:
      - {{id: count, type: {RETURN}, format: "{{{{ outputs.loop.iterationCount }}}}"}}
"""))
    assert execution.state == "SUCCESS"
    assert states(execution) == {"loop": "SUCCESS", "count": "SUCCESS"}


def test_a_flow_that_nobody_resumes_stands_still() -> None:
    execution = conduct(
        flow_of(
            f"""
  - {{id: ask, type: {FLOW}.Pause}}
  - {{id: after, type: {LOG}, message: later}}
""",
            f"finally:\n  - {{id: last, type: {LOG}, message: bye}}",
        )
    )
    assert execution.state == "PAUSED"
    assert states(execution) == {"ask": "PAUSED"}


def test_coroutines_may_await_what_they_like() -> None:
    """What somebody adds by hand: other awaitables, tasks at the same time, a failure that is caught."""
    flow = flow_of(f"""
  - {{id: one, type: {LOG}, message: one}}
  - {{id: two, type: {RETURN}, format: two}}
  - {{id: bad, type: {FAIL}}}
""")
    tasks = flow.declared
    seen = []

    async def by_hand(run: Run) -> None:
        await asyncio.sleep(0)
        both = await asyncio.gather(run(tasks["one"]), run(tasks["two"]))  # type: ignore[arg-type]
        seen.append(both[1])
        with pytest.raises(Failed):
            await run(tasks["bad"])  # type: ignore[arg-type]

    flow.root.main_body = by_hand
    execution = conduct(flow)
    assert seen == [{"value": "two"}]
    assert execution.state == "FAILED"


def test_an_error_of_a_coroutine_is_not_hidden() -> None:
    flow = flow_of(f"  - {{id: one, type: {LOG}, message: one}}")

    async def wrong(run: Run) -> None:
        raise ZeroDivisionError

    flow.root.main_body = wrong
    with pytest.raises(ZeroDivisionError):
        conduct(flow)


def test_a_stop_is_no_error_that_flows_catch() -> None:
    assert not issubclass(Stopped, Exception)


FLAKY = f"""
      type: {RETURN}
      format: "{{{{ taskrun.attemptsCount >= 1 ? 'ok' : nowhere }}}}"
      retry: {{type: constant, interval: PT1M, maxAttempts: 3}}
"""
SEEN = f"type: {RETURN}, format: '{{{{ tasks.flaky.state }}}} {{{{ execution.state }}}}'"


@pytest.mark.parametrize(
    ("tasks", "more"),
    [
        pytest.param(
            f"  - {{id: bad, type: {FAIL}}}",
            f"errors:\n    - id: flaky{FLAKY}    - {{id: next, {SEEN}}}\n"
            f"finally:\n  - {{id: last, {SEEN}}}\n",
            id="a handler begins when the one before has failed, what comes last when all have ended",
        ),
        pytest.param(
            f"  - id: block\n    type: {FLOW}.Sequential\n    tasks: [{{id: bad, type: {FAIL}}}]\n"
            f"    finally:\n    - id: flaky{FLAKY}    - {{id: next, {SEEN}}}",
            f"errors:\n  - {{id: outside, {SEEN}}}\n",
            id="a block ends when its handlers have",
        ),
        pytest.param(
            f"    - id: flaky{FLAKY}    - {{id: next, {SEEN}}}",
            f"finally:\n  - {{id: last, {SEEN}}}\n"
            f"afterExecution:\n  - {{id: early, {SEEN}}}\n  - {{id: late, {SEEN}}}",
            id="what follows the end begins while a task of the flow waits for its next try",
        ),
        pytest.param(
            f"  - {{id: flaky, type: {FAIL}}}",
            "retry: {type: constant, interval: PT1M, maxAttempts: 2}\n"
            f"afterExecution:\n  - {{id: early, {SEEN}}}\n  - {{id: late, {SEEN}}}",
            id="so it does for tries of the flow",
        ),
        pytest.param(
            f"  - {{id: good, type: {LOG}, message: x}}",
            f"afterExecution:\n    - id: flaky{FLAKY}    - {{id: next, {SEEN}}}",
            id="what follows the end is tried again, too",
        ),
    ],
)
def test_who_waits_for_a_try(tasks: str, more: str) -> None:
    """The executor of the engine says what Kestra does."""
    conducted, wanted = conduct(flow_of(tasks, more)), execute(flow_of(tasks, more), options())
    assert states(conducted) == states(wanted)
    assert conducted.tree.read() == wanted.tree.read()
    assert [run.task.id for run in conducted.runs] == [run.task.id for run in wanted.runs]
    assert conducted.history[::2] == wanted.history[::2]


@pytest.mark.parametrize("most", ["", ", maxIterations: 2"])
@pytest.mark.parametrize("last", ["", "Sequential"])
def test_what_comes_last_in_a_loop_makes_it_count_on(most: str, last: str) -> None:
    """The executor of the engine says what Kestra does."""
    seen = f"type: {RETURN}, format: '{{{{ outputs.loop.iterationCount }}}}'"
    first = f"{{id: tidy, {seen}}}"
    if last:
        first = f"{{id: block, type: {FLOW}.{last}, tasks: [{first}]}}"
    text = f"""
  - id: loop
    type: {FLOW}.LoopUntil
    condition: "{{{{ outputs.count.value == '2' }}}}"
    checkFrequency: {{interval: PT1M{most}}}
    tasks:
      - {{id: count, type: {RETURN}, format: "{{{{ taskrun.iteration }}}}"}}
      - {{id: told, {seen}}}
    finally:
      - {first}
      - {{id: next, {seen}}}
  - {{id: after, {seen}}}
"""
    conducted, wanted = conduct(flow_of(text)), execute(flow_of(text), options())
    assert conducted.tree.read() == wanted.tree.read()
    assert states(conducted) == states(wanted)


@pytest.mark.parametrize("limit", [0, 1, 2])
def test_rounds_may_add_values(limit: int) -> None:
    """The executor of the engine says what Kestra does."""
    text = f"""
  - id: each
    type: {FLOW}.ForEach
    values: "{{{{ vars.pages }}}}"
    concurrencyLimit: {limit}
    tasks:
      - {{id: load, type: {RETURN}, format: "{{{{ taskrun.value }}}}"}}
      - id: more
        type: io.kestra.plugin.core.execution.SetVariables
        runIf: "{{{{ taskrun.iteration == 0 }}}}"
        variables: {{pages: [1, 2, 3, 4]}}
      - {{id: done, type: {RETURN}, format: "{{{{ taskrun.value }}}}"}}
"""
    given = "variables: {pages: [1, 2]}"
    conducted, wanted = conduct(flow_of(text, given)), execute(flow_of(text, given), options())
    assert [run.value for run in conducted.runs if run.task.id == "done"] == ["1", "2", "3", "4"]
    assert conducted.tree.read() == wanted.tree.read()
    assert states(conducted) == states(wanted)
