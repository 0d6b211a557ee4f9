"""What the commands share: their arguments, the project they make of them, showing findings."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from flowc.gen.backends import TARGETS

if TYPE_CHECKING:
    from flowc.diag.model import Diagnostic


class NamedPath(click.Path):
    """A path that is written: an empty name would be the current folder."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == "":
            self.fail("an empty name is no path", param, ctx)
        return super().convert(value, param, ctx)


flow_argument = click.argument(
    "flow", type=NamedPath(dir_okay=False, path_type=Path, allow_dash=True)
)

paths_argument = click.argument(
    "paths",
    nargs=-1,
    required=True,
    type=NamedPath(path_type=Path, allow_dash=True),
    metavar="PATH...",
)

flows_option = click.option(
    "--flows",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="Folder with the flows that subflows start. The folder of each flow is always searched.",
)

flow_triggers_option = click.option(
    "--flow-triggers",
    is_flag=True,
    help="Programs also start the flows at hand whose Flow triggers listen to what they execute, as alerts on failure.",
)

templates_option = click.option(
    "--templates",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="Folder with the templates that flows use.",
)

strict_option = click.option(
    "--strict",
    is_flag=True,
    help="Also refuse flows that Kestra accepts but that fail when they run.",
)


def _use_tasks(
    ctx: click.Context, parameter: click.Parameter, value: tuple[Path, ...]
) -> tuple[Path, ...]:
    if value:
        from flowc.own import UnfitTasks, use

        for path in value:
            try:
                use(path)
            except UnfitTasks as error:
                raise click.BadParameter(str(error), ctx, parameter) from error
    return value


tasks_option = click.option(
    "--tasks",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE.py",
    multiple=True,
    callback=_use_tasks,
    help="File with your own task classes (`flowc stubs` creates one); repeatable.",
)

allow_missing_option = click.option(
    "--allow-missing",
    is_flag=True,
    help="Compile flows with missing task types anyway; such a task fails when it is reached.",
)


target_option = click.option(
    "--target",
    type=click.Choice(TARGETS),
    default=TARGETS[0],
    show_default=True,
    help="What to compile to: a program of its own, or a module for an engine.",
)


def write(files: dict[Path, str]) -> None:
    """Write all files or none; says which one cannot be written, and ends."""
    from flowc.driver import write_files

    try:
        write_files(files)
    except OSError as error:
        click.echo(f"flowc: cannot write {error.filename}: {error.strerror}", err=True)
        sys.exit(1)


def report(found: Iterable[Diagnostic]) -> None:
    """Show findings on standard error."""
    listed = list(found)
    if listed:
        from flowc.diag.render import renderer

        click.echo(renderer("text")(listed), err=True, nl=False)
