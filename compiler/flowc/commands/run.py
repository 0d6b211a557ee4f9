"""`flowc run`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from flowc.options import (
    allow_missing_option,
    flow_argument,
    flow_triggers_option,
    flows_option,
    report,
    strict_option,
    tasks_option,
    templates_option,
)

_TOLD = ("FC110", "FC420", "FC428", "FC430", "FC501")
"""What is told to someone who runs a flow: what is not there. What may go wrong is no news to them."""


@click.command(
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
)
@flow_argument
@flows_option
@flow_triggers_option
@templates_option
@tasks_option
@allow_missing_option
@strict_option
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[OPTIONS OF THE FLOW]")
def command(
    flow: Path,
    flows: Path | None,
    flow_triggers: bool,
    templates: Path | None,
    tasks: tuple[Path, ...],
    allow_missing: bool,
    strict: bool,
    arguments: tuple[str, ...],
) -> None:
    """Compile FLOW in memory and run it; `-` is standard input.

    All further options are those of the generated program (`--input K=V`, `--json`, `--store DIR`, ...); `flowc run
    FLOW -- --help` lists them together with the inputs of the flow.
    """
    from flowc.driver import Project, generate, load_program

    if str(flow).startswith("--"):
        raise click.UsageError(f"options of the flow, as {flow}, follow the FLOW")
    project = Project(
        [flow],
        flows=flows,
        templates=templates,
        strict=strict,
        allow_missing=allow_missing,
        flow_triggers=flow_triggers,
    )
    found = project.findings()
    if not project.units or project.is_refused(project.units[0]):
        report(found)
        sys.exit(1)
    report(each for each in found if each.code in _TOLD)
    source = generate(project.program(project.units[0]), formatted=False)
    name = "flow.py" if str(flow) == "-" else flow.with_suffix(".py").name
    again = [sys.executable, "-m", "flowc", "run", str(flow)]
    for option, folder in (("--flows", flows), ("--templates", templates)):
        again += [option, str(folder)] if folder is not None else []
    for path in tasks:
        again += ["--tasks", str(path)]
    again += ["--allow-missing"] if allow_missing else []
    again += ["--flow-triggers"] if flow_triggers else []
    from shlex import join

    from flowrt.program.main import Call, run

    call = Call([*again, "--"], join(["flowc", *again[3:]]), source)
    sys.exit(run(load_program(source, name), list(arguments), call))
