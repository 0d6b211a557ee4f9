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
                raise _broken("No character to escape", pattern, index - 1)
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
            index = _class(pattern, index, out)
        elif char == "{":
            if group:
                raise _broken("Cannot nest groups", pattern, index - 1)
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
        raise _broken("Missing '}", pattern, len(pattern) - 1)
    return re.compile("".join(out), re.DOTALL)


def _class(pattern: str, index: int, out: list[str]) -> int:
    """Translate a class of characters, from behind its bracket; the place behind it. Raises PatternError."""
    inside = ["(?!/)["]
    if pattern.startswith("^", index):
        inside.append(r"\^")
        index += 1
    else:
        if pattern.startswith("!", index):
            inside.append("^")
            index += 1
        if pattern.startswith("-", index):
            inside.append(r"\-")
            index += 1
    char, last, ranges = "", "", False
    while index < len(pattern):
        char = pattern[index]
        index += 1
        if char == "]":
            break
        if char == "/":
            raise _broken("Explicit 'name separator' in class", pattern, index - 1)
        if char != "-":
            inside.append(re.escape(char))
            last, ranges = char, True
            continue
        if not ranges:
            raise _broken("Invalid range", pattern, index - 1)
        char = pattern[index : index + 1]
        index += 1
        if char in ("", "]"):
            inside.append(r"\-")
            break
        if char < last:
            raise _broken("Invalid range", pattern, index - 3)
        inside.append(f"-{re.escape(char)}")
        ranges = False
    if char != "]":
        raise _broken("Missing ']", pattern, index - 1)
    out.append("".join(inside) + "]" if len(inside) > 1 else "(?!)")
    return index


def _broken(what: str, pattern: str, index: int) -> PatternError:
    """In the words of Java, with a mark below the place."""
    mark = f"\n{' ' * index}^" if index < len(pattern) else ""
    return PatternError(f"{what} near index {index}\n{pattern}{mark}")


def matcher(patterns: Iterable[str], base: str | None = None) -> Predicate:
    """Whether a path matches any pattern.

    With a `base` folder patterns are relative to it. Without, a pattern that starts with a word character matches at
    any depth. A pattern that starts with `glob:` or `regex:` is used as it is.
    """
    found = [_matching(pattern, base) for pattern in patterns]
    return lambda path: any(matches(path) for matches in found)


def _matching(pattern: str, base: str | None) -> Callable[[str], object]:
    if not pattern.startswith("regex:"):
        return _compile(pattern, base).fullmatch
    from flowrt.java.errors import RawError
    from flowrt.java.regex.patterns import compiled

    try:
        return compiled(pattern[6:]).matches
    except RawError as error:
        raise PatternError(error.message) from None


def _compile(pattern: str, base: str | None) -> re.Pattern[str]:
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
