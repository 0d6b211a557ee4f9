"""`flowc run`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from flowc.options import flow_argument, flows_option, read_sources, report, templates_option


@click.command(
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
    options_metavar="[OPTIONS] [OPTIONS OF THE FLOW]",
)
@flow_argument
@flows_option
@templates_option
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="")
def command(
    flow: Path, flows: Path | None, templates: Path | None, arguments: tuple[str, ...]
) -> None:
    """Compile FLOW in memory and run it.

    All further options are those of the generated program (`--input K=V`, `--json`, `--store DIR`, ...); `flowc run
    FLOW -- --help` lists them together with the inputs of the flow.
    """
    from flowc.driver import analyse, generate, load_program

    result = analyse(read_sources(flow, flows, templates))
    if result.program is None:
        report(result.diagnostics)
        sys.exit(1)
    source = generate(result.program, formatted=False)
    again = [sys.executable, "-m", "flowc", "run", str(flow)]
    for option, folder in (("--flows", flows), ("--templates", templates)):
        again += [option, str(folder)] if folder is not None else []
    load_program(source, flow.with_suffix(".py").name).main(list(arguments), [*again, "--"])
