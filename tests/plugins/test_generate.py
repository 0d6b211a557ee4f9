"""Records that are made up."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from plugins.service import rows
from tasks.fake import FakeRun, t

from flowrt import catalog
from flowrt.model.failures import TaskFailure
from flowrt.plugins.transform.generate import (
    PROVIDERS,
    Inventor,
    JsonObjectGenerator,
    RandomBytesGenerator,
    StringValueGenerator,
)


@pytest.fixture
def run(tmp_path: Path) -> FakeRun:
    return FakeRun(tmp_path, word="hello")


def generate(generator: Any, **properties: Any) -> Any:
    found = catalog.find(catalog.canonical("io.kestra.plugin.datagen.Generate"))
    assert found is not None
    return found("t", generator=generator, **properties)


RECORD = {
    "name": "#{name.fullName}",
    "email": "#{internet.emailAddress}",
    "age": 30,
    "address": {"zip": "#{address.zipCode}"},
    "skills": ["#{job.keySkills}", "hardcoded"],
    "word": t("{{ word }}"),
    "text": "no #{name.fullName}",
    "odd": "#{nothing.atAll}",
}


def test_a_value_is_made_up(run: FakeRun) -> None:
    found = run.run(generate(JsonObjectGenerator(value=RECORD, locale=["en", "US"])))
    value = found["value"]
    assert found["count"] == 1 and found["size"] > 100 and "uri" not in found
    assert " " in value["name"] and re.fullmatch(r"\S+@\S+\.\w+", value["email"])
    assert re.fullmatch(r"\d{5}", value["address"]["zip"]) and value["age"] == 30
    assert value["skills"][0] != "#{job.keySkills}" and value["skills"][1] == "hardcoded"
    assert value["word"] == "hello"
    assert value["text"] == "no #{name.fullName}"  # only what begins with one is an expression
    assert value["odd"] == "#{nothing.atAll}"


def test_many_values_are_stored(run: FakeRun) -> None:
    made = JsonObjectGenerator(
        value={"id": "#{internet.uuid}", "n": "#{number.numberBetween '3','5'}"}
    )
    found = run.run(generate(made, store=True, batch_size=50))
    taken = rows(run, found["uri"])
    assert (
        found["count"] == len(taken) == 50 and found["size"] == len(run.content(found["uri"])) - 50
    )
    assert len({each["id"] for each in taken}) == 50
    assert {each["n"] for each in taken} == {"3", "4"}


def test_texts_and_bytes(run: FakeRun) -> None:
    text = StringValueGenerator(value=t("{{ word }} #{options.option 'a','b'} #{numerify '##'}"))
    assert re.fullmatch(r"hello [ab] \d\d", run.run(generate(text))["value"])
    data = run.run(generate(RandomBytesGenerator(size=9)))["value"]
    assert isinstance(data, bytes) and len(data) == 9


@pytest.mark.parametrize("name", sorted(PROVIDERS))
def test_what_is_asked_for_is_there(name: str) -> None:
    asked = f"#{{{name}}}"
    assert Inventor(["en", "US"]).text(asked) not in ("", asked)


@pytest.mark.parametrize("locale", [["us", "US"], ["de"], ["de", "DE", "x"], []])
def test_languages(locale: list[str]) -> None:
    assert Inventor(locale).text("#{name.fullName}") != "#{name.fullName}"


def test_a_language_that_is_none() -> None:
    with pytest.raises(TaskFailure, match=r"received: \[a, b, c, d\]"):
        Inventor(["a", "b", "c", "d"])
