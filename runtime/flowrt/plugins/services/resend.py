"""Resend: mails, and the domains that they are sent from."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import STRING, Declared, Kind, listing, mapping, prop, record, task_type
from flowrt.model.failures import TaskFailure
from flowrt.plugins.services.service import ServiceTask, address, bearer
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Listing, Mapping, Text

BASE = "https://api.resend.com"
REGION = "us-east-1"


class ResendTask(ServiceTask):
    """What the tasks share."""

    service = "Resend"

    api_key: Text = prop(STRING)

    def _headers(self, run: RunContext) -> dict[str, str]:
        return bearer(run, self.api_key)


class ResendAttachment(Declared):
    """A stored file, or a file on the web."""

    uri: Text | None = prop(STRING, default=None)
    path: Text | None = prop(STRING, default=None)
    name: Text = prop(STRING)
    content_id: Text | None = prop(STRING, default=None)
    content_type: Text | None = prop(STRING, default=None)


@task_type("io.kestra.plugin.resend.email.Send")
class ResendEmailSend(ResendTask):
    """Send a mail."""

    outputs: ClassVar[dict[str, Kind] | None] = {"id": STRING}

    from_: Text = prop(STRING, yaml="from")
    to: Listing = prop(listing(STRING))
    subject: Text = prop(STRING)
    cc: Listing | None = prop(listing(STRING), default=None)
    bcc: Listing | None = prop(listing(STRING), default=None)
    reply_to: Listing | None = prop(listing(STRING), default=None)
    html: Text | None = prop(STRING, default=None)
    text: Text | None = prop(STRING, default=None)
    headers: Mapping | None = prop(mapping(STRING), default=None)
    idempotency_key: Text | None = prop(STRING, default=None)
    scheduled_at: Text | None = prop(STRING, default=None)
    attachments: list[ResendAttachment] | None = prop(
        listing(record(ResendAttachment)), default=None
    )
    tags: Listing | None = prop(listing(mapping(STRING)), default=None)

    def _work(self, run: RunContext) -> dict[str, Any]:
        asked = {
            "from": required_text(run, self.from_),
            "to": run.listing(self.to),
            "subject": required_text(run, self.subject),
            "cc": run.listing(self.cc),
            "bcc": run.listing(self.bcc),
            "reply_to": run.listing(self.reply_to),
            "html": run.text(self.html),
            "text": run.text(self.text),
            "headers": run.mapping(self.headers, STRING),
            "scheduled_at": run.text(self.scheduled_at),
            "attachments": [_attachment(run, each) for each in self.attachments or ()],
            "tags": run.listing(self.tags, mapping(STRING)),
        }
        mail = {key: value for key, value in asked.items() if value not in (None, [], {})}
        key = run.text(self.idempotency_key)
        found = self._ask(
            run,
            "POST",
            address(BASE, "emails"),
            json=mail,
            headers={"Idempotency-Key": key} if key else {},
        )
        return {"id": found.get("id")}


def _attachment(run: RunContext, given: ResendAttachment) -> dict[str, str]:
    """A file as Resend takes it. Raises TaskFailure when it is not said where it is."""
    path, uri = run.text(given.path), run.text(given.uri)
    found = {
        "filename": required_text(run, given.name),
        "content_id": run.text(given.content_id),
        "content_type": run.text(given.content_type),
    }
    if path is not None:
        found["path"] = path
    elif uri is not None:
        found["content"] = b64encode(run.open_file(uri)).decode()
    else:
        raise TaskFailure(
            "Attachment must define either 'uri' (Kestra file) or 'path' (remote file)."
        )
    return {key: value for key, value in found.items() if value is not None}


@task_type("io.kestra.plugin.resend.domain.Create")
class ResendDomainCreate(ResendTask):
    """Make a domain that mails may be sent from."""

    outputs: ClassVar[dict[str, Kind] | None] = {"id": STRING, "result": mapping()}

    name: Text = prop(STRING)
    region: Text | None = prop(STRING, default=None)
    custom_return_path: Text | None = prop(STRING, default=None)

    def _work(self, run: RunContext) -> dict[str, Any]:
        asked = {"name": required_text(run, self.name), "region": run.text(self.region) or REGION}
        path = run.text(self.custom_return_path)
        if path is not None:
            asked["custom_return_path"] = path
        found = self._ask(run, "POST", address(BASE, "domains"), json=asked)
        return {"id": found.get("id"), "result": found}
