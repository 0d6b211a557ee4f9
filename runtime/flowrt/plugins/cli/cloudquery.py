"""CloudQuery: a sync of its sources and destinations, which may go on where the last one ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import ANY, BOOLEAN, listing, prop, task_type
from flowrt.model.failures import Outcome, TaskFailure
from flowrt.tasks.scripts import ProcessTask

if TYPE_CHECKING:
    from pathlib import Path

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Listing

STATE = "CloudQueryState"
DATABASE = "incrementaldb.sqlite"
BACKEND = {
    "table_name": "kestra_incremental_table",
    "connection": "@@plugins.kestra_incremental_db.connection",
}
"""Where a source keeps how far it came, unless it says another place."""
DESTINATION = {
    "kind": "destination",
    "spec": {
        "name": "kestra_incremental_db",
        "path": "cloudquery/sqlite",
        "version": "v2.4.10",
        "spec": {"connection_string": DATABASE},
    },
}


@task_type("io.kestra.plugin.cloudquery.Sync")
class CloudQuerySync(ProcessTask):
    """Sync sources with destinations, by the `cloudquery` of this machine."""

    image: ClassVar[str] = "ghcr.io/cloudquery/cloudquery:latest-ubuntu"

    configs: Listing = prop(listing(ANY))
    incremental: Flag = prop(BOOLEAN, default=False)
    log_console: Flag = prop(BOOLEAN, default=True)

    async def run(self, run: RunContext) -> dict[str, Any] | Outcome:
        found = await super().run(run)
        if run.flag(self.incremental):
            await run.in_thread(lambda: self._keep(run, run.working_dir / DATABASE))
        return found

    def _prepare(self, run: RunContext, folder: Path) -> list[str]:
        from flowrt.formats.yamlwrite import to_yaml
        from flowrt.scripting.runners import wants_container
        from flowrt.services.folders import prepare_folder, temporary_name

        prepare_folder(run, folder, self.input_files, self.namespace_files)
        incremental = run.flag(self.incremental)
        configs = [_config(run, each, incremental) for each in run.structure(self.configs)]
        if incremental:
            self._restore(run, folder / DATABASE)
            configs.append(DESTINATION)
        program = "/app/cloudquery" if wants_container(self.task_runner) else "cloudquery"
        words = [program, "sync"]
        for config in configs:
            path = folder / temporary_name(".yml")
            path.write_text(to_yaml(config), "utf-8")
            words.append(path.name)
        if run.flag(self.log_console, True):
            words.append("--log-console")
        return [" ".join(words)]

    def _key(self, run: RunContext) -> str:
        """The name under which the store of keys and values has how far the sources came."""
        from flowrt.services.hashing import value_hash
        from flowrt.services.uris import slug

        key = f"{slug(run.flow_id)}_states_{STATE}"
        return key if run.value is None else f"{key}_{value_hash(run.value)}"

    def _restore(self, run: RunContext, path: Path) -> None:
        try:
            found = run.kv.get(run.namespace, self._key(run))
        except KeyError:
            found = b""
        path.write_bytes(found if isinstance(found, bytes) else str(found).encode())

    def _keep(self, run: RunContext, path: Path) -> None:
        run.kv.put(run.namespace, self._key(run), path.read_bytes())


def _config(run: RunContext, given: Any, incremental: bool) -> dict[str, Any]:
    """A source or a destination: a map, or the address of a stored file. Raises TaskFailure for anything else."""
    from flowrt.formats.yamlread import parse_yaml

    found = parse_yaml(run.open_file(given).decode()) if isinstance(given, str) else given
    if not isinstance(found, dict):
        raise TaskFailure(f"Invalid configs type '{type(found).__name__}'")
    spec = found.get("spec")
    if not incremental or found.get("kind") != "source" or not isinstance(spec, dict):
        return found
    return {**found, "spec": {"backend_options": BACKEND, **spec}}
