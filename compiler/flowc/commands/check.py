"""`flowc check`: what `flowc compile` would say, without writing anything."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from flowc.diag.render import FORMATS
from flowc.options import flows_option, strict_option, templates_option


@click.command("check")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path, allow_dash=True))
@flows_option
@templates_option
@strict_option
@click.option(
    "--format",
    "output_format",
    type=click.Choice(FORMATS),
    default="text",
    show_default=True,
    help="How to print the findings.",
)
def command(
    paths: tuple[Path, ...],
    flows: Path | None,
    templates: Path | None,
    strict: bool,
    output_format: str,
) -> None:
    """Check flow files, and all flows in folders; `-` is standard input.

    Prints every finding, sorted by place. Exit code 1: a flow is refused, so `flowc compile` would not write it; with
    `--strict` that includes flows that Kestra accepts and that fail when they run.
    """
    from flowc.diag.render import renderer
    from flowc.driver import Project

    project = Project(paths, flows=flows, templates=templates, strict=strict)
    found = project.findings()
    click.echo(renderer(output_format)(found), nl=False)
    if output_format == "text" and not found:
        count = len(project.units)
        click.echo(f"All checks passed, {count} {'flow' if count == 1 else 'flows'} read.")
    if project.unreadable or any(map(project.is_refused, project.units)):
        sys.exit(1)
