"""Small rules, as tables: rendering of properties, places and texts of failures, maps that change, copies."""

from __future__ import annotations

from typing import Any

import pytest
from running import analysed, loaded

from flowrt.engine.changing import Changing
from flowrt.engine.places import frame_of
from flowrt.engine.rendering import Rendering
from flowrt.engine.results import failure_texts, message
from flowrt.engine.work import changes_lists
from flowrt.expr.context import Context
from flowrt.expr.render import template_of
from flowrt.java.errors import ExpressionError, RawError
from flowrt.model.declare import ANY, STRING, enum
from flowrt.model.failures import PlainFailure, TaskFailure
from flowrt.tasks import Log


def expression(text: str, typed: bool = False) -> Any:
    return template_of(text, typed)


VALUES = {"n": 3, "t": "x", "yes": True, "m": {"a": [1, "b"]}, "l": ["p", 2], "d": "PT1.5S"}
RENDER = Rendering(lambda: Context(dict(VALUES)))
FRUITS = enum("APPLE", "PEAR")


@pytest.mark.parametrize(
    ("method", "given", "expected"),
    [
        ("text", None, None),
        ("text", "plain", "plain"),
        ("text", True, "true"),
        ("text", False, "false"),
        ("text", 7, "7"),
        ("text", 1.5, "1.5"),
        ("text", {"a": [expression("{{ n }}"), True]}, '{"a":["3",true]}'),
        ("text", expression("{{ n }}{{ t }}"), "3x"),
        ("typed", expression("{{ n }}", True), 3),
        ("typed", "n", "n"),
        ("typed", ["a", 1], '["a",1]'),
        ("integer", None, None),
        ("integer", 4, 4),
        ("integer", "5", 5),
        ("integer", expression("{{ n }}"), 3),
        ("double", None, None),
        ("double", "2.5", 2.5),
        ("double", expression("{{ n }}"), 3.0),
        ("flag", None, False),
        ("flag", True, True),
        ("flag", False, False),
        ("flag", "true", True),
        ("flag", expression("{{ yes }}"), True),
        ("flag", expression("{{ n == 4 }}"), False),
        ("duration", None, None),
        ("duration", "PT2S", 2.0),
        ("duration", expression("{{ d }}"), 1.5),
        ("listing", None, None),
        ("listing", ["a", expression("{{ t }}")], ["a", "x"]),
        ("listing", expression("{{ l }}"), ["p", "2"]),
        ("mapping", None, None),
        ("mapping", {"k": expression("{{ n }}")}, {"k": "3"}),
        ("mapping", expression("{{ m }}"), {"a": [1, "b"]}),
        ("structure", None, None),
        ("structure", 4, 4),
        ("structure", {"k": [expression("{{ t }}"), 1.5]}, {"k": ["x", 1.5]}),
        ("truthy", None, False),
        ("truthy", "0", False),
        ("truthy", expression("{{ t }}"), True),
    ],
)
def test_properties_are_rendered(method: str, given: Any, expected: Any) -> None:
    found = getattr(RENDER, method)(given)
    assert found == expected
    assert type(found) is type(expected)


def test_properties_with_what_they_are_rendered_for() -> None:
    assert RENDER.flag(None, True) is True
    assert RENDER.text_with("plain", {}) == "plain"
    assert RENDER.text_with(expression("{{ t }} {{ row }}"), {"row": 1, "t": "y"}) == "y 1"
    assert RENDER.text(expression("{{ t }}")) == "x"  # as before
    assert RENDER.constant("PEAR", FRUITS) == "PEAR"
    assert RENDER.constant(expression("{{ 'PE' }}AR"), FRUITS) == "PEAR"
    assert RENDER.parse("plain") == "plain"
    assert RENDER.text(RENDER.parse("{{ n }}")) == "3"
    assert RENDER.listing(["1"], STRING) == ["1"]
    assert RENDER.mapping({"a": 1}, ANY) == {"a": 1}


