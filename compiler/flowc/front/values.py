"""Property values against the kinds that the runtime classes declare."""

from __future__ import annotations

import re

from flowc.diag.model import Fix, Note, Sink
from flowc.front.durations import as_iso, seconds
from flowc.front.nodes import Mapping, Node, Scalar, Sequence
from flowc.front.scalars import boolean, double, integer
from flowc.front.suggest import did_you_mean, nearest, of_property
from flowc.front.times import duration
from flowc.front.yaml import quote_line, quoted
from flowc.source import Span
from flowrt.catalog import CORE, canonical
from flowrt.formats.numbers import DOUBLE
from flowrt.model.declare import Declared, Kind, Property
from flowrt.model.task import WorkerGroup

_NUMBER_TEXT = re.compile(r"\s*[-+]?\d+(?:\.\d*)?\s*")
_BLANKS = "".join(map(chr, range(33)))
"""What Java trims, from around constants too."""
_JAVA = {
    "string": "java.lang.String",
    "integer": "java.lang.Integer",
    "double": "java.lang.Double",
    "boolean": "java.lang.Boolean",
    "duration": "java.time.Duration",
}


def has_expression(text: str) -> bool:
    """Whether a text is rendered to something else than itself."""
    return "{{" in text or "{%" in text or "{#" in text


def properties(cls: type[Declared]) -> dict[str, Property]:
    """The declared properties by YAML name, older names too."""
    found = _PROPERTIES.get(cls)
    if found is None:
        found = {}
        for each in cls.properties.values():
            found[each.yaml] = each
            found.update(dict.fromkeys(each.aliases, each))
        _PROPERTIES[cls] = found
    return found


_PROPERTIES: dict[type[Declared], dict[str, Property]] = {}


