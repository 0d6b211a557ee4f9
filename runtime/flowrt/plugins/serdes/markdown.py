"""Markdown from and to HTML and plain text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.missing import load
from flowrt.model.declare import STRING, URI, Kind, listing, prop, task_type
from flowrt.model.failures import TaskFailure
from flowrt.model.task import Task
from flowrt.packages import MARKDOWN, MARKDOWNIFY
from flowrt.plugins.stored import Stop, open_text, source_path, target_path
from flowrt.services.rows import LARGEST
from flowrt.tasks.storage import charset_of, required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Listing, Text


class TextTask(Task):
    """Makes one text of another."""

    outputs: ClassVar[dict[str, Kind] | None] = {"uri": URI}
    extension: ClassVar[str] = ""

    from_: Text = prop(STRING, yaml="from")

    async def run(self, run: RunContext) -> dict[str, Any]:
        stop = Stop(run)

        def work() -> str:
            charset = self.encoding(run)
            with open_text(source_path(run, required_text(run, self.from_)), charset) as file:
                text = file.read(LARGEST)
            if len(text) == LARGEST:
                raise TaskFailure(f"The file is longer than {LARGEST} characters")
            try:
                made = self.made(run, text)
            except RecursionError:
                raise TaskFailure("The text is nested too deeply") from None
            stop.check()
            target = target_path(run, self.extension)
            with open_text(target, charset, "w", "") as out:
                out.write(made)
            run.metric("counter", "bytes", len(made))
            return run.put_file(target, target.name)

        return {"uri": await run.in_thread(work)}

    def encoding(self, run: RunContext) -> str:
        """The charset of both files."""
        return "utf-8"

    def made(self, run: RunContext, text: str) -> str:
        """The other text."""
        raise NotImplementedError


class MarkdownTask(TextTask):
    """Reads Markdown."""

    packages: ClassVar[tuple[str, ...]] = (MARKDOWN,)

    charset: Text = prop(STRING, default="UTF-8")

    def encoding(self, run: RunContext) -> str:
        return charset_of(run, self.charset)


def _parser() -> Any:
    return load("markdown_it", "Markdown", MARKDOWN, "markdown").MarkdownIt("commonmark")


@task_type("io.kestra.plugin.serdes.markdown.MarkdownToHtml")
class MarkdownToHtml(MarkdownTask):
    """Write Markdown as HTML; HTML that stands in it stays."""

    extension = ".html"

    def made(self, run: RunContext, text: str) -> str:
        return str(_parser().render(text))


@task_type("io.kestra.plugin.serdes.markdown.MarkdownToText")
class MarkdownToText(MarkdownTask):
    """Write the words of Markdown."""

    extension = ".txt"

    def made(self, run: RunContext, text: str) -> str:
        out: list[str] = []
        for token in _parser().parse(text):
            if token.type == "inline":
                out.extend(_words(token))
            elif token.type == "list_item_open":
                out.append("- ")
            elif token.type in ("paragraph_close", "heading_close", "list_item_close"):
                out.append("\n")
        return "".join(out).strip()


def _words(inline: Any) -> list[str]:
    """The words of a line; code and addresses are left out, as the engine does."""
    found = {"softbreak": " ", "hardbreak": "\n"}
    return [
        token.content if token.type == "text" else found.get(token.type, "")
        for token in inline.children or ()
    ]


@task_type("io.kestra.plugin.serdes.markdown.HtmlToMarkdown")
class HtmlToMarkdown(TextTask):
    """Write HTML as Markdown."""

    extension = ".md"
    packages: ClassVar[tuple[str, ...]] = (MARKDOWNIFY,)

    ignore_tags: Listing | None = prop(listing(STRING), default=None)
    base_uri: Text | None = prop(STRING, default=None)

    def made(self, run: RunContext, text: str) -> str:
        from urllib.parse import urljoin

        library = load("markdownify", "HTML as Markdown", MARKDOWNIFY, "html")
        page = load("bs4", "HTML as Markdown", MARKDOWNIFY, "html").BeautifulSoup(
            text, "html.parser"
        )
        for name in run.listing(self.ignore_tags) or ():
            for element in page.find_all(str(name)):
                element.decompose()
        base = run.text(self.base_uri)
        for name, attribute in (("a", "href"), ("img", "src")):
            for element in page.find_all(name):
                if base and element.get(attribute):
                    element[attribute] = urljoin(base, element[attribute])
        converter = library.MarkdownConverter(heading_style="ATX", bullets="*")
        return str(converter.convert_soup(page)).strip() + "\n"
