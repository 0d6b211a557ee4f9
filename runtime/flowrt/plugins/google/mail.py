"""Gmail: messages of a mailbox, read and sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote, urlencode

from flowrt.model.declare import (
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
from flowrt.model.failures import TaskFailure, reason
from flowrt.model.task import Task
from flowrt.plugins.google.auth import Google
from flowrt.plugins.google.workspace import SCOPE, chosen
from flowrt.plugins.rows import FETCH, stored
from flowrt.plugins.web import Refused
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from email.message import EmailMessage

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Listing, Text

GMAIL = "https://gmail.googleapis.com/gmail/v1/users/me/messages"
LARGEST_PAGE = 500
UNAUTHORIZED = 401


class MailTask(Task):
    """What the tasks share: a person who has agreed that an application asks for them."""

    client_id: Text = prop(STRING)
    client_secret: Text = prop(STRING)
    refresh_token: Text = prop(STRING)
    access_token: Text | None = prop(STRING, default=None)
    scopes: Listing = prop(
        listing(STRING),
        default=[f"{SCOPE}/gmail.{each}" for each in ("modify", "readonly", "send")],
    )
    read_timeout: Integer = prop(INTEGER, default=120, ignored=True)

    async def run(self, run: RunContext) -> Any:
        return await run.in_thread(lambda: self._work(run, self._mailbox(run)))

    def _mailbox(self, run: RunContext) -> Google:
        from flowrt.formats.jsonwrite import to_json

        person = {
            "type": "authorized_user",
            "client_id": required_text(run, self.client_id),
            "client_secret": required_text(run, self.client_secret),
            "refresh_token": required_text(run, self.refresh_token),
        }
        return Google(run, to_json(person), [str(each) for each in run.listing(self.scopes) or ()])

    def _asked(self, run: RunContext, google: Google, method: str, url: str, **how: Any) -> Any:
        """What Gmail answers: for the token of the flow, and for a fresh one where that is none any more."""
        token = (run.text(self.access_token) or "").strip()
        if token:
            from flowrt.plugins.web import ask

            headers = {"Authorization": f"Bearer {token}"}
            try:
                return ask(run, "Google", method, url, headers=headers, **how)
            except Refused as error:
                if error.code != UNAUTHORIZED:
                    raise
        return google.ask(method, url, **how)

    def _work(self, run: RunContext, google: Google) -> dict[str, Any]:
        raise NotImplementedError


@task_type("io.kestra.plugin.googleworkspace.mail.List")
class GmailList(MailTask):
    """The messages that a query finds: their ids."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "message": mapping(),
        "messages": listing(mapping()),
        "nextPageToken": STRING,
        "resultSizeEstimate": INTEGER,
        "uri": URI,
    }

    query: Text | None = prop(STRING, default=None)
    label_ids: Listing | None = prop(listing(STRING), default=None)
    max_results: Integer = prop(INTEGER, default=100)
    include_spam_trash: Flag = prop(BOOLEAN, default=False)
    fetch_type: Text = prop(FETCH, default="FETCH")

    def _work(self, run: RunContext, google: Google) -> dict[str, Any]:
        most = run.integer(self.max_results)
        asked = chosen(
            q=(run.text(self.query) or "").strip() or None,
            labelIds=run.listing(self.label_ids) or None,
            maxResults=min(100 if most is None else most, LARGEST_PAGE),
            includeSpamTrash="true" if run.flag(self.include_spam_trash) else "false",
        )
        page = self._asked(run, google, "GET", f"{GMAIL}?{urlencode(asked, doseq=True)}")
        found = [
            {"id": each.get("id"), "threadId": each.get("threadId")}
            for each in page.get("messages") or ()
        ]
        outputs: dict[str, Any] = {
            "resultSizeEstimate": page.get("resultSizeEstimate") or 0,
            "nextPageToken": page.get("nextPageToken"),
        }
        kind = run.text(self.fetch_type)
        if kind == "FETCH":
            outputs["messages"] = found
        elif kind == "FETCH_ONE" and found:
            outputs["message"] = found[0]
        elif kind == "STORE" and found:
            outputs["uri"] = stored(run, found)[0]
        return outputs


@task_type("io.kestra.plugin.googleworkspace.mail.Get")
class GmailGet(MailTask):
    """A message: its headers, its texts, and what is attached to it."""

    outputs: ClassVar[dict[str, Kind] | None] = {"message": mapping()}

    message_id: Text = prop(STRING)
    format: Text = prop(STRING, default="full")

    def _work(self, run: RunContext, google: Google) -> dict[str, Any]:
        number = quote(required_text(run, self.message_id), safe="")
        query = urlencode({"format": run.text(self.format) or "full"})
        return {"message": _message(self._asked(run, google, "GET", f"{GMAIL}/{number}?{query}"))}


