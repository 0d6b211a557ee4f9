"""Flows on a real server of Prefect: what people see there, trying again, kill and resume. Skipped where Prefect is not."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

prefect = pytest.importorskip("prefect", reason="Prefect has an environment of its own")

from prefect.artifacts import Artifact  # noqa: E402
from prefect.client.orchestration import get_client  # noqa: E402
from prefect.client.schemas.filters import (  # noqa: E402
    FlowRunFilter,
    FlowRunFilterId,
)
from prefect.client.schemas.objects import CreatedBy  # noqa: E402
from prefect.deployments import arun_deployment  # noqa: E402
from prefect.exceptions import Pause as PausedRun  # noqa: E402
from prefect.flow_engine import run_flow  # noqa: E402
from prefect.flow_runs import resume_flow_run  # noqa: E402
from prefect.settings import PREFECT_API_URL  # noqa: E402
from prefect.states import Pending  # noqa: E402
from prefect.testing.utilities import prefect_test_harness  # noqa: E402
from scheduled import SAID, SCHEDULED  # noqa: E402

from flowc.driver import Sources, analyse  # noqa: E402
from flowc.gen.backends import Request, backend  # noqa: E402
from flowc.source import SourceFile  # noqa: E402
from flowrt.targets.prefect import definition as prefect_definition  # noqa: E402
from flowrt.targets.prefect import program  # noqa: E402
from flowrt.targets.prefect.settings import Settings  # noqa: E402

ROOT = Path(__file__).parents[2]
NAMES = iter(range(1000))
LONGEST = 240.0
"""Seconds that something is waited for; far more than it takes on a busy machine."""


@pytest.fixture(scope="module", autouse=True)
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    os.environ["FLOWRT_STORE"] = str(tmp_path_factory.mktemp("store"))
    with prefect_test_harness(server_startup_timeout=120):
        yield
    del os.environ["FLOWRT_STORE"]


def compiled(text: str, folder: Path, runner: str = "thread") -> Path:
    """The file of a compiled flow."""
    program = analyse(Sources(SourceFile("flow.yaml", text))).program
    assert program is not None
    path = folder / f"flow{next(NAMES)}.py"
    request = Request(program, path, {}, runner=runner)
    for file, source in backend("prefect").write(request).files.items():
        file.write_text(source, "utf-8")
    return path


def loaded(path: Path) -> Any:
    """The definition in a compiled file."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module.definition


async def task_runs(flow_run_id: UUID, expected: int) -> dict[str, Any]:
    """The task runs of a flow run by name, once the server has recorded so many; of several the last."""
    found = await ended_runs(flow_run_id, expected)
    return {run.name: run for run in sorted(found, key=lambda run: run.start_time)}


async def ended_runs(flow_run_id: UUID, expected: int) -> list[Any]:
    """The task runs of a flow run that have ended, once the server has recorded so many."""
    async with get_client() as client:

        async def look() -> list[Any] | None:
            found = await client.read_task_runs(
                flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=[flow_run_id]))
            )
            ended = [run for run in found if run.state is not None and run.state.is_final()]
            return ended if len(ended) >= expected else None

        return await until(look)


async def shown(key: str) -> Any:
    """The table of an artifact."""
    import json

    artifact = await Artifact.aget(key)
    assert artifact is not None
    return json.loads(str(artifact.data))


async def paused() -> UUID | None:
    """A flow run that is paused."""
    async with get_client() as client:
        found = await client.read_flow_runs()
    waiting = (run.id for run in found if run.state is not None and run.state.is_paused())
    return next(waiting, None)


async def until(look: Callable[[], Awaitable[Any]]) -> Any:
    """What a look finds, as soon as it finds something."""
    end = time.monotonic() + LONGEST
    while True:
        found = await look()
        assert found is not None or time.monotonic() < end, "given up"
        if found is not None:
            return found
        await asyncio.sleep(0.05)


