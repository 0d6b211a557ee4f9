"""Agents of others, which speak the protocol A2A."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.formats.jsonwrite import to_json
from flowrt.model.declare import STRING, Kind, prop, task_type
from flowrt.model.failures import TaskFailure
from flowrt.model.task import Task
from flowrt.plugins.ai.answers import JsonProtocol
from flowrt.plugins.web import Refused, ask
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Text

SERVICE = "The agent"
A2A = JsonProtocol(SERVICE, "A2A")
CARDS = ("/.well-known/agent-card.json", "/.well-known/agent.json")
"""Where an agent says what it is, and where it is asked; the second as early versions have it."""
OVER = ("completed", "failed", "canceled", "rejected", "input-required", "auth-required")
AT_WORK = ("submitted", "working", "unknown")
PAUSE = 1.0
"""Seconds between two looks at work that goes on."""


@task_type("io.kestra.plugin.ai.agent.A2AClient")
class A2AClient(Task):
    """Ask an agent of others, and wait for its answer."""

    outputs: ClassVar[dict[str, Kind] | None] = {"textOutput": STRING}

    server_url: Text = prop(STRING)
    prompt: Text = prop(STRING)

    async def run(self, run: RunContext) -> dict[str, Any]:
        base = required_text(run, self.server_url).rstrip("/")
        run.log("INFO", f"Calling a remote agent via the A2A protocol on URL {base}")
        url = await run.in_thread(lambda: _place(run, base))
        found = await run.in_thread(lambda: _asked(run, url, required_text(run, self.prompt)))
        if found.get("kind") == "task":
            found = await self._worked(run, url, found)
        if found.get("kind") == "task" and _state(found) != "completed":
            said = "".join(_texts(_status(found).get("message")))
            raise TaskFailure(f"The agent ended as {_state(found)}{f': {said}' if said else ''}")
        return {"textOutput": _answer(found)}

    async def _worked(self, run: RunContext, url: str, found: dict[str, Any]) -> dict[str, Any]:
        """Work at its end. A task that is stopped asks the agent to stop, too."""
        from asyncio import CancelledError
        from functools import partial

        about = {"id": A2A.text(found.get("id"))}
        try:
            while _state(found) not in OVER:
                await run.sleep(PAUSE)
                found = await run.in_thread(partial(_call, run, url, "tasks/get", about))
        except CancelledError:
            await run.in_thread(partial(_call, run, url, "tasks/cancel", about))
            raise
        return found


def _place(run: RunContext, base: str) -> str:
    """Where the agent is asked: as its card says, or at the address itself."""
    for path in CARDS:
        try:
            card = ask(run, SERVICE, "GET", base + path)
        except Refused:
            continue
        if isinstance(card, dict) and card.get("url"):
            return A2A.text(card["url"])
    return base


def _asked(run: RunContext, url: str, prompt: str) -> dict[str, Any]:
    from uuid import uuid4

    message = {
        "kind": "message",
        "role": "user",
        "messageId": str(uuid4()),
        "parts": [{"kind": "text", "text": prompt}],
    }
    return _call(run, url, "message/send", {"message": message})


def _call(run: RunContext, url: str, method: str, params: dict[str, Any]) -> dict[str, Any]:
    """The result of a call. Raises TaskFailure for an error."""
    asked = {"jsonrpc": "2.0", "id": "1", "method": method, "params": params}
    found = ask(run, SERVICE, "POST", url, json=asked)
    answer = A2A.mapping(found)
    if answer.get("error") is not None:
        error = A2A.mapping(answer["error"])
        raise TaskFailure(f"The agent answered: {A2A.text(error.get('message')) or to_json(error)}")
    if answer.get("result") is None:
        raise TaskFailure("The agent answered with no result")
    return A2A.mapping(answer["result"])


def _status(found: dict[str, Any]) -> dict[str, Any]:
    return A2A.mapping(found.get("status"))


def _state(found: dict[str, Any]) -> str:
    state = A2A.text(_status(found).get("state"))
    if state not in (*AT_WORK, *OVER):
        raise A2A.broken(found)
    return state


def _answer(found: dict[str, Any]) -> str:
    """The text of a message, or of what work has made, or else of its last message."""
    if found.get("kind") != "task":
        return "\n".join(_texts(found))
    made = [text for each in A2A.listing(found.get("artifacts")) for text in _texts(each)]
    return "\n".join(made or _texts(_status(found).get("message")))


def _texts(message: Any) -> Iterator[str]:
    for part in A2A.listing(A2A.mapping(message).get("parts")):
        if part.get("kind", part.get("type")) == "text":
            yield A2A.text(part.get("text"))
