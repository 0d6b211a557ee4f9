"""Look-behinds: those of Python have one width, those of Java may have several."""

from __future__ import annotations

import re

LOOKS_BEHIND = ("(?<=", "(?<!")
_PIECE = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|.", re.S)
"""An escape, a class of characters, or a character of a translated pattern."""


def behind(opening: str, body: str) -> str:
    """A look-behind. Those of Python have one width, so each alternative has its own: one is there, or none of them."""
    each = [f"{opening}{alternative})" for alternative in _alternatives(body)]
    if len(each) == 1 or opening == "(?<!":
        return "".join(each)
    return f"(?:{'|'.join(each)})"


def _alternatives(pattern: str) -> list[str]:
    """The alternatives of a translated pattern."""
    found, depth = [""], 0
    for piece in _PIECE.findall(pattern):
        depth += (piece == "(") - (piece == ")")
        if piece == "|" and not depth:
            found.append("")
        else:
            found[-1] += piece
    return found