def test_states_names_and_tries(tmp_path: Path) -> None:
    definition = loaded(
        compiled(
            """
            id: seen
            namespace: company.team
            tasks:
              - id: each
                type: io.kestra.plugin.core.flow.ForEach
                values: [eu, us]
                tasks:
                  - {id: load, type: io.kestra.plugin.core.debug.Return, format: "{{ taskrun.value }}"}
              - id: flaky
                type: io.kestra.plugin.core.execution.Fail
                condition: "{{ taskrun.attemptsCount < 1 }}"
                retry: {type: constant, interval: PT0.01S, maxAttempts: 3}
              - {id: soft, type: io.kestra.plugin.core.execution.Fail, allowFailure: true}
            outputs:
              - {id: loaded, type: STRING, value: "{{ outputs.load.us.value }}"}
            """,
            tmp_path,
        )
    )
    state = asyncio.run(definition.function(return_state=True))
    assert (state.type.value, state.name) == ("COMPLETED", "Warning")
    assert asyncio.run(state.aresult()) == {"loaded": "us"}
    assert asyncio.run(shown("company-team-seen-outputs")) == [{"output": "loaded", "value": "us"}]
    runs = asyncio.run(task_runs(state.state_details.flow_run_id, 4))
    assert runs.keys() == {"load[eu]", "load[us]", "flaky", "soft"}
    assert runs["soft"].state.name == "Warning"
    assert runs["flaky"].run_count == 2


def test_handlers_hooks_and_failure(tmp_path: Path) -> None:
    definition = loaded(
        compiled(
            """
            id: handled
            namespace: company.team
            tasks:
              - {id: bad, type: io.kestra.plugin.core.execution.Fail, errorMessage: no luck}
              - {id: never, type: io.kestra.plugin.core.log.Log, message: not reached}
            errors:
              - {id: alert, type: io.kestra.plugin.core.log.Log, message: alert}
            finally:
              - {id: cleanup, type: io.kestra.plugin.core.log.Log, message: cleanup}
            afterExecution:
              - {id: report, type: io.kestra.plugin.core.debug.Return, format: "{{ execution.state }}"}
            """,
            tmp_path,
        )
    )
    state = asyncio.run(definition.function(return_state=True))
    assert state.is_failed()
    assert "no luck" in state.message
    runs = asyncio.run(task_runs(state.state_details.flow_run_id, 4))
    assert {name: run.state.name for name, run in runs.items()} == {
        "bad": "Failed",
        "alert": "Completed",
        "cleanup": "Completed",
        "report": "Completed",
    }


@pytest.mark.parametrize(
    ("end", "state"),
    [
        ("{id: end, type: io.kestra.plugin.core.execution.Exit, state: KILLED}", "KILLED"),
        ("{id: end, type: io.kestra.plugin.core.execution.Exit, state: WARNING}", "WARNING"),
        ("{id: end, type: io.kestra.plugin.core.flow.Sleep, duration: PT60S}", "CANCELLED"),
    ],
)
def test_what_follows_the_end_follows_every_end(tmp_path: Path, end: str, state: str) -> None:
    definition = loaded(
        compiled(
            f"""
            id: ending
            namespace: company.team
            sla:
              - {{id: soon, type: MAX_DURATION, duration: PT{1 if state == "CANCELLED" else 300}S, behavior: CANCEL}}
            tasks:
              - {end}
            afterExecution:
              - {{id: report, type: io.kestra.plugin.core.debug.Return, format: "{{{{ execution.state }}}}"}}
            """,
            tmp_path,
        )
    )
    options = Settings(store=str(tmp_path / "store"))
    execution = program.run(definition, options)
    found = [(run.task.id, (run.outputs or {}).get("value")) for run in execution.runs]
    assert execution.state == state
    assert found[1:] == [("report", state)]


def test_nothing_follows_an_execution_that_a_check_has_failed(tmp_path: Path) -> None:
    definition = loaded(
        compiled(
            """
            id: checked
            namespace: company.team
            checks:
              - {condition: "{{ 1 > 2 }}", message: never, behavior: FAIL_EXECUTION}
            tasks:
              - {id: never, type: io.kestra.plugin.core.log.Log, message: x}
            finally:
              - {id: last, type: io.kestra.plugin.core.log.Log, message: x}
            afterExecution:
              - {id: report, type: io.kestra.plugin.core.log.Log, message: x}
            """,
            tmp_path,
        )
    )
    execution = program.run(definition, Settings(store=str(tmp_path / "store")))
    assert (execution.state, execution.runs) == ("FAILED", [])