class Values:
    """Checks values and reports; what it answers is the value with literals converted to their kinds.

    `plain_texts` of the methods tells that a text may not be a list or map: one in a list or map that is written out. Of a
    property its kind says so (`PLAIN`); for all other texts Kestra takes a list or map as JSON.
    """

    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    def check(
        self, node: Node, kind: Kind, path: str, *, static: bool = False, plain_texts: bool = False
    ) -> Node:
        """One value against its kind; `path` names it in messages."""
        name = kind.name
        if name in ("any", "typed") or (isinstance(node, Scalar) and node.value is None):
            return node
        if name == "union":
            return self._union(node, kind, path, static, plain_texts)
        if name == "list":
            return self._list(node, kind, path, static)
        if name == "map":
            return self._map(node, kind, path, static)
        if name == "record":
            assert kind.record is not None
            return self.record(node, kind.record, path, kind.record.__name__)
        if name == "tagged":
            return self._tagged(node, kind, path)
        if not isinstance(node, Scalar):
            self._collection(node, kind, path, static, plain_texts)
            return node
        return self._literal(node, kind, path) if static else self._rendered(node, kind, path)

    def record(self, node: Node, cls: type[Declared], path: str, name: str) -> Node:
        """A nested object; `name` stands for its class in messages."""
        if not isinstance(node, Mapping):
            self._wrong("expected a map", node.span, path)
            return node
        entries = self.entries(node, cls, path, name)
        self.required(cls, {str(key.value): value for key, value in entries}, path, node)
        return Mapping(tuple(entries), node.span)

    def entries(
        self,
        node: Mapping,
        cls: type[Declared],
        path: str,
        name: str,
        skip: frozenset[str] = frozenset(),
    ) -> list[tuple[Scalar, Node]]:
        """The properties of an object, each checked and under its declared name, unknown ones reported."""
        known = properties(cls)
        result: dict[str, tuple[Scalar, Node]] = {}
        for key, value in node.entries:
            text = str(key.value)
            if text in skip:
                continue
            found = known.get(text)
            if found is None:
                # Kestra reads worker groups from the source, too, where what is null is there
                dropped = is_null(value) and cls is not WorkerGroup
                self.unknown(key, name, known, warning=dropped)
                continue
            checked = self.check(value, found.kind, f"{path}.{text}", static=found.static)
            if text != found.yaml:
                key = Scalar(found.yaml, key.span, key.offsets, key.quoted)
            result[found.yaml] = (key, checked)  # under two names, it is what stands last
        return list(result.values())

    def unknown(
        self,
        key: Scalar,
        name: str,
        known: dict[str, Property] | list[str],
        *,
        warning: bool = False,
    ) -> None:
        """Report a property that the object does not have; not again where a default of plugins has it.

        One that is null is dropped when the flow is read, so that is only a `warning`.
        """
        if self._sink.knows(key.span):
            return
        names = sorted(set(known))
        self._sink.report(
            "FC201",
            f"{_owner(name)} has no property `{key.value}`",
            key.span,
            label="no such property",
            hint=of_property(str(key.value), names),
            notes=(Note(f"its properties: {', '.join(names)}"),),
            warning=warning,
            kestra=(
                ""
                if warning
                else f'Unrecognized field "{key.value}" (class {name}), not marked as ignorable'
            ),
        )

    def required(
        self, cls: type[Declared], given: dict[str, Node], path: str, owner: Mapping
    ) -> None:
        """Report required properties that are absent or null; not those that a misspelt one stands for."""
        known = properties(cls)
        unknown = [str(key.value) for key, _ in owner.entries if key.value not in known]
        for each in cls.properties.values():
            if each.required and each.yaml != "id":
                value = given.get(each.yaml)
                if value is None and any(nearest(name, known) == each.yaml for name in unknown):
                    continue
                if value is None or is_null(value) or _unsaid(each, owner.get(each.yaml)):
                    prefix = f"{path}." if path else ""
                    self._sink.report(
                        "FC202",
                        f"`{each.yaml}` is missing",
                        head(owner),
                        kestra=f"{prefix}{each.yaml}: must not be null",
                    )

    # ---- shapes ---------------------------------------------------------------------------------------------------

    def _union(self, node: Node, kind: Kind, path: str, static: bool, plain_texts: bool) -> Node:
        for option in kind.options:
            if _fits(node, option):
                return self.check(node, option, path, static=static, plain_texts=plain_texts)
        self._wrong(
            f"expected {' or '.join(_describe(each) for each in kind.options)}", node.span, path
        )
        return node

    def _list(self, node: Node, kind: Kind, path: str, static: bool) -> Node:
        if isinstance(node, Sequence):
            item = kind.item
            if item is None or item.name in ("any", "typed"):
                return node
            items = tuple(
                (
                    self._split_line(each, f"{path}[{index}]", bool(kind.open))
                    if isinstance(each, Mapping) and item.name == "string"
                    else self.check(
                        each,
                        item,
                        f"{path}[{index}]",
                        static=static,
                        plain_texts=bool(kind.open),
                    )
                )
                for index, each in enumerate(node.items)
            )
            return Sequence(items, node.span)
        # a list that is no property of its own must be there when the flow is saved
        return self._text_for(node, "a list", "[", path, static or bool(kind.open))

    def _split_line(self, node: Mapping, path: str, refused: bool) -> Mapping:
        """A map in a list of texts: most often a line with a colon in it. The task cannot read it."""
        written = node.span.file.text[node.span.start : node.span.end]
        one_line = "\n" not in written and not written.startswith("{")
        if any(self._sink.knows(value.span) for _, value in node.entries):
            return node  # the expression in it, which lacks quotes, says the same
        self._sink.report(
            "FC203" if refused else "FC204",
            f"{path}: expected a text, found a map" + ("" if refused else "; the task fails"),
            node.span,
            hint=quote_line(node.span) if one_line else None,
            fix=Fix(node.span, quoted(written)) if one_line else None,
        )
        return node

    def _map(self, node: Node, kind: Kind, path: str, static: bool) -> Node:
        if isinstance(node, Mapping):
            item = kind.item
            if item is None or item.name in ("any", "typed"):
                return node
            entries = tuple(
                (
                    key,
                    self.check(
                        value,
                        item,
                        f"{path}.{key.value}",
                        static=static,
                        plain_texts=bool(kind.open),
                    ),
                )
                for key, value in node.entries
            )
            return Mapping(entries, node.span)
        return self._text_for(node, "a map", "{", path, static or bool(kind.open))

    def _text_for(self, node: Node, what: str, first: str, path: str, static: bool) -> Node:
        """A text in place of a list or map: an expression, or JSON."""
        if isinstance(node, Scalar) and isinstance(node.value, str):
            text = node.value.strip()
            if not static and (not text or has_expression(text) or text.startswith(first)):
                return node
        message = f"expected {what}, or one expression that renders to {what}"
        if static:
            self._wrong(f"expected {what}", node.span, path)
        else:
            self._sink.report("FC204", f"{path}: {message}", node.span)
        return node

    def _tagged(self, node: Node, kind: Kind, path: str) -> Node:
        tag = node.get("type") if isinstance(node, Mapping) else None
        if not isinstance(node, Mapping) or not isinstance(tag, Scalar) or tag.value is None:
            self._sink.report(
                "FC205", f"{path}: `type` is missing", node.span, kestra="Invalid type: null"
            )
            return node
        written = str(tag.value)
        name = written if written in kind.classes else canonical(written)
        cls = kind.classes.get(name)
        if cls is None and kind.open and f".{kind.open}." in written.removeprefix(CORE):
            return Scalar(None, node.span)  # what it stands for happens elsewhere; FC502 says so
        if cls is None:
            hint = did_you_mean(written, kind.classes)
            self._sink.report(
                "FC205",
                f"{path}: there is no type `{written}`",
                tag.span,
                hint=hint,
                kestra=f"Invalid type: {written}",
            )
            return node
        entries = self.entries(node, cls, path, name, skip=frozenset({"type"}))
        self.required(cls, {str(key.value): value for key, value in entries}, path, node)
        key = next(key for key, _ in node.entries if key.value == "type")
        return Mapping(
            ((key, Scalar(name, tag.span, tag.offsets, tag.quoted)), *entries), node.span
        )

    def _collection(
        self, node: Node, kind: Kind, path: str, static: bool, plain_texts: bool
    ) -> None:
        token = "Array" if isinstance(node, Sequence) else "Object"
        if static or (kind.name == "string" and (plain_texts or kind.open)):
            java = _JAVA.get(kind.name, kind.name)
            self._sink.report(
                "FC203",
                f"{path}: expected {_wanted(kind)}, found a {'list' if token == 'Array' else 'map'}",
                node.span,
                kestra=f"Cannot deserialize value of type `{java}` from {token} value",
            )
        elif kind.name == "string":
            shape = "list" if token == "Array" else "map"
            self._sink.report(
                "FC222", f"{path}: Kestra takes this {shape} as its JSON text", node.span
            )
        else:
            self._sink.report("FC204", f"{path}: expected {_describe(kind)}", node.span)

    # ---- scalars --------------------------------------------------------------------------------------------------

    def _literal(self, node: Scalar, kind: Kind, path: str) -> Scalar:
        """A property that is never rendered: Kestra converts it while it parses."""
        value, name = node.value, kind.name
        converted: str | int | float | bool | None = value
        problem: str | None = None
        if name == "integer":
            converted, problem = integer(value)
        elif name == "double":
            converted, problem = double(value)
        elif name == "boolean":
            converted, problem = boolean(value)
        elif name == "duration":
            read, problem = duration(value)
            converted = None if read is None else value
        elif name == "enum":
            converted = value.strip(_BLANKS) if isinstance(value, str) else value
        if name == "enum" and converted not in kind.values:
            problem = f"not one of the values accepted for Enum class: [{', '.join(kind.values)}]"
        if problem is not None:
            java = _JAVA.get(name, "enum")
            shown = f'String "{value}"' if isinstance(value, str) else f"value {value}"
            hint = did_you_mean(str(value), kind.values) if kind.values else None
            if isinstance(value, str) and has_expression(value):
                hint = "this property takes literal values only, no expressions"
            self._sink.report(
                "FC203",
                f"{path}: `{_shown(value)}` is not {_wanted(kind)}",
                node.span,
                hint=hint or _iso_hint(value, kind),
                kestra=f"Cannot deserialize value of type `{java}` from {shown}: {problem}",
                fix=_iso_fix(node, kind),
            )
            return node
        if converted == value and type(converted) is type(value):
            return node
        return Scalar(converted, node.span, node.offsets, node.quoted)

    def _rendered(self, node: Scalar, kind: Kind, path: str) -> Scalar:
        """A property that is rendered and converted at run time; a literal that cannot convert fails each time."""
        value, name = node.value, kind.name
        if not isinstance(value, str) or not value or has_expression(value):
            return node
        problem: str | None = None
        if name == "integer" and not _NUMBER_TEXT.fullmatch(value):
            problem = "an integer"
        elif name == "double" and not DOUBLE.fullmatch(value.strip()):
            problem = "a number"
        elif name == "boolean" and value.strip().lower() not in ("true", "false"):
            problem = "`true` or `false`"
        elif name == "duration" and seconds(value) is None:
            problem = "a duration such as `PT5M` or `P1DT2H`"
        elif name == "enum" and value.strip(_BLANKS) not in kind.values:
            problem = f"one of {', '.join(kind.values)}"
        if problem is not None:
            hint = did_you_mean(value, kind.values) if kind.values else None
            self._sink.report(
                "FC204",
                f"{path}: `{value}` is not {problem}",
                node.span,
                hint=hint or _iso_hint(value, kind),
                fix=_iso_fix(node, kind),
            )
        return node

    def _wrong(self, message: str, span: Span, path: str, hint: str | None = None) -> None:
        self._sink.report("FC203", f"{path}: {message}", span, hint=hint)


