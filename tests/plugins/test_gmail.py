"""Gmail, against a stand-in that answers in the documented form of its interface."""

from __future__ import annotations

import email
from base64 import urlsafe_b64decode, urlsafe_b64encode
from email.policy import default
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from plugins.service import Asked, Service, rows
from tasks.fake import FakeRun, t, task

from flowrt.model.failures import TaskFailure
from flowrt.plugins.google import auth, mail


def coded(text: str) -> str:
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


class Gmail:
    """Gives tokens, keeps what is sent, and answers as a test says."""

    def __init__(self) -> None:
        self.forms: list[dict[str, str]] = []
        self.tokens: list[str] = []
        self.good = ("Bearer fresh",)
        self.answer: Any = {}
        self.asked: list[Asked] = []

    def __call__(self, asked: Asked) -> Any:
        if asked.path == "/token":
            form = {key: value[0] for key, value in parse_qs(asked.body.decode()).items()}
            self.forms.append(form)
            return 200, {"access_token": "fresh", "expires_in": 3600}
        self.tokens.append(asked.headers["authorization"])
        if asked.headers["authorization"] not in self.good:
            return 401, {"error": {"code": 401, "message": "Invalid Credentials"}}
        self.asked.append(asked)
        return 200, self.answer


@pytest.fixture
def gmail(service: Service, monkeypatch: pytest.MonkeyPatch) -> Gmail:
    monkeypatch.setattr(mail, "GMAIL", f"{service.url}/messages")
    monkeypatch.setattr(auth, "TOKEN_ADDRESS", f"{service.url}/token")
    service.answer = found = Gmail()
    return found


def make(name: str, **properties: Any) -> Any:
    given = {"client_id": "app", "client_secret": t("{{ secret_ }}"), "refresh_token": "refresh"}
    return task(f"googleworkspace.mail.{name}", **given, **properties)


def a_run(tmp_path: Path) -> FakeRun:
    return FakeRun(tmp_path, secret_="S3CRET")


def test_messages_are_listed(tmp_path: Path, gmail: Gmail) -> None:
    found = [{"id": "m1", "threadId": "t1"}, {"id": "m2", "threadId": "t2"}]
    gmail.answer = {"messages": found, "resultSizeEstimate": 2, "nextPageToken": "p"}
    run = a_run(tmp_path)
    outputs = {"resultSizeEstimate": 2, "nextPageToken": "p"}
    given = {"query": "is:unread", "label_ids": ["INBOX", "X"], "max_results": 900}
    assert run.run(make("List", **given)) == {**outputs, "messages": found}
    query = parse_qs(urlsplit(gmail.asked[0].path).query)
    assert query == {
        "q": ["is:unread"],
        "labelIds": ["INBOX", "X"],
        "maxResults": ["500"],
        "includeSpamTrash": ["false"],
    }
    assert gmail.forms == [
        {
            "grant_type": "refresh_token",
            "client_id": "app",
            "client_secret": "S3CRET",
            "refresh_token": "refresh",
        }
    ]
    one = run.run(make("List", fetch_type="FETCH_ONE"))
    assert one == {**outputs, "message": found[0]}
    kept = run.run(make("List", fetch_type="STORE"))
    assert rows(run, kept["uri"]) == found
    assert run.run(make("List", fetch_type="NONE")) == outputs


@pytest.mark.parametrize("good", [True, False])
def test_a_token_of_the_flow(tmp_path: Path, gmail: Gmail, good: bool) -> None:
    gmail.good = ("Bearer own", "Bearer fresh") if good else ("Bearer fresh",)
    run = a_run(tmp_path)
    run.run(make("List", access_token="own"))
    assert gmail.tokens == (["Bearer own"] if good else ["Bearer own", "Bearer fresh"])
    assert not [text for _, text in run.logs if "S3CRET" in text or "Bearer" in text]


MESSAGE = {
    "id": "m1",
    "threadId": "t1",
    "labelIds": ["INBOX"],
    "snippet": "Hi",
    "historyId": "77",
    "internalDate": "1767323045000",
    "sizeEstimate": 99,
    "payload": {
        "mimeType": "multipart/mixed",
        "headers": [
            {"name": "Subject", "value": "Report"},
            {"name": "From", "value": "A <a@x.org>"},
            {"name": "To", "value": "b@x.org, c@x.org"},
        ],
        "parts": [
            {
                "mimeType": "multipart/alternative",
                "parts": [
                    {"mimeType": "text/plain", "body": {"data": coded("grüße")}},
                    {"mimeType": "text/html", "body": {"data": coded("<p>grüße</p>")}},
                ],
            },
            {"mimeType": "text/plain", "body": {"data": coded("second")}},
            {
                "mimeType": "application/pdf",
                "filename": "r.pdf",
                "body": {"attachmentId": "a1", "size": 5},
            },
            {
                "mimeType": "image/png",
                "headers": [
                    {"name": "Content-Disposition", "value": 'attachment; filename="i.png"'}
                ],
                "body": {"data": "AAAA", "size": 3},
            },
            {"mimeType": "image/gif", "body": {}},
        ],
    },
}


