"""Messages of RCS, against a stand-in for the service."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from plugins.googles import Google, made, standing
from tasks.fake import FakeRun

from flowrt.model.failures import TaskFailure
from flowrt.plugins.google.rcs import Card, Suggestion

SENT = {"messageId": "m1", "sendTime": "2024-01-02T03:04:05.678Z"}


@pytest.fixture
def google(monkeypatch: pytest.MonkeyPatch) -> Iterator[Google]:
    with standing(monkeypatch, rcs__ADDRESS="") as found:
        found.answers["POST", "/v1/phones/+491234/agentMessages"] = SENT
        yield found


@pytest.fixture
def run(tmp_path: Path) -> FakeRun:
    return FakeRun(tmp_path)


def send(run: FakeRun, google: Google, name: str, **properties: Any) -> Any:
    """What the message holds that is sent."""
    found = run.run(made(f"gcp.rcs.{name}", agent_id="me", msisdn="+491234", **properties))
    assert (found["messageId"], str(found["sendTime"])) == ("m1", "2024-01-02T03:04:05.678Z")
    assert google.query() == {"agentId": ["me"]}
    message = google.asked[-1].json
    assert len(message["messageId"]) == 36
    return message["contentMessage"]


def test_texts_and_cards(run: FakeRun, google: Google) -> None:
    assert send(run, google, "SendMessage", text="Hi") == {"text": "Hi"}
    suggestions = [
        Suggestion(type="REPLY", text="yes"),
        Suggestion(type="URL", text="look", url="https://x", postback_data="p"),
        Suggestion(type="DIAL", text="call", phone_number="+1"),
        Suggestion(type="MAP", text="go", latitude=1.5, longitude=2, location_label="here"),
    ]
    given = {"title": "T", "words": "W", "image_url": "https://i", "suggestions": suggestions}
    card = send(run, google, "SendRichCard", **given)["richCard"]["standaloneCard"]
    assert card["cardOrientation"] == "VERTICAL"
    place = {"latitude": 1.5, "longitude": 2, "label": "here"}
    assert card["cardContent"] == {
        "title": "T",
        "description": "W",
        "media": {"height": "MEDIUM", "contentInfo": {"fileUrl": "https://i"}},
        "suggestions": [
            {"reply": {"text": "yes", "postbackData": "yes"}},
            {"action": {"text": "look", "postbackData": "p", "openUrlAction": {"url": "https://x"}}},
            {"action": {"text": "call", "postbackData": "call", "dialAction": {"phoneNumber": "+1"}}},
            {"action": {"text": "go", "postbackData": "go", "viewLocationAction": {"location": place}}},
        ],
    }  # fmt: skip
    cards = [Card(title="a"), Card(description="b", image_url="https://i")]
    found = send(run, google, "SendCarousel", cards=cards)["richCard"]["carouselCard"]
    assert [each.get("title") for each in found["cardContents"]] == ["a", None]


def test_files(run: FakeRun, google: Google) -> None:
    google.answers["POST", "/v1/files"] = {"name": "files/1"}
    google.answers["POST", "/upload/v1/files"] = {"name": "files/2"}
    found = send(run, google, "SendFile", file="https://x/a.png", thumbnail="https://x/s.png")
    assert found == {"contentInfo": {"fileUrl": "files/1"}}
    assert google.asked[-2].json == {
        "fileUrl": "https://x/a.png", "agentId": "me", "thumbnailUrl": "https://x/s.png",
    }  # fmt: skip
    found = send(run, google, "SendFile", file=run.store("data", "a.png"))
    assert found == {"contentInfo": {"fileUrl": "files/2"}}
    assert google.asked[-2].body == b"data"
    assert google.asked[-2].headers["content-type"] == "image/png"


def test_what_cannot_be_sent(run: FakeRun, google: Google) -> None:
    many = [Suggestion(type="REPLY", text="x")] * 5
    with pytest.raises(TaskFailure, match="cannot exceed 4 items"):
        send(run, google, "SendRichCard", suggestions=many)
    with pytest.raises(TaskFailure, match="between 2 and 10 cards"):
        send(run, google, "SendCarousel", cards=[Card(title="a")])
    with pytest.raises(TaskFailure, match="has `latitude` and `longitude`"):
        send(run, google, "SendRichCard", suggestions=[Suggestion(type="MAP", text="x")])
    google.answers.clear()
    with pytest.raises(TaskFailure, match="Google answered with status 404"):
        send(run, google, "SendMessage", text="Hi")
