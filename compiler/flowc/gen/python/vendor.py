"""What a generated module needs of the runtime: the modules it imports, and those they import, at any depth.

Imports inside functions count; imports for type checkers do not. A text that is the name of a runtime module counts
as an import too: lazy tables are made of them; and a text that is the path of a file beside a module brings that file.
Some imports stand where only some flows come by: `optional` says which, and by what such a flow is known. The expression
compiler comes along only for flows that render texts which do not exist before they run, PyYAML only for
flows that name it in their header. Other packages are not pure Python: such a flow needs them where it runs.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

from flowc.gen.python.docstrings import without_docstrings
from flowc.gen.python.optional import CATALOG, OPTIONAL, RENDERING, TEMPLATED, Row
from flowc.literal import literal
from flowrt.catalog import TASKS, canonical, own_modules, place
from flowrt.expressions import HOMES
from flowrt.missing import NEEDS, PARTS

_OWN = ("flowrt", "flowc")
_PACKAGES = (*_OWN, "yaml")

_EXPRESSIONS = ("flowc.expr", "flowc.gen.python.expr")
_FACES = frozenset({"flowc", "flowc.literal", "flowc.tree", "flowc.gen", "flowc.gen.python"})
_EMPTY = {
    "flowc": '"""The expression compiler of flowc, for texts that a flow renders while it runs."""\n'
}
"""Packages whose own module is the compiler's face, which no flow needs."""
_EXPRESSIONS_FACE = "flowrt.expressions"
_TASKS_FACE = "flowrt.tasks"
_LENDING = (_EXPRESSIONS_FACE, _TASKS_FACE)
"""Modules that lend generated modules the names of others: a program has those that it names, and no table of all."""


_PLUGINS = "flowrt.plugins."
_TASKS = ("flowrt.tasks.", _PLUGINS, "flowrt.control.", "flowrt.expr.functions_")
"""How the names of modules begin whose classes and functions are what flows are made of."""


