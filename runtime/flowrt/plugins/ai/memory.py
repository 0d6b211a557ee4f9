"""What an agent remembers from one run to the next: an entry of the namespace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrt.model.failures import TaskFailure
from flowrt.plugins.ai.chat import Message
from flowrt.plugins.ai.providers import kind_of, rendered

if TYPE_CHECKING:
    from flowrt.model.context import RunContext

_ROLES = {"user": "USER", "assistant": "AI"}


class Memory:
    """The last messages of a conversation, oldest first. Raises TaskFailure for a kind that is not available."""

    def __init__(self, run: RunContext, given: Any) -> None:
        from flowrt.formats.jsonread import parse_json

        memory = rendered(run, given, "memory")
        kind = kind_of(memory)
        if kind != "KestraKVStore":
            raise TaskFailure(f"the memory {kind} is not available here; KestraKVStore is")
        labels = run.variables.get("labels") or {}
        self.key = str(
            memory.get("memoryId")
            or (labels.get("system") or {}).get("correlationId")
            or run.execution_id
        )
        self.most = int(memory.get("messages") or 10)
        self.ttl = run.duration(memory.get("ttl") or "PT1H")
        self.drop = str(memory.get("drop") or "NEVER")
        self.messages: list[Message] = []
        if self.drop == "BEFORE_TASKRUN":
            run.kv.delete(run.namespace, self.key)
            return
        try:
            found = run.kv.get(run.namespace, self.key)
        except (KeyError, ValueError):
            return
        roles = {kestra: role for role, kestra in _ROLES.items()}
        for each in parse_json(found) if isinstance(found, str) else found:
            role = roles.get(str(each.get("type")))
            text = each.get("text")
            if text is None:
                text = "\n".join(str(part.get("text", "")) for part in each.get("contents") or ())
            if role is not None:
                self.messages.append(Message(role, str(text)))
        self.messages = self.messages[-self.most :]

    def keep(self, run: RunContext, messages: list[Message]) -> None:
        """Remember what was said, or forget it all."""
        from flowrt.formats.jsonwrite import to_json

        if self.drop == "AFTER_TASKRUN":
            run.kv.delete(run.namespace, self.key)
            return
        said = [each for each in messages if each.role in _ROLES and not each.calls]
        rows: list[dict[str, Any]] = [
            (
                {"type": "AI", "text": each.text}
                if each.role == "assistant"
                else {"type": "USER", "contents": [{"type": "TEXT", "text": each.text}]}
            )
            for each in said[-self.most :]
        ]
        run.kv.put(
            run.namespace,
            self.key,
            to_json(rows),
            ttl=self.ttl,
            description=f"Chat memory for the flow {run.flow_id}",
        )
