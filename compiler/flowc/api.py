"""The compiler as functions."""

from __future__ import annotations

from pathlib import Path

from flowc.diag.model import Diagnostic
from flowc.driver import CompileError, Project, Sources, analyse, generate, write_files
from flowc.source import SourceFile


def compile_text(
    text: str,
    name: str = "flow.yaml",
    *,
    flows: dict[str, str] | None = None,
    templates: dict[str, str] | None = None,
    strict: bool = False,
    formatted: bool | None = None,
) -> str:
    """The Python module of a flow, with the other flows that it starts as functions in it.

    `name` is the name of the file that places refer to; `flows` and `templates` are the texts of other flows and of
    templates, by file name. `strict` refuses flows that Kestra would accept and then fail.

    Raises:
        CompileError: the flow is refused; the error holds all diagnostics.

    >>> source = compile_text("{id: hi, namespace: a.b, tasks: [{id: log, type: io.kestra.plugin.core.log.Log, message: hi}]}")
    >>> 'log = flow.task(Log("log", message="hi"))' in source
    True
    """
    sources = Sources(
        SourceFile(name, text),
        tuple(SourceFile(*item) for item in (flows or {}).items()),
        tuple(SourceFile(*item) for item in (templates or {}).items()),
    )
    return generate(analyse(sources, strict=strict).require(), formatted=formatted)


def compile_file(
    flow: str | Path,
    output: str | Path | None = None,
    *,
    flows: str | Path | None = None,
    templates: str | Path | None = None,
    strict: bool = False,
    formatted: bool | None = None,
) -> list[Path]:
    """Compile a file to a module beside it, or to `output`; answers what was written, the module of the flow first.

    `flows` and `templates` are the folders of the other flows and of the templates. The other flows that the flow
    starts are written beside it.

    Raises:
        CompileError: the flow is refused, or cannot be read; nothing is written.
        OSError: a file cannot be written.
    """
    from flowc.gen.backends import Request, backend

    flow = Path(flow)
    target = flow.with_suffix(".py") if output is None else Path(output)
    project = Project([flow], flows=_path(flows), templates=_path(templates), strict=strict)
    if not project.units or project.is_refused(project.units[0]):
        raise CompileError(project.findings())
    program = project.program(project.units[0])
    request = Request(program, target, {}, formatted=formatted, force=True)
    files = backend("python").write(request).files
    write_files(files)
    return list(files)


def check(
    text: str,
    name: str = "flow.yaml",
    *,
    flows: dict[str, str] | None = None,
    templates: dict[str, str] | None = None,
) -> list[Diagnostic]:
    """All that is wrong with a flow, in the order of the places."""
    sources = Sources(
        SourceFile(name, text),
        tuple(SourceFile(*item) for item in (flows or {}).items()),
        tuple(SourceFile(*item) for item in (templates or {}).items()),
    )
    return analyse(sources).diagnostics


def _path(given: str | Path | None) -> Path | None:
    return None if given is None else Path(given)
