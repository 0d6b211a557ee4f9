"""Fivetran: what connectors are like, against a stand-in that answers in the documented form of its interface."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from plugins.service import Answers, PatientRun, Service
from tasks.fake import t, task

from flowrt.http.client import basic
from flowrt.model.failures import TaskFailure


def ago(minutes: float) -> str:
    return (datetime.now(UTC) - timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")


def connector(succeeded: str | None, **changes: Any) -> Any:
    found = {
        "id": "a b",
        "name": "orders",
        "paused": False,
        "sync_frequency": 60,
        "schedule_type": "auto",
        "succeeded_at": succeeded,
        "failed_at": None,
        "status": {
            "sync_state": "scheduled",
            "setup_state": "connected",
            "schema_status": "ready",
        },
    }
    return 200, {"code": "Success", "data": {**found, **changes}}


def status(service: Service, **properties: Any) -> Any:
    given = {"base_url": service.url, "api_key": "key", "api_secret": t("{{ secret_ }}")}
    given["connector_ids"] = ["a b"]
    return task("fivetran.connectors.Status", **{**given, **properties})


def a_run(tmp_path: Path) -> PatientRun:
    return PatientRun(tmp_path, secret_="S3CRET")


def test_what_a_connector_is_like(tmp_path: Path, service: Service) -> None:
    succeeded, failed = ago(10), ago(20)
    service.answer = lambda asked: connector(succeeded, failed_at=failed)
    run = a_run(tmp_path)
    assert run.run(status(service)) == {
        "connectors": {
            "a b": {
                "id": "a b",
                "name": "orders",
                "paused": False,
                "syncFrequency": 60,
                "scheduleType": "auto",
                "succeededAt": succeeded,
                "failedAt": failed,
                "completedDate": succeeded,
                "hasFailed": False,
                "syncState": "scheduled",
                "setupState": "connected",
                "schemaStatus": "ready",
                "fresh": True,
            }
        }
    }
    (asked,) = service.asked
    assert (asked.method, asked.path) == ("GET", "/v2/connectors/a%20b")
    assert asked.headers["authorization"] == basic("key", "S3CRET")
    assert asked.headers["accept"] == "application/json;version=2"
    said = f"Connector 'a b' syncState=scheduled succeededAt={succeeded} fresh=true"
    assert run.messages("INFO")[-1] == said


@pytest.mark.parametrize(
    ("succeeded", "changes", "buffer", "fresh"),
    [
        (59, {}, "PT0S", True),
        (70, {}, "PT0S", False),
        (70, {}, "PT15M", True),
        (10, {"failed_at": 5}, "PT0S", False),
        (10, {"sync_frequency": None}, "PT0S", None),
        (None, {}, "PT0S", False),
    ],
)
def test_whether_data_is_fresh(
    tmp_path: Path,
    service: Service,
    succeeded: int | None,
    changes: dict[str, Any],
    buffer: str,
    fresh: bool | None,
) -> None:
    given = {**changes, **({"failed_at": ago(5)} if "failed_at" in changes else {})}
    found = connector(None if succeeded is None else ago(succeeded), **given)
    service.answer = lambda asked: found
    run = a_run(tmp_path)
    states = run.run(status(service, wait=False, freshness_buffer=buffer))["connectors"]
    assert states["a b"]["fresh"] is fresh
    assert states["a b"]["hasFailed"] is ("failed_at" in changes)


def test_fresh_data_is_waited_for(tmp_path: Path, service: Service) -> None:
    busy = (503, {"message": "later"})
    service.answer = Answers(connector(ago(100)), busy, connector(ago(1)))
    run = a_run(tmp_path)
    found = run.run(status(service, max_attempts=1, poll_frequency="PT9S"))
    assert found["connectors"]["a b"]["fresh"] is True
    assert run.slept == [9.0, 9.0]
    assert "Could not read connector status" in run.messages("WARN")[0]


@pytest.mark.parametrize(
    ("changes", "given", "message"),
    [
        ({"paused": True}, {}, "cannot become fresh: paused=true, setupState=connected"),
        ({"status": {"setup_state": "broken"}}, {}, "paused=false, setupState=broken"),
        ({"sync_frequency": None}, {}, "has no sync_frequency reported by Fivetran"),
        ({}, {"poll_frequency": "PT2H"}, r"pollFrequency \(PT2H\) must not be greater than"),
        ({}, {"poll_frequency": "PT0S"}, "pollFrequency must be a positive duration"),
        ({}, {"connector_ids": []}, "connectorIds must not be empty"),
        ({}, {"connector_ids": ["a", " "]}, r"connectorIds\[1\] must not be null or blank"),
        ({}, {"freshness_buffer": "PT-1S"}, "freshnessBuffer must not be negative"),
        (
            {"paused": True},
            {"allow_terminal": True, "max_duration": "PT0.01S", "poll_frequency": "PT0.01S"},
            r"did not become fresh within PT0.01S, still stale: a b \(last succeeded at ",
        ),
    ],
)
def test_data_that_does_not_become_fresh(
    tmp_path: Path,
    service: Service,
    changes: dict[str, Any],
    given: dict[str, Any],
    message: str,
) -> None:
    found = connector(ago(100), **changes)
    service.answer = lambda asked: found
    with pytest.raises(TaskFailure, match=message):
        a_run(tmp_path).run(status(service, **given))
