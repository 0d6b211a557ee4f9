"""Outlook: messages of a mailbox, read and sent."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.formats.jsonread import parse_json
from flowrt.model.declare import (
    ANY,
    BOOLEAN,
    INTEGER,
    STRING,
    URI,
    Kind,
    listing,
    mapping,
    prop,
    task_type,
)
from flowrt.model.failures import TaskFailure
from flowrt.plugins.microsoft import graph as api
from flowrt.plugins.microsoft.graph import Graph, SecretTask
from flowrt.plugins.rows import FETCH, stored
from flowrt.plugins.services.service import address
from flowrt.plugins.stored import source_path
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Listing, Text

_MAIL = re.compile(r"[A-Za-z0-9+_.-]+@[A-Za-z0-9.-]+")
_FIELDS = (
    "id,subject,from,sender,receivedDateTime,sentDateTime,isRead,hasAttachments,bodyPreview,"
    "importance,conversationId"
)
_BODY_TYPES = ("Text", "Html")


class OutlookTask(SecretTask):
    """What the tasks share."""

    user_principal_name: Text | None = prop(STRING, default=None, ignored=True)
    scopes: Text = prop(STRING, default=api.SCOPE, ignored=True)


def _mailbox(user: str | None, *parts: str, **query: Any) -> str:
    """An address of a mailbox: that of a user, or the own one. Raises TaskFailure for what is no user."""
    if user is None:
        return address(api.BASE, "me", *parts, **query)
    if not _MAIL.fullmatch(user):
        raise TaskFailure(f"Invalid email format for userEmail: {user}")
    return address(api.BASE, "users", user, *parts, **query)


def _mail(found: dict[str, Any] | None) -> str | None:
    """The address of a sender or of a recipient."""
    mail = ((found or {}).get("emailAddress") or {}).get("address")
    return None if mail is None else str(mail)


def _mails(found: list[dict[str, Any]] | None) -> list[str]:
    return [mail for mail in map(_mail, found or ()) if mail is not None]


def _named(value: str | None) -> str | None:
    """A constant of Graph as its library shows it: `normal` is `Normal`."""
    return value[:1].upper() + value[1:] if value else value


def _summary(found: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": found.get("id"),
        "subject": found.get("subject"),
        "senderMail": _mail(found.get("sender")),
        "fromMail": _mail(found.get("from")),
        "receivedDateTime": found.get("receivedDateTime"),
        "sentDateTime": found.get("sentDateTime"),
        "isRead": found.get("isRead") is True,
        "hasAttachments": found.get("hasAttachments") is True,
        "bodyPreview": found.get("bodyPreview"),
        "importance": _named(found.get("importance")),
        "conversationId": found.get("conversationId"),
    }


@task_type("io.kestra.plugin.microsoft365.outlook.List")
class OutlookList(OutlookTask):
    """The newest messages of a folder."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "count": INTEGER,
        "folderId": STRING,
        "hasNextPage": BOOLEAN,
        "message": mapping(),
        "messages": listing(mapping()),
        "uri": URI,
    }

    folder_id: Text | None = prop(STRING, default=None)
    filter: Text | None = prop(STRING, default=None)
    top: Integer | None = prop(INTEGER, default=None)
    user_email: Text = prop(STRING)
    fetch_type: Text = prop(FETCH, default="FETCH")

    def _done(self, run: RunContext, graph: Graph) -> dict[str, Any]:
        folder, user = run.text(self.folder_id) or "inbox", run.text(self.user_email)
        most = run.integer(self.top) or 50
        query: dict[str, Any] = {
            "$top": most,
            "$orderby": "receivedDateTime DESC",
            "$select": _FIELDS,
        }
        wanted = run.text(self.filter)
        if wanted:  # what the order looks at comes first in the filter
            query["$filter"] = f"receivedDateTime ge 1970-01-01T00:00:00Z and ({wanted})"
        url = _mailbox(user, "mailFolders", folder, "messages", **query)
        run.log(
            "INFO",
            f"Listing messages from folder '{folder}' for user: {user or 'current user'} (max: {most})",
        )
        page = graph.ask("GET", url)
        found = [_summary(each) for each in page.get("value") or ()]
        run.log("INFO", f"Retrieved {len(found)} messages")
        outputs: dict[str, Any] = {
            "count": len(found),
            "folderId": folder,
            "hasNextPage": page.get("@odata.nextLink") is not None,
        }
        kind = run.text(self.fetch_type)
        if kind == "FETCH":
            outputs["messages"] = found
        elif kind == "FETCH_ONE" and found:
            outputs["message"] = found[0]
        elif kind == "STORE" and found:
            outputs["uri"] = stored(run, found)[0]
        return outputs


