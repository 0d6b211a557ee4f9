"""dbt: any of its commands, and the early tasks of one command each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import (
    ANY,
    BOOLEAN,
    INTEGER,
    STRING,
    Declared,
    enum,
    listing,
    prop,
    record,
    task_type,
)
from flowrt.model.failures import Outcome
from flowrt.plugins.cli.base import CommandsTask
from flowrt.scripting.protocol import OutputLines
from flowrt.tasks.scripts import ProcessTask

if TYPE_CHECKING:
    from pathlib import Path

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Listing, Text

LOG_FORMATS = enum("JSON", "TEXT", "DEBUG", "NONE")
_NOT_SHOWN = frozenset(
    [
        "category",
        "code",
        "extra",
        "invocation_id",
        "level",
        "log_version",
        "msg",
        "name",
        "pid",
        "thread",
        "thread_name",
        "ts",
        "type",
    ]
)
"""What of an entry of dbt's log is shown elsewhere, or of no use."""

_LEVELS = {"debug": "DEBUG", "info": "INFO", "warn": "WARN"}


class DbtLines(OutputLines):
    """Reads dbt's JSON log: each entry gets its own level."""

    warned = False

    def accept(self, line: str, is_error: bool) -> None:
        """One line of the process."""
        if line.startswith("::{") and line.endswith("}::"):
            super().accept(line, is_error)
            return
        self.count[is_error] += 1
        entry = _entry(line)
        if entry is None:
            self.run.log("INFO", line.strip())
            return
        level, text, stats = entry
        for name, value in stats.items():
            if isinstance(value, int):
                self.run.metric("counter", name, value)
        self.warned = self.warned or level == "WARN"
        self.run.log(level, text)


def _entry(line: str) -> tuple[str, str, dict[str, Any]] | None:
    """Level, text and statistics of a line of dbt's JSON log; None for any other line."""
    import json

    try:
        found = json.loads(line)
    except ValueError:
        return None
    if not isinstance(found, dict):
        return None
    info = found.get("info")
    shown = info if isinstance(info, dict) else found
    level = shown.get("level")
    if not isinstance(level, str):
        return None
    thread = shown.get("thread") if shown is info else found.get("thread_name")
    kind = shown.get("name") if shown is info else found.get("type")
    message = f"{shown['msg']} " if shown.get("msg") is not None else ""
    more = {k: v for k, v in shown.items() if k not in _NOT_SHOWN} if shown is info else {}
    rest = ", ".join(f"{name}={value}" for name, value in more.items())
    text = f"[Date: {shown.get('ts')}] [Thread: {thread}] [Type: {kind}] {message}"
    data = found.get("data")
    stats = data.get("stats") if isinstance(data, dict) else None
    return (
        _LEVELS.get(level, "ERROR"),
        text + (f"{{{rest}}}" if rest else ""),
        stats if isinstance(stats, dict) else {},
    )


