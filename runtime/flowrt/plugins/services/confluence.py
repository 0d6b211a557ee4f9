"""Confluence: pages, written and read as Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.http.client import basic
from flowrt.missing import load
from flowrt.model.declare import (
    BOOLEAN,
    INTEGER,
    STRING,
    URI,
    Kind,
    listing,
    mapping,
    prop,
    task_type,
)
from flowrt.model.failures import TaskFailure
from flowrt.packages import MARKDOWN, MARKDOWNIFY
from flowrt.plugins.rows import FETCH, stored
from flowrt.plugins.services.service import ServiceTask, address
from flowrt.plugins.web import Refused
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Listing, Mapping, Text


class ConfluenceTask(ServiceTask):
    """What the tasks share."""

    service = "Confluence"

    server_url: Text = prop(STRING)
    api_path: Text = prop(STRING, default="/wiki/api/v2")
    username: Text = prop(STRING)
    api_token: Text = prop(STRING)

    def _headers(self, run: RunContext) -> dict[str, str]:
        user = required_text(run, self.username), required_text(run, self.api_token)
        return {"Authorization": basic(*user), "Accept": "application/json"}

    def _pages(self, run: RunContext, *parts: str, **query: Any) -> str:
        path = required_text(run, self.api_path).strip("/")
        base = f"{required_text(run, self.server_url).rstrip('/')}/{path}"
        return address(base, "pages", *parts, **query)

    def _sent(self, run: RunContext, method: str, url: str, **how: Any) -> str:
        """The text of an answer. Raises TaskFailure, after what was said stands in the log."""
        try:
            found = self._exchange(run, method, url, **how)
        except Refused as error:
            run.log("ERROR", f"Confluence request failed: status={error.code} body={error.said}")
            raise TaskFailure(f"Confluence API returned {error.code}") from None
        return (found.body or b"").decode("utf-8", "replace")


def storage(text: str) -> dict[str, str]:
    """Markdown as the body of a page."""
    page = load("markdown_it", "Markdown", MARKDOWN, "markdown").MarkdownIt("commonmark")
    return {"representation": "storage", "value": page.render(text)}


class Writing(ConfluenceTask):
    """What tasks that write a page share."""

    packages: ClassVar[tuple[str, ...]] = (MARKDOWN,)
    outputs: ClassVar[dict[str, Kind] | None] = {"value": STRING}

    title: Text = prop(STRING)
    markdown: Text = prop(STRING)
    parent_id: Text | None = prop(STRING, default=None)

    def _page(self, run: RunContext, **more: Any) -> dict[str, Any]:
        asked = {
            **more,
            "title": required_text(run, self.title),
            "parentId": run.text(self.parent_id),
            "body": storage(required_text(run, self.markdown)),
        }
        return {key: value for key, value in asked.items() if value is not None}


@task_type("io.kestra.plugin.confluence.pages.Create")
class ConfluencePagesCreate(Writing):
    """Make a page."""

    space_id: Text = prop(STRING)
    status: Text | None = prop(STRING, default=None)
    subtype: Text | None = prop(STRING, default=None)
    embedded: Flag | None = prop(BOOLEAN, default=None)
    make_private: Flag | None = prop(BOOLEAN, default=None)
    root_level: Flag | None = prop(BOOLEAN, default=None)

    def _work(self, run: RunContext) -> dict[str, Any]:
        flags = {
            "embedded": self.embedded,
            "private": self.make_private,
            "root-level": self.root_level,
        }
        asked = self._page(
            run,
            spaceId=required_text(run, self.space_id),
            status=run.text(self.status),
            subtype=run.text(self.subtype),
        )
        query = {name: "true" for name, flag in flags.items() if run.flag(flag)}
        return {"value": self._sent(run, "POST", self._pages(run, **query), json=asked)}


@task_type("io.kestra.plugin.confluence.pages.Update")
class ConfluencePagesUpdate(Writing):
    """Write a page anew."""

    page_id: Text = prop(STRING)
    status: Text = prop(STRING)
    space_id: Text | None = prop(STRING, default=None)
    owner_id: Text | None = prop(STRING, default=None)
    version_info: Mapping = prop(mapping())

    def _work(self, run: RunContext) -> dict[str, Any]:
        number = required_text(run, self.page_id)
        asked = self._page(
            run,
            id=number,
            status=required_text(run, self.status),
            spaceId=run.text(self.space_id),
            ownerId=run.text(self.owner_id),
            version=_version(run.mapping(self.version_info) or {}),
        )
        return {"value": self._sent(run, "PUT", self._pages(run, number), json=asked)}


def _version(given: dict[str, Any]) -> dict[str, Any]:
    """Number and message of a version. Raises TaskFailure when one is missing."""
    number, message = given.get("number"), given.get("message")
    if number is None:
        raise TaskFailure("versionInfo.number is required")
    text = str(number).strip()
    whole, _, rest = text.partition(".")
    if not whole.lstrip("-").isdecimal() or rest.strip("0"):
        raise TaskFailure(f"versionInfo.number must be an integer, got: {text}")
    if message is None or not str(message).strip():
        raise TaskFailure("versionInfo.message is required")
    return {"number": int(whole), "message": str(message)}


@task_type("io.kestra.plugin.confluence.pages.List")
class ConfluencePagesList(ConfluenceTask):
    """The pages of spaces."""

    packages: ClassVar[tuple[str, ...]] = (MARKDOWNIFY,)
    outputs: ClassVar[dict[str, Kind] | None] = {"children": listing(mapping()), "uri": URI}

    page_ids: Listing | None = prop(listing(INTEGER), default=None)
    space_ids: Listing | None = prop(listing(INTEGER), default=None)
    sort: Text | None = prop(STRING, default=None)
    status: Listing | None = prop(listing(STRING), default=["current", "archived"])
    title: Text | None = prop(STRING, default=None)
    sub_type: Text | None = prop(STRING, default=None)
    cursor: Text | None = prop(STRING, default=None)
    limit: Integer = prop(INTEGER, default=25)
    fetch_type: Text = prop(FETCH, default="FETCH")

    def _work(self, run: RunContext) -> dict[str, Any]:
        from flowrt.formats.jsonread import parse_json

        kind = run.constant(self.fetch_type, FETCH)
        query = {
            "space-ids": ",".join(map(str, run.listing(self.space_ids, INTEGER) or ())),
            "page-ids": ",".join(map(str, run.listing(self.page_ids, INTEGER) or ())),
            "title": run.text(self.title),
            "subtype": run.text(self.sub_type),
            "sort": run.text(self.sort),
            "cursor": run.text(self.cursor),
            "status": ",".join(run.listing(self.status) or ()),
            "limit": 1 if kind == "FETCH_ONE" else run.integer(self.limit) or 25,
            "body-format": "storage",
        }
        url = self._pages(run, **{key: value for key, value in query.items() if value})
        found = parse_json(self._sent(run, "GET", url))
        pages = [page for each in found.get("results") or () if (page := _page(each)) is not None]
        if kind == "STORE":
            return {"uri": stored(run, pages)[0]}
        return {"children": [] if kind == "NONE" else pages}


def _page(found: dict[str, Any]) -> dict[str, Any] | None:
    """A page with its text as Markdown; None for one without."""
    html = ((found.get("body") or {}).get("storage") or {}).get("value")
    if not isinstance(html, str):
        return None
    library = load("markdownify", "HTML as Markdown", MARKDOWNIFY, "html")
    return {
        "title": found.get("title") or "Untitled",
        "markdown": library.markdownify(html, heading_style="ATX"),
        "versionInfo": found.get("version"),
        "rawResponse": found,
    }
