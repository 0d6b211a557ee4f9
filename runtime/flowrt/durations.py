"""ISO 8601 durations as numbers, without any import."""

from __future__ import annotations

SECOND = 1_000_000_000
"""Nanoseconds."""

_UNITS = {"D": 86_400, "H": 3_600, "M": 60, "S": 1}


def parse_duration(text: str) -> int:
    """Nanoseconds of an ISO duration (`PT5M`, `P1DT2H`, `-PT0.5S`) or of a number of seconds.

    Raises ValueError, worded as Java words it, for any other text.
    """
    source = text.strip()
    rest = source.upper()
    sign = 1
    if rest[:1] in ("-", "+"):
        sign = -1 if rest[0] == "-" else 1
        rest = rest[1:]
    if not rest.startswith("P") or len(rest) < 3:
        try:
            return round(float(source) * SECOND)
        except ValueError:
            raise ValueError(f"Text '{text}' cannot be parsed to a Duration") from None
    total = 0
    number = ""
    in_time = False
    units = "DHMS"
    for char in rest[1:]:
        if char == "T" and not in_time and not number:
            in_time = True
        elif char.isdigit() or char in ".,-+":
            number += "." if char == "," else char
        elif char in units and number and (char == "D") != in_time:
            units = units[units.index(char) + 1 :]
            try:
                if char == "S" and "." in number:
                    whole, _, fraction = number.partition(".")
                    nanos = int((fraction + "000000000")[:9])
                    negative = whole.startswith("-")
                    amount = abs(int(whole or "0")) * SECOND + nanos
                    total += -amount if negative else amount
                else:
                    total += int(number) * _UNITS[char] * SECOND
            except ValueError:
                raise ValueError(f"Text '{text}' cannot be parsed to a Duration") from None
            number = ""
        else:
            raise ValueError(f"Text '{text}' cannot be parsed to a Duration")
    if number or rest.endswith(("P", "T")):
        raise ValueError(f"Text '{text}' cannot be parsed to a Duration")
    return sign * total


def iso_duration(nanos: int) -> str:
    """The ISO text of a duration, as Java prints it: hours are the largest unit."""
    if nanos == 0:
        return "PT0S"
    sign = "-" if nanos < 0 else ""
    seconds, fraction = divmod(abs(nanos), SECOND)
    hours, seconds = divmod(seconds, 3600)
    minutes, seconds = divmod(seconds, 60)
    text = "PT"
    if hours:
        text += f"{sign}{hours}H"
    if minutes:
        text += f"{sign}{minutes}M"
    if seconds or fraction:
        tail = f".{fraction:09d}".rstrip("0") if fraction else ""
        text += f"{sign}{seconds}{tail}S"
    return text


def clock_text(nanos: int) -> str:
    """`HH:mm:ss.SSS`, as in the message of a timeout."""
    millis = nanos // 1_000_000
    seconds, millis = divmod(millis, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}.{millis:03d}"