class DbtTask(ProcessTask):
    """What the tasks of dbt share: its log, its profiles, and the results that it leaves."""

    image: ClassVar[str] = "ghcr.io/kestra-io/dbt"

    project_dir: Text | None = prop(STRING, default=None)
    profiles: Text | None = prop(STRING, default=None)
    parse_run_results: Flag = prop(BOOLEAN, default=True)

    def _project(self, run: RunContext) -> Path:
        """The folder of the project. Raises TaskFailure when it would lie outside of the working folder."""
        from flowrt.services.folders import inside

        name = run.text(self.project_dir)
        if name is None or name.strip("./") == "":
            return run.working_dir
        return inside(run.working_dir, name)

    def _collect(
        self, run: RunContext, folder: Path, patterns: list[str] | None, directory: Path | None
    ) -> dict[str, str]:
        found = super()._collect(run, folder, patterns, directory)
        names = ["manifest.json"]
        if run.flag(self.parse_run_results, True):
            names.append("run_results.json")
        for name in names:
            path = self._project(run) / "target" / name
            if path.is_file():
                found[name] = run.put_file(path.read_bytes(), name)
        return found

    def _outcome(self, outputs: dict[str, Any], lines: OutputLines) -> dict[str, Any] | Outcome:
        warned = isinstance(lines, DbtLines) and lines.warned
        return Outcome(outputs, "WARNING") if warned else outputs

    def _profile(self, run: RunContext, folder: Path, name: str) -> None:
        from flowrt.services.folders import new_file

        text = run.text(self.profiles)
        if not text:
            return
        path = new_file(folder, name)
        if path.exists():
            run.log(
                "INFO",
                f"A '{name}' file already exists in the task working directory; it will be overridden.",
            )
        path.write_text(text, "utf-8")

    def _lines(self, run: RunContext) -> OutputLines:
        return DbtLines(run)

    async def _more_environment(self, run: RunContext) -> dict[str, str]:
        return {"PYTHONUNBUFFERED": "true", "PIP_ROOT_USER_ACTION": "ignore"}


class Manifest(Declared):
    """An entry that keeps dbt's manifest between runs."""

    key: Text = prop(STRING)
    namespace: Text = prop(STRING)


@task_type("io.kestra.plugin.dbt.cli.DbtCLI")
class DbtCLI(DbtTask, CommandsTask):
    """Commands of dbt; those that start with `dbt` get the folder of the project, the form of the log and its path."""

    engine: Text = prop(enum("CORE", "FUSION"), default="CORE", ignored=True)
    log_format: Text = prop(LOG_FORMATS, default="JSON")
    load_manifest: Manifest | None = prop(record(Manifest), default=None)
    store_manifest: Manifest | None = prop(record(Manifest), default=None)

    def _prepare(self, run: RunContext, folder: Path) -> list[str]:
        commands = super()._prepare(run, folder)
        run.log("INFO", f"dbt project working directory: {self._project(run)}")
        self._load(run)
        self._profile(run, folder, "profiles.yml")
        directory = run.text(self.project_dir)
        form = run.constant(self.log_format, LOG_FORMATS) or "JSON"
        return [_completed(command, directory, form) for command in commands]

    def _load(self, run: RunContext) -> None:
        from flowrt.formats.jsonwrite import to_json
        from flowrt.services.paths import make_folder

        if self.load_manifest is None:
            return
        namespace, key = run.text(self.load_manifest.namespace), run.text(self.load_manifest.key)
        try:
            value = run.kv.get(namespace or "", key or "")
        except KeyError:
            value = None
        if not value:
            run.log(
                "WARN",
                "Property `loadManifest` has been used but no manifest has been found in the KV Store.",
            )
            return
        target = self._project(run) / "target"
        make_folder(target)
        text = value if isinstance(value, str) else to_json(value)
        (target / "manifest.json").write_text(text, "utf-8")

    def _collect(
        self, run: RunContext, folder: Path, patterns: list[str] | None, directory: Path | None
    ) -> dict[str, str]:
        from flowrt.formats.jsonread import parse_json

        path = self._project(run) / "target" / "manifest.json"
        if self.store_manifest is not None and path.is_file():
            namespace, key = (
                run.text(self.store_manifest.namespace),
                run.text(self.store_manifest.key),
            )
            run.kv.put(namespace or "", key or "", parse_json(path.read_text("utf-8")))
        return super()._collect(run, folder, patterns, directory)


def _completed(command: str, directory: str | None, form: str) -> str:
    """A command of dbt with the options that the task adds."""
    import shlex

    if not command.startswith("dbt"):
        return command
    if directory is not None and "--project-dir" not in command:
        command += f" --project-dir {shlex.quote(directory)}"
    if form != "NONE" and "--log-format" not in command:
        command += f" --log-format {form.lower()}"
    if "--log-path" not in command:
        command += " --log-path logs"
    return command


