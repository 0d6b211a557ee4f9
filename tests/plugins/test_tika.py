"""Tika: its own program, from Maven's archives; and what is said where it is not there."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from plugins.servers import ARCHIVES, program
from plugins.service import rows
from tasks.fake import FakeRun, task

from flowrt.model.failures import TaskFailure
from flowrt.plugins.cli.tika import OcrOptions

HTML = "<html><head><title>A title</title></head><body><p>Grüße</p><p>an alle</p></body></html>"


@pytest.fixture
def run(tmp_path: Path) -> FakeRun:
    return FakeRun(tmp_path)


@pytest.fixture
def tika(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program is on the path."""
    java = program("java")
    if not (ARCHIVES / "tika" / "complete").exists():
        pytest.skip("Tika is not there (tools/servers.sh)")
    folder = tmp_path / "programs"
    folder.mkdir()
    call = f'exec {java} -cp "{ARCHIVES}/tika/*" org.apache.tika.cli.TikaCLI "$@"'
    (folder / "tika").write_text(f"#!/bin/sh\n{call}\n")
    (folder / "tika").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


def parse(run: FakeRun, source: str, **properties: Any) -> Any:
    given = {"store": False, **properties}
    return run.run(task("tika.Parse", from_=source, **given))["result"]


@pytest.mark.services
@pytest.mark.usefixtures("tika")
def test_a_document_in_each_form(run: FakeRun) -> None:
    stored = run.store(f'<meta charset="utf-8">{HTML}', "page.html")
    text = parse(run, stored, content_type="TEXT")
    assert [line for line in text["content"].splitlines() if line] == ["Grüße", "an alle"]
    assert text["metadata"]["dc:title"] == "A title"
    assert text["metadata"]["Content-Type"].startswith("text/html")
    assert not any(name.startswith("X-TIKA:content") for name in text["metadata"])
    assert text["embedded"] == {}
    whole = parse(run, stored)["content"]
    assert whole.startswith('<html xmlns="http://www.w3.org/1999/xhtml">')
    assert "<title>A title</title>" in whole
    body = parse(run, stored, content_type="XHTML_NO_HEADER")["content"]
    assert "title" not in body and body.strip().startswith("<p>Grüße</p>")
    with pytest.raises(TaskFailure, match="more than 5 characters"):
        parse(run, stored, content_type="TEXT", characters_limit=5)


@pytest.mark.services
@pytest.mark.usefixtures("tika")
def test_files_that_a_document_holds(run: FakeRun, tmp_path: Path) -> None:
    path = tmp_path / "all.zip"
    with ZipFile(path, "w") as archive:
        archive.writestr("in/a.txt", "one")
        archive.writestr("../../b.txt", "two")
    stored = run.put_file(path, "all.zip")
    assert parse(run, stored)["embedded"] == {}
    found = run.run(task("tika.Parse", from_=stored, extract_embedded=True))
    (row,) = rows(run, found["uri"])
    assert {name: run.content(uri) for name, uri in row["embedded"].items()} == {
        "a.txt": "one", "b.txt": "two",
    }  # fmt: skip
    assert row["metadata"]["Content-Type"] == "application/zip"
    assert not list(tmp_path.parent.glob("b.txt")) and not list(tmp_path.glob("b.txt"))


@pytest.mark.services
@pytest.mark.usefixtures("tika")
def test_a_broken_document(run: FakeRun) -> None:
    stored = run.store("%PDF-1.4 broken", "a.pdf")
    with pytest.raises(TaskFailure, match="`tika` "):
        parse(run, stored)


def test_settings_of_images(run: FakeRun) -> None:
    made = task("tika.Parse", from_="x", ocr_options=OcrOptions(strategy="AUTO", language="deu<"))
    settings = made._settings(run, True)
    assert '<param name="skipOcr" type="bool">false</param>' in settings
    assert '<param name="language" type="string">deu&lt;</param>' in settings
    assert '<param name="ocrStrategy" type="string">AUTO</param>' in settings
    assert '<param name="extractInlineImages" type="bool">true</param>' in settings
    plain = task("tika.Parse", from_="x")._settings(run, False)
    assert '<param name="ocrStrategy" type="string">NO_OCR</param>' in plain


def test_there_is_no_tika(run: FakeRun, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(TaskFailure, match="Tika is needed: put a program `tika` on the path"):
        parse(run, run.store("x"))
