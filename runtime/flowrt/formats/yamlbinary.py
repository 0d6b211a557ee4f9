"""Bytes in YAML (`!!binary`): base64 as Jackson reads it.

Four characters are a unit, padded where it is the last; white space stands between units only, and units may follow
a padded one.
"""

from __future__ import annotations

import re

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_VALUES = {letter: value for value, letter in enumerate(_LETTERS)}
_GAP = re.compile(r"[\0- ]*")
_NO_PADDING = (
    "Unexpected end of base64-encoded String: base64 variant 'MIME' expects padding (one or more '=' characters) "
    "at the end. This Base64Variant might have been incorrectly configured"
)


def decode(text: str) -> bytes:
    """The bytes of a text. Raises ValueError, in Jackson's words."""
    found = bytearray()
    at = 0
    while (at := _GAP.match(text, at).end()) < len(text):  # type: ignore[union-attr]
        unit = text[at : at + 4]
        bits = padding = 0
        for place, letter in enumerate(unit):
            value = _VALUES.get(letter)
            if padding:
                if letter != "=":
                    raise ValueError(_illegal(letter, place) + ": expected padding character '='")
                padding += 1
            elif letter == "=" and place > 1:
                padding = 1
            elif value is None:
                raise ValueError(_illegal(letter, place))
            bits = bits << 6 | (value or 0)
        if len(unit) < 4:
            raise ValueError(_NO_PADDING)
        found += bits.to_bytes(3, "big")[: 3 - padding]
        at += 4
    return bytes(found)


def _illegal(letter: str, place: int) -> str:
    code = f"(code 0x{ord(letter):x})"
    unit = f"as character #{place + 1} of 4-char base64 unit"
    if letter <= " ":
        return f"Illegal white space character {code} {unit}: can only used between units"
    if letter == "=":
        return (
            f"Unexpected padding character ('=') {unit}: padding only legal as 3rd or 4th character"
        )
    if 0x7F <= ord(letter) < 0xA0:
        return f"Illegal character {code} in base64 content"
    return f"Illegal character '{letter}' {code} in base64 content"
