"""Grok: fields out of lines of text, by patterns that have names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from flowrt import missing, packages
from flowrt.model.declare import (
    BOOLEAN,
    INTEGER,
    STRING,
    URI,
    Kind,
    listing,
    mapping,
    prop,
    task_type,
)
from flowrt.model.failures import TaskFailure
from flowrt.model.task import Task
from flowrt.plugins.rows import stored
from flowrt.plugins.stored import Stop, plain_rows, source_path
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Listing, Mapping, Text

DEPTH = 50
"""How deep patterns may stand in patterns."""
LARGEST = 1_000_000
"""The characters of a pattern with all that its names stand for."""
SECONDS = 5.0
"""How long a pattern may take for a text."""
_REFERENCE = re.compile(
    r"%\{(?P<syntax>[A-Z0-9_]+)(?::(?P<semantic>[a-zA-Z0-9_\\-]+))?(?::(?P<type>[a-zA-Z0-9_\\-]+))?\}"
)
_DEFINITION = re.compile(r"([A-Z0-9_]+)\s*(.*)")
_NAMED = re.compile(r"(?<!\\)((?:\\\\)*)\(\?<([^=!>][^>]*)>")
_PIECE = re.compile(r"\\.|\[:\^?\w+:\]|.", re.DOTALL)
_CLASSES = {"\\w": "a-zA-Z0-9_", "\\d": "0-9", "\\s": " \\t\\r\\n\\f\\v", "\\h": "0-9a-fA-F"}
"""Classes that have no more than ASCII in Ruby, unlike its boundaries of words."""
_OTHERS = {each.upper(): f"[^{members}]" for each, members in _CLASSES.items()}
_OTHERS |= {"\\z": r"\Z", "\\Z": r"(?=\n?\Z)"}
"""What else the library names otherwise; within a class it stays."""
_NUMBERS = {"SHORT": int, "INT": int, "LONG": int, "FLOAT": float, "DOUBLE": float}


class Matcher(NamedTuple):
    """A compiled pattern, the names of its groups, and the types of those that are named like a pattern."""

    pattern: Any
    names: dict[str, list[str]]
    types: dict[str, str]

    def captures(self, text: str) -> dict[str, Any] | None:
        """What was captured, by name; None for a text that does not match. Raises TaskFailure when that takes too long."""
        try:
            found = self.pattern.search(text, timeout=SECONDS, concurrent=True)
        except TimeoutError:
            raise TaskFailure(
                f"Grok pattern matching was interrupted before completion ({SECONDS:.0f} s)"
            ) from None
        if found is None:
            return None
        captured = {}
        for name, groups in self.names.items():
            values = [found[each] for each in groups if found[each] is not None]
            if values:
                captured[name] = self._converted(name, values[0])
        return captured

    def _converted(self, name: str, value: str) -> Any:
        kind = self.types.get(name, "STRING")
        try:
            if kind in _NUMBERS:
                return _NUMBERS[kind](value)
        except ValueError:
            raise TaskFailure(f"'{value}' of '{name}' is no {kind.lower()}") from None
        return value.lower() == "true" if kind == "BOOLEAN" else value


class Compiler:
    """Makes matchers of patterns."""

    def __init__(self, library: Any, definitions: dict[str, str], only_named: bool) -> None:
        self._library, self._definitions, self._only_named = library, definitions, only_named
        self._names: dict[str, list[str]] = {}
        self._types: dict[str, tuple[bool, str]] = {}

    def matcher(self, expression: str) -> Matcher:
        """The matcher of an expression. Raises TaskFailure for one that is none, or names a pattern that is not known."""
        self._names, self._types = {}, {}
        text = self._expanded(expression, 0)
        try:
            pattern = self._library.compile(text, self._library.MULTILINE)
        except self._library.error as error:
            raise TaskFailure(f"The pattern '{expression}' cannot be used: {error}") from None
        types = {name: kind for name, (_, kind) in self._types.items() if name in self._names}
        return Matcher(pattern, self._names, types)

    def _group(self, name: str) -> str:
        """A group of its own for a name, which may come several times."""
        groups = self._names.setdefault(name, [])
        count = sum(map(len, self._names.values()))
        groups.append(f"g{count}")
        return groups[-1]

    def _expanded(self, expression: str, depth: int) -> str:
        """An expression without names of patterns; each name that captures is a group."""
        if depth > DEPTH:
            raise TaskFailure("The patterns name each other without an end")
        found, at = "", 0
        for match in _REFERENCE.finditer(expression):
            found += self._plain(expression[at : match.start()])
            at = match.end()
            syntax, semantic = match["syntax"], match["semantic"]
            known = self._types.get(syntax)
            if known is None or not known[0]:
                self._types[syntax] = (semantic is not None, (match["type"] or "STRING").upper())
            if syntax not in self._definitions:
                raise TaskFailure(f"No pattern definition found for syntax: {syntax}")
            name = semantic if semantic is not None or self._only_named else syntax
            opening = "" if name is None else f"(?P<{self._group(name)}>"
            inner = self._expanded(self._definitions[syntax], depth + 1)
            found += f"{opening}{inner})" if opening else inner
            if len(found) > LARGEST:
                raise TaskFailure(f"A pattern is longer than {LARGEST} characters")
        return found + self._plain(expression[at:])

    def _plain(self, text: str) -> str:
        """A piece of a regular expression of Ruby, as the library takes it."""
        text = _NAMED.sub(lambda found: f"{found[1]}(?P<{self._group(found[2])}>", text)
        found, depth = [], 0
        for each in _PIECE.findall(text):
            if each in _CLASSES:
                found.append(_CLASSES[each] if depth else f"[{_CLASSES[each]}]")
                continue
            if not depth and each in _OTHERS:
                found.append(_OTHERS[each])
                continue
            depth = max(0, depth + {"[": 1, "]": -1}.get(each, 0))
            found.append(each)
        return "".join(found)


class GrokTask(Task):
    """What the tasks share: the patterns."""

    packages: ClassVar[tuple[str, ...]] = (packages.REGEX,)

    pattern: Text | None = prop(STRING, default=None)
    patterns: Listing | None = prop(listing(STRING), default=None)
    patterns_dir: Listing | None = prop(listing(STRING), default=None)
    pattern_definitions: Mapping | None = prop(mapping(STRING), default=None)
    named_captures_only: Flag = prop(BOOLEAN, default=True)
    break_on_first_match: Flag = prop(BOOLEAN, default=True)
    keep_empty_captures: Flag = prop(BOOLEAN, default=False)
    from_: Text = prop(STRING, yaml="from")

    def run(self, run: RunContext) -> Any:
        return run.in_thread(lambda: self._work(run))

    def _work(self, run: RunContext) -> dict[str, Any]:
        raise NotImplementedError

    def _matchers(self, run: RunContext) -> list[Matcher]:
        """The patterns of the task, compiled. Raises TaskFailure."""
        library = missing.load("regex", "Grok", packages.REGEX, "grok")
        only = run.flag(self.named_captures_only, True)
        compiler = Compiler(library, self._definitions(run), only)
        if self.pattern is not None:
            given = [required_text(run, self.pattern)]
        else:
            given = [str(each) for each in run.listing(self.patterns) or []]
        if not given:
            raise TaskFailure(
                "Missing required configuration, either `pattern` or `patterns` properties must not be empty."
            )
        return [compiler.matcher(each) for each in given]

    def _definitions(self, run: RunContext) -> dict[str, str]:
        """What names stand for: those that are known, those of files of the working folder, those of the flow."""
        from flowrt.plugins.transform.grok_patterns import PATTERNS
        from flowrt.services.folders import inside

        found = dict(PATTERNS)
        for name in run.listing(self.patterns_dir) or []:
            folder = inside(run.working_dir, str(name))
            if not folder.is_dir():
                run.log("ERROR", f"Can't read pattern from {folder} - not a directory")
                break
            for path in sorted(folder.iterdir()):
                for line in path.read_text("utf-8", "replace").splitlines():
                    if (match := _DEFINITION.match(line)) is not None:
                        found[match[1]] = match[2]
        return found | (run.mapping(self.pattern_definitions, STRING) or {})

    def _captured(self, run: RunContext, matchers: list[Matcher], text: str) -> dict[str, Any]:
        """What the patterns find in a text: the first that matches, or all of them."""
        found: dict[str, Any] = {}
        keep = run.flag(self.keep_empty_captures)
        for matcher in matchers:
            captured = matcher.captures(text)
            if captured is None:
                continue
            found |= {key: value for key, value in captured.items() if keep or value != ""}
            if run.flag(self.break_on_first_match, True):
                break
        return found


@task_type("io.kestra.plugin.transform.grok.TransformValue")
class GrokTransformValue(GrokTask):
    """The fields of a text."""

    outputs: ClassVar[dict[str, Kind] | None] = {"value": mapping()}

    def _work(self, run: RunContext) -> dict[str, Any]:
        matchers = self._matchers(run)
        return {"value": self._captured(run, matchers, required_text(run, self.from_))}


@task_type("io.kestra.plugin.transform.grok.TransformItems")
class GrokTransformItems(GrokTask):
    """The fields of each row of a file, which is a text; a row that matches nothing is left out."""

    outputs: ClassVar[dict[str, Kind] | None] = {"processedItemsTotal": INTEGER, "uri": URI}

    def _work(self, run: RunContext) -> dict[str, Any]:
        matchers, stop = self._matchers(run), Stop(run)
        source = source_path(run, required_text(run, self.from_))

        def rows() -> Iterator[dict[str, Any]]:
            for row in stop.each(plain_rows(source)):
                found = self._captured(run, matchers, _text(row))
                if found:
                    yield found

        uri, count = stored(run, rows())
        return {"uri": uri, "processedItemsTotal": count}


def _text(row: Any) -> str:
    """A row as a text. Raises TaskFailure for a map or a list."""
    from flowrt.java.printing import text_of
    from flowrt.model.misfit import misfit

    if isinstance(row, (dict, list)):
        raise misfit("java.lang.String", row)
    return row if isinstance(row, str) else text_of(row)
