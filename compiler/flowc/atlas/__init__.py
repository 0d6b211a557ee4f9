"""The atlas: what Kestra's plugins declare, for types that the runtime has no class for.

`types.zip` is written by `tools/atlas.py` from facts that were read in the sources of the plugins: names, kinds and
defaults. A type is decoded when a flow names it, and becomes a class like those that run; only `run` is missing.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.catalog import canonical
from flowrt.model import declare
from flowrt.model.declare import Declared, Kind, Property
from flowrt.model.task import Task

if TYPE_CHECKING:
    from zipfile import ZipFile


class Unsupported(Task):
    """Stands in the model for a task that cannot be run, so that the rest of the flow is checked all the same."""

    outputs: ClassVar[dict[str, Kind] | None] = None


class Nowhere(Unsupported):
    """One whose type exists nowhere."""


class Known(Unsupported):
    """One whose properties and outputs the atlas has: they are checked like those of a task that can be run."""


class KnownTrigger(Declared):
    """A trigger whose properties the atlas has, beside those that every trigger has."""


LATER = frozenset(
    f"io.kestra.plugin.core.{name}"
    for name in ("flow.Loop", "flow.PurgeFlows", "trigger.McpToolTrigger")
)
"""Types of the core that came with Kestra 2.0."""

_PLAIN = {
    "string": declare.STRING,
    "integer": declare.INTEGER,
    "number": declare.DOUBLE,
    "boolean": declare.BOOLEAN,
    "duration": declare.DURATION,
    "datetime": declare.DATETIME,
    "uri": declare.URI,
    "date": declare.STRING,
    "time": declare.STRING,
}


def find(name: str) -> type[Known] | None:
    """The class that stands for a task type of the atlas, by its current name; None when the atlas has no such task."""
    return _known(name) if kind(name) == "task" else None


def declared(name: str) -> type[Known] | None:
    """The class for what the atlas has by this name, whatever it took it for; None when it has nothing."""
    return None if kind(name) is None else _known(name)


def find_trigger(name: str, common: frozenset[str]) -> type[KnownTrigger] | None:
    """The class that stands for a trigger type; `common` are the properties that every trigger has."""
    if kind(name) != "trigger":
        return None
    cls: type[KnownTrigger] = type(name.rpartition(".")[2], (KnownTrigger,), {})
    shared = {each: {"type": "any", "dynamic": True} for each in sorted(common)}
    cls.properties = _properties({**_entry(name)["properties"], **shared})
    return cls


def current(written: str) -> str:
    """The current name of a type, by the tables of the runtime or those of the plugins; an unknown one as it is."""
    name = canonical(written)
    if kind(name) is not None:
        return name
    found: str = _index()["aliases"].get(written, name)
    return found


def kind(name: str) -> str | None:
    """What a type is: `task`, `trigger`, `condition`, `taskRunner`, `additional`; None when the atlas does not have it."""
    package, _, last = name.rpartition(".")
    found: str | None = _index()["types"].get(package, {}).get(last)
    return found


def tasks() -> Iterator[str]:
    """The names of all task types."""
    for package, members in _index()["types"].items():
        yield from (f"{package}.{last}" for last, kind in members.items() if kind == "task")


def triggers() -> Iterator[str]:
    """The names of all trigger types."""
    for package, members in _index()["types"].items():
        yield from (f"{package}.{last}" for last, kind in members.items() if kind == "trigger")


def has_package(name: str) -> bool:
    """Whether the atlas has types in the package of a type."""
    return name.rpartition(".")[0] in _index()["types"]


def default(name: str, key: str) -> Any:
    """The literal default of a property of a task type; None when it has none, or one that is computed."""
    return _entry(name)["properties"].get(key, {}).get("default")


def is_deprecated(name: str, key: str) -> bool:
    """Whether a property of a task type is an older form of another one."""
    return bool(_entry(name)["properties"].get(key, {}).get("deprecated"))


@cache
def _archive() -> ZipFile:
    from importlib.resources import files
    from io import BytesIO
    from zipfile import ZipFile

    return ZipFile(BytesIO(files(__name__).joinpath("types.zip").read_bytes()))


@cache
def _member(name: str) -> Any:
    import json

    return json.loads(_archive().read(name))


def _index() -> Any:
    return _member("index.json")


def plugin_of(name: str) -> str:
    """The plugin of a type: the first four parts of its name."""
    return ".".join(name.split(".")[:4])


def _entry(name: str) -> Any:
    return _member(f"{plugin_of(name)}.json")[name]


@cache
def _known(name: str) -> type[Known]:
    entry = _entry(name)
    outputs = entry.get("outputs")
    members: dict[str, Any] = {
        "type_name": name,
        "outputs": None if outputs is None else {k: _kind(v) for k, v in outputs.items()},
    }
    cls: type[Known] = type(name.rpartition(".")[2], (Known,), members)
    # not as attributes: a plugin is free to call a property `run`
    cls.properties = {**_properties(entry["properties"]), **Task.properties}
    return cls


def _properties(given: dict[str, Any], within: bool = False) -> dict[str, Property]:
    """The properties of a type, or of an object `within` one.

    A server looks for what such an object has to have only where the code of the plugin asks for it, which the atlas does
    not tell: the S3 trigger takes a `moveTo` without its bucket.
    """
    found = {}
    for name, each in given.items():
        found[name] = Property(
            _kind(each["type"]),
            None,
            bool(each.get("required")) and not within,
            not each.get("dynamic"),
            name,
            (),
            False,
        )
        found[name].attribute = name
    return found


def _kind(given: Any) -> Kind:
    if isinstance(given, str):
        return _PLAIN.get(given, declare.ANY)
    ((shape, inner),) = given.items()
    if shape == "list":
        return declare.listing(_kind(inner))
    if shape == "map":
        return declare.mapping(_kind(inner))
    if shape == "values":
        return declare.enum(*inner)
    record: type[Declared] = type("Object", (Declared,), {})
    record.properties = _properties(inner, within=True)
    # many classes can be made of a text as well, which the sources say in code
    return declare.one_of(declare.record(record), declare.ANY)


__all__ = [
    "LATER",
    "Known",
    "KnownTrigger",
    "Nowhere",
    "Unsupported",
    "current",
    "default",
    "find",
    "find_trigger",
    "has_package",
    "is_deprecated",
    "kind",
    "plugin_of",
    "tasks",
    "triggers",
]
