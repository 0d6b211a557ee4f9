"""`flowc dump`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from flowc.options import (
    allow_missing_option,
    flow_argument,
    flows_option,
    report,
    tasks_option,
    templates_option,
)


@click.command()
@click.argument("stage", type=click.Choice(["ast", "ir"]))
@flow_argument
@flows_option
@templates_option
@tasks_option
@allow_missing_option
def command(
    stage: str,
    flow: Path,
    flows: Path | None,
    templates: Path | None,
    tasks: tuple[Path, ...],
    allow_missing: bool,
) -> None:
    """Print the parsed flow (ast) or its intermediate form (ir).

    `ast`: the flow as written, with places. `ir`: blocks, branches and loops.
    """
    from flowc.driver import Project

    project = Project([flow], flows=flows, templates=templates, allow_missing=allow_missing)
    unit = project.units[0] if project.units else None
    if stage == "ast" and unit is not None and unit.flow is not None:
        from flowc.front.text import print_flow

        click.echo(print_flow(unit.flow), nl=False)
        return
    if unit is None or project.is_refused(unit):
        report(project.findings())
        sys.exit(1)
    from flowc.ir.text import print_module

    click.echo(print_module(project.program(unit).main), nl=False)
