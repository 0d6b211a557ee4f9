"""Path patterns as Java's file systems match them (`glob:` and `regex:`)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache

Predicate = Callable[[str], bool]


class PatternError(ValueError):
    """A pattern that cannot be compiled."""


@lru_cache(maxsize=256)
def compile_glob(pattern: str) -> re.Pattern[str]:
    """A glob over whole paths: `*` and `?` stop at `/`, `**` does not; `[abc]`, `[!a-c]`, `{a,b}` work.

    Raises PatternError.
    """
    out: list[str] = []
    index, group = 0, False
    while index < len(pattern):
        char = pattern[index]
        index += 1
        if char == "\\":
            if index == len(pattern):
                raise PatternError(f"No character to escape near index {index - 1}\n{pattern}")
            out.append(re.escape(pattern[index]))
            index += 1
        elif char == "*":
            if pattern.startswith("*", index):
                out.append(".*")
                index += 1
            else:
                out.append("[^/]*")
        elif char == "?":
            out.append("[^/]")
        elif char == "[":
            end = pattern.find("]", index + 1)
            if end < 0:
                raise PatternError(f"Missing ']' near index {len(pattern) - 1}\n{pattern}")
            inside = pattern[index:end]
            negated = inside.startswith("!")
            inside = inside[1:] if negated else inside
            inside = re.sub(r"([\\\[\]^&~|])", r"\\\1", inside)
            out.append(f"(?!/)[{'^' if negated else ''}{inside}]")
            index = end + 1
        elif char == "{":
            if group:
                raise PatternError(f"Cannot nest groups near index {index - 1}\n{pattern}")
            out.append("(?:")
            group = True
        elif char == "}" and group:
            out.append(")")
            group = False
        elif char == "," and group:
            out.append("|")
        else:
            out.append(re.escape(char))
    if group:
        raise PatternError(f"Missing '}}' near index {len(pattern) - 1}\n{pattern}")
    try:
        return re.compile("".join(out), re.DOTALL)
    except re.error as error:
        raise PatternError(f"{error} in pattern {pattern}") from None


def matcher(patterns: Iterable[str], base: str | None = None) -> Predicate:
    """Whether a path matches any pattern.

    With a `base` folder patterns are relative to it. Without, a pattern that starts with a word character matches at
    any depth. A pattern that starts with `glob:` or `regex:` is used as it is.
    """
    compiled = [_compile(pattern, base) for pattern in patterns]
    return lambda path: any(pattern.fullmatch(path) for pattern in compiled)


def _compile(pattern: str, base: str | None) -> re.Pattern[str]:
    if pattern.startswith("regex:"):
        try:
            return re.compile(pattern[6:])
        except re.error as error:
            raise PatternError(f"{error} in pattern {pattern[6:]}") from None
    if pattern.startswith("glob:"):
        return compile_glob(pattern[5:])
    pattern = pattern.replace("\\", "/")
    if base is not None:
        return compile_glob(base + (pattern if pattern.startswith("/") else f"/{pattern}"))
    return compile_glob(f"**/{pattern}" if re.match(r"\w", pattern, re.ASCII) else pattern)


def selection(include: list[str] | None, exclude: list[str] | None) -> Predicate:
    """Paths that match `include` (all of them when it is empty) and not `exclude`."""
    wanted = matcher(include) if include else None
    unwanted = matcher(exclude) if exclude else None
    return lambda path: (wanted is None or wanted(path)) and not (unwanted and unwanted(path))


def escape_glob(path: str) -> str:
    """A path as a glob that matches it alone."""
    return re.sub(r"([\\*?\[\]{}])", r"\\\1", path)
