"""A stand-in for the services of Google: it gives tokens, keeps what it is asked, and answers by method and path."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from plugins.service import Answer, Asked, service_account, serving
from tasks.fake import task

ACCOUNT = service_account()


class Google:
    """`answers` has what is answered: a value, a list of values one after the other, or a function of the request."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.asked: list[Asked] = []
        self.answers: dict[tuple[str, str], Any] = {}

    def __call__(self, asked: Asked) -> Answer:
        if asked.path == "/token":
            return 200, {"access_token": "tok", "expires_in": 3600}
        assert asked.headers["authorization"] == "Bearer tok"
        self.asked.append(asked)
        key = (asked.method, unquote(urlsplit(asked.path).path))
        if key not in self.answers:
            return 404, {"error": {"code": 404, "message": f"no {key}"}}
        found = self.answers[key]
        if callable(found):
            found = found(asked)
        elif isinstance(found, list):
            found = found.pop(0) if len(found) > 1 else found[0]
        return found if isinstance(found, tuple) else (200, found)

    @property
    def steps(self) -> list[tuple[str, str]]:
        """Methods and paths of what was asked."""
        return [(each.method, unquote(urlsplit(each.path).path)) for each in self.asked]

    def query(self, number: int = -1) -> dict[str, list[str]]:
        return parse_qs(urlsplit(self.asked[number].path).query)


@contextmanager
def standing(monkeypatch: pytest.MonkeyPatch, **places: str) -> Iterator[Google]:
    """The stand-in; `places` are the addresses of modules, by names like `compute__ADDRESS`, below which it answers."""
    with serving() as service:
        found = Google(service.url)
        service.answer = found
        monkeypatch.setattr("flowrt.plugins.google.auth.TOKEN_ADDRESS", f"{service.url}/token")
        for place, path in places.items():
            name = place.replace("__", ".")
            monkeypatch.setattr(f"flowrt.plugins.google.{name}", f"{service.url}{path}")
        yield found


def made(kind: str, /, **properties: Any) -> Any:
    """A task of the account."""
    return task(kind, service_account=json.dumps(ACCOUNT), **properties)
