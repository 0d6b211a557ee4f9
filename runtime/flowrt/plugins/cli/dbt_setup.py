"""dbt: the early task that makes an environment for those of one command each, in the working folder that they share."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import ANY, BOOLEAN, STRING, listing, prop, task_type
from flowrt.model.failures import TaskFailure
from flowrt.tasks.scripts import ScriptTask
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from pathlib import Path

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Listing, Text


@task_type("io.kestra.plugin.dbt.cli.Setup")
class DbtSetup(ScriptTask):
    """Make a virtual environment with packages, and write the profiles."""

    image: ClassVar[str] = "python"

    profiles: Any = prop(ANY)
    requirements: Listing = prop(listing(STRING))
    python_path: Text = prop(STRING, default="python")
    exit_on_failed: Flag = prop(BOOLEAN, default=True, ignored=True)
    docker_options: Any = prop(ANY, default=None, ignored=True)

    def _prepare(self, run: RunContext, folder: Path) -> list[str]:
        from flowrt.services.folders import new_file, prepare_folder

        path = new_file(folder, ".profile/profiles.yml")
        path.write_text(self._profiles(run), "utf-8")
        prepare_folder(run, folder, self.input_files, self.namespace_files)
        python, place = required_text(run, self.python_path), shlex.quote(str(folder))
        wanted = " ".join(str(each) for each in run.listing(self.requirements) or [])
        words = shlex.join(shlex.split(wanted))  # `dbt-core>=1.7` is no redirection
        return [
            f"{shlex.quote(python)} -m venv --system-site-packages {place} > /dev/null",
            "./bin/pip install pip --upgrade > /dev/null",
            f"./bin/pip install {words} > /dev/null",
        ]

    def _profiles(self, run: RunContext) -> str:
        """The profiles as YAML. Raises TaskFailure for what is neither a text nor a map."""
        from flowrt.formats.yamlwrite import to_yaml

        found = run.structure(self.profiles)
        if isinstance(found, str):
            return found
        if isinstance(found, dict):
            return to_yaml(found)
        raise TaskFailure("The `profiles` attribute must be a String or a Map")

    async def _more_environment(self, run: RunContext) -> dict[str, str]:
        return {"PYTHONUNBUFFERED": "true", "PIP_ROOT_USER_ACTION": "ignore"}
