"""Notion: pages, whose content is Markdown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar

from flowrt import packages
from flowrt.model.declare import BOOLEAN, STRING, Kind, mapping, prop, task_type
from flowrt.model.failures import TaskFailure
from flowrt.plugins.services.notion_blocks import blocks_of, markdown_of
from flowrt.plugins.services.service import OptionsTask, address, bearer
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Text

BASE = "https://api.notion.com"
VERSION = "2022-06-28"
LARGEST_BATCH = 100
"""Blocks of one request."""
_ID = re.compile(
    r"[0-9a-fA-F]{8}(-?)[0-9a-fA-F]{4}\1[0-9a-fA-F]{4}\1[0-9a-fA-F]{4}\1[0-9a-fA-F]{12}"
)


class NotionTask(OptionsTask):
    """What the tasks share."""

    service = "Notion"
    outputs: ClassVar[dict[str, Kind] | None] = {
        "archived": BOOLEAN,
        "content": STRING,
        "createdTime": STRING,
        "lastEditedTime": STRING,
        "message": STRING,
        "pageId": STRING,
        "properties": mapping(),
        "title": STRING,
        "url": STRING,
    }

    api_token: Text | None = prop(STRING, default=None)

    def _headers(self, run: RunContext) -> dict[str, str]:
        return {**bearer(run, self.api_token), "Notion-Version": VERSION}

    def _call(self, run: RunContext, method: str, *parts: str, **how: Any) -> dict[str, Any]:
        url = address(BASE, "v1", *parts, **how.pop("query", {}))
        return self._ask(run, method, url, **how)  # type: ignore[no-any-return]

    def _append(self, run: RunContext, page: str, blocks: list[dict[str, Any]]) -> None:
        """Add blocks to the end of a page."""
        for start in range(0, len(blocks), LARGEST_BATCH):
            children = blocks[start : start + LARGEST_BATCH]
            self._call(run, "PATCH", "blocks", page, "children", json={"children": children})


class PageTask(NotionTask):
    """What tasks of one page share."""

    page_id: Text = prop(STRING)

    def _page(self, run: RunContext) -> str:
        return _checked(required_text(run, self.page_id), "pageId")


def _checked(name: str, what: str) -> str:
    """The id of a page. Raises TaskFailure when it cannot be one."""
    if not _ID.fullmatch(name):
        raise TaskFailure(f"{what} must be a valid Notion page ID (UUID format)")
    return name


def _titled(title: str) -> dict[str, Any]:
    """The property that makes a title."""
    return {"title": {"title": [{"type": "text", "text": {"content": title}}]}}


def _title(properties: dict[str, Any] | None) -> str | None:
    known = properties or {}
    found = ((known.get("title") or known.get("Name") or {}).get("title")) or [{}]
    return found[0].get("plain_text")  # type: ignore[no-any-return]


def _output(
    page: dict[str, Any], content: str | None, message: str, title: str | None = None
) -> dict[str, Any]:
    return {
        "pageId": page.get("id"),
        "url": page.get("url"),
        "title": _title(page.get("properties")) if title is None else title,
        "content": content,
        "createdTime": page.get("created_time"),
        "lastEditedTime": page.get("last_edited_time"),
        "archived": page.get("archived"),
        "properties": page.get("properties"),
        "message": message,
    }


@task_type("io.kestra.plugin.notion.page.Create")
class NotionPageCreate(NotionTask):
    """Make a page, below another or at the top of a workspace."""

    packages: ClassVar[tuple[str, ...]] = (packages.MARKDOWN,)

    title: Text = prop(STRING)
    content: Text | None = prop(STRING, default=None)
    parent_page_id: Text | None = prop(STRING, default=None)

    def _work(self, run: RunContext) -> dict[str, Any]:
        title, content = required_text(run, self.title), run.text(self.content)
        parent = run.text(self.parent_page_id)
        blocks = blocks_of(content) if content else []
        asked: dict[str, Any] = {
            "parent": (
                {"type": "page_id", "page_id": _checked(parent, "parentPageId")}
                if parent
                else {"type": "workspace", "workspace": True}
            ),
            "properties": _titled(title),
        }
        if blocks:
            asked["children"] = blocks[:LARGEST_BATCH]
        page = self._call(run, "POST", "pages", json=asked)
        self._append(run, page["id"], blocks[LARGEST_BATCH:])
        return _output(page, content, "Page created successfully", title)


@task_type("io.kestra.plugin.notion.page.Read")
class NotionPageRead(PageTask):
    """A page, and its content as Markdown."""

    def _work(self, run: RunContext) -> dict[str, Any]:
        name = self._page(run)
        page = self._call(run, "GET", "pages", name)
        return _output(page, markdown_of(self._blocks(run, name)), "Page read successfully")

    def _blocks(self, run: RunContext, name: str) -> Iterator[dict[str, Any]]:
        query: dict[str, Any] = {"page_size": LARGEST_BATCH}
        while True:
            found = self._call(run, "GET", "blocks", name, "children", query=query)
            yield from found.get("results") or ()
            if not found.get("has_more"):
                return
            query["start_cursor"] = found["next_cursor"]


@task_type("io.kestra.plugin.notion.page.Update")
class NotionPageUpdate(PageTask):
    """Change the title of a page, and add to the end of its content."""

    packages: ClassVar[tuple[str, ...]] = (packages.MARKDOWN,)

    title: Text | None = prop(STRING, default=None)
    content: Text | None = prop(STRING, default=None)

    def _work(self, run: RunContext) -> dict[str, Any]:
        name = self._page(run)
        title, content = run.text(self.title) or "", run.text(self.content) or ""
        if not title.strip() and not content.strip():
            raise TaskFailure(
                "At least one of 'title' or 'content' must be provided for update operation"
            )
        blocks = blocks_of(content)
        if title.strip():
            self._call(run, "PATCH", "pages", name, json={"properties": _titled(title)})
        self._append(run, name, blocks)
        page = self._call(run, "GET", "pages", name)
        return _output(page, content, "Page updated successfully")


@task_type("io.kestra.plugin.notion.page.Archive")
class NotionPageArchive(PageTask):
    """Put a page into the trash."""

    def _work(self, run: RunContext) -> dict[str, Any]:
        name = self._page(run)
        page = self._call(run, "GET", "pages", name)
        if page.get("archived"):
            run.log("WARN", f"Page '{_title(page.get('properties'))}' is already archived")
            return _output(page, None, "Page was already archived")
        page = self._call(run, "PATCH", "pages", name, json={"archived": True})
        return _output(page, None, "Page archived successfully")
