"""Mail by the HTTP interface of SendGrid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import INTEGER, STRING, Kind, listing, mapping, prop, record, task_type
from flowrt.model.failures import TaskFailure
from flowrt.model.task import Task
from flowrt.plugins.messages.attachments import Attachment, files
from flowrt.plugins.messages.mail import PLAIN_TEXT, page
from flowrt.plugins.messages.summary import AboutExecution
from flowrt.tasks.http_client import HttpClient
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Listing, Text

ADDRESS = "https://api.sendgrid.com/v3/mail/send"


@task_type(
    "io.kestra.plugin.twilio.sendgrid.SendGridMailSend",
    "io.kestra.plugin.notifications.sendgrid.SendGridMailSend",
)
class SendGridMailSend(Task):
    """Send a mail by SendGrid."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "body": STRING,
        "headers": mapping(STRING),
        "statusCode": INTEGER,
    }

    sendgrid_api_key: Text = prop(STRING)
    from_: Text = prop(STRING, yaml="from")
    to: Listing = prop(listing(STRING))
    cc: Listing | None = prop(listing(STRING), default=None)
    subject: Text | None = prop(STRING, default=None)
    html_content: Text | None = prop(STRING, default=None)
    text_content: Text | None = prop(STRING, default=None)
    attachments: Listing | None = prop(listing(record(Attachment)), default=None)
    embedded_images: Listing | None = prop(listing(record(Attachment)), default=None)

    def _content(self, run: RunContext) -> list[dict[str, str]]:
        found = []
        if self.text_content is not None:
            text = run.text(self.text_content)
            found.append({"type": "text/plain", "value": PLAIN_TEXT if text is None else text})
        html = run.text(self.html_content)
        if html is not None:
            found.append({"type": "text/html", "value": html})
        return found

    def _mail(self, run: RunContext) -> dict[str, Any]:
        people: dict[str, Any] = {"to": _people(run.listing(self.to))}
        if self.cc is not None:
            people["cc"] = _people(run.listing(self.cc))
        subject = run.text(self.subject)
        if subject is not None:
            people["subject"] = subject
        mail: dict[str, Any] = {
            "from": {"email": required_text(run, self.from_)},
            "personalizations": [people],
            "content": self._content(run),
        }
        attached = [
            *(_attached(each, "attachment") for each in files(run, self.attachments)),
            *(_attached(each, "inline") for each in files(run, self.embedded_images)),
        ]
        if attached:
            mail["attachments"] = attached
        return mail

    async def run(self, run: RunContext) -> dict[str, Any]:
        from flowrt.formats.jsonwrite import to_json

        mail = await run.in_thread(lambda: to_json(self._mail(run)))
        client = HttpClient(run, None, allow_failed=True)
        headers = {
            "Authorization": f"Bearer {required_text(run, self.sendgrid_api_key)}",
            "Content-Type": "application/json",
        }
        response = await run.in_thread(lambda: client.send("POST", ADDRESS, headers, mail.encode()))
        body = (response.body or b"").decode("utf-8", "replace")
        if response.code // 100 != 2:
            raise TaskFailure(
                f"SendGrid API failed with status code: {response.code} and body: {body}"
            )
        return {"body": body, "headers": dict(response.headers), "statusCode": response.code}


def _people(addresses: list[Any] | None) -> list[dict[str, str]]:
    return [{"email": str(each)} for each in addresses or []]


def _attached(file: Any, disposition: str) -> dict[str, str]:
    from base64 import b64encode

    found = {
        "content": b64encode(file.data).decode(),
        "type": file.content_type,
        "filename": file.name,
        "disposition": disposition,
    }
    return {**found, "content_id": file.name} if disposition == "inline" else found


@task_type(
    "io.kestra.plugin.twilio.sendgrid.SendGridMailExecution",
    "io.kestra.plugin.notifications.sendgrid.SendGridMailExecution",
)
class SendGridMailExecution(AboutExecution, SendGridMailSend):
    """Send a mail about an execution by SendGrid."""

    text_template_uri: Text | None = prop(STRING, default=None, ignored=True)

    def _content(self, run: RunContext) -> list[dict[str, str]]:
        return [
            {"type": "text/plain", "value": PLAIN_TEXT},
            {"type": "text/html", "value": page(self.summary(run))},
        ]
