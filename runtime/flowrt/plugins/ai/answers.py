"""Answers of servers that speak a protocol of JSON: what they must be made of, and what is said of others."""

from __future__ import annotations

from typing import Any

from flowrt.formats.jsonwrite import to_json
from flowrt.model.failures import TaskFailure
from flowrt.plugins.web import SHOWN


class JsonProtocol:
    """What a service speaks. The parts of an answer are read by what they must be; null is an empty one."""

    __slots__ = ("_name", "_service")

    def __init__(self, service: str, name: str) -> None:
        self._service = service
        self._name = name

    def broken(self, found: Any) -> TaskFailure:
        """What is raised for something that the protocol does not have there."""
        shown = found if isinstance(found, str) else to_json(found)
        return TaskFailure(
            f"{self._service} answered with what is no answer of {self._name}: {shown[:SHOWN]}"
        )

    def mapping(self, found: Any) -> dict[str, Any]:
        """A map. Raises TaskFailure."""
        if found is None:
            return {}
        if not isinstance(found, dict):
            raise self.broken(found)
        return found

    def listing(self, found: Any) -> list[dict[str, Any]]:
        """A list of maps. Raises TaskFailure."""
        if found is None:
            return []
        if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
            raise self.broken(found)
        return found

    def text(self, found: Any) -> str:
        """A text. Raises TaskFailure."""
        if found is None:
            return ""
        if not isinstance(found, str):
            raise self.broken(found)
        return found

    def flag(self, found: Any) -> bool:
        """Yes or no. Raises TaskFailure."""
        if found is not None and not isinstance(found, bool):
            raise self.broken(found)
        return bool(found)