def test_parameters_are_checked_at_the_call(tmp_path: Path) -> None:
    definition = loaded(
        compiled(
            """
            id: typed
            namespace: company.team
            inputs:
              - {id: n, type: INT}
              - {id: kind, type: SELECT, values: [a, b], defaults: a}
            tasks:
              - {id: show, type: io.kestra.plugin.core.debug.Return, format: "{{ inputs.n + 1 }}"}
            outputs:
              - {id: n, type: INT, value: "{{ outputs.show.value }}"}
            """,
            tmp_path,
        )
    )
    assert asyncio.run(definition.function(n=4)) == {"n": 5}
    with pytest.raises(Exception, match="kind"):
        asyncio.run(definition.function(n=4, kind="c"))


APPROVAL = """
id: approval
namespace: company.team
tasks:
  - {id: before, type: io.kestra.plugin.core.debug.Return, format: "{{ uuid() }}"}
  - id: ask
    type: io.kestra.plugin.core.flow.Pause
    onResume:
      - {id: amount, type: INT}
  - {id: after, type: io.kestra.plugin.core.debug.Return, format: "{{ outputs.ask.onResume.amount + 1 }}"}
outputs:
  - {id: amount, type: INT, value: "{{ outputs.after.value }}"}
"""


def test_a_pause_is_resumed_with_a_typed_form(tmp_path: Path) -> None:
    definition = loaded(compiled(APPROVAL, tmp_path))

    async def both() -> Any:
        running = asyncio.create_task(definition.function(return_state=True))
        id = await until(paused)
        with pytest.raises(Exception, match="amount"):
            await resume_flow_run(id, run_input={"amount": "many"})
        await resume_flow_run(id, run_input={"amount": 41})
        state = await running
        return await state.aresult()

    assert asyncio.run(both()) == {"amount": 42}


WAITING = """
id: waiting
namespace: company.team
tasks:
  - id: both
    type: io.kestra.plugin.core.flow.Parallel
    tasks:
      - {id: short, type: io.kestra.plugin.core.flow.Pause, pauseDuration: PT1S, behavior: WARN}
      - {id: long, type: io.kestra.plugin.core.flow.Pause, pauseDuration: PT10H}
outputs:
  - {id: short, type: STRING, value: "{{ outputs.short.resumed.to }}"}
  - {id: long, type: STRING, value: "{{ outputs.long.resumed.to }}"}
"""


def test_a_pause_ends_by_its_duration_or_by_somebody(tmp_path: Path) -> None:
    """Both pauses are there at once, so who resumes the flow run resumes the first that is left."""
    definition = loaded(compiled(WAITING, tmp_path))

    async def both() -> Any:
        running = asyncio.create_task(definition.function(return_state=True))
        async with get_client() as client:

            async def paused_again() -> UUID | None:
                for run in await client.read_flow_runs():
                    if run.state is not None and run.state.is_paused():
                        states = await client.read_flow_run_states(run.id)
                        if [each.name for each in states].count("Paused") == 2:
                            return run.id
                return None

            await resume_flow_run(await until(paused_again))
        state = await running
        return state.name, await state.aresult()

    assert asyncio.run(both()) == ("Warning", {"short": "WARNING", "long": "SUCCESS"})


def test_values_of_json_are_values_or_texts_of_json(tmp_path: Path) -> None:
    definition = loaded(
        compiled(
            """
            id: values
            namespace: company.team
            inputs:
              - {id: wait_for, type: JSON}
              - {id: return_state, type: STRING, defaults: x}
            tasks:
              - {id: say, type: io.kestra.plugin.core.debug.Return, format: "{{ inputs.wait_for | toJson }}"}
            outputs:
              - {id: all, type: STRING, value: "{{ outputs.say.value }} {{ inputs.return_state }}"}
            """,
            tmp_path,
        )
    )
    for given, said in (
        ({"a": [1]}, '{"a":[1]}'),
        ('{"a": [1]}', '{"a":[1]}'),
        ("plain text", '"plain text"'),
        ([1, "b"], '[1,"b"]'),
    ):
        parameters = definition.parameters({"wait_for": given})
        assert asyncio.run(definition.function(**parameters)) == {"all": f"{said} x"}


