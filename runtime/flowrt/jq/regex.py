"""The regular expressions of jq (those of Oniguruma, read as Java's)."""

from typing import Any

from flowrt.java.errors import RawError
from flowrt.java.growth import checked
from flowrt.java.regex.patterns import Regex, compiled
from flowrt.jq.env import Argument, Env
from flowrt.jq.natives import expect, expect_argument
from flowrt.jq.paths import Emit, Path
from flowrt.jq.values import JqError, Unrescued


def _pattern(regex: str, flags: str | None) -> Regex:
    inline = ""
    for flag in flags or "":
        if flag not in "gimnpslx":
            raise JqError(f"{flags} is not a valid modifier string")
        inline += {"i": "iu", "x": "x", "m": "s", "p": "s"}.get(flag, "")
    # Oniguruma's ^ and $ work by line
    text = f"(?m{inline}){regex}"
    try:
        return compiled(text)
    except RawError as error:
        # of the library for patterns, not of jq: no `try` catches it
        raise Unrescued(error.message) from None


def match_impl(
    env: Env, args: list[Argument], v: Any, path: Path | None, emit: Emit, need: bool
) -> None:
    """`_match_impl(regex; flags; test)`: whether the input matches, or a list of its matches."""
    name = "_match_impl/3"
    expect(name, v, "string")
    text: str = v

    def with_test(test: Any) -> None:
        args[1](v, lambda flags: args[0](v, lambda regex: result(regex, flags, test)))

    def result(regex: Any, flags: Any, test: Any) -> None:
        expect_argument(name, 2, flags, "string", "null")
        expect_argument(name, 1, regex, "string")
        pattern = _pattern(regex, flags)
        found = pattern.spans(text)
        if "n" in (flags or ""):
            found = [match for match in found if match[0][0] != match[0][1]]
        if test:
            emit(bool(found), None)
            return
        if "g" not in (flags or ""):
            found = found[:1]
        elif found and found[-1][0] == (len(text), len(text)) and text:
            found.pop()  # the search does not start at the end of the text
        emit(
            [_match(pattern, text, spans) for spans in found for _ in range(_times(text, spans))],
            None,
        )

    args[2](v, with_test)


def _times(text: str, spans: list[tuple[int, int]]) -> int:
    # the search goes on by a byte after a match of no width, so one before a long character counts again
    start, end = spans[0]
    return len(text[start].encode("utf-8", "replace")) if start == end < len(text) else 1


def _match(pattern: Regex, text: str, spans: list[tuple[int, int]]) -> dict[str, Any]:
    (start, end), *groups = spans
    names = {number: name for name, number in pattern.names.items()}
    captures: list[Any] = []
    if start != end:
        for number, (low, high) in enumerate(groups, 1):
            captures.append(
                {
                    "offset": low,
                    "length": high - low,
                    "string": text[low:high] if low >= 0 else None,
                    "name": names.get(number),
                }
            )
    return {
        "offset": start,
        "length": end - start,
        "string": text[start:end],
        "captures": captures,
    }


def sub_impl(
    env: Env, args: list[Argument], v: Any, path: Path | None, emit: Emit, need: bool
) -> None:
    """`_sub_impl(regex; replacement; flags)`."""
    name = "_sub_impl/3"
    expect(name, v, "string")
    text: str = v

    def result(regex: Any, flags: Any) -> None:
        expect_argument(name, 1, regex, "string")
        expect_argument(name, 3, flags, "string")
        pattern = _pattern(regex, flags)
        pieces: list[Any] = []
        offset = 0
        for spans in pattern.spans(text):
            (start, end), *groups = spans
            if start == end == offset and start == len(text) and offset:
                break
            if "g" in flags and start == end != len(text):
                raise JqError("A match of no width cannot be replaced everywhere")
            pieces.append(text[offset:start])
            pieces.append(
                {
                    name: text[slice(*groups[number - 1])] if groups[number - 1][0] >= 0 else None
                    for name, number in pattern.names.items()
                }
            )
            offset = end
            if "g" not in flags or offset == len(text):
                break
        pieces.append(text[offset:])
        _joined(pieces, len(pieces) - 1, "")

    def _joined(pieces: list[Any], index: int, tail: str) -> None:
        if index < 0:
            emit(tail, None)
        elif isinstance(pieces[index], str):
            _joined(pieces, index - 1, checked(pieces[index] + tail))
        else:
            args[1](pieces[index], lambda new: _joined(pieces, index - 1, _as_text(new) + tail))

    args[0](v, lambda regex: args[2](v, lambda flags: result(regex, flags)))


def _as_text(value: Any) -> str:
    """Jackson's `asText`: containers have none."""
    from flowrt.java.printing import text_of

    if isinstance(value, (list, dict)):
        return ""
    return text_of(value)
