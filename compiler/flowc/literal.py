"""The one way from user data to Python source."""

from typing import Any


def literal(value: Any, quote: str = '"') -> str:
    """Python source that evaluates to `value` (text, numbers, booleans, None, lists, maps).

    `quote` is the quotation mark to prefer for texts. Raises TypeError for any other kind.
    """
    if value is None or value is True or value is False:
        return repr(value)
    if isinstance(value, str):
        return _text(str.__str__(value), quote)
    if isinstance(value, int):
        return int.__repr__(value)
    if isinstance(value, float):
        number = float.__repr__(value)
        return f"float({_text(number, quote)})" if number in ("nan", "inf", "-inf") else number
    if isinstance(value, dict):
        entries = (f"{literal(k, quote)}: {literal(v, quote)}" for k, v in value.items())
        return "{" + ", ".join(entries) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(literal(item, quote) for item in value) + "]"
    raise TypeError(f"no literal for a value of type {type(value).__name__}")


def _text(text: str, quote: str) -> str:
    """A string literal; the other quotation mark where that saves escapes (as black does)."""
    other = "'" if quote == '"' else '"'
    mark = quote
    if quote in text:
        fewer = text.count(quote) > text.count(other) if quote == '"' else other not in text
        mark = other if fewer else quote
    return f"{mark}{quoted_body(text, mark)}{mark}"


def quoted_body(text: str, mark: str) -> str:
    """What stands between two quotation marks of a kind for a text."""
    return "".join(_escaped(char, mark) for char in text)


_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _escaped(char: str, mark: str) -> str:
    if char == mark:
        return "\\" + char
    if char in _ESCAPES:
        return _ESCAPES[char]
    if char.isprintable() and not "\ud800" <= char <= "\udfff":
        return char
    code = ord(char)
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def block_literal(text: str, indent: str, width: int) -> list[str] | None:
    """The lines of a literal between triple quotation marks for `flowrt.expressions.text_block`, which takes the indent away again.

    The first line is the opening marks, the others are complete. A line that is wider than `width` goes on in the next
    one behind a blank. None where the text cannot be written so: it has one line, its lines have an indent in common
    that nothing would show, or it ends lines in the way that continues them.
    """
    from flowrt.expr.texts import GOES_ON, text_block

    if "\n" not in text or GOES_ON in text or text.endswith(GOES_ON[:-1]):
        return None
    raw = "\\" in text and all(_stands_raw(line) for line in text.split("\n"))
    lines = [f'{"r" if raw else ""}"""']
    texts = text.split("\n")
    for number, line in enumerate(texts, 1):
        written = line if raw else _inside_block(line)
        # behind the last line stand the marks, and perhaps a comma
        room = width - len(indent) - (_CLOSING if number == len(texts) else 0)
        pieces = _cut(written, room)
        lines += [f"{indent}{piece}" if piece else "" for piece in pieces]
    if not raw and lines[-1].endswith('"'):
        lines[-1] = lines[-1][:-1] + '\\"'  # it would belong to the closing marks
    lines[-1] = (lines[-1] or indent) + '"""'
    source = "\n".join(lines)
    return lines if text_block(_evaluated(source)) == text else None


_CLOSING = len('""",')


def _evaluated(source: str) -> str:
    from ast import literal_eval

    try:
        return str(literal_eval(source))
    except (SyntaxError, ValueError):
        return ""


def _stands_raw(line: str) -> bool:
    return '"""' not in line and line == line.rstrip(" ") and (line.isprintable() or not line)


def _inside_block(line: str) -> str:
    """A line so that it stands for itself between triple quotation marks; a blank at its end is made visible."""
    body = "".join(_escaped(char, "") for char in line).replace('"""', '\\"\\"\\"')
    return body[:-1] + "\\x20" if body.endswith(" ") else body


def _cut(line: str, room: int) -> list[str]:
    """A line in pieces that fit, cut behind blanks and marked as going on."""
    from flowrt.expr.texts import GOES_ON

    mark = GOES_ON[:-1]
    pieces = []
    while len(line) > room:
        at = line.rfind(" ", 1, room - 1) + 1
        if not line[:at].strip():
            at = line.find(" ", room - 1) + 1
            if not at or not line[at:]:
                break
        pieces.append(line[:at] + mark)
        line = line[at:]
    return [*pieces, line]
