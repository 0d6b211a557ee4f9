"""What the commands share: their arguments, reading the files, showing diagnostics."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from flowc.diag.model import Diagnostic
    from flowc.driver import Sources

flow_argument = click.argument("flow", type=click.Path(exists=True, path_type=Path))

flows_option = click.option(
    "--flows",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="The folder of the other flows, which subflows start.",
)

templates_option = click.option(
    "--templates",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="The folder of the templates that flows name.",
)


def read_sources(flow: Path, flows: Path | None, templates: Path | None) -> Sources:
    """The files of a compilation; ends the program with a message when one cannot be read."""
    from flowc.driver import Sources

    try:
        return Sources.read(flow, flows, templates)
    except OSError as error:
        click.echo(f"flowc: cannot read {error.filename}: {error.strerror}", err=True)
    except UnicodeDecodeError as error:
        click.echo(f"flowc: {flow} is not UTF-8: {error.reason} at byte {error.start}", err=True)
    sys.exit(1)


def report(found: Sequence[Diagnostic]) -> None:
    """Show diagnostics on standard error."""
    if found:
        from flowc.diag.render import renderer

        click.echo(renderer("text")(found), err=True, nl=False)
