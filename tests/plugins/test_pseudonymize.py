"""Fields of records that are replaced."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from plugins.service import rows
from tasks.fake import FakeRun, t, task

from flowrt.model.failures import TaskFailure


@pytest.fixture
def run(tmp_path: Path) -> FakeRun:
    return FakeRun(tmp_path)


def replaced(run: FakeRun, text: str, name: str, /, **properties: Any) -> tuple[str, int]:
    source = run.store(text, name)
    found = run.run(task("datagen.core.Pseudonymize", from_=source, **properties))
    assert run.messages("INFO")[-1] == (
        f"Pseudonymized {found['count']} record(s) written to {found['uri']}"
    )
    return found["uri"], found["count"]


def test_columns_of_csv(run: FakeRun) -> None:
    text = 'id,"full, name",email\n1,"Ada ""A"" L",ada@x.org\n\n2,Bob\n3,"a,b",c,more\n'
    fields = {"email": "#{internet.emailAddress}", "none": "x", "full, name": 'Q" #{number.digit}'}
    uri, count = replaced(run, text, "a.csv", fields=fields)
    first, *lines = run.content(uri).splitlines()
    assert uri.endswith(".csv") and count == 3 and first == 'id,"full, name",email'
    for number, line in enumerate(lines, 1):
        one, name, email, *_ = line.split(",")
        assert one == str(number) and name[:5] == '"Q"" ' and name[5].isdigit()
        assert "@" in email and email != "ada@x.org"
    assert lines[2].endswith(",more")
    assert replaced(run, text, "a.csv") == (run.messages("INFO")[-1].rpartition(" ")[2], 3)
    untouched = run.content(replaced(run, text, "a.csv")[0])
    assert untouched.splitlines()[1:] == ['1,"Ada ""A"" L",ada@x.org', "2,Bob,", '3,"a,b",c,more']
    assert replaced(run, "", "a.csv")[1] == 0


def test_members_of_json(run: FakeRun) -> None:
    text = (
        '{"email":"a@x.org","user":{"name":"Ada","tags":[1]}}\n\n'
        '\'Some\'::{"email":"b@x.org"}\n[1]\nno json\n'
    )
    fields = {
        "email": "#{internet.emailAddress}",
        "user.name": "N#{number.digit}",
        "a.b": "x",
        "user.tags.c": "x",
    }
    uri, count = replaced(run, text, "a.json", fields=fields)
    lines = run.content(uri).splitlines()
    assert count == 4 and lines[2:] == ["[1]", "no json"]
    first, second = map(json.loads, lines[:2])
    assert first["user"]["tags"] == [1] and first["user"]["name"].startswith("N")
    assert {first["email"], second["email"]}.isdisjoint({"a@x.org", "b@x.org"})
    assert run.messages("WARN") == [
        f"Record {n} could not be parsed as JSON and was written through un-pseudonymized"
        for n in (2, 3)
    ]


def test_rows(run: FakeRun) -> None:
    text = '{email:"a@x.org",day:2024-01-02}\n{other:1}\n"text"\n'
    uri, count = replaced(run, text, "a.ion", fields={"email": "#{internet.uuid}"}, locale=["de"])
    first, *others = rows(run, uri)
    assert count == 3 and others == [{"other": 1}, "text"]
    assert len(first["email"]) == 36 and str(first["day"]) == "2024-01-02"


def test_the_form_of_a_file(run: FakeRun) -> None:
    with pytest.raises(TaskFailure, match="Cannot auto-detect content type from URI"):
        replaced(run, "a\n1\n", "a.txt")
    assert replaced(run, "a\n1\n", "a.txt", content_type=t("{{ 'CSV' }}"))[1] == 1
    with pytest.raises(TaskFailure, match="Invalid value for property 'locale'"):
        replaced(run, "a\n", "a.csv", locale=["a", "b", "c", "d"])
