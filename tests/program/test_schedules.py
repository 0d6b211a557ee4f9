"""`--trigger ID`: a program starts as if a trigger of its flow had fired."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from running import analysed, loaded

from flowrt.missing import MissingPackage
from flowrt.model.cron import agreed
from flowrt.model.failures import UsageError
from flowrt.model.flow import Flow
from flowrt.model.triggers import Trigger
from flowrt.program.main import run as main
from flowrt.program.schedules import due
from flowrt.targets.fired import fired_at

FLOW = (Path(__file__).parents[2] / "golden" / "ok" / "schedule" / "flow.yaml").read_text("utf-8")
NOW = datetime(2024, 6, 15, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def flow() -> Flow:
    return loaded(analysed(FLOW))


def dates(
    cron: str, date: str | None, zone: str = "UTC", seconds: bool = False
) -> tuple[str, str, str]:
    trigger = Trigger("t", "x.Schedule", cron=cron, timezone=zone, with_seconds=seconds)
    found = due(trigger, NOW, date)
    return found["previous"], found["date"], found["next"]


@pytest.mark.parametrize(
    ("cron", "date", "zone", "expected"),
    [
        ("0 9 1 * *", None, "UTC", ("2024-05-01T09", "2024-06-01T09", "2024-07-01T09")),
        ("0 9 1 * *", "2024-06-01T09:00:00Z", "UTC", ("2024-05-01T09", "2024-06-01T09", "2024-07-01T09")),
        ("0 9 1 * *", "2024-06-01T09:00:01Z", "UTC", ("2024-06-01T09", "2024-07-01T09", "2024-08-01T09")),
        ("0 9 1 * *", "2024-06-01", "UTC", ("2024-05-01T09", "2024-06-01T09", "2024-07-01T09")),
        ("@daily", "2024-06-01T00:00:00+00:00", "UTC", ("2024-05-31T00", "2024-06-01T00", "2024-06-02T00")),
        ("@yearly", None, "UTC", ("2023-01-01T00", "2024-01-01T00", "2025-01-01T00")),
        ("0 /12 +1 * *", None, "UTC", ("2024-06-01T00", "2024-06-01T12", "2024-07-01T00")),
        ("0 9 1-1- * *", None, "UTC", ("2024-05-01T09", "2024-06-01T09", "2024-07-01T09")),
        ("0 0 * * 7", None, "UTC", ("2024-06-02T00", "2024-06-09T00", "2024-06-16T00")),
        ("0 0 * * SUN", None, "UTC", ("2024-06-02T00", "2024-06-09T00", "2024-06-16T00")),
    ],
)  # fmt: skip
def test_when_a_schedule_is_due(
    cron: str, date: str | None, zone: str, expected: tuple[str, ...]
) -> None:
    assert dates(cron, date, zone) == tuple(f"{each}:00:00Z" for each in expected)


def test_dates_are_those_of_the_zone() -> None:
    assert dates("0 9 * * *", "2024-03-31", "Europe/Berlin") == (
        "2024-03-30T09:00:00+01:00",
        "2024-03-31T09:00:00+02:00",
        "2024-04-01T09:00:00+02:00",
    )
    # noon in UTC is two in Berlin: the schedule of three was due yesterday
    assert dates("0 15 * * *", None, "Europe/Berlin")[1] == "2024-06-14T15:00:00+02:00"


def test_seconds() -> None:
    assert dates("30 0 0 * * *", None, seconds=True)[1] == "2024-06-15T00:00:30Z"


@pytest.mark.parametrize(
    ("cron", "date", "zone", "message"),
    [
        ("0 0 * *", None, "UTC", "0 0 * * is no cron expression"),
        ("0 0 31 4,6 *", None, "UTC", "0 0 31 4,6 * is no cron expression"),
        ("@daily", "soon", "UTC", "--date soon: write a date as"),
        ("@daily", "9999-12-31", "UTC", "not due then"),
        ("@daily", "0001-01-01", "UTC", "not due then"),
        ("@daily", None, "Mars/North", "Mars/North is no time zone"),
    ],
)
def test_what_cannot_be_due_is_said(cron: str, date: str | None, zone: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        dates(cron, date, zone)
    assert message in str(caught.value)


def test_the_package_is_named_when_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cronsim", None)
    with pytest.raises(MissingPackage) as caught:
        dates("@daily", None)
    assert "cronsim" in str(caught.value) and "flowrt[schedule]" in str(caught.value)


def test_a_schedule_gives_its_inputs_labels_and_dates(flow: Flow, tmp_path: Path) -> None:
    document = tmp_path / "e.json"
    options = ["--trigger", "first_day", "--date", "2024-06-01"]
    assert main(flow, [*options, "--execution", str(document)]) == 0
    found = json.loads(document.read_text())
    assert found["inputs"] == {"region": "eu", "month": "2024-05"}
    assert [(each["key"]) for each in found["labels"]][:3] == ["team", "kind", "system.from"]
    assert found["trigger"] == {
        "id": "first_day",
        "type": "io.kestra.plugin.core.trigger.Schedule",
        "variables": {
            "date": "2024-06-01T09:00:00+02:00",
            "next": "2024-07-01T09:00:00+02:00",
            "previous": "2024-05-01T09:00:00+02:00",
        },
    }
    said = found["taskRunList"][0]["outputs"]["value"]
    assert said == "eu 2024-05 2024-06-01T09:00:00+02:00"


def test_what_is_given_wins(flow: Flow, tmp_path: Path) -> None:
    document = tmp_path / "e.json"
    options = ["--trigger", "first_day", "--input", "month=x", "--label", "kind:mine"]
    assert main(flow, [*options, "--execution", str(document)]) == 0
    found = json.loads(document.read_text())
    assert found["inputs"]["month"] == "x"
    assert {"key": "kind", "value": "mine"} in found["labels"]


def test_a_webhook_takes_its_variables_from_a_file(flow: Flow, tmp_path: Path) -> None:
    path, document = tmp_path / "hook.json", tmp_path / "e.json"
    variables = {"body": {"region": "us", "month": "2023-01"}}
    kind = "io.kestra.plugin.core.trigger.Webhook"
    path.write_text(json.dumps({"id": "hook", "type": kind, "variables": variables}))
    assert main(flow, ["--trigger", str(path), "--execution", str(document)]) == 0
    assert json.loads(document.read_text())["inputs"] == {"region": "us", "month": "2023-01"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--trigger", "first"], "the triggers of the flow are first_day, hook"),
        (["--date", "2024-01-01"], "say which trigger is due then: --trigger ID"),
        (["--trigger", "hook", "--date", "2024-01-01"], "hook is no schedule"),
        (["--trigger", "hook"], "The trigger `hook` gives no inputs: Unable to find `body`"),
        ([], "Missing required input"),
    ],
)
def test_what_starts_nothing_is_told(
    flow: Flow, options: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(flow, options) == 2
    assert message in capsys.readouterr().err


def test_a_failure_names_the_triggers(capsys: pytest.CaptureFixture[str]) -> None:
    text = FLOW.replace(" ?? 'by hand'", "")
    assert main(loaded(analysed(text)), ["--input", "month=x"]) == 1
    assert "--trigger ID (here: first_day, hook)" in capsys.readouterr().err


SCHEDULE = "io.kestra.plugin.core.trigger.Schedule"


@pytest.mark.parametrize(
    ("at", "id", "date", "following"),
    [
        ("2024-03-30T02:00:00+00:00", "night", "2024-03-30T03:00:00+01:00", "2024-03-31T03:00:00+02:00"),
        ("2024-03-30T12:00:00+00:00", "noon", "2024-03-30T12:00:00Z", "2024-03-31T12:00:00Z"),
        # when an engine takes another time for that of the schedule, the execution has the time that it began by
        ("2024-03-30T04:30:00+00:00", "night", "2024-03-30T05:30:00+01:00", "2024-03-31T03:00:00+02:00"),
    ],
)  # fmt: skip
def test_a_run_of_an_engine_is_that_of_the_schedule_which_is_due(
    at: str, id: str, date: str, following: str
) -> None:
    flow = Flow(
        "f",
        namespace="n",
        triggers=[
            Trigger("off", SCHEDULE, cron="0 12 * * *", disabled=True),
            Trigger("night", SCHEDULE, cron="0 3 * * *", timezone="Europe/Berlin"),
            Trigger("noon", SCHEDULE, cron="0 12 * * *"),
        ],
    )
    found = fired_at(flow, datetime.fromisoformat(at))
    assert found is not None
    assert (found["id"], found["type"]) == (id, SCHEDULE)
    assert (found["variables"]["date"], found["variables"]["next"]) == (date, following)
    assert fired_at(Flow("f", namespace="n"), datetime.fromisoformat(at)) is None


@pytest.mark.parametrize(
    ("zone", "date"),
    [
        ("Z", "2024-06-01T03:00:00Z"),
        ("+02:00", "2024-06-01T03:00:00+02:00"),
        ("UTC+05:30", "2024-06-01T03:00:00+05:30"),
        ("Asia/Tokyo", "2024-06-01T03:00:00+09:00"),
    ],
)
def test_zones_are_those_of_java(zone: str, date: str) -> None:
    night = Trigger("night", SCHEDULE, cron="0 3 * * *", timezone=zone)
    assert due(night, datetime(2024, 5, 5, tzinfo=UTC), "2024-06-01")["date"] == date


@pytest.mark.parametrize(
    ("cron", "same"),
    [
        ("@weekly", "0 0 * * 0"),
        ("0 0 */2 * *", "0 0 */2 * *"),
        ("0 0 */2 * 1", "0 0 1-31/2 * 1"),
        ("0 0 1,*/9 * */3", "0 0 1,1-31/9 * 0-6/3"),
        ("0 0 * * 1/2", "0 0 * * 1,3,5,0"),
        ("5 0 0 13 * 5", "5 0 0 13 * 5"),
    ],
)
def test_days_are_written_so_that_all_readers_agree(cron: str, same: str) -> None:
    assert agreed(cron) == agreed(same) == same
