"""Messages: what reaches the chat service, the alerting service, the mail server."""

from __future__ import annotations

import email
import email.policy
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from plugins.service import Service
from tasks.fake import FakeRun, t, task

from flowrt.model.failures import TaskFailure
from flowrt.plugins.messages import oauth1


def a_run(tmp_path: Path, state: str = "RUNNING", last: str = "RUNNING", **more: Any) -> FakeRun:
    return FakeRun(
        tmp_path,
        execution={"id": "E1", "state": state, "startDate": "2026-11-28T10:00:00Z"},
        tasks={"load": {"state": "SUCCESS"}, "send": {"state": last}},
        **more,
    )


def test_slack_is_told_of_an_execution(tmp_path: Path, service: Service) -> None:
    run = a_run(tmp_path, "FAILED", "FAILED", kestra={"url": "https://k.example/"})
    run.run(
        task(
            "slack.notifications.SlackExecution",
            url=service.url,
            custom_message=t("look: {{ execution.id }}"),
            custom_fields={"Team": "data"},
            channel="#ops",
        )
    )
    message = service.last.json
    link = "https://k.example/ui/main/executions/a.b/my_flow/E1"
    assert message["channel"] == "#ops"
    assert message["text"].startswith(
        f"*<{link}|[a.b] my_flow ➛ FAILED>*\n> Failed on task `send` after "
    )
    own, block = message["blocks"]
    assert own["text"]["text"] == "look: E1"
    assert block["accessory"]["url"] == link
    (attachment,) = message["attachments"]
    assert attachment["color"] == "danger"
    assert attachment["ts"] == 1795860000
    assert [(each["title"], each["value"]) for each in attachment["fields"]] == [
        ("Namespace", "a.b"),
        ("Flow ID", "my_flow"),
        ("Execution ID", "E1"),
        ("Execution Status", "FAILED"),
        ("Team", "data"),
        ("Final task ID", "send"),
    ]


@pytest.mark.parametrize(
    ("state", "color"), [("SUCCESS", "good"), ("WARNING", "warning"), ("RUNNING", "danger")]
)
def test_colours_of_states(tmp_path: Path, service: Service, state: str, color: str) -> None:
    a_run(tmp_path, state).run(task("slack.notifications.SlackExecution", url=service.url))
    message = service.last.json
    assert message["attachments"][0]["color"] == color
    assert "> Succeeded after " in message["text"] and "<http" not in message["text"]


def test_an_execution_that_started_this_one_is_known_by_its_trigger(
    tmp_path: Path, service: Service
) -> None:
    trigger = {"executionId": "E9", "namespace": "x", "flowId": "other", "state": "FAILED"}
    run = a_run(tmp_path, trigger=trigger)
    about = task(
        "slack.notifications.SlackExecution",
        url=service.url,
        execution_id=t("{{ trigger.executionId }}"),
    )
    run.run(about)
    assert "[x] other ➛ FAILED" in service.last.json["text"]
    with pytest.raises(TaskFailure, match="Unable to find execution 'E8'"):
        run.run(task("slack.notifications.SlackExecution", url=service.url, execution_id="E8"))


EXECUTIONS: dict[str, dict[str, Any]] = {
    "discord.DiscordExecution": {"content": "c"},
    "googleworkspace.chat.GoogleChatExecution": {},
    "microsoft365.teams.TeamsExecution": {"activity_title": "A"},
    "notifications.squadcast.SquadcastExecution": {"message": "m"},
    "notifications.whatsapp.WhatsAppExecution": {"whats_app_ids": ["1", "2"]},
    "notifications.x.XExecution": {"bearer_token": "b"},
    "opsgenie.OpsgenieExecution": {
        "authorization_token": "GenieKey k",
        "responders": {"i": "team"},
    },
    "pagerduty.PagerDutyExecution": {"routing_key": "r"},
    "slack.notifications.SlackExecution": {},
    "twilio.notify.TwilioExecution": {"account_sid": "A", "auth_token": "B"},
    "zenduty.ZendutyExecution": {"urls": ["http://x"]},
    "zulip.ZulipExecution": {"icon_emoji": ":x:"},
    "line.LineExecution": {"channel_access_token": "c"},
    "notifications.messenger.MessengerExecution": {
        "page_id": "p",
        "access_token": "a",
        "recipient_ids": ["7"],
    },
    "tencent.qq.QQExecution": {"recipient_ids": ["7"]},
}


@pytest.mark.parametrize("name", EXECUTIONS)
def test_every_service_gets_a_request_that_names_the_execution(
    tmp_path: Path, service: Service, name: str
) -> None:
    run = a_run(tmp_path, "WARNING", kestra={"url": "https://k.example"})
    run.run(
        task(name, url=f"{service.url}/hook", custom_message='with "quotes"', **EXECUTIONS[name])
    )
    (asked,) = service.asked
    assert asked.method == "POST" and asked.path == "/hook"
    if name.startswith("twilio"):
        assert asked.headers["content-type"] == "application/x-www-form-urlencoded"
        assert asked.headers["authorization"] == "Basic QTpC"
        shown = parse_qs(asked.body.decode())["Body"][0]
    else:
        shown = str(asked.json)
    for part in ("a.b", "my_flow", "E1", "WARNING"):
        assert part in shown, part


