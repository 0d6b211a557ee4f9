"""Writes the parts of README and docs that come from the code: `python tools/readme_tables.py [--check]`.

A part stands between `<!-- NAME -->` and `<!-- /NAME -->`. `--check` writes nothing and exits with 1 when one is out
of date; so does `tests/test_quality.py`.
"""

from __future__ import annotations

import html
import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from flowrt.engine.flowable import Executable, Flowable

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "compiler"), str(ROOT / "runtime")]

from flowc.commands.explain import explanation  # noqa: E402
from flowc.diag.codes import CODES  # noqa: E402
from flowc.expr.builtins import FILTERS, FUNCTIONS, TESTS  # noqa: E402
from flowc.expr.parser import TAGS  # noqa: E402
from flowrt.catalog import CORE, SCRIPTS, TASKS, find, places  # noqa: E402
from flowrt.model.declare import Property  # noqa: E402
from flowrt.model.states import EXIT_CODES  # noqa: E402
from flowrt.model.task import RETRY, Task  # noqa: E402
from flowrt.program.arguments import COMMANDS, OPTIONS, RUN  # noqa: E402

PICTURE = ROOT / "examples" / "hello"
PLUGIN = "io.kestra.plugin."


def section(text: str, name: str, content: str) -> str:
    """The text with the part of a name replaced. Raises ValueError when it has no such part."""
    start, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    before, found, rest = text.partition(start)
    _, closed, after = rest.partition(end)
    if not (found and closed):
        raise ValueError(f"no part {name}")
    return f"{before}{start}\n{content}{end}{after}"


def write_section(path: Path, name: str, content: str) -> None:
    """Replace one part of a file."""
    path.write_text(section(path.read_text("utf-8"), name, content), "utf-8")


# ---- the parts ------------------------------------------------------------------------------------------------------


def picture() -> str:
    """A flow and the module that becomes of it, side by side."""
    cells = [
        f"<td valign=\"top\">\n\n```{kind}\n{(PICTURE / name).read_text('utf-8')}```\n\n</td>"
        for name, kind in (("flow.yaml", "yaml"), ("flow.py", "python"))
    ]
    head = "<tr><th>flow.yaml</th><th>flow.py</th></tr>"
    return f"<table>\n{head}\n<tr>\n" + "\n".join(cells) + "\n</tr>\n</table>\n"


def _classes() -> Iterable[tuple[str, type[Task]]]:
    yield from _found(TASKS)


def _found(names: Iterable[str]) -> Iterable[tuple[str, type[Task]]]:
    for name in sorted(names):
        found = find(name)
        if found is not None and "$" not in name:
            yield name, found


def _summary(value: object) -> str:
    text = (value.__doc__ or "").strip().partition("\n\n")[0]
    return " ".join(text.split()).replace("|", "\\|")


def _own(cls: type[Task]) -> list[Property]:
    return [
        each
        for name, each in cls.properties.items()
        if name not in Task.properties and not each.ignored
    ]


def _properties(cls: type[Task]) -> str:
    """The properties of a type in alphabetical order, required ones in bold."""
    found = sorted(_own(cls), key=lambda each: (not each.required, each.yaml))
    return ", ".join(f"**{each.yaml}**" if each.required else each.yaml for each in found) or "–"


def flowables() -> str:
    """The constructs: types that hold or start other tasks."""
    lines = ["| Type | What it does | Properties |", "|---|---|---|"]
    for name, cls in _classes():
        if issubclass(cls, (Flowable, Executable)):
            short = name.removeprefix(CORE)
            lines.append(f"| `{short}` | {_summary(cls)} | {_properties(cls)} |")
    return "\n".join(lines) + "\n"


def policies() -> str:
    """What every task may have, and the kinds of retries."""
    names = [
        each.yaml
        for each in Task.properties.values()
        if not each.ignored and each.yaml not in ("id", "description")
    ]
    return (
        f"On every task: {_code(sorted(names))}; retries: {_code(RETRY.classes)}. "
        f"Expressions: {len(FILTERS)} filters, {len(FUNCTIONS)} functions, {len(TESTS)} tests and the tags "
        f"{_code(TAGS)}, listed in [docs/expressions.md](docs/expressions.md).\n"
    )


