"""`flowc check`: what `flowc compile` would say, without writing anything."""

from __future__ import annotations

import sys
from codecs import BOM_UTF8
from os.path import isdir
from pathlib import Path
from typing import TYPE_CHECKING

import click

from flowc.diag.render import FORMATS
from flowc.options import (
    allow_missing_option,
    flows_option,
    paths_argument,
    strict_option,
    target_option,
    tasks_option,
    templates_option,
    write,
)

if TYPE_CHECKING:
    from flowc.diag.model import Diagnostic
    from flowc.driver import Lack, Project


@click.command("check")
@paths_argument
@flows_option
@templates_option
@tasks_option
@allow_missing_option
@strict_option
@target_option
@click.option(
    "--format",
    "output_format",
    type=click.Choice(FORMATS),
    default="text",
    show_default=True,
    help="How to print the findings.",
)
@click.option(
    "--fix",
    is_flag=True,
    help="Correct mistakes that have only one possible correction, then check.",
)
def command(
    paths: tuple[Path, ...],
    flows: Path | None,
    templates: Path | None,
    tasks: tuple[Path, ...],
    allow_missing: bool,
    strict: bool,
    target: str,
    output_format: str,
    fix: bool,
) -> None:
    """Check flow files and all flows in folders; `-` reads standard input.

    Prints all findings in file order and, for folders, a table of missing task types. Exit code 1: a flow is refused, so `flowc compile` would not write it; with
    `--strict` that includes flows that Kestra accepts and that fail when they run.
    """
    from flowc.diag.render import renderer
    from flowc.driver import Project

    def look() -> Project:
        return Project(
            paths, flows=flows, templates=templates, strict=strict, allow_missing=allow_missing
        )

    project = look()
    found = project.findings()
    for _ in range(_ROUNDS if fix else 0):
        # a correction may bring to light what stood behind the mistake
        if not _fix(project, found):
            break
        project = look()
        found = project.findings()
    unfit = project.decisions(target, refused=True)
    found += project.decisions(target)
    click.echo(renderer(output_format)(found), nl=False)
    if output_format == "text" and not found:
        count = len(project.units)
        click.echo(f"All checks passed, {count} {'flow' if count == 1 else 'flows'} read.")
    if output_format == "text" and (len(paths) > 1 or isdir(paths[0])):
        _table(project.lacks())
    if unfit or project.unreadable or any(map(project.is_refused, project.units)):
        sys.exit(1)


_ROUNDS = 20


def _fix(project: Project, found: list[Diagnostic]) -> int:
    """Correct the files of a project; answers how many mistakes were corrected."""
    from flowc.diag.fixes import applied, by_file

    sources = {unit.source.name: unit.source for unit in project.units}
    texts: dict[Path, str] = {}
    corrected = []
    for name, fixes in by_file(found).items():
        if name in sources and not name.startswith("<"):
            mark = "\ufeff" if Path(name).read_bytes().startswith(BOM_UTF8) else ""
            texts[Path(name)] = mark + applied(sources[name].text, fixes)
            corrected += fixes
    write(texts)
    for each in corrected:
        click.echo(f"{each.span}: corrected", err=True)
    return len(corrected)


def _table(lacks: list[Lack]) -> None:
    """The missing task types: how many flows each one blocks, and how many it would let through."""
    if not lacks:
        return
    width = max(len("missing task type"), *(len(each.type) for each in lacks))
    rows = [f"{'missing task type':<{width}}  {'flows':>5}  {'would compile with it':>21}"]
    rows += [f"{each.type:<{width}}  {each.blocked:>5}  {each.enough:>21}" for each in lacks]
    click.echo("\n" + "\n".join(rows))
    click.echo("\n`flowc stubs PATH -o tasks.py` writes classes for them.")