def test_inputs_may_be_called_like_parts_of_a_model(tmp_path: Path) -> None:
    """Those of the flow and those of a form: pydantic would say that they hide something of its own."""
    text = """
        id: shadows
        namespace: company.team
        inputs:
          - {id: json, type: JSON}
          - {id: copy, type: INT, defaults: 2}
          - {id: model_config, type: STRING}
        tasks:
          - id: ask
            type: io.kestra.plugin.core.flow.Pause
            onResume:
              - {id: schema, type: INT}
              - {id: respond, type: STRING, defaults: nobody}
        outputs:
          - id: all
            type: STRING
            value: >-
              {{ inputs.json.a }} {{ inputs.copy }} {{ inputs.model_config }}
              {{ outputs.ask.onResume.schema }} {{ outputs.ask.onResume.respond }}
        """
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        definition = loaded(compiled(text, tmp_path))
        function = definition.function

        async def both() -> Any:
            given = definition.parameters({"json": {"a": 1}, "copy": 3, "model_config": "m"})
            running = asyncio.create_task(function(**given, return_state=True))
            await resume_flow_run(await until(paused), run_input={"schema": 4})
            return await (await running).aresult()

        assert asyncio.run(both()) == {"all": "1 3 m 4 nobody"}


def test_a_deployed_run_is_suspended_and_taken_up_again(tmp_path: Path) -> None:
    """The process of the run ends with the Pause; whoever takes the run up later does not run again what is done."""
    path = compiled(
        APPROVAL.replace("id: approval", "id: deployed").replace(
            "outputs:",
            "finally:\n  - {id: last, type: io.kestra.plugin.core.log.Log, message: x}\noutputs:",
        ),
        tmp_path,
    )
    definition = loaded(path)

    async def all_of_it() -> tuple[Any, Any]:
        deployment = await definition.function.ato_deployment(name="one")
        await deployment.aapply()
        created = await arun_deployment("company.team.deployed/one", timeout=0)
        async with get_client() as client:
            with suppress(PausedRun):
                await run_flow(definition.function, flow_run=await client.read_flow_run(created.id))
            suspended = await client.read_flow_run(created.id)
            assert suspended.state is not None and suspended.state.name == "Suspended"
            before = [run.name for run in await ended_runs(created.id, 1)]
            assert before == ["before"]
            await resume_flow_run(created.id, run_input={"amount": 1})
            await client.set_flow_run_state(created.id, Pending(), force=True)
            again = loaded(path)
            run = await client.read_flow_run(created.id)
        return await run_flow(again.function, flow_run=run), await ended_runs(created.id, 4)

    outputs, runs = asyncio.run(all_of_it())
    assert outputs == {"amount": 2}
    assert sorted((run.name, run.state.name) for run in runs) == [
        ("after", "Completed"),
        ("before", "Cached"),
        ("before", "Completed"),
        ("last", "Completed"),
    ]


