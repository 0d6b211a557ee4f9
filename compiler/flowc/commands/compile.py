"""`flowc compile`."""

from __future__ import annotations

import sys
from os.path import exists, isdir, isfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from flowc.gen.backends import RUNNERS
from flowc.options import (
    NamedPath,
    allow_missing_option,
    flow_triggers_option,
    flows_option,
    paths_argument,
    report,
    strict_option,
    target_option,
    tasks_option,
    templates_option,
    write,
)
from flowc.own import COPY
from flowrt.missing import PARTS

if TYPE_CHECKING:
    from flowc.driver import Project
    from flowc.link import Unit


@click.command()
@paths_argument
@click.option(
    "-o",
    "--output",
    type=NamedPath(path_type=Path, allow_dash=True),
    help="Output file, or a folder (`DIR/`) for several flows; `-` writes to standard output.",
)
@flows_option
@flow_triggers_option
@templates_option
@tasks_option
@allow_missing_option
@target_option
@click.option(
    "--runner",
    type=click.Choice(RUNNERS),
    default=RUNNERS[0],
    show_default=True,
    help="With `--target prefect`: where tasks run, in the process of the flow run or on the workers of a cluster.",
)
@click.option(
    "--vendor",
    type=NamedPath(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Copy the parts of the runtime that the flows need into DIR, next to the module.",
)
@click.option(
    "--standalone", is_flag=True, help="Write a single file with the runtime and all flows."
)
@click.option(
    "--with",
    "parts",
    type=click.Choice(list(PARTS)),
    multiple=True,
    help="With `--vendor` or `--standalone`: a part that comes along though only command lines ask for it, as `store` for"
    " `--store` and `resume`; repeatable.",
)
@click.option(
    "--format/--no-format",
    "formatted",
    default=None,
    help="Always or never run black; by default only where the layout needs it.",
)
@click.option(
    "--force",
    is_flag=True,
    help="Rewrite modules even if their flow has not changed, and replace files that flowc has not written.",
)
@strict_option
def command(
    paths: tuple[Path, ...],
    output: Path | None,
    flows: Path | None,
    flow_triggers: bool,
    templates: Path | None,
    tasks: tuple[Path, ...],
    allow_missing: bool,
    target: str,
    runner: str,
    vendor: Path | None,
    standalone: bool,
    parts: tuple[str, ...],
    formatted: bool | None,
    force: bool,
    strict: bool,
) -> None:
    """Compile flows to Python modules: a file to a file, a folder to a folder; `-` reads standard input.

    A flow that is refused does not stop the others. Exit code 0: everything is written. 1: a flow is refused.
    """
    from flowc.driver import Project
    from flowc.gen.backends import Request, backend

    if vendor is not None and standalone:
        raise click.UsageError("--vendor and --standalone exclude each other")
    if vendor is not None and _is_installed(vendor):
        raise click.UsageError(
            f"--vendor {vendor}: the runtime itself lies there, name another folder"
        )
    if parts and vendor is None and not standalone:
        raise click.UsageError("--with needs --vendor or --standalone")
    if target != "python" and (vendor is not None or standalone):
        raise click.UsageError(f"--vendor and --standalone are for programs, not for {target}")
    if runner != RUNNERS[0] and target != "prefect":
        raise click.UsageError(f"--runner {runner} needs --target prefect")
    several = len(paths) > 1 or isdir(paths[0])
    to_stdout = str(output) == "-" or (output is None and str(paths[0]) == "-")
    if several and (to_stdout or (output is None and not all(map(isfile, paths)))):
        raise click.UsageError("a folder of flows needs a folder as --output")
    if output is not None and not to_stdout:
        _check_output(output, several)
    if flow_triggers and target != "python":
        raise click.UsageError(f"--flow-triggers is for programs, not for {target}")
    project = Project(
        paths,
        flows=flows,
        templates=templates,
        strict=strict,
        allow_missing=allow_missing,
        flow_triggers=flow_triggers,
    )
    unfit = project.decisions(target, refused=True)
    report([*project.findings(), *unfit])
    writer = backend(target)
    places = {each.span.file.name for each in unfit}
    able = [
        unit
        for unit in project.units
        if not project.is_refused(unit) and unit.source.name not in places
    ]
    if to_stdout:
        outputs = dict.fromkeys(map(id, able), Path("-"))
    else:
        outputs = _outputs(project, output, several, writer.suffix)
    placed = {unit.key: outputs[id(unit)] for unit in able if several and unit.key is not None}
    files: dict[Path, str] = {}
    for unit in able:
        program, path = project.program(unit), outputs[id(unit)]
        request = Request(
            program, path, placed, vendor, standalone, formatted, force, runner, parts, files
        )
        try:
            files.update(writer.write(request).files)
        except FileExistsError as error:
            raise click.UsageError(f"{error.filename} is {error.strerror}") from error
    if to_stdout:
        for text in files.values():
            click.echo(text, nl=False)
    else:
        unnamed = [path for path in files if path != output and not _lies_in(path, vendor)]
        foreign = next(filter(_is_foreign, unnamed), None)
        if foreign is not None and not force:
            raise click.UsageError(
                f"{foreign} is not of flowc: move it, or replace it with --force"
            )
        write(files)
    total = len(project.units) + project.unreadable
    if several:
        click.echo(f"{len(able)} of {total} flows written", err=True)
    if len(able) < total:
        sys.exit(1)


def _outputs(project: Project, output: Path | None, several: bool, suffix: str) -> dict[int, Path]:
    """The file of each flow: in a folder at the same place as the flow file in its folder."""
    from flowc.gen.python.names import module_stem

    found = {}
    taken: dict[Path, Unit] = {}
    for unit in project.units:
        path = Path(unit.source.name)
        if output is not None and not several and not _is_folder(output):
            found[id(unit)] = output
            continue
        name = f"{module_stem(path.stem)}{suffix}"
        root = project.roots[id(unit)]
        inside = path.relative_to(root).parent if root is not None else Path()
        place = (path.parent if output is None else output / inside) / name
        if place in taken:
            # `a.yaml` and `a.yml`
            place = place.with_name(f"{module_stem(path.stem)}_{path.suffix[1:]}{suffix}")
        taken[place] = unit
        found[id(unit)] = place
    return found


def _check_output(output: Path, several: bool) -> None:
    """Raises UsageError where a module would take the place of something else, or a folder the name of a module."""
    if isdir(output):
        return
    if output.suffix != ".py" and exists(output):
        raise click.UsageError(f"{output} is no folder, and a module is named `….py`")
    if output.suffix == ".py" and several:
        raise click.UsageError(f"several flows need a folder as --output, not {output}")


def _is_installed(folder: Path) -> bool:
    """Whether the runtime that this compiler copies from lies in a folder."""
    import flowrt

    return (folder / "flowrt").resolve() == Path(str(flowrt.__file__)).resolve().parent


def _lies_in(path: Path, folder: Path | None) -> bool:
    return folder is not None and path.is_relative_to(folder)


def _is_foreign(path: Path) -> bool:
    """Whether a file is there that is neither a module nor a copy."""
    text = path.read_bytes() if isfile(path) else b""
    return bool(text) and b"Compiled by flowc " not in text and not text.startswith(COPY.encode())


def _is_folder(output: Path) -> bool:
    return isdir(output) or output.suffix != ".py"
