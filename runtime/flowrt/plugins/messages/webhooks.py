"""Tasks that post a message to a chat service."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from flowrt.model.declare import (
    DURATION,
    INTEGER,
    STRING,
    Declared,
    enum,
    mapping,
    prop,
    record,
    task_type,
)
from flowrt.model.failures import TaskFailure
from flowrt.model.task import Task
from flowrt.tasks.http_client import HttpClient, HttpOptions, HttpTimeout
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Integer, Mapping, Text


class RequestOptions(Declared):
    """How messages are sent."""

    headers: Mapping | None = prop(mapping(STRING), default=None)
    connect_timeout: Text | None = prop(DURATION, default=None)
    read_timeout: Text | None = prop(DURATION, default=None)
    read_idle_timeout: Text | None = prop(DURATION, default=None, ignored=True)
    connection_pool_idle_timeout: Text | None = prop(DURATION, default=None, ignored=True)
    max_content_length: Integer | None = prop(INTEGER, default=None, ignored=True)
    default_charset: Text | None = prop(STRING, default=None, ignored=True)

    def client(self, run: RunContext) -> HttpClient:
        """Who sends them; every answer is for the task to judge."""
        wait = HttpTimeout(
            connect_timeout=self.connect_timeout, read_idle_timeout=self.read_timeout
        )
        return HttpClient(run, HttpOptions(timeout=wait), allow_failed=True)

    def more_headers(self, run: RunContext) -> dict[str, str]:
        """The headers that are sent beside those of the task."""
        return {str(key): str(value) for key, value in (run.mapping(self.headers) or {}).items()}


async def post(
    run: RunContext,
    options: RequestOptions | None,
    url: str,
    payload: str,
    service: str,
    more: dict[str, str] | None = None,
) -> None:
    """Post JSON, or what `more` headers say it is. Raises TaskFailure when the answer is no success."""
    options = options or RequestOptions()
    client = options.client(run)
    headers = {"Content-Type": "application/json; charset=UTF-8", **(more or {})}
    headers.update(options.more_headers(run))
    run.log("DEBUG", f"Send {service} webhook: {payload}")
    response = await run.in_thread(lambda: client.send("POST", url, headers, payload.encode()))
    if not 200 <= response.code < 300:
        body = (response.body or b"").decode("utf-8", "replace")
        raise TaskFailure(f"{service} webhook request failed with status {response.code}: {body}")
    run.log("INFO", "Request succeeded")


def checked_json(text: str) -> str:
    """The text, when it is JSON; raises the parser's error otherwise."""
    from flowrt.formats.jsonread import parse_json

    parse_json(text)
    return text


class Webhook(Task):
    """What the posters share: an address, a payload, and how to send it."""

    service: ClassVar[str] = "The"
    content_type: ClassVar[str] = "application/json; charset=UTF-8"

    url: Text = prop(STRING)
    payload: Text | None = prop(STRING, default=None)
    options: RequestOptions | None = prop(record(RequestOptions), default=None)

    async def run(self, run: RunContext) -> None:
        headers = {"Content-Type": self.content_type, **self._headers(run)}
        payload = await run.in_thread(lambda: self._payload(run))
        url = required_text(run, self.url)
        await post(run, self.options, url, payload, self.service, headers)

    def _payload(self, run: RunContext) -> str:
        return required_text(run, self.payload)

    def _headers(self, run: RunContext) -> dict[str, str]:
        """Headers beside those of the options: who sends it."""
        return {}


_MARKS = (
    (re.compile(r"\*\*(.+?)\*\*"), r"*\1*"),
    (re.compile(r"__(.+?)__"), r"_\1_"),
    (re.compile(r"\[([^\]]+)\]\(([^)]+)\)"), r"<\2|\1>"),
)


