"""Slack, as an app of it: channels, messages in them, canvases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlencode

from flowrt.model.declare import (
    BOOLEAN,
    INTEGER,
    STRING,
    URI,
    Kind,
    camel,
    listing,
    mapping,
    prop,
    task_type,
)
from flowrt.model.failures import TaskFailure
from flowrt.plugins.messages.webhooks import slack_message
from flowrt.plugins.rows import stored
from flowrt.plugins.services.service import ServiceTask, address, bearer
from flowrt.plugins.stored import Stop
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Listing, Mapping, Text

BASE = "https://slack.com/api"
FORM = "application/x-www-form-urlencoded"
MESSAGE = (
    "channel", "thread_ts", "icon_emoji", "icon_url", "username", "text", "blocks", "attachments", "reply_broadcast",
    "unfurl_links", "unfurl_media", "mrkdwn", "metadata",
)  # fmt: skip
"""What a message may hold."""
CHANNEL: dict[str, Kind] = {
    "created": INTEGER,
    "id": STRING,
    "isArchived": BOOLEAN,
    "isChannel": BOOLEAN,
    "isGeneral": BOOLEAN,
    "isGroup": BOOLEAN,
    "isInstantMessage": BOOLEAN,
    "isMultiPersonInstantMessage": BOOLEAN,
    "isPrivate": BOOLEAN,
    "name": STRING,
    "purpose": mapping(),
    "topic": mapping(),
}
TOPIC: dict[str, Kind] = {"creator": STRING, "lastSet": INTEGER, "value": STRING}


class SlackAppTask(ServiceTask):
    """What the tasks share."""

    service = "Slack"

    token: Text = prop(STRING)

    def _headers(self, run: RunContext) -> dict[str, str]:
        return bearer(run, self.token)

    def _call(self, run: RunContext, method: str, **how: Any) -> dict[str, Any]:
        """Call a method of Slack. Raises TaskFailure with its word for what is wrong."""
        found: dict[str, Any] = self._ask(run, "POST", address(BASE, method), **how) or {}
        if found.get("warning"):
            run.log("WARN", str(found["warning"]))
        if not found.get("ok"):
            raise TaskFailure(f"Slack did not do it: {found.get('error')}")
        return found


def _topic(found: dict[str, Any] | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "value": found.get("value"),
        "creator": found.get("creator"),
        "lastSet": found.get("last_set"),
    }


def _channel(found: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": found.get("id"),
        "name": found.get("name"),
        "isChannel": found.get("is_channel", False),
        "isGroup": found.get("is_group", False),
        "isInstantMessage": found.get("is_im", False),
        "isMultiPersonInstantMessage": found.get("is_mpim", False),
        "isPrivate": found.get("is_private", False),
        "created": found.get("created"),
        "isArchived": found.get("is_archived", False),
        "isGeneral": found.get("is_general", False),
        "topic": _topic(found.get("topic")),
        "purpose": _topic(found.get("purpose")),
    }


@task_type("io.kestra.plugin.slack.app.chats.Post")
class SlackChatsPost(SlackAppTask):
    """Post a message; what its payload says goes before the properties."""

    outputs: ClassVar[dict[str, Kind] | None] = {"timestamp": STRING}

    payload: Text | None = prop(STRING, default=None)
    message_text: Text | None = prop(STRING, default=None)
    channel: Text | None = prop(STRING, default=None)
    timestamp: Text | None = prop(STRING, default=None)
    username: Text | None = prop(STRING, default=None)
    icon_url: Text | None = prop(STRING, default=None)
    icon_emoji: Text | None = prop(STRING, default=None)

    def _work(self, run: RunContext) -> dict[str, Any]:
        from flowrt.formats.jsonread import parse_json

        given = parse_json(slack_message(run, self.payload, self.message_text))
        if not isinstance(given, dict):
            raise TaskFailure("The message is no JSON object")
        asked = {
            "channel": run.text(self.channel),
            "thread_ts": run.text(self.timestamp),
            "username": run.text(self.username),
            "icon_url": run.text(self.icon_url),
            "icon_emoji": run.text(self.icon_emoji),
            **{key: given[key] for key in MESSAGE if key in given},
        }
        message = {key: value for key, value in asked.items() if value is not None}
        return {"timestamp": self._call(run, "chat.postMessage", json=message).get("ts")}


@task_type("io.kestra.plugin.slack.app.canvases.Create")
class SlackCanvasesCreate(SlackAppTask):
    """Make a canvas."""

    outputs: ClassVar[dict[str, Kind] | None] = {"canvasId": STRING}

    title: Text = prop(STRING)
    document_content: Mapping = prop(mapping(STRING))

    def _work(self, run: RunContext) -> dict[str, Any]:
        asked: dict[str, Any] = {"title": required_text(run, self.title)}
        content = run.mapping(self.document_content, STRING)
        if content:
            asked["document_content"] = content
        return {"canvasId": self._call(run, "canvases.create", json=asked).get("canvas_id")}


@task_type("io.kestra.plugin.slack.app.conversations.Create")
class SlackConversationsCreate(SlackAppTask):
    """Make a channel."""

    outputs: ClassVar[dict[str, Kind] | None] = CHANNEL

    name: Text = prop(STRING)
    is_private: Flag = prop(BOOLEAN, default=False)
    team_id: Text | None = prop(STRING, default=None)

    def _work(self, run: RunContext) -> dict[str, Any]:
        asked = {"name": required_text(run, self.name), "is_private": run.flag(self.is_private)}
        team = run.text(self.team_id)
        if team is not None:
            asked["team_id"] = team
        return _channel(self._call(run, "conversations.create", json=asked)["channel"])


@task_type("io.kestra.plugin.slack.app.conversations.Invite")
class SlackConversationsInvite(SlackAppTask):
    """Invite users to a channel."""

    outputs: ClassVar[dict[str, Kind] | None] = CHANNEL

    channel: Text = prop(STRING)
    users: Listing = prop(listing(STRING))

    def _work(self, run: RunContext) -> dict[str, Any]:
        users = ",".join(run.listing(self.users) or ())
        asked = {"channel": required_text(run, self.channel), "users": users}
        return _channel(self._call(run, "conversations.invite", json=asked)["channel"])


@task_type("io.kestra.plugin.slack.app.conversations.SetTopic")
class SlackConversationsSetTopic(SlackAppTask):
    """Set the topic of a channel."""

    outputs: ClassVar[dict[str, Kind] | None] = TOPIC

    channel: Text = prop(STRING)
    topic: Text = prop(STRING)

    def _work(self, run: RunContext) -> dict[str, Any] | None:
        asked = {
            "channel": required_text(run, self.channel),
            "topic": required_text(run, self.topic),
        }
        return _topic(self._call(run, "conversations.setTopic", json=asked)["channel"].get("topic"))


@task_type("io.kestra.plugin.slack.app.reactions.Add")
class SlackReactionsAdd(SlackAppTask):
    """Add a reaction to a message."""

    channel: Text = prop(STRING)
    name: Text = prop(STRING)
    timestamp: Text = prop(STRING)

    def _work(self, run: RunContext) -> None:
        asked = {
            "channel": required_text(run, self.channel),
            "name": required_text(run, self.name),
            "timestamp": required_text(run, self.timestamp),
        }
        self._call(run, "reactions.add", json=asked)


@task_type("io.kestra.plugin.slack.app.conversations.History")
class SlackConversationsHistory(SlackAppTask):
    """Store the messages of a channel."""

    outputs: ClassVar[dict[str, Kind] | None] = {"size": INTEGER, "uri": URI}

    channel: Text = prop(STRING)
    oldest: Text | None = prop(STRING, default=None)
    latest: Text | None = prop(STRING, default=None)
    inclusive: Flag = prop(BOOLEAN, default=False)
    limit: Integer | None = prop(INTEGER, default=None)

    def _work(self, run: RunContext) -> dict[str, Any]:
        uri, size = stored(run, Stop(run).each(self._messages(run)))
        run.metric("counter", "records", size)
        return {"uri": uri, "size": size}

    def _messages(self, run: RunContext) -> Iterator[dict[str, Any]]:
        asked = {
            "channel": required_text(run, self.channel),
            "inclusive": "true" if run.flag(self.inclusive) else "false",
            "oldest": run.text(self.oldest),
            "latest": run.text(self.latest),
            "limit": run.integer(self.limit),
        }
        form = {key: value for key, value in asked.items() if value is not None}
        while True:
            body = urlencode(form).encode()
            page = self._call(
                run, "conversations.history", body=body, headers={"Content-Type": FORM}
            )
            yield from map(_message, page.get("messages") or ())
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return
            form["cursor"] = cursor


_AS_THEY_ARE = (
    "type", "subtype", "team", "channel", "user", "username", "text", "pinned_to", "app_id", "bot_id", "bot_link",
    "parent_user_id", "inviter", "client_msg_id", "topic", "purpose", "reply_count", "reply_users", "reply_users_count",
    "latest_reply", "x_files", "last_read", "item_type",
)  # fmt: skip
"""What a message says, in Slack's words; rows have them in camel case."""
_FLAGS = (
    "is_intro", "is_starred", "display_as_bot", "upload", "unfurl_links", "unfurl_media", "is_thread_broadcast",
    "is_locked", "subscribed", "hidden", "no_notifications",
)  # fmt: skip
_FILE = (
    "id", "created", "timestamp", "name", "title", "subject", "mimetype", "filetype", "pretty_type", "user", "mode",
    "size", "url_private", "url_private_download", "permalink", "permalink_public", "external_type", "external_id",
    "external_url", "channels", "groups", "ims",
)  # fmt: skip
_THUMBS = ("64", "80", "160", "360", "480")