class DbtCommand(DbtTask):
    """An early task of dbt: one command, its options as properties."""

    command: ClassVar[str] = ""

    thread: Integer | None = prop(INTEGER, default=None)
    full_refresh: Flag = prop(BOOLEAN, default=False)
    target: Text | None = prop(STRING, default=None)
    selector: Text | None = prop(STRING, default=None)
    select: Listing | None = prop(listing(STRING), default=None)
    exclude: Listing | None = prop(listing(STRING), default=None)
    warn_error: Flag = prop(BOOLEAN, default=False)
    debug: Flag = prop(BOOLEAN, default=False)
    fail_fast: Flag = prop(BOOLEAN, default=False)
    dbt_path: Text = prop(STRING, default="./bin/dbt")
    runner: Text | None = prop(enum("PROCESS", "DOCKER"), default=None)
    docker_options: Any = prop(ANY, default=None, ignored=True)

    def _prepare(self, run: RunContext, folder: Path) -> list[str]:
        import shlex

        from flowrt.services.folders import prepare_folder

        prepare_folder(run, folder, self.input_files, self.namespace_files)
        self._profile(run, folder, ".profile/profiles.yml")
        words = [run.text(self.dbt_path) or "dbt", "--log-format json"]
        for option, flag in (
            ("--debug", self.debug),
            ("--fail-fast", self.fail_fast),
            ("--warn-error", self.warn_error),
        ):
            if run.flag(flag):
                words.append(option)
        words += [self.command, f"--profiles-dir {shlex.quote(str(folder / '.profile'))}"]
        if self.thread is not None:
            words.append(f"--threads {run.integer(self.thread)}")
        if run.flag(self.full_refresh):
            words.append("--full-refresh")
        for option, text in (("--target", self.target), ("--selector", self.selector)):
            if text is not None:
                words.append(f"{option} {shlex.quote(run.text(text) or '')}")
        for option, items in (("--select", self.select), ("--exclude", self.exclude)):
            names = run.listing(items)
            if names:
                words.append(f"{option} {' '.join(map(shlex.quote, names))}")
        directory = run.text(self.project_dir)
        if directory is not None:
            words.append(f"--project-dir {shlex.quote(directory)}")
        return [" ".join(words)]


@task_type("io.kestra.plugin.dbt.cli.Build")
class DbtBuild(DbtCommand):
    """`dbt build`."""

    command: ClassVar[str] = "build"


@task_type("io.kestra.plugin.dbt.cli.Compile")
class DbtCompile(DbtCommand):
    """`dbt compile`."""

    command: ClassVar[str] = "compile"


@task_type("io.kestra.plugin.dbt.cli.Deps")
class DbtDeps(DbtCommand):
    """`dbt deps`."""

    command: ClassVar[str] = "deps"


@task_type("io.kestra.plugin.dbt.cli.Freshness")
class DbtFreshness(DbtCommand):
    """`dbt source freshness`."""

    command: ClassVar[str] = "source freshness"


@task_type("io.kestra.plugin.dbt.cli.List")
class DbtList(DbtCommand):
    """`dbt list`."""

    command: ClassVar[str] = "list"


@task_type("io.kestra.plugin.dbt.cli.Run")
class DbtRun(DbtCommand):
    """`dbt run`."""

    command: ClassVar[str] = "run"


@task_type("io.kestra.plugin.dbt.cli.Seed")
class DbtSeed(DbtCommand):
    """`dbt seed`."""

    command: ClassVar[str] = "seed"


@task_type("io.kestra.plugin.dbt.cli.Snapshot")
class DbtSnapshot(DbtCommand):
    """`dbt snapshot`."""

    command: ClassVar[str] = "snapshot"


@task_type("io.kestra.plugin.dbt.cli.Test")
class DbtTest(DbtCommand):
    """`dbt test`."""

    command: ClassVar[str] = "test"
