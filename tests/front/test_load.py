"""The model of a flow, with defaults merged and every problem found at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowc import CompileError, compile_text
from flowc.diag.model import Sink
from flowc.files import Found, read
from flowc.front import MAX_FLOW_DEPTH, load
from flowc.front.model import Flow
from flowc.front.nodes import Scalar, plain
from flowrt import catalog
from flowrt.control.switch import Switch

LOG = "io.kestra.plugin.core.log.Log"
RETURN = "io.kestra.plugin.core.debug.Return"


def good(text: str) -> Flow:
    sink = Sink()
    flow = load("id: f\nnamespace: a.b\n" + text, "flow.yaml", sink)
    assert flow is not None, [each.message for each in sink.sorted()]
    return flow


def codes(text: str) -> list[str]:
    sink = Sink()
    load("id: f\nnamespace: a.b\n" + text, "flow.yaml", sink)
    return [each.code for each in sink.sorted()]


def refused(text: str) -> bool:
    sink = Sink()
    load("id: f\nnamespace: a.b\n" + text, "flow.yaml", sink)
    return sink.refuses


def test_everything_of_a_file_is_reported_in_order() -> None:
    sink = Sink()
    text = f"id: a b\nlabels: {{X: y}}\ntasks:\n- {{id: t, type: {LOG}, mesage: x}}\n- {{id: t, type: No}}\n"
    assert load(text, "flow.yaml", sink) is None
    found = sink.sorted()
    assert [each.span.start for each in found] == sorted(each.span.start for each in found)
    assert {each.code for each in found} == {"FC201", "FC202", "FC205", "FC206", "FC207", "FC214"}


def test_aliases_and_children() -> None:
    flow = good(
        "tasks:\n- id: s\n  type: io.kestra.core.tasks.flows.Switch\n  value: x\n  cases:\n"
        f"    a: [{{id: t, type: io.kestra.core.tasks.log.Log, message: 1}}]\n    1: []\n  defaults: []\n"
        f"  errors: [{{id: e, type: {LOG}, message: x}}]\n"
    )
    (task,) = flow.tasks
    assert task.cls is Switch
    assert task.type == "io.kestra.plugin.core.flow.Switch"
    assert {name: [each.id for each in tasks] for name, tasks in task.children.items()} == {
        "case:a": ["t"],
        "case:1": [],
        "defaults": [],
        "errors": ["e"],
    }
    assert task.children["case:a"][0].type == LOG


def test_literals_are_converted_to_their_kinds() -> None:
    flow = good(
        f"tasks:\n- id: t\n  type: {RETURN}\n  disabled: ' TRUE '\n  allowFailure: 1\n"
        "  retry: {type: constant, interval: PT1S, maxAttempt: '3'}\n"
    )
    (task,) = flow.tasks
    assert task.disabled
    assert plain(task.properties["allowFailure"]) is True
    assert plain(task.properties["retry"]) == {
        "type": "constant",
        "interval": "PT1S",
        "maxAttempts": 3,
    }


def test_descriptions() -> None:
    flow = good(f"tasks:\n# one\n# two\n- id: t\n  type: {RETURN}\n  description: 5\n")
    assert flow.tasks[0].description == "5"


def test_plugin_defaults() -> None:
    flow = good(
        f"tasks:\n- {{id: a, type: {LOG}, message: x}}\n- {{id: b, type: {LOG}, message: x, level: WARN}}\n"
        f"- {{id: c, type: {LOG}, message: x, level: WARN, pluginDefaultsRef: loud}}\n"
        "pluginDefaults:\n- {type: io.kestra.core.tasks.log.Log, values: {level: ERROR}}\n"
        f"- {{type: io.kestra, values: {{level: DEBUG}}}}\n"
        f"- {{type: {LOG}, forced: true, values: {{logLevel: TRACE}}}}\n"
        f"- {{type: {LOG}, ref: loud, forced: true, values: {{level: INFO}}}}\n"
    )
    levels = [plain(task.properties["level"]) for task in flow.tasks]
    # A forced default of the type takes over entirely, the named one is left out.
    assert levels == ["ERROR", "WARN", "WARN"]
    assert all(plain(task.properties["logLevel"]) == "TRACE" for task in flow.tasks)
    origin = flow.tasks[0].properties["level"]
    assert isinstance(origin, Scalar)
    assert origin.span.line == 8


def test_defaults_apply_to_nested_objects_and_merge_deeply() -> None:
    flow = good(
        "tasks:\n- id: g\n  type: io.kestra.plugin.core.flow.Sequential\n  tasks:\n"
        "  - {id: t, type: io.kestra.plugin.core.output.OutputValues, values: {a: {x: 1}, l: [1]}}\n"
        "pluginDefaults:\n- type: io.kestra.plugin.core.output.OutputValues\n"
        "  values: {values: {a: {x: 2, y: 3}, l: [2]}}\n"
    )
    assert plain(flow.tasks[0].children["tasks"][0].properties["values"]) == {
        "a": {"x": 1, "y": 3},
        "l": [2, 1],
    }


def test_unknown_reference_to_defaults() -> None:
    assert codes(f"tasks:\n- {{id: a, type: {RETURN}, pluginDefaultsRef: x}}\n") == ["FC216"]


@pytest.mark.parametrize(
    ("cron", "valid"),
    [
        ("0 3 * * *", True), ("*/5 0-12 1,15 JAN-JUN MON", True), ("@daily", True), ("0 0 * * 7", True),
        ("61 * * * *", False), ("* * * *", False), ("* * * * * *", False), ("5-1 * * * *", False),
        ("*/0 * * * *", False), ("$ome cron", False), ("* * 0 * *", False),
    ],
)  # fmt: skip
def test_cron(cron: str, valid: bool) -> None:
    text = (
        f"tasks:\n- {{id: a, type: {RETURN}}}\ntriggers:\n- id: s\n"
        f"  type: io.kestra.plugin.core.trigger.Schedule\n  cron: '{cron}'\n"
    )
    assert codes(text) == ([] if valid else ["FC217"])


def test_what_fails_only_at_run_time_does_not_refuse() -> None:
    sink = Sink()
    text = f"id: f\nnamespace: a.b\ntasks:\n- {{id: t, type: {LOG}, message: x, level: info}}\n"
    assert load(text, "flow.yaml", sink) is not None
    (found,) = sink
    assert found.runtime
    assert sink.has_errors
    assert not sink.refuses


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    sink = Sink()
    (tmp_path / "latin.yaml").write_bytes(b"id: caf\xc3\xa9\nnamespace: \xe9")
    (tmp_path / "utf16.yaml").write_bytes("id: x".encode("utf-16"))
    for name in ("missing.yaml", "latin.yaml", "utf16.yaml"):
        assert read(Found(tmp_path / name, True), sink) is None
    missing, latin, utf16 = sink
    assert {each.code for each in sink} == {"FC110"}
    assert (latin.span.line, latin.span.column) == (2, 12)
    assert "UTF-16" in utf16.message and utf16.hint == latin.hint == "save the file as UTF-8"
    assert "cannot read" in missing.message


def test_catalog_agrees_with_the_classes() -> None:
    for name in catalog.places():
        cls = catalog.find(name)
        assert cls is not None
        assert cls.type_name == name
        assert {catalog.canonical(alias) for alias in cls.type_aliases} <= {name}


def test_defaults_match_types_as_they_are_written() -> None:
    flow = good("""pluginDefaults:
  - {type: io.kestra.plugin.core.log, values: {level: ERROR}}
  - {type: io.kestra.core.tasks.debugs.Return, values: {format: old}}
