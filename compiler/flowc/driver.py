"""The pipeline, in order: the only module that knows all stages.

files -> front (model) -> sema (findings) -> lower (blocks) -> link (program) -> verify -> back end (source) -> files
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from flowc.diag.model import Diagnostic, Note, Sink
from flowc.source import SourceFile

if TYPE_CHECKING:
    import flowrt.model.flow
    from flowc.front.model import Flow
    from flowc.gen.backends import EngineBackend
    from flowc.ir.nodes import Module
    from flowc.link import Index, Program, Unit


class CompileError(Exception):
    """A flow was refused; `diagnostics` say why, in the order of their places."""

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        super().__init__(
            "\n".join(f"{each.span}: {each.message}" for each in diagnostics if each.is_error)
        )
        self.diagnostics = list(diagnostics)


@dataclass(frozen=True, slots=True)
class Sources:
    """The flow to compile, and the flows and templates that it may name, as texts."""

    main: SourceFile
    flows: tuple[SourceFile, ...] = ()
    templates: tuple[SourceFile, ...] = ()

    @classmethod
    def read(cls, flow: Path, flows: Path | None = None, templates: Path | None = None) -> Sources:
        """Read the files. Raises OSError, or UnicodeDecodeError for text that is not UTF-8."""
        return cls(_read(flow), tuple(_folder(flows)), tuple(_folder(templates)))


def _read(path: Path) -> SourceFile:
    return SourceFile(str(path), path.read_text("utf-8-sig"))


def _folder(folder: Path | None) -> Iterable[SourceFile]:
    from flowc import files

    for found in files.find([folder] if folder is not None else ()):
        yield _read(found.path)


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


def analyse(sources: Sources, *, strict: bool = False, flow_triggers: bool = False) -> Result:
    """All stages up to the intermediate form, of texts.

    A flow that Kestra accepts and then fails is compiled, because the compiled flow fails in the same way; `strict`
    refuses it.
    """
    from flowc.link import Index, Linker

    index = Index(search=False)
    index.add_templates(sources.templates)
    unit = index.add_text(sources.main)
    for source in sources.flows:
        other = index.add_text(source)
        if other.key == unit.key:
            index.forget(other)
    linker = Linker(index, [unit], strict=strict, flow_triggers=flow_triggers)
    refused = linker.is_refused(unit)
    program = None if refused else _verified(linker.program(unit))
    return Result(linker.findings([unit]), unit.flow, program)


class Lack(NamedTuple):
    """A task type that no class runs."""

    type: str
    blocked: int
    """How many flows need it, themselves or by a flow that they start."""
    enough: int
    """How many of these would compile if it alone were there."""


class Project:
    """The files of one call of the compiler: the flows that it is about (`units`), and those that they may start.

    `allow_missing` compiles flows whose task types no class runs: such a task fails when it is reached. With
    `flow_triggers` the flows at hand come along that listen to those they are about.
    """

    def __init__(
        self,
        paths: Iterable[Path],
        *,
        flows: Path | None = None,
        templates: Path | None = None,
        strict: bool = False,
        allow_missing: bool = False,
        flow_triggers: bool = False,
    ) -> None:
        from flowc import files
        from flowc.link import Index, Linker

        self.index: Index = Index(milder=frozenset({"FC501"} if allow_missing else ()))
        self.roots: dict[int, Path | None] = {}
        """The folder among the paths in which a flow was found, by the identity of the flow."""
        if templates is not None:
            read = (files.read(each, self.index.unreadable) for each in files.find([templates]))
            self.index.add_templates(each for each in read if each is not None)
        self.units: list[Unit] = []
        for found in files.find(paths):
            unit = self.index.add(found)
            if unit is not None and id(unit) not in self.roots:
                self.units.append(unit)
                self.roots[id(unit)] = found.root
        for found in files.find([flows] if flows is not None else ()):
            self.index.add(found)
        self._linker = Linker(self.index, self.units, strict=strict, flow_triggers=flow_triggers)
        self._verified: dict[int, Module] = {}

    def is_refused(self, unit: Unit) -> bool:
        """Whether a flow cannot be compiled, for a reason of its own or of a flow that it names."""
        return self._linker.is_refused(unit)

    def program(self, unit: Unit) -> Program:
        """A flow that is not refused, with all that it may start."""
        program = self._linker.program(unit)
        for module in program.modules:
            self._module(module)
        return program

    def _module(self, module: Module) -> Module:
        """A module, whose invariants were checked once: flows that many others start come along with each of them."""
        if id(module) not in self._verified:
            from flowc.ir.verify import verify

            verify(module)
            self._verified[id(module)] = module
        return module

    def findings(self) -> list[Diagnostic]:
        """All findings about the flows and about those that come along, in the order of their places."""
        sink = Sink()
        sink.extend(self.index.unreadable)
        sink.extend(self._linker.findings(self.units))
        for span, message, first in self._linker.ambiguous():
            sink.report("FC421", message, span, notes=(Note("first here", first),), warning=True)
        return sink.sorted()

    def decisions(self, target: str, *, refused: bool = False) -> list[Diagnostic]:
        """What a target makes of the flows, as findings in the order of their places; only what is `refused` if asked so."""
        from flowc.gen.backends import engine_backend

        engine = engine_backend(target)
        return [] if engine is None else self._decided(engine, target, refused)

    def _decided(self, engine: EngineBackend, target: str, refused: bool) -> list[Diagnostic]:
        from flowc.gen.capabilities import CONSTRUCTS, Way

        codes = {
            Way.EMULATED: "FC601",
            Way.FUSED: "FC602",
            Way.REFUSED: "FC603",
            Way.LEFT_OUT: "FC604",
        }
        said = {
            Way.EMULATED: "{target} has no word for {name}",
            Way.FUSED: "{name} runs as one task on {target}",
            Way.REFUSED: "{name} cannot run on {target}",
            Way.LEFT_OUT: "{name}: {target} does not do this",
        }
        sink = Sink()
        self._named_alike(engine, target, sink)
        for unit in self.units:
            if self.is_refused(unit) or unit.module is None:
                continue
            for use, capability in engine.decide(self._module(unit.module)):
                code = codes.get(capability.way)
                if code is None or (refused and capability.way is not Way.REFUSED):
                    continue
                name = CONSTRUCTS[use.construct]
                where = "" if use.step is None else f"{use.step.id}: "
                message = where + said[capability.way].format(name=name, target=target)
                hint = None
                if capability.way is Way.REFUSED:
                    hint = "put it outside of the block, or compile for another target"
                sink.report(code, message, use.span, hint=hint, notes=(Note(capability.text),))
        return sink.sorted()

    def _named_alike(self, engine: EngineBackend, target: str, sink: Sink) -> None:
        """Report flows whose names an engine cannot tell apart from those of flows before them."""
        from flowc.link.link import id_of

        named: dict[str, Unit] = {}
        for unit in self.units:
            if self.is_refused(unit) or unit.module is None:
                continue
            for name in engine.names(unit.module):
                first = named.setdefault(name, unit)
                if first.key != unit.key:
                    sink.report(
                        "FC605",
                        f"`{name}` stands for two flows on {target}",
                        id_of(unit),
                        hint="rename one of the flows",
                        notes=(Note("of the same name", id_of(first)),),
                    )
                    break

    def lacks(self) -> list[Lack]:
        """The missing task types, those first that would let most flows through."""
        blocked: Counter[str] = Counter()
        enough: Counter[str] = Counter()
        for unit in self.units:
            types, nothing_else = self._linker.missing(unit)
            blocked.update(types)
            if nothing_else and len(types) == 1:
                enough.update(types)
        listed = (Lack(name, count, enough[name]) for name, count in blocked.items())
        return sorted(listed, key=lambda each: (-each.enough, -each.blocked, each.type))

    @property
    def unreadable(self) -> int:
        """How many files could not be read."""
        return sum(each.is_error for each in self.index.unreadable)


def _verified(program: Program) -> Program:
    from flowc.ir.verify import verify

    for module in program.modules:
        verify(module)
    return program


def generate(
    program: Program,
    *,
    formatted: bool | None = None,
    runtime_included: bool = False,
    runtime_folder: str | None = None,
) -> str:
    """One Python module with all flows of the program in it.

    `formatted`: whether black lays it out; by default only where the generator cannot prove its own layout.
    """
    from flowc.gen.python.target import alone

    return alone(
        program,
        formatted=formatted,
        runtime_included=runtime_included,
        runtime_folder=runtime_folder,
    )


def load_program(source: str, name: str) -> flowrt.model.flow.Flow:
    """The flow of a generated module, loaded without a file; tracebacks show its source."""
    import linecache
    import sys
    from types import ModuleType

    module = ModuleType("flowc_program")
    module.__file__ = f"<{name}>"
    linecache.cache[module.__file__] = (len(source), None, source.splitlines(True), module.__file__)
    sys.modules[module.__name__] = module
    exec(compile(source, module.__file__, "exec", dont_inherit=True), module.__dict__)
    flow: flowrt.model.flow.Flow = module.__dict__["flow"]
    return flow


def write_files(files: dict[Path, str]) -> None:
    """Write all files or none: each beside its place first, then moved there. What is there keeps its mode, and links to it."""
    import os
    import stat
    import tempfile

    waiting: list[tuple[str, Path]] = []
    try:
        for path, text in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            place = Path(os.path.realpath(path))
            handle, name = tempfile.mkstemp(prefix=f".{place.name}.", dir=place.parent)
            waiting.append((name, path))
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
                stream.write(text)
            os.chmod(name, stat.S_IMODE(place.stat().st_mode) if place.exists() else 0o644)
        for name, path in waiting:
            os.replace(name, os.path.realpath(path))
    except BaseException as error:
        for name, _ in waiting:
            Path(name).unlink(missing_ok=True)
        if isinstance(error, OSError):
            error.filename = str(path)  # not the name beside it
        raise
