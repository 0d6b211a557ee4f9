"""Long f-strings over several lines, as adjacent literals."""

from __future__ import annotations

from collections.abc import Iterator

from flowc.gen.python.layout import INDENT, WIDTH, Doc


class FormatText(Doc):
    """An f-string: whole where it fits, else cut behind line ends and between its parts."""

    __slots__ = ("source",)

    def __init__(self, source: str) -> None:
        self.source = source
        self.flat = source

    def lines(self, indent: str, room: int) -> list[str]:
        inner = indent + INDENT
        if len(self.source) <= room:
            return [self.source]
        if len(self.source) <= WIDTH - len(inner):
            return ["(", inner + self.source, indent + ")"]
        head, mark, body = self.source[0], self.source[1], self.source[2:-1]
        limit = WIDTH - len(inner) - len(head) - 2
        texts = [head + _marked(piece, mark) for piece in _pieces(body, limit)]
        if len(texts) == 1:
            return [self.source]
        return ["(", *(inner + text for text in texts), indent + ")"]


def _marked(piece: str, mark: str) -> str:
    """A piece between quotation marks; one without fields takes those that need fewer escapes."""
    if "{" in piece.replace("{{", "").replace("}}", ""):
        return f"{mark}{piece}{mark}"
    text = piece.replace(f"\\{mark}", mark)
    best = "'" if text.count('"') > text.count("'") else '"'
    return best + text.replace(best, f"\\{best}") + best


def widest(source: str) -> int:
    """The width of the longest part of an f-string that stays whole."""
    return max(map(len, _parts(source[2:-1])), default=0)


def _pieces(body: str, limit: int) -> Iterator[str]:
    """The body in pieces: each ends behind a line end, or where the next part would exceed the limit."""
    piece = ""
    for part in _parts(body):
        if piece and len(piece) + len(part) > limit:
            yield piece
            piece = ""
        piece += part
        if part.endswith("\\n"):
            yield piece
            piece = ""
    if piece:
        yield piece


def _parts(body: str) -> Iterator[str]:
    """Words with the space behind them, line ends, and fields, in order; joined they are the body."""
    start = at = 0
    while at < len(body):
        char = body[at]
        if char == "\\":
            at += 2
            if body[at - 1] == "n":
                yield body[start:at]
                start = at
            elif body[at - 1] == "N":
                at = body.index("}", at) + 1
        elif char in "{}" and body[at : at + 2] == char * 2:
            at += 2
        elif char == "{":
            if start < at:
                yield body[start:at]
            end = _field_end(body, at)
            yield body[at:end]
            start = at = end
        else:
            at += 1
            if char == " ":
                yield body[start:at]
                start = at
    if start < len(body):
        yield body[start:]


def _field_end(body: str, at: int) -> int:
    """Where the field that begins at a brace is over; quotation marks and brackets in it are minded."""
    depth = 0
    quote = ""
    while at < len(body):
        char = body[at]
        if quote:
            if char == "\\":
                at += 1
            elif char == quote:
                quote = ""
        elif char in "'\"":
            quote = char
        elif char in "{[(":
            depth += 1
        elif char in "}])":
            depth -= 1
            if depth == 0:
                return at + 1
        at += 1
    return at
