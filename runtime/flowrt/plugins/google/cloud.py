"""What the tasks of Google Cloud share, and its tokens and messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import ANY, INTEGER, STRING, Kind, enum, mapping, prop, task_type
from flowrt.model.failures import TaskFailure
from flowrt.plugins.google.auth import CLOUD, Google, GoogleTask
from flowrt.plugins.rows import given_rows
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Text

PUBSUB = "https://pubsub.googleapis.com/v1"


class CloudTask(GoogleTask):
    """A task of a project."""

    project_id: Text | None = prop(STRING, default=None)
    impersonated_service_account: Text | None = prop(STRING, default=None)

    def _google(self, run: RunContext) -> Google:
        scopes = [str(each) for each in run.listing(self.scopes) or [CLOUD]]
        other = run.text(self.impersonated_service_account)
        return Google(run, run.text(self.service_account), scopes, other)

    def _project(self, run: RunContext, google: Google) -> str:
        found = run.text(self.project_id) or google.project
        if not found:
            raise TaskFailure("`projectId` is needed, since the account names no project")
        return found


@task_type("io.kestra.plugin.gcp.auth.OauthAccessToken")
class OauthAccessToken(CloudTask):
    """A token for the services of Google; sealed among the outputs."""

    seals: ClassVar[bool] = True
    outputs: ClassVar[dict[str, Kind] | None] = {"accessToken": mapping()}

    def _work(self, run: RunContext, google: Google) -> dict[str, Any]:
        from datetime import UTC, datetime

        token = google.token()
        return {
            "accessToken": {
                "scopes": google.scopes,
                "tokenValue": run.seal(token.value),
                "expirationTime": datetime.fromtimestamp(int(token.expires), UTC),
            }
        }


@task_type("io.kestra.plugin.gcp.pubsub.Publish")
class PubSubPublish(CloudTask):
    """Publish messages to a topic."""

    outputs: ClassVar[dict[str, Kind] | None] = {"messagesCount": INTEGER}

    topic: Text = prop(STRING)
    from_: Any = prop(ANY, yaml="from")
    serde_type: Text = prop(enum("STRING", "JSON"), default="STRING")

    def _work(self, run: RunContext, google: Google) -> dict[str, Any]:
        from base64 import b64encode

        from flowrt.formats.jsonwrite import to_json

        topic = required_text(run, self.topic)
        if not topic.startswith("projects/"):
            topic = f"projects/{self._project(run, google)}/topics/{topic}"
        count = 0
        batch: list[dict[str, Any]] = []

        def send() -> None:
            if batch:
                google.ask("POST", f"{PUBSUB}/{topic}:publish", json={"messages": batch})

        for row in given_rows(run, self.from_):
            given = row if isinstance(row, dict) else {"data": row}
            data = given.get("data")
            text = data if isinstance(data, str) else to_json(data)
            message: dict[str, Any] = {"data": b64encode(text.encode()).decode()}
            if given.get("attributes"):
                message["attributes"] = {k: str(v) for k, v in given["attributes"].items()}
            if given.get("orderingKey"):
                message["orderingKey"] = str(given["orderingKey"])
            batch.append(message)
            count += 1
            if len(batch) == 1000:
                send()
                batch = []
        send()
        return {"messagesCount": count}
