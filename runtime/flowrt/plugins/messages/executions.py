"""Messages about an execution, in the form of each chat service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrt.model.declare import (
    ANY,
    STRING,
    Declared,
    enum,
    listing,
    prop,
    record,
    task_type,
)
from flowrt.plugins.messages.summary import AboutExecution, Summary
from flowrt.plugins.messages.webhooks import (
    DiscordIncomingWebhook,
    GoogleChatIncomingWebhook,
    QQIncomingWebhook,
    SlackIncomingWebhook,
    TeamsIncomingWebhook,
    TelegramSend,
    Webhook,
    WhatsAppIncomingWebhook,
    ZulipIncomingWebhook,
    post,
)
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Listing, Text


class ExecutionWebhook(AboutExecution, Webhook):
    """A poster whose payload is made of an execution; what the task sets besides goes over it."""

    def _payload(self, run: RunContext) -> str:
        from flowrt.formats.jsonwrite import to_json

        message = self._message(run, self.summary(run))
        return to_json({key: value for key, value in message.items() if value is not None})

    def _message(self, run: RunContext, about: Summary) -> dict[str, Any]:
        raise NotImplementedError


def _slack(about: Summary) -> dict[str, Any]:
    """The form of Slack: a line, blocks, and an attachment that is coloured by the state."""
    line = f"{about.linked_title}\n> {about.ending}"
    block: dict[str, Any] = {"type": "section", "text": {"type": "mrkdwn", "text": line}}
    if about.link:
        details = {"type": "plain_text", "text": "Details"}
        block["accessory"] = {"type": "button", "text": details, "url": about.link}
    blocks = [block]
    if about.message is not None:
        blocks.insert(0, {"type": "section", "text": {"type": "mrkdwn", "text": about.message}})
    facts = {**about.facts, **about.fields, "Final task ID": about.final_task}
    attachment: dict[str, Any] = {
        "color": {"SUCCESS": "good", "WARNING": "warning"}.get(about.state, "danger"),
        "fields": [{"title": key, "value": value, "short": True} for key, value in facts.items()],
    }
    if about.start:
        from datetime import datetime

        attachment["ts"] = int(datetime.fromisoformat(about.start).timestamp())
    return {"text": line, "blocks": blocks, "attachments": [attachment]}


class SlackForm(ExecutionWebhook):
    """A message of an execution in the form of Slack, which other services take, too."""

    channel: Text | None = prop(STRING, default=None)
    username: Text | None = prop(STRING, default=None)
    icon_url: Text | None = prop(STRING, default=None)
    icon_emoji: Text | None = prop(STRING, default=None)

    def _message(self, run: RunContext, about: Summary) -> dict[str, Any]:
        return {
            **_slack(about),
            "channel": run.text(self.channel),
            "username": run.text(self.username),
            "icon_url": run.text(self.icon_url),
            "icon_emoji": run.text(self.icon_emoji),
        }


@task_type(
    "io.kestra.plugin.slack.notifications.SlackExecution",
    "io.kestra.plugin.slack.SlackExecution",
    "io.kestra.plugin.notifications.slack.SlackExecution",
)
class SlackExecution(SlackForm, SlackIncomingWebhook):
    """Tell Slack of an execution."""


@task_type(
    "io.kestra.plugin.zulip.ZulipExecution",
    "io.kestra.plugin.notifications.zulip.ZulipExecution",
)
class ZulipExecution(SlackForm, ZulipIncomingWebhook):
    """Tell Zulip of an execution, by its Slack-compatible webhook."""


class Embed(Declared):
    """A card in a message of Discord."""

    title: Text | None = prop(STRING, default=None)
    description: Text | None = prop(STRING, default=None)
    website_url: Text | None = prop(STRING, default=None)
    thumbnail: Text | None = prop(STRING, default=None)
    author_name: Text | None = prop(STRING, default=None)
    color: Any = prop(ANY, default=None)
    footer: Text | None = prop(STRING, default=None)


@task_type(
    "io.kestra.plugin.discord.DiscordExecution",
    "io.kestra.plugin.notifications.discord.DiscordExecution",
)
class DiscordExecution(ExecutionWebhook, DiscordIncomingWebhook):
    """Tell Discord of an execution."""

    content: Text | None = prop(STRING, default=None)
    username: Text | None = prop(STRING, default=None)
    avatar_url: Text | None = prop(STRING, default=None)
    embed_list: Listing | None = prop(listing(record(Embed)), default=None)

    def _message(self, run: RunContext, about: Summary) -> dict[str, Any]:
        lines = [f"{key}: {value}" for key, value in about.facts.items()]
        lines.append(f"Final task ID: {about.final_task}")
        if about.link:
            lines += ["", f"[Link to the Execution page]({about.link})"]
        embeds = [_embed(run, each) for each in _items(self.embed_list)]
        embeds.append({"description": "\n".join(lines), "footer": {"text": about.ending}})
        return {
            "content": run.text(self.content),
            "username": run.text(self.username),
            "avatar_url": run.text(self.avatar_url),
            "embeds": embeds,
        }


def _items(given: Any) -> list[Any]:
    return given if isinstance(given, list) else []


def _embed(run: RunContext, given: Any) -> dict[str, Any]:
    color = given.color if isinstance(given.color, int) else None
    found: dict[str, Any] = {
        "title": run.text(given.title),
        "description": run.text(given.description),
        "url": run.text(given.website_url),
        "color": color,
    }
    for key, name, value in (
        ("thumbnail", "url", given.thumbnail),
        ("author", "name", given.author_name),
        ("footer", "text", given.footer),
    ):
        if value is not None:
            found[key] = {name: run.text(value)}
    return {key: value for key, value in found.items() if value is not None}


@task_type(
    "io.kestra.plugin.microsoft365.teams.TeamsExecution",
    "io.kestra.plugin.notifications.teams.TeamsExecution",
)
class TeamsExecution(ExecutionWebhook, TeamsIncomingWebhook):
    """Tell Microsoft Teams of an execution."""

    theme_color: Text = prop(STRING, default="0076D7")
    activity_title: Text | None = prop(STRING, default=None)
    activity_subtitle: Text | None = prop(STRING, default=None)

    def _message(self, run: RunContext, about: Summary) -> dict[str, Any]:
        section: dict[str, Any] = {
            "activityTitle": run.text(self.activity_title),
            "activitySubtitle": run.text(self.activity_subtitle),
            "facts": [
                {"name": key, "value": value}
                for key, value in {**about.facts, "Final task ID": about.final_task}.items()
            ],
            "markdown": True,
        }
        return {
            "@type": "MessageCard",
            "@context": "http://schema.org/extensions",
            "themeColor": run.text(self.theme_color),
            "summary": f"{about.linked_title}\n> {about.ending}",
            "sections": [{key: value for key, value in section.items() if value is not None}],
        }


@task_type(
    "io.kestra.plugin.googleworkspace.chat.GoogleChatExecution",
    "io.kestra.plugin.notifications.google.GoogleChatExecution",
)
class GoogleChatExecution(ExecutionWebhook, GoogleChatIncomingWebhook):
    """Tell Google Chat of an execution."""

    text: Text | None = prop(STRING, default=None)

    def _message(self, run: RunContext, about: Summary) -> dict[str, Any]:
        own = run.text(self.text)
        return {"text": own if own is not None else sentence("Kestra Google notification: ", about)}


def sentence(start: str, about: Summary) -> str:
    """The facts in a line, and how it ended in another."""
    facts = ", ".join(f"{key} {value}" for key, value in about.facts.items())
    return (
        f"{start}{facts}, Final task ID {about.final_task}. {about.linked_title}\n> {about.ending}"
    )


@task_type(
    "io.kestra.plugin.telegram.TelegramExecution",
    "io.kestra.plugin.notifications.telegram.TelegramExecution",
)
class TelegramExecution(AboutExecution, TelegramSend):
    """Tell of an execution by a Telegram bot."""

    payload: Text = prop(STRING, default="")

    def _text(self, run: RunContext) -> str:
        about = self.summary(run)
        return (
            f"<{about.namespace} {about.flow_id} {about.id} ➛ {about.state} - "
            f"Final task ID ➛ {about.final_task}> {about.ending}"
            + (f" ({about.link})" if about.link else "")
        )


@task_type("io.kestra.plugin.notifications.whatsapp.WhatsAppExecution")
class WhatsAppExecution(ExecutionWebhook, WhatsAppIncomingWebhook):
    """Tell WhatsApp of an execution."""

    profile_name: Text | None = prop(STRING, default=None)
    whats_app_ids: Listing | None = prop(listing(STRING), default=None)
    from_: Text | None = prop(STRING, yaml="from", default=None)
    message_id: Text | None = prop(STRING, default=None)
    text_body: Text | None = prop(STRING, default=None)
    recipient_id: Text | None = prop(STRING, default=None)

    def _message(self, run: RunContext, about: Summary) -> dict[str, Any]:
        own = run.text(self.text_body)
        lines = [f"{key} {value}" for key, value in about.facts.items()]
        lines += [f"Final task ID {about.final_task}", f"{about.linked_title}\n> {about.ending}"]
        message: dict[str, Any] = {
            "from": run.text(self.from_),
            "id": run.text(self.message_id),
            "text": {"body": lines if own is None else own},
            "type": "text",
        }
        name = run.text(self.profile_name)
        return {
            "contacts": [
                {"profile": {"name": name}, "wa_id": each}
                for each in run.listing(self.whats_app_ids) or []
            ],
            "messages": [{key: value for key, value in message.items() if value is not None}],
            "recipient_id": run.text(self.recipient_id),
        }


class TextExecution(AboutExecution, Webhook):
    """What the posters of plain texts share."""

    text_body: Text | None = prop(STRING, default=None)
    payload: Text | None = prop(STRING, default=None, ignored=True)

    def _own_text(self, run: RunContext) -> str:
        own = run.text(self.text_body)
        return own if own is not None else _details(self.summary(run))


def _details(about: Summary) -> str:
    """An execution in lines."""
    lines = [f"Execution {about.state}", "", "Details:", f"- ID: {about.id}"]
    lines += [f"- Namespace: {about.namespace}", f"- Flow: {about.flow_id}"]
    if about.start:
        lines.append(f"- Started: {about.start}")
    if about.duration:
        lines.append(f"- Duration: {about.duration}")
    if about.failed and about.last_task:
        lines.append(f"- Failed Task: {about.last_task}")
    if about.message is not None:
        lines += ["", about.message]
    if about.fields:
        lines += ["", *(f"- {key}: {value}" for key, value in about.fields.items())]
    if about.link:
        lines += ["", f"View Execution: {about.link}"]
    return "\n".join(lines)


@task_type(
    "io.kestra.plugin.line.LineExecution", "io.kestra.plugin.notifications.line.LineExecution"
)
class LineExecution(TextExecution):
    """Tell LINE of an execution."""

    service = "LINE"

    url: Text = prop(STRING, default="https://api.line.me/v2/bot/message/broadcast")
    channel_access_token: Text = prop(STRING)

    def _payload(self, run: RunContext) -> str:
        from flowrt.formats.jsonwrite import to_json

        return to_json({"messages": [{"type": "text", "text": self._own_text(run)}]})

    def _headers(self, run: RunContext) -> dict[str, str]:
        return {"Authorization": f"Bearer {required_text(run, self.channel_access_token)}"}


@task_type("io.kestra.plugin.notifications.messenger.MessengerExecution")
class MessengerExecution(TextExecution):
    """Tell Facebook Messenger of an execution, one message a recipient."""

    service = "Messenger"

    url: Text = prop(STRING, default="")
    page_id: Text = prop(STRING)
    access_token: Text = prop(STRING)
    recipient_ids: Listing = prop(listing(STRING))
    messaging_type: Text = prop(enum("RESPONSE", "UPDATE", "MESSAGE_TAG"), default="UPDATE")

    async def run(self, run: RunContext) -> None:
        from flowrt.formats.jsonwrite import to_json

        url = run.text(self.url)
        if not url:
            page = required_text(run, self.page_id)
            url = f"https://graph.facebook.com/v18.0/{page}/messages"
        text = self._own_text(run)
        headers = {"Authorization": f"Bearer {required_text(run, self.access_token)}"}
        for recipient in run.listing(self.recipient_ids) or []:
            message = {
                "recipient": {"id": recipient},
                "messaging_type": run.text(self.messaging_type),
                "message": {"text": text},
            }
            await post(run, self.options, url, to_json(message), self.service, headers)


@task_type("io.kestra.plugin.tencent.qq.QQExecution")
class QQExecution(AboutExecution, QQIncomingWebhook):
    """Tell the messenger of Tencent of an execution, one message a recipient."""

    payload: Text | None = prop(STRING, default=None, ignored=True)  # type: ignore[assignment]
    recipient_ids: Listing | None = prop(listing(STRING), default=None)

    async def run(self, run: RunContext) -> None:
        from random import randrange

        from flowrt.formats.jsonwrite import to_json

        url, headers = required_text(run, self.url), self._headers(run)
        text = _details(self.summary(run))
        for recipient in run.listing(self.recipient_ids) or []:
            message = {
                "To_Account": recipient,
                "MsgRandom": randrange(2**31),
                "MsgBody": [{"MsgType": "TIMTextElem", "MsgContent": {"Text": text}}],
            }
            await post(run, self.options, url, to_json(message), self.service, headers)


@task_type("io.kestra.plugin.notifications.x.XExecution")
class XExecution(TextExecution):
    """Tell X of an execution."""

    service = "X"

    url: Text = prop(STRING, default="https://api.x.com/2/tweets")
    bearer_token: Text | None = prop(STRING, default=None)
    access_token: Text | None = prop(STRING, default=None)
    access_secret: Text | None = prop(STRING, default=None)
    consumer_key: Text | None = prop(STRING, default=None)
    consumer_secret: Text | None = prop(STRING, default=None)

    def _payload(self, run: RunContext) -> str:
        from flowrt.formats.jsonwrite import to_json

        return to_json({"text": self._own_text(run)})

    def _headers(self, run: RunContext) -> dict[str, str]:
        bearer = run.text(self.bearer_token)
        if bearer is not None:
            return {"Authorization": f"Bearer {bearer}"}
        from flowrt.plugins.messages.oauth1 import authorization

        return {
            "Authorization": authorization(
                "POST",
                required_text(run, self.url),
                key=required_text(run, self.consumer_key),
                key_secret=required_text(run, self.consumer_secret),
                token=required_text(run, self.access_token),
                token_secret=required_text(run, self.access_secret),
            )
        }