@pytest.mark.parametrize(
    ("method", "given"),
    [("integer", "x"), ("double", "x"), ("flag", "maybe"), ("duration", "soon")],
)
def test_properties_that_have_no_value(method: str, given: str) -> None:
    with pytest.raises((TaskFailure, RawError)):
        getattr(RENDER, method)(given)


@pytest.mark.parametrize("given", ["PLUM", expression("{{ t }}"), ""])
def test_a_constant_is_one_of_its_kind(given: Any) -> None:
    with pytest.raises((TaskFailure, RawError)):
        RENDER.constant(given, FRUITS)


def test_variables_are_made_once_and_may_be_others() -> None:
    made: list[Context] = []

    def make() -> Context:
        made.append(Context({"a": "1"}))
        return made[-1]

    rendering = Rendering(make)
    assert rendering.text("plain") == "plain"
    assert made == []
    assert [rendering.text(expression("{{ a }}")) for _ in range(2)] == ["1", "1"]
    assert len(made) == 1
    rendering.use(Context({"a": "2"}))
    assert rendering.text(expression("{{ a }}")) == "2"


# ---- failures -------------------------------------------------------------------------------------------------------

FLOW = loaded(analysed("""\
id: f
namespace: a.b
tasks:
  - id: t
    type: io.kestra.plugin.core.log.Log
    message: |
      first {{ inputs.a }}
        second {{ wrong }}
  - {id: u, type: io.kestra.plugin.core.debug.Return, format: "{{ other }}"}
  - {id: v, type: io.kestra.plugin.core.log.Log, message: ["{{ fine }}", "{{ wrong }}"]}
  - id: w
    type: io.kestra.plugin.core.flow.LoopUntil
    condition: "{{ ok }}"
    checkFrequency:
      interval: "{{ soon }}"
    tasks:
      - {id: x, type: io.kestra.plugin.core.output.OutputValues, values: {"{{ key }}": "{{ inner }}"}}
  - {id: y, type: io.kestra.plugin.core.flow.Pause, delay: "{{ late }}"}
  - {id: z, type: io.kestra.plugin.core.log.Log, message: "\\n{{ below }}"}
"""))


def failure(name: str | None, place: str | None) -> ExpressionError:
    error = ExpressionError(f"Unable to find `{name}`" if name else "broken")
    error.place = place
    return error


SECOND = "first {{ inputs.a }}\n  second {{ wrong }}\n"


@pytest.mark.parametrize(
    ("task", "error", "frame"),
    [
        ("t", ValueError("x"), ["  --> f.yaml:4:5 flow a.b.f, task t"]),
        ("t", failure("wrong", None), ["  --> f.yaml:4:5 flow a.b.f, task t"]),
        ("t", failure("wrong", "somewhere else"), ["  --> f.yaml:4:5 flow a.b.f, task t"]),
        (
            "u",
            failure("other", "in {{ other }}"),
            [
                "  --> f.yaml:9:63 flow a.b.f, task u, property format",
                "   | {{ other }}",
                "   |    ^^^^^",
            ],
        ),
        (
            "u",
            failure(None, "in {{ other }}"),
            [
                "  --> f.yaml:9:63 flow a.b.f, task u, property format",
                "   | {{ other }}",
                "   | ^^^^^^^^^^^",
            ],
        ),
        (
            "t",
            failure("wrong", f"in {SECOND}"),
            [
                "  --> f.yaml:6:14 flow a.b.f, task t, property message",
                "   |   second {{ wrong }}",
                "   |             ^^^^^",
            ],
        ),
        # in the element of a list, in a record, in a map, by an older name of the property
        *(
            (
                task,
                failure(name, f"in {{{{ {name} }}}}"),
                [
                    f"  --> f.yaml:{place} flow a.b.f, task {task}, property {property}",
                    f"   | {{{{ {name} }}}}",
                    f"   |    {'^' * len(name)}",
                ],
            )
            for task, name, place, property in (
                ("v", "wrong", "10:59", "message"),
                ("w", "soon", "15:7", "checkFrequency"),
                ("x", "key", "17:74", "values"),
                ("x", "inner", "17:74", "values"),
                ("y", "late", "18:60", "pauseDuration"),
            )
        ),
        # the first line, where nothing is known of the culprit, however short
        (
            "z",
            failure(None, "in \n{{ below }}"),
            [
                "  --> f.yaml:19:59 flow a.b.f, task z, property message",
                "   | ",
                "   | ^",
            ],
        ),
        (
            "u",
            failure("", "in {{ other }}"),
            [
                "  --> f.yaml:9:63 flow a.b.f, task u, property format",
                "   | {{ other }}",
                "   | ^^^^^^^^^^^",
            ],
        ),
    ],
)
def test_where_a_failure_stands(task: str, error: BaseException, frame: list[str]) -> None:
    found = frame_of(FLOW, FLOW.declared[task], error)
    assert found is not None
    assert found.splitlines() == frame