def is_null(node: Node) -> bool:
    """Whether a value is null, which counts as absent."""
    return isinstance(node, Scalar) and node.value is None


def _unsaid(declared: Property, written: Node | None) -> bool:
    """Whether a flag that must be there has a blank text, which is no value of it."""
    if not declared.static or declared.kind.name != "boolean":
        return False
    return isinstance(written, Scalar) and str(written.value).strip() in ("", "null")


def head(node: Mapping) -> Span:
    """The place that stands for a whole object: its first key."""
    for key, _ in node.entries:
        if node.span.start <= key.span.start < node.span.end:
            return key.span
    return node.span


def _owner(name: str) -> str:
    """How messages call a class."""
    if name.endswith(".Flow") and ".models." in name:
        return "a flow"
    short = name.rpartition(".")[2]
    return "this object" if short == "Object" else f"{short}"


def _shown(value: object) -> object:
    return str(value).lower() if isinstance(value, bool) else value


def _wanted(kind: Kind) -> str:
    """What a kind accepts, in words."""
    if kind.name == "enum":
        return f"one of {', '.join(kind.values)}"
    return {
        "string": "a text",
        "integer": "an integer",
        "double": "a number",
        "boolean": "`true` or `false`",
        "duration": "a duration such as `PT5M` or `P1DT2H`",
    }.get(kind.name, f"a value of type {kind.name}")


def _iso_hint(value: object, kind: Kind) -> str | None:
    iso = as_iso(value) if kind.name == "duration" and isinstance(value, str) else None
    return f"write `{iso}`" if iso else None


def _iso_fix(node: Scalar, kind: Kind) -> Fix | None:
    iso = as_iso(str(node.value)) if kind.name == "duration" else None
    return Fix(node.span, iso) if iso and isinstance(node.value, str) else None


def _fits(node: Node, kind: Kind) -> bool:
    if kind.name == "union":
        return any(_fits(node, each) for each in kind.options)
    if kind.name in ("any", "typed"):
        return True
    if isinstance(node, Sequence):
        return kind.name == "list"
    if isinstance(node, Mapping):
        return kind.name in ("map", "record", "tagged")
    return kind.name not in ("list", "map", "record", "tagged")


def _describe(kind: Kind) -> str:
    names = {"string": "a text", "list": "a list", "map": "a map", "boolean": "true or false"}
    return names.get(kind.name, f"a value of type {kind.name}")
