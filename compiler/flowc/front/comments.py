"""The comments of a flow file, and what each of them is about.

YAML's events leave comments out, so they are found in the text: a `#` behind a blank that stands in no scalar. One that
shares its line with a value belongs to that value, others to what follows them; those that stand deeper than what
follows belong to the end of the list that they close.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator

from flowc.front.nodes import Mapping, Node, Scalar, Sequence
from flowc.source import SourceFile

_COMMENT = re.compile(r"(?:(?<=\s)|^)#[^\r\n]*", re.M)


class Comments:
    """The comments of one file, each given away once."""

    def __init__(self, source: SourceFile, root: Node | None) -> None:
        self._above: dict[int, list[str]] = {}
        self._behind: dict[int, list[str]] = {}
        self._at: list[tuple[int, dict[int, list[str]], int]] = []
        found = list(_comments(source.text, root))
        if found and root is not None:
            self._attach(source, root, found)

    def above(self, start: int) -> tuple[str, ...]:
        """The comments of what begins at an offset."""
        return tuple(self._above.pop(start, ()))

    def behind(self, start: int) -> tuple[str, ...]:
        """The comments at the end of a list, behind the item that begins at an offset."""
        return tuple(self._behind.pop(start, ()))

    def within(self, start: int, end: int) -> tuple[str, ...]:
        """All comments in a stretch of the file that nothing has asked for."""
        texts: list[str] = []
        low = bisect_left(self._at, start, key=lambda each: each[0])
        for place, table, anchor in self._at[low:]:
            if place >= end:
                break
            texts += table.pop(anchor, ())
        return tuple(texts)

    def rest(self) -> tuple[str, ...]:
        """All comments that nothing has asked for."""
        return self.within(0, self._at[-1][0] + 1) if self._at else ()

    def _attach(self, source: SourceFile, root: Node, found: list[tuple[int, str]]) -> None:
        anchors = sorted(_anchors(root, source))
        starts = [each[0] for each in anchors]
        for place, text in found:
            own_line = not source.text[source.starts[_line(source, place)] : place].strip()
            index = bisect_right(starts, place)
            if own_line:
                table, anchor = self._owner(source, anchors, index, place)
            else:
                # what begins the line is what the comment is about
                line = source.starts[_line(source, place)]
                first = bisect_left(starts, line)
                table, anchor = self._above, anchors[min(first, max(index - 1, 0))][1]
            if anchor not in table:
                table[anchor] = []
                self._at.append((place, table, anchor))
            table[anchor].append(text)

    def _owner(
        self, source: SourceFile, anchors: list[tuple[int, int, int]], index: int, place: int
    ) -> tuple[dict[int, list[str]], int]:
        column = place - source.starts[_line(source, place)]
        following = anchors[index] if index < len(anchors) else None
        if following is not None and following[2] >= column:
            return self._above, following[1]
        for _, value, at in reversed(anchors[:index]):
            if at <= column:
                return self._behind, value
        return self._above, (following or anchors[-1])[1]


def _line(source: SourceFile, place: int) -> int:
    return bisect_right(source.starts, place) - 1


def _comments(text: str, root: Node | None) -> Iterator[tuple[int, str]]:
    """Offset and text of each comment, without the mark."""
    if "#" not in text:
        return
    spans = sorted((each.span.start, each.span.end) for each in _scalars(root))
    starts = [start for start, _ in spans]
    at = 0
    while found := _COMMENT.search(text, at):
        start, at = found.span()
        index = bisect_right(starts, start) - 1
        if index >= 0 and start < spans[index][1]:
            first, end = spans[index]
            header = text[first] in "|>" and "\n" not in text[first:start]
            if not header:
                at = end
                continue
        yield start, found[0].lstrip("#").removeprefix(" ").rstrip()


def _scalars(node: Node | None) -> Iterator[Scalar]:
    stack = [node] if node is not None else []
    while stack:
        each = stack.pop()
        if isinstance(each, Scalar):
            yield each
        elif isinstance(each, Sequence):
            stack.extend(each.items)
        elif isinstance(each, Mapping):
            for key, value in each.entries:
                stack += [key, value]


def _anchors(root: Node, source: SourceFile) -> Iterator[tuple[int, int, int]]:
    """What comments may belong to: offset, offset of the value, column; of entries that of the key, of items the dash."""
    stack = [root]
    while stack:
        node = stack.pop()
        if isinstance(node, Mapping):
            for key, value in node.entries:
                start = key.span.start
                yield start, value.span.start, start - source.starts[_line(source, start)]
                stack.append(value)
        elif isinstance(node, Sequence):
            for item in node.items:
                start = item.span.start
                line = source.starts[_line(source, start)]
                dash = source.text.rfind("-", line, start)
                at = dash if dash >= 0 and not source.text[line:dash].strip() else start
                yield at, start, at - line
                stack.append(item)