def needed_modules(
    sources: Iterable[str],
    parts: Iterable[str] = (),
    *,
    beside: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """The files of the runtime that generated modules need: path below the folder, and text; in the order of paths.

    `parts` are names of what comes along besides (`flowrt.missing.PARTS`). `beside` are the files of a folder that other
    programs use as well: what lies there goes there again, so that all of it is of one version, and names are lent to all.
    """
    sources, parts = list(sources), [*parts, *(NEEDS[name] for name in parts if name in NEEDS)]
    roots = {f"flowrt.{module}" for part in parts for module in PARTS[part]}
    roots |= {name for name in _files() if _path(name) in (beside or ())}
    lent = {face: lent_by((beside or {}).get(_path(face))) for face in _LENDING}
    lending = {face for face in _LENDING if lent[face] is not None}
    if _TASKS_FACE not in lending:
        roots.add(CATALOG)
    plain = [_with_own_names(source) for source in sources]
    if any(re.search(RENDERING, source, re.M) for source in plain):
        # A text of run time may use whatever expressions are made of.
        lending.discard(_EXPRESSIONS_FACE)
        roots |= {*HOMES.values()}
    if any(re.search(TEMPLATED, source) for source in plain):
        roots |= _named_later(plain)
    left = [
        each
        for each in OPTIONAL
        if each.part not in parts
        and roots.isdisjoint(each.modules)
        and not any(map(each.is_in, plain))
    ]
    found = _reached(roots, sources, left)
    # What a part brings may want another one.
    while wanted := [each for each in left if _wants(found, each)]:
        left = [each for each in left if each not in wanted]
        found = _reached(roots, sources, left)
    own = [_text(name) for name in found if not _is_ours(name)]
    texts = {_path(name): _EMPTY.get(name) or _carried(name) for name in found}
    for name in found & lending:
        homes = {**(lent[name] or {}), **_asked_of(name, [*sources, *own])}
        texts[_path(name)] = _lending(homes) if beside is None else _table(name, homes)
    for name in found - lending:
        texts.update(_beside(name))
    return {
        path: texts[path] for path in sorted(texts) if texts[path].strip() or not _is_below(path)
    }


def lying_in(folder: Path, written: Mapping[Path, str]) -> dict[str, str]:
    """The files of the runtime in a folder, by path; those that a command has `written` as it leaves them."""
    texts = {path: text for path, text in written.items() if path.is_relative_to(folder)}
    for package in _OWN:
        for path in (folder / package).rglob("*.py"):
            try:
                texts.setdefault(path, path.read_text("utf-8", "replace"))
            except OSError:
                pass  # no program can import it either
    return {path.relative_to(folder).as_posix(): text for path, text in texts.items()}


def _is_below(path: str) -> bool:
    """Whether a file makes a package of a folder that lies in one: it would be one without it."""
    return path.endswith("/__init__.py") and path.count("/") > 1


def _with_own_names(source: str) -> str:
    """A source in which names of the runtime that give way to those of tasks are the runtime's own again."""
    given = {
        alias.asname: alias.name
        for node in ast.parse(source).body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.asname is not None
    }
    return re.sub(r"\w+", lambda word: given.get(word[0], word[0]), source) if given else source


_TYPE = re.compile(r"\bio(?:\.\w+){3,}")


def _named_later(sources: Iterable[str]) -> set[str]:
    """The modules of tasks that may be named at run time: those of the core, and of the types that stand in a text."""
    written = {place(canonical(name)) or "" for source in sources for name in _TYPE.findall(source)}
    return {each.partition(":")[0] for each in (*TASKS.values(), *written) if each}


def _asked_of(face: str, sources: Iterable[str]) -> dict[str, str]:
    """The names that sources want of a module which lends those of others, and where they live."""
    return {
        name: home
        for source in sources
        for name in _names_of(face, ast.parse(source))
        for home in _homes(face, [name])
    }


def _names_of(face: str, tree: ast.Module) -> set[str]:
    """The names that a source may want of a module which lends them; those of attributes too, where it has it as a whole."""
    package, _, module = face.rpartition(".")
    found, whole = set(), False
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            named = {alias.name for alias in node.names}
            found |= named if node.module == face else set()
            whole |= (node.module == face and "*" in named) or (
                node.module == package and module in named
            )
        elif isinstance(node, ast.Import):
            whole |= any(alias.name == face for alias in node.names)
    if whole:
        found |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        found |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return found


def _lending(homes: dict[str, str]) -> str:
    """A module that lends the names of a program."""
    lines = sorted(f"from {home} import {name} as {name}" for name, home in homes.items())
    return "\n".join(
        ["# The names that this program uses, of the modules where they live.", *lines, ""]
    )


def _table(face: str, homes: dict[str, str]) -> str:
    """A module that lends the names of several programs, each when it is asked for."""
    mine = "name[:1].isupper()" if face == _TASKS_FACE else 'name[:1] != "_"'
    rows = "".join(f"    {literal(name)}: {literal(homes[name])},\n" for name in sorted(homes))
    return _TABLE.format(rows=rows, mine=mine)


_TABLE = """# The names that the programs of this folder use, by the modules where they live.

from typing import Any

from flowrt.missing import lent

_HOMES: dict[str, str] = {{
{rows}}}
__all__ = [*_HOMES]


def __getattr__(name: str) -> Any:
    if not {mine}:
        raise AttributeError(name)
    return lent(_HOMES.get(name), name)
"""


def lent_by(text: str | None) -> dict[str, str] | None:
    """What a module of a folder lends to the programs there, by name; None for one that lends all there is."""
    if text is None:
        return {}
    try:
        body = ast.parse(text).body
    except SyntaxError:
        return {}
    for node in body:
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "_HOMES":
            found: dict[str, str] = ast.literal_eval(node.value or ast.Dict([], []))
            return found
    return None


def _reached(roots: set[str], sources: Iterable[str], without: Iterable[Row]) -> set[str]:
    """The names of the modules that come along: roots, what sources import, and what those import, at any depth.

    What a module begins with comes along with it, whatever is left out.
    """
    absent = {module for each in without if not each.importers for module in each.modules}
    unasked = {
        (importer, module)
        for each in without
        for importer in each.importers
        for module in each.modules
    }
    files = _files()
    found: set[str] = set()
    begun: set[str] = set()
    waiting = [*roots, *(name for source in sources for name in _imported(source, "", False))]
    while waiting:
        name = waiting.pop()
        left_out = name not in begun and not absent.isdisjoint((name, *_ancestors(name)))
        if name in found or name not in files or left_out:
            continue
        found.add(name)
        waiting.extend(_ancestors(name))
        if name not in _EMPTY and name not in _LENDING:
            begun.update(_begins_with(name))
            waiting.extend(each for each in _imports_of(name) if (name, each) not in unasked)
    return found


def _wants(names: set[str], row: Row) -> bool:
    """Whether something among modules, such as the class of a task, has a use for what a row brings."""
    return not row.with_modules.isdisjoint(names) or any(
        re.search(_pattern(row, name), _text(name), re.M)
        for name in names
        if name.startswith(_TASKS) or not _is_ours(name)
    )


def _pattern(row: Row, name: str) -> str:
    """What a module may have that wants what a row brings."""
    foreign = name.startswith(_PLUGINS) or not _is_ours(name)
    return row.in_own if foreign and row.in_own is not None else row.in_tasks


def _is_ours(name: str) -> bool:
    """Whether a module is of the runtime or what it stands on, not one with task types of others."""
    return name.partition(".")[0] in _PACKAGES


@cache
def _beside(name: str) -> dict[str, str]:
    """Files that a module names by their path below its folder."""
    folder = _files()[name].parent
    place = _path(name).rpartition("/")[0]
    texts = {}
    for node in ast.walk(ast.parse(_text(name))):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and _PATH.fullmatch(node.value)
        ):
            path = folder / node.value
            if path.is_file():
                texts[f"{place}/{node.value}"] = path.read_text("utf-8")
    return texts