def test_a_schedule_gives_the_inputs_and_tells_its_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run is made as by a schedule here: some servers of Prefect fail to make one for a date of the past."""
    definition = loaded(compiled(SCHEDULED, tmp_path))
    due = datetime(2024, 3, 30, 2, tzinfo=UTC)

    async def once() -> Any:
        deployment = await definition.function.ato_deployment(name="one")
        await deployment.aapply()
        created = await arun_deployment("company.team.scheduled/one", timeout=0)
        async with get_client() as client:
            run = await client.read_flow_run(created.id)
        by = CreatedBy(type="SCHEDULE", display_value="night")
        scheduled = run.model_copy(update={"created_by": by, "expected_start_time": due})
        monkeypatch.setattr(prefect_definition, "_scheduled", lambda: scheduled)
        return await run_flow(definition.function, flow_run=run)

    assert asyncio.run(once()) == {"said": SAID}


def test_a_killed_run_goes_on_without_what_is_done(tmp_path: Path) -> None:
    """`kill -9` in the middle; the same flow run, tried again in another process, reads the results that are there."""
    path = compiled(
        """
        id: killed
        namespace: company.team
        tasks:
          - {id: first, type: io.kestra.plugin.core.debug.Return, format: "{{ uuid() }}"}
          - {id: nap, type: io.kestra.plugin.core.flow.Sleep, duration: "PT{{ envs.nap }}S"}
          - {id: last, type: io.kestra.plugin.core.debug.Return, format: "{{ outputs.first.value }}"}
        outputs:
          - {id: seen, type: STRING, value: "{{ outputs.last.value }}"}
        """,
        tmp_path,
    )
    environment = {
        **os.environ,
        "ENV_NAP": "600",
        "PREFECT_API_URL": str(PREFECT_API_URL.value()),
        "PYTHONPATH": os.pathsep.join([str(ROOT / "runtime"), str(ROOT / "compiler")]),
    }
    program = subprocess.Popen([sys.executable, str(path)], env=environment, cwd=tmp_path)

    async def in_the_nap() -> Any:
        async with get_client() as client:

            async def look() -> Any:
                for run in await client.read_flow_runs():
                    flow = await client.read_flow(run.flow_id)
                    if flow.name == "company.team.killed":
                        tasks = await client.read_task_runs(
                            flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=[run.id]))
                        )
                        if any(t.name == "nap" and t.state and t.state.is_running() for t in tasks):
                            return run.id
                return None

            return await until(look)

    id = asyncio.run(in_the_nap())
    os.kill(program.pid, signal.SIGKILL)
    program.wait()
    os.environ["ENV_NAP"] = "0"
    definition = loaded(path)

    async def again() -> tuple[Any, Any]:
        async with get_client() as client:
            await client.set_flow_run_state(id, Pending(), force=True)
            run = await client.read_flow_run(id)
        outputs = await run_flow(definition.function, flow_run=run)
        return outputs, await ended_runs(id, 4)

    try:
        outputs, runs = asyncio.run(again())
    finally:
        del os.environ["ENV_NAP"]
    assert sorted((run.name, run.state.name) for run in runs) == [
        ("first", "Cached"),
        ("first", "Completed"),
        ("last", "Completed"),
        ("nap", "Completed"),
    ]
    assert len(outputs["seen"]) == 36


@pytest.mark.parametrize("runner", ["dask", "ray"])
def test_tasks_on_workers_of_a_cluster(tmp_path: Path, runner: str) -> None:
    pytest.importorskip(f"prefect_{runner}")
    definition = loaded(
        compiled(
            """
            id: spread
            namespace: company.team
            tasks:
              - id: each
                type: io.kestra.plugin.core.flow.ForEach
                values: [eu, us]
                concurrencyLimit: 2
                tasks:
                  - {id: load, type: io.kestra.plugin.core.debug.Return, format: "{{ taskrun.value }}"}
              - {id: bad, type: io.kestra.plugin.core.execution.Fail, errorMessage: no luck}
            errors:
              - {id: alert, type: io.kestra.plugin.core.debug.Return, format: "{{ outputs.load | keys }}"}
            """,
            tmp_path,
            runner,
        )
    )
    state = asyncio.run(definition.function(return_state=True))
    assert state.is_failed() and "no luck" in state.message
    runs = asyncio.run(task_runs(state.state_details.flow_run_id, 4))
    assert {name: run.state.name for name, run in runs.items()} == {
        "load[eu]": "Completed",
        "load[us]": "Completed",
        "bad": "Failed",
        "alert": "Completed",
    }


def test_the_example_runs_to_its_approval(tmp_path: Path) -> None:
    sys.path.insert(0, str(ROOT / "examples" / "targets" / "prefect"))
    definition = loaded(ROOT / "examples" / "targets" / "prefect" / "nightly_orders.py")

    async def both() -> Any:
        running = asyncio.create_task(definition.function(mode="fast", return_state=True))
        async with get_client() as client:

            async def paused() -> UUID | None:
                for run in await client.read_flow_runs():
                    if run.state is not None and run.state.is_paused():
                        return run.id
                return None

            await resume_flow_run(await until(paused), run_input={"approved": True, "note": "go"})
        state = await running
        return await state.aresult()

    assert asyncio.run(both()) == {"booked": "booked 3 regions, note: go"}
    failed = asyncio.run(definition.function(closed="us", return_state=True))
    assert failed.is_failed()
    assert "us is closed" in failed.message
