"""The command line: options, commands, refusals that help."""

from __future__ import annotations

import pytest

from flowrt.model.failures import UsageError
from flowrt.program.arguments import COMMANDS, OPTIONS, parse


def refusal(*argv: str) -> str:
    with pytest.raises(UsageError) as caught:
        parse(list(argv))
    return str(caught.value)


def test_options_come_with_a_blank_or_an_equals_sign() -> None:
    found = parse(["--input", "a=1", "--input=b=2=3", "--json", "--log-level", "debug"])
    assert found.command.name == "run"
    assert found.all("--input") == ["a=1", "b=2=3"]
    assert found.flag("--json")
    assert found.one("--log-level") == "DEBUG"
    assert found.one("--store") is None


def test_commands_take_their_words_anywhere() -> None:
    found = parse(["replay", "--from", "t", "abc", "--store=x"])
    assert (found.command.name, found.words) == ("replay", ["abc"])
    assert found.one("--from") == "t"


def test_help_wins_over_what_is_missing() -> None:
    assert parse(["resume", "--help"]).help
    assert parse(["-h", "--nonsense"]).help


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--inptu", "a=1"], "unknown option --inptu; did you mean --input?"),
        (["--quite-different"], "unknown option --quite-different"),
        (["resum", "x"], "unknown command 'resum'; did you mean resume?"),
        (["a=1"], "values of inputs follow --input: --input a=1"),
        (["resume"], "`resume` needs the ID of an execution; see `list`"),
        (["change-status", "x"], "`change-status` needs --task TASK"),
        (["restart", "x", "--input", "a=1"], "--input has no meaning for `restart`"),
        (["restart", "x", "y"], "`restart` does not know what to do with 'y'"),
        (["--store"], "--store needs a value: --store DIR"),
        (["--storage", ""], "--storage needs a value: --storage URL"),
        (["--label=", "a:b"], "--label needs a value: --label K:V"),
        (["--json=1"], "--json takes no value"),
        (["--log-format", "xml"], "--log-format is one of text, json"),
        (["--store", "a", "--store", "b"], "--store was given twice"),
    ],
)
def test_refusals(argv: list[str], message: str) -> None:
    assert refusal(*argv) == message


def test_every_command_names_options_that_exist() -> None:
    for command in COMMANDS.values():
        assert set(command.options) <= set(OPTIONS)
        assert set(command.required) <= set(command.options)
