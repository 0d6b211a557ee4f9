"""Google Cloud: functions that are called by their address, with a token for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import ANY, DURATION, STRING, Kind, mapping, prop, task_type
from flowrt.model.failures import TaskFailure
from flowrt.plugins.google.cloud import CloudTask
from flowrt.plugins.web import Refused, answered, exchange
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Mapping, Text
    from flowrt.plugins.google.auth import Google


@task_type("io.kestra.plugin.gcp.function.HttpFunction")
class CloudHttpFunction(CloudTask):
    """Call a function, and take what it answers."""

    outputs: ClassVar[dict[str, Kind] | None] = {"responseBody": ANY}

    http_method: Text = prop(STRING)
    url: Text = prop(STRING)
    http_body: Mapping | None = prop(mapping(), default=None)
    max_duration: Text = prop(DURATION, default="PT60M", ignored=True)

    def _work(self, run: RunContext, google: Google) -> dict[str, Any]:
        method, url = required_text(run, self.http_method), required_text(run, self.url)
        headers = {"Authorization": f"Bearer {google.id_token(url)}"}
        run.log("INFO", f"Invoking GCP HttpFunction with method='{method}' url='{url}'")
        body = run.mapping(self.http_body) or None
        try:
            found = exchange(run, "The function", method, url, headers=headers, json=body)
        except Refused as error:
            said = error.said or "<empty>"
            run.log("ERROR", f"HttpFunction failed: status={error.code}, body={said}")
            raise TaskFailure(f"Request failed '{error.code}' and body '{said}'") from None
        run.log("INFO", f"HttpFunction response status: {found.code}")
        return {"responseBody": answered(found)}
