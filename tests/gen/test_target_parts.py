"""Parts of modules for engines: parameters and params, retries and timeouts, schedules, what a DAG can say."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from flowc.driver import Sources, analyse
from flowc.gen.backends import Request, backend
from flowc.gen.capabilities import constructs
from flowc.ir.nodes import Module, walk
from flowc.source import SourceFile

LOG = "io.kestra.plugin.core.log.Log"
FLOW = "io.kestra.plugin.core.flow"


def written(target: str, text: str) -> str:
    """The module of a flow without its id and namespace."""
    source = SourceFile("flow.yaml", f"id: parts\nnamespace: company.team\n{text}")
    program = analyse(Sources(source)).program
    assert program is not None
    request = Request(program, Path("parts.py"), {}, force=True)
    return backend(target).write(request).files[Path("parts.py")]


def function(text: str) -> str:
    """The head of the flow function, on one line."""
    found = next(node for node in ast.parse(text).body if isinstance(node, ast.AsyncFunctionDef))
    return f"{found.name}({ast.unparse(found.args)})"


TASK = f"tasks:\n  - {{id: hello, type: {LOG}, message: hello}}\n"


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ("{id: n, type: INT}", "parts(n: int)"),
        ("{id: n, type: FLOAT, defaults: 2}", "parts(n: float=2.0)"),
        ("{id: b, type: BOOLEAN, required: false}", "parts(b: bool | None=None)"),
        ("{id: k, type: SELECT, values: [a, b]}", "parts(k: Literal['a', 'b'])"),
        ("{id: l, type: ARRAY, itemType: INT, defaults: [1]}", "parts(l: list[int] | None=None)"),
        ("{id: j, type: JSON, required: false}", "parts(j: Any=None)"),
        ("{id: my-name, type: STRING}", "parts(my_name: str)"),
        ("{id: hello, type: STRING}", "parts(hello_: str)"),
        ("{id: run, type: STRING}", "parts(run_: str)"),
        ("{id: d, type: STRING, defaults: '{{ now() }}'}", "parts(d: str | None=None)"),
        (
            "{id: a, type: INT, defaults: 1}\n  - {id: b, type: INT}",
            "parts(*, a: int=1, b: int)",
        ),
    ],
)
def test_inputs_are_typed_parameters(inputs: str, expected: str) -> None:
    assert function(written("prefect", f"inputs:\n  - {inputs}\n{TASK}")) == expected


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ("{id: n, type: INT}", 'Param(type="integer")'),
        ("{id: n, type: FLOAT, defaults: 2}", 'Param(2, type="number")'),
        ("{id: b, type: BOOLEAN, required: false}", 'Param(None, type=["null", "boolean"])'),
        ("{id: k, type: SELECT, values: [a, b]}", 'Param(enum=["a", "b"])'),
        ("{id: l, type: ARRAY, itemType: INT, defaults: [1]}", 'Param([1], type="array")'),
        ("{id: j, type: JSON, required: false}", "Param(None)"),
    ],
)
def test_inputs_are_schemas(inputs: str, expected: str) -> None:
    assert expected in written("airflow", f"inputs:\n  - {inputs}\n{TASK}")


def test_a_dag_with_a_schedule_asks_for_nothing() -> None:
    text = written(
        "airflow",
        f"inputs:\n  - {{id: n, type: INT}}\n  - {{id: m, type: INT}}\n{TASK}triggers:\n"
        "  - {id: night, type: io.kestra.plugin.core.trigger.Schedule, cron: '0 3 * * *', inputs: {n: 4}}",
    )
    assert 'schedule="0 3 * * *"' in text
    assert '"n": Param(4, type="integer")' in text
    assert '"m": Param(None, type=["null", "integer"])' in text


RETRY = "retry: {type: constant, interval: PT2S, maxAttempts: 3}, timeout: PT1M"


def test_retries_and_timeouts_are_those_of_the_engine() -> None:
    tasks = f"tasks:\n  - {{id: hello, type: {LOG}, message: hello, {RETRY}}}"
    prefect, airflow = written("prefect", tasks), written("airflow", tasks)
    for option in ("retries=2", "retry_delay_seconds=2", "timeout_seconds=60"):
        assert option in prefect
    for option in ("retries=2", "retry_delay=timedelta(seconds=2)"):
        assert option in airflow
    assert "execution_timeout=timedelta(seconds=60)" in airflow
    assert "Constant" not in prefect + airflow


@pytest.mark.parametrize(
    "retry",
    [
        "{type: constant, interval: PT2S, maxAttempts: 3, maxDuration: PT1M}",
        "{type: constant, interval: PT2S, maxAttempts: 3, warningOnRetry: true}",
        "{type: random, minInterval: PT1S, maxInterval: PT2S, maxAttempts: 3}",
        "{type: constant, interval: PT2S}",
    ],
)
@pytest.mark.parametrize("target", ["prefect", "airflow"])
def test_a_retry_that_the_engine_has_no_words_for_stays_with_the_task(
    target: str, retry: str
) -> None:
    text = written(
        target, f"tasks:\n  - {{id: hello, type: {LOG}, message: hello, retry: {retry}}}"
    )
    assert "retry=" in text
    assert "retries=" not in text


def test_delays_that_grow_are_a_list() -> None:
    retry = "{type: exponential, interval: PT1S, maxInterval: PT3S, maxAttempts: 4}"
    tasks = f"tasks:\n  - {{id: hello, type: {LOG}, message: hello, retry: {retry}}}"
    assert "retry_delay_seconds=[1, 2, 3]" in written("prefect", tasks)
    assert "retry_exponential_backoff=True" in written("airflow", tasks)


def module(text: str) -> Module:
    source = SourceFile("flow.yaml", f"id: parts\nnamespace: company.team\n{text}")
    program = analyse(Sources(source)).program
    assert program is not None
    return program.main


@pytest.mark.parametrize(
    ("loop", "expected"),
    [
        ("concurrencyLimit: 2", "mapped"),
        ("concurrencyLimit: 0", "mapped"),
        ("description: no limit", "mapped"),
    ],
)
def test_a_loop_over_one_task_is_told_from_others(loop: str, expected: str) -> None:
    one = f"- {{id: one, type: {LOG}, message: x}}"
    text = (
        f"tasks:\n  - id: each\n    type: {FLOW}.ForEach\n    values: [a]\n    {loop}\n    tasks:\n"
    )
    single = module(f"{text}      {one}")
    assert next(constructs(next(iter(walk(single))))) == expected
    several = module(f"{text}      {one}\n      {one.replace('one', 'two')}")
    assert next(constructs(next(iter(walk(several))))) == "loop"
