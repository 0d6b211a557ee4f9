"""Notion: what its interface is asked, and Markdown as its blocks and back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from plugins.service import Answers, Service
from tasks.fake import FakeRun, t, task

from flowrt.model.failures import TaskFailure
from flowrt.plugins.services import notion
from flowrt.plugins.services.notion_blocks import blocks_of, markdown_of

ID = "12345678-1234-1234-1234-123456789abc"
PAGE = {
    "id": ID,
    "url": "https://notion.so/x",
    "created_time": "2024-01-02T03:04:00.000Z",
    "last_edited_time": "2024-01-02T03:05:00.000Z",
    "archived": False,
    "properties": {"title": {"title": [{"plain_text": "Notes"}]}},
}
SHOWN = {
    "pageId": ID,
    "url": "https://notion.so/x",
    "title": "Notes",
    "createdTime": "2024-01-02T03:04:00.000Z",
    "lastEditedTime": "2024-01-02T03:05:00.000Z",
    "archived": False,
    "properties": PAGE["properties"],
}


@pytest.fixture
def pages(service: Service, monkeypatch: pytest.MonkeyPatch) -> Service:
    monkeypatch.setattr(notion, "BASE", service.url)
    return service


@pytest.fixture
def run(tmp_path: Path) -> FakeRun:
    return FakeRun(tmp_path, token="ntn_1", who="Ann")


def page(kind: str, /, **given: Any) -> Any:
    return task(f"notion.page.{kind}", api_token=t("{{ token }}"), **given)


def said(pages: Service) -> list[tuple[str, str, Any]]:
    for each in pages.asked:
        assert each.headers["authorization"] == "Bearer ntn_1"
        assert each.headers["notion-version"] == "2022-06-28"
    return [(each.method, each.path, each.body and each.json) for each in pages.asked]


def titled(title: str) -> Any:
    return {"title": {"title": [{"type": "text", "text": {"content": title}}]}}


def test_a_page_is_made(run: FakeRun, pages: Service) -> None:
    pages.answer = Answers(PAGE)
    content = "# Hello Ann"
    made = page("Create", title="Notes", content=t("# Hello {{ who }}"), parent_page_id=ID)
    message = "Page created successfully"
    assert run.run(made) == {**SHOWN, "content": content, "message": message}
    body = {
        "parent": {"type": "page_id", "page_id": ID},
        "properties": titled("Notes"),
        "children": blocks_of(content),
    }
    assert said(pages) == [("POST", "/v1/pages", body)]
    assert not [text for _, text in run.logs if "ntn_1" in text]
    run.run(page("Create", title="Notes"))
    top = {"type": "workspace", "workspace": True}
    assert pages.last.json == {"parent": top, "properties": titled("Notes")}


def test_a_long_page_is_sent_in_parts(run: FakeRun, pages: Service) -> None:
    pages.answer = Answers(PAGE)
    run.run(page("Create", title="Notes", content="\n".join(f"- {n}" for n in range(250))))
    assert [(each.method, each.path) for each in pages.asked] == [
        ("POST", "/v1/pages"),
        ("PATCH", f"/v1/blocks/{ID}/children"),
        ("PATCH", f"/v1/blocks/{ID}/children"),
    ]
    assert [len(each.json["children"]) for each in pages.asked] == [100, 100, 50]


def test_a_page_is_read(run: FakeRun, pages: Service) -> None:
    text = {"plain_text": "one", "annotations": {}}
    first = {"type": "paragraph", "paragraph": {"rich_text": [text]}}
    pages.answer = Answers(
        PAGE,
        {"results": [first], "has_more": True, "next_cursor": "c1"},
        {"results": [{"type": "divider", "divider": {}}], "has_more": False},
    )
    found = run.run(page("Read", page_id=ID))
    assert found == {**SHOWN, "content": "one\n\n---", "message": "Page read successfully"}
    assert [(method, path) for method, path, _ in said(pages)] == [
        ("GET", f"/v1/pages/{ID}"),
        ("GET", f"/v1/blocks/{ID}/children?page_size=100"),
        ("GET", f"/v1/blocks/{ID}/children?page_size=100&start_cursor=c1"),
    ]


def test_a_page_is_changed(run: FakeRun, pages: Service) -> None:
    pages.answer = Answers(PAGE)
    found = run.run(page("Update", page_id=ID, title="New", content="more"))
    assert found == {**SHOWN, "content": "more", "message": "Page updated successfully"}
    assert said(pages) == [
        ("PATCH", f"/v1/pages/{ID}", {"properties": titled("New")}),
        ("PATCH", f"/v1/blocks/{ID}/children", {"children": blocks_of("more")}),
        ("GET", f"/v1/pages/{ID}", b""),
    ]
    with pytest.raises(TaskFailure, match="At least one of 'title' or 'content'"):
        run.run(page("Update", page_id=ID, title=" "))


def test_a_page_is_archived_once(run: FakeRun, pages: Service) -> None:
    pages.answer = Answers(PAGE, {**PAGE, "archived": True})
    found = run.run(page("Archive", page_id=ID.replace("-", "")))
    assert (found["archived"], found["message"]) == (True, "Page archived successfully")
    assert pages.last.json == {"archived": True}
    found = run.run(page("Archive", page_id=ID))
    assert found["message"] == "Page was already archived"
    assert len(pages.asked) == 3


def test_what_is_refused(run: FakeRun, pages: Service) -> None:
    with pytest.raises(TaskFailure, match="pageId must be a valid Notion page ID"):
        run.run(page("Read", page_id="../users"))
    with pytest.raises(TaskFailure, match="parentPageId must be a valid Notion page ID"):
        run.run(page("Create", title="x", parent_page_id="y"))
    with pytest.raises(TaskFailure, match="Missing required authentication"):
        run.run(task("notion.page.Read", page_id=ID))
    assert pages.asked == []
    pages.answer = Answers((404, {"code": "object_not_found"}))
    with pytest.raises(TaskFailure, match=r"Notion answered with status 404: .*object_not_found"):
        run.run(page("Read", page_id=ID))


def text(content: str, link: str | None = None, **marks: bool) -> dict[str, Any]:
    plain = dict.fromkeys(("bold", "italic", "strikethrough", "underline", "code"), False)
    found: dict[str, Any] = {
        "type": "text",
        "text": {"content": content},
        "annotations": {**plain, **marks, "color": "default"},
    }
    if link is not None:
        found["text"]["link"] = {"url": link}
        found["href"] = link
    return found


def block(kind: str, **body: Any) -> dict[str, Any]:
    return {"object": "block", "type": kind, kind: body}


@pytest.mark.parametrize(
    ("markdown", "blocks"),
    [
        ("##### Deep", [block("heading_3", rich_text=[text("Deep")])]),
        (
            "a **b *c*** ~~d~~ `e` [f](https://f)\ng",
            [
                block(
                    "paragraph",
                    rich_text=[
                        text("a "),
                        text("b ", bold=True),
                        text("c", bold=True, italic=True),
                        text(" "),
                        text("d", strikethrough=True),
                        text(" "),
                        text("e", code=True),
                        text(" "),
                        text("f", link="https://f"),
                        text("\n"),
                        text("g"),
                    ],
                )
            ],
        ),
        (
            "- a\n  1. b\n- [ ] c\n- [x] **d**",
            [
                block(
                    "bulleted_list_item",
                    rich_text=[text("a")],
                    children=[block("numbered_list_item", rich_text=[text("b")])],
                ),
                block("to_do", rich_text=[text("c")], checked=False),
                block("to_do", rich_text=[text("d", bold=True)], checked=True),
            ],
        ),
        ("```js\nx\n```", [block("code", rich_text=[text("x")], language="javascript")]),
        ("```zig\nx\n```", [block("code", rich_text=[text("x")], language="plain text")]),
        ("    x", [block("code", rich_text=[text("x")], language="plain text")]),
        (
            "> a\n>\n> b",
            [
                block(
                    "quote",
                    rich_text=[text("a")],
                    children=[block("paragraph", rich_text=[text("b")])],
                )
            ],
        ),
        ("---", [block("divider")]),
        (
            "|a|b|\n|-|-|\n|c|",
            [
                block(
                    "table",
                    table_width=2,
                    has_column_header=True,
                    has_row_header=False,
                    children=[
                        block("table_row", cells=[[text("a")], [text("b")]]),
                        block("table_row", cells=[[text("c")], []]),
                    ],
                )
            ],
        ),
        ("![alt](https://i)", [block("paragraph", rich_text=[text("alt")])]),
        ("<p>x</p>", []),
        ("", []),
    ],
)
def test_markdown_becomes_blocks(markdown: str, blocks: list[Any]) -> None:
    assert blocks_of(markdown) == blocks


def test_blocks_become_markdown() -> None:
    def plain(content: str, link: str | None = None, **marks: bool) -> dict[str, Any]:
        return {"plain_text": content, "annotations": marks, "href": link}

    one = [plain("one")]
    found = markdown_of(
        [
            block("heading_2", rich_text=one),
            block("bulleted_list_item", rich_text=[plain("b", bold=True), plain("c", code=True)]),
            block("numbered_list_item", rich_text=[plain("l", link="https://l", italic=True)]),
            block("code", rich_text=one, language="sql", caption=[plain("cap")]),
            block("quote", rich_text=one),
            block("divider"),
            block("callout", rich_text=one),
            block("image", type="external"),
        ]
    )
    assert found == (
        "## one\n\n- **b**`c`\n1. [*l*](https://l)\n```sql\none\n```\n*cap*\n\n> one\n\n---\n\none"
    )