def test_a_message(tmp_path: Path, gmail: Gmail) -> None:
    gmail.answer = MESSAGE
    found = a_run(tmp_path).run(make("Get", message_id="m/1"))["message"]
    assert gmail.asked[0].path == "/messages/m%2F1?format=full"
    assert found == {
        "id": "m1",
        "threadId": "t1",
        "labelIds": ["INBOX"],
        "snippet": "Hi",
        "historyId": "77",
        "internalDate": "2026-01-02T03:04:05Z",
        "sizeEstimate": 99,
        "headers": {"subject": "Report", "from": "A <a@x.org>", "to": "b@x.org, c@x.org"},
        "subject": "Report",
        "from": "A <a@x.org>",
        "to": ["b@x.org", "c@x.org"],
        "textPlain": "grüße",
        "textHtml": "<p>grüße</p>",
        "attachments": [
            {
                "attachmentId": "a1",
                "mimeType": "application/pdf",
                "filename": "r.pdf",
                "size": 5,
                "data": None,
            },
            {
                "attachmentId": None,
                "mimeType": "image/png",
                "filename": "i.png",
                "size": 3,
                "data": "AAAA",
            },
        ],
    }


def test_a_raw_message(tmp_path: Path, gmail: Gmail) -> None:
    gmail.answer = {"id": "m1", "raw": "abc"}
    found = a_run(tmp_path).run(make("Get", message_id="m1", format="raw"))
    assert found == {"message": {"id": "m1", "raw": "abc"}}


def sent(gmail: Gmail) -> Any:
    raw = gmail.asked[-1].json["raw"]
    return email.message_from_bytes(urlsafe_b64decode(raw + "=="), policy=default)


def test_a_message_is_sent(tmp_path: Path, gmail: Gmail) -> None:
    gmail.answer = {"id": "m9", "threadId": "t9"}
    run = a_run(tmp_path)
    (run.working_dir / "own.txt").write_text("own")
    send = make(
        "Send",
        to=["a@x.org", "B <b@x.org>"],
        cc=["c@x.org"],
        bcc=["d@x.org"],
        from_="me@x.org",
        subject="Grüße",
        text_body="plain ü",
        html_body="<b>html</b>",
        attachments=[run.store("stored", "data.csv"), "own.txt"],
    )
    assert run.run(send) == {"messageId": "m9", "threadId": "t9"}
    assert (gmail.asked[0].method, gmail.asked[0].path) == ("POST", "/messages/send")
    message = sent(gmail)
    assert message["To"] == "a@x.org, B <b@x.org>"
    assert (message["Cc"], message["Bcc"]) == ("c@x.org", "d@x.org")
    assert (message["From"], message["Subject"]) == ("me@x.org", "Grüße")
    assert message.get_body(("plain",)).get_content().strip() == "plain ü"
    assert message.get_body(("html",)).get_content().strip() == "<b>html</b>"
    stored, own = message.iter_attachments()
    assert stored.get_filename().endswith("data.csv") and stored.get_content() == b"stored"
    assert (own.get_filename(), own.get_content()) == ("own.txt", b"own")


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({"html_body": "<b>x</b>"}, "text/html"),
        ({"text_body": "x"}, "text/plain"),
        ({}, "text/plain"),
    ],
)
def test_what_a_message_consists_of(
    tmp_path: Path, gmail: Gmail, given: dict[str, Any], kind: str
) -> None:
    gmail.answer = {"id": "m9"}
    a_run(tmp_path).run(make("Send", to=["a@x.org"], **given))
    assert sent(gmail).get_content_type() == kind


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"to": ["nobody"]}, "Invalid email address: nobody"),
        ({"cc": ["a@x.org\r\nBcc: e@x.org"]}, "Invalid CC email address"),
        ({"subject": "a\r\nBcc: e@x.org"}, "header|linefeed|newline"),
        ({"attachments": ["../../secret"]}, "The attachment .*secret cannot be read"),
    ],
)
def test_a_message_that_is_none(
    tmp_path: Path, gmail: Gmail, given: dict[str, Any], message: str
) -> None:
    with pytest.raises(TaskFailure, match=message):
        a_run(tmp_path).run(make("Send", **{"to": ["a@x.org"], **given}))
    assert gmail.asked == []
