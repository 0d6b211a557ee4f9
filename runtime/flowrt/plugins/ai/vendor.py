"""What the tasks of one service each share: a request in JSON, and outputs out of its answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrt.model.declare import (
    ANY,
    STRING,
    Declared,
    enum,
    prop,
)
from flowrt.model.failures import TaskFailure
from flowrt.model.task import Task
from flowrt.plugins.ai.chat import Message, number
from flowrt.plugins.ai.completion import ROLES

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Text

MESSAGE_TYPES = enum("SYSTEM", "AI", "USER")


class VendorTask(Task):
    """A request in JSON, and outputs out of its answer."""

    async def run(self, run: RunContext) -> dict[str, Any]:
        found: dict[str, Any] = await run.in_thread(lambda: self._work(run))
        return found

    def _work(self, run: RunContext) -> dict[str, Any]:
        raise NotImplementedError


def schema_of(text: str | None) -> Any:
    """A JSON schema that a property holds as text. Raises TaskFailure for what is no JSON."""
    from flowrt.formats.jsonread import parse_json

    if text is None:
        return None
    try:
        return parse_json(text)
    except Exception:
        raise TaskFailure(f"`jsonResponseSchema` is no JSON: {text[:200]}") from None


class ChatMessage(Declared):
    """What was said."""

    type: Text | None = prop(MESSAGE_TYPES, default=None)
    content: Text | None = prop(STRING, default=None)


def said(run: RunContext, given: Any) -> list[Message]:
    """The messages of a task, with the roles of chat interfaces."""
    if isinstance(given, list):
        rows = [{"type": run.text(e.type), "content": run.text(e.content)} for e in given]
    else:
        rows = run.listing(given, ANY) or []
    return [
        Message(ROLES.get(str(row.get("type")), "user"), str(row.get("content") or ""))
        for row in rows
    ]


def count_tokens(run: RunContext, prompt: Any, completion: Any, cached: Any) -> None:
    """The metrics of a request."""
    for name, value in (
        ("prompt.tokens", number(prompt)),
        ("completion.tokens", number(completion)),
        ("total.tokens", number(prompt) + number(completion)),
        ("prompt.cached_tokens", number(cached)),
    ):
        run.metric("counter", f"usage.{name}", value)
