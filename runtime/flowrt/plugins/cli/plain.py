"""Tools that need nothing but their commands."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from flowrt.model.declare import BOOLEAN, STRING, Declared, prop, record, task_type
from flowrt.plugins.cli.base import CommandsTask, Tool, ToolWithSetup, given
from flowrt.tasks.scripts import ProgramTask

if TYPE_CHECKING:
    from pathlib import Path

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Text


@task_type("io.kestra.plugin.terraform.cli.TerraformCLI")
class TerraformCLI(ToolWithSetup):
    """Terraform, or whatever answers to `terraform`."""

    image: ClassVar[str] = "hashicorp/terraform"

    fail_fast: Flag = prop(BOOLEAN, default=True)

    def _is_strict(self, run: RunContext) -> bool:
        return run.flag(self.fail_fast, True)


@task_type("io.kestra.plugin.cloudquery.CloudQueryCLI")
class CloudQueryCLI(Tool):
    """CloudQuery."""

    image: ClassVar[str] = "ghcr.io/cloudquery/cloudquery:latest-ubuntu"


@task_type("io.kestra.plugin.dataform.cli.DataformCLI")
class DataformCLI(ToolWithSetup):
    """Dataform."""

    image: ClassVar[str] = "dataformco/dataform:latest"


@task_type("io.kestra.plugin.modal.cli.ModalCLI")
class ModalCLI(ToolWithSetup):
    """Modal."""

    image: ClassVar[str] = "ghcr.io/kestra-io/modal"


@task_type("io.kestra.plugin.sqlmesh.cli.SQLMeshCLI")
class SQLMeshCLI(ToolWithSetup):
    """SQLMesh."""

    image: ClassVar[str] = "ghcr.io/kestra-io/sqlmesh"


@task_type("io.kestra.plugin.trivy.cli.TrivyCLI")
class TrivyCLI(CommandsTask):
    """Trivy."""

    image: ClassVar[str] = "ghcr.io/aquasecurity/trivy"


@task_type("io.kestra.plugin.dlt.CLI")
class DltCLI(CommandsTask):
    """dlt."""

    image: ClassVar[str] = "ghcr.io/kestra-io/dlt"


@task_type("io.kestra.plugin.dlt.Run")
class DltRun(ProgramTask):
    """A Python program that uses dlt."""

    image: ClassVar[str] = "ghcr.io/kestra-io/dlt"
    suffix: ClassVar[str] = ".py"

    def _commands(self, run: RunContext, path: Path) -> list[str]:
        return [f"python {path}"]


@task_type("io.kestra.plugin.jdbc.clickhouse.ClickHouseLocalCLI")
class ClickHouseLocalCLI(ToolWithSetup):
    """`clickhouse-local`, which gets all commands as one argument."""

    image: ClassVar[str] = "clickhouse/clickhouse-server:latest"

    def _interpreter(self, run: RunContext) -> list[str]:
        return ["clickhouse-local"]


class OllamaAuth(Declared):
    """The key of a hosted Ollama."""

    api_key: Text | None = prop(STRING, default=None)


@task_type("io.kestra.plugin.ollama.cli.OllamaCLI")
class OllamaCLI(Tool):
    """Ollama; a server of this machine keeps its models."""

    image: ClassVar[str] = "ollama/ollama"

    host: Text | None = prop(STRING, default=None)
    auth: OllamaAuth | None = prop(record(OllamaAuth), default=None)
    enable_model_caching: Flag = prop(BOOLEAN, default=True, ignored=True)
    model_cache_path: Text | None = prop(STRING, default=None)

    async def _more_environment(self, run: RunContext) -> dict[str, str]:
        key = self.auth.api_key if self.auth is not None else None
        return given(
            run, OLLAMA_HOST=self.host, OLLAMA_API_KEY=key, OLLAMA_MODELS=self.model_cache_path
        )
