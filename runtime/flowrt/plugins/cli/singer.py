"""Singer: taps that read a source, and targets that take what a tap has read.

Each is a program of a Python package. The package is installed into the cache of scripts, the program gets its
settings in files, and what it says on its error output is its log and its metrics.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import (
    ANY,
    BOOLEAN,
    INTEGER,
    STRING,
    URI,
    Declared,
    Kind,
    enum,
    listing,
    mapping,
    prop,
    record,
    task_type,
)
from flowrt.model.failures import TaskFailure
from flowrt.tasks.scripts import ProcessTask, command_failure
from flowrt.tasks.storage import required_text, stored_path

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Listing, Mapping, Text

LOGGING = """\
[loggers]
keys=root

[handlers]
keys=stderr

[formatters]
keys=plain

[logger_root]
level=INFO
handlers=stderr

[handler_stderr]
class=StreamHandler
formatter=plain
args=(sys.stderr,)

[formatter_plain]
format=%(levelname)s %(message)s
"""
"""How the programs log: a level, and what they say."""
LEVELS = {
    "DEBUG": "DEBUG",
    "INFO": "INFO",
    "WARNING": "WARN",
    "ERROR": "ERROR",
    "CRITICAL": "ERROR",
}
METRIC = "METRIC: "
METHODS = ("FULL_TABLE", "INCREMENTAL", "LOG_BASED")
SESSION = [
    'SET @@session.time_zone="+0:00"',
    "SET @@session.wait_timeout=28800",
    "SET @@session.net_read_timeout=3600",
    "SET @@session.innodb_lock_wait_timeout=3600",
]
_SAID = re.compile(r"(DEBUG|INFO|WARNING|ERROR|CRITICAL) (.*)")


class Heard:
    """Takes the lines of a program: its log, its metrics, and what it prints."""

    def __init__(self, run: RunContext, print_: Callable[[str], None]) -> None:
        self._run = run
        self._print = print_

    def accept(self, line: str, is_error: bool) -> None:
        """One line of the standard output or of the standard error."""
        from flowrt.formats.jsonread import JsonError, parse_json

        if not is_error:
            self._print(line)
            return
        match = _SAID.fullmatch(line)
        level, text = match.groups() if match is not None else ("INFO", line.strip())
        if text.startswith(METRIC):
            try:
                return self._measure(parse_json(text.removeprefix(METRIC)))
            except (JsonError, TypeError, ValueError, AttributeError, KeyError):
                pass
        self._run.log(LEVELS[level], text)

    def _measure(self, found: dict[str, Any]) -> None:
        kind, value = str(found["type"]), float(found["value"])
        if kind not in ("counter", "timer"):
            raise ValueError(kind)
        tags = {
            name.lower(): text.lower()
            for name, text in (found.get("tags") or {}).items()
            if isinstance(text, str)
        }
        self._run.metric(kind, f"singer.{re.sub('[_-]', '.', found['metric'])}", value, tags)


class SingerTask(ProcessTask):
    """What taps and targets share: the package, its program, its settings, and how far they came the last time."""

    image: ClassVar[str] = "python:3.10.12"
    requirements: ClassVar[tuple[str, ...]] = ()
    program: ClassVar[str] = ""
    withdrawn: ClassVar[frozenset[str]] = frozenset(
        ("env", "input_files", "output_files", "namespace_files")
    )

    state_name: Text = prop(STRING, default="singer-state")
    pip_packages: Listing | None = prop(listing(STRING), default=None)
    command: Text | None = prop(STRING, default=None)
    container_image: Text | None = prop(STRING, default="python:3.10.12")

    def _settings(self, run: RunContext) -> dict[str, Any]:
        """What the program is to know."""
        raise NotImplementedError

    def _wanted(self, run: RunContext) -> tuple[list[str], list[str], str]:
        given = self.requirements if self.pip_packages is None else run.listing(self.pip_packages)
        return [str(each) for each in given or ()], [], "PIP"

    def _before(self, run: RunContext) -> list[str]:
        from flowrt.scripting.runners import wants_container

        if not wants_container(self.task_runner):
            return []
        import shlex

        install = "pip install --quiet --target . "
        return [install + shlex.quote(each) for each in self._wanted(run)[0]]

    def _begin(self, run: RunContext, folder: Path) -> None:
        from flowrt.formats.jsonwrite import to_json

        self._write(folder, "config.json", to_json(self._settings(run)))
        self._write(folder, "logging.conf", LOGGING)

    def _write(self, folder: Path, name: str, text: str) -> None:
        from flowrt.services.folders import new_file

        path = new_file(folder, name)
        path.touch(0o600)
        path.write_text(text, "utf-8")

    async def _call(
        self,
        run: RunContext,
        folder: Path,
        words: str = "",
        source: str | None = None,
        print_: Callable[[str], None] | None = None,
    ) -> None:
        """Run the program with these words behind its name, and a file as its input. Raises TaskFailure when it fails."""
        import os
        import shlex

        from flowrt.scripting.process import run_process
        from flowrt.scripting.python import base_environment
        from flowrt.scripting.runners import DockerRunner, wants_container

        name = run.text(self.command) if self.command is not None else self.program
        if not name:
            raise TaskFailure("`command` is the name of the program")
        program = shlex.quote(name)
        environment = {
            "PYTHONUNBUFFERED": "true",
            "PIP_ROOT_USER_ACTION": "ignore",
            "LOGGING_CONF_FILE": "logging.conf",
            "WORKING_DIR": str(folder),
        }
        if wants_container(self.task_runner):
            program = f"./bin/{program}"
            environment["PYTHONPATH"] = "."
        else:
            found = await self._packages(run)
            packages = found.get("PYTHONPATH", "").partition(os.pathsep)[0]
            if packages:
                rest = os.environ.get("PATH", os.defpath)
                found["PATH"] = os.pathsep.join((os.path.join(packages, "bin"), rest))
            environment |= found
        line = f"{program} --config config.json {words}".rstrip()
        if source is not None:
            line = f"{line} < {shlex.quote(source)}"
        arguments = self._arguments(run, folder, [line])
        runner = self._container()
        heard = Heard(run, print_ or (lambda text: run.log("INFO", text)))
        if wants_container(runner):
            assert isinstance(runner, DockerRunner)
            image = run.text(self.container_image) or self.image
            code, _ = await runner.execute(run, image, arguments, folder, environment, heard.accept)
        else:
            variables = base_environment() | environment
            code = await run_process(run, arguments, folder, variables, heard.accept)
        if code != 0:
            raise command_failure(code, {})

    def _key(self, run: RunContext) -> str:
        """The name under which the store of keys and values has how far the program came."""
        from flowrt.services.hashing import value_hash
        from flowrt.services.uris import slug

        key = f"{slug(run.flow_id)}_states_{required_text(run, self.state_name)}_state.json"
        return key if run.value is None else f"{key}_{value_hash(run.value)}"

    def _kept(self, run: RunContext) -> str:
        try:
            found = run.kv.get(run.namespace, self._key(run))
        except KeyError:
            return "{}"
        return found.decode() if isinstance(found, bytes) else str(found)

    def _keep(self, run: RunContext, state: dict[str, Any]) -> str:
        from flowrt.formats.jsonwrite import to_json

        key = self._key(run)
        run.kv.put(run.namespace, key, to_json(state).encode())
        return key


class Streams(Declared):
    """Which streams of a tap are wanted, how they are read, and which of their fields."""

    stream: str | None = prop(STRING, static=True, default=None)
    replication_method: str | None = prop(enum(*METHODS), static=True, default=None)
    replication_keys: str | None = prop(STRING, static=True, default=None)
    properties_pattern: list[str] | None = prop(listing(STRING), static=True, default=None)
    selected: bool = prop(BOOLEAN, static=True, default=True)

    def means(self, stream: dict[str, Any]) -> bool:
        """Whether it says something of a stream."""
        return self.stream is None or self.stream == stream.get("stream")

    def choose(self, entry: dict[str, Any]) -> None:
        """Note what is wanted in an entry of the catalog: of a stream, or of one of its fields."""
        from flowrt.java.regex.patterns import matches

        place = [each for each in entry.get("breadcrumb") or [] if each != "properties"]
        patterns = self.properties_pattern
        if patterns and not any(matches(each, ".".join(place)) for each in patterns):
            return
        about = entry["metadata"]
        about["selected"] = self.selected
        if not entry.get("breadcrumb"):
            for name, value in (
                ("replication-method", self.replication_method),
                ("replication-key", self.replication_keys),
            ):
                about.pop(name, None)
                if value is not None:
                    about[name] = value


def chosen(catalog: Any, wanted: list[Streams]) -> dict[str, Any]:
    """The catalog of a tap with what is wanted of it. Raises TaskFailure for what is no catalog."""
    streams = catalog.get("streams") if isinstance(catalog, dict) else None
    if not isinstance(streams, list) or not all(isinstance(each, dict) for each in streams):
        raise TaskFailure("The tap has not told its streams")
    for stream in streams:
        for entry in stream.get("metadata") or ():
            told = entry.get("metadata") or {}
            defaults = {"selected": True, "selected-by-default": False, "is-view": False}
            entry["metadata"] = {**defaults, **told}
            for each in wanted:
                if each.means(stream):
                    each.choose(entry)
    return {"streams": streams}


class SingerTap(SingerTask):
    """A tap: what it reads is stored as it comes, for a target."""

    features: ClassVar[tuple[str, ...]] = ("CATALOG", "DISCOVER", "STATE")
    outputs: ClassVar[dict[str, Kind] | None] = {"count": INTEGER, "raw": URI}

    streams_configurations: list[Streams] = prop(listing(record(Streams)))

    def _features(self) -> tuple[str, ...]:
        return self.features

    async def run(self, run: RunContext) -> dict[str, Any]:
        from functools import partial

        folder = run.working_dir
        await run.in_thread(lambda: self._begin(run, folder))
        features = self._features()
        words = []
        for feature, name in (("CATALOG", "catalog"), ("PROPERTIES", "properties")):
            if feature in features:
                await self._call(run, folder, "--discover > discover.json")
                await run.in_thread(partial(self._choose, folder, name))
                words.append(f"--{name} {name}.json")
                break
        if "STATE" in features:
            self._write(folder, "state.json", self._kept(run))
            words.append("--state state.json")
        await self._call(run, folder, " ".join([*words, "> raw.jsonl"]))
        found: dict[str, Any] = await run.in_thread(lambda: self._finish(run, folder, features))
        return found

    def _choose(self, folder: Path, name: str) -> None:
        from flowrt.formats.jsonread import JsonError, parse_json
        from flowrt.formats.jsonwrite import to_json

        try:
            found = parse_json((folder / "discover.json").read_text("utf-8"))
        except JsonError as error:
            raise TaskFailure(f"The tap has not told its streams: {error}") from None
        if not self.streams_configurations:
            raise TaskFailure("`streamsConfigurations` must not be empty")
        self._write(folder, f"{name}.json", to_json(chosen(found, self.streams_configurations)))

    def _finish(self, run: RunContext, folder: Path, features: tuple[str, ...]) -> dict[str, Any]:
        from flowrt.formats.jsonread import JsonError, parse_json

        count, state, path = 0, dict[str, Any](), folder / "raw.jsonl"
        with path.open("rb") as file:
            for line in file:
                count += 1
                try:
                    found = parse_json(line.decode("utf-8", "replace"))
                except JsonError as error:
                    raise TaskFailure(f"The tap wrote what is no message: {error}") from None
                if isinstance(found, dict) and found.get("type") == "STATE":
                    state |= found.get("value") or {}
        run.metric("counter", "records", count)
        run.log("INFO", f"Ended singer with {count} raw items")
        if "STATE" in features:
            self._keep(run, state)
        return {"count": count, "raw": run.put_file(path, "raw.jsonl")}


@task_type("io.kestra.plugin.singer.taps.GenericTap")
class SingerGenericTap(SingerTap):
    """Any tap, by its package and its program."""

    pip_packages: Listing = prop(listing(STRING))
    command: Text = prop(STRING)
    configs: Mapping = prop(mapping(ANY))
    given: list[str] = prop(
        listing(enum("CATALOG", "PROPERTIES", "DISCOVER", "STATE")),
        yaml="features",
        static=True,
        default=["PROPERTIES", "DISCOVER", "STATE"],
    )

    def _features(self) -> tuple[str, ...]:
        return tuple(self.given)

    def _settings(self, run: RunContext) -> dict[str, Any]:
        return run.mapping(self.configs) or {}


class DatabaseTap(SingerTap):
    """A tap of a database server."""

    host: Text = prop(STRING)
    port: Integer = prop(INTEGER)
    username: Text = prop(STRING)
    password: Text | None = prop(STRING, default=None)

    def _settings(self, run: RunContext) -> dict[str, Any]:
        found = {
            "user": run.text(self.username),
            "password": run.text(self.password),
            "host": run.text(self.host),
            "port": run.integer(self.port),
        } | self._more(run)
        return {name: value for name, value in found.items() if value is not None}

    def _more(self, run: RunContext) -> dict[str, Any]:
        raise NotImplementedError


def _joined(run: RunContext, given: Listing | None) -> str | None:
    return ",".join(str(each) for each in run.listing(given) or ()) or None


@task_type("io.kestra.plugin.singer.taps.PipelinewiseMysql")
class SingerMysql(DatabaseTap):
    """Tables of a MySQL or a MariaDB."""

    requirements: ClassVar[tuple[str, ...]] = ("pipelinewise-tap-mysql",)
    program: ClassVar[str] = "tap-mysql"

    ssl: Flag = prop(BOOLEAN, default=False)
    filter_dbs: Listing | None = prop(listing(STRING), default=None)
    export_batch_rows: Integer = prop(INTEGER, default=50000)
    session_sqls: Listing = prop(listing(STRING), default=SESSION)

    def _more(self, run: RunContext) -> dict[str, Any]:
        return {
            "ssl": run.flag(self.ssl),
            "session_sqls": run.listing(self.session_sqls),
            "export_batch_rows": run.integer(self.export_batch_rows),
            "filter_dbs": _joined(run, self.filter_dbs),
        }


@task_type("io.kestra.plugin.singer.taps.PipelinewiseOracle")
class SingerOracle(DatabaseTap):
    """Tables of an Oracle."""

    requirements: ClassVar[tuple[str, ...]] = ("pipelinewise-tap-oracle",)
    program: ClassVar[str] = "tap-oracle"

    sid: Text = prop(STRING)
    filter_schemas: Text | None = prop(STRING, default=None)

    def _more(self, run: RunContext) -> dict[str, Any]:
        return {"sid": run.text(self.sid), "filter_schemas": run.text(self.filter_schemas)}


@task_type("io.kestra.plugin.singer.taps.PipelinewiseSqlServer")
class SingerSqlServer(DatabaseTap):
    """Tables of an SQL Server."""

    requirements: ClassVar[tuple[str, ...]] = ("tap-mssql==2.3.1",)
    program: ClassVar[str] = "tap-mssql"

    password: Text = prop(STRING)
    database: Text = prop(STRING)
    filter_dbs: Listing | None = prop(listing(STRING), default=None)
    use_date_datatype: Flag = prop(BOOLEAN, default=True)
    tds_version: Text | None = prop(STRING, default=None)
    character_set: Text | None = prop(STRING, default=None)
    use_singer_decimal: Flag | None = prop(BOOLEAN, default=None)
    cursor_array_size: Integer | None = prop(INTEGER, default=None)

    def _more(self, run: RunContext) -> dict[str, Any]:
        decimal = self.use_singer_decimal
        return {
            "database": run.text(self.database),
            "use_date_datatype": run.flag(self.use_date_datatype, True),
            "filter_dbs": _joined(run, self.filter_dbs),
            "tds_version": run.text(self.tds_version),
            "characterset": run.text(self.character_set),
            "use_singer_decimal": None if decimal is None else run.flag(decimal),
            "cursor_array_size": run.integer(self.cursor_array_size),
        }


@task_type("io.kestra.plugin.singer.targets.GenericTarget")
class SingerGenericTarget(SingerTask):
    """Any target, by its package and its program; it takes what a tap has stored."""

    outputs: ClassVar[dict[str, Kind] | None] = {"stateKey": STRING}

    from_: Text = prop(STRING)
    pip_packages: Listing = prop(listing(STRING))
    command: Text = prop(STRING)
    configs: Mapping = prop(mapping(ANY))

    def _settings(self, run: RunContext) -> dict[str, Any]:
        return run.mapping(self.configs) or {}

    async def run(self, run: RunContext) -> dict[str, Any]:
        import shutil

        from flowrt.formats.jsonread import JsonError, parse_json
        from flowrt.services.folders import temporary_name

        folder, state = run.working_dir, dict[str, Any]()
        source = folder / temporary_name(".jsonl")

        def begin() -> None:
            shutil.copyfile(stored_path(run, required_text(run, self.from_)), source)
            self._begin(run, folder)

        def heard(line: str) -> None:
            try:
                found = parse_json(line)
            except JsonError:
                found = None
            if isinstance(found, dict):
                state.update(found)
            else:
                run.log("WARN", f"The target said what is no state: {line}")

        await run.in_thread(begin)
        await self._call(run, folder, source=source.name, print_=heard)
        return {"stateKey": self._keep(run, state) if state else None}
