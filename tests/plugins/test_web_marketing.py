"""Klaviyo, Resend and Algolia: what their interfaces are asked, and what comes back."""

from __future__ import annotations

from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
from plugins.service import Answers, PatientRun, Service, rows
from tasks.fake import FakeRun, t, task

from flowrt.model.failures import TaskFailure
from flowrt.plugins.services import algolia, resend
from flowrt.plugins.services.resend import ResendAttachment

# ---- Klaviyo --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "ids", "path"),
    [
        ("campaign.Get", "campaign_ids", "campaigns/{}"),
        ("campaign.GetRecipientCount", "campaign_ids", "campaign-recipient-estimations/{}"),
        ("campaign.messages.Get", "message_ids", "campaign-messages/{}"),
        ("campaign.messages.GetCampaign", "message_ids", "campaign-messages/{}/campaign"),
        ("campaign.messages.GetImages", "message_ids", "campaign-messages/{}/image"),
        ("jobs.GetRecipient", "job_ids", "campaign-recipient-estimation-jobs/{}"),
        ("jobs.GetSendJob", "job_ids", "campaign-send-jobs/{}"),
    ],
)
def test_records_of_klaviyo(
    tmp_path: Path, service: Service, name: str, ids: str, path: str
) -> None:
    service.answer = lambda asked: (200, {"data": {"type": "x", "path": asked.path}})
    run = PatientRun(tmp_path, key="pk_1")
    made = task(
        f"klaviyo.{name}",
        base_url=f"{service.url}/api",
        api_key=t("{{ key }}"),
        **{ids: ["a", "b/c"]},
    )
    paths = [f"/api/{path}".format(each) for each in ("a", "b%2Fc")]
    assert run.run(made) == {"size": 2, "rows": [{"type": "x", "path": each} for each in paths]}
    assert [(each.method, each.path) for each in service.asked] == [("GET", each) for each in paths]
    assert service.last.headers["authorization"] == "Klaviyo-API-Key pk_1"
    assert service.last.headers["revision"] == "2025-10-15"
    assert service.last.headers["accept"] == "application/vnd.api+json"
    assert run.slept == [1.0]
    assert not [text for _, text in run.logs if "pk_1" in text]


def test_fetch_types_of_klaviyo(tmp_path: Path, service: Service) -> None:
    service.answer = Answers({"data": {"id": "a"}}, {"data": {"id": "b"}}, {})
    given = {"base_url": service.url, "api_key": "k", "campaign_ids": ["a", "b", "c"]}
    run = PatientRun(tmp_path)
    stored = run.run(task("klaviyo.campaign.Get", fetch_type="STORE", **given))
    assert stored["size"] == 2
    assert rows(run, stored["uri"]) == [{"id": "a"}, {"id": "b"}]
    service.answer = Answers({"data": {"id": "a"}})
    one = run.run(task("klaviyo.campaign.Get", fetch_type="FETCH_ONE", **given))
    assert one == {"size": 3, "row": {"id": "a"}}
    assert run.run(task("klaviyo.campaign.Get", fetch_type="NONE", **given)) == {"size": 3}


def test_what_klaviyo_says_reaches_the_user(tmp_path: Path, service: Service) -> None:
    service.answer = Answers((404, {"errors": [{"detail": "no such campaign"}]}))
    made = task("klaviyo.jobs.GetSendJob", base_url=service.url, api_key="k", job_ids=["j"])
    with pytest.raises(
        TaskFailure, match=r"Failed to retrieve send job j: 404 - .*no such campaign"
    ):
        PatientRun(tmp_path).run(made)


# ---- Resend ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def mails(service: Service, monkeypatch: pytest.MonkeyPatch) -> Service:
    monkeypatch.setattr(resend, "BASE", service.url)
    return service


def test_a_mail_is_sent(tmp_path: Path, mails: Service) -> None:
    mails.answer = Answers({"id": "m1"})
    run = FakeRun(tmp_path, name="Ann")
    stored = run.store("a;b\n", "in.csv")
    made = task(
        "resend.email.Send",
        api_key="re_1",
        from_="Me <me@example.com>",
        to=["ann@example.com"],
        subject=t("Hello {{ name }}"),
        html="<p>hi</p>",
        reply_to=["desk@example.com"],
        headers={"X-A": "b"},
        idempotency_key="order-1",
        scheduled_at="in 1 min",
        tags=[{"name": "kind", "value": "welcome"}],
        attachments=[
            ResendAttachment(uri=stored, name="a.csv", content_type="text/csv"),
            ResendAttachment(path="https://h/logo.png", name="logo.png", content_id="logo"),
        ],
    )
    assert run.run(made) == {"id": "m1"}
    assert (mails.last.method, mails.last.path) == ("POST", "/emails")
    assert mails.last.headers["authorization"] == "Bearer re_1"
    assert mails.last.headers["idempotency-key"] == "order-1"
    sent = mails.last.json
    first, second = sent.pop("attachments")
    assert sent == {
        "from": "Me <me@example.com>",
        "to": ["ann@example.com"],
        "subject": "Hello Ann",
        "html": "<p>hi</p>",
        "reply_to": ["desk@example.com"],
        "headers": {"X-A": "b"},
        "scheduled_at": "in 1 min",
        "tags": [{"name": "kind", "value": "welcome"}],
    }
    assert b64decode(first.pop("content")) == b"a;b\n"
    assert first == {"filename": "a.csv", "content_type": "text/csv"}
    assert second == {"filename": "logo.png", "content_id": "logo", "path": "https://h/logo.png"}


