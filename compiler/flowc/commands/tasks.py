"""`flowc tasks`: the task types, and what each one needs."""

from __future__ import annotations

import sys
import textwrap
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowrt.model.declare import Kind, Property
    from flowrt.model.task import Task

WIDTH = 100
"""Columns of wrapped text."""


@click.command("tasks")
@click.argument("type_name", required=False, metavar="[TYPE]")
@click.option(
    "--search",
    metavar="WORD",
    help="Only types with this word in their name or summary; those of Kestra that flowc cannot run, too.",
)
def command(type_name: str | None, search: str | None) -> None:
    """List the task types that flowc runs, with what each one needs; or show one TYPE: its properties and outputs.

    TYPE may be the end of a name: `s3.Upload`.
    """
    if type_name is not None:
        click.echo(_shown(_chosen(type_name)), nl=False)
        return
    rows = list(_rows(search))
    if not rows:
        click.echo(f"no task type has `{search}` in its name or summary", err=True)
        sys.exit(2)
    width = max(len(name) for name, _ in rows)
    for name, text in rows:
        click.echo(f"{name:{width}}  {text}".rstrip())


def _rows(search: str | None) -> Iterator[tuple[str, str]]:
    """Name and what is said about each type."""
    from flowc import atlas
    from flowrt.catalog import places

    word = (search or "").lower()
    known = {name for name in places() if "$" not in name}
    for name in sorted(known):
        summary, packages = _about(name)
        if word in name.lower() or word in summary.lower():
            yield name, summary + (f"  [{', '.join(packages)}]" if packages else "")
    if search is not None:
        for name in sorted(set(atlas.tasks()) - known):
            if word in name.lower():
                yield name, "not supported"


def _about(name: str) -> tuple[str, tuple[str, ...]]:
    """The summary of a type that flowc runs, and the packages that it needs."""
    cls = _class(name)
    return _summary(cls), tuple(cls.packages)


def _summary(cls: type[Task]) -> str:
    return " ".join((cls.__doc__ or "").strip().partition("\n\n")[0].split())


def _class(name: str) -> type[Task]:
    from flowrt.catalog import find

    found = find(name)
    assert found is not None
    return found


def _chosen(written: str) -> str:
    """The current name of the type that is meant; exits with 2 when there is none, or there are several."""
    from flowc import atlas
    from flowc.front.suggest import did_you_mean
    from flowrt.catalog import places

    names = {*places(), *atlas.tasks()}
    name = atlas.current(written)
    if name in names:
        return name
    found = sorted(each for each in names if each.endswith(f".{written}"))
    if len(found) == 1:
        return found[0]
    if found:
        click.echo(f"{written} may be one of these:\n  " + "\n  ".join(found), err=True)
    else:
        hint = did_you_mean(written, names)
        click.echo(f"no task type {written}" + (f"; {hint}" if hint else ""), err=True)
    sys.exit(2)


def _shown(name: str) -> str:
    """One type: what it does, its properties, its outputs, what it needs."""
    from flowc import atlas
    from flowrt.catalog import places

    parts = [name]
    if name in places():
        cls = _class(name)
        parts.append(textwrap.fill(_summary(cls), WIDTH))
        needs = f"Needs: {', '.join(cls.packages)}" if cls.packages else ""
    else:
        known = atlas.find(name)
        assert known is not None
        cls = known
        needs = "flowc cannot run it: `flowc stubs` writes a class to fill in."
    parts.append("Properties:\n\n" + _listed([_property(name, each) for each in _own(cls)]))
    if cls.outputs:
        parts.append(
            "Outputs:\n\n"
            + _listed([(key, _kind(kind)) for key, kind in sorted(cls.outputs.items())])
        )
    if needs:
        parts.append(needs)
    return "\n\n".join(parts) + "\n"


def _own(cls: type[Task]) -> list[Property]:
    """Properties beside those of every task, the required ones first."""
    from flowrt.model.task import Task

    own = [
        each
        for name, each in cls.properties.items()
        if name not in Task.properties and not each.ignored
    ]
    return sorted(own, key=lambda each: (not each.required, each.yaml))


def _property(name: str, each: Property) -> tuple[str, str]:
    from flowc import atlas

    default: Any = each.default
    if default is None and atlas.kind(name) == "task":
        default = atlas.default(name, each.yaml)
    more = "required" if each.required else "" if default is None else f"default {default!r}"
    return each.yaml, _kind(each.kind) + (f", {more}" if more else "")


def _kind(kind: Kind) -> str:
    """A kind in words."""
    if kind.name == "enum":
        return " | ".join(kind.values)
    if kind.name in ("list", "map"):
        inner = "any" if kind.item is None else _kind(kind.item)
        return f"list of {inner}" if kind.name == "list" else f"map of {inner}"
    if kind.name == "union":
        return " or ".join(dict.fromkeys(_kind(each) for each in kind.options))
    if kind.name == "record":
        assert kind.record is not None
        return "object (" + ", ".join(p.yaml for p in kind.record.properties.values()) + ")"
    if kind.name == "tagged":
        return "object of a type: " + ", ".join(sorted(kind.classes))
    return {"double": "number", "zoned": "datetime", "uri": "URI"}.get(kind.name, kind.name)


def _listed(rows: list[tuple[str, str]]) -> str:
    """Rows with a hanging indent."""
    if not rows:
        return "  none"
    width = max(len(key) for key, _ in rows) + 4
    return "\n".join(
        textwrap.fill(
            text,
            WIDTH,
            initial_indent=f"  {key}".ljust(width),
            subsequent_indent=" " * width,
        )
        for key, text in rows
    )