def tasks() -> str:
    """The types that do work, by group."""
    groups: dict[str, list[tuple[str, type[Task]]]] = {}
    scripts: dict[str, list[str]] = {}
    for name, cls in _classes():
        if issubclass(cls, (Flowable, Executable)):
            continue
        if name.startswith(SCRIPTS):
            language, _, kind = name.removeprefix(SCRIPTS).partition(".")
            scripts.setdefault(language, []).append(kind)
            continue
        group = name.removeprefix(CORE).partition(".")[0]
        groups.setdefault(group, []).append((name, cls))
    lines = ["| Group | Type | What it does | Properties |", "|---|---|---|---|"]
    for group, members in sorted(groups.items()):
        for name, cls in members:
            short = name.removeprefix(CORE).removeprefix(PLUGIN)
            lines.append(f"| {group} | `{short}` | {_summary(cls)} | {_properties(cls)} |")
    kinds = sorted({kind for each in scripts.values() for kind in each})
    example = find(f"{SCRIPTS}shell.{kinds[0]}")
    assert example is not None
    lines.append(
        f"| scripts | {_code(f'scripts.{language}' for language in sorted(scripts))},"
        f" each as {_code(kinds)} | Real processes, in the interpreter that the machine has;"
        f" outputs by `::{{}}::` lines | {_properties(example)} |"
    )
    return "\n".join(lines) + "\n"


def _families() -> dict[str, list[tuple[str, type[Task]]]]:
    """The types of plugins by family: the folder of their classes."""
    found: dict[str, list[tuple[str, type[Task]]]] = {}
    for name, cls in _found(places().keys() - TASKS.keys()):
        found.setdefault(cls.__module__.split(".")[2], []).append((name, cls))
    return dict(sorted(found.items()))


def _family_summary(family: str) -> str:
    from importlib import import_module

    return _summary(import_module(f"flowrt.plugins.{family}")).rstrip(".")


def families() -> str:
    """How many types of plugins there are, by family, and what they need."""
    lines = ["| Family | Types | Packages |", "|---|---|---|"]
    for family, members in _families().items():
        needed = sorted({package for _, cls in members for package in cls.packages})
        link = f"[{_family_summary(family)}](docs/plugins.md#{family})"
        lines.append(f"| {link} | {len(members)} | {_code(needed) or '–'} |")
    return "\n".join(lines) + "\n"


def plugins() -> str:
    """Every type of the plugins, by family."""
    parts = []
    for family, members in _families().items():
        parts.append(f"## {family}\n\n{_family_summary(family)}.\n")
        parts.append(
            "| Type | What it does | Properties | Outputs | Packages |\n|---|---|---|---|---|"
        )
        for name, cls in members:
            outputs = "any" if cls.outputs is None else _code(sorted(cls.outputs)) or "–"
            parts.append(
                f"| `{name.removeprefix(PLUGIN)}` | {_summary(cls)} | {_properties(cls)} | {outputs} "
                f"| {_code(cls.packages) or '–'} |"
            )
        parts.append("")
    return "\n".join(parts)


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def options() -> str:
    """The commands of a generated program, the options of a start, and the exit codes."""
    lines = ["| Call | Meaning |", "|---|---|"]
    for command in COMMANDS.values():
        if command.hidden:
            continue
        needed = [f"{name} {OPTIONS[name].metavar}" for name in command.required]
        called = [] if command is RUN else [command.name]
        words = " ".join(["python flow.py", *called, *command.words, *needed, "[options]"])
        lines.append(f"| `{words}` | {command.help} |")
    lines += ["", "| Option | Meaning |", "|---|---|"]
    for name in RUN.options:
        option = OPTIONS[name]
        again = "; repeatable" if option.many else ""
        lines.append(f"| `{f'{name} {option.metavar}'.strip()}` | {option.help}{again} |")
    states: dict[int, list[str]] = {
        2: ["refused: wrong usage or input, nothing ran"],
        130: ["as it was: the command was interrupted while it asked or waited"],
    }
    notes = dict.fromkeys(("RUNNING", "QUEUED"), " (it waits for one that is paused)")
    for state, code in EXIT_CODES.items():
        states.setdefault(code, []).append(state + notes.get(state, ""))
    lines += ["", "| Exit code | The execution is |", "|---|---|"]
    lines += [f"| {code} | {', '.join(names)} |" for code, names in sorted(states.items())]
    return "\n".join(lines) + "\n"


