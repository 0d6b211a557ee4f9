"""What `errorLogs()` gives, as the engine gave it: objects that print as such, with members, and are no maps."""

from __future__ import annotations

from typing import Any

import pytest

from flowc.expressions import ExpressionError, evaluate, render
from flowrt.expr.environment import DictEnvironment
from flowrt.expr.logentry import LogEntry

DATE = "2026-12-01T07:09:17.803588Z"
ENTRY = {
    "tenantId": "main", "namespace": "a.b", "flowId": "el", "taskId": "l", "executionId": "e", "taskRunId": "r",
    "attemptNumber": 0, "timestamp": DATE, "level": "ERROR", "message": "x",
}  # fmt: skip
SHOWN = (
    "LogEntry(tenantId=main, namespace=a.b, flowId=el, taskId=l, executionId=e, taskRunId=r, attemptNumber=0, "
    f"triggerId=null, timestamp={DATE}, level=ERROR, thread=worker, message=x, executionKind=null, progress=null)"
)
JSON = (
    '{"tenantId":"main","namespace":"a.b","flowId":"el","taskId":"l","executionId":"e","taskRunId":"r",'
    f'"attemptNumber":0,"timestamp":"{DATE}","level":"ERROR","thread":"worker","message":"x"}}'
)
ENTRY_CLASS = "io.kestra.core.models.executions.LogEntry"


class Worker(DictEnvironment):
    """Of a task that runs, in an execution with one error."""

    def __init__(self) -> None:
        super().__init__()
        self.in_worker = True

    def error_logs(self) -> list[dict[str, Any]]:
        return [dict(ENTRY)]


@pytest.mark.parametrize(
    ("expression", "printed"),
    [
        ("errorLogs()", f"[{JSON}]"), ("errorLogs() | toJson", f"[{JSON}]"), ("errorLogs()[0] | toJson", JSON),
        ("errorLogs()[0]", SHOWN), ("errorLogs() | first", SHOWN), ("errorLogs()[0] ~ 'x'", f"{SHOWN}x"),
        ("errorLogs() | string", f"[{SHOWN}]"), ("errorLogs()[0].toString()", SHOWN), ("errorLogs() | join(',')", SHOWN),
        ("[errorLogs()[0]]", f"[{JSON}]"), ("{'a': errorLogs()[0]}", f'{{"a":{JSON}}}'),
        ("errorLogs()[0] | jq('.message')", '["x"]'), ("errorLogs() | jq('.[].level')", '["ERROR"]'),
        ("errorLogs()[0] is map", "false"), ("errorLogs()[0] is iterable", "false"), ("errorLogs() is iterable", "true"),
        ("errorLogs()[0] | length", "0"), ("errorLogs() | length", "1"), ("errorLogs().total", "1"),
        ("errorLogs()[0].message", "x"), ("errorLogs()[0].getMessage()", "x"), ("errorLogs()[0]['taskId']", "l"),
        ("errorLogs()[0].level", "ERROR"), ("errorLogs()[0].level.name", "ERROR"), ("errorLogs()[0].level == 'ERROR'", "true"),
        ("errorLogs()[0].level.ordinal()", "0"), ("errorLogs()[0].level.toInt()", "40"),
        ("errorLogs()[0].timestamp", DATE), ("errorLogs()[0].timestamp | date('yyyy')", "2026"),
        ("errorLogs()[0].triggerId", ""), ("errorLogs()[0].executionKind is null", "true"),
        ("errorLogs() | className", "io.kestra.core.repositories.ArrayListTotal"),
        ("errorLogs()[0] | className", ENTRY_CLASS), ("errorLogs()[0].level | className", "org.slf4j.event.Level"),
        ("errorLogs()[0].timestamp | className", "java.time.Instant"), ("errorLogs()[0] == errorLogs()[0]", "true"),
        ("errorLogs() contains 'x'", "false"), ("errorLogs() | distinct | length", "1"),
        ("errorLogs()[0].toMap()", '{"taskRunId":"r","executionId":"e","tenantId":"main","namespace":"a.b","flowId":"el","taskId":"l"}'),
        ("errorLogs()[0].toLogMap()", '{"taskRunId":"r","attemptNumber":0,"executionId":"e","tenantId":"main","namespace":"a.b","thread":"worker","message":"x","flowId":"el","taskId":"l"}'),
    ],
)  # fmt: skip
def test_entries_are_those_of_the_engine(expression: str, printed: str) -> None:
    assert render(f"{{{{ {expression} }}}}", {}, Worker()) == printed


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{{ errorLogs()[0] | keys }}", f"Actual type was: {ENTRY_CLASS}"),
        ("{{ errorLogs()[0] | values }}", f"Actual type was: {ENTRY_CLASS}"),
        ("{{ errorLogs()[0] contains 'message' }}", f"Actual type was: {ENTRY_CLASS}"),
        ("{{ errorLogs()[0].nosuch }}", "Unable to find `nosuch`"),
        ("{% for e in errorLogs()[0] %}{{ e }}{% endfor %}", "Not an iterable object. Value = [LogEntry("),
    ],
)  # fmt: skip
def test_entries_are_no_maps(template: str, said: str) -> None:
    with pytest.raises(ExpressionError) as failure:
        render(template, {}, Worker())
    assert said in str(failure.value)


def test_entries_are_written_as_maps() -> None:
    from flowrt.formats.ion import write_ion

    text = render("{{ errorLogs() | yaml }}", {}, Worker())
    assert "  triggerId: null\n" in text and f"  timestamp: {DATE}\n" in text
    found = evaluate("{{ errorLogs() }}", {}, Worker())
    assert write_ion(found[0]).startswith('{tenantId:"main",namespace:"a.b"')


def test_entries_name_a_thread_where_a_task_wrote_them() -> None:
    of_execution = {"level": "ERROR", "message": "of the execution", "timestamp": DATE}
    assert LogEntry(of_execution).fields["thread"] is None
    assert LogEntry({**of_execution, "taskId": "t"}).fields["thread"] == "worker"
