"""Twilio and its Segment, against a stand-in that answers in the documented forms of their interfaces."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from plugins.service import Answers, PatientRun, Service
from tasks.fake import FakeRun, t, task

from flowrt.http.client import basic
from flowrt.model.failures import TaskFailure
from flowrt.plugins.messages import twilio

ACCOUNT = "AC" + "0a" * 16
STATUS = {
    "syncId": "s/1",
    "syncStatus": "RUNNING",
    "sourceId": "so",
    "modelId": "m",
    "duration": "00:01",
    "startedAt": "2026-01-02T03:04:05Z",
    "finishedAt": None,
    "extractPhase": {
        "addedCount": "1",
        "updatedCount": "2",
        "deletedCount": "3",
        "extractCount": "6",
    },
    "loadPhase": None,
    "error": None,
    "errorCode": None,
}


@pytest.fixture
def messages(service: Service, monkeypatch: pytest.MonkeyPatch) -> Service:
    monkeypatch.setattr(twilio, "BASE", service.url)
    service.answer = lambda asked: (201, {"sid": "SM1", "status": "queued", "body": "x"})
    return service


def message(kind: str, **properties: Any) -> Any:
    given = {"account_sid": ACCOUNT, "auth_token": t("{{ token }}"), "from_": "+1", "to": "+2"}
    return task(f"twilio.notify.{kind}.Send", body="Hi & bye", **{**given, **properties})


@pytest.mark.parametrize("kind", ["sms", "mms"])
def test_a_message_is_sent(tmp_path: Path, messages: Service, kind: str) -> None:
    run = FakeRun(tmp_path, token="S3CRET")
    media = ["https://x.org/a.png", "https://x.org/b.png"]
    given = {"media_urls": media} if kind == "mms" else {}
    assert run.run(message(kind, **given)) == {"sid": "SM1", "status": "queued"}
    (asked,) = messages.asked
    assert (asked.method, asked.path) == ("POST", f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json")
    assert asked.headers["authorization"] == basic(ACCOUNT, "S3CRET")
    fields = [("From", "+1"), ("To", "+2"), ("Body", "Hi & bye")]
    pictures = [("MediaUrl", each) for each in media] if kind == "mms" else []
    assert parse_qsl(asked.body.decode()) == fields + pictures
    assert run.messages("INFO")[-1] == "Message sent, sid=SM1 status=queued"
    assert not [text for _, text in run.logs if "S3CRET" in text]


@pytest.mark.parametrize(
    ("kind", "given", "text"),
    [
        ("sms", {"account_sid": "AC../x"}, "accountSID must be a valid Twilio Account SID"),
        ("mms", {"media_urls": []}, "mediaUrls must contain at least one URL"),
    ],
)
def test_a_message_that_cannot_be_sent(
    tmp_path: Path, messages: Service, kind: str, given: Any, text: str
) -> None:
    with pytest.raises(TaskFailure, match=text):
        FakeRun(tmp_path, token="t").run(message(kind, **given))
    assert messages.asked == []


@pytest.mark.parametrize("code", [200, 400])
def test_a_message_that_twilio_refuses(tmp_path: Path, messages: Service, code: int) -> None:
    messages.answer = lambda asked: (code, {"message": "no such number"})
    text = f"Twilio Messages API returned HTTP {code}: .*no such number"
    with pytest.raises(TaskFailure, match=text):
        FakeRun(tmp_path, token="t").run(message("sms"))


def segment(service: Service, name: str, **properties: Any) -> Any:
    given = {"uri": service.url, "token": t("{{ token }}"), "model_id": "m"}
    return task(f"twilio.segment.reverseetl.{name}", **given, **properties)


CREATED = {"data": {"reverseETLManualSync": {"syncId": "s/1", "startedAt": "2026-01-02T03:04:05Z"}}}


def status(**changes: Any) -> Any:
    return {"data": {"reverseETLSyncStatus": {**STATUS, "more": 1, **changes}}}


def test_what_a_sync_is_like(tmp_path: Path, service: Service) -> None:
    service.answer = lambda asked: (200, status())
    run = FakeRun(tmp_path, token="tok")
    assert run.run(segment(service, "Status", sync_id="s/1")) == {"status": STATUS}
    (asked,) = service.asked
    assert (asked.method, asked.path) == ("GET", "/reverse-etl-models/m/syncs/s%2F1")
    assert asked.headers["authorization"] == "Bearer tok"
    assert asked.headers["content-type"] == "application/vnd.segment.v1alpha+json"


def sync(service: Service, **properties: Any) -> Any:
    return segment(service, "Sync", source_id="so", subscription_id="su", **properties)


def test_a_sync_is_started(tmp_path: Path, service: Service) -> None:
    service.answer = lambda asked: (200, CREATED)
    found = FakeRun(tmp_path, token="tok").run(sync(service))
    assert found == {"syncId": "s/1", "created": CREATED["data"]["reverseETLManualSync"]}
    (asked,) = service.asked
    assert (asked.method, asked.path) == ("POST", "/reverse-etl-syncs")
    assert asked.json == {"sourceId": "so", "modelId": "m", "subscriptionId": "su"}
    assert asked.headers["content-type"] == "application/vnd.segment.v1alpha+json"


@pytest.mark.parametrize("strict", [False, True])
def test_a_sync_is_waited_for(tmp_path: Path, service: Service, strict: bool) -> None:
    service.answer = Answers(CREATED, {}, status(), status(syncStatus="FAIL", error="boom"))
    run = PatientRun(tmp_path, token="tok")
    waiting = sync(service, wait=True, poll_interval="PT7S", error_on_failing=strict)
    if strict:
        with pytest.raises(TaskFailure, match="Segment Reverse ETL failed with status: FAIL"):
            run.run(waiting)
    else:
        found = run.run(waiting)
        assert found["syncId"] == "s/1" and found["status"]["error"] == "boom"
    assert run.slept == [7.0, 7.0]
