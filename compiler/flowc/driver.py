"""The pipeline, in order: the only module that knows all stages.

text -> front (model) -> check -> lower (blocks) -> verify -> generate (source) -> format -> compile() -> files
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from flowc.diag.model import Diagnostic, Sink
from flowc.source import SourceFile

if TYPE_CHECKING:
    import flowrt.flow
    from flowc.front.model import Flow
    from flowc.link.program import Program

VERSION = "1.0.0"


class CompileError(Exception):
    """A flow was refused; `diagnostics` say why, in the order of their places."""

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        super().__init__(
            "\n".join(f"{each.span}: {each.message}" for each in diagnostics if each.is_error)
        )
        self.diagnostics = list(diagnostics)


@dataclass(frozen=True, slots=True)
class Sources:
    """The flow to compile, and the flows and templates that it may name."""

    main: SourceFile
    flows: tuple[SourceFile, ...] = ()
    templates: tuple[SourceFile, ...] = ()

    @classmethod
    def read(cls, flow: Path, flows: Path | None = None, templates: Path | None = None) -> Sources:
        """Read the files. Raises OSError, or UnicodeDecodeError for text that is not UTF-8."""
        return cls(_read(flow), tuple(_folder(flows)), tuple(_folder(templates)))


def _read(path: Path) -> SourceFile:
    return SourceFile(path.name, path.read_text("utf-8-sig"))


def _folder(folder: Path | None) -> Iterable[SourceFile]:
    if folder is None:
        return
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".yaml", ".yml") and path.is_file():
            yield _read(path)


@dataclass(slots=True)
class Result:
    """What the stages up to the intermediate form made of a flow; `program` is None when the flow is refused."""

    sink: Sink = field(default_factory=Sink)
    flow: Flow | None = None
    program: Program | None = None

    @property
    def diagnostics(self) -> list[Diagnostic]:
        return self.sink.sorted()

    def require(self) -> Program:
        """The program. Raises CompileError when the flow is refused."""
        if self.program is None:
            raise CompileError(self.diagnostics)
        return self.program


def analyse(sources: Sources, *, strict: bool = False) -> Result:
    """All stages up to the intermediate form.

    A flow that Kestra accepts and then fails is compiled, because the compiled flow fails in the same way; `strict`
    refuses it.
    """
    from flowc.front import load
    from flowc.ir.verify import verify
    from flowc.link.program import reachable
    from flowc.lower import Library, lower_flow
    from flowc.sema import check

    result = Result()
    sink = result.sink
    templates = _loaded(sources.templates, sink)
    result.flow = flow = load(sources.main.text, sources.main.name, sink)
    if flow is None:
        return result
    library = Library(templates)
    check(flow, sink)
    main = lower_flow(flow, sink, library)
    others = []
    own = {}
    for source in sources.flows:
        found = Sink()
        other = load(source.text, source.name, found)
        if other is None or (other.namespace, other.id) == (flow.namespace, flow.id):
            continue
        others.append(lower_flow(other, found, library))
        own[other.namespace, other.id] = found
    program = reachable(main, others)
    for module in program.others:
        sink.extend(own[module.namespace, module.id])
    refused = sink.has_errors if strict else sink.refuses
    if not refused:
        for module in program.modules:
            verify(module)
        result.program = program
    return result


def _loaded(files: Iterable[SourceFile], sink: Sink) -> list[Flow]:
    from flowc.front import load

    flows = (load(each.text, each.name, sink) for each in files)
    return [flow for flow in flows if flow is not None]


def generate(
    program: Program,
    *,
    formatted: bool = True,
    runtime_included: bool = False,
    runtime_folder: str | None = None,
) -> str:
    """One module with all flows of the program in it."""
    from flowc.gen.python.module import Options, emit_alone

    options = Options(VERSION, runtime_included or runtime_folder is not None, runtime_folder)
    return _finished(emit_alone(program, options), program.main.source_name, formatted)


def generate_files(
    program: Program, stem: str, *, formatted: bool = True, runtime_folder: str | None = None
) -> dict[str, str]:
    """A module for each flow of the program, by file name; the main one is named `stem`.

    With a `runtime_folder`, relative to the modules, they find the runtime there.
    """
    from flowc.gen.python.module import Options, emit_module, file_names

    options = Options(VERSION, runtime_folder is not None, runtime_folder)
    names = file_names(program, stem)
    files = {}
    for module in program.modules:
        name = names[module.namespace, module.id]
        source = emit_module(program, module, options, names)
        files[f"{name}.py"] = _finished(source, module.source_name, formatted, names.values())
    return files


def _finished(source: str, name: str, formatted: bool, modules: Iterable[str] = ()) -> str:
    from flowc.gen.python.finish import check_source, format_source

    if formatted:
        from flowc.gen.python.guard import guard

        source = format_source(source)
        guard(source, modules)
    check_source(source, name)
    return source


def load_program(source: str, name: str) -> flowrt.flow.Flow:
    """The flow of a generated module, loaded without a file; tracebacks show its source."""
    import linecache
    import sys
    from types import ModuleType

    module = ModuleType("flowc_program")
    module.__file__ = f"<{name}>"
    linecache.cache[module.__file__] = (len(source), None, source.splitlines(True), module.__file__)
    sys.modules[module.__name__] = module
    exec(compile(source, module.__file__, "exec", dont_inherit=True), module.__dict__)
    flow: flowrt.flow.Flow = module.__dict__["flow"]
    return flow


def write_files(files: dict[Path, str]) -> None:
    """Write all files or none: each beside its place first, then moved there."""
    import os
    import tempfile

    waiting: list[tuple[str, Path]] = []
    try:
        for path, text in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
            waiting.append((name, path))
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
                stream.write(text)
            os.chmod(name, 0o644)
        for name, path in waiting:
            os.replace(name, path)
    except BaseException:
        for name, _ in waiting:
            Path(name).unlink(missing_ok=True)
        raise
