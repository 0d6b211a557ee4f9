"""Dates in every letter of a pattern, units to add, texts to read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

VARIABLES: dict[str, Any] = {
    "a": "2024-01-02T03:04:05.123456789Z",
    "b": "1969-12-31T23:59:59Z",
    "c": "2023-06-30T12:00:00+02:00",
    "d": "2024-12-30",
    "e": "-0005-03-01T00:00:00Z",
    "g": "2024-03-31T00:30:00Z",
}

_LETTERS = "GuyDMLdQqYwWEecFBahKkHmsSAnNVvzOXxZpgrtiIjJ"
_NAMES_OF_ZONES = "vz"
"""Letters that show names of zones, which are English here in every language."""
_PATTERNS = (
    "yyyy-MM-dd'T'HH:mm:ss[.SSS]", "[yyyy][MM]", "''", "'a''b'", "yyyy#", "{y}", "y.M",
    "EEE, d MMM yyyy HH:mm:ss Z", "h 'o''clock' a, zzzz", "pppH", "ppH:mm", "yyyyMMddHHmmssSSS",
    "YYYY-'W'ww-e", "QQQ yyyy", "iso", "iso_date_time", "iso_local_date", "full", "long", "medium", "short",
    "sql_milli_tz", "sql_seconds_tz", "iso_milli", "iso_sec", "iso_zoned_date_time", "sql_nano", "sql_micro",
    "iso_ordinal_date", "iso_week_date", "rfc_1123_date_time", "basic_iso_date", "iso_instant", "ISO",
    "iso_time", "sql_milli", "sql_seconds", "iso_date", "'", "[", "]", "[[y]]", "y]", "yyyyy", "B", "bbb",
    "MMMMM LLLLL",
)  # fmt: skip
_UNITS = (
    "NANOS", "MICROS", "MILLIS", "SECONDS", "MINUTES", "HOURS", "HALF_DAYS", "DAYS", "WEEKS", "MONTHS", "YEARS",
    "DECADES", "CENTURIES", "MILLENNIA", "FOREVER", "days", "Days", "DAY", "",
)  # fmt: skip
_AMOUNTS = ("1", "-1", "31", "0", "'2'", "'x'", "1.9")
_TEXTS = (
    ("02/01/2024", "dd/MM/yyyy"), ("2/1/24", "d/M/yy"), ("20240102030405", "yyyyMMddHHmmss"),
    ("Jan 2, 2024", "MMM d, yyyy"), ("January 2, 2024", "MMMM d, yyyy"),
    ("2024-01-02 03:04 PM", "yyyy-MM-dd hh:mm a"), ("2024-01-02 15:04 PM", "yyyy-MM-dd hh:mm a"),
    ("2024-001", "yyyy-DDD"), ("2024-W01-2", "YYYY-'W'ww-e"),
    ("2024-01-02T03:04:05+0200", "yyyy-MM-dd'T'HH:mm:ssZ"),
    ("2024-01-02T03:04:05+02:00", "yyyy-MM-dd'T'HH:mm:ssXXX"),
    ("2024-01-02T03:04:05 Europe/Paris", "yyyy-MM-dd'T'HH:mm:ss VV"),
    ("2024-01-02T03:04:05 CET", "yyyy-MM-dd'T'HH:mm:ss z"), ("1704164645", "s"), ("03:04", "HH:mm"),
    ("2024-01", "yyyy-MM"), ("2024", "yyyy"), ("Tue, 2 Jan 2024 03:04:05 GMT", "EEE, d MMM yyyy HH:mm:ss z"),
    ("2024-01-02", "uuuu-MM-dd"), ("2024-02-30", "yyyy-MM-dd"), ("2024-01-02 24:00", "yyyy-MM-dd HH:mm"),
    ("2024-01-02 24:00", "yyyy-MM-dd kk:mm"), ("Mon, 2 Jan 2024", "EEE, d MMM yyyy"), ("2.1.2024", "d.M.yyyy"),
    ("20240102", "yyyyMMdd"), ("240102", "yyMMdd"), ("2024-01-02T03:04:05.123", "yyyy-MM-dd'T'HH:mm:ss.SSS"),
    ("2024-01-02T03:04:05.1", "yyyy-MM-dd'T'HH:mm:ss.SSS"),
    ("2024-01-02T03:04:05", "yyyy-MM-dd'T'HH:mm:ss[.SSS]"), ("AD 2024-01-02", "G yyyy-MM-dd"),
    ("2024 Q1", "yyyy QQQ"), ("x", "yyyy"), ("", "yyyy"), ("2024-1-2", "yyyy-M-d"),
    ("2024-01-02Z", "yyyy-MM-ddX"), ("2024-01-02 3", "yyyy-MM-dd H"), ("2024-01-02 3 AM", "yyyy-MM-dd K a"),
    ("12/31/1999 23:59:59", "MM/dd/yyyy HH:mm:ss"),
)  # fmt: skip
"""Texts, and the patterns by which they are read."""


def _shown() -> Iterator[str]:
    for letter in _LETTERS:
        for count in range(1, 8):
            pattern = letter * count
            for date in ("a", "b", "e"):
                yield f"{date} | date('{pattern}')"
            yield f"c | date('{pattern}', timeZone='America/New_York')"
            yield f"d | date('{pattern}', locale='fr')"
            if letter not in _NAMES_OF_ZONES:
                yield f"a | date('{pattern}', locale='ja', timeZone='Asia/Tokyo')"
                yield f"g | date('{pattern}', locale='de-DE', timeZone='Europe/Paris')"
    for pattern in _PATTERNS:
        for date in VARIABLES:
            yield f'{date} | date("{pattern}")'
            yield f'{date} | date("{pattern}", timeZone="Asia/Kolkata", locale="en-GB")'


def _added() -> Iterator[str]:
    for unit in _UNITS:
        for amount in _AMOUNTS:
            for date in ("a", "c", "d", "g"):
                yield f"{date} | dateAdd({amount}, '{unit}')"
        yield f"g | dateAdd(1, '{unit}', timeZone='Europe/Paris')"
        yield f"g | dateAdd(3, '{unit}', timeZone='Europe/Paris', format='yyyy-MM-dd HH:mm z')"


def _read() -> Iterator[str]:
    for text, pattern in _TEXTS:
        given = f'existingFormat="{pattern}"'
        yield f'"{text}" | date("iso", {given})'
        yield f'"{text}" | date("yyyy-MM-dd HH:mm:ss XXX", {given})'
        yield f'"{text}" | timestamp({given})'
        yield f'"{text}" | timestampMilli({given}, timeZone="Europe/Paris")'
        yield f'"{text}" | dateAdd(1, "DAYS", {given})'
        yield f'"{text}" | date("iso", {given}, locale="fr")'


def templates() -> Iterator[str]:
    """All templates, some more than once."""
    for make in (_shown, _added, _read):
        yield from (f"{{{{ {each} }}}}" for each in make())
