"""The page of an execution: everything on it, nothing from elsewhere, texts of users as texts."""

from base64 import b64encode
from html.parser import HTMLParser
from pathlib import Path

from programs import ENVIRONMENT, Program

SOURCE = """
id: page
namespace: company.team
inputs:
  - {id: word, type: STRING, defaults: "<b>&amp; 'bold'"}
  - {id: hidden, type: SECRET, defaults: topsecret}
tasks:
  - id: each
    type: io.kestra.plugin.core.flow.ForEach
    values: ["<i>", "b"]
    concurrencyLimit: 0
    tasks:
      - {id: say, type: io.kestra.plugin.core.log.Log, message: "<script>alert('{{ taskrun.value }}')</script>"}
  - {id: end, type: io.kestra.plugin.core.debug.Return, format: "{{ inputs.hidden }} {{ inputs.word }}"}
outputs:
  - {id: out, type: STRING, value: "{{ inputs.word }}"}
"""
VOID = {"meta", "br"}


class Page(HTMLParser):
    """Checks that tags are closed in order; collects text, tags and attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for name, value in attrs if name in ("src", "href")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def test_the_page_of_a_stored_execution(tmp_path: Path):
    program = Program(tmp_path, SOURCE)
    assert program.run().returncode == 0
    page = tmp_path / "page.html"
    id = program.list()[0]["id"]
    assert program.run("show", id, "--report", str(page)).returncode == 0
    html = page.read_text("utf-8")
    parsed = Page()
    parsed.feed(html)
    assert parsed.open == []
    assert not parsed.tags & {"script", "img", "link", "iframe", "i", "b"}
    assert parsed.links == []
    text = "\n".join(parsed.text)
    for wanted in ("say [<i>]", "<b>&amp; 'bold'", "<script>alert('<i>')</script>", "SUCCESS", id):
        assert wanted in text, wanted
    assert "topsecret" not in html


def test_deep_nests_are_drawn():
    from flowrt.program.graph import MOST_BOXES, graph_html

    state = {"current": "SUCCESS", "histories": [{"date": "2024-01-01"}]}
    runs = [{"id": str(n), "taskId": f"t{n}", "state": state} for n in range(MOST_BOXES + 5)]
    for n, run in enumerate(runs[1:]):
        run["parentTaskRunId"] = str(n)
    html = "\n".join(graph_html(runs, str))
    assert html.count("<div") == html.count("</div>")
    assert "5 more task runs" in html


LABELLED = """
id: labelled
namespace: company.team
tasks:
  - {id: mark, type: io.kestra.plugin.core.execution.Labels, labels: {token: "{{ secret('TOKEN') }}"}}
  - {id: ask, type: io.kestra.plugin.core.flow.Pause}
"""


def test_secrets_of_the_process_are_hidden_where_an_execution_is_looked_at(tmp_path: Path):
    secret = {**ENVIRONMENT, "SECRET_TOKEN": b64encode(b"open-sesame").decode()}
    program = Program(tmp_path, LABELLED)
    asked = program.run(env=secret)
    id, page = program.list()[0]["id"], tmp_path / "page.html"
    assert asked.returncode == 3
    assert f"resume it: python {program.file} resume {id} --store {program.store}" in asked.stderr
    shown = program.run("show", id, "--report", str(page), env=secret).stdout
    assert "token=******" in shown and "token: ******" in page.read_text()
    assert "open-sesame" not in shown + page.read_text()
    assert "ended:" not in shown, "it is paused"


def test_a_store_without_a_name_is_refused(tmp_path: Path):
    program = Program(tmp_path, LABELLED)
    program.store = ""
    refused = program.run()
    assert refused.returncode == 2 and "--store needs a value" in refused.stderr
