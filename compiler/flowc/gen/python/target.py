"""The back end `python`: a module for each flow, or one file that holds all of them and the runtime."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from errno import EEXIST
from os.path import relpath
from pathlib import Path

from flowc.gen.backends import Request, Written
from flowc.gen.python.finish import finish
from flowc.gen.python.module import Options, emit_alone, emit_module, is_made_of, module_names
from flowc.ir.nodes import Key, Module, walk
from flowc.link.program import Program
from flowc.own import COPY
from flowc.own import files as own_files
from flowc.version import VERSION
from flowrt.catalog import own


def alone(
    program: Program,
    *,
    formatted: bool | None = None,
    runtime_included: bool = False,
    runtime_folder: str | None = None,
    parts: tuple[str, ...] = (),
) -> str:
    """One module with all flows of the program in it."""
    included = runtime_included or runtime_folder is not None
    options = Options(VERSION, included, runtime_folder, parts)
    return finish(emit_alone(program, options), program.main.source_name, formatted)


def module_files(program: Program, stem: str) -> dict[Key, str]:
    """The names of the modules of a program that stand beside one another; the main one is given."""
    known = module_names(program.known)
    names = {program.main.key: stem}
    for other in program.others:
        name = known[other.key]
        names[other.key] = f"{name}_flow" if name == stem else name
    return names


def placed_files(request: Request) -> tuple[dict[Key, str], set[Key]]:
    """The names of the modules of a program, and which of them this request writes."""
    program, output = request.program, request.output
    names = module_files(program, output.stem)
    mine = set(names)
    for key, path in request.placed.items():
        importable = path.parent == output.parent and path.stem.isidentifier()
        if key in mine and key != program.main.key and importable:
            names[key] = path.stem
            mine.remove(key)
    return names, mine


def modules(
    program: Program,
    names: Mapping[Key, str],
    only: Collection[Key],
    *,
    formatted: bool | None = None,
    runtime_folder: str | None = None,
    parts: tuple[str, ...] = (),
) -> dict[str, str]:
    """The modules of some flows of a program, by file name; `names` are those of all of them."""
    options = Options(VERSION, runtime_folder is not None, runtime_folder, parts)
    files = {}
    for module in program.modules:
        if module.key in only:
            source = emit_module(program, module, options, names)
            name = f"{names[module.key]}.py"
            files[name] = finish(source, module.source_name, formatted, names.values())
    return files


class PythonTarget:
    """Writes Python modules."""

    suffix = ".py"

    def write(self, request: Request) -> Written:
        """The module of a program, those of the flows that it starts beside it, and what comes along of the runtime."""
        program, output = request.program, request.output
        if request.standalone or str(output) == "-":
            return Written({output: _one_file(request)})
        folder = None if request.vendor is None else _between(output.parent, request.vendor)
        names, mine = placed_files(request)
        known = {} if request.force else _unchanged(request, names, mine, folder)
        texts = modules(
            program,
            names,
            mine - known.keys(),
            formatted=request.formatted,
            runtime_folder=folder,
            parts=request.parts,
        )
        files = {output.parent / name: text for name, text in texts.items()}
        if request.vendor is None:
            files.update(tasks_beside(program, output.parent))
        if request.vendor is not None:
            from flowc.gen.python.vendor import lying_in, needed_modules

            sources = [*texts.values(), *known.values()]
            there = lying_in(request.vendor, request.written)
            for name, text in needed_modules(sources, request.parts, beside=there).items():
                files[request.vendor / name] = text
        return Written(files, len(known))


def tasks_beside(program: Program, folder: Path) -> Iterator[tuple[Path, str]]:
    """Copies of the files with task classes that a program imports, unless they lie there themselves.

    Raises FileExistsError where another file has the name.
    """
    types = {step.type for module in program.modules for step in walk(module)}
    places = (each.place.partition(":")[0] for each in map(own, types) if each is not None)
    for path in own_files(iter(sorted(set(places)))):
        place = folder / path.name
        if place.resolve() == path:
            continue
        if place.exists() and not place.read_bytes().startswith(COPY.encode()):
            raise FileExistsError(EEXIST, f"not a copy of {path.name}", str(place))
        yield place, f"{COPY} of {path.name}: edit that file.\n{path.read_text('utf-8')}"


def _one_file(request: Request) -> str:
    source = alone(
        request.program,
        formatted=request.formatted,
        runtime_included=request.standalone,
        parts=request.parts,
    )
    if request.standalone:
        from flowc.gen.python.standalone import with_runtime

        return with_runtime(source, request.parts)
    return source


def _unchanged(
    request: Request, names: Mapping[Key, str], mine: set[Key], folder: str | None
) -> dict[Key, str]:
    """The modules that are there and were made of the same flow, by the same compiler, in the same way."""
    options = Options(VERSION, folder is not None, folder, request.parts)
    return unchanged(
        request,
        names,
        mine,
        lambda text, module: is_made_of(text, request.program, module, options, names),
    )


def unchanged(
    request: Request,
    names: Mapping[Key, str],
    mine: Collection[Key],
    is_made: Callable[[str, Module], bool],
) -> dict[Key, str]:
    """The texts of modules that are there already as they would be written."""
    found = {}
    for module in request.program.modules:
        if module.key in mine:
            path = request.output.parent / f"{names[module.key]}.py"
            try:
                text = path.read_text("utf-8")
            except (OSError, UnicodeDecodeError):
                continue
            if is_made(text, module):
                found[module.key] = text
    return found


def _between(start: Path, end: Path) -> str:
    """The way from one folder to another, as a relative path; empty when they are the same."""
    way = Path(relpath(end, start)).as_posix()
    return "" if way == "." else way


BACKEND = PythonTarget()
