"""`flowc tasks`: which task types there are, and what each one has and needs."""

from __future__ import annotations

import pytest
from click.testing import CliRunner, Result

from flowc import atlas
from flowc.cli import main
from flowrt.catalog import find, places


def tasks(*args: str) -> Result:
    return CliRunner().invoke(main, ["tasks", *args], catch_exceptions=False)


def test_every_type_has_a_line_with_its_packages() -> None:
    found = tasks()
    lines = dict(line.split(None, 1) for line in found.stdout.splitlines())
    names = {name for name in places() if "$" not in name}
    assert (found.exit_code, set(lines)) == (0, names)
    for name in names:
        cls = find(name)
        assert cls is not None
        assert all(package in lines[name] for package in cls.packages)


@pytest.mark.parametrize("word", ["s3", "S3"])
def test_a_word_of_the_name_or_the_summary(word: str) -> None:
    names = [line.split()[0] for line in tasks("--search", word).stdout.splitlines()]
    assert "io.kestra.plugin.aws.s3.Upload" in names
    assert "io.kestra.plugin.core.log.Log" not in names


def test_a_search_finds_what_cannot_be_run() -> None:
    missing = next(name for name in sorted(atlas.tasks()) if name not in places())
    (line,) = (
        line
        for line in tasks("--search", missing).stdout.splitlines()
        if line.split()[0] == missing
    )
    assert line.endswith("not supported")


@pytest.mark.parametrize("name", ["io.kestra.plugin.core.log.Log", "log.Log"])
def test_one_type(name: str) -> None:
    lines = [line.split(None, 1) for line in tasks(name).stdout.splitlines()]
    assert lines[0] == ["io.kestra.plugin.core.log.Log"]
    assert ["message", "any, required"] in lines
    assert ["level", "TRACE | DEBUG | INFO | WARN | ERROR, default 'INFO'"] in lines


def test_outputs_and_packages_of_one_type() -> None:
    text = tasks("redis.string.Get").stdout
    assert "Outputs:\n\n  data  any\n  key   string\n" in text
    assert text.endswith("Needs: redis>=5\n")


def test_one_type_that_cannot_be_run() -> None:
    missing = next(name for name in sorted(atlas.tasks()) if name not in places())
    found = tasks(missing)
    assert (found.exit_code, "flowc cannot run it" in found.stdout) == (0, True)


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("Upload",), "Upload may be one of these:"),
        (("io.kestra.plugin.core.log.Lgo",), "did you mean `io.kestra.plugin.core.log.Log`?"),
        (("--search", "zzzz"), "no task type has `zzzz`"),
    ],
)
def test_what_is_not_found_is_said(args: tuple[str, ...], said: str) -> None:
    found = tasks(*args)
    assert (found.exit_code, said in found.stderr) == (2, True)