tasks:
  - {id: new_log, type: io.kestra.plugin.core.log.Log, message: m}
  - {id: old_log, type: io.kestra.core.tasks.log.Log, message: m}
  - {id: new_return, type: io.kestra.plugin.core.debug.Return}
  - {id: old_return, type: io.kestra.core.tasks.debugs.Return}
""")
    given = {task.id: sorted(task.properties) for task in flow.tasks}
    assert given["new_log"] == ["level", "message"]
    assert given["old_log"] == ["message", "type"]
    assert (given["new_return"], given["old_return"]) == (["format"], ["format", "type"])


@pytest.mark.parametrize(
    ("labels", "of_flows", "of_triggers"),
    [
        ("{a: x}", [], []),
        ("{a: '  '}", [], []),
        ("{a: ''}", ["FC214"], []),
        ("{a: }", ["FC214"], []),
        ("[{key: a, value: ''}]", ["FC214"], []),
        ("[{key: a}]", ["FC214"], ["FC214"]),
        ("[{value: x}]", ["FC214"], ["FC214"]),
        ("[{key: 1, value: x}]", ["FC214"], ["FC214"]),
        ("{'': x}", ["FC214"], []),
        ("{Team: x}", ["FC214"], []),
        ("{my key: x, 5: y, a/b: z, -a: z}", ["FC214"] * 4, []),
        ("{system.x: y}", ["FC214"], ["FC214"]),
    ],
)
def test_what_labels_may_be(labels: str, of_flows: list[str], of_triggers: list[str]) -> None:
    task = f"tasks: [{{id: t, type: {LOG}, message: x}}]\n"
    trigger = "{id: s, type: io.kestra.plugin.core.trigger.Schedule, cron: '0 0 * * *', labels: "
    assert codes(f"labels: {labels}\n{task}") == of_flows
    assert codes(f"{task}triggers: [{trigger}{labels}}}]\n") == of_triggers
    level = "{id: s, type: MAX_DURATION, duration: PT1S, behavior: NONE, labels: "
    assert codes(f"{task}sla: [{level}{labels}}}]\n") == of_triggers


@pytest.mark.parametrize(
    ("nested", "found"), [(False, ["FC214"]), (True, [])], ids=["alone", "within another"]
)
def test_labels_of_kestra_in_a_condition(nested: bool, found: list[str]) -> None:
    package = "io.kestra.plugin.core.condition."
    condition = f"{{type: {package}ExecutionLabels, labels: {{system.x: y}}}}"
    if nested:
        condition = f"{{type: {package}Or, conditions: [{condition}]}}"
    task = f"tasks: [{{id: t, type: {LOG}, message: x}}]\n"
    trigger = f"{{id: g, type: io.kestra.plugin.core.trigger.Flow, conditions: [{condition}]}}"
    assert codes(f"{task}triggers: [{trigger}]\n") == found


def test_a_case_of_null_is_none() -> None:
    flow = good(f"""tasks:
