"""`flowc compile`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from flowc.options import flow_argument, flows_option, read_sources, report, templates_option


@click.command()
@flow_argument
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="The module to write; `-` for standard output. With a folder of flows, a folder.",
)
@flows_option
@templates_option
@click.option(
    "--target",
    type=click.Choice(["python"]),
    default="python",
    show_default=True,
    help="What to compile to.",
)
@click.option(
    "--vendor",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Copy what the flow needs of the runtime into DIR, which is to stand beside the module.",
)
@click.option(
    "--standalone", is_flag=True, help="Write one file that holds the runtime and all flows."
)
@click.option("--no-format", is_flag=True, help="Skip black.")
@click.option("--strict", is_flag=True, help="Refuse flows that Kestra would accept and then fail.")
def command(
    flow: Path,
    output: Path | None,
    flows: Path | None,
    templates: Path | None,
    target: str,
    vendor: Path | None,
    standalone: bool,
    no_format: bool,
    strict: bool,
) -> None:
    """Compile FLOW to a Python module.

    Exit code 0: the module is written. 1: the flow is refused, nothing is written.
    """
    if vendor is not None and standalone:
        raise click.UsageError("--vendor and --standalone exclude each other")
    if flow.is_dir():
        _compile_folder(
            flow, output, flows or flow, templates, vendor, standalone, no_format, strict
        )
        return
    if output is None:
        output = flow.with_suffix(".py")
    files = _compiled(flow, output, flows, templates, vendor, standalone, no_format, strict)
    if files is None:
        sys.exit(1)
    _write(files, output)


def _compile_folder(
    folder: Path,
    output: Path | None,
    flows: Path,
    templates: Path | None,
    vendor: Path | None,
    standalone: bool,
    no_format: bool,
    strict: bool,
) -> None:
    if output is None or str(output) == "-":
        raise click.UsageError("a folder of flows needs a folder as --output")
    files: dict[Path, str] = {}
    refused = False
    for path in sorted(folder.rglob("*.y*ml")):
        target = output / path.relative_to(folder).with_suffix(".py")
        found = _compiled(path, target, flows, templates, vendor, standalone, no_format, strict)
        refused = refused or found is None
        files.update(found or {})
    if refused:
        sys.exit(1)
    _write(files, output)


def _compiled(
    flow: Path,
    output: Path,
    flows: Path | None,
    templates: Path | None,
    vendor: Path | None,
    standalone: bool,
    no_format: bool,
    strict: bool,
) -> dict[Path, str] | None:
    """The files of one flow; None when it is refused. Diagnostics go to standard error."""
    from flowc.driver import analyse, generate, generate_files

    result = analyse(read_sources(flow, flows, templates), strict=strict)
    report(result.diagnostics)
    program = result.program
    if program is None:
        return None
    if standalone or str(output) == "-":
        source = generate(program, formatted=not no_format, runtime_included=standalone)
        if standalone:
            from flowc.gen.python.standalone import with_runtime

            source = with_runtime(source)
        return {output: source}
    folder = None if vendor is None else _between(output.parent, vendor)
    texts = generate_files(program, output.stem, formatted=not no_format, runtime_folder=folder)
    files = {output.parent / name: text for name, text in texts.items()}
    if vendor is not None:
        from flowc.gen.python.vendor import needed_modules

        for name, text in needed_modules(texts.values()).items():
            files[vendor / name] = text
    return files


def _between(start: Path, end: Path) -> str:
    """The way from one folder to another, as a relative path; empty when they are the same."""
    from os.path import relpath

    way = Path(relpath(end, start)).as_posix()
    return "" if way == "." else way


def _write(files: dict[Path, str], output: Path) -> None:
    from flowc.driver import write_files

    if str(output) == "-":
        for text in files.values():
            click.echo(text, nl=False)
        return
    try:
        write_files(files)
    except OSError as error:
        click.echo(f"flowc: cannot write {error.filename or output}: {error.strerror}", err=True)
        sys.exit(1)
