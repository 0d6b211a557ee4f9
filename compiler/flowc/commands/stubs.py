"""`flowc stubs`: classes to fill in for the task types that are missing."""

from __future__ import annotations

import sys
from os.path import exists
from pathlib import Path
from typing import TYPE_CHECKING

import click

from flowc.options import NamedPath, flows_option, paths_argument, templates_option, write

if TYPE_CHECKING:
    from flowc.link import Unit
    from flowc.stubs import Wanted


@click.command("stubs")
@paths_argument
@click.option(
    "-o",
    "--output",
    required=True,
    type=NamedPath(dir_okay=False, path_type=Path, allow_dash=True),
    metavar="FILE.py",
    help="Output file. An existing file is updated; your own code in it is kept. `-` writes to standard output.",
)
@flows_option
@templates_option
def command(
    paths: tuple[Path, ...], output: Path, flows: Path | None, templates: Path | None
) -> None:
    """Write a class for each missing task type, with its properties and outputs, for you to fill in `run`.

    Pass the file to `check`, `compile` and `run` with `--tasks FILE.py`. Run the command again when flows change: it adds
    classes and properties, updates renamed types, and marks classes that no flow needs anymore.
    """
    from flowc.driver import Project
    from flowc.stubs import begin, update

    project = Project(paths, flows=flows, templates=templates)
    wanted = _wanted(project.units)
    to_stdout = str(output) == "-"
    if to_stdout or not exists(output):
        changes = begin(wanted)
        if not wanted:
            click.echo("No task type is missing.", err=to_stdout)
            return
    else:
        import libcst

        try:
            changes = update(output.read_text("utf-8"), wanted)
        except (libcst.ParserSyntaxError, UnicodeDecodeError) as error:
            fault = "it is no UTF-8 text" if isinstance(error, UnicodeDecodeError) else error
            click.echo(f"flowc: {output} is not Python: {fault}", err=True)
            sys.exit(1)
    if to_stdout:
        click.echo(changes.text, nl=False)
    elif changes.done:
        write({output: changes.text})
    for each in changes.done:
        click.echo(each, err=to_stdout)
    if not changes.done:
        click.echo(f"{output} is up to date.")


def _wanted(units: list[Unit]) -> list[Wanted]:
    """The missing types of all flows, each with all properties that are set."""
    from flowc.stubs import Wanted

    used: dict[str, dict[str, None]] = {}
    places: dict[str, str] = {}
    for unit in units:
        for name, tasks in unit.missing.items():
            for task in tasks:
                keys = [*task.properties, *(key for key in task.children if ":" not in key)]
                used.setdefault(name, {}).update(dict.fromkeys(keys))
                places.setdefault(name, f"{Path(task.span.file.name).name}:{task.span.line}")
    return [Wanted(name, tuple(keys), places[name]) for name, keys in used.items()]