def _named(found: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {camel(name): found.get(name) for name in names}


def _message(found: dict[str, Any]) -> dict[str, Any]:
    """A message as Kestra's plugin writes it."""
    payload = {key: found[key] for key in ("blocks", "attachments") if key in found}
    edited, file, files = found.get("edited"), found.get("file"), found.get("files")
    reactions = found.get("reactions")
    names = ("name", "count", "users", "url")
    return {
        **_named(found, _AS_THEY_ARE),
        **{camel(f"is_{name.removeprefix('is_')}"): bool(found.get(name)) for name in _FLAGS},
        "payload": payload or None,
        "timestamp": found.get("ts"),
        "threadTimestamp": found.get("thread_ts"),
        "reactions": None if reactions is None else [_named(each, names) for each in reactions],
        "file": None if file is None else _file(file),
        "files": None if files is None else [_file(each) for each in files],
        "edited": edited and {"user": edited.get("user"), "timestamp": edited.get("ts")},
    }


def _file(found: dict[str, Any]) -> dict[str, Any]:
    return {
        **_named(found, _FILE),
        "userTeamId": found.get("user_team"),
        "sourceTeamId": found.get("source_team"),
        "isEditable": bool(found.get("editable")),
        "isPublic": bool(found.get("is_public")),
        "isExternal": bool(found.get("is_external")),
        "thumbnail": {f"thumb{size}": found.get(f"thumb_{size}") for size in _THUMBS},
    }
