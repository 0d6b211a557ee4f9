"""`flowc dump`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from flowc.options import flow_argument, flows_option, read_sources, report, templates_option


@click.command()
@click.argument("stage", type=click.Choice(["ast", "ir"]))
@flow_argument
@flows_option
@templates_option
def command(stage: str, flow: Path, flows: Path | None, templates: Path | None) -> None:
    """Print FLOW as a stage of the compiler holds it.

    `ast`: the flow as written, with places. `ir`: blocks, branches and loops.
    """
    from flowc.driver import analyse

    result = analyse(read_sources(flow, flows, templates))
    if stage == "ast" and result.flow is not None:
        from flowc.front.text import print_flow

        click.echo(print_flow(result.flow), nl=False)
        return
    if result.program is None:
        report(result.diagnostics)
        sys.exit(1)
    from flowc.ir.text import print_module

    click.echo(print_module(result.program.main), nl=False)
