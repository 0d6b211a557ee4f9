"""The command-line tools of clouds: their credentials reach them in variables."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, ClassVar

from flowrt.model.declare import (
    BOOLEAN,
    DURATION,
    INTEGER,
    STRING,
    enum,
    mapping,
    prop,
    task_type,
)
from flowrt.plugins.cli.base import CommandsTask, Tool, given

if TYPE_CHECKING:
    from pathlib import Path

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Mapping, Text

_SOURCES = {
    "ENVIRONMENT": "Environment",
    "EC2_INSTANCE_METADATA": "Ec2InstanceMetadata",
    "ECS_CONTAINER": "EcsContainer",
}


@task_type("io.kestra.plugin.aws.cli.AwsCLI")
class AwsCLI(Tool):
    """The command-line tool of AWS."""

    image: ClassVar[str] = "amazon/aws-cli"

    access_key_id: Text | None = prop(STRING, default=None)
    secret_key_id: Text | None = prop(STRING, default=None)
    session_token: Text | None = prop(STRING, default=None)
    region: Text | None = prop(STRING, default=None)
    endpoint_override: Text | None = prop(STRING, default=None)
    output_format: str = prop(enum("JSON", "TEXT", "TABLE", "YAML"), static=True, default="JSON")
    sts_role_arn: Text | None = prop(STRING, default=None)
    sts_role_external_id: Text | None = prop(STRING, default=None)
    sts_role_session_name: Text | None = prop(STRING, default=None)
    sts_role_session_duration: Text | None = prop(DURATION, default=None)
    sts_endpoint_override: Text | None = prop(STRING, default=None, ignored=True)
    sts_credential_source: str | None = prop(enum(*_SOURCES), static=True, default=None)
    compatibility_mode: Flag | None = prop(BOOLEAN, default=None, ignored=True)
    force_path_style: Flag | None = prop(BOOLEAN, default=None, ignored=True)

    def _prepare(self, run: RunContext, folder: Path) -> list[str]:
        settings = given(
            run,
            role_arn=self.sts_role_arn,
            role_session_name=self.sts_role_session_name,
            external_id=self.sts_role_external_id,
        )
        seconds = run.duration(self.sts_role_session_duration)
        if seconds is not None:
            settings["duration_seconds"] = str(int(seconds))
        if self.sts_credential_source is not None:
            settings["credential_source"] = _SOURCES[self.sts_credential_source]
        # the tool reads these from its configuration alone, which is one of this run (see below)
        before = [f"aws configure set {key} {shlex.quote(text)}" for key, text in settings.items()]
        return [*before, *super()._prepare(run, folder)]

    async def _more_environment(self, run: RunContext) -> dict[str, str]:
        variables = given(
            run,
            AWS_ACCESS_KEY_ID=self.access_key_id,
            AWS_SECRET_ACCESS_KEY=self.secret_key_id,
            AWS_SESSION_TOKEN=self.session_token,
            AWS_DEFAULT_REGION=self.region,
            AWS_ENDPOINT_URL=self.endpoint_override,
        )
        variables["AWS_DEFAULT_OUTPUT"] = self.output_format.lower()
        if self.sts_role_arn is not None or self.sts_credential_source is not None:
            # `aws configure set` must not change the settings of the person who runs the flow
            variables["AWS_CONFIG_FILE"] = str(run.private_folder() / "config")
        return {**variables, **(run.mapping(self.env, STRING) or {})}


@task_type("io.kestra.plugin.gcp.cli.GCloudCLI")
class GCloudCLI(Tool):
    """The command-line tool of Google Cloud."""

    image: ClassVar[str] = "google/cloud-sdk"

    project_id: Text | None = prop(STRING, default=None)
    service_account: Text | None = prop(STRING, default=None)

    async def _more_environment(self, run: RunContext) -> dict[str, str]:
        variables = given(run, CLOUDSDK_CORE_PROJECT=self.project_id)
        account = run.text(self.service_account)
        if account is not None:
            path = run.private_folder() / "service-account.json"
            path.write_text(account, "utf-8")
            variables["GOOGLE_APPLICATION_CREDENTIALS"] = str(path)
            variables["CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE"] = str(path)
        return {**variables, **(run.mapping(self.env, STRING) or {})}


@task_type("io.kestra.plugin.azure.cli.AzCLI")
class AzCLI(Tool):
    """The command-line tool of Azure; it logs in first when it is given a name."""

    image: ClassVar[str] = "mcr.microsoft.com/azure-cli"

    username: Text | None = prop(STRING, default=None)
    password: Text | None = prop(STRING, default=None)
    tenant: Text | None = prop(STRING, default=None)
    service_principal: Flag | None = prop(BOOLEAN, default=None)

    def _prepare(self, run: RunContext, folder: Path) -> list[str]:
        commands = super()._prepare(run, folder)
        if self.username is None:
            return commands
        words = ["az login"]
        if run.flag(self.service_principal):
            words.append("--service-principal")
        words.append('-u "$FLOWRT_AZ_USER" -p "$FLOWRT_AZ_PASSWORD"')
        if self.tenant is not None:
            words.append('--tenant "$FLOWRT_AZ_TENANT"')
        return [" ".join(words), *commands]

    async def _more_environment(self, run: RunContext) -> dict[str, str]:
        # in variables, because whoever lists the processes of the machine reads their arguments
        return given(
            run,
            FLOWRT_AZ_USER=self.username,
            FLOWRT_AZ_PASSWORD=self.password,
            FLOWRT_AZ_TENANT=self.tenant,
        )


@task_type("io.kestra.plugin.databricks.cli.DatabricksCLI")
class DatabricksCLI(CommandsTask):
    """The command-line tool of Databricks."""

    image: ClassVar[str] = "ghcr.io/databricks/cli:latest"

    databricks_host: Text = prop(STRING)
    databricks_token: Text | None = prop(STRING, default=None)
    client_id: Text | None = prop(STRING, default=None)
    client_secret: Text | None = prop(STRING, default=None)

    async def _more_environment(self, run: RunContext) -> dict[str, str]:
        return given(
            run,
            DATABRICKS_HOST=self.databricks_host,
            DATABRICKS_TOKEN=self.databricks_token,
            DATABRICKS_CLIENT_ID=self.client_id,
            DATABRICKS_CLIENT_SECRET=self.client_secret,
        )


@task_type("io.kestra.plugin.databricks.cli.DatabricksSQLCLI")
class DatabricksSQLCLI(Tool):
    """`dbsqlcli`, which runs SQL on Databricks."""

    image: ClassVar[str] = "ghcr.io/kestra-io/databricks-sql-cli"

    host: Text = prop(STRING)
    http_path: Text = prop(STRING)
    token: Text = prop(STRING)
    options: Mapping | None = prop(mapping(STRING), default=None)

    def _prepare(self, run: RunContext, folder: Path) -> list[str]:
        words = ["dbsqlcli", "--hostname", shlex.quote(run.text(self.host) or "")]
        words += ["--access-token", "$DATABRICKS_TOKEN"]
        words += ["--http-path", shlex.quote(run.text(self.http_path) or "")]
        for query in super()._prepare(run, folder):
            words += ["-e", shlex.quote(query)]
        for name, value in (run.mapping(self.options, STRING) or {}).items():
            words += [shlex.quote(each) for each in (name, value) if each]
        return [" ".join(words)]

    async def _more_environment(self, run: RunContext) -> dict[str, str]:
        return given(run, DATABRICKS_TOKEN=self.token)


@task_type("io.kestra.plugin.jdbc.snowflake.SnowflakeCLI")
class SnowflakeCLI(Tool):
    """The command-line tool of Snowflake."""

    image: ClassVar[str] = "ghcr.io/kestra-io/snowflake-cli"

    account: Text = prop(STRING)
    username: Text = prop(STRING)
    password: Text | None = prop(STRING, default=None)
    private_key: Text | None = prop(STRING, default=None)
    private_key_password: Text | None = prop(STRING, default=None)

    def _prepare(self, run: RunContext, folder: Path) -> list[str]:
        connect = (
            "snow connection add --connection-name=default-connection --default --no-interactive"
        )
        return [connect, *super()._prepare(run, folder)]

    async def _more_environment(self, run: RunContext) -> dict[str, str]:
        home = run.private_folder()
        variables = given(
            run,
            SNOWFLAKE_ACCOUNT=self.account,
            SNOWFLAKE_USER=self.username,
            SNOWFLAKE_PASSWORD=self.password,
            PRIVATE_KEY_PASSPHRASE=self.private_key_password,
        )
        key = run.text(self.private_key)
        if key is not None:
            path = home / "key.pem"
            path.write_text(_pem(key), "utf-8")
            variables["SNOWFLAKE_AUTHENTICATOR"] = "SNOWFLAKE_JWT"
            variables["SNOWFLAKE_PRIVATE_KEY_PATH"] = str(path)
        # `snow connection add` must not change the connections of the person who runs the flow
        return {**variables, "SNOWFLAKE_HOME": str(home)}


def _pem(key: str) -> str:
    """A private key with its head and foot."""
    if "-----BEGIN" in key:
        return key
    return f"-----BEGIN PRIVATE KEY-----\n{key}\n-----END PRIVATE KEY-----\n"


@task_type("io.kestra.plugin.redis.cli.RedisCLI")
class RedisCLI(Tool):
    """`redis-cli`; each command is one of the server."""

    image: ClassVar[str] = "redis:7-alpine"

    host: Text = prop(STRING)
    port: Integer = prop(INTEGER, default=6379)
    database: Integer = prop(INTEGER, default=0)
    username: Text | None = prop(STRING, default=None)
    password: Text | None = prop(STRING, default=None)
    tls: Flag = prop(BOOLEAN, default=False)
    json_output: Flag = prop(BOOLEAN, default=False)

    def _prepare(self, run: RunContext, folder: Path) -> list[str]:
        words = ["redis-cli", "-h", shlex.quote(run.text(self.host) or "")]
        words += ["-p", str(run.integer(self.port)), "-n", str(run.integer(self.database))]
        if self.username is not None:
            words += ["--user", shlex.quote(run.text(self.username) or "")]
        if run.flag(self.tls):
            words.append("--tls")
        if run.flag(self.json_output):
            words.append("--json")
        called = " ".join(words)
        return [f"{called} {command}" for command in super()._prepare(run, folder)]

    def _is_strict(self, run: RunContext) -> bool:
        return True

    async def _more_environment(self, run: RunContext) -> dict[str, str]:
        return given(run, REDISCLI_AUTH=self.password)
