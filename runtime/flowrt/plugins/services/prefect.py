"""Prefect: runs of its deployments, in its cloud or on a server of one's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import BOOLEAN, DURATION, STRING, Kind, mapping, prop, task_type
from flowrt.model.failures import TaskFailure
from flowrt.plugins.services.service import ServiceTask, address, until
from flowrt.plugins.web import Refused
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Mapping, Text

BASE = "https://api.prefect.cloud/api"
SITE = "https://app.prefect.cloud"
FAILED = ("FAILED", "CRASHED", "CANCELLED")
ENDED = ("COMPLETED", "CANCELLING", *FAILED)


@task_type("io.kestra.plugin.prefect.CreateFlowRun")
class PrefectCreateFlowRun(ServiceTask):
    """Start a deployment, and wait for its end if that is wanted."""

    service = "Prefect"
    outputs: ClassVar[dict[str, Kind] | None] = {
        "flowRunId": STRING,
        "flowRunUrl": STRING,
        "state": STRING,
    }

    api_url: Text = prop(STRING, default=BASE)
    api_key: Text | None = prop(STRING, default=None)
    account_id: Text | None = prop(STRING, default=None)
    workspace_id: Text | None = prop(STRING, default=None)
    deployment_id: Text = prop(STRING)
    wait: Flag = prop(BOOLEAN, default=True)
    poll_frequency: Text = prop(DURATION, default="PT5S")
    parameters: Mapping | None = prop(mapping(), default=None)

    def _workspace(self, run: RunContext) -> tuple[str, ...]:
        """Where the cloud has a workspace; nothing on a server of one's own."""
        if self.account_id is None or self.workspace_id is None:
            return ()
        account, workspace = (
            required_text(run, each) for each in (self.account_id, self.workspace_id)
        )
        return ("accounts", account, "workspaces", workspace)

    def _headers(self, run: RunContext) -> dict[str, str]:
        found, key = {"Accept": "application/json"}, run.text(self.api_key)
        if not key:
            return found
        if self._workspace(run):
            return {**found, "Authorization": f"Bearer {key}"}
        return {**found, "Authorization": f"Basic {key.removeprefix('Basic ')}"}

    def _call(self, run: RunContext, method: str, *parts: str, json: Any = None) -> dict[str, Any]:
        base = run.text(self.api_url) or BASE
        url = address(base, *self._workspace(run), *parts)
        try:
            return self._ask(run, method, url, json=json)  # type: ignore[no-any-return]
        except Refused as error:
            said = _detail(error.said)
            raise TaskFailure(f"Prefect API error (HTTP {error.code}): {said}") from None

    async def run(self, run: RunContext) -> dict[str, Any]:
        made = await run.in_thread(lambda: self._started(run))
        number = made["id"]
        run.log("INFO", f"Created flow run with ID: {number}")
        state = (made.get("state") or {}).get("type")
        if run.flag(self.wait, True):
            pause = run.duration(self.poll_frequency) or 5.0
            ended = await until(run, lambda: self._ended(run, number), pause)
            state = ended["type"]
        return {"flowRunId": number, "state": state, "flowRunUrl": self._page(run, number)}

    def _started(self, run: RunContext) -> dict[str, Any]:
        parameters = run.mapping(self.parameters)
        json = {"parameters": parameters} if parameters else {}
        name = required_text(run, self.deployment_id)
        return self._call(run, "POST", "deployments", name, "create_flow_run", json=json)

    def _ended(self, run: RunContext, number: str) -> dict[str, Any] | None:
        """The state in which a run has ended, or None. Raises TaskFailure when it has failed."""
        state: dict[str, Any] = self._call(run, "GET", "flow_runs", number)["state"]
        if state["type"] not in ENDED:
            return None
        if state["type"] in FAILED:
            name, message = state.get("name"), state.get("message")
            raise TaskFailure(
                f"Flow run ended in state: {state['type']}"
                + (f" ({name})" if name else "")
                + (f" - {message}" if message else "")
            )
        return state

    def _page(self, run: RunContext, number: str) -> str:
        """The address of a run for people."""
        workspace = self._workspace(run)
        if workspace:
            _, account, _, name = workspace
            return f"{SITE}/account/{account}/workspace/{name}/flow-runs/flow-run/{number}"
        site = (run.text(self.api_url) or BASE).replace("/api", "")
        return f"{site}/flow-runs/flow-run/{number}"


def _detail(said: str) -> str:
    """What an answer of Prefect says of an error."""
    from flowrt.formats.jsonread import parse_json

    try:
        found = parse_json(said)
    except Exception:
        return said
    if not isinstance(found, dict):
        return said
    return str(found.get("detail") or found.get("message") or said)
