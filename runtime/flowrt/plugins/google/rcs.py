"""Messages of RCS to telephones, by Google's RCS for Business: texts, files, cards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote, urlencode

from flowrt.model.declare import (
    DATETIME,
    DOUBLE,
    STRING,
    Declared,
    Kind,
    enum,
    listing,
    prop,
    record,
    task_type,
)
from flowrt.model.failures import TaskFailure
from flowrt.plugins.google.auth import Google
from flowrt.plugins.google.cloud import CloudTask
from flowrt.plugins.rows import is_stored
from flowrt.tasks.storage import required_text, stored_path

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Text

ADDRESS = "https://rcsbusinessmessaging.googleapis.com"
SCOPE = "https://www.googleapis.com/auth/rcsbusinessmessaging"
KINDS = enum("URL", "DIAL", "REPLY", "MAP")
MOST_SUGGESTIONS = 4
CARDS = range(2, 11)
"""How many cards stand side by side."""


class Suggestion(Declared):
    """What somebody may answer, or do, with one touch."""

    type: Text = prop(KINDS)
    text: Text = prop(STRING)
    postback_data: Text | None = prop(STRING, default=None)
    url: Text | None = prop(STRING, default=None)
    phone_number: Text | None = prop(STRING, default=None)
    latitude: Text | None = prop(DOUBLE, default=None)
    longitude: Text | None = prop(DOUBLE, default=None)
    location_label: Text | None = prop(STRING, default=None)

    def told(self, run: RunContext) -> dict[str, Any]:
        """As the service takes it."""
        kind, text = run.constant(self.type, KINDS), required_text(run, self.text)
        about: dict[str, Any] = {"text": text, "postbackData": run.text(self.postback_data) or text}
        if kind == "REPLY":
            return {"reply": about}
        if kind == "URL":
            about["openUrlAction"] = {"url": required_text(run, self.url)}
        elif kind == "DIAL":
            about["dialAction"] = {"phoneNumber": required_text(run, self.phone_number)}
        else:
            place = {"latitude": run.double(self.latitude), "longitude": run.double(self.longitude)}
            if None in place.values():
                raise TaskFailure("a suggestion of the type MAP has `latitude` and `longitude`")
            label = run.text(self.location_label)
            about["viewLocationAction"] = {
                "location": place if label is None else {**place, "label": label}
            }
        return {"action": about}


def _card(
    run: RunContext,
    title: Text | None,
    description: Text | None,
    image: Text | None,
    suggestions: list[Suggestion] | None,
) -> dict[str, Any]:
    """A card as the service takes it. Raises TaskFailure for one with too many suggestions."""
    found: dict[str, Any] = {"title": run.text(title), "description": run.text(description)}
    address = run.text(image)
    if address is not None:
        found["media"] = {"height": "MEDIUM", "contentInfo": {"fileUrl": address}}
    if suggestions:
        if len(suggestions) > MOST_SUGGESTIONS:
            raise TaskFailure(
                f"RCS Standalone Card suggestions cannot exceed {MOST_SUGGESTIONS} items"
            )
        found["suggestions"] = [each.told(run) for each in suggestions]
    return {name: value for name, value in found.items() if value is not None}


class RcsTask(CloudTask):
    """What the tasks share: an agent that sends, and the telephone that it sends to."""

    outputs: ClassVar[dict[str, Kind] | None] = {"messageId": STRING, "sendTime": DATETIME}

    agent_id: Text = prop(STRING)
    msisdn: Text = prop(STRING)

    def _google(self, run: RunContext) -> Google:
        other = run.text(self.impersonated_service_account)
        return Google(run, run.text(self.service_account), [SCOPE], other)

    def _address(self, run: RunContext, path: str) -> str:
        return f"{ADDRESS}{path}?{urlencode({'agentId': required_text(run, self.agent_id)})}"

    def _work(self, run: RunContext, google: Google) -> dict[str, Any]:
        from datetime import UTC, datetime
        from uuid import uuid4

        from flowrt.java.time.isoparse import parse_zoned
        from flowrt.java.time.temporal import Instant
        from flowrt.plugins.values import instant

        content = self._content(run, google)
        telephone = quote(required_text(run, self.msisdn), safe="")
        url = self._address(run, f"/v1/phones/{telephone}/agentMessages")
        message = {"messageId": str(uuid4()), "contentMessage": content}
        found = google.ask("POST", url, json=message)
        sent = found.get("sendTime")
        moment = (
            instant(datetime.now(UTC)) if sent is None else Instant(parse_zoned(sent).epoch_nanos)
        )
        return {"messageId": found.get("messageId"), "sendTime": moment}

    def _content(self, run: RunContext, google: Google) -> dict[str, Any]:
        raise NotImplementedError


@task_type("io.kestra.plugin.gcp.rcs.SendMessage")
class RcsSendMessage(RcsTask):
    """Send a text."""

    text: Text = prop(STRING)

    def _content(self, run: RunContext, google: Google) -> dict[str, Any]:
        return {"text": required_text(run, self.text)}


@task_type("io.kestra.plugin.gcp.rcs.SendFile")
class RcsSendFile(RcsTask):
    """Send a file: a stored one, or one that lies at an address."""

    file: Text = prop(STRING)
    thumbnail: Text | None = prop(STRING, default=None)

    def _content(self, run: RunContext, google: Google) -> dict[str, Any]:
        place = required_text(run, self.file)
        if is_stored(place):
            found = self._uploaded(run, google, place)
        else:
            about = {"fileUrl": place, "agentId": required_text(run, self.agent_id)}
            small = run.text(self.thumbnail)
            if small is not None:
                about["thumbnailUrl"] = small
            found = google.ask("POST", self._address(run, "/v1/files"), json=about)
        return {"contentInfo": {"fileUrl": found.get("name")}}

    def _uploaded(self, run: RunContext, google: Google, place: str) -> Any:
        from mimetypes import guess_type

        kind = guess_type(place)[0] or "application/octet-stream"
        url, data = self._address(run, "/upload/v1/files"), stored_path(run, place).read_bytes()
        return google.ask("POST", url, headers={"Content-Type": kind}, body=data)


@task_type("io.kestra.plugin.gcp.rcs.SendRichCard")
class RcsSendRichCard(RcsTask):
    """Send a card: a title, words, a picture, and what may be answered."""

    title: Text | None = prop(STRING, default=None)
    words: Text | None = prop(STRING, yaml="description", default=None)
    image_url: Text | None = prop(STRING, default=None)
    suggestions: list[Suggestion] | None = prop(listing(record(Suggestion)), default=None)

    def _content(self, run: RunContext, google: Google) -> dict[str, Any]:
        card = _card(run, self.title, self.words, self.image_url, self.suggestions)
        standing = {"cardOrientation": "VERTICAL", "cardContent": card}
        return {"richCard": {"standaloneCard": standing}}


class Card(Declared):
    """One of several cards."""

    title: Text | None = prop(STRING, default=None)
    description: Text | None = prop(STRING, default=None)
    image_url: Text | None = prop(STRING, default=None)
    suggestions: list[Suggestion] | None = prop(listing(record(Suggestion)), default=None)


@task_type("io.kestra.plugin.gcp.rcs.SendCarousel")
class RcsSendCarousel(RcsTask):
    """Send cards that stand side by side."""

    cards: list[Card] = prop(listing(record(Card)))

    def _content(self, run: RunContext, google: Google) -> dict[str, Any]:
        if len(self.cards) not in CARDS:
            raise TaskFailure("RCS Carousel must contain between 2 and 10 cards")
        cards = [
            _card(run, each.title, each.description, each.image_url, each.suggestions)
            for each in self.cards
        ]
        return {"richCard": {"carouselCard": {"cardWidth": "MEDIUM", "cardContents": cards}}}
