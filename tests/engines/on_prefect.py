#!/usr/bin/env python3
"""Run recorded cases on a real server of Prefect: `on_prefect.py OUT.json [FOLDER ...]`, in an environment that has it."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import sys
from pathlib import Path
from typing import Any

from cases import Answer, Case, corpus, run, run_recorded
from prefect import get_client
from prefect.context import FlowRunContext
from prefect.flow_runs import aresume_flow_run
from prefect.testing.utilities import prefect_test_harness

from flowrt.conduct.faces import Stopped
from flowrt.control.pause import end_pause
from flowrt.engine.document import execution_document
from flowrt.inputs.errors import InputError
from flowrt.model.states import RUNNING
from flowrt.targets.prefect import program
from flowrt.targets.prefect.hands import PrefectHands
from flowrt.targets.prefect.settings import Settings
from flowrt.verbs.paused import resume_inputs


class Recorded(PrefectHands):
    """As Prefect does it, but somebody resumes as is recorded; a flow that waits for more is left alone."""

    def __init__(self, answers: list[Answer]) -> None:
        self._answers = answers

    async def resume(self, conductor: Any, run: Any) -> None:
        while self._answers and run.task.id in self._answers[0].tasks:
            given = self._answers.pop(0).inputs
            if not given:
                resuming = asyncio.create_task(resume(FlowRunContext.get().flow_run.id))
                await super().resume(conductor, run)
                await resuming
                return
            try:  # Prefect's form would want values, and what is recorded are texts
                inputs = resume_inputs(conductor.host, conductor.execution, run, given)
            except InputError:
                continue  # it is refused, and asked again
            end_pause(conductor, run, RUNNING, inputs)
            return
        if run.frame.data is not None:
            await super().resume(conductor, run)
            return
        conductor.abandoned = True
        raise Stopped


async def resume(flow_run_id: Any) -> None:
    """Resume a flow run as somebody does who looks at it, once it is paused."""
    async with get_client() as client:
        while True:
            found = await client.read_flow_run(flow_run_id)
            if found.state is not None and found.state.is_paused():
                await aresume_flow_run(flow_run_id)
                return
            await asyncio.sleep(0.05)


def load(case: Case) -> Any:
    """The definition of a compiled case."""
    spec = importlib.util.spec_from_file_location("case", case.module)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["case"] = module
    spec.loader.exec_module(module)
    return module.definition


def conduct(case: Case, given: dict[str, Any]) -> dict[str, Any]:
    """Run a case once on Prefect; its execution document."""
    options = case.harness.options(given)
    chosen = {
        name: getattr(options, name)
        for name in ("inputs", "labels", "namespace_files", "kv", "store", "globals", "url")
    }
    settings = Settings(hands=Recorded(case.answers(given)), **chosen)
    sys.path.insert(0, str(case.folder))
    try:
        return execution_document(program.run(load(case), settings))
    finally:
        sys.path.remove(str(case.folder))
        for name, module in list(sys.modules.items()):
            if str(getattr(module, "__file__", "")).startswith(str(case.folder)):
                del sys.modules[name]


def main() -> None:
    out, *folders = sys.argv[1:]
    only = os.environ.get("ONLY", "")
    found = []
    with prefect_test_harness(server_startup_timeout=120), run_recorded.http_server():
        for path in corpus(*map(Path, folders)):
            if only not in str(path):
                continue
            outcome = run(path, "prefect", conduct)
            found.append(outcome._asdict() | {"equal": outcome.equal})
            print(
                outcome.name,
                outcome.left_out or ("equal" if outcome.equal else sorted(outcome.problems)),
                flush=True,
            )
    Path(out).write_text(json.dumps(found, indent=1), "utf-8")
    counted = [each for each in found if not each["left_out"]]
    print(f"{sum(each['equal'] for each in counted)} of {len(counted)} equal")


if __name__ == "__main__":
    main()
