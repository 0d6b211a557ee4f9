"""Lines by which scripts speak to the flow, as executed on the engine: what counts, and what is said of what cannot be read."""

from __future__ import annotations

import pytest

from flowrt.scripting.messages import Unreadable, read_message

METRIC = "io.kestra.core.models.executions.AbstractMetricEntry<java.lang.Object>"
LOG = "io.kestra.core.models.tasks.runners.TaskLogLineMatcher$LogLine"
MAP = "java.util.LinkedHashMap"
ASSETS = "io.kestra.core.runners.AssetEmit"
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
        (metric('"name":"a","type":[],"value":1'), OTHER_TYPE.format("[]"), False),
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
    assert str(caught.value).partition("\n")[0] == said
    assert bool(caught.value.behind) == again


def test_what_is_read() -> None:
    message = read_message(
        '{"outputs":{"a":1.50},"zz":1,"logs":[{"level":"INFO","message":1.50},{"message":"x"}],'
        '"metrics":[{"name":1,"type":"counter","value":"2.50","tags":{"k":1}},'
        '{"type":"timer","value":"PT1S","zz":1},{"name":"g","type":"gauge"}]}'
    )
    assert message.outputs == {"a": 1.5}
    assert message.logs == [("INFO", "1.50"), (None, "x")]
    first, second, third = message.metrics
    assert (first.kind, first.name, first.value, first.tags) == ("counter", "1", 2.5, {"k": "1"})
    assert (second.name, second.value.nanos) == (None, 10**9)
    assert third.value is None


def test_a_number_that_is_too_large_is_infinite() -> None:
    [found] = read_message(metric(f'"name":"a","type":"gauge","value":1{"0" * 400}')).metrics
    assert found.value == float("inf")