def _message(found: dict[str, Any]) -> dict[str, Any]:
    from flowrt.java.printing import text_of
    from flowrt.java.time.temporal import Instant

    moment = found.get("internalDate")
    message: dict[str, Any] = chosen(
        id=found.get("id"),
        threadId=found.get("threadId"),
        labelIds=found.get("labelIds"),
        snippet=found.get("snippet"),
        historyId=found.get("historyId"),
        internalDate=None if moment is None else text_of(Instant(int(moment) * 1_000_000)),
        sizeEstimate=found.get("sizeEstimate"),
        raw=found.get("raw"),
    )
    payload = found.get("payload")
    if payload is None:
        return message
    headers = {each["name"].lower(): each.get("value") for each in payload.get("headers") or ()}
    texts: dict[str, str] = {}
    attached: list[dict[str, Any]] = []
    _parts(payload, texts, attached)
    if headers:
        message["headers"] = headers
    return message | chosen(
        subject=headers.get("subject"),
        **{"from": headers.get("from")},
        **{name: _people(headers[name]) for name in ("to", "cc", "bcc") if headers.get(name)},
        textPlain=texts.get("text/plain"),
        textHtml=texts.get("text/html"),
        attachments=attached,
    )


def _people(header: str) -> list[str]:
    return [each.strip() for each in header.split(",") if each.strip()]


def _parts(top: dict[str, Any], texts: dict[str, str], attached: list[dict[str, Any]]) -> None:
    """Take the first text of each kind, and each attachment, out of a part and of all below it."""
    from base64 import urlsafe_b64decode

    parts = [top]
    while parts:
        part = parts.pop()
        below = part.get("parts")
        if below:
            parts += reversed(below)
            continue
        kind, body = part.get("mimeType"), part.get("body") or {}
        data, name = body.get("data"), _file_name(part)
        if kind in ("text/plain", "text/html") and data is not None:
            text = urlsafe_b64decode(data + "=" * (-len(data) % 4)).decode("utf-8", "replace")
            texts.setdefault(kind, text)
        elif kind is not None and name:
            attached.append(
                {
                    "attachmentId": body.get("attachmentId"),
                    "mimeType": kind,
                    "filename": name,
                    "size": body.get("size"),
                    "data": data,
                }
            )


def _file_name(part: dict[str, Any]) -> str | None:
    """The name of an attachment; None for what is none."""
    if part.get("filename"):
        return str(part["filename"])
    for header in part.get("headers") or ():
        value = header.get("value") or ""
        if header["name"].lower() == "content-disposition" and "filename=" in value:
            return str(value.partition("filename=")[2]).strip('"')
    return None


@task_type("io.kestra.plugin.googleworkspace.mail.Send")
class GmailSend(MailTask):
    """Send a message, with files."""

    outputs: ClassVar[dict[str, Kind] | None] = {"messageId": STRING, "threadId": STRING}

    to: Listing = prop(listing(STRING))
    cc: Listing | None = prop(listing(STRING), default=None)
    bcc: Listing | None = prop(listing(STRING), default=None)
    subject: Text | None = prop(STRING, default=None)
    text_body: Text | None = prop(STRING, default=None)
    html_body: Text | None = prop(STRING, default=None)
    from_: Text | None = prop(STRING, default=None, yaml="from")
    attachments: Listing | None = prop(listing(STRING), default=None)

    def _work(self, run: RunContext, google: Google) -> dict[str, Any]:
        from base64 import urlsafe_b64encode
        from email.policy import SMTP

        data = self._composed(run).as_bytes(policy=SMTP)
        raw = urlsafe_b64encode(data).decode().rstrip("=")
        found = self._asked(run, google, "POST", f"{GMAIL}/send", json={"raw": raw})
        run.log("INFO", f"Email sent successfully with message ID: {found['id']}")
        return {"messageId": found["id"], "threadId": found.get("threadId")}

    def _composed(self, run: RunContext) -> EmailMessage:
        """The message. Raises TaskFailure for what is no address, and for headers of more than a line."""
        from email.message import EmailMessage

        message = EmailMessage()
        try:
            for header, what, people in (
                ("To", "", self.to),
                ("Cc", "CC ", self.cc),
                ("Bcc", "BCC ", self.bcc),
            ):
                found = [_address(str(each), what) for each in run.listing(people) or ()]
                if found:
                    message[header] = ", ".join(found)
            sender = run.text(self.from_)
            if sender:
                message["From"] = _address(sender, "")
            message["Subject"] = run.text(self.subject) or ""
        except ValueError as error:
            raise TaskFailure(str(error)) from None
        text, html = run.text(self.text_body), run.text(self.html_body)
        if html is None or text is not None:
            message.set_content(text or "")
        if html is not None and text is not None:
            message.add_alternative(html, subtype="html")
        elif html is not None:
            message.set_content(html, subtype="html")
        for each in run.listing(self.attachments) or ():
            name, data = _file(run, str(each))
            message.add_attachment(
                data, maintype="application", subtype="octet-stream", filename=name
            )
        return message


def _address(text: str, what: str) -> str:
    """An address of mail. Raises TaskFailure for what is none."""
    from email.utils import parseaddr

    found = parseaddr(text)[1]
    if "@" not in found or any(each in text for each in "\r\n"):
        raise TaskFailure(f"Invalid {what}email address: {text}")
    return text


def _file(run: RunContext, given: str) -> tuple[str, bytes]:
    """The name and the content of a file: a stored one, or one of the working folder."""
    from flowrt.plugins.stored import source_path
    from flowrt.services.folders import is_address
    from flowrt.services.paths import Outside, resolve

    name = given.rpartition("/")[2]
    try:
        path = source_path(run, given) if is_address(given) else resolve(run.working_dir, given)
        return name, path.read_bytes()
    except (Outside, OSError) as error:
        raise TaskFailure(f"The attachment {given} cannot be read: {reason(error)}") from None
