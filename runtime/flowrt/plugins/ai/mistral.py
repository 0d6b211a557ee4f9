"""Mistral: its workflows."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import (
    BOOLEAN,
    DURATION,
    INTEGER,
    STRING,
    Kind,
    mapping,
    prop,
    task_type,
)
from flowrt.model.failures import TaskFailure
from flowrt.plugins.services.service import ServiceTask, address, bearer
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Mapping, Text

BASE = "https://api.mistral.ai/v1"
RUNNING = ("RUNNING", "RETRYING_AFTER_ERROR")
FAILED = ("FAILED", "TIMED_OUT", "TERMINATED")


@task_type("io.kestra.plugin.mistral.RunWorkflow")
class MistralRunWorkflow(ServiceTask):
    """Run a workflow, and wait for its end."""

    service = "Mistral"
    outputs: ClassVar[dict[str, Kind] | None] = {
        "endTime": STRING,
        "executionId": STRING,
        "result": STRING,
        "startTime": STRING,
        "status": STRING,
        "totalDurationMs": INTEGER,
    }

    api_key: Text = prop(STRING)
    base_url: Text = prop(STRING, default=BASE)
    workflow_identifier: Text = prop(STRING)
    input: Mapping | None = prop(mapping(), default=None)
    deployment_name: Text | None = prop(STRING, default=None)
    execution_id: Text | None = prop(STRING, default=None)
    wait: Flag = prop(BOOLEAN, default=True)
    wait_timeout: Text = prop(DURATION, default="PT15M")
    poll_interval: Text = prop(DURATION, default="PT5S")

    def _headers(self, run: RunContext) -> dict[str, str]:
        return bearer(run, self.api_key)

    async def run(self, run: RunContext) -> dict[str, Any]:
        name = required_text(run, self.workflow_identifier)
        asked: dict[str, Any] = {
            "input": run.mapping(self.input) or {},
            "wait_for_result": False,
        }
        for key, given in (
            ("deployment_name", self.deployment_name),
            ("execution_id", self.execution_id),
        ):
            value = run.text(given)
            if value is not None:
                asked[key] = value
        base = run.text(self.base_url) or BASE
        start = partial(
            self._ask, run, "POST", address(base, "workflows", name, "execute"), json=asked
        )
        number = str((await run.in_thread(start))["execution_id"])
        run.log("INFO", f"Started Mistral workflow execution '{number}' (workflow: {name})")
        if not run.flag(self.wait, True):
            return {"executionId": number, "status": "RUNNING"}
        look = partial(self._ask, run, "GET", address(base, "workflows", "executions", number))
        pause = run.duration(self.poll_interval)
        most = run.duration(self.wait_timeout)
        started = time.monotonic()
        while (found := await run.in_thread(look)).get("status") in RUNNING:
            if most is not None and time.monotonic() - started > most:
                raise TaskFailure(
                    f"Mistral workflow execution '{number}' did not reach a terminal state within {run.text(self.wait_timeout)}"
                )
            run.log("DEBUG", f"Execution '{number}' status: {found['status']}")
            await run.sleep(5.0 if pause is None else pause)
        return _ended(number, found)


def _ended(number: str, found: dict[str, Any]) -> dict[str, Any]:
    """The outputs of a run that is over. Raises TaskFailure for one that has failed."""
    from flowrt.formats.jsonwrite import to_json

    status, result = found.get("status"), found.get("result")
    if status in FAILED:
        raise TaskFailure(
            f"Mistral workflow execution '{number}' ended with status {status}: {found.get('error') or status}"
        )
    start, end = found.get("start_time"), found.get("end_time")
    return {
        "executionId": number,
        "status": status,
        "result": None if result is None else to_json(result),
        "startTime": start,
        "endTime": end,
        "totalDurationMs": _milliseconds(start, end),
    }


def _milliseconds(start: Any, end: Any) -> int | None:
    """The time between two instants; None where one of them is none."""
    from flowrt.java.time.isoparse import parse_instant

    if start is None or end is None:
        return None
    try:
        spent = parse_instant(end).epoch_nanos // 1_000_000
        return spent - parse_instant(start).epoch_nanos // 1_000_000
    except Exception:
        return None