def test_a_mail_that_cannot_be_sent(tmp_path: Path, mails: Service) -> None:
    given: dict[str, Any] = {"api_key": "k", "from_": "a@b", "to": ["c@d"], "subject": "s"}
    run = FakeRun(tmp_path)
    with pytest.raises(TaskFailure, match="either 'uri'"):
        run.run(task("resend.email.Send", attachments=[ResendAttachment(name="x")], **given))
    assert mails.asked == []
    mails.answer = Answers((403, {"message": "The domain is not verified"}))
    with pytest.raises(TaskFailure, match=r"Resend answered with status 403: .*not verified"):
        run.run(task("resend.email.Send", **given))
    assert "idempotency-key" not in mails.last.headers


def test_a_domain_is_made(tmp_path: Path, mails: Service) -> None:
    answer = {"id": "d1", "name": "example.com", "status": "not_started", "records": []}
    mails.answer = Answers((201, answer))
    run = FakeRun(tmp_path)
    made = task("resend.domain.Create", api_key="k", name="example.com", custom_return_path="out")
    assert run.run(made) == {"id": "d1", "result": answer}
    assert (mails.last.method, mails.last.path) == ("POST", "/domains")
    assert mails.last.json == {
        "name": "example.com",
        "region": "us-east-1",
        "custom_return_path": "out",
    }
    run.run(task("resend.domain.Create", api_key="k", name="example.com", region="eu-west-1"))
    assert mails.last.json == {"name": "example.com", "region": "eu-west-1"}


# ---- Algolia --------------------------------------------------------------------------------------------------------


@pytest.fixture
def index(service: Service, monkeypatch: pytest.MonkeyPatch) -> Service:
    monkeypatch.setattr(algolia, "HOST", f"{service.url}/{{}}")
    return service


ACCOUNT = {"application_id": "APP1", "api_key": "key", "index_name": "my index"}


def test_records_of_algolia(tmp_path: Path, index: Service) -> None:
    index.answer = Answers({"taskID": 1, "objectIDs": ["1", "2"]})
    run = FakeRun(tmp_path, word="yes")
    objects = [{"objectID": "1", "a": t("{{ word }}")}, {"b": [1]}]
    found = run.run(task("algolia.Index", objects=objects, **ACCOUNT))
    assert found == {"result": {"taskID": 1, "objectIDs": ["1", "2"]}}
    assert (index.last.method, index.last.path) == ("POST", "/APP1/1/indexes/my%20index/batch")
    assert index.last.json == {
        "requests": [
            {"action": "addObject", "body": {"objectID": "1", "a": "yes"}},
            {"action": "addObject", "body": {"b": [1]}},
        ]
    }
    assert index.last.headers["x-algolia-application-id"] == "APP1"
    assert index.last.headers["x-algolia-api-key"] == "key"
    found = run.run(task("algolia.Delete", object_ids=["1", "2"], **ACCOUNT))
    assert found == {"objectIds": ["1", "2"]}
    assert index.last.json["requests"][0] == {"action": "deleteObject", "body": {"objectID": "1"}}


def test_records_of_algolia_are_found(tmp_path: Path, index: Service) -> None:
    index.answer = Answers({"hits": [{"objectID": "1"}], "nbHits": 1, "page": 0})
    made = task("algolia.Search", params={"query": "shoe", "hitsPerPage": 5}, **ACCOUNT)
    assert FakeRun(tmp_path).run(made) == {"hits": [{"objectID": "1"}], "nbHits": 1}
    assert index.last.path == "/APP1-dsn/1/indexes/my%20index/query"
    assert index.last.json == {"query": "shoe", "hitsPerPage": 5}


def test_algolia_is_asked_at_its_own_address_alone(tmp_path: Path, index: Service) -> None:
    made = task("algolia.Search", **{**ACCOUNT, "application_id": "evil.example/"})
    with pytest.raises(TaskFailure, match="letters and digits alone"):
        FakeRun(tmp_path).run(made)
    assert index.asked == []
    index.answer = Answers((403, {"message": "Invalid Application-ID or API key"}))
    with pytest.raises(TaskFailure, match=r"Algolia answered with status 403: .*Invalid"):
        FakeRun(tmp_path).run(task("algolia.Search", **ACCOUNT))
