"""Markdown as blocks of Notion, and back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from flowrt.missing import load
from flowrt.packages import MARKDOWN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

DEEPEST = 3
"""The levels of headings that Notion has."""
PLAIN = "plain text"
LANGUAGES = frozenset((
    "abap", "agda", "arduino", "ascii art", "assembly", "bash", "basic", "bnf", "c", "c#", "c++", "clojure",
    "coffeescript", "coq", "css", "dart", "dhall", "diff", "docker", "ebnf", "elixir", "elm", "erlang", "f#", "flow",
    "fortran", "gherkin", "glsl", "go", "graphql", "groovy", "haskell", "hcl", "html", "idris", "java", "javascript",
    "json", "julia", "kotlin", "latex", "less", "lisp", "livescript", "llvm ir", "lua", "makefile", "markdown",
    "markup", "matlab", "mathematica", "mermaid", "nix", "notion formula", "objective-c", "ocaml", "pascal", "perl",
    "php", "plain text", "powershell", "prolog", "protobuf", "purescript", "python", "r", "racket", "reason", "ruby",
    "rust", "sass", "scala", "scheme", "scss", "shell", "smalltalk", "solidity", "sql", "swift", "toml", "typescript",
    "vb.net", "verilog", "vhdl", "visual basic", "webassembly", "xml", "yaml", "java/c/c++/c#",
))  # fmt: skip
"""The languages of code that Notion takes; it refuses a page with another one."""
ALIASES = {
    **dict.fromkeys(("js", "jsx", "node"), "javascript"),
    **dict.fromkeys(("ts", "tsx"), "typescript"),
    **dict.fromkeys(("cpp", "cxx"), "c++"),
    **dict.fromkeys(("sh", "zsh"), "shell"),
    "py": "python",
    "rb": "ruby",
    "rs": "rust",
    "kt": "kotlin",
    "cs": "c#",
    "objc": "objective-c",
    "golang": "go",
    "yml": "yaml",
    "md": "markdown",
    "dockerfile": "docker",
    "proto": "protobuf",
    "htm": "html",
}
_TASK = re.compile(r"\[([xX\s])\]\s+(.*)", re.S)
_MARKS = {"strong": "bold", "em": "italic", "s": "strikethrough"}
_BEFORE = {
    "heading_1": "# ",
    "heading_2": "## ",
    "heading_3": "### ",
    "bulleted_list_item": "- ",
    "numbered_list_item": "1. ",
    "quote": "> ",
}


def blocks_of(text: str) -> list[dict[str, Any]]:
    """The blocks of a text in Markdown. Raises MissingPackage."""
    parser = load("markdown_it", "Markdown", MARKDOWN, "markdown").MarkdownIt("commonmark")
    tree = load("markdown_it.tree", "Markdown", MARKDOWN, "markdown").SyntaxTreeNode
    parser.enable(["table", "strikethrough"])
    return list(_blocks(tree(parser.parse(text)).children))


def _block(kind: str, **body: Any) -> dict[str, Any]:
    filled = {key: value for key, value in body.items() if key != "children" or value}
    return {"object": "block", "type": kind, kind: filled}


def _blocks(nodes: Iterable[Any]) -> Iterator[dict[str, Any]]:
    for node in nodes:
        if node.type in ("bullet_list", "ordered_list"):
            yield from (_item(each, node.type == "ordered_list") for each in node.children)
        elif node.type == "heading":
            level = min(int(node.tag[1:]), DEEPEST)
            yield _block(f"heading_{level}", rich_text=_rich(node))
        elif node.type == "paragraph":
            yield _block("paragraph", rich_text=_rich(node))
        elif node.type in ("fence", "code_block"):
            content = _texts(node.content.removesuffix("\n"))
            yield _block("code", rich_text=content, language=_language(node.info))
        elif node.type == "blockquote":
            first, rest = _first(node)
            yield _block(
                "quote",
                rich_text=_rich(first) if first is not None else [],
                children=list(_blocks(rest)),
            )
        elif node.type == "hr":
            yield _block("divider")
        elif node.type == "table":
            yield _table(node)


def _language(info: str) -> str:
    words = info.lower().split()
    name = ALIASES.get(words[0], words[0]) if words else PLAIN
    return name if name in LANGUAGES else PLAIN


def _first(node: Any) -> tuple[Any, list[Any]]:
    """The paragraph that a block begins with, if it does, and what follows."""
    children = node.children
    if children and children[0].type == "paragraph":
        return children[0], children[1:]
    return None, children


def _item(node: Any, ordered: bool) -> dict[str, Any]:
    """An item of a list, or something to do."""
    first, rest = _first(node)
    text = _rich(first) if first is not None else []
    children = list(_blocks(rest))
    task = _TASK.fullmatch(text[0]["text"]["content"]) if text else None
    if task is None:
        kind = "numbered_list_item" if ordered else "bulleted_list_item"
        return _block(kind, rich_text=text, children=children)
    text[0]["text"]["content"] = task[2]
    checked = not task[1].isspace()
    left = [each for each in text if each["text"]["content"]]
    return _block("to_do", rich_text=left, checked=checked, children=children)


def _table(node: Any) -> dict[str, Any]:
    rows = [
        [_rich(cell) for cell in row.children] for part in node.children for row in part.children
    ]
    width = max(map(len, rows))
    return _block(
        "table",
        table_width=width,
        has_column_header=True,
        has_row_header=False,
        children=[_block("table_row", cells=row + [[]] * (width - len(row))) for row in rows],
    )


def _rich(node: Any) -> list[dict[str, Any]]:
    """The text of a block: pieces, each with its marks and its link."""
    return [piece for inline in node.children for piece in _pieces(inline.children, {}, None)]


def _pieces(
    nodes: Iterable[Any], marks: dict[str, bool], link: str | None
) -> Iterator[dict[str, Any]]:
    for node in nodes:
        if node.type in ("softbreak", "hardbreak"):
            yield from _texts("\n", marks, link)
        elif node.type == "text":
            yield from _texts(node.content, marks, link)
        elif node.type == "code_inline":
            yield from _texts(node.content, {**marks, "code": True}, link)
        elif node.type == "link":
            yield from _pieces(node.children, marks, node.attrs.get("href") or link)
        elif node.type in _MARKS:
            yield from _pieces(node.children, {**marks, _MARKS[node.type]: True}, link)
        else:
            yield from _pieces(node.children, marks, link)


def _texts(
    content: str, marks: dict[str, bool] | None = None, link: str | None = None
) -> list[dict[str, Any]]:
    if not content:
        return []
    names = ("bold", "italic", "strikethrough", "underline", "code")
    annotations = {name: (marks or {}).get(name, False) for name in names}
    piece: dict[str, Any] = {
        "type": "text",
        "text": {"content": content},
        "annotations": {**annotations, "color": "default"},
    }
    if link is not None:
        piece["text"]["link"] = {"url": link}
        piece["href"] = link
    return [piece]


def markdown_of(blocks: Iterable[dict[str, Any]]) -> str:
    """Blocks as Markdown; of a kind that is not known, the text."""
    return "".join(map(_written, blocks)).strip()


def _written(block: dict[str, Any]) -> str:
    kind = str(block.get("type"))
    body = block.get(kind) or {}
    text = _plain(body.get("rich_text"))
    if kind == "divider":
        return "---\n\n"
    if kind == "code":
        caption = _plain(body.get("caption"))
        below = f"\n*{caption}*" if caption else ""
        return f"```{body.get('language') or ''}\n{text}\n```{below}\n\n"
    if kind.endswith("list_item"):
        return f"{_BEFORE.get(kind, '')}{text}\n"
    if kind in _BEFORE or kind == "paragraph" or text:
        return f"{_BEFORE.get(kind, '')}{text}\n\n"
    return ""


def _plain(pieces: Any) -> str:
    found = ""
    for piece in pieces or ():
        text, marks = str(piece.get("plain_text") or ""), piece.get("annotations") or {}
        for name, mark in (("bold", "**"), ("italic", "*"), ("code", "`")):
            text = f"{mark}{text}{mark}" if marks.get(name) else text
        link = piece.get("href")
        found += f"[{text}]({link})" if link else text
    return found
