"""Slack's own interface and Tencent's messenger: what they are asked, and what comes back."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from plugins.service import Answers, Service, rows
from tasks.fake import FakeRun, t, task

from flowrt.catalog import canonical, find
from flowrt.model.failures import TaskFailure
from flowrt.plugins.messages import slack_app


@pytest.fixture
def slack(service: Service, monkeypatch: pytest.MonkeyPatch) -> Service:
    monkeypatch.setattr(slack_app, "BASE", f"{service.url}/api")
    return service


@pytest.fixture
def run(tmp_path: Path) -> FakeRun:
    return FakeRun(tmp_path, token="xoxb-1", who=["U1", "U2"])


def app(kind: str, /, **given: Any) -> Any:
    return task(f"slack.app.{kind}", token=t("{{ token }}"), **given)


def test_a_message_is_posted(run: FakeRun, slack: Service) -> None:
    slack.answer = Answers({"ok": True, "ts": "1.2", "warning": "missing_charset"})
    made = app("chats.Post", channel="C1", message_text="**hi** [k](https://k)", icon_emoji=":x:")
    assert run.run(made) == {"timestamp": "1.2"}
    assert (slack.last.method, slack.last.path) == ("POST", "/api/chat.postMessage")
    assert slack.last.headers["authorization"] == "Bearer xoxb-1"
    assert slack.last.json == {"channel": "C1", "icon_emoji": ":x:", "text": "*hi* <https://k|k>"}
    assert run.messages("WARN") == ["missing_charset"]
    assert not [text for _, text in run.logs if "xoxb" in text]
    payload = '{"channel": "C2", "blocks": [{"type": "divider"}], "thread_ts": "0.1", "other": 1}'
    run.run(app("chats.Post", channel="C1", timestamp="9.9", payload=payload))
    assert slack.last.json == {
        "channel": "C2",
        "thread_ts": "0.1",
        "blocks": [{"type": "divider"}],
    }


@pytest.mark.parametrize(
    ("given", "message"),
    [({}, "Either 'messageText' or 'payload'"), ({"payload": "[]"}, "no JSON object")],
)
def test_what_is_no_message(
    run: FakeRun, slack: Service, given: dict[str, Any], message: str
) -> None:
    with pytest.raises(TaskFailure, match=message):
        run.run(app("chats.Post", channel="C1", **given))
    assert slack.asked == []


def test_a_channel_is_made_and_filled(run: FakeRun, slack: Service) -> None:
    topic = {"value": "T", "creator": "U1", "last_set": 5}
    channel = {"id": "C1", "name": "new", "is_channel": True, "created": 4, "topic": topic}
    slack.answer = Answers({"ok": True, "channel": channel})
    found = run.run(app("conversations.Create", name="new", team_id="T1"))
    assert found == {
        "id": "C1",
        "name": "new",
        "isChannel": True,
        "isGroup": False,
        "isInstantMessage": False,
        "isMultiPersonInstantMessage": False,
        "isPrivate": False,
        "created": 4,
        "isArchived": False,
        "isGeneral": False,
        "topic": {"value": "T", "creator": "U1", "lastSet": 5},
        "purpose": None,
    }
    assert slack.last.path == "/api/conversations.create"
    assert slack.last.json == {"name": "new", "is_private": False, "team_id": "T1"}
    set_topic = app("conversations.SetTopic", channel="C1", topic="T")
    assert run.run(set_topic) == {"value": "T", "creator": "U1", "lastSet": 5}
    assert slack.last.path == "/api/conversations.setTopic"
    assert slack.last.json == {"channel": "C1", "topic": "T"}
    invited = run.run(app("conversations.Invite", channel="C1", users=t("{{ who }}")))
    assert invited["id"] == "C1"
    assert slack.last.path == "/api/conversations.invite"
    assert slack.last.json == {"channel": "C1", "users": "U1,U2"}
    react = app("reactions.Add", channel="C1", name="ok", timestamp="1.2")
    assert run.run(react) is None
    assert slack.last.path == "/api/reactions.add"
    assert slack.last.json == {"channel": "C1", "name": "ok", "timestamp": "1.2"}


def test_a_canvas_is_made(run: FakeRun, slack: Service) -> None:
    slack.answer = Answers({"ok": True, "canvas_id": "F1"})
    content = {"type": "markdown", "markdown": t("# {{ who[0] }}")}
    made = app("canvases.Create", title="Day", document_content=content)
    assert run.run(made) == {"canvasId": "F1"}
    assert slack.last.path == "/api/canvases.create"
    assert slack.last.json == {
        "title": "Day",
        "document_content": {"type": "markdown", "markdown": "# U1"},
    }


def test_the_messages_of_a_channel_come_in_pages(run: FakeRun, slack: Service) -> None:
    first = {
        "type": "message",
        "user": "U1",
        "ts": "2.0",
        "thread_ts": "1.0",
        "blocks": [{"type": "divider"}],
        "edited": {"user": "U2", "ts": "3.0"},
        "reactions": [{"name": "ok", "count": 1, "users": ["U2"]}],
        "files": [{"id": "F1", "url_private": "https://f", "user_team": "T1", "thumb_64": "x"}],
        "upload": True,
        "reply_users_count": 2,
    }
    slack.answer = Answers(
        {"ok": True, "messages": [first], "response_metadata": {"next_cursor": "n=="}},
        {"ok": True, "messages": [{"ts": "1.0"}], "response_metadata": {"next_cursor": ""}},
    )
    found = run.run(app("conversations.History", channel="C1", oldest="1", limit=1))
    assert found["size"] == 2
    assert ("counter", "records", 2) in run.metrics
    row, other = rows(run, found["uri"])
    assert (row["timestamp"], row["threadTimestamp"], row["replyUsersCount"]) == ("2.0", "1.0", 2)
    assert row["payload"] == {"blocks": [{"type": "divider"}]}
    assert row["edited"] == {"user": "U2", "timestamp": "3.0"}
    assert row["reactions"] == [{"name": "ok", "count": 1, "users": ["U2"], "url": None}]
    (file,) = row["files"]
    assert (file["urlPrivate"], file["userTeamId"]) == ("https://f", "T1")
    assert file["thumbnail"]["thumb64"] == "x"
    assert (row["isUpload"], row["isIntro"], row["isDisplayAsBot"]) == (True, False, False)
    assert (other["payload"], other["files"], other["edited"]) == (None, None, None)
    assert row.keys() == other.keys()
    assert slack.last.path == "/api/conversations.history"
    assert slack.last.headers["content-type"] == "application/x-www-form-urlencoded"
    assert parse_qs(slack.last.body.decode()) == {
        "channel": ["C1"],
        "inclusive": ["false"],
        "oldest": ["1"],
        "limit": ["1"],
        "cursor": ["n=="],
    }


def test_what_slack_says_reaches_the_user(run: FakeRun, slack: Service) -> None:
    slack.answer = Answers({"ok": False, "error": "channel_not_found"})
    made = app("reactions.Add", channel="C1", name="ok", timestamp="1.2")
    with pytest.raises(TaskFailure, match="Slack did not do it: channel_not_found"):
        run.run(made)
    slack.answer = Answers((429, b"slow down"))
    with pytest.raises(TaskFailure, match="Slack answered with status 429: slow down"):
        run.run(made)


def test_a_message_to_qq(run: FakeRun, service: Service) -> None:
    made = task(
        "tencent.qq.QQIncomingWebhook",
        url=f"{service.url}/v4/openim/sendmsg?sdkappid=1",
        token=t("{{ token }}"),
        payload=t('{"To_Account": {{ who | toJson }}}'),
    )
    run.run(made)
    assert (service.last.method, service.last.path) == ("POST", "/v4/openim/sendmsg?sdkappid=1")
    assert service.last.json == {"To_Account": ["U1", "U2"]}
    assert service.last.headers["authorization"] == "Bearer xoxb-1"
    service.answer = Answers((400, b"no such account"))
    with pytest.raises(TaskFailure, match="request failed with status 400: no such account"):
        run.run(task("tencent.qq.QQIncomingWebhook", url=service.url, payload="{}"))
    assert "authorization" not in service.last.headers


@pytest.mark.parametrize(
    "name",
    [
        "whatsapp.WhatsAppExecution",
        "whatsapp.WhatsAppIncomingWebhook",
        "messenger.MessengerExecution",
    ],
)
def test_the_messengers_of_meta_have_two_names(name: str) -> None:
    now = canonical(f"io.kestra.plugin.meta.{name}")
    assert now == f"io.kestra.plugin.notifications.{name}"
    assert find(now) is not None
