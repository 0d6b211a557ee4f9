"""What the command line gives to a start."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from flowrt.inputs.conversion import Upload
from flowrt.inputs.declaration import Input
from flowrt.model.failures import UsageError
from flowrt.program import given
from flowrt.program.arguments import parse

INPUTS = [Input("n", "INT"), Input("f", "FILE"), Input("db.port", "INT"), Input("j", "JSON")]


def inputs(*argv: str) -> dict[str, object]:
    return given.given_inputs(parse(list(argv)), INPUTS)


def test_single_values(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text("a,b")
    found = inputs("--input", "n=1=2", f"--input=j=@{path}", f"--input=f=@{path}", "--input=x=@@a")
    upload = found.pop("f")
    assert isinstance(upload, Upload)
    assert (upload.name, upload.data) == ("data.csv", path)
    assert found == {"n": "1=2", "j": "a,b", "x": "@a"}


def test_files_of_values_are_texts_and_single_values_win(tmp_path: Path) -> None:
    path = tmp_path / "in.json"
    path.write_text(
        json.dumps(
            {"n": 3, "j": {"k": [1]}, "gone": None, "s": "é", "db": {"port": 1}, "m": {"a": True}}
        )
    )
    assert inputs("--inputs", str(path), "--input", "n=4") == {
        "n": "4",
        "j": '{"k": [1]}',
        "s": "é",
        "db.port": "1",
        "m": '{"a": true}',
    }


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text("{")
    items = tmp_path / "list.json"
    items.write_text("[1]")
    for argv, message in (
        (["--input", "n"], "write --input n=VALUE"),
        (["--input", "=3"], "--input =3: write --input K=VALUE"),
        (["--input", "n=@"], "--input n=@: the path of a file follows @"),
        (["--input", "n=@/no/such"], "--input n: cannot read /no/such: No such file"),
        (["--inputs", str(bad)], f"--inputs {bad}: Expecting"),
        (["--inputs", str(items)], "a map is needed"),
    ):
        with pytest.raises(UsageError) as caught:
            inputs(*argv)
        assert message in str(caught.value)


def test_files_beyond_measure_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A device that never ends, brackets without end, numbers that Python does not read."""
    monkeypatch.setattr(given, "_MOST", 1_000_000)
    for text, message in (("[" * 100_000, "nested too deeply"), ("9" * 5000, "too many digits")):
        path = tmp_path / "large.json"
        path.write_text(f'{{"n": {text}}}')
        with pytest.raises(UsageError, match=message):
            inputs("--inputs", str(path))
    for argv in (
        ["--inputs", "/dev/zero"],
        ["--input", "n=@/dev/zero"],
        ["--input", "f=@/dev/zero"],
    ):
        with pytest.raises(UsageError, match="more than 1 MB"):
            inputs(*argv)
    with pytest.raises(UsageError, match="File name too long"):
        inputs("--input", f"f=@{'a' * 300}")


def test_labels_entries_folders_and_trigger(tmp_path: Path) -> None:
    path = tmp_path / "map.json"
    path.write_text('{"k": 1}')
    arguments = parse(
        f"--label=a:b:c --kv n.s={path} --namespace-files n={tmp_path} --trigger {path}".split()
    )
    assert given.given_labels(arguments) == {"a": "b:c"}
    assert given.given_entries(arguments) == {"n.s": {"k": 1}}
    assert given.given_folders(arguments) == {"n": str(tmp_path)}
    assert given.given_trigger(arguments, {}) == {"id": "trigger", "variables": {"k": 1}}
    with pytest.raises(UsageError, match="is no folder"):
        given.given_folders(parse(["--namespace-files", f"n={path}"]))
    with pytest.raises(UsageError, match="write --label a:VALUE"):
        given.given_labels(parse(["--label", "a"]))


def test_labels_of_the_system_are_not_given_but_the_one_that_links_executions() -> None:
    linked = parse(["--label", "system.correlationId:x"])
    assert given.given_labels(linked) == {"system.correlationId": "x"}
    with pytest.raises(UsageError, match=r"--label system\.x:1: only Kestra itself sets labels"):
        given.given_labels(parse(["--label", "a:b", "--label", "system.x:1"]))


@pytest.mark.parametrize(("pair", "way"), [("a", "a"), ("a:", "a"), (":b", "K")])
def test_labels_that_would_be_left_out_are_refused(pair: str, way: str) -> None:
    with pytest.raises(UsageError, match=f"--label {pair}: write --label {way}:VALUE"):
        given.given_labels(parse(["--label", pair]))
