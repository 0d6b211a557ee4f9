"""Tools of servers that speak the Model Context Protocol: what there is, and calling one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.formats.jsonwrite import to_json
from flowrt.model.declare import (
    ANY,
    BOOLEAN,
    DURATION,
    INTEGER,
    STRING,
    Kind,
    enum,
    listing,
    mapping,
    prop,
    task_type,
)
from flowrt.model.failures import TaskFailure
from flowrt.model.task import Task
from flowrt.plugins.ai.tools import MCP, McpServer, text_of
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Mapping, Text

TRANSPORTS = enum("STREAMABLE_HTTP", "SSE", "UNKNOWN")


class LoggedServer(McpServer):
    """A server whose talk may be logged."""

    def __init__(self, url: str, headers: dict[str, str], asked: bool, answered: bool) -> None:
        super().__init__(url, headers)
        self._asked = asked
        self._answered = answered

    def _send(self, run: RunContext, message: dict[str, Any]) -> Any:
        if self._asked:
            run.log("INFO", f"Request: {to_json(message)}")
        found = super()._send(run, message)
        if self._answered:
            run.log("INFO", f"Response: {to_json(found)}")
        return found


class McpTask(Task):
    """What both tasks share: the server."""

    url: Text = prop(STRING)
    transport: Text = prop(TRANSPORTS, default="STREAMABLE_HTTP")
    headers: Mapping | None = prop(mapping(STRING), default=None)
    timeout: Text | None = prop(DURATION, default=None)
    log_requests: Flag = prop(BOOLEAN, default=False)
    log_responses: Flag = prop(BOOLEAN, default=False)

    def run(self, run: RunContext) -> Any:
        return run.in_thread(lambda: self._work(run, self._opened(run)))

    def _opened(self, run: RunContext) -> McpServer:
        """The server, greeted. Raises TaskFailure for a transport that is not there."""
        if run.constant(self.transport, TRANSPORTS) != "STREAMABLE_HTTP":
            raise TaskFailure(
                "Of the transports of MCP `STREAMABLE_HTTP` is there, which took the place of `SSE`"
            )
        found = LoggedServer(
            required_text(run, self.url),
            run.mapping(self.headers, STRING) or {},
            run.flag(self.log_requests),
            run.flag(self.log_responses),
        )
        found.open(run)
        return found

    def _work(self, run: RunContext, server: McpServer) -> dict[str, Any]:
        raise NotImplementedError


@task_type("io.kestra.plugin.ai.mcp.ListTools")
class McpListTools(McpTask):
    """The tools of a server."""

    outputs: ClassVar[dict[str, Kind] | None] = {"count": INTEGER, "tools": listing(mapping())}

    def _work(self, run: RunContext, server: McpServer) -> dict[str, Any]:
        tools = [
            {
                "name": each.spec.name,
                "description": each.spec.description or None,
                "parameters": each.spec.parameters,
            }
            for each in server.tools(run)
        ]
        return {"tools": tools, "count": len(tools)}


@task_type("io.kestra.plugin.ai.mcp.CallTool")
class McpCallTool(McpTask):
    """Call a tool of a server."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "errorMessage": STRING,
        "isError": BOOLEAN,
        "result": STRING,
        "structuredContent": ANY,
    }

    tool: Text = prop(STRING)
    arguments: Mapping | None = prop(mapping(ANY), default=None)
    fail_on_tool_error: Flag = prop(BOOLEAN, default=True)

    def _work(self, run: RunContext, server: McpServer) -> dict[str, Any]:
        name, strict = required_text(run, self.tool), run.flag(self.fail_on_tool_error, True)
        given = {"name": name, "arguments": run.mapping(self.arguments) or {}}
        run.metric("counter", "mcp.tool.calls", 1, {"tool": name})
        try:
            found = server.request(run, "tools/call", given)
            text, failed = text_of(found), MCP.flag(found.get("isError"))
        except TaskFailure as error:
            if strict:
                raise
            run.log("WARN", f"MCP tool '{name}' failed: {error}")
            return {"isError": True, "errorMessage": str(error)}
        if failed and strict:
            raise TaskFailure(f"MCP tool '{name}' returned an error: {text}")
        if failed:
            run.log("WARN", f"MCP tool '{name}' returned an error: {text}")
        structured = found.get("structuredContent")
        return {
            "result": text,
            "structuredContent": text if structured is None else structured,
            "isError": failed,
            "errorMessage": text if failed else None,
        }