def test_who_sends_is_said_in_headers(tmp_path: Path, service: Service) -> None:
    for name, header in (
        ("opsgenie.OpsgenieExecution", "GenieKey k"),
        ("line.LineExecution", "Bearer c"),
        ("notifications.messenger.MessengerExecution", "Bearer a"),
        ("notifications.x.XExecution", "Bearer b"),
    ):
        a_run(tmp_path).run(task(name, url=service.url, **EXECUTIONS[name]))
        assert service.last.headers["authorization"] == header


def test_pagerduty_acknowledges_what_has_a_key(tmp_path: Path, service: Service) -> None:
    a_run(tmp_path, "FAILED", "FAILED").run(
        task("pagerduty.PagerDutyExecution", url=service.url, deduplication_key="d")
    )
    event = service.last.json
    assert (event["event_action"], event["dedup_key"]) == ("acknowledge", "d")
    assert event["payload"]["severity"] == "error"


def test_zenduty_resolves_what_did_not_fail(tmp_path: Path, service: Service) -> None:
    for last, kind in (("FAILED", "error"), ("SUCCESS", "resolved")):
        a_run(tmp_path, "RUNNING", last).run(task("zenduty.ZendutyExecution", url=service.url))
        assert service.last.json["alert_type"] == kind


@pytest.mark.parametrize("kind", ["ENVELOPE", "STORE"])
def test_sentry_is_addressed_by_its_dsn(tmp_path: Path, service: Service, kind: str) -> None:
    host = service.url.removeprefix("http://")
    a_run(tmp_path, "FAILED", "FAILED").run(
        task(
            "sentry.SentryExecution", dsn=f"http://key@{host}/42", endpoint_type=kind, level="FATAL"
        )
    )
    asked = service.last
    assert asked.path.startswith(f"/api/42/{kind.lower()}/?") and "sentry_key=key" in asked.path
    lines = asked.body.decode().splitlines()
    event = json.loads(lines[2] if kind == "ENVELOPE" else lines[0])
    if kind == "ENVELOPE":
        assert json.loads(lines[1])["length"] == len(lines[2].encode())
    assert event["level"] == "fatal"
    assert event["exception"]["values"][0]["value"].startswith("Failed on task `send`")


def test_an_answer_that_is_no_success_fails(tmp_path: Path, service: Service) -> None:
    service.answer = lambda asked: (403, {"no": 1})
    with pytest.raises(TaskFailure, match="PagerDuty webhook request failed with status 403"):
        a_run(tmp_path).run(task("pagerduty.PagerDutyAlert", url=service.url, payload="{}"))


def test_the_signature_of_oauth_1() -> None:
    # the example of the documentation of X, but without its form fields
    header = oauth1.authorization(
        "post",
        "https://api.x.com/2/tweets",
        key="k y",
        key_secret="ks",
        token="t",
        token_secret="ts",
        nonce="n",
        stamp=1,
    )
    assert header.startswith('OAuth oauth_consumer_key="k%20y", oauth_nonce="n", oauth_signature="')
    assert header == oauth1.authorization(
        "POST",
        "https://api.x.com/2/tweets?q=1",
        key="k y",
        key_secret="ks",
        token="t",
        token_secret="ts",
        nonce="n",
        stamp=1,
    )


# ---- mail -----------------------------------------------------------------------------------------------------------


class Inbox:
    """Keeps what a mail server takes."""

    def __init__(self) -> None:
        self.mails: list[Any] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.mails.append(envelope)
        return "250 OK"

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if "nobody" in address:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"


@pytest.fixture
def inbox() -> Iterator[tuple[Inbox, dict[str, Any]]]:
    controller = pytest.importorskip("aiosmtpd.controller")
    found = Inbox()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    running = controller.Controller(found, hostname="127.0.0.1", port=port)
    running.start()
    yield found, {"host": "127.0.0.1", "port": port, "transport_strategy": "SMTP"}
    running.stop()


def test_a_mail_with_files(tmp_path: Path, inbox: tuple[Inbox, dict[str, Any]]) -> None:
    box, server = inbox
    run = FakeRun(tmp_path, who="Ann")
    uri = run.store("1,2\n", "r.csv")
    run.run(
        task(
            "email.MailSend",
            **server,
            from_="me@example.com",
            to="a@example.com; b@example.com",
            cc="c@example.com",
            subject=t("Grüße, {{ who }}"),
            html_text_content="<b>hi</b>",
            attachments=[{"name": "r.csv", "uri": uri, "contentType": "text/csv"}],
            embedded_images=[{"name": "i.png", "uri": uri, "contentType": "image/png"}],
        )
    )
    (envelope,) = box.mails
    assert envelope.rcpt_tos == ["a@example.com", "b@example.com", "c@example.com"]
    mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
    assert mail["Subject"] == "Grüße, Ann"
    assert mail["To"] == "a@example.com, b@example.com"
    html = mail.get_body(("html",))
    plain = mail.get_body(("plain",))
    assert html is not None and html.get_content().strip() == "<b>hi</b>"
    assert plain is not None and plain.get_content().startswith("Please view")
    (attached,) = list(mail.iter_attachments())
    assert attached.get_filename() == "r.csv" and attached.get_content() == "1,2\n"


