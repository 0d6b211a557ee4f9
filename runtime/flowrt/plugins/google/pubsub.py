"""Pub/Sub: messages of a subscription."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import (
    BOOLEAN,
    DURATION,
    INTEGER,
    STRING,
    URI,
    Kind,
    enum,
    prop,
    task_type,
)
from flowrt.model.failures import TaskFailure
from flowrt.plugins.google import cloud
from flowrt.plugins.google.operations import OperationTask, part
from flowrt.plugins.web import Refused
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Text
    from flowrt.plugins.google.auth import Google

LARGEST = 1000
"""Messages of one request."""
NOT_FOUND, EXISTS = 404, 409
PAUSE = 1.0
"""Seconds until an empty subscription is asked again."""


@task_type("io.kestra.plugin.gcp.pubsub.Consume")
class PubSubConsume(OperationTask):
    """Store messages of a subscription, as many as are wanted, or those of a while."""

    outputs: ClassVar[dict[str, Kind] | None] = {"count": INTEGER, "uri": URI}

    topic: Text = prop(STRING)
    subscription: Text = prop(STRING)
    auto_create_subscription: Flag = prop(BOOLEAN, default=True)
    max_records: Integer | None = prop(INTEGER, default=None)
    max_duration: Text | None = prop(DURATION, default=None)
    serde_type: Text = prop(enum("STRING", "JSON"), default="STRING")

    async def _wait(self, run: RunContext, google: Google) -> dict[str, Any]:
        from flowrt.services.folders import temporary_name
        from flowrt.services.rows import RowFile

        if self.max_duration is None and self.max_records is None:
            raise TaskFailure("'maxDuration' or 'maxRecords' must be set to avoid an infinite loop")
        most, longest = run.integer(self.max_records), run.duration(self.max_duration)
        place = await run.in_thread(partial(self._subscription, run, google))
        path = run.private_folder() / temporary_name(".ion")
        started = time.monotonic()
        with RowFile(path) as file:
            while most is None or file.count < most:
                wanted = LARGEST if most is None else min(most - file.count, LARGEST)
                take = partial(self._taken, run, google, place, wanted, file)
                found = await run.in_thread(take)
                if longest is not None and time.monotonic() - started >= longest:
                    break
                if not found:
                    await run.sleep(PAUSE)
            count = file.count
        run.metric("counter", "records", count, {"topic": required_text(run, self.topic)})
        return {"uri": run.put_file(path, path.name), "count": count}

    def _subscription(self, run: RunContext, google: Google) -> str:
        """The address of the subscription, which is made if that is wanted."""
        project, name = self._project(run, google), required_text(run, self.subscription)
        url = f"{cloud.PUBSUB}/projects/{part(project)}/subscriptions/{part(name)}"
        if not run.flag(self.auto_create_subscription, True):
            return url
        try:
            google.ask("GET", url)
        except Refused as error:
            if error.code != NOT_FOUND:
                raise
            topic = required_text(run, self.topic)
            try:
                google.ask("PUT", url, json={"topic": f"projects/{project}/topics/{topic}"})
            except Refused as again:
                if again.code != EXISTS:
                    raise
        return url

    def _taken(self, run: RunContext, google: Google, url: str, wanted: int, file: Any) -> int:
        """Take messages, and say that they are taken once they are written; how many there were."""
        asked = {"maxMessages": wanted, "returnImmediately": True}
        page = google.ask("POST", f"{url}:pull", json=asked) or {}
        found = page.get("receivedMessages") or []
        json = run.text(self.serde_type) == "JSON"
        for each in found:
            file.write(_row(each.get("message") or {}, json))
        if found:
            marks = [each["ackId"] for each in found]
            google.ask("POST", f"{url}:acknowledge", json={"ackIds": marks})
        return len(found)


def _row(message: dict[str, Any], json: bool) -> dict[str, Any]:
    from base64 import b64decode

    from flowrt.formats.jsonread import parse_json

    text = b64decode(message.get("data") or "").decode("utf-8", "replace")
    return {
        "data": parse_json(text) if json and text else text,
        "attributes": message.get("attributes") or {},
        "messageId": message.get("messageId"),
        "orderingKey": message.get("orderingKey") or "",
    }
