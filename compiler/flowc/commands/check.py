"""`flowc check`: everything that is wrong with flows, before anything runs."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from flowc.diag.render import FORMATS

if TYPE_CHECKING:
    from flowc.diag.model import Sink


@click.command("check")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--format",
    "output_format",
    type=click.Choice(FORMATS),
    default="text",
    show_default=True,
    help="How to print what is found.",
)
def command(paths: tuple[Path, ...], output_format: str) -> None:
    """Check flow files, and all flows in folders.

    Prints every finding, sorted by place, and exits with 1 when one of them is an error. Warnings do not count.
    """
    from flowc.diag.model import Sink
    from flowc.diag.render import renderer

    sink = Sink()
    count = 0
    for path, listed in _files(paths):
        count += check_file(path, sink, listed=listed)
    found = sink.sorted()
    click.echo(renderer(output_format)(found), nl=False)
    if output_format == "text" and not found:
        click.echo(f"All checks passed, {count} {'flow' if count == 1 else 'flows'} read.")
    if sink.has_errors:
        sys.exit(1)


def check_file(path: Path, sink: Sink, *, listed: bool = True) -> bool:
    """Check one file; a file that was only found in a folder is left out when it is no flow.

    Returns whether it was checked.
    """
    from flowc.front import read_file
    from flowc.sema import check

    if not listed and not _is_flow(path):
        return False
    flow = read_file(path, sink)
    if flow is not None:
        check(flow, sink)
    return True


def _files(paths: Iterable[Path]) -> Iterator[tuple[Path, bool]]:
    """Files in order, and whether they were named themselves."""
    for path in paths:
        if not path.is_dir():
            yield path, True
            continue
        for found in sorted(path.rglob("*")):
            if found.suffix in (".yaml", ".yml") and found.is_file():
                yield found, False


def _is_flow(path: Path) -> bool:
    """Whether the keys at the left margin are those of a flow; test suites and other YAML have others."""
    keys = set()
    for line in path.read_bytes().splitlines():
        if line[:1].isalpha():
            keys.add(line.partition(b":")[0].strip())
    return b"tasks" in keys or ({b"id", b"namespace"} <= keys and b"testCases" not in keys)
