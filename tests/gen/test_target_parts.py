"""Parts of modules for engines: parameters and params, retries and timeouts, schedules, what a DAG can say."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from pydantic import BaseModel

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
        ("{id: json, type: JSON}", "parts(json_: Any)"),
        ("{id: model-dump, type: STRING}", "parts(input_model_dump: str)"),
        ("{id: d, type: STRING, defaults: '{{ now() }}'}", "parts(d: str | None=None)"),
        (
            "{id: a, type: INT, defaults: 1}\n  - {id: b, type: INT}",
            "parts(*, a: int=1, b: int)",
        ),
    ],
)
def test_inputs_are_typed_parameters(inputs: str, expected: str) -> None:
    assert function(written("prefect", f"inputs:\n  - {inputs}\n{TASK}")) == expected


def test_the_form_of_prefect_says_what_inputs_are() -> None:
    inputs = (
        '  - {id: my-name, type: STRING, description: "Who\\nis it?", displayName: Your name}\n'
        "  - {id: n, type: INT, displayName: How many}\n  - {id: m, type: INT}\n"
    )
    tree = ast.parse(written("prefect", f"inputs:\n{inputs}{TASK}"))
    found = next(node for node in tree.body if isinstance(node, ast.AsyncFunctionDef))
    told = ["The flow company.team.parts.", "", "Args:", "    my_name: Who is it?"]
    assert ast.get_docstring(found) == "\n".join([*told, "    n: How many"])


def test_no_parameter_has_a_name_of_the_models_that_prefect_makes() -> None:
    own = [name for name in (*dir(BaseModel), "Config") if not name.startswith("_")]
    inputs = "".join(f"  - {{id: {name}, type: INT}}\n" for name in own)
    head = function(written("prefect", f"inputs:\n{inputs}{TASK}"))
    found = re.findall(r"(\w+): int", head)
    assert len(found) == len(own)
    assert not {name for name in found if name in own or name.startswith("model_")}


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ("{id: n, type: INT}", 'Param(type="integer")'),
        ("{id: n, type: FLOAT, defaults: 2}", 'Param(2, type="number")'),
        ("{id: b, type: BOOLEAN, required: false}", 'Param(None, type=["null", "boolean"])'),
        ("{id: k, type: SELECT, values: [a, b]}", 'Param(enum=["a", "b"])'),
        ("{id: l, type: ARRAY, itemType: INT, defaults: [1]}", 'Param([1], type="array")'),
        ("{id: j, type: JSON, required: false}", "Param(None)"),
        (
            "{id: m, type: MULTISELECT, values: [a, b]}",
            'Param(type="array", examples=["a", "b"])',
        ),
        (
            "{id: s, type: SELECT, values: [a, b], allowCustomValue: true}",
            'Param(type="string", examples=["a", "b"])',
        ),
        (
            "{id: s, type: SELECT, values: [a, b], required: false}",
            'Param(None, type=["null", "string"], examples=["a", "b"])',
        ),
        ("{id: n, type: INT, min: 1, max: 9}", 'Param(type="integer", minimum=1, maximum=9)'),
        ("{id: n, type: INT, min: 1, defaults: 0}", 'Param(0, type="integer")'),
        ("{id: d, type: DATE}", 'Param(type="string", format="date")'),
        ("{id: d, type: DATE, defaults: someday}", 'Param("someday", type="string")'),
        ("{id: d, type: DATE, defaults: '{{ now() }}'}", 'Param(None, type=["null", "string"]'),
        ("{id: n, type: STRING, displayName: Your name}", 'type="string", title="Your name")'),
    ],
)
def test_inputs_are_schemas(inputs: str, expected: str) -> None:
    assert expected in written("airflow", f"inputs:\n  - {inputs}\n{TASK}")


def test_airflow_shows_what_a_flow_says_of_its_tasks() -> None:
    text = written(
        "airflow",
        f"tasks:\n  - id: part\n    type: {FLOW}.Sequential\n    description: Both of them.\n    tasks:\n"
        f"      - {{id: hello, type: {LOG}, message: hello, description: 'Says {{{{ it }}}}.'}}\n"
        f"      - {{id: ask, type: {FLOW}.Pause, description: May it go on?}}\n",
    )
    assert 'Group(Sequential("part"), tooltip="Both of them.")' in text
    assert 'doc_md="Says {{ it }}."' in text
    assert 'task=Pause("ask"), doc_md="May it go on?", answer="ask__ask"' in text


NIGHT = "id: night, type: io.kestra.plugin.core.trigger.Schedule, cron: '0 3 * * *'"


def test_who_is_started_by_a_schedule_asks_for_nothing_and_knows_what_that_gives() -> None:
    flow = f"inputs:\n  - {{id: n, type: INT}}\n{TASK}triggers:\n  - {{{NIGHT}, inputs: {{n: 4}}}}"
    airflow, prefect = written("airflow", flow), written("prefect", flow)
    assert 'schedule="0 3 * * *"' in airflow
    assert '"n": Param(None, type=["null", "integer"])' in airflow
    assert "n: int | None=None" in function(prefect)
    assert 'Cron("0 3 * * *", slug="night")' in prefect
    for text in (airflow, prefect):
        assert 'inputs={"n": 4}' in text
        assert '"cronsim' in text


@pytest.mark.parametrize(
    ("zone", "known"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        ("Z", "UTC"),
        ("+02:00", "Etc/GMT-2"),
        ("UTC-3", "Etc/GMT+3"),
        ("GMT+14", "Etc/GMT-14"),
        ("UTC", "UTC"),
    ],
)
def test_zones_are_called_as_engines_call_them(zone: str, known: str) -> None:
    flow = f"{TASK}triggers:\n  - {{{NIGHT}, timezone: '{zone}'}}"
    assert f'timezone="{known}", slug' in written("prefect", flow)
    timetable = f'CronTriggerTimetable("0 3 * * *", timezone="{known}")'
    assert ('schedule="0 3 * * *"' if known == "UTC" else timetable) in written("airflow", flow)


@pytest.mark.parametrize(
    "schedule",
    [
        *(f"{NIGHT}, timezone: '{zone}'" for zone in ("+05:30", "UTC-13", "-18:00")),
        NIGHT.replace("0 3 * * *", "0 0 31 2 *"),
        NIGHT.replace("0 3", "30 0 3") + ", withSeconds: true",
    ],
)
def test_what_engines_lack_is_no_schedule_of_theirs(schedule: str) -> None:
    flow = f"{TASK}triggers:\n  - {{{schedule}}}"
    assert "Cron(" not in written("prefect", flow)
    assert "schedule=None" in written("airflow", flow)


def test_a_dag_has_the_schedules_of_the_first_zone() -> None:
    other = NIGHT.replace("night", "noon").replace("0 3", "0 12")
    flow = (
        f"{TASK}triggers:\n  - {{{NIGHT}, timezone: Europe/Berlin}}\n"
        f"  - {{{other}, timezone: Asia/Tokyo}}"
    )
    assert 'CronTriggerTimetable("0 3 * * *", timezone="Europe/Berlin")' in written("airflow", flow)
    assert 'Cron("0 12 * * *", timezone="Asia/Tokyo", slug="noon")' in written("prefect", flow)


def test_a_flow_that_is_switched_off_is_started_by_no_schedule() -> None:
    flow = f"disabled: true\n{TASK}triggers:\n  - {{{NIGHT}}}"
    assert "schedule=None" in written("airflow", flow)
    assert "active=False" in written("prefect", flow)


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


ONE = f"{{id: one, type: {LOG}, message: x}}"
SEEN = f"{{id: two, type: {LOG}, message: '{{{{ tasks.one.state }}}}'}}"
SET = "{id: two, type: io.kestra.plugin.core.execution.SetVariables, variables: {n: 1}}"
TWO = ONE.replace("one", "two")


def loop(kind: str, told: str, *tasks: str) -> str:
    """A flow with one loop."""
    listed = "".join(f"      - {task}\n" for task in tasks)
    return f"tasks:\n  - id: each\n    type: {FLOW}.{kind}\n    {told}\n    tasks:\n{listed}"


@pytest.mark.parametrize(
    ("kind", "told", "tasks", "expected"),
    [
        ("ForEach", "values: [a]", (ONE,), ["mapped"]),
        ("ForEach", "{values: [a], concurrencyLimit: 0}", (ONE,), ["mapped"]),
        ("EachParallel", "{value: [a], concurrent: 2}", (ONE,), ["mapped"]),
        ("EachSequential", "value: [a]", (ONE, TWO), ["loop"]),
        ("ForEach", "values: [a]", (SET,), ["loop"]),
        ("ForEach", "values: [a]", (ONE, SEEN), ["loop"]),
        ("ForEach", "{values: [a], concurrencyLimit: 2}", (ONE, SEEN), ["loop", "looking"]),
        ("ForEach", "values: '{{ vars.n }}'", (ONE, SET), ["loop", "growing"]),
        ("ForEach", "values: '{{ vars.n }}'", (ONE, TWO), ["loop"]),
        ("ForEach", "values: '{{ outputs.two.value }}'", (ONE, TWO), ["loop", "growing"]),
        ("ForEach", "values: '{{ outputs.other.value }}'", (ONE, TWO), ["loop"]),
        (
            "ForEach",
            "{values: '{{ vars.n }}', concurrencyLimit: 2}",
            (ONE, SET),
            ["loop", "growing at once"],
        ),
        ("EachParallel", "value: '{{ vars.n }}'", (ONE, SET), ["spread"]),
        ("EachParallel", "value: [a]", (ONE, TWO), ["spread"]),
        ("EachParallel", "{value: [a], concurrent: 2}", (ONE, TWO), ["spread", "task limit"]),
        ("EachParallel", "{value: [a], concurrent: '{{ 2 }}'}", (ONE,), ["mapped", "loop limit"]),
    ],
)
def test_loops_are_told_apart(
    kind: str, told: str, tasks: tuple[str, ...], expected: list[str]
) -> None:
    lines = "\n    ".join(told.removeprefix("{").removesuffix("}").split(", c")).replace(
        "\n    oncurren", "\n    concurren"
    )
    found = module(loop(kind, lines if told.startswith("{") else told, *tasks))
    assert list(constructs(next(iter(walk(found))))) == expected


def test_a_loop_that_changes_its_values_starts_its_rounds_in_turns() -> None:
    text = written("airflow", loop("ForEach", "values: '{{ vars.n }}'", SET))
    for line in (
        '        each_turns = Turns(task_id="each__turns", trigger_dag_id="company.team.parts__each")',
        'with Body("company.team.parts__each", loop=each):',
    ):
        assert f"{line}\n" in text, line
    assert "expand" not in text


def test_the_body_of_a_loop_is_a_dag_of_its_own() -> None:
    text = written("airflow", loop("ForEach", "values: [a]\n    concurrencyLimit: 2", ONE, TWO))
    for line in (
        'trigger_dag_id="company.team.parts__each",',
        "max_active_tis_per_dagrun=2,",
        ").expand(item=each_values.output)",
        "[each_values, each_rounds] >> each_join",
        'with Body("company.team.parts__each", loop=each):',
        "    one >> two",
    ):
        assert f"{line}\n" in text, line


def test_rounds_of_all_at_once_have_no_limit_and_no_edges() -> None:
    text = written("airflow", loop("EachParallel", "value: [a]", ONE, TWO))
    assert "max_active" not in text
    assert "one >> two" not in text


def test_bodies_stand_before_those_of_the_loops_in_them() -> None:
    inner = loop("EachSequential", "value: [a]", ONE, TWO).replace("each", "inner")
    nested = inner.removeprefix("tasks:\n  - ").replace("\n", "\n    ")
    text = written("airflow", loop("ForEach", "values: [a]", nested))
    bodies = [line for line in text.splitlines() if line.startswith("with Body(")]
    assert bodies == [
        'with Body("company.team.parts__each", loop=each):',
        'with Body("company.team.parts__inner", loop=inner):',
    ]


def test_a_loop_that_a_dag_cannot_say_is_one_step() -> None:
    text = written("airflow", loop("EachParallel", "value: [a]\n    concurrent: 2", ONE, TWO))
    assert "run_each = Step(task=each)" in text
    assert "Body" not in text


def test_passes_know_how_many_tasks_are_disabled() -> None:
    given = "condition: '{{ true }}'"
    disabled = ONE.replace("}", ", disabled: true}")
    text = written("airflow", loop("LoopUntil", given, disabled, TWO))
    assert "declared=2" in text
    assert 'Passes(task_id="each__passes", trigger_dag_id="company.team.parts__each")' in text
    assert "declared=" not in written("airflow", loop("LoopUntil", given, ONE, TWO))


HANDLED = f"    errors:\n      - {ONE.replace('one', 'failed')}\n    finally:\n      - {ONE.replace('one', 'tidy')}\n"


@pytest.mark.parametrize(
    ("kind", "edges"),
    [
        ("Sequential", ["one >> two", "two >> failed", "[two, failed] >> tidy"]),
        ("Parallel", ["[one, two] >> failed", "[one, two, failed] >> tidy"]),
        ("Dag", ["[one, two] >> failed", "[one, two, failed] >> tidy"]),
    ],
)
def test_handlers_of_a_block_are_steps(kind: str, edges: list[str]) -> None:
    tasks = (f"{{task: {ONE}}}", f"{{task: {TWO}}}") if kind == "Dag" else (ONE, TWO)
    text = written("airflow", loop(kind, "description: x", *tasks) + HANDLED)
    found = [line.strip() for line in text.splitlines() if " >> " in line]
    assert found == [*edges, "tidy >> each_end", "each >> finish"]


@pytest.mark.parametrize(
    ("kind", "tasks"), [("AllowFailure", (ONE, TWO)), ("Parallel", (ONE, SEEN))]
)
def test_handlers_that_a_dag_cannot_say_are_part_of_one_step(
    kind: str, tasks: tuple[str, ...]
) -> None:
    text = written("airflow", loop(kind, "description: x", *tasks) + HANDLED)
    assert "run_each = Step(task=each)" in text


def test_a_flow_that_may_start_itself_is_a_program_beside_its_dag() -> None:
    start = f"  - id: again\n    type: {FLOW}.Subflow\n    namespace: company.team\n"
    text = f"inputs:\n  - {{id: n, type: INT, defaults: 0}}\ntasks:\n{start}"
    text += "    flowId: '{{ flow.id }}'\n    runIf: '{{ inputs.n > 0 }}'\n"
    source = SourceFile("flow.yaml", f"id: parts\nnamespace: company.team\n{text}")
    program = analyse(Sources(source)).program
    assert program is not None
    files = backend("airflow").write(Request(program, Path("parts.py"), {}, force=True)).files
    assert sorted(map(str, files)) == ["company_team_parts_flow.py", "parts.py"]
    text = files[Path("parts.py")]
    assert "from company_team_parts_flow import flow\n" in text
    # whatever folder it stands in
    assert text.index("find_beside(__file__)\n") < text.index("from airflow.sdk import")
    assert "find_beside" not in written("airflow", TASK)


def test_ids_of_a_flow_are_not_those_of_tasks_that_a_dag_adds() -> None:
    def log(id: str) -> str:
        return f"{{id: {id}, type: {LOG}, message: x}}"

    def block(id: str, kind: str, more: str, *inner: str) -> str:
        tasks = "".join(f"\n      - {log(each)}" for each in inner)
        return f"  - id: {id}\n    type: {FLOW}.{kind}{more}\n    tasks:{tasks}\n"

    helpers = ("end", "join", "choice", "ask", "pause", "values", "rounds", "passes")
    taken = [f"{id}__{each}" for id in ("blk", "iff", "loop", "until", "ask") for each in helpers]
    text = (
        "tasks:\n"
        + "".join(f"  - {log(each)}\n" for each in (*taken, "finish", "verdict"))
        + block("blk", "Parallel", "\n    errors:\n      - " + log("wrong"), "b1", "b2")
        + f"  - id: iff\n    type: {FLOW}.If\n    condition: 'true'\n    then:\n      - {log('i1')}\n"
        + block("loop", "ForEach", "\n    values: [1]", "l1", "l2")
        + block("until", "LoopUntil", "\n    condition: 'true'", "u1")
        + f"  - {{id: ask, type: {FLOW}.Pause}}\n"
        + f"afterExecution:\n  - {log('last')}\n"
    )
    module = written("airflow", text)
    ids = re.findall(r'task_id="([^"]+)"', module) + re.findall(r'TaskGroup\(\s*"([^"]+)"', module)
    assert len(ids) > 8 and set(ids).isdisjoint({*taken, "finish", "verdict"})
    assert {"finish_", "verdict_", "blk__end_", "iff__choice_", "ask__ask_"} <= set(ids)
    assert "task_id" not in written("airflow", TASK).partition("Finish(")[2].partition(")")[0]


def test_tasks_of_listeners_stand_behind_the_end() -> None:
    condition = "{type: io.kestra.plugin.core.condition.ExecutionStatus, in: [FAILED]}"
    listeners = (
        f"listeners:\n  - tasks:\n      - {TWO}\n  - conditions: [{condition}]\n    tasks:\n"
    )
    after = f"afterExecution:\n  - {{id: last, type: {LOG}, message: x}}\n"
    text = written("airflow", f"{TASK}{listeners}      - {ONE}\n{after}")
    assert 'two = Listener(task=Log("two", message="x"))' in text
    assert 'one = Listener(task=Log("one", message="x"), conditions=conditions)' in text
    assert "finish >> two >> one >> last >> verdict" in text


def test_blocks_too_deep_for_groups_run_as_one_step() -> None:
    text = f"tasks:\n  - {{id: hello, type: {LOG}, message: hello}}\n"
    for number in reversed(range(30)):
        inner = text.removeprefix("tasks:\n").replace("\n", "\n    ").rstrip()
        head = f"  - id: s{number}\n    type: {FLOW}.Sequential\n    tasks:\n"
        text = f"tasks:\n{head}    {inner}\n"
    found = written("airflow", text)
    assert "as s15:" in found
    assert "run_s16 = Step(task=s16)" in found
    assert "as s16:" not in found


@pytest.mark.parametrize("kind", ["Sequential", "Parallel", "Dag"])
def test_a_block_whose_tasks_are_disabled_is_one_step(kind: str) -> None:
    disabled = ONE.replace("}", ", disabled: true}")
    task = f"{{task: {disabled}}}" if kind == "Dag" else disabled
    text = written("airflow", loop(kind, "description: x", task))
    assert "run_each = Step(task=each)" in text
    assert "# disabled: one" in text