def test_attachments_may_be_the_text_of_a_list(
    tmp_path: Path, inbox: tuple[Inbox, dict[str, Any]]
) -> None:
    box, server = inbox
    run = FakeRun(tmp_path)
    text = f'[{{"name": "a.txt", "uri": "{run.store("x")}"}}]'
    run.run(task("email.MailSend", **server, from_="m@x.y", to="a@x.y", attachments=text))
    mail = email.message_from_bytes(box.mails[0].content, policy=email.policy.default)
    assert [each.get_filename() for each in mail.iter_attachments()] == ["a.txt"]


@pytest.mark.parametrize(
    "broken",
    [
        {"subject": "a\nBcc: spy@example.com"},
        {"to": "a@x.y\r\nBcc: spy@example.com"},
        {"from_": "a@x.y\nX: y"},
    ],
)
def test_a_line_break_starts_no_header(
    tmp_path: Path, inbox: tuple[Inbox, dict[str, Any]], broken: dict[str, str]
) -> None:
    box, server = inbox
    given = {"from_": "m@x.y", "to": "a@x.y", **broken}
    with pytest.raises(TaskFailure, match="one line"):
        FakeRun(tmp_path).run(task("email.MailSend", **server, **given))
    assert not box.mails


def test_what_the_server_refuses_is_told(
    tmp_path: Path, inbox: tuple[Inbox, dict[str, Any]]
) -> None:
    _, server = inbox
    with pytest.raises(TaskFailure, match="550 no such mailbox"):
        FakeRun(tmp_path).run(task("email.MailSend", **server, from_="m@x.y", to="nobody@x.y"))
    with pytest.raises(TaskFailure, match="does not offer TLS"):
        FakeRun(tmp_path).run(
            task(
                "email.MailSend",
                **{**server, "transport_strategy": "SMTP_TLS"},
                from_="m@x.y",
                to="a@x.y",
            )
        )
    with pytest.raises(TaskFailure, match="cannot reach the mail server 127"):
        FakeRun(tmp_path).run(
            task("email.MailSend", host="127.0.0.1", port=1, from_="m@x.y", to="a@x.y")
        )


def test_a_mail_about_an_execution(tmp_path: Path, inbox: tuple[Inbox, dict[str, Any]]) -> None:
    box, server = inbox
    run = a_run(tmp_path, "FAILED", "FAILED", kestra={"url": "https://k.example"})
    run.run(
        task(
            "email.MailExecution",
            **server,
            from_="m@x.y",
            to="a@x.y",
            custom_message="<script>",
        )
    )
    mail = email.message_from_bytes(box.mails[0].content, policy=email.policy.default)
    html = mail.get_body(("html",))
    assert html is not None
    text = html.get_content()
    assert "Failed on task `send`" in text and "color: red" in text
    assert "&lt;script&gt;" in text and "<script>" not in text


def test_sendgrid_gets_what_its_interface_asks_for(
    tmp_path: Path, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flowrt.plugins.messages.sendgrid.ADDRESS", f"{service.url}/v3/mail/send")
    service.answer = lambda asked: (202, b"")
    run = FakeRun(tmp_path)
    outputs = run.run(
        task(
            "twilio.sendgrid.SendGridMailSend",
            sendgrid_api_key="SG.key",
            from_="m@x.y",
            to=["a@x.y"],
            subject="s",
            html_content="<p>",
            attachments=[{"name": "a", "uri": run.store("x")}],
        )
    )
    assert outputs["statusCode"] == 202 and outputs["body"] == ""
    asked = service.last
    assert asked.headers["authorization"] == "Bearer SG.key"
    assert asked.json == {
        "from": {"email": "m@x.y"},
        "personalizations": [{"to": [{"email": "a@x.y"}], "subject": "s"}],
        "content": [{"type": "text/html", "value": "<p>"}],
        "attachments": [
            {
                "content": "eA==",
                "type": "application/octet-stream",
                "filename": "a",
                "disposition": "attachment",
            }
        ],
    }
    service.answer = lambda asked: (401, {"errors": []})
    with pytest.raises(TaskFailure, match="SendGrid API failed with status code: 401"):
        run.run(
            task("twilio.sendgrid.SendGridMailSend", sendgrid_api_key="k", from_="m@x.y", to=["a"])
        )
