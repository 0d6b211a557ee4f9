"""Mistakes that are made again and again: the help, and `flowc check --fix` for those whose correction is certain."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from flowc.api import check
from flowc.cli import main
from flowc.front.durations import as_iso

HEAD = "id: f\nnamespace: a.b\ninputs:\n  - {id: n, type: INT}\ntasks:\n"
LOG = "io.kestra.plugin.core.log.Log"
SHELL = "  - id: t\n    type: io.kestra.plugin.scripts.shell.Commands\n    commands:\n"


def log(message: str) -> str:
    return f'  - id: t\n    type: {LOG}\n    message: "{message}"\n'


CASES = {
    "=": (log("{{ inputs.n = 3 }}"), log("{{ inputs.n == 3 }}")),
    "&&": (log("{{ true && inputs.n == 3 }}"), log("{{ true and inputs.n == 3 }}")),
    "||": (log("{{ true || false }}"), log("{{ true or false }}")),
    "!": (log("{{ !true }}"), log("{{ not true }}")),
    "two of one text": (log("{{ true && true || false }}"), log("{{ true and true or false }}")),
    "go template": (log("{{.Names}} é"), log("{% raw %}{{.Names}}{% endraw %} é")),
    "comment": (
        SHELL + "      - echo ${#a[@]}\n",
        SHELL + "      - echo ${% raw %}{#{% endraw %}a[@]}\n",
    ),
    "colon": (SHELL + "      - echo it's a: b\n", SHELL + "      - 'echo it''s a: b'\n"),
    "colon and expression": (
        SHELL + "      - echo a: {{ flow.id }}\n",
        SHELL + "      - 'echo a: {{ flow.id }}'\n",
    ),
    "quotes": (
        f"  - id: t\n    type: {LOG}\n    message: {{{{ flow.id }}}}\n",
        log("{{ flow.id }}"),
    ),
    "duration": (
        "  - {id: t, type: io.kestra.plugin.core.flow.Sleep, duration: 10s}\n",
        "  - {id: t, type: io.kestra.plugin.core.flow.Sleep, duration: PT10S}\n",
    ),
    "type below the dash": (
        f"  - id: t\n  type: {LOG}\n    message: x\n",
        log("x").replace('"', ""),
    ),
    "type with a dash": (
        f"  - id: t\n  - type: {LOG}\n    message: x\n",
        log("x").replace('"', ""),
    ),
    "prefix": (
        "  - {id: t, type: log.Log, message: x}\n",
        f"  - {{id: t, type: {LOG}, message: x}}\n",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_certain_corrections(name: str, tmp_path: Path) -> None:
    wrong, right = CASES[name]
    found = [each for each in check(HEAD + wrong) if each.is_error]
    assert found and all(each.hint for each in found)
    file = tmp_path / "f.yaml"
    file.write_text(HEAD + wrong, "utf-8")
    assert CliRunner().invoke(main, ["check", "--strict", str(file)]).exit_code == 1
    assert file.read_text("utf-8") == HEAD + wrong  # nothing is changed unasked
    done = CliRunner().invoke(main, ["check", "--strict", "--fix", str(file)])
    assert file.read_text("utf-8") == HEAD + right
    assert done.exit_code == 0, done.output


def test_a_correction_leaves_all_other_bytes_alone(tmp_path: Path) -> None:
    file = tmp_path / "f.yaml"
    text = "\ufeff" + (HEAD + CASES["="][0] + "# é\n").replace("\n", "\r\n")
    file.write_bytes(text.encode())
    CliRunner().invoke(main, ["check", "--strict", "--fix", str(file)])
    assert file.read_bytes() == text.replace("n = 3", "n == 3").encode()


def test_what_is_not_certain_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "f.yaml"
    text = HEAD + log("{{ inputs.m }} {{ item }}")
    file.write_text(text)
    done = CliRunner().invoke(main, ["check", "--strict", "--fix", str(file)])
    assert done.exit_code == 1
    assert file.read_text() == text


def test_the_value_of_a_loop() -> None:
    each = (
        "  - id: each\n    type: io.kestra.plugin.core.flow.ForEach\n    values: [a]\n    tasks:\n"
        + "".join(f"    {line}\n" for line in log("{{ item }}").splitlines())
    )
    (found,) = check(HEAD + each)
    assert (found.code, found.hint) == ("FC311", "write `taskrun.value`")


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("region", "write `inputs.region`"),
        ("host", "write `vars.host`"),
        ("nested.a", "write `vars.nested.a`"),
        ("load.value", "the outputs of a task are in `outputs`: `outputs.load.value`"),
        ("namespace", "write `flow.namespace`"),
        ("now", "a function is called with parentheses: `now()`"),
        ("evns.HOME", "did you mean `envs`?"),
        ("item", None),
    ],
)
def test_what_a_bare_name_stands_for(written: str, hint: str | None) -> None:
    text = (
        "id: f\nnamespace: a\ninputs:\n  - {id: region, type: STRING}\n"
        "variables: {host: x, nested: {a: 1}}\ntasks:\n"
        "  - {id: load, type: io.kestra.plugin.core.debug.Return, format: x}\n"
    )
    (found,) = check(text + log(f"{{{{ {written} }}}}"))
    assert (found.code, found.hint) == ("FC311", hint)


@pytest.mark.parametrize(
    ("written", "iso"),
    [
        ("10s", "PT10S"),
        ("1.5 seconds", "PT1.5S"),
        ("5 minutes", "PT5M"),
        ("1h30m", "PT1H30M"),
        ("1 day, 2 hours", "P1DT2H"),
        ("2d", "P2D"),
        ("1.5h", None),
        ("soon", None),
        ("5", None),
        ("", None),
        ("1s 2s", None),
    ],
)
def test_durations_as_people_write_them(written: str, iso: str | None) -> None:
    assert as_iso(written) == iso


@pytest.mark.parametrize("output_format", ["json", "sarif", "github"])
def test_machines_get_line_column_and_end(output_format: str, tmp_path: Path) -> None:
    file = tmp_path / "f.yaml"
    file.write_text(HEAD + CASES["duration"][0])
    said = CliRunner().invoke(main, ["check", "--format", output_format, str(file)]).output
    keys = {
        "json": ['"line": 6', '"column": 63', '"endColumn": 66'],
        "sarif": ['"startLine": 6', '"startColumn": 63', '"endColumn": 66'],
        "github": ["line=6", "col=63", "endColumn=66"],
    }
    assert [key for key in keys[output_format] if key not in said] == [], said
