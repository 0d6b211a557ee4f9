"""Hiding secrets in texts: as they are, and in the forms in which programs and protocols print them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

MASK = "******"
SHORTEST = 3
"""Texts with fewer characters are not hidden: they stand everywhere."""
SHORT = 6
"""Texts with fewer characters are hidden only where they stand alone, never inside of words."""
JSON_IN_JSON = 3
"""How deep JSON stands as a text in JSON when a secret in it is hidden."""
SHORTEST_PART = 8
"""Parts of base64 with fewer characters are not hidden."""


class Masks:
    """Texts that no log may show."""

    def __init__(self) -> None:
        self._secrets: set[str] = set()
        self._forms: dict[str, bool] = {}
        """Whether each is hidden inside of words, too."""
        self._by_start: dict[str, list[str]] = {}
        """The forms that begin alike, the longest first."""
        self._start: re.Pattern[str] | None = None
        self.told: Callable[[str], None] | None = None
        """Gets each text that is new."""

    def __bool__(self) -> bool:
        return bool(self._forms)

    def add(self, text: str) -> None:
        """Hide a text from now on, its lines, and what becomes of each in base64, JSON, addresses and shells."""
        if text in self._secrets:
            return
        self._secrets.add(text)
        if self.told is not None:
            self.told(text)
        for each in {text, text.strip(), *map(str.strip, text.splitlines())}:
            if len(each) >= SHORTEST:
                anywhere = len(each) >= SHORT
                for form in forms(each):
                    self._forms[form] = self._forms.get(form, False) or anywhere
        self._start = None

    def by_words(self) -> Masks:
        """What hides each word of these texts, too: a reader tells the word that it cannot read."""
        found = Masks()
        for text in self._secrets:
            for each in (text, *re.findall(r"\w+", text)):
                found.add(each)
        return found

    def hide(self, message: str) -> str:
        """The message without the secrets."""
        if not self._forms:
            return message
        start = self._start or self._starts()
        parts: list[str] = []
        done = 0
        found = start.search(message)
        while found is not None:
            at = found.start()
            length = self._length_at(message, at)
            if length:
                parts += message[done:at], MASK
                done = at + length
            found = start.search(message, at + (length or 1))
        return "".join(parts) + message[done:]

    def _starts(self) -> re.Pattern[str]:
        """The pattern of how forms begin: one of whole forms would take minutes where secrets are files."""
        by_start = self._by_start = {}
        for form in sorted(self._forms, key=len, reverse=True):
            by_start.setdefault(form[:SHORTEST], []).append(form)
        self._start = re.compile(_any_of(list(by_start)))
        return self._start

    def _length_at(self, message: str, at: int) -> int:
        """How long the secret is that stands there; 0 for none."""
        for form in self._by_start[message[at : at + SHORTEST]]:
            if message.startswith(form, at):
                end = at + len(form)
                if self._forms[form] or not (_in_word(message, at - 1) or _in_word(message, end)):
                    return len(form)
        return 0


def _in_word(text: str, at: int) -> bool:
    return 0 <= at < len(text) and (text[at].isalnum() or text[at] == "_")


def _any_of(texts: list[str]) -> str:
    """The pattern of several texts of the same length, those that begin alike together."""
    if len(texts[0]) == 1:
        return f"[{''.join(map(re.escape, texts))}]"
    rests: dict[str, list[str]] = {}
    for text in texts:
        rests.setdefault(text[0], []).append(text[1:])
    each = (f"{re.escape(first)}{_any_of(found)}" for first, found in rests.items())
    return f"(?:{'|'.join(each)})"


def forms(text: str) -> set[str]:
    """A text and the ways in which it is commonly printed."""
    import json
    from html import escape
    from shlex import quote as shell_quoted
    from urllib.parse import quote, quote_plus

    from flowrt.java.uri import form_encoded

    try:
        data = text.encode()
    except UnicodeEncodeError:  # half a surrogate pair
        return {text}
    found = {text, data.hex(), data.hex().upper(), *_base64(data)}
    for ascii_only in (True, False):
        within = text
        for _ in range(JSON_IN_JSON):
            within = json.dumps(within, ensure_ascii=ascii_only)[1:-1]
            found.add(within)
    addresses = {quote(text, safe=""), quote(text), quote_plus(text), form_encoded(text)}
    addresses |= {quote(each, safe="") for each in addresses} | {
        form_encoded(each) for each in addresses
    }
    found |= addresses | {_ESCAPED.sub(lambda each: each[0].lower(), form) for form in addresses}
    found.add(shell_quoted(text)[1:-1] if shell_quoted(text) != text else text)
    found.add(repr(text)[1:-1])
    found |= {escape(text, quote=False), escape(text), escape(text).replace("&#x27;", "&#39;")}
    return found


_ESCAPED = re.compile("(?:%[0-9A-F]{2})+")


def _base64(data: bytes) -> set[str]:
    """The base64 form, and the part of it that is the same wherever the data stands in something longer."""
    from base64 import b64encode

    found = {b64encode(data).decode()}
    for before in range(3):
        whole = b64encode(b"\0" * before + data)
        # characters at the ends hold bits of what stands before and behind
        first = -(-before * 8 // 6)
        last = (before + len(data)) * 8 // 6
        part = whole[first:last].decode()
        if len(part) >= SHORTEST_PART:
            found.add(part)
    return found | {form.replace("+", "-").replace("/", "_") for form in found}