def slack_message(run: RunContext, payload: Text | None, text: Text | None) -> str:
    """The JSON of a message: a payload, or a text that is JSON itself or has light markup. Raises TaskFailure for none."""
    if payload is not None:
        return checked_json(run.text(payload) or "")
    if text is None:
        raise TaskFailure("Either 'messageText' or 'payload' must be provided")
    given = run.text(text) or ""
    try:
        return checked_json(given)
    except Exception:
        from flowrt.formats.jsonwrite import to_json

        for mark, replacement in _MARKS:
            given = mark.sub(replacement, given)
        return to_json({"text": given})


@task_type(
    "io.kestra.plugin.slack.notifications.SlackIncomingWebhook",
    "io.kestra.plugin.slack.SlackIncomingWebhook",
    "io.kestra.plugin.notifications.slack.SlackIncomingWebhook",
)
class SlackIncomingWebhook(Webhook):
    """Post a JSON payload, or a text with light markup, to Slack."""

    service = "Slack"

    message_text: Text | None = prop(STRING, default=None)

    def _payload(self, run: RunContext) -> str:
        return slack_message(run, self.payload, self.message_text)


@task_type(
    "io.kestra.plugin.discord.DiscordIncomingWebhook",
    "io.kestra.plugin.notifications.discord.DiscordIncomingWebhook",
)
class DiscordIncomingWebhook(Webhook):
    """Post a payload to Discord."""

    service = "Discord"


@task_type(
    "io.kestra.plugin.microsoft365.teams.TeamsIncomingWebhook",
    "io.kestra.plugin.notifications.teams.TeamsIncomingWebhook",
)
class TeamsIncomingWebhook(Webhook):
    """Post a payload to Microsoft Teams."""

    service = "Teams"


@task_type("io.kestra.plugin.googleworkspace.chat.GoogleChatIncomingWebhook")
class GoogleChatIncomingWebhook(Webhook):
    """Post a payload to Google Chat."""

    service = "Google Chat"


@task_type("io.kestra.plugin.zulip.ZulipIncomingWebhook")
class ZulipIncomingWebhook(Webhook):
    """Post a payload to Zulip."""

    service = "Zulip"


@task_type("io.kestra.plugin.notifications.whatsapp.WhatsAppIncomingWebhook")
class WhatsAppIncomingWebhook(Webhook):
    """Post a payload to WhatsApp."""

    service = "WhatsApp"


@task_type("io.kestra.plugin.tencent.qq.QQIncomingWebhook")
class QQIncomingWebhook(Webhook):
    """Post a payload to the messenger of Tencent."""

    service = "Tencent IM"

    payload: Text = prop(STRING)
    token: Text | None = prop(STRING, default=None)

    def _headers(self, run: RunContext) -> dict[str, str]:
        token = run.text(self.token)
        return {} if token is None else {"Authorization": f"Bearer {token}"}


@task_type(
    "io.kestra.plugin.telegram.TelegramSend", "io.kestra.plugin.notifications.telegram.TelegramSend"
)
class TelegramSend(Task):
    """Send a message by a Telegram bot."""

    token: Text = prop(STRING)
    channel: Text = prop(STRING)
    payload: Text = prop(STRING)
    parse_mode: Text | None = prop(enum("HTML", "MARKDOWNV2"), default=None)
    endpoint_override: Text = prop(STRING, default="https://api.telegram.org")
    options: RequestOptions | None = prop(record(RequestOptions), default=None)

    async def run(self, run: RunContext) -> None:
        from flowrt.formats.jsonwrite import to_json

        message = {
            "chat_id": required_text(run, self.channel),
            "text": await run.in_thread(lambda: self._text(run)),
        }
        mode = run.text(self.parse_mode)
        if mode is not None:
            message["parse_mode"] = "MarkdownV2" if mode == "MARKDOWNV2" else mode
        base = (run.text(self.endpoint_override) or "").rstrip("/")
        url = f"{base}/bot{required_text(run, self.token)}/sendMessage"
        await post(run, self.options, url, to_json(message), "Telegram")

    def _text(self, run: RunContext) -> str:
        return required_text(run, self.payload)