@task_type("io.kestra.plugin.microsoft365.outlook.Get")
class OutlookGet(OutlookTask):
    """A message, and what is attached to it."""

    outputs: ClassVar[dict[str, Kind] | None] = {"message": mapping()}

    message_id: Text = prop(STRING)
    include_attachments: Flag = prop(BOOLEAN, default=False)
    user_email: Text | None = prop(STRING, default=None)

    def _done(self, run: RunContext, graph: Graph) -> dict[str, Any]:
        number, user = required_text(run, self.message_id), run.text(self.user_email)
        url = _mailbox(user, "messages", number)
        run.log("INFO", f"Retrieving message '{number}' for user: {user or 'current user'}")
        found = graph.ask("GET", url)
        run.log("INFO", f"Retrieved message: {found.get('subject')}")
        attached: list[dict[str, Any]] = []
        if run.flag(self.include_attachments) and found.get("hasAttachments"):
            names = ("id", "name", "contentType", "size")
            listed = graph.ask("GET", _mailbox(user, "messages", number, "attachments"))
            attached = [{key: each.get(key) for key in names} for each in listed.get("value") or ()]
        body = found.get("body") or {}
        detail = {
            **_summary(found),
            "isRead": found.get("isRead"),
            "hasAttachments": found.get("hasAttachments"),
            "bodyContent": body.get("content"),
            "bodyType": _named(body.get("contentType")),
            "toRecipients": _mails(found.get("toRecipients")),
            "ccRecipients": _mails(found.get("ccRecipients")),
            "bccRecipients": _mails(found.get("bccRecipients")),
            "conversationIndex": _octets(found.get("conversationIndex")),
            "internetMessageId": found.get("internetMessageId"),
            "attachments": attached,
        }
        return {"message": detail}


def _octets(text: str | None) -> str:
    """Bytes as Java shows an array of them."""
    if text is None:
        return "null"
    octets = (each - 256 if each > 127 else each for each in b64decode(text))
    return f"[{', '.join(map(str, octets))}]"


@task_type("io.kestra.plugin.microsoft365.outlook.Send")
class OutlookSend(OutlookTask):
    """Send a message, with stored files."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "bccCount": INTEGER,
        "bodyType": STRING,
        "ccCount": INTEGER,
        "subject": STRING,
        "toCount": INTEGER,
    }

    to: Listing = prop(listing(STRING))
    cc: Listing | None = prop(listing(STRING), default=None)
    bcc: Listing | None = prop(listing(STRING), default=None)
    subject: Text = prop(STRING)
    body: Text = prop(STRING)
    body_type: Text | None = prop(STRING, default=None)
    from_: Text = prop(STRING, yaml="from")
    attachments: Any = prop(ANY, default=None)

    def _done(self, run: RunContext, graph: Graph) -> dict[str, Any]:
        people = [run.listing(each) or [] for each in (self.to, self.cc, self.bcc)]
        subject, kind = required_text(run, self.subject), run.text(self.body_type) or "Html"
        sender = required_text(run, self.from_)
        if kind not in _BODY_TYPES:
            raise TaskFailure(f"No enum constant com.microsoft.graph.models.BodyType.{kind}")
        run.log("INFO", f"Sending email to {len(people[0])} recipients with subject: {subject}")
        message: dict[str, Any] = {
            "subject": subject,
            "body": {"contentType": kind.lower(), "content": required_text(run, self.body)},
        }
        for name, mails in zip(
            ("toRecipients", "ccRecipients", "bccRecipients"), people, strict=True
        ):
            if mails or name == "toRecipients":
                message[name] = [{"emailAddress": {"address": str(each)}} for each in mails]
        attached = [self._attached(run, each) for each in _attachments(run, self.attachments)]
        if attached:
            message["attachments"] = attached
            run.log("DEBUG", f"Added {len(attached)} attachment(s) to outgoing email")
        url = address(api.BASE, "users", sender, "sendMail")
        graph.ask("POST", url, json={"message": message})
        run.log("INFO", f"Email sent successfully from: {sender}")
        return {
            "subject": subject,
            "toCount": len(people[0]),
            "ccCount": len(people[1]),
            "bccCount": len(people[2]),
            "bodyType": kind,
        }

    def _attached(self, run: RunContext, given: Any) -> dict[str, Any]:
        if not isinstance(given, dict) or not given.get("uri") or not given.get("name"):
            raise TaskFailure("an attachment has `uri` and `name`")
        data = source_path(run, str(given["uri"])).read_bytes()
        return {
            "@odata.type": "#microsoft.graph.fileAttachment",
            "name": str(given["name"]),
            "contentType": str(given.get("contentType") or "application/octet-stream"),
            "contentBytes": b64encode(data).decode(),
        }


def _attachments(run: RunContext, given: Any) -> list[Any]:
    """The attachments of a message: a list, or the JSON of one. Raises TaskFailure."""
    found = run.structure(given)
    if isinstance(found, str):
        text = found.strip()
        if text.startswith('"'):  # JSON of a text of JSON
            text = str(parse_json(text)).strip()
        found = parse_json(text) if text.startswith(("[", "{")) else None
        found = [found] if isinstance(found, dict) else found
    if found is None:
        return []
    if not isinstance(found, list):
        raise TaskFailure("The `attachments` attribute must be a String or a List")
    return found
