"""Every type of a plugin declares what Kestra's plugin declares: properties, which are required, defaults, outputs.

Where it differs, the difference has a line here, with the reason.
"""

from __future__ import annotations

from typing import Any

import pytest

from flowc import atlas
from flowrt.catalog import CORE, SCRIPTS, find, places
from flowrt.model.declare import Declared, Kind
from flowrt.model.task import Task

HALF = "additional"
"""What the atlas takes a task for whose base class is of a library that it could not read: it has a part of it alone."""
NAMES = sorted(
    name
    for name in places()
    if name.startswith("io.kestra.plugin.")
    and not name.startswith((CORE, SCRIPTS))
    and atlas.kind(name) in ("task", HALF)
)

IMAGE = "it asks for a container, and the command runs as a process"
OLDER = "the class takes it too; the atlas, which reads declarations alone, has not found it"
ZERO = "the atlas has the name that Java gives to no time at all"
MISREAD = "the atlas took a class of the same name for it"

DIFFERENCES: dict[tuple[str, str, str], str] = {
    ("*", "containerImage", "default"): IMAGE,
    ("aws.athena.Query", "rows", "output"): "the rows are maps, as those of any query",
    ("azure.storage.cosmosdb.*", "consistencyLevel", "kind"): MISREAD,
    ("databricks.cli.DatabricksSQLCLI", "env", "foreign"): OLDER,
    ("docker.cli.Run", "docker", "foreign"): OLDER,
    ("docker.cli.Run", "taskRunner", "foreign"): OLDER,
    ("fivetran.connectors.Status", "freshnessBuffer", "default"): ZERO,
    ("gcp.bigquery.Query", "priority", "kind"): MISREAD,
    ("gcp.gcs.*", "storageClass", "kind"): "stores offer more classes than the library names",
    ("jdbc.clickhouse.ClickHouseLocalCLI", "docker", "foreign"): OLDER,
    ("jdbc.snowflake.SnowflakeCLI", "docker", "foreign"): OLDER,
    ("kubernetes.*", "waitUntilReady", "default"): ZERO,
    ("line.LineExecution", "payload", "foreign"): OLDER,
    ("notifications.messenger.MessengerExecution", "payload", "foreign"): OLDER,
    ("notifications.x.XExecution", "payload", "foreign"): OLDER,
    ("ollama.cli.OllamaCLI", "docker", "foreign"): OLDER,
    ("transform.grok.*", "compiler", "missing"): "a field of the class, which no flow sets",
    ("transform.grok.*", "grokMatchers", "missing"): "a field of the class, which no flow sets",
    (
        "transform.grok.*",
        "keepEmptyCaptures",
        "foreign",
    ): "the atlas has an older version of the task",
    ("transform.jsonata.*", "expressions", "missing"): MISREAD,
    ("transform.jsonata.TransformItems", "explodeArray", "foreign"): OLDER,
}
"""Type (or `family.*`), property or output, what differs → why. Types are named without `io.kestra.plugin.`."""


_BY_BASES = ("foreign", "foreign output", "required")


def _shape(kind: Kind) -> Any:
    """What a kind accepts, in a form in which two of them can be compared."""
    if kind.name == "enum":
        return ("values", tuple(sorted(kind.values)))
    if kind.name in ("list", "map"):
        return (kind.name, _shape(kind.item) if kind.item is not None else "any")
    if kind.name == "union":
        records = [each for each in kind.options if each.name == "record"]
        return _shape(records[0]) if records else "any"
    if kind.name == "record":
        assert kind.record is not None
        return ("record", tuple(sorted(_declared(kind.record))))
    return kind.name


def _declared(cls: type[Declared]) -> dict[str, Any]:
    return {each.yaml: each for each in cls.properties.values()}


def differences(name: str) -> set[tuple[str, str]]:
    """In what a class differs from the atlas: property or output, and what."""
    cls, known = find(name), atlas.declared(name)
    assert cls is not None and known is not None
    common = set(_declared(Task))
    ours = {key: each for key, each in _declared(cls).items() if key not in common}
    theirs = {key: each for key, each in _declared(known).items() if key not in common}
    found = {(key, "missing") for key in theirs.keys() - ours.keys()}
    found |= {(key, "foreign") for key in ours.keys() - theirs.keys()}
    for key in ours.keys() & theirs.keys():
        mine, other = ours[key], theirs[key]
        if mine.required != other.required:
            found.add((key, "required"))
        if not _alike(_shape(mine.kind), _shape(other.kind)):
            found.add((key, "kind"))
        default = atlas.default(name, key)
        literal = default is not None and not mine.required and not mine.ignored
        if literal and _text(mine.default) != _text(default):
            found.add((key, "default"))
    outputs = cls.outputs, known.outputs
    if outputs[0] is not None and outputs[1] is not None:
        mine_, theirs_ = outputs[0], outputs[1]
        found |= {(key, "missing output") for key in theirs_.keys() - mine_.keys()}
        found |= {(key, "foreign output") for key in mine_.keys() - theirs_.keys()}
        found |= {
            (key, "output")
            for key in mine_.keys() & theirs_.keys()
            if not _alike(_shape(mine_[key]), _shape(theirs_[key]))
        }
    elif outputs[0]:
        found |= {(key, "foreign output") for key in outputs[0]}
    if atlas.kind(name) == HALF:
        return {each for each in found if each[1] not in _BY_BASES}
    return found


def _alike(mine: Any, other: Any) -> bool:
    """Whether shapes agree; the atlas has `any` for classes that it could not read."""
    if "any" in (mine, other):
        return True
    shapes = {each[0] if isinstance(each, tuple) else each for each in (mine, other)}
    if shapes in (
        {"string", "uri"},
        {"string", "datetime"},
        {"string", "zoned"},
        {"record", "map"},
        {"record"},
    ):
        return True
    if isinstance(mine, tuple) and isinstance(other, tuple) and mine[0] == other[0] != "values":
        return mine[0] == "record" or _alike(mine[1], other[1])
    return bool(mine == other)


def _text(value: Any) -> str | None:
    if value is None:
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)


def _reason(name: str, key: str, what: str) -> str | None:
    short = name.removeprefix("io.kestra.plugin.")
    steps = range(1, short.count(".") + 1)
    packages = [short, *(f"{short.rsplit('.', n)[0]}.*" for n in steps), "*"]
    return next(
        (DIFFERENCES[each, key, what] for each in packages if (each, key, what) in DIFFERENCES),
        None,
    )


@pytest.mark.parametrize("name", NAMES)
def test_a_type_is_declared_as_in_kestra(name: str) -> None:
    unexplained = {each for each in differences(name) if _reason(name, *each) is None}
    assert not unexplained


def test_no_difference_is_stale() -> None:
    used = set()
    for name in NAMES:
        short = name.removeprefix("io.kestra.plugin.")
        for key, what in differences(name):
            used |= {
                line
                for line in DIFFERENCES
                if line[1:] == (key, what)
                and (line[0] == short or short.startswith(line[0].removesuffix("*")))
            }
    assert set(DIFFERENCES) == used


def test_names_of_classes_are_unique() -> None:
    classes: dict[str, str] = {}
    for place in sorted({place for name, place in places().items() if "$" not in name}):
        module, _, name = place.partition(":")
        assert classes.setdefault(name, module) == module