def test_a_task_without_a_place_has_no_frame() -> None:
    assert frame_of(FLOW, Log("elsewhere"), ValueError("x")) is None


def caused(error: BaseException, *causes: BaseException) -> BaseException:
    at = error
    for cause in causes:
        at.__cause__ = cause
        at = cause
    return error


@pytest.mark.parametrize(
    ("error", "plain", "guarded"),
    [
        (TaskFailure("it failed"), ("it failed", ""), None),
        (
            caused(TaskFailure("it failed"), ValueError("one"), ValueError("two")),
            ("it failed", "one\ntwo"),
            None,
        ),
        (
            ExpressionError("no value"),
            ("no value", ""),
            (
                "io.kestra.core.exceptions.IllegalVariableEvaluationException: no value",
                "no value",
            ),
        ),
        # a failure that need not be declared passes a timeout unchanged
        (ValueError("wrong"), ("wrong", ""), None),
        (RawError("raw"), ("raw", ""), None),
        (
            PlainFailure("checked"),
            ("checked", ""),
            ("java.lang.Exception: checked", "checked"),
        ),
        (
            FileNotFoundError("gone"),
            ("gone", ""),
            ("java.io.FileNotFoundException: gone", "gone"),
        ),
    ],
)
def test_texts_of_failures(
    error: BaseException, plain: tuple[str, str], guarded: tuple[str, str] | None
) -> None:
    assert message(error) == plain[0]
    assert failure_texts(error, False) == plain
    assert failure_texts(error, True) == (plain if guarded is None else guarded)


# ---- maps that change, and lists that are copied --------------------------------------------------------------------


def test_a_map_that_changes_shows_what_it_was() -> None:
    first = {"a": 1, "b": 2}
    changing = Changing(first, 1)
    assert (changing.version, changing.now, list(changing.given)) == (0, first, ["a", "b"])
    changing.change([("a", 3), ("c", 4)], ["a", "c"])
    changing.change([("c", 5)], ["c"])
    assert changing.version == 3
    assert list(changing.given) == ["c"]
    assert [dict(changing.at(version)) for version in range(4)] == [
        {"a": 1, "b": 2},
        {"a": 3, "b": 2},
        {"a": 3, "b": 2, "c": 4},
        {"a": 3, "b": 2, "c": 5},
    ]
    assert first == {"a": 1, "b": 2}
    assert changing.now == {"a": 3, "b": 2, "c": 5}


@pytest.mark.parametrize(
    ("value", "changes"),
    [
        ("{{ l | sort }}", True),
        ("{{ l|rsort }}", True),
        ("{{ l | reverse }}", True),
        ("{{ l | sorted }}", False),
        ("{{ sort }}", False),
    ],
)
def test_which_tasks_get_lists_of_their_own(value: str, changes: bool) -> None:
    template = expression(value)
    known: dict[Any, bool] = {}
    for given in (template, [template], {"k": template}, {"k": ["x", {"y": template}]}):
        task = Log("t", message=given)
        assert changes_lists(task, known) is changes is known[task]
    task = Log("t", message="{{ l | sort }}")  # a text that is no expression
    assert not changes_lists(task, known)