- id: s
  type: io.kestra.plugin.core.flow.Switch
  value: x
  cases: {{a: null, b: [{{id: t, type: {LOG}, message: x}}]}}
""")
    assert list(flow.tasks[0].children) == ["case:b"]


def test_a_null_that_does_not_exist_counts_where_the_source_is_read() -> None:
    task = f"tasks: [{{id: t, type: {LOG}, message: x, nope: null}}]\n"
    assert codes(task) == ["FC201"] and not refused(task)
    for head in (
        "inputs: [{id: i, type: STRING, nope: null}]",
        "outputs: [{id: o, type: STRING, value: x, nope: null}]",
        "concurrency: {limit: 1, nope: null}",
        "labels: {nope: null}",
    ):
        assert refused(f"{head}\n{task}")


def test_labels_of_kestra_are_not_for_a_subflow_to_set() -> None:
    assert codes("""tasks:
  - {id: s, type: io.kestra.plugin.core.flow.Subflow, namespace: a.b, flowId: g, labels: {system.x: "1"}}
""") == ["FC214"]


@pytest.mark.parametrize(
    "value",
    ["9" * 5000, "-" + "9" * 5000, ".5", "1e400", "-1e400", f"PT{'9' * 5000}S", f"P{'1' * 5000}D"],
)
@pytest.mark.parametrize(
    "line",
    [
        "timeout: {}",
        "retry: {{type: constant, interval: {}, maxAttempts: 3}}",
        "retry: {{type: constant, interval: PT1S, maxAttempts: {}}}",
        "workerGroup: {{key: a, fallback: {}}}",
    ],
)
def test_numbers_and_durations_beyond_measure_are_findings(line: str, value: str) -> None:
    for written in (value, f"'{value}'"):
        codes(
            f"tasks:\n- id: t\n  type: {LOG}\n  message: x\n  {line.format(written)}\n"
            f"triggers: [{{id: s, type: io.kestra.plugin.core.trigger.Schedule, cron: '0 0 {value} * *'}}]"
        )


def test_deep_flows_are_read_by_all_stages_or_refused() -> None:
    """What the reader lets through neither exhausts a later stage nor Python's own compiler."""

    def text(levels: int) -> str:
        tasks = f"[{{id: t, type: {LOG}, message: x}}]"
        for number in range(levels):
            kind = "io.kestra.plugin.core.flow.Sequential"
            tasks = f"[{{id: s{number}, type: {kind}, tasks: {tasks}}}]"
        return f"id: f\nnamespace: a.b\ntasks: {tasks}\n"

    def data(levels: int) -> str:
        return text(0) + f"variables: {{a: {'[' * levels}{']' * levels}}}\n"

    for most, make in ((MAX_FLOW_DEPTH // 2 - 2, text), (MAX_FLOW_DEPTH - 2, data)):
        compile_text(make(most), "flow.yaml")
        for levels in (most + 2, 180, 390, 5000):
            with pytest.raises(CompileError, match=r"levels deep|nesting depth"):
                compile_text(make(levels), "flow.yaml")


@pytest.mark.parametrize(
    "task",
    [
        "  - id: one\n    type: LOG\n    message: x",
        "  - type: LOG\n    # id: other\n    message: x\n    id: one",
        "  - type: LOG\n    labels: {id: other}\n    message: x\n    id: one",
        "  - type: LOG\n    labels:\n      id: other\n    message: x\n    id: one",
        "  - type: LOG\n    message: |\n      id: other\n    id: one",
        "  - type: LOG\n    message: 'id: other'\n    \"id\": 'one'",
        "  - {type: LOG, message: x, id: one}",
        "  - {type: LOG, message: 'id: other', labels: {id: other}, 'id': one}",
        '  - {type: LOG, message: [a, {id: other}], "id": "one"}',
    ],
)
def test_an_id_is_found_where_it_stands(task: str) -> None:
    task = task.replace("LOG", LOG)
    text = f"tasks:\n{task}\n{task}\n"
    sink = Sink()
    load("id: f\nnamespace: a.b\n" + text, "flow.yaml", sink)
    (twice,) = [each for each in sink.sorted() if each.code == "FC207"]
    for span in (twice.span, twice.notes[0].span):
        assert span is not None and span.file.text[span.start : span.end] == "one"
    assert twice.span.start > text.index(task) + len(task)


@pytest.mark.parametrize(
    ("more", "found"),
    [
        (f"pluginDefaults: [{{type: {LOG}, values: {{level: null}}}}]", ["FC216"]),
        (f"pluginDefaults: [{{type: {LOG}, values: {{LEVEL: INFO}}}}]", ["FC216"]),
        (f"pluginDefaults: [{{type: {LOG}, values: {{pluginDefaultsRef: x}}}}]", ["FC216"]),
        (f"pluginDefaults: [{{type: {LOG}, values: {{level: INFO}}}}]", []),
        (f"pluginDefaults: [{{type: {LOG}, values: {{nope: 1}}}}]", ["FC216"]),
        (f"pluginDefaults: [{{type: {LOG}, values: {{}}}}]", []),
        (f"pluginDefaults: [{{type: {LOG}}}]", ["FC216"]),
        ("pluginDefaults: [{type: '', values: {a: 1}}]", ["FC216"]),
        ("pluginDefaults: [{values: {a: 1}}]", ["FC216"]),
    ],
)  # fmt: skip
def test_what_defaults_of_plugins_may_be(more: str, found: list[str]) -> None:
    assert codes(f"tasks: [{{id: t, type: {LOG}, message: x}}]\n{more}\n") == found


@pytest.mark.parametrize(
    ("group", "found"), [("null", []), ("{}", ["FC215"]), ("{key: a}", ["FC215"])]
)
def test_a_worker_group_is_that_of_the_working_directory(group: str, found: list[str]) -> None:
    child = f"{{id: c, type: {LOG}, message: x, workerGroup: {group}}}"
    kind = "io.kestra.plugin.core.flow.WorkingDirectory"
    assert codes(f"tasks: [{{id: w, type: {kind}, tasks: [{child}]}}]\n") == found
