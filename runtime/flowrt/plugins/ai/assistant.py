"""A conversation to its end: memory, retrieved documents, tools, guardrails."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NamedTuple

from flowrt.model.failures import TaskFailure
from flowrt.plugins.ai.chat import Message, Model, Reply, Settings, ToolCall, Usage

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.plugins.ai.tools import Tool

LARGEST_NUMBER_OF_ROUNDS = 100
"""How often a model may ask for tools, when the task sets no limit."""


class Executed(NamedTuple):
    """A tool that was called, and what it answered."""

    call: ToolCall
    result: str


class Conversation(NamedTuple):
    """A conversation that is over."""

    reply: Reply
    messages: list[Message]
    usage: Usage
    executed: list[Executed]
    between: list[tuple[Reply, int]]
    """Replies that asked for tools, with their durations in milliseconds."""
    duration: int
    """Milliseconds of the last request."""


def converse(
    run: RunContext,
    model: Model,
    messages: list[Message],
    settings: Settings,
    tools: list[Tool],
    limit: int | None = None,
) -> Conversation:
    """Ask the model, call the tools that it asks for, and ask again, until it answers. Raises TaskFailure."""
    known = {each.spec.name: each for each in tools}
    specs = [each.spec for each in tools]
    usage, executed, between = Usage(), list[Executed](), list[tuple[Reply, int]]()
    messages = list(messages)
    most = LARGEST_NUMBER_OF_ROUNDS if limit is None else limit
    while True:
        began = time.monotonic()
        reply = model.reply(run, messages, settings, specs)
        took = int((time.monotonic() - began) * 1000)
        usage = usage + reply.usage
        if not reply.calls:
            messages.append(Message("assistant", reply.text or ""))
            return Conversation(reply, messages, usage, executed, between, took)
        if len(between) >= most:
            raise TaskFailure(f"Something is wrong, exceeded {most} sequential tool executions")
        between.append((reply, took))
        messages.append(Message("assistant", reply.text or "", reply.calls))
        for call in reply.calls:
            tool = known.get(call.name)
            if tool is None:
                raise TaskFailure(
                    f"the model asks for the tool `{call.name}`, which it was not given"
                )
            result = tool.call(run, arguments(call))
            executed.append(Executed(call, result))
            messages.append(Message("tool", result, call_id=call.id))


def arguments(call: ToolCall) -> dict[str, Any]:
    """The arguments of a call. Raises TaskFailure for what is no JSON object."""
    from flowrt.formats.jsonread import parse_json

    if not call.arguments.strip():
        return {}
    try:
        found = parse_json(call.arguments)
    except Exception:
        found = None
    if not isinstance(found, dict):
        raise TaskFailure(
            f"the model gave the tool `{call.name}` no JSON object: {call.arguments[:200]}"
        )
    return found


def outputs(run: RunContext, ended: Conversation, settings: Settings) -> dict[str, Any]:
    """What every task that converses puts out. Raises TaskFailure when JSON was asked for and is not there."""
    for name, value in (
        ("input", ended.usage.input),
        ("output", ended.usage.output),
        ("total", ended.usage.input + ended.usage.output),
    ):
        run.metric("counter", f"{name}.token.count", value)
    reply = ended.reply
    return {
        "textOutput": None if settings.json else reply.text,
        "jsonOutput": _json(reply.text) if settings.json else None,
        "tokenUsage": ended.usage.document,
        "finishReason": reply.finish,
        "toolExecutions": [
            {
                "requestId": each.call.id,
                "requestName": each.call.name,
                "requestArguments": arguments(each.call),
                "result": each.result,
            }
            for each in ended.executed
        ],
        "intermediateResponses": [_between(each, took) for each, took in ended.between],
        "requestDuration": ended.duration,
        "thinking": reply.thinking,
        "guardrailViolated": False,
    }


def _between(reply: Reply, took: int) -> dict[str, Any]:
    return {
        "id": reply.id,
        "completion": reply.text,
        "tokenUsage": reply.usage.document,
        "finishReason": reply.finish,
        "toolExecutionRequests": [
            {"id": each.id, "name": each.name, "arguments": arguments(each)} for each in reply.calls
        ],
        "requestDuration": took,
    }


def _json(text: str | None) -> Any:
    from flowrt.formats.jsonread import parse_json

    bare = (text or "").strip()
    if bare.startswith("```"):
        bare = bare.partition("\n")[2].rpartition("```")[0]
    try:
        return parse_json(bare)
    except Exception:
        raise TaskFailure(f"the model answered with no JSON: {(text or '')[:200]}") from None


def violation(run: RunContext, guardrails: Any, side: str, text: str) -> str | None:
    """The message of the first rule of a side, `input` or `output`, that a text breaks."""
    rules = guardrails.get(side) if isinstance(guardrails, dict) else None
    for rule in rules or ():
        shown = run.text_with(rule.get("expression"), {"message": text, "response": text})
        if (shown or "").strip() in ("false", "0", "-0", ""):
            message = run.text(rule.get("message")) or ""
            run.log("WARN", f"{side.capitalize()} guardrail violated: {message}")
            return f"{side.capitalize()} guardrail: {message}"
    return None


def violated(message: str) -> dict[str, Any]:
    """The outputs of a conversation that a rule stopped."""
    return {"guardrailViolated": True, "guardrailViolationMessage": message}
