"""`pluginDefaults` (or the older `taskDefaults`) merged into the tree, before anything is read from it.

The merge works on the nodes, so every value keeps the place where it is written: a wrong default is reported where it
stands, not where it is used.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from flowc import atlas
from flowc.diag.model import Sink
from flowc.front.nodes import Mapping, Node, Scalar, Sequence, plain, without_nulls
from flowc.source import Span
from flowrt.catalog import canonical, find
from flowrt.java.values import hash_order

Entry = tuple[Scalar, Node]

_REF = "pluginDefaultsRef"
_UNTOUCHED = ("pluginDefaults", "taskDefaults", "variables", "labels", "inputs")
"""The defaults themselves, and what executions are created with: of the flow as it is written."""


class Default(NamedTuple):
    """One entry of the list."""

    types: tuple[str, ...]
    values: Mapping
    forced: bool
    ref: str | None

    def matches(self, name: str) -> bool:
        """A default applies to a type that, as it is written, begins with its own.

        So a default for the new name leaves out tasks written with an old one; one for an old name reaches both.
        """
        return name.startswith(self.types)


def merge(root: Mapping, sink: Sink) -> Mapping:
    """The flow with its defaults applied; the entries themselves are checked elsewhere."""
    listed = root.get("pluginDefaults") or root.get("taskDefaults")
    defaults = _entries(listed)
    if not defaults and not _mentions(root):
        return root
    typed = [each for each in defaults if each.ref is None]
    named: dict[str | None, Default] = {}
    for each in reversed([each for each in defaults if each.ref is not None]):
        if not (each.ref in named and named[each.ref].forced and not each.forced):
            named[each.ref] = each
    types = {
        ref: tuple(name for each in defaults if each.ref == ref for name in each.types)
        for ref in named
    }
    forced = [each for each in typed if each.forced]
    merger = _Merger([each for each in typed if not each.forced], forced, named, types, sink)
    entries = tuple(
        (key, value if key.value in _UNTOUCHED else merger.node(value))
        for key, value in root.entries
    )
    return Mapping(entries, root.span)


def _mentions(root: Mapping) -> bool:
    return _REF in root.span.file.text


def _entries(listed: Node | None) -> list[Default]:
    result = []
    for item in listed.items if isinstance(listed, Sequence) else ():
        if not isinstance(item, Mapping):
            continue
        kind, values = item.get("type"), item.get("values")
        if not isinstance(kind, Scalar) or not isinstance(kind.value, str):
            continue
        if not isinstance(values, Mapping):
            continue
        forced, ref = item.get("forced"), item.get("ref")
        is_forced = isinstance(forced, Scalar) and forced.value in (True, "true")
        name = str(ref.value) if isinstance(ref, Scalar) and ref.value is not None else None
        types = tuple(dict.fromkeys((kind.value, canonical(kind.value))))
        kept = without_nulls(values)
        assert isinstance(kept, Mapping)
        result.append(Default(types, kept, is_forced, name))
    return result


class _Merger:
    def __init__(
        self,
        soft: list[Default],
        forced: list[Default],
        named: dict[str | None, Default],
        types: dict[str | None, tuple[str, ...]],
        sink: Sink,
    ) -> None:
        self._soft = soft
        self._forced = forced
        self._named = named
        self._types = types
        self._sink = sink

    def node(self, node: Node) -> Node:
        """Children first, then the node's own defaults."""
        node = _apply(node, self._soft, hard=False)
        if self._named or _mentions_ref(node):
            node = self._references(node)
        if self._forced:
            node = _apply(node, self._forced, hard=True)
        return _rehashed(node) if self._named else node  # where the references are taken out

    def _references(self, node: Node) -> Node:
        if isinstance(node, Sequence):
            return Sequence(tuple(self._references(each) for each in node.items), node.span)
        if not isinstance(node, Mapping):
            return node
        node = _hashed(((key, self._references(value)) for key, value in node.entries), node.span)
        ref, kind = node.get(_REF), node.get("type")
        if not isinstance(ref, Scalar) or ref.value is None or not isinstance(kind, Scalar):
            return node
        found = self._named.get(str(ref.value))
        name = str(kind.value)
        types = self._types.get(str(ref.value), ())
        if found is None or not any(name.startswith(prefix) for prefix in types):
            message = f"No plugin-defaults exists for pluginDefaultsRef: '{ref.value}'"
            self._sink.report("FC216", f"pluginDefaultsRef: {message}", ref.span)
            return node
        rest = tuple((key, value) for key, value in node.entries if key.value != _REF)
        node = Mapping(rest, node.span)
        if any(each.matches(name) for each in self._forced):
            return node
        if found.forced:
            return _deep(node, found.values, node.span)
        return _deep(found.values, node, node.span)