_PATH = re.compile(r"[\w.-]+(/[\w.-]+)+")


def _files() -> dict[str, Path]:
    """All modules that may come along, by name: of the runtime, of the compiler, and those with task types of others."""
    return _files_of((*_PACKAGES, *sorted(own_modules())))


@cache
def _files_of(packages: tuple[str, ...]) -> dict[str, Path]:
    from importlib import import_module

    found = {}
    for package in packages:
        first = Path(str(import_module(package).__file__))
        root = first.parent
        for path in root.rglob("*.py") if first.name == "__init__.py" else [first]:
            parts = path.relative_to(root.parent).with_suffix("").parts
            if parts[-1] == "__init__":
                parts = parts[:-1]
            name = ".".join(parts) if first.name == "__init__.py" else package
            if package != "flowc" or name in _FACES or name.startswith(_EXPRESSIONS):
                found[name] = path
    return found


def _is_package(name: str) -> bool:
    return _files()[name].name == "__init__.py"


def _path(name: str) -> str:
    path = name.replace(".", "/")
    return f"{path}/__init__.py" if _is_package(name) else f"{path}.py"


def _text(name: str) -> str:
    text = _files()[name].read_text("utf-8")
    return _notice() + text if name == "yaml" else text


def _carried(name: str) -> str:
    """The text of a module as it comes along: those of this project without docstrings, every line where it was."""
    text = _text(name)
    return without_docstrings(text) if name.partition(".")[0] in _OWN else text


def _notice() -> str:
    """The license of PyYAML, which wants to come along."""
    from importlib.metadata import files

    found = next((each for each in files("pyyaml") or () if each.name == "LICENSE"), None)
    text = "" if found is None else found.read_text("utf-8")
    return "".join(f"# {line}".rstrip() + "\n" for line in text.splitlines())


def _ancestors(name: str) -> Iterator[str]:
    while "." in name:
        name = name.rpartition(".")[0]
        yield name


@cache
def _imports_of(name: str) -> tuple[str, ...]:
    return tuple(_imported(_text(name), name, _is_package(name)))


@cache
def _begins_with(name: str) -> frozenset[str]:
    """What a module imports outside of functions: without that it cannot be loaded."""
    body = ast.parse(_text(name)).body
    lines = [node for node in body if isinstance(node, (ast.Import, ast.ImportFrom))]
    return frozenset(_imported_by(lines, name, _is_package(name)))


def _imported(source: str, name: str, is_package: bool) -> Iterator[str]:
    """Names of modules, and of what may be one, that a source imports."""
    tree = ast.parse(source)
    yield from _imported_by([tree], name, is_package)
    if not _is_ours(name):
        for face in _LENDING:
            yield from _homes(face, _names_of(face, tree))


def _imported_by(nodes: Iterable[ast.AST], name: str, is_package: bool) -> Iterator[str]:
    stack = list(nodes)
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = name.split(".")
                parts = parts[: len(parts) - node.level + is_package]
                base = ".".join([*parts, base] if base else parts)
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)
            yield from _homes(base, [alias.name for alias in node.names])
        elif isinstance(node, ast.Constant):
            if isinstance(node.value, str) and node.value.startswith(("flowrt", "flowc")):
                yield node.value
        elif isinstance(node, ast.If) and _for_type_checkers(node.test):
            stack.extend(node.orelse)
        else:
            stack.extend(ast.iter_child_nodes(node))


def _homes(module: str, names: Iterable[str]) -> Iterator[str]:
    """The modules behind names that a package lends to generated modules."""
    import flowrt.tasks

    known: dict[str, str] = {}
    if module == _EXPRESSIONS_FACE:
        known = HOMES
    elif module == _TASKS_FACE:
        known = flowrt.tasks.homes()
    yield from (known[name] for name in names if name in known)


def _for_type_checkers(test: ast.expr) -> bool:
    return isinstance(test, ast.Name) and test.id == "TYPE_CHECKING"
