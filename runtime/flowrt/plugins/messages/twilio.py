"""Twilio: text messages, and messages with pictures."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlencode

from flowrt.formats.jsonread import parse_json
from flowrt.http.client import basic
from flowrt.model.declare import STRING, Kind, listing, prop, record, task_type
from flowrt.model.failures import TaskFailure
from flowrt.model.task import Task
from flowrt.plugins.messages.webhooks import RequestOptions
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Listing, Text

BASE = "https://api.twilio.com"
CREATED = 201
_ACCOUNT = re.compile("AC[0-9a-fA-F]{32}")


class MessageTask(Task):
    """What the tasks share: an account, who sends, to whom, and what."""

    outputs: ClassVar[dict[str, Kind] | None] = {"sid": STRING, "status": STRING}

    account_sid: Text = prop(STRING, yaml="accountSID")
    auth_token: Text = prop(STRING)
    from_: Text = prop(STRING, yaml="from")
    to: Text = prop(STRING)
    body: Text = prop(STRING)
    options: RequestOptions | None = prop(record(RequestOptions), default=None)

    async def run(self, run: RunContext) -> Any:
        return await run.in_thread(lambda: self._work(run))

    def _more(self, run: RunContext) -> list[tuple[str, str]]:
        """Fields beside those of each message."""
        return []

    def _work(self, run: RunContext) -> dict[str, Any]:
        account = required_text(run, self.account_sid)
        if not _ACCOUNT.fullmatch(account):
            raise TaskFailure(
                "accountSID must be a valid Twilio Account SID (AC followed by 32 hex characters)"
            )
        to = required_text(run, self.to)
        form = [
            ("From", required_text(run, self.from_)),
            ("To", to),
            ("Body", required_text(run, self.body)),
            *self._more(run),
        ]
        options = self.options or RequestOptions()
        headers = {
            **options.more_headers(run),
            "Authorization": basic(account, required_text(run, self.auth_token)),
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
        }
        run.log("DEBUG", f"Sending Twilio message to {to}")
        client = options.client(run)
        url = f"{BASE}/2010-04-01/Accounts/{account}/Messages.json"
        response = client.send("POST", url, headers, urlencode(form).encode())
        text = (response.body or b"").decode("utf-8", "replace")
        if response.code != CREATED:
            raise TaskFailure(f"Twilio Messages API returned HTTP {response.code}: {text}")
        found = parse_json(text)
        run.log("INFO", f"Message sent, sid={found.get('sid')} status={found.get('status')}")
        return {"sid": found.get("sid"), "status": found.get("status")}


@task_type("io.kestra.plugin.twilio.notify.sms.Send")
class TwilioSmsSend(MessageTask):
    """Send a text message."""


@task_type("io.kestra.plugin.twilio.notify.mms.Send")
class TwilioMmsSend(MessageTask):
    """Send a message with pictures."""

    media_urls: Listing = prop(listing(STRING))

    def _more(self, run: RunContext) -> list[tuple[str, str]]:
        found = run.listing(self.media_urls)
        if not found:
            raise TaskFailure("mediaUrls must contain at least one URL")
        return [("MediaUrl", str(each)) for each in found]
