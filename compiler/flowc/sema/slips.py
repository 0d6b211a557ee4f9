"""Slips in expressions that are made again and again: what was meant, in plain words."""

from __future__ import annotations

import re
from typing import NamedTuple


class Slip(NamedTuple):
    """A mistake that is recognised: `start` and `end` of what is wrong in the text, and what to put there."""

    message: str
    hint: str
    start: int
    end: int
    instead: str


_OTHER_LANGUAGE = re.compile(r"\{\{\s*[.$-][^{}\n]*\}\}")


def slip(text: str, offset: int) -> Slip | None:
    """What was meant where the parser stopped; None for a mistake that is not one of these."""
    rest = text[offset:]
    if text[offset - 2 : offset] == "{#":
        return _raw("`{#` begins a comment that is never closed", text, offset - 2, offset)
    if rest.startswith("&&"):
        return Slip(
            "`&&` is not an operator of expressions", "write `and`", offset, offset + 2, "and"
        )
    if rest.startswith("|") and text[offset - 1 : offset] == "|":
        message = "`||` is not an operator of expressions"
        return Slip(message, "write `or`", offset - 1, offset + 1, "or")
    if rest.startswith("!") and not rest.startswith("!="):
        return Slip(
            "`!` is not an operator of expressions", "write `not`", offset, offset + 1, "not "
        )
    if rest.startswith("=") and text[offset - 1 : offset] not in ("=", "!", "<", ">"):
        return Slip("`=` does not compare", "write `==`", offset, offset + 1, "==")
    opened = text.rfind("{{", 0, offset + 1)
    found = _OTHER_LANGUAGE.match(text, opened) if opened >= 0 else None
    if found is not None:
        message = f"`{found[0]}` is a template of another program, which Kestra takes for its own"
        return _raw(message, text, found.start(), found.end())
    return None


def _raw(message: str, text: str, start: int, end: int) -> Slip:
    instead = f"{{% raw %}}{text[start:end]}{{% endraw %}}"
    return Slip(message, f"if it is meant as it stands, write `{instead}`", start, end, instead)
