"""Jenkins: builds of jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlencode

from flowrt.http.client import basic
from flowrt.model.declare import INTEGER, STRING, Kind, mapping, prop, task_type
from flowrt.model.failures import required
from flowrt.plugins.services.service import OptionsTask, address
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Integer, Mapping, Text


class JenkinsTask(OptionsTask):
    """What the tasks share."""

    service = "Jenkins"

    server_url: Text = prop(STRING)
    username: Text | None = prop(STRING, default=None)
    api_token: Text | None = prop(STRING, default=None)

    def _headers(self, run: RunContext) -> dict[str, str]:
        if self.username is None or self.api_token is None:
            return {}
        return {"Authorization": basic(run.text(self.username), run.text(self.api_token))}

    def _url(self, run: RunContext, job: Text, *more: str) -> str:
        """A job in folders is `folder/job`."""
        parts = [each for name in required_text(run, job).split("/") for each in ("job", name)]
        return address(required_text(run, self.server_url), *parts, *more)


@task_type("io.kestra.plugin.jenkins.JobBuild")
class JenkinsJobBuild(JenkinsTask):
    """Start a build."""

    outputs: ClassVar[dict[str, Kind] | None] = {"status": INTEGER}

    job_name: Text = prop(STRING)
    parameters: Mapping | None = prop(mapping(), default=None)

    def _work(self, run: RunContext) -> dict[str, Any]:
        body = urlencode(run.mapping(self.parameters) or {}, doseq=True).encode()
        found = self._exchange(
            run,
            "POST",
            self._url(run, self.job_name, "buildWithParameters"),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            body=body,
        )
        run.log("INFO", f"Triggered job '{run.text(self.job_name)}' with status code: {found.code}")
        return {"status": found.code}


@task_type("io.kestra.plugin.jenkins.JobInfo")
class JenkinsJobInfo(JenkinsTask):
    """What is known of a build."""

    outputs: ClassVar[dict[str, Kind] | None] = {"info": mapping()}

    job_name: Text = prop(STRING, static=True)
    build_number: Integer = prop(INTEGER, static=True)

    def _work(self, run: RunContext) -> dict[str, Any]:
        number = str(required(run.integer(self.build_number)))
        return {"info": self._ask(run, "GET", self._url(run, self.job_name, number, "api", "json"))}
