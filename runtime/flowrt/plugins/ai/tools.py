"""Tools that a model may call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from flowrt.formats.jsonwrite import to_json
from flowrt.model.failures import TaskFailure
from flowrt.plugins.ai.answers import JsonProtocol
from flowrt.plugins.ai.chat import ToolSpec, pick
from flowrt.plugins.ai.providers import kind_of, rendered
from flowrt.plugins.web import ask

if TYPE_CHECKING:
    from flowrt.model.context import RunContext

SERVER = "the MCP server"
MCP = JsonProtocol(SERVER, "MCP")
QUERY = {
    "type": "object",
    "properties": {"query": {"type": "string", "description": "What to search for"}},
    "required": ["query"],
}


class Tool(Protocol):
    """Something that a model may call."""

    spec: ToolSpec

    def call(self, run: RunContext, given: dict[str, Any]) -> str:
        """Its answer, in the thread of the caller. Raises TaskFailure."""


class Found(dict[str, str]):
    """A page that a search found: `title`, `url`, `text`."""


class WebSearch:
    """Search the web, by Tavily or Google."""

    spec = ToolSpec("searchWeb", "Searches the web for pages about a query", QUERY)

    def __init__(self, given: dict[str, Any], most: int = 5) -> None:
        self.given = given
        self.most = most

    def call(self, run: RunContext, given: dict[str, Any]) -> str:
        pages = self.search(run, str(given.get("query", "")))
        return "\n\n".join(f"Title: {p['title']}\nSource: {p['url']}\n{p['text']}" for p in pages)

    def search(self, run: RunContext, query: str) -> list[Found]:
        """The pages that are found."""
        key = str(self.given.get("apiKey") or "")
        if kind_of(self.given) == "TavilyWebSearch":
            url = self.given.get("baseUrl") or "https://api.tavily.com"
            payload = {"query": query, "max_results": self.most}
            headers = {"Authorization": f"Bearer {key}"}
            answer = ask(run, "Tavily", "POST", f"{url}/search", headers=headers, json=payload)
            rows = pick(answer, "results") or []
            return [_page(row, "title", "url", "content") for row in rows]
        from urllib.parse import urlencode

        fields = urlencode(
            {"key": key, "cx": self.given.get("csi") or "", "q": query, "num": min(self.most, 10)}
        )
        base = self.given.get("baseUrl") or "https://www.googleapis.com"
        answer = ask(run, "Google Custom Search", "GET", f"{base}/customsearch/v1?{fields}")
        return [
            _page(row, "title", "link", "snippet")
            for row in (pick(answer, "items") or [])[: self.most]
        ]


def _page(row: Any, title: str, url: str, text: str) -> Found:
    shown = row if isinstance(row, dict) else {}
    return Found(
        title=str(shown.get(title) or ""),
        url=str(shown.get(url) or ""),
        text=str(shown.get(text) or ""),
    )


class McpTool:
    """A tool of a server that speaks the Model Context Protocol."""

    def __init__(self, server: McpServer, spec: ToolSpec) -> None:
        self.server = server
        self.spec = spec

    def call(self, run: RunContext, given: dict[str, Any]) -> str:
        answer = self.server.request(
            run, "tools/call", {"name": self.spec.name, "arguments": given}
        )
        return text_of(answer)


def text_of(answer: Any) -> str:
    """The texts of what a tool answered. Raises TaskFailure."""
    parts = MCP.listing(MCP.mapping(answer).get("content"))
    return "\n".join(MCP.text(each.get("text")) for each in parts)


class McpServer:
    """A server of tools behind HTTP (the transport `streamable HTTP`)."""

    def __init__(self, url: str, headers: dict[str, str]) -> None:
        self.url = url
        self.headers = headers
        self.session: str | None = None
        self.count = 0

    def open(self, run: RunContext) -> None:
        """Greet it. Raises TaskFailure."""
        client = {"name": "flowrt", "version": "1"}
        self.request(
            run,
            "initialize",
            {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client},
        )
        self._send(run, {"jsonrpc": "2.0", "method": "notifications/initialized"})

    def tools(self, run: RunContext) -> list[McpTool]:
        """What it offers."""
        rows = MCP.listing(self.request(run, "tools/list", {}).get("tools"))
        return [
            McpTool(
                self,
                ToolSpec(
                    MCP.text(row.get("name")),
                    MCP.text(row.get("description")),
                    MCP.mapping(row.get("inputSchema")) or {"type": "object", "properties": {}},
                ),
            )
            for row in rows
        ]

    def request(self, run: RunContext, method: str, params: dict[str, Any]) -> dict[str, Any]:
        """The result of a request. Raises TaskFailure for an error."""
        self.count += 1
        message = {"jsonrpc": "2.0", "id": self.count, "method": method, "params": params}
        answer = self._send(run, message)
        if not isinstance(answer, dict):
            raise MCP.broken(answer)
        if answer.get("error") is not None:
            error = MCP.mapping(answer["error"])
            raise TaskFailure(
                f"the MCP server answered: {MCP.text(error.get('message')) or to_json(error)}"
            )
        return MCP.mapping(answer.get("result"))

    def _send(self, run: RunContext, message: dict[str, Any]) -> Any:
        from flowrt.formats.jsonread import JsonError, parse_json
        from flowrt.plugins.web import exchange

        headers = {"Accept": "application/json, text/event-stream", **self.headers}
        if self.session is not None:
            headers["Mcp-Session-Id"] = self.session
        response = exchange(run, SERVER, "POST", self.url, headers=headers, json=message)
        for name, value in response.headers.items():
            if name.lower() == "mcp-session-id":
                self.session = str(value[0] if isinstance(value, list) else value)
        text = (response.body or b"").decode("utf-8", "replace").strip()
        for line in text.splitlines() if text.startswith(("event:", "data:", "id:")) else ():
            if line.startswith("data:") and '"jsonrpc"' in line:
                text = line.removeprefix("data:").strip()
        try:
            return parse_json(text) if text else None
        except JsonError:
            return text


def tools_of(run: RunContext, given: Any) -> list[Tool]:
    """The tools of a task. Raises TaskFailure for one that needs a Kestra server or another program."""
    if given is None:
        return []
    if not isinstance(given, list):
        raise TaskFailure("`tools` is a list")
    found: list[Tool] = []
    for each in given:
        tool = rendered(run, each, "tools")
        kind = kind_of(tool)
        if kind in ("TavilyWebSearch", "GoogleCustomWebSearch"):
            found.append(WebSearch(tool))
        elif kind == "StreamableHttpMcpClient":
            headers = {str(k): str(v) for k, v in (tool.get("headers") or {}).items()}
            server = McpServer(str(tool.get("url")), headers)
            server.open(run)
            found += server.tools(run)
        else:
            raise TaskFailure(f"the tool {kind} cannot be used without a Kestra server")
    return found