def corpus() -> str:
    """How much is recorded here, counted."""
    recorded = sorted((ROOT / "tests" / "conformance" / "corpus").glob("*/*/expected.json"))
    runs = sum(len(json.loads(path.read_text("utf-8")).get("runs", [])) for path in recorded)
    golden = len(list((ROOT / "golden" / "ok").glob("*/flow.yaml")))
    refused = len(list((ROOT / "golden" / "err").glob("*/flow.yaml")))
    examples = len(list((ROOT / "examples").glob("*/flow.yaml")))
    differing = sum(len(row["cases"]) for row in _differences())
    return (
        "| What | Count |\n|---|---|\n"
        f"| recorded cases of the real engine in `tests/conformance/corpus`, with {runs} executions | {len(recorded)} |\n"
        f"| recorded cases that differ, each with its reason in [docs/differences.md](docs/differences.md) | {differing} |\n"
        f"| golden cases: module byte for byte, intermediate form, execution, in three forms | {golden} |\n"
        f"| golden refusals, at least one for each of the {len(CODES)} codes | {refused} |\n"
        f"| examples, golden too | {examples} |\n"
    )


def _differences() -> list[dict[str, Any]]:
    import yaml

    rows: list[dict[str, Any]] = yaml.safe_load(_text("tests/conformance/differences.yaml"))
    return rows


def differences() -> str:
    """The recorded cases that differ, in what, and why."""
    lines = ["| Cases | Differ in | Why |", "|---|---|---|"]
    for row in _differences():
        cases = ", ".join(f"`{name}`" for name in row["cases"])
        lines.append(f"| {cases} | {', '.join(row['kinds'])} | {row['reason']} |")
    return "\n".join(lines) + "\n"


def diagnostics() -> str:
    """The whole page of codes."""
    stages = {"1": "YAML", "2": "The model of the flow", "3": "Expressions and references"}
    stages |= {"4": "Lowering and linking", "5": "Not supported", "6": "Targets"}
    parts = []
    stage = ""
    for code in CODES.values():
        if code.id[2] != stage:
            stage = code.id[2]
            parts.append(f"## {stages[stage]} (FC{stage}xx)\n")
        title, _, rest = explanation(code.id).partition("\n\n")
        paragraphs = rest.partition("\n\nExample:\n\n")[0].split("\n\n")
        text = "\n\n".join(html.escape(each.replace("\n", " "), quote=False) for each in paragraphs)
        parts.append(f"### {title}\n\n{text}\n\n```yaml\n{code.example}\n```\n")
    return "\n".join(parts)


def capabilities() -> str:
    """What each engine makes of each part of a flow."""
    from importlib import import_module

    from flowc.gen.backends import TARGETS
    from flowc.gen.capabilities import CONSTRUCTS

    engines = [target for target in TARGETS if target != "python"]
    tables = [import_module(f"flowc.gen.{each}.capabilities").CAPABILITIES for each in engines]
    head = " | ".join(each.capitalize() for each in engines)
    lines = [f"| Part of a flow | {head} |", "|---" * (len(engines) + 1) + "|"]
    for name, said in CONSTRUCTS.items():
        cells = [f"**{table[name].way}**: {table[name].text}" for table in tables]
        lines.append(f"| {said} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def parts() -> str:
    """What comes along of the runtime on demand."""
    from flowc.gen.python.optional import PURPOSES

    lines = ["| `--with` | For | Comes by itself with |", "|---|---|---|"]
    lines += [f"| `{name}` | {what} | {flows or '–'} |" for name, (what, flows) in PURPOSES.items()]
    return "\n".join(lines) + "\n"


def _text(name: str) -> str:
    path = ROOT / name
    return path.read_text("utf-8") if path.exists() else ""


PARTS: dict[str, dict[str, Callable[[], str]]] = {
    "README.md": {
        "picture": picture,
        "constructs": flowables,
        "policies": policies,
        "tasks": tasks,
        "families": families,
        "corpus": corpus,
    },
    "docs/plugins.md": {"plugins": plugins},
    "docs/cli.md": {"parts": parts, "options": options},
    "docs/diagnostics.md": {"codes": diagnostics},
    "docs/differences.md": {"differences": differences},
    "docs/targets.md": {"capabilities": capabilities},
}


def updated(name: str) -> str:
    """A page with all its parts as they should be."""
    text = _text(name)
    for part, content in PARTS[name].items():
        text = section(text, part, content())
    return text


def main(words: list[str]) -> int:
    stale = [name for name in PARTS if updated(name) != _text(name)]
    for name in stale:
        if "--check" in words:
            print(f"{name} is out of date: run `make tables`")
        else:
            (ROOT / name).write_text(updated(name), "utf-8")
            print(f"{name} written")
    return 1 if stale and "--check" in words else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
