"""Clients of AWS: credentials, region, address, a role to take on."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

from flowrt import missing, packages
from flowrt.model.declare import BOOLEAN, DURATION, STRING, prop
from flowrt.model.failures import TaskFailure
from flowrt.model.task import Task

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Text


def library() -> Any:
    """The module `boto3`. Raises MissingPackage."""
    try:
        import boto3
    except ImportError:
        raise missing.MissingPackage("AWS", packages.BOTO3, "aws") from None
    return boto3


@contextmanager
def told(what: str) -> Iterator[None]:
    """Turns the errors of the library into failures of the task, in the words of the service."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        said = error.response.get("Error", {})
        code, message = said.get("Code", "?"), said.get("Message", "")
        raise TaskFailure(f"{what}: {code}{f': {message}' if message else ''}") from None
    except BotoCoreError as error:
        raise TaskFailure(f"{what}: {error}") from None


class AwsTask(Task):
    """What the tasks of AWS share."""

    packages: ClassVar[tuple[str, ...]] = (packages.BOTO3,)
    service: ClassVar[str] = ""
    checked: ClassVar[bool] = True
    """Whether the library looks at requests, or leaves it to the service to say what they lack."""

    region: Text | None = prop(STRING, default=None)
    access_key_id: Text | None = prop(STRING, default=None)
    secret_key_id: Text | None = prop(STRING, default=None)
    session_token: Text | None = prop(STRING, default=None)
    endpoint_override: Text | None = prop(STRING, default=None)
    compatibility_mode: Flag | None = prop(BOOLEAN, default=None, ignored=True)
    force_path_style: Flag | None = prop(BOOLEAN, default=None)
    sts_role_arn: Text | None = prop(STRING, default=None)
    sts_role_external_id: Text | None = prop(STRING, default=None)
    sts_role_session_name: Text | None = prop(STRING, default=None)
    sts_role_session_duration: Text | None = prop(DURATION, default=None)
    sts_endpoint_override: Text | None = prop(STRING, default=None)

    async def run(self, run: RunContext) -> Any:
        def work() -> Any:
            with told(f"AWS {self.service}"):
                return self._work(run, self.client(run))

        library()
        return await run.in_thread(work)

    def _work(self, run: RunContext, client: Any) -> Any:
        raise NotImplementedError

    def client(self, run: RunContext, service: str | None = None) -> Any:
        """A client of a service, that of the task by default; it is closed when the task is killed."""
        from botocore.config import Config

        style = {"addressing_style": "path"} if run.flag(self.force_path_style) else None
        client = library().client(
            service or self.service,
            endpoint_url=run.text(self.endpoint_override) or None,
            region_name=run.text(self.region),
            config=Config(
                s3=style,
                connect_timeout=10,
                retries={"mode": "standard"},
                parameter_validation=self.checked,
            ),
            **self._credentials(run),
        )
        run.on_kill(client.close)
        return client

    def _credentials(self, run: RunContext) -> dict[str, Any]:
        own = {
            "aws_access_key_id": run.text(self.access_key_id) or None,
            "aws_secret_access_key": run.text(self.secret_key_id) or None,
            "aws_session_token": run.text(self.session_token) or None,
        }
        given = {key: value for key, value in own.items() if value is not None}
        role = run.text(self.sts_role_arn) or None
        if role is None:
            return given
        asked: dict[str, Any] = {
            "RoleArn": role,
            "RoleSessionName": run.text(self.sts_role_session_name) or f"flow-{run.execution_id}",
        }
        external = run.text(self.sts_role_external_id)
        if external is not None:
            asked["ExternalId"] = external
        seconds = run.duration(self.sts_role_session_duration)
        if seconds is not None:
            asked["DurationSeconds"] = int(seconds)
        sts = library().client(
            "sts",
            endpoint_url=run.text(self.sts_endpoint_override) or None,
            region_name=run.text(self.region),
            **given,
        )
        taken = sts.assume_role(**asked)["Credentials"]
        return {
            "aws_access_key_id": taken["AccessKeyId"],
            "aws_secret_access_key": taken["SecretAccessKey"],
            "aws_session_token": taken["SessionToken"],
        }


def plain(value: Any) -> Any:
    """An answer of the library as outputs have it: without what it says of the request."""
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items() if key != "ResponseMetadata"}
    if isinstance(value, list):
        return [plain(each) for each in value]
    return value
