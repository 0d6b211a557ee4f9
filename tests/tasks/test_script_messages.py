"""Lines by which scripts speak to the flow, as executed on the engine: what counts, and what is said of what cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest
from tasks.fake import FakeRun

from flowrt.model.failures import TaskFailure
from flowrt.scripting.messages import read_message
from flowrt.scripting.protocol import OutputLines
from flowrt.scripting.records import Unreadable
from flowrt.tasks.scripts import ShellCommands

METRIC = "io.kestra.core.models.executions.AbstractMetricEntry<java.lang.Object>"
LOG = "io.kestra.core.models.tasks.runners.TaskLogLineMatcher$LogLine"
MAP = "java.util.LinkedHashMap"
ASSETS = "io.kestra.core.runners.AssetEmit"
LEVEL = "org.slf4j.event.Level"
OTLP = "io.kestra.core.models.tasks.runners.otlp.OtlpRecord"
COERCED = 'Cannot coerce empty String ("") to {} (but could if coercion was enabled using `CoercionConfig`)'
UNFIT = "Cannot deserialize value of type `{}` from {} value (token `JsonToken.{}`)"
UNMADE = (
    "Cannot construct instance of `{}` (although at least one Creator exists): no {}-argument"
    " constructor/factory method to deserialize from {}"
)
NO_TYPE = (
    f"Could not resolve subtype of [simple type, class {METRIC}]: missing type id property 'type'"
    " (for POJO property 'metrics')"
)
OTHER_TYPE = (
    "Could not resolve type id '{}' as a subtype of `" + METRIC + "`: known type ids ="
    " [counter, gauge, timer] (for POJO property 'metrics')"
)
NO_VALUE = (
    "expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
)


@pytest.fixture
def run(tmp_path: Path) -> FakeRun:
    return FakeRun(tmp_path)


def metric(text: str) -> str:
    return f'{{"metrics":[{{{text}}}]}}'


@pytest.mark.parametrize(
    ("text", "said", "again"),
    [
        ('{"outputs":1}', UNFIT.format(f"{MAP}<java.lang.String,java.lang.Object>", "Integer", "VALUE_NUMBER_INT"), False),
        ('{"outputs":true}', UNFIT.format(f"{MAP}<java.lang.String,java.lang.Object>", "Boolean", "VALUE_TRUE"), False),
        ('{"outputs":[1]}', UNFIT.format(f"{MAP}<java.lang.String,java.lang.Object>", "Array", "START_ARRAY"), False),
        ('{"outputs":"x"}', UNMADE.format(MAP, "String", "String value ('x')"), False),
        ('{"metrics":"x"}', UNFIT.format(f"java.util.ArrayList<{METRIC}>", "String", "VALUE_STRING"), False),
        ('{"metrics":{}}', UNFIT.format(f"java.util.ArrayList<{METRIC}>", "Object", "START_OBJECT"), False),
        ('{"metrics":[1]}', NO_TYPE, False),
        (metric('"name":"a","value":1'), NO_TYPE, False),
        (metric('"name":"a","type":1,"value":1'), OTHER_TYPE.format(1), False),
        (metric('"name":"a","type":"Counter","value":1'), OTHER_TYPE.format("Counter"), False),
        (metric('"name":"a","type":["counter"],"value":1'), NO_TYPE, False),
        (metric('"name":"a","type":1.50,"value":1'), OTHER_TYPE.format("1.50"), False),
        ('{"metrics":[[{}]]}', f"Unexpected token (START_OBJECT), expected VALUE_STRING: need String, Number of Boolean value that contains type id (for subtype of {METRIC.partition('<')[0]})", False),
        ('{"metrics":[["counter",null]]}', "Cannot deserialize value of type `io.kestra.core.models.executions.metrics.Counter` from Null value (token `JsonToken.VALUE_NULL`)", False),
        ('{"metrics":[["counter",{},3]]}', "Unexpected token (VALUE_NUMBER_INT), expected END_ARRAY: expected closing `JsonToken.END_ARRAY` after type information and deserialized value", False),
        ('{"metrics":[["x",{}]]}', OTHER_TYPE.format("x"), False),
        ('{"otlp":{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"sum":{"isMonotonic":"x"}}]}]}]}}', 'Cannot deserialize value of type `java.lang.Boolean` from String "x": only "true" or "false" recognized', False),
        ('{"outputs":}', "Unexpected character ('}' (code 125)): expected a value", False),
        ('{"logs":[{"level":}]}', "Unexpected character ('}' (code 125)): expected a value", True),
        ('{"outputs":{"a":9' + "9" * 1000 + "}}", "Number value length (1001) exceeds the maximum allowed (1000, from `StreamReadConstraints.getMaxNumberLength()`)", True),
        (metric('"name":[],"type":"counter","value":1'), UNFIT.format("java.lang.String", "Array", "START_ARRAY"), False),
        (metric('"name":"a","type":"counter","value":"x"'), 'Cannot deserialize value of type `java.lang.Double` from String "x": not a valid `Double` value', False),
        (metric('"name":"a","type":"timer","value":"x"'), 'Cannot deserialize value of type `java.time.Duration` from String "x": Failed to deserialize java.time.Duration: (java.time.format.DateTimeParseException) Text cannot be parsed to a Duration', True),
        (metric('"name":"a","type":"counter","value":1,"tags":"x"'), UNMADE.format(MAP, "String", "String value ('x')"), False),
        ('{"logs":"x"}', UNFIT.format(f"java.util.ArrayList<{LOG}>", "String", "VALUE_STRING"), False),
        ('{"logs":["x"]}', UNMADE.format(LOG, "String", "String value ('x')"), False),
        ('{"logs":[1]}', UNMADE.format(LOG, "int/Int", "Number value (1)"), False),
        ('{"assets":[]}', UNFIT.format(ASSETS, "Array", "START_ARRAY"), False),
        ('{"assets":true}', UNMADE.format(ASSETS, "boolean/Boolean", "boolean value (true)"), False),
        # broken inside of what is read, it is told twice
        ('{"outputs":" "}', COERCED.format(f"element of `{MAP}`"), False),
        ('{"assets":""}', COERCED.format(f"`{ASSETS}` value"), False),
        ('{"assets":{"inputs":1}}', UNFIT.format("java.util.ArrayList<io.kestra.core.models.assets.AssetIdentifier>", "Integer", "VALUE_NUMBER_INT"), False),
        ('{"logs":[" "]}', COERCED.format(f"`{LOG}` value"), False),
        ('{"logs":[{"level":" "}]}', COERCED.format(f"`{LEVEL}` value"), False),
        ('{"logs":[{"level":" x "}]}', f'Cannot deserialize value of type `{LEVEL}` from String "x": not one of the values accepted for Enum class: [ERROR, DEBUG, TRACE, INFO, WARN]', False),
        ('{"logs":[{"level":"5"}]}', f'Cannot deserialize value of type `{LEVEL}` from String "5": not one of the values accepted for Enum class: [ERROR, DEBUG, TRACE, INFO, WARN]', False),
        ('{"logs":[{"level":-1}]}', f"Cannot deserialize value of type `{LEVEL}` from number -1: index value outside legal index range [0..4]", False),
        ('{"logs":[{"level":99999999999}]}', "Numeric value (99999999999) out of range of int (-2147483648 - 2147483647)", True),
        ('{"logs":[{"level":true}]}', UNFIT.format(LEVEL, "Boolean", "VALUE_TRUE"), False),
        ('{"logs":[{"level":1.5}]}', UNFIT.format(LEVEL, "Floating-point", "VALUE_NUMBER_FLOAT"), False),
        ('{"logs":[{"level":["INFO"]}]}', UNFIT.format(LEVEL, "Array", "START_ARRAY"), False),
        (metric('"type":"counter","timestamp":"x"'), "Cannot deserialize value of type `java.time.Instant` from String \"x\": Failed to deserialize java.time.Instant: (java.time.format.DateTimeParseException) Text 'x' could not be parsed at index 0", True),
        (metric('"type":"counter","timestamp":[1]'), UNFIT.format("java.time.Instant", "Array", "START_ARRAY"), False),
        ('{"otlp":1}', UNMADE.format(OTLP, "int/Int", "Number value (1)"), False),
        ('{"otlp":[]}', UNFIT.format(OTLP, "Array", "START_ARRAY"), False),
        ('{"otlp":""}', COERCED.format(f"`{OTLP}` value"), False),
        ("{\"outputs\":{'a':1}}", "Unexpected character (''' (code 39)): was expecting double-quote to start field name", True),
        ('{"outputs":{"a":}}', f"Unexpected character ('}}' (code 125)): {NO_VALUE}", True),
        ('{"metrics":[{"name":"a" "b"}]}', "Unexpected character ('\"' (code 34)): was expecting comma to separate Object entries", True),
        ("{\"zz\":{'a':1}}", "Unexpected character (''' (code 39)): was expecting double-quote to start field name", False),
        ('{"outputs":{"a":1},}', "Unexpected character ('}' (code 125)): was expecting double-quote to start field name", False),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_told_in_the_words_of_jackson(
    text: str, said: str, again: bool
) -> None:
    with pytest.raises(Unreadable) as caught:
        read_message(text)
    first = str(caught.value).partition("\n")[0]
    assert first.partition(" (through reference chain")[0] == said
    assert bool(caught.value.behind) == again


def test_what_is_read() -> None:
    message = read_message(
        '{"outputs":{"a":1.50},"zz":1,"logs":[{"level":"INFO","message":1.50},{"message":"x"}],'
        '"metrics":[{"name":1,"type":"counter","value":"2.50","tags":{"k":1}},'
        '{"type":"timer","value":"PT1S","zz":1},{"name":"g","type":"gauge"}]}'
    )
    assert message.outputs == {"a": 1.5}
    assert message.logs == [("INFO", "1.50"), (None, "x")]
    first, second, third = [each for each in message.metrics if each is not None]
    assert (first.kind, first.name, first.value, first.tags) == ("counter", "1", 2.5, {"k": "1"})
    assert (second.name, second.value.nanos) == (None, 10**9)
    assert third.value is None


def test_a_number_that_is_too_large_is_infinite() -> None:
    [found] = read_message(metric(f'"name":"a","type":"gauge","value":1{"0" * 400}')).metrics
    assert found is not None and found.value == float("inf")


def test_the_place_and_the_way_to_it_are_told() -> None:
    with pytest.raises(Unreadable) as caught:
        read_message('{"logs":[{}, { "message" : "x", "level" : true}]}')
    told = str(caught.value).partition("\n")[2]
    assert "line: 1, column: 43]" in told
    assert told.endswith(
        f' (through reference chain: {LOG.replace("$LogLine", "$TaskLogMatch")}["logs"]->java.util.ArrayList[1]'
        f'->{LOG}["level"])'
    )


@pytest.mark.parametrize(
    ("given", "level"),
    [
        ('" INFO "', "INFO"),
        ("0", "ERROR"),
        ("1", "WARN"),
        ("2", "INFO"),
        ('" 3 "', "DEBUG"),
        ('"4"', "TRACE"),
    ],
)
def test_a_level_has_a_name_or_a_number(given: str, level: str) -> None:
    message = read_message(f'{{"logs":[{{"level":{given},"message":"x"}}]}}')
    assert message.logs == [(level, "x")]


def test_a_metric_may_be_a_pair_of_its_kind_and_the_rest() -> None:
    [found] = read_message('{"metrics":[["counter",{"name":"a","value":2}]]}').metrics
    assert found is not None and (found.kind, found.name, found.value) == ("counter", "a", 2.0)


def test_nothing_in_the_place_of_an_entry_is_kept() -> None:
    message = read_message('{"logs":[null],"metrics":[null],"outputs":null,"assets":null}')
    assert (message.logs, message.metrics) == ([None], [None])
    assert message.outputs == {} and not message.has_assets


# ---- what a line does -------------------------------------------------------------------------------------------------


def counter(name: str, value: str = "1", more: str = "") -> str:
    return f'{{"name":"{name}","type":"counter","value":{value}{more}}}'


def records(what: str, name: str, items: str) -> str:
    return f'{{"otlp":{{"resource{what}":[{{"scope{what}":[{{"{name}":[{items}]}}]}}]}}}}'


def logs(*items: str) -> str:
    return records("Logs", "logRecords", ",".join(items))


def metrics(items: str) -> str:
    return records("Metrics", "metrics", items)


OTHER_KIND = (
    "There is already a registered meter of a different type (Composite{} vs. {}) with the same name:"
    " kestra.io.kestra.plugin.scripts.shell.commands.m"
)
NO_NUMBER = 'Cannot invoke "java.lang.Double.doubleValue()" because "{}" is null'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f'{{"metrics":[{counter("m", "null")}]}}', NO_NUMBER.format("this.value")),
        (f'{{"metrics":[{counter("m")},{counter("m", "null")}]}}', NO_NUMBER.format("value")),
        (f'{{"metrics":[{counter("m")},{{"name":"m","type":"gauge","value":1}}]}}', OTHER_KIND.format("Counter", "Gauge")),
        (f'{{"metrics":[{{"name":"m","type":"timer","value":1}},{counter("m")}]}}', OTHER_KIND.format("Timer", "Counter")),
        (f"""{{"metrics":[{counter("m", "1", ',"tags":{"":"x"}')}]}}""", "Cannot convert an empty string to a valid label name."),
        (f"""{{"metrics":[{counter("m", "1", ',"tags":{"x":null}')}]}}""", None),
        ('{"assets":{},"outputs":{"a":1}}', None),
        ('{"otlp":{"resourceLogs":[null]}}', f'Cannot invoke "{OTLP}$ResourceLogs.scopeLogs()" because "resourceLogs" is null'),
        ('{"otlp":{"resourceMetrics":[{"scopeMetrics":[null]}]}}', f'Cannot invoke "{OTLP}$ScopeMetrics.metrics()" because "scopeMetrics" is null'),
    ],
)  # fmt: skip
def test_what_the_engine_does_not_expect_ends_the_reading_of_an_output(
    run: FakeRun, text: str, said: str | None
) -> None:
    lines = OutputLines(run)
    run.variables["task"] = {"type": "io.kestra.plugin.scripts.shell.Commands"}
    assert lines.accept('::{"outputs":{"before":1}}::', False)
    assert lines.accept(f"::{text}::", False) is False
    assert lines.accept("behind", False) is False
    assert lines.accept("error", True)
    assert lines.vars == {"before": 1}
    assert run.logs == [("ERROR", said)] * (said is not None) + [("ERROR", "error")]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (logs('{"body":{"stringValue":"a"}}'), [("INFO", "a")]),
        (logs('{"severityNumber":"13","timeUnixNano":"1","body":{"intValue":"5"}}'), [("WARN", "5")]),
        (logs('{"severityNumber":0,"severityText":" warning ","body":{"boolValue":true}}'), [("WARN", "true")]),
        (logs('{"severityText":"fatal","body":{"doubleValue":1e30}}', '{"severityText":"x","body":{"bytesValue":"aGk="}}'), [("ERROR", "1.0E30"), ("INFO", "aGk=")]),
        (logs('{"body":{"arrayValue":{"values":[{"intValue":1,"stringValue":"a"},{"arrayValue":{"values":[]}},{},null]}}}'), [("INFO", '{"values":[{"stringValue":"a","intValue":1},{"arrayValue":{"values":[]}},{},null]}')]),
        (logs('{"body":{"kvlistValue":{"values":[{"value":{"doubleValue":1.0},"key":"k"},{"key":null}]}}}'), [("INFO", '{"values":[{"key":"k","value":{"doubleValue":1.0}},{}]}')]),
        (logs('{"body":{}}', "{}"), []),
        (logs("null"), [("WARN", f"Invalid OTLP log '{logs('null')}'")]),
        (metrics("null"), [("WARN", f"Invalid OTLP metric '{metrics('null')}'")]),
        ('{"otlp":{"resourceSpans":[null]}}', []),
        ('{"otlp":{}}', []),
    ],
)  # fmt: skip
def test_records_of_opentelemetry_are_logged(
    run: FakeRun, text: str, found: list[tuple[str, str]]
) -> None:
    assert OutputLines(run).accept(f"::{text}::", False)
    assert run.logs == found


def test_metrics_of_opentelemetry_count(run: FakeRun) -> None:
    point = '{"asInt":"3","attributes":[{"key":"k","value":{"intValue":1}},{"key":null}]}'
    lines = OutputLines(run)
    for given in (
        f'{{"name":"g","gauge":{{"dataPoints":[{{"asDouble":1.5}},{point},{{}}]}}}}',
        f'{{"name":"c","sum":{{"aggregationTemporality":1,"dataPoints":[{point}]}}}}',
        f'{{"name":"s","sum":{{"aggregationTemporality":2,"dataPoints":[{point}]}}}}',
    ):
        assert lines.accept(f"::{metrics(given)}::", False)
    assert run.metrics == [
        ("gauge", "g", 1.5),
        ("gauge", "g", 3.0),
        ("counter", "c", 3.0),
        ("gauge", "s", 3.0),
    ]
    assert run.tags[1:] == [{"k": "1"}] * 3 and run.logs == []


@pytest.mark.parametrize("end", ["\x85", "\u2028", "\u2029"])
def test_a_message_has_no_end_of_a_line_in_it_but_one_behind(run: FakeRun, end: str) -> None:
    lines = OutputLines(run)
    lines.accept(f'::{{"outputs":{{"a":"x{end}y"}}}}::', False)
    lines.accept(f'::{{"outputs":{{"b":1}}}}::{end}', False)
    assert lines.vars == {"b": 1}
    assert run.messages("INFO") == [f'::{{"outputs":{{"a":"x{end}y"}}}}::']


def test_a_script_hears_that_nobody_reads_its_output(run: FakeRun) -> None:
    broken = '::{"metrics":[{"name":"a","type":"counter"}]}::'
    task = ShellCommands("s", commands=[f"echo '{broken}'", "sleep 0.3", "echo behind"])
    with pytest.raises(TaskFailure, match="exit code 141"):
        run.run(task)
    assert run.messages("INFO") == []
