"""Log, values, judgement and the changes to an execution."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tasks.fake import FakeRun, execution_with, t

from flowrt.engine.execution import Execution
from flowrt.engine.results import failure_texts
from flowrt.model.failures import TaskFailure
from flowrt.model.flow import Flow
from flowrt.tasks.debug import Echo, Return
from flowrt.tasks.execution import Assert, Exit, Fail, Labels, SetVariables, UnsetVariables
from flowrt.tasks.log import Log
from flowrt.tasks.logfetch import Fetch
from flowrt.tasks.metric import Publish
from flowrt.tasks.output import OutputValues
from flowrt.tasks.sleep import Sleep
from flowrt.tasks.templating import TemplatedTask


@pytest.fixture
def run(tmp_path: Path) -> FakeRun:
    return FakeRun(tmp_path, n=2, empty=None)


def test_log_writes_one_record_an_element(run: FakeRun) -> None:
    run.run(Log("a", message=["x", t("{{ n }}")], level="WARN"))
    run.run(Log("b", message=t("{{ empty }}")))
    assert run.logs == [("WARN", "x"), ("WARN", "2"), ("INFO", "")]


@pytest.mark.parametrize(
    ("message", "kind"), [(5, "java.lang.Integer"), ({"a": 1}, "java.util.LinkedHashMap")]
)
def test_log_refuses_what_is_no_text(run: FakeRun, message: object, kind: str) -> None:
    with pytest.raises(TaskFailure, match=f"Invalid message type 'class {kind}'"):
        run.run(Log("a", message=message))


def test_log_refuses_an_unknown_level(run: FakeRun) -> None:
    with pytest.raises(Exception, match="Unrecognized token 'error'"):
        run.run(Log("a", message="x", level=t("{{ 'error' }}")))


def test_return_and_echo(run: FakeRun) -> None:
    assert run.run(Return("r", format=t("{{ n }}!"))) == {"value": "2!"}
    assert run.run(Return("r", format=t("{{ empty }}"))) == {"value": ""}
    assert run.run(Return("r")) is None
    run.run(Echo("e", format="hi", level="ERROR"))
    assert run.logs == [("DEBUG", "2!"), ("DEBUG", ""), ("ERROR", "hi")]


@pytest.mark.parametrize(
    ("format", "said"),
    [(5, "5"), (["a", "b"], '["a","b"]'), ([1], "[1]"), ({"a": t("{{ n }}")}, '{"a":"2"}')],
)
def test_echo_says_any_value_as_one_text(run: FakeRun, format: Any, said: str) -> None:
    run.run(Echo("e", format=format))
    assert run.logs == [("INFO", said)]


def test_echo_needs_something_to_say(run: FakeRun) -> None:
    with pytest.raises(TaskFailure, match=r'"this\.message" is null'):
        run.run(Echo("e"))


@pytest.mark.parametrize("level", ["{{ null }}", "{{ '' }}"])
def test_a_level_that_renders_to_nothing_is_none(run: FakeRun, level: str) -> None:
    for task in (Echo("e", format="x", level=t(level)), Log("l", message="x", level=t(level))):
        with pytest.raises(Exception, match="No content to map due to end-of-input"):
            run.run(task)
    assert run.logs == []


def test_output_values_render_texts_and_keep_literals(run: FakeRun) -> None:
    outputs = run.run(OutputValues("o", values={"a": t("{{ n }}"), "b": 2, "c": [t("{{ n }}")]}))
    assert outputs == {"values": {"a": "2", "b": 2, "c": ["2"]}}


def test_fail_with_and_without_a_condition(run: FakeRun) -> None:
    with pytest.raises(TaskFailure, match=r"^Task failure$"):
        run.run(Fail("f"))
    run.run(Fail("f", condition=t("{{ n == 3 }}")))
    with pytest.raises(TaskFailure, match="Fail on a condition"):
        run.run(Fail("f", condition=t("{{ n == 2 }}"), error_message="why"))
    assert run.logs == [("ERROR", "why")]


def test_assert_tries_every_condition(run: FakeRun) -> None:
    conditions = [t("{{ n == 3 }}"), t("{{ n == 2 }}"), t("{{ gone }}"), t("{{ empty }}"), "0"]
    with pytest.raises(TaskFailure, match=r"^4 assertions failed!\nmore$"):
        run.run(Assert("a", conditions=conditions, error_message="more"))
    first, second, third, fourth = run.messages("ERROR")
    assert first == "Assertion `{{ n == 3 }}` failed!"
    assert second.startswith("Assertion `{{ gone }}` failed, failed to render `Unable to find")
    assert third == "Assertion `{{ empty }}` failed!"
    assert fourth == "Assertion `0` failed!"
    assert ("counter", "failed", 4) in run.metrics


def test_conditions_that_are_not_there_are_not_tried(run: FakeRun) -> None:
    run.run(Assert("a", conditions=[None, t("{{ n == 2 }}")]))
    assert run.metrics == [("counter", "success", 1), ("counter", "failed", 0)]


def test_sleep_tells_its_duration(run: FakeRun) -> None:
    run.run(Sleep("s", duration=t("{{ 'PT0.01S' }}")))
    assert run.logs == [("INFO", "Waiting for PT0.01S")]
    with pytest.raises(TaskFailure, match="No value present"):
        run.run(Sleep("s", duration=t("{{ empty }}")))


def test_fetch_filters_by_task_and_level(run: FakeRun) -> None:
    run.run(Log("t", message=["one", "two"]))
    run.run(Log("t", message="hidden", level="DEBUG"))
    outputs = run.run(Fetch("f", tasks_id=["t"]))
    assert outputs["size"] == 2
    assert 'message:"one"' in run.content(outputs["uri"])
    with pytest.raises(TaskFailure, match="Both `namespace` and `flowId`"):
        run.run(Fetch("f", execution_id="E1", namespace="a"))


def test_metrics_are_recorded(run: FakeRun) -> None:
    metrics = [
        {"type": "counter", "name": "c", "value": t("{{ n }}")},
        {"type": "timer", "name": "d", "value": "PT1M"},
    ]
    run.run(Publish("m", metrics=metrics))
    assert run.metrics == [("counter", "c", 2.0), ("timer", "d", 60.0)]
    with pytest.raises(TaskFailure, match="Could not resolve type id 'sum'"):
        run.run(Publish("m", metrics=[{"type": "sum", "name": "c", "value": 1}]))


@pytest.mark.parametrize(
    ("tags", "found"),
    [
        (None, {}),
        ({"a": "b"}, {"a": "b"}),
        ({"a": 1, "b": 1.5, "c": True}, {"a": "1", "b": "1.5", "c": "true"}),
        ({"a": None}, {}),
        ({"a": t("{{ n }}")}, {"a": "2"}),
        ('{"a": "b"}', {"a": "b"}),
        (t("{{ {'k': 'v'} }}"), {"k": "v"}),
    ],
)
def test_metrics_have_tags(run: FakeRun, tags: Any, found: dict[str, str]) -> None:
    run.run(
        Publish("m", metrics=[{"type": "counter", "name": ["c", 1], "value": "3", "tags": tags}])
    )
    assert run.metrics == [("counter", '["c",1]', 3.0)] and run.tags == [found]


_MISMATCH = "com.fasterxml.jackson.databind.exc.MismatchedInputException: "
_INVALID = "com.fasterxml.jackson.databind.exc.InvalidFormatException: "
_PARSE = "com.fasterxml.jackson.core.JsonParseException: "
_ARGUMENT = "java.lang.IllegalArgumentException: "


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"tags": [1]}, f"{_MISMATCH}Cannot deserialize value of type `java.util.LinkedHashMap"),
        ({"tags": 5}, f"{_MISMATCH}Cannot deserialize value of type `java.util.LinkedHashMap"),
        ({"tags": "[1]"}, f"{_MISMATCH}Cannot deserialize value of type `java.util.LinkedHashMap"),
        ({"tags": ""}, f"{_MISMATCH}No content to map"),
        ({"tags": "x"}, f"{_PARSE}Unrecognized token 'x'"),
        ({"tags": {"a": {"b": 1}}}, f"{_ARGUMENT}Cannot deserialize value of type `java.lang.Str"),
        ({"tags": '{"a": [1]}'}, f"{_ARGUMENT}Cannot deserialize value of type `java.lang.String`"),
        ({"value": "x"}, f"{_PARSE}Unrecognized token 'x'"),
        (
            {"value": "[1"},
            f"{_MISMATCH}Cannot deserialize value of type `java.lang.Double` from Arr",
        ),
        (
            {"value": '"x"'},
            f"{_INVALID}Cannot deserialize value of type `java.lang.Double` from Str",
        ),
        ({"value": [1]}, f"{_MISMATCH}Cannot deserialize value of type `java.lang.Double`"),
        ({"value": [1], "type": "timer"}, f"{_MISMATCH}Cannot deserialize value of type `java.ti"),
    ],
)
def test_what_is_wrong_with_a_metric_is_told_twice(
    run: FakeRun, wrong: dict[str, Any], said: str
) -> None:
    """As it reaches the task; then as it was thrown, with what is behind that, a line each."""
    metric = {"type": "counter", "name": "c", "value": 1, **wrong}
    with pytest.raises(TaskFailure) as error:
        run.run(Publish("m", metrics=[metric]))
    text, causes = failure_texts(error.value, guarded=False)
    assert causes.startswith(said)
    thrown = text.removeprefix("io.kestra.core.exceptions.IllegalVariableEvaluationException: ")
    behind = thrown.partition(": ")[2]
    converted = thrown.startswith(_ARGUMENT)
    assert causes == "\n".join([thrown, behind, *([behind] if converted else [])])


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("+5", 5.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("01", 1.0),
        ("1e3", 1000.0),
        (" 7 ", 7.0),
        ("0x10", None),
        ("1d", None),
        ("1.5f", None),
        ("1_0", None),
    ],
)
def test_which_texts_are_numbers(run: FakeRun, text: str, number: float | None) -> None:
    task = Publish("m", metrics=[{"type": "gauge", "name": "c", "value": text}])
    if number is None:
        with pytest.raises(TaskFailure, match="JsonParseException"):
            run.run(task)
    else:
        run.run(task)
        assert run.metrics == [("gauge", "c", number)]


@pytest.mark.parametrize("missing", ["name", "value"])
@pytest.mark.parametrize("type", ["counter", "timer", "gauge"])
def test_a_metric_has_a_name_and_a_value(run: FakeRun, type: str, missing: str) -> None:
    metric = {"type": type, "name": "c", "value": 1, missing: None}
    with pytest.raises(TaskFailure, match=r"^No value present$"):
        run.run(Publish("m", metrics=[metric]))


def test_exit_names_the_state(run: FakeRun) -> None:
    execution = execution_with({}, {})
    assert Exit("x").update(run, execution) == "SUCCESS"
    assert Exit("x", state="CANCELED").update(run, execution) == "CANCELLED"


def test_labels_in_every_form(run: FakeRun) -> None:
    execution = execution_with({"kept": "1", "old": "1"}, {})
    Labels("l", labels={"old": t("{{ n }}"), "map": {"k": t("{{ n }}")}}).update(run, execution)
    Labels("l", labels=[{"key": "a", "value": 1}, {"key": "a", "value": "2"}]).update(
        run, execution
    )
    Labels("l", labels='{"number": 5}').update(run, execution)
    assert execution.labels == {
        "kept": "1",
        "old": "2",
        "map": '{"k":"2"}',
        "a": "2",
        "number": "5",
    }


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ({"system.x": "1"}, "offending label: system.x=1"),
        ({"a": ""}, "Label values cannot be empty, offending label: a"),
        ([5], "Unknown value type: class java.lang.Integer"),
        ({t("{{ 'a' }}"): 1, "a": 2}, "Duplicate key a .attempted merging values 1 and 2."),
        ('{"a": [1]}', "java.lang.String` from Array value .token `JsonToken.START_ARRAY"),
        ('{"a": {}}', "java.lang.String` from Object value .token `JsonToken.START_OBJECT"),
    ],
)
def test_labels_that_are_refused(run: FakeRun, labels: object, message: str) -> None:
    execution = execution_with({"kept": "1"}, {})
    with pytest.raises(TaskFailure, match=message):
        Labels("l", labels=labels).update(run, execution)
    assert execution.labels == {"kept": "1"}


def test_lists_as_labels_are_printed_as_java_prints_them(run: FakeRun) -> None:
    execution = execution_with({}, {})
    many = {"k": [1, 2], "a": ["x", {"b": 1, "c": [True, None]}]}
    Labels("l", labels=many).update(run, execution)
    Labels("m", labels=[{"key": "m", "value": [1, t("{{ n }}"), {"b": 3}]}]).update(run, execution)
    assert execution.labels == {
        "k": "[1, 2]",
        "a": "[x, {b=1, c=[true, null]}]",
        "m": "[1, 2, {b=3}]",
    }


@pytest.mark.parametrize("labels", [{"a": None, "b": "c"}, '{"b": "c"}'])
def test_labels_without_a_value_in_the_flow_are_not_there(run: FakeRun, labels: object) -> None:
    execution = execution_with({}, {})
    Labels("l", labels=labels).update(run, execution)
    assert execution.labels == {"b": "c"}


def test_variables_are_merged_and_removed(run: FakeRun) -> None:
    execution = execution_with({}, {"m": {"a": 1}, "list": [1]})
    SetVariables("s", variables={"m": {"b": t("{{ n }}")}, "list": [1, 2]}).update(run, execution)
    assert execution.variables == {"m": {"a": 1, "b": "2"}, "list": [1, 2]}
    assert type(execution.variables["m"]) is dict  # only in the order of a hash map
    with pytest.raises(TaskFailure, match=r"already exist: m$"):
        SetVariables("s", variables={"m": 1, "new": 1}, overwrite=False).update(run, execution)
    UnsetVariables("u", variables=["m.a", "list", "gone"]).update(run, execution)
    assert execution.variables == {"m": {"b": "2"}}
    with pytest.raises(TaskFailure):
        UnsetVariables("u", variables=["gone.too"]).update(run, execution)


@pytest.mark.parametrize(
    ("path", "ignored", "method"),
    [
        ("x", False, "remove"),
        ("x", True, "containsKey"),
        ("x.y", False, "get"),
        ("x.y", True, "get"),
    ],
)
def test_of_no_variables_at_all_none_is_unset(
    run: FakeRun, path: str, ignored: bool, method: str
) -> None:
    task = UnsetVariables("u", variables=[path], ignore_missing=ignored)
    execution = Execution(Flow("f", "a.b"))
    with pytest.raises(
        TaskFailure, match=rf'"java\.util\.Map\.{method}\(Object\)" because "vars" is null'
    ):
        task.update(run, execution)
    with pytest.raises(TaskFailure, match=r'"String\.indexOf\(int\)" because "key" is null'):
        UnsetVariables("u", variables=[None], ignore_missing=ignored).update(run, execution)
    UnsetVariables("u", variables=[]).update(run, execution)
    assert not execution.has_variables
    SetVariables("s", variables={}).update(run, execution)
    assert execution.has_variables
    assert Execution(Flow("f", "a.b", variables={})).has_variables


def test_templated_task_runs_the_task_it_describes(run: FakeRun) -> None:
    spec = t(
        "type: io.kestra.core.tasks.debugs.Return\nformat: {{ n }} {% raw %}{{ n }}{% endraw %}\n"
    )
    assert run.run(TemplatedTask("x", spec=spec)) == {"value": "2 2"}
    spec = "type: io.kestra.plugin.core.output.OutputValues\nvalues: {n: 5, l: [1]}"
    assert run.run(TemplatedTask("x", spec=spec)) == {"values": {"n": 5, "l": [1]}}
    spec = "type: io.kestra.plugin.core.debug.Return\nformat: {a: \"{{ {'q': [n]} }}\", b: ~}"
    assert run.run(TemplatedTask("x", spec=spec)) == {"value": '{"a":"{"q":[2]}"}'}


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("type: io.kestra.plugin.core.flow.Sequential", "must be a runnable task"),
        ("type: io.kestra.plugin.core.execution.Exit", "must be a runnable task"),
        ("type: io.kestra.plugin.core.templating.TemplatedTask\nspec: x", "cannot be of type"),
        ("type: io.kestra.plugin.core.debug.Nothing", "No plugin registered"),
        ("type: io.kestra.plugin.core.debug.Return\nnope: 1", 'Unrecognized field "nope"'),
        ("", "No content to map"),
    ],
)
def test_templated_tasks_that_are_refused(run: FakeRun, spec: str, message: str) -> None:
    with pytest.raises(TaskFailure, match=message):
        run.run(TemplatedTask("x", spec=spec))
