"""YAML as the engine read it: 15,398 documents and scalars, recorded from its function `yaml`."""

import json
import lzma
from pathlib import Path
from typing import Any

import pytest

from flowrt.formats.yamlread import parse_yaml
from flowrt.formats.yamlscalar import YamlError
from flowrt.java.values import number_class

RECORDED = Path(__file__).resolve().parents[1] / "recorded" / "yaml.jsonl.xz"
"""A line a document: the text, then a list of its one value (null where it was refused), then the words of the refusal,
or the class of the value of the key `v`."""


def rows() -> list[list[Any]]:
    with lzma.open(RECORDED, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def without_nulls(value: Any) -> Any:
    """As the recording was written: JSON without entries that are null, infinities as texts."""
    if value in (float("inf"), float("-inf")):
        return "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    return [without_nulls(item) for item in value] if isinstance(value, list) else value


def read(text: str) -> Any:
    try:
        return [parse_yaml(text)]
    except YamlError:
        return None


def test_values_are_those_of_the_engine() -> None:
    wrong = []
    for text, wanted, *rest in rows():
        found = read(text)
        if rest and rest[0] == "byte[]":
            wanted = found = None
        shown = [json.dumps(without_nulls(side), sort_keys=True) for side in (found, wanted)]
        kind = rest[0] if wanted and rest else ""
        if shown[0] != shown[1] or (
            kind in ("Integer", "Long", "BigInteger") and number_class(found[0]["v"]) != kind
        ):
            wrong.append((text, found, wanted))
    assert not wrong


def test_words_of_refusals_are_those_of_the_engine() -> None:
    equal = total = 0
    for text, wanted, *rest in rows():
        if wanted is None:
            total += 1
            with pytest.raises(YamlError) as failure:
                parse_yaml(text)
            equal += str(failure.value) == rest[0]
    assert total > 4000
    assert equal / total > 0.98


def test_the_parser_in_python_reads_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the C parser is missing, nothing changes."""
    sample = [row[0] for row in rows()[::7]]
    fast = [read(text) for text in sample]
    import yaml

    monkeypatch.delattr(yaml.cyaml, "CParser")
    assert repr([read(text) for text in sample]) == repr(fast)


LONG = r"^Number value length \({}\) exceeds the maximum allowed \(1000, from [^\n]*\)$"


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("9" * 1001, 1001),
        ("-" + "9" * 1000, 1001),
        ("- " + "9" * 999 + ".5", 1001),
        ("0x" + "f" * 1001, 1001),
        ("!!int " + "9" * 2000, 2000),
    ],
)
def test_long_numbers_are_refused(text: str, size: int) -> None:
    with pytest.raises(YamlError, match=LONG.format(size)):
        parse_yaml(text)


def test_what_is_longer_is_a_text() -> None:
    assert parse_yaml("9" * 1000) == int("9" * 1000)
    assert parse_yaml("9" * 1025) == "9" * 1025
    assert parse_yaml(f"[{'9' * 5000}.5]") == ["9" * 5000 + ".5"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a\0b", "special characters are not allowed"),
        ("a\ud800b", "special characters are not allowed"),
        ("a\ud800", r"The last char is HighSurrogate \(no LowSurrogate detected\)\."),
    ],
)
def test_signs_that_no_document_has(text: str, said: str) -> None:
    with pytest.raises(YamlError, match=rf"^{said}\n at \[Source: "):
        parse_yaml(text)


def test_deep_documents_are_refused() -> None:
    assert parse_yaml("[" * 900 + "]" * 900) is not None
    with pytest.raises(YamlError, match="nesting depth"):
        parse_yaml("[" * 1001 + "]" * 1001)


NO_PADDING = "expects padding (one or more '=' characters) at the end"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("aGk=", b"hi"), ("aG==", b"h"), ("aGl0", b"hit"), ("aGk=aGk=", b"hihi"), ("  aGk=\t ", b"hi"), ("aGl0 aGk=", b"hithi"),
        ("%%%%", "Illegal character '%' (code 0x25) in base64 content"),
        ("aG*=", "Illegal character '*' (code 0x2a) in base64 content"),
        ("aGl0-_", "Illegal character '-' (code 0x2d) in base64 content"),
        ("aGl0\u00e9", "Illegal character '\u00e9' (code 0xe9) in base64 content"),
        ("a", NO_PADDING), ("aG", NO_PADDING), ("aGk", NO_PADDING), ("aG=", NO_PADDING), ("aGk=x", NO_PADDING),
        ("aG=k", "Illegal character 'k' (code 0x6b) in base64 content: expected padding character '='"),
        ("=aGk", "as character #1 of 4-char base64 unit: padding only legal as 3rd or 4th character"),
        ("a===", "as character #2 of 4-char base64 unit: padding only legal as 3rd or 4th character"),
        ("aGk==", "as character #1 of 4-char base64 unit: padding only legal as 3rd or 4th character"),
        ("a Gk=", "Illegal white space character (code 0x20) as character #2 of 4-char base64 unit"),
        ("aG= =", "#4 of 4-char base64 unit: can only used between units: expected padding character '='"),
    ],
)  # fmt: skip
def test_bytes_are_read_as_the_engine_reads_them(text: str, found: bytes | str) -> None:
    """Executed on the engine: `yaml('a: !!binary "…"')`."""
    source = f'a: !!binary "{text}"\n'
    if isinstance(found, bytes):
        assert bytes(parse_yaml(source)["a"]) == found
        return
    with pytest.raises(YamlError) as failure:
        parse_yaml(source)
    assert found in str(failure.value)