def _mentions_ref(node: Node) -> bool:
    return _REF in node.span.file.text


def _apply(node: Node, defaults: list[Default], *, hard: bool) -> Node:
    if not defaults:
        return node
    if isinstance(node, Sequence):
        return Sequence(tuple(_apply(each, defaults, hard=hard) for each in node.items), node.span)
    if not isinstance(node, Mapping):
        return node
    result = _children(node, defaults, hard=hard)
    kind = node.get("type")
    if not isinstance(kind, Scalar) or not isinstance(kind.value, str):
        return result
    if result.get(_REF) is not None and not hard:
        return result
    matching = [each for each in defaults if each.matches(kind.value)]
    for each in matching:
        values = each.values if kind.value in each.types else _fitting(each.values, kind.value)
        weak, strong = (result, values) if each.forced else (values, result)
        result = _deep(weak, strong, node.span)
    rest = [each for each in defaults if each not in matching]
    # A default may have brought a typed object of its own (a task runner) that others apply to.
    return _children(result, rest, hard=hard) if matching and rest else result


def _fitting(values: Mapping, name: str) -> Mapping:
    """Of a default for a mere beginning of types, the properties that a type has."""
    from flowc.front.values import properties

    cls = find(canonical(name)) or atlas.find(atlas.current(name))
    if cls is None:
        return values
    known = properties(cls)
    kept = tuple(entry for entry in values.entries if entry[0].value in known)
    return Mapping(kept, values.span)


def _children(node: Mapping, defaults: list[Default], *, hard: bool) -> Mapping:
    return _hashed(
        ((key, _apply(value, defaults, hard=hard)) for key, value in node.entries), node.span
    )


def _hashed(entries: Iterable[Entry], span: Span, capacity: int | None = None) -> Mapping:
    """A mapping in the order of a hash map: the engine goes through the whole flow, and keeps no other.

    That order is seen where a map is data: in variables, inputs of subflows, values of loops.
    """
    named = {str(entry[0].value): entry for entry in entries}
    return Mapping(tuple(named[name] for name in hash_order(named, capacity)), span)


def _rehashed(node: Node) -> Node:
    if isinstance(node, Sequence):
        return Sequence(tuple(map(_rehashed, node.items)), node.span)
    if not isinstance(node, Mapping):
        return node
    return _hashed(((key, _rehashed(value)) for key, value in node.entries), node.span)


def _copied(node: Node) -> Node:
    """A value of the weaker side: its maps are copied, each into one of its size."""
    if not isinstance(node, Mapping):
        return node
    entries = [(key, _copied(value)) for key, value in node.entries]
    return _hashed(entries, node.span, len(entries))


def _deep(weak: Mapping, strong: Mapping, span: Span) -> Mapping:
    """Merge key by key: maps into each other, lists one after the other, of other values the stronger one, if it is not null.

    `span` is the place of the result: that of the object in the flow, never that of the default.
    """
    if not (weak.entries and strong.entries):
        return Mapping((weak if weak.entries else strong).entries, span)
    result = {str(key.value): (key, _copied(value)) for key, value in weak.entries}
    for key, value in strong.entries:
        name = str(key.value)
        before = result[name][1] if name in result else None
        if before is not None and isinstance(value, Scalar) and value.value is None:
            continue
        if isinstance(before, Mapping) and isinstance(value, Mapping):
            value = _deep(before, value, before.span)
        elif isinstance(before, Sequence) and isinstance(value, Sequence):
            known = [plain(item) for item in before.items]
            more = tuple(item for item in value.items if plain(item) not in known)
            value = Sequence(before.items + more, value.span)
        result[name] = (key, value)
    largest = max(len(weak.entries), len(strong.entries))
    return _hashed(result.values(), span, -(-largest * 4 // 3))
