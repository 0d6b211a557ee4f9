"""Tools of an MCP server, which answers in the forms of the protocol's specification."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from plugins.service import Asked, Service
from tasks.fake import FakeRun, t, task

from flowrt.model.failures import TaskFailure

SCHEMA = {"type": "object", "properties": {"a": {"type": "number"}}}


class Server:
    """Answers what a test says to a call."""

    def __init__(self, service: Service) -> None:
        self.url = f"{service.url}/mcp"
        self.asked: list[tuple[str, Any]] = []
        self.call: dict[str, Any] = {"result": {}}
        self.service = service
        service.answer = self

    def __call__(self, asked: Asked) -> Any:
        assert asked.headers["authorization"] == "Bearer T"
        method = asked.json["method"]
        self.asked.append((method, asked.json.get("params")))
        if method == "initialize":
            reply = {"jsonrpc": "2.0", "id": asked.json["id"], "result": {}}
            return 200, reply, {"Mcp-Session-Id": "s1"}
        assert asked.headers["mcp-session-id"] == "s1"
        if method.startswith("notifications/"):
            return 202, b""
        tools = {"tools": [{"name": "add", "description": "adds", "inputSchema": SCHEMA}]}
        found = {"result": tools} if method == "tools/list" else self.call
        return 200, {"jsonrpc": "2.0", "id": asked.json["id"], **found}


@pytest.fixture
def server(service: Service) -> Server:
    return Server(service)


@pytest.fixture
def run(tmp_path: Path) -> FakeRun:
    return FakeRun(tmp_path, token="T", n=2)


def mcp(server: Server, name: str, **properties: Any) -> Any:
    return task(f"ai.mcp.{name}", url=server.url, headers={"Authorization": t("Bearer {{ token }}")},
                **properties)  # fmt: skip


def test_tools_are_listed(run: FakeRun, server: Server) -> None:
    found = run.run(mcp(server, "ListTools", log_requests=True, log_responses=True))
    assert found == {
        "count": 1, "tools": [{"name": "add", "description": "adds", "parameters": SCHEMA}],
    }  # fmt: skip
    assert any("tools/list" in message for message in run.messages("INFO"))
    assert not any("Bearer T" in message for _, message in run.logs)


def test_a_tool_is_called(run: FakeRun, server: Server) -> None:
    content = [{"type": "text", "text": "5"}]
    server.call = {"result": {"content": content, "structuredContent": {"sum": 5}}}
    call = mcp(server, "CallTool", tool="add", arguments={"a": 2, "b": t("{{ n }}")})
    assert run.run(call) == {
        "result": "5", "structuredContent": {"sum": 5}, "isError": False, "errorMessage": None,
    }  # fmt: skip
    assert server.asked[-1] == ("tools/call", {"name": "add", "arguments": {"a": 2, "b": "2"}})
    assert ("counter", "mcp.tool.calls", 1) in run.metrics


def test_a_tool_that_fails(run: FakeRun, server: Server) -> None:
    server.call = {"result": {"isError": True, "content": [{"type": "text", "text": "no"}]}}
    with pytest.raises(TaskFailure, match="MCP tool 'add' returned an error: no"):
        run.run(mcp(server, "CallTool", tool="add"))
    found = run.run(mcp(server, "CallTool", tool="add", fail_on_tool_error=False))
    assert (found["isError"], found["errorMessage"]) == (True, "no")
    server.call = {"error": {"code": -32602, "message": "no such tool"}}
    with pytest.raises(TaskFailure, match="no such tool"):
        run.run(mcp(server, "CallTool", tool="add"))
    found = run.run(mcp(server, "CallTool", tool="add", fail_on_tool_error=False))
    assert found["isError"] and "no such tool" in found["errorMessage"]
    with pytest.raises(TaskFailure, match="`STREAMABLE_HTTP` is there"):
        run.run(mcp(server, "ListTools", transport="SSE"))


@pytest.mark.parametrize(
    "answer",
    [
        {"result": [1]},
        {"result": "x"},
        {"error": "no"},
        {"error": {"message": {}}},
        {"result": {"content": {"type": "text"}}},
        {"result": {"content": [None]}},
        {"result": {"content": [{"type": "text", "text": 5}]}},
        {"result": {"isError": "no"}},
    ],
    ids=repr,
)
def test_what_is_no_answer_of_the_protocol(run: FakeRun, server: Server, answer: Any) -> None:
    server.call = answer
    said = "the MCP server answered with what is no answer of MCP: "
    with pytest.raises(TaskFailure, match=said):
        run.run(mcp(server, "CallTool", tool="add"))
    found = run.run(mcp(server, "CallTool", tool="add", fail_on_tool_error=False))
    assert found["isError"] and found["errorMessage"].startswith(said)


@pytest.mark.parametrize("reply", [b"", b"[]", b"5", b'{"result": ', b"<html>"])
def test_a_server_that_speaks_something_else(run: FakeRun, service: Service, reply: bytes) -> None:
    server = Server(service)
    service.answer = lambda asked: (200, reply)
    with pytest.raises(TaskFailure, match="answered with what is no answer of MCP: "):
        run.run(mcp(server, "ListTools"))


@pytest.mark.parametrize(
    "tools", [{}, {"a": 1}, [None], [{"name": 5}], [{"name": "a", "inputSchema": []}]], ids=repr
)
def test_tools_that_are_none(run: FakeRun, server: Server, tools: Any) -> None:
    greeted = server.__call__

    def answer(asked: Asked) -> Any:
        found = greeted(asked)
        if asked.json["method"] == "tools/list":
            found[1]["result"]["tools"] = tools
        return found

    server.service.answer = answer
    with pytest.raises(TaskFailure, match="answered with what is no answer of MCP: "):
        run.run(mcp(server, "ListTools"))
