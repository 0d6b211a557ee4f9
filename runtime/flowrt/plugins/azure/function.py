"""Azure: functions that are called by their address."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import ANY, DURATION, STRING, Kind, mapping, prop, task_type
from flowrt.model.failures import TaskFailure
from flowrt.plugins.services.service import ServiceTask
from flowrt.plugins.web import answered
from flowrt.tasks.http_client import HttpOptions, HttpTimeout
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Mapping, Text


@task_type("io.kestra.plugin.azure.function.HttpFunction")
class AzureHttpFunction(ServiceTask):
    """Call a function, and take what it answers."""

    service = "The function"
    outputs: ClassVar[dict[str, Kind] | None] = {"repsonseBody": ANY}

    http_method: Text = prop(STRING)
    url: Text = prop(STRING)
    http_body: Mapping | None = prop(mapping(), default=None)
    max_duration: Text = prop(DURATION, default="PT60M")

    def _options(self) -> HttpOptions:
        return HttpOptions(timeout=HttpTimeout(read_idle_timeout=self.max_duration))

    def _work(self, run: RunContext) -> dict[str, Any]:
        body, method = run.mapping(self.http_body), required_text(run, self.http_method)
        try:
            url = required_text(run, self.url)  # which may hold the key of the function
            found = self._exchange(run, method, url, json=body or None, hidden=True)
        except TaskFailure as error:
            raise TaskFailure(f"Request failed with error: {error}") from None
        return {"repsonseBody": answered(found)}
