"""Locales: their names and week rules."""

from __future__ import annotations

from flowrt.java.errors import RawError


class Locale:
    """Names and week rules of a locale such as ``en_US``, ``fr`` or the empty root locale."""

    __slots__ = ("_table", "_week", "language", "region")

    def __init__(self, language: str, region: str) -> None:
        self.language = language
        self.region = region
        self._table: dict[str, str] | None = None
        self._week: tuple[int, int] | None = None

    def names(self, key: str) -> list[str]:
        return self.entry(key).split("|")

    def entry(self, key: str) -> str:
        if self._table is None:
            from flowrt.java.time.localenames import locale_table

            self._table = locale_table(self.language, self.region)
        return self._table[key]

    @property
    def week(self) -> tuple[int, int]:
        if self._week is None:
            from flowrt.java.time.localenames import week_rule

            self._week = week_rule(self.region)
        return self._week


DEFAULT_LOCALE = Locale("en", "US")

_locales: dict[str, Locale] = {"en_US": DEFAULT_LOCALE}


def locale_of(text: str) -> Locale:
    """``fr``, ``fr_FR``, ``pt-BR``, empty = root; raises RawError for other shapes."""
    found = _locales.get(text)
    if found is not None:
        return found
    parts = text.replace("-", "_").split("_")
    language, region = parts[0], parts[1] if len(parts) > 1 else ""
    language_ok = language.isascii() and language.islower() and len(language) in (2, 3)
    region_ok = (
        region.isascii() and (len(region) == 2 and region.isalpha() and region.isupper())
    ) or (len(region) == 3 and region.isdigit())
    if text and not (
        (language_ok or (not language and len(parts) > 1))
        and (region_ok or len(parts) == 1 or (len(parts) == 3 and not region and parts[2]))
        and len(parts) <= 3
    ):
        raise RawError(f"Invalid locale format: {text}")
    return _locales.setdefault(text, Locale(language, region))
