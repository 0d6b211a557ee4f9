"""Airflow: runs of its DAGs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import BOOLEAN, DURATION, STRING, Kind, mapping, prop, task_type
from flowrt.plugins.services.service import OptionsTask, Waiting, address
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Mapping, Text

ENDED = ("success", "failed")


@task_type("io.kestra.plugin.airflow.dags.TriggerDagRun")
class AirflowDagsTriggerDagRun(OptionsTask, Waiting):
    """Start a DAG, and wait for its end if that is wanted."""

    service = "Airflow"
    outputs: ClassVar[dict[str, Kind] | None] = {
        "dagId": STRING,
        "dagRunId": STRING,
        "ended": STRING,
        "started": STRING,
        "state": STRING,
    }

    base_url: Text = prop(STRING)
    headers: Mapping | None = prop(mapping(STRING), default=None)
    dag_id: Text = prop(STRING)
    wait: Flag = prop(BOOLEAN, default=False)
    poll_frequency: Text = prop(DURATION, default="PT1S")
    body: Mapping | None = prop(mapping(), default=None)

    def _headers(self, run: RunContext) -> dict[str, str]:
        return run.mapping(self.headers, STRING) or {}

    def _pause(self, run: RunContext) -> float:
        return run.duration(self.poll_frequency) or 1.0

    def _started(
        self, run: RunContext
    ) -> tuple[dict[str, Any], Callable[[], dict[str, Any] | None]]:
        dag, base = required_text(run, self.dag_id), required_text(run, self.base_url)
        runs = address(base, "api", "v1", "dags", dag, "dagRuns")
        made = self._ask(run, "POST", runs, json=run.mapping(self.body) or self._origin(run))
        number = made["dag_run_id"]

        def over() -> dict[str, Any] | None:
            found = self._ask(run, "GET", address(runs, number))
            if str(found.get("state")).lower() not in ENDED:
                return None
            times = {"started": found.get("start_date"), "ended": found.get("end_date")}
            return {"state": found["state"], **{key: _local(text) for key, text in times.items()}}

        return {"dagId": dag, "dagRunId": number, "state": made.get("state")}, over

    def _origin(self, run: RunContext) -> dict[str, Any]:
        """What a DAG is told when the flow gives no body, as Kestra's plugin tells it."""
        return {
            "source": "kestra",
            "flow": run.flow_id,
            "namespace": run.namespace,
            "task": self.id,
            "execution": run.execution_id,
        }


def _local(text: str | None) -> str | None:
    """The date and time that a date-time with an offset shows."""
    if text is None:
        return None
    from datetime import datetime

    shown = datetime.fromisoformat(text).replace(tzinfo=None)
    return shown.isoformat().rstrip("0") if shown.microsecond else shown.isoformat()
