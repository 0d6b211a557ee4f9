"""Log records on the console: levels, forms, the table at the end."""

from __future__ import annotations

import io
import json
from typing import Any

from flowrt.engine.execution import Execution, LogRecord
from flowrt.model.flow import Flow
from flowrt.program.console import JsonSink, TextSink, seconds_text, short, summary


def record(level: str = "INFO", message: str = "hello", flow_id: str = "orders") -> LogRecord:
    entry = LogRecord(Execution(Flow(flow_id, "company")), None, level, message, 0)
    entry.time = 1_700_000_000_123_456_789
    return entry


def test_plain_lines() -> None:
    stream = io.StringIO()
    sink = TextSink(stream, "WARN", flow_id="orders")
    for level in ("TRACE", "DEBUG", "INFO", "WARN", "ERROR"):
        sink(record(level))
    assert stream.getvalue() == (
        "2023-11-14T22:13:20.123Z WARN  -: hello\n2023-11-14T22:13:20.123Z ERROR -: hello\n"
    )


def test_records_of_other_flows_name_the_flow() -> None:
    stream = io.StringIO()
    TextSink(stream, flow_id="orders")(record(flow_id="child"))
    assert "child/: hello" in stream.getvalue()


def test_colours_surround_but_do_not_change_the_message() -> None:
    stream = io.StringIO()
    TextSink(stream, flow_id="orders", colour=True)(record("ERROR", "it broke"))
    assert "\x1b[31mERROR\x1b[0m" in stream.getvalue()
    assert stream.getvalue().endswith(" it broke\n")


def test_json_is_one_object_a_line() -> None:
    stream = io.StringIO()
    sink = JsonSink(stream, "INFO")
    sink(record(message="two\nlines é"))
    sink(record("DEBUG"))
    lines = stream.getvalue().splitlines()
    assert len(lines) == 1
    entry: dict[str, Any] = json.loads(lines[0])
    assert (entry["level"], entry["message"]) == ("INFO", "two\nlines é")
    assert entry["timestamp"] == "2023-11-14T22:13:20.123456Z"


def test_durations_and_values_are_short() -> None:
    assert [seconds_text(n * 10**6) for n in (7, 1250, 125_000, 3_725_000)] == [
        "7ms",
        "1.25s",
        "2m 05s",
        "1h 02m",
    ]
    assert short("a\n b") == "a b"
    assert len(short("x" * 100)) == 40


def test_the_summary_names_flow_execution_and_state() -> None:
    execution = record().execution
    execution.history += ["SUCCESS", execution.history[1] + 5_000_000]
    execution.state = "SUCCESS"
    assert summary(execution) == f"orders {execution.id} SUCCESS 5ms"
