"""Firestore, Pub/Sub, Cloud Monitoring and policies of buckets, against a stand-in for their interfaces."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from plugins.googles import Google, made, standing
from plugins.service import Asked, PatientRun, rows
from tasks.fake import FakeRun, t

from flowrt.java.values import ByteArray
from flowrt.model.failures import TaskFailure
from flowrt.plugins.google import firestore
from flowrt.plugins.google.firestore import FirestoreFilter
from flowrt.plugins.google.monitoring import CloudMetricValue

DOCUMENTS = "projects/proj/databases/(default)/documents"
STORE = f"/fire/{DOCUMENTS}"


@pytest.fixture
def google(monkeypatch: pytest.MonkeyPatch) -> Iterator[Google]:
    with standing(
        monkeypatch,
        firestore__ADDRESS="/fire",
        monitoring__ADDRESS="/monitor",
        cloud__PUBSUB="/pubsub",
        gcs__ADDRESS="",
    ) as found:
        yield found


# ---- Firestore ------------------------------------------------------------------------------------------------------


def fire(verb: str, **properties: Any) -> Any:
    return made(f"gcp.firestore.{verb}", **{"collection": "users", **properties})


VALUES = {
    "text": {"stringValue": "x"},
    "whole": {"integerValue": "7"},
    "half": {"doubleValue": 0.5},
    "yes": {"booleanValue": True},
    "none": {"nullValue": "NULL_VALUE"},
    "map": {"mapValue": {"fields": {"a": {"integerValue": "1"}}}},
    "list": {"arrayValue": {"values": [{"stringValue": "a"}, {"integerValue": "2"}]}},
}
PLAIN = {
    "text": "x",
    "whole": 7,
    "half": 0.5,
    "yes": True,
    "none": None,
    "map": {"a": 1},
    "list": ["a", 2],
}


@pytest.mark.parametrize("form", ["map", "json"])
def test_a_document_is_written(tmp_path: Path, google: Google, form: str) -> None:
    google.answers["POST", f"{STORE}:commit"] = {
        "writeResults": [{"updateTime": "2026-01-02T03:04:05Z"}],
        "commitTime": "2026-01-02T03:04:06Z",
    }
    document = PLAIN if form == "map" else json.dumps(PLAIN)
    run = FakeRun(tmp_path)
    found = run.run(fire("Set", child_path="me", document=document))
    assert found == {"updatedTime": "2026-01-02T03:04:05Z"}
    (write,) = google.asked[0].json["writes"]
    assert write == {"update": {"name": f"{DOCUMENTS}/users/me", "fields": VALUES}}
    run.run(fire("Set"))
    (write,) = google.asked[1].json["writes"]
    name = write["update"]["name"].rpartition("/")[2]
    assert len(name) == 20 and write["update"]["fields"] == {}
    with pytest.raises(TaskFailure, match="Invalid value type of `document`"):
        run.run(fire("Set", document="[1]"))
    with pytest.raises(TaskFailure, match="is no path of a document"):
        run.run(fire("Set", child_path="me/friends", document={}))


def test_a_document_is_read(tmp_path: Path, google: Google) -> None:
    more = {
        "at": {"timestampValue": "2026-01-02T03:04:05.5Z"},
        "place": {"geoPointValue": {"latitude": 1.5, "longitude": 2}},
        "other": {"referenceValue": f"{DOCUMENTS}/users/you"},
        "bytes": {"bytesValue": b64encode(b"hi").decode()},
        "empty": {"arrayValue": {}},
        "nothing": {"mapValue": {}},
    }
    google.answers["GET", f"{STORE}/users/a b"] = {"name": "n", "fields": {**VALUES, **more}}
    run = FakeRun(tmp_path)
    row = run.run(fire("Get", child_path="a b"))["row"]
    assert {key: row[key] for key in PLAIN} == PLAIN
    assert row["at"] == {"seconds": 1767323045, "nanos": 500000000}
    assert row["place"] == {"latitude": 1.5, "longitude": 2}
    assert isinstance(row["bytes"], ByteArray) and (row["empty"], row["nothing"]) == ([], {})
    assert run.run(fire("Get", child_path="none")) == {"row": None}
    google.answers["GET", f"{STORE}/users/x"] = (403, {"error": {"message": "denied"}})
    with pytest.raises(TaskFailure, match="status 403"):
        run.run(fire("Get", child_path="x"))


def test_a_document_is_deleted(tmp_path: Path, google: Google) -> None:
    google.answers["POST", f"{STORE}:commit"] = {
        "writeResults": [{}],
        "commitTime": "2026-01-02T03:04:06Z",
    }
    found = FakeRun(tmp_path).run(fire("Delete", child_path="me"))
    assert found == {"updatedTime": "2026-01-02T03:04:06Z"}
    assert google.asked[0].json == {"writes": [{"delete": f"{DOCUMENTS}/users/me"}]}


class Collection:
    """Answers queries of documents that are sorted as they are asked for; a page begins where a cursor says."""

    def __init__(self, count: int) -> None:
        self.names = [f"{DOCUMENTS}/users/{number:03}" for number in range(count)]
        self.queries: list[dict[str, Any]] = []

    def __call__(self, asked: Asked) -> Any:
        query = asked.json["structuredQuery"]
        self.queries.append(query)
        start = query.get("offset", 0)
        if "startAt" in query:
            last = query["startAt"]["values"][-1]["referenceValue"]
            assert query["startAt"]["before"] is False
            start = self.names.index(last) + 1
        found = self.names[start : start + query["limit"]]
        page = [{"document": {"name": each, "fields": self.fields(each)}} for each in found]
        return [*page, {"readTime": "2026-01-02T03:04:05Z"}]

    @staticmethod
    def fields(name: str) -> dict[str, Any]:
        number = int(name[-3:])
        inner = {"age": {"integerValue": str(number)}}
        return {"n": {"integerValue": str(number)}, "a": {"mapValue": {"fields": inner}}}


def numbers(found: list[Any]) -> list[int]:
    return [each["n"] for each in found]


def test_documents_are_found_page_after_page(
    tmp_path: Path, google: Google, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(firestore, "PAGE", 3)
    google.answers["POST", f"{STORE}:runQuery"] = found = Collection(8)
    run = FakeRun(tmp_path)
    whole = run.run(fire("Query"))
    assert whole["size"] == 8 and numbers(rows(run, whole["uri"])) == list(range(8))
    assert [each["limit"] for each in found.queries] == [3, 3, 3]
    assert found.queries[0]["from"] == [{"collectionId": "users"}]
    assert ("counter", "records", 8) in run.metrics
    some = run.run(fire("Query", fetch_type="FETCH", offset=2, limit=4))
    assert numbers(some["rows"]) == [2, 3, 4, 5] and some["size"] == 4
    assert [each.get("offset") for each in found.queries[3:]] == [2, None]
    one = run.run(fire("Query", fetch_type="FETCH_ONE", limit=1))
    assert one["row"]["n"] == 0 and one["size"] == 1
    assert run.run(fire("Query", fetch_type="NONE")) == {}


def test_what_a_query_asks_for(
    tmp_path: Path, google: Google, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(firestore, "PAGE", 2)
    google.answers["POST", f"{STORE}/teams/t:runQuery"] = found = Collection(3)
    filters = [
        FirestoreFilter(field="a.age", value=t("{{ least }}"), operator="GREATER_THAN"),
        FirestoreFilter(field="city", value="Bern"),
    ]
    query = fire(
        "Query",
        collection="teams/t/users",
        filters=filters,
        order_by="n",
        order_direction="DESCENDING",
    )
    FakeRun(tmp_path, least="5").run(query)
    first, second = found.queries

    def filter_of(path: str, how: str, text: str) -> Any:
        value = {"stringValue": text}
        return {"fieldFilter": {"field": {"fieldPath": path}, "op": how, "value": value}}

    parts = [filter_of("a.age", "GREATER_THAN", "5"), filter_of("city", "EQUAL", "Bern")]
    assert first["where"] == {"compositeFilter": {"op": "AND", "filters": parts}}
    order = [(each["field"]["fieldPath"], each["direction"]) for each in first["orderBy"]]
    assert order == [(each, "DESCENDING") for each in ("n", "a.age", "__name__")]
    assert second["startAt"]["values"] == [
        {"integerValue": "1"},
        {"integerValue": "1"},
        {"referenceValue": f"{DOCUMENTS}/users/001"},
    ]


# ---- Pub/Sub --------------------------------------------------------------------------------------------------------

SUBSCRIPTION = "/pubsub/projects/proj/subscriptions/s"


def message(number: int, text: str = "") -> dict[str, Any]:
    data = b64encode((text or f"m{number}").encode()).decode()
    return {
        "ackId": f"a{number}",
        "message": {"data": data, "messageId": str(number), "attributes": {"k": "v"}},
    }


def row(number: int, data: Any) -> dict[str, Any]:
    return {
        "data": data,
        "attributes": {"k": "v"},
        "messageId": str(number),
        "orderingKey": "",
    }


def consume(**properties: Any) -> Any:
    return made("gcp.pubsub.Consume", topic="t", subscription="s", **properties)


def test_messages_are_consumed(tmp_path: Path, google: Google) -> None:
    google.answers["PUT", SUBSCRIPTION] = {}
    google.answers["POST", f"{SUBSCRIPTION}:pull"] = [
        {"receivedMessages": [message(1), message(2)]},
        {},
        {"receivedMessages": [message(3)]},
    ]
    google.answers["POST", f"{SUBSCRIPTION}:acknowledge"] = {}
    run = PatientRun(tmp_path)
    found = run.run(consume(max_records=3))
    assert found["count"] == 3
    assert rows(run, found["uri"]) == [row(1, "m1"), row(2, "m2"), row(3, "m3")]
    assert run.slept == [1.0]
    bodies = [each.json for each in google.asked if each.method != "GET"]
    assert bodies[0] == {"topic": "projects/proj/topics/t"}
    assert [each["maxMessages"] for each in bodies if "maxMessages" in each] == [3, 1, 1]
    assert [each["ackIds"] for each in bodies if "ackIds" in each] == [["a1", "a2"], ["a3"]]
    assert ("counter", "records", 3) in run.metrics


def test_messages_of_json(tmp_path: Path, google: Google) -> None:
    google.answers["GET", SUBSCRIPTION] = {"name": "s"}
    google.answers["POST", f"{SUBSCRIPTION}:pull"] = {"receivedMessages": [message(1, '{"a": 1}')]}
    google.answers["POST", f"{SUBSCRIPTION}:acknowledge"] = {}
    run = PatientRun(tmp_path)
    found = run.run(consume(max_records=1, serde_type="JSON"))
    assert rows(run, found["uri"]) == [row(1, {"a": 1})]
    assert ("PUT", SUBSCRIPTION) not in google.steps


def test_messages_that_cannot_be_read_stay(tmp_path: Path, google: Google) -> None:
    google.answers["POST", f"{SUBSCRIPTION}:pull"] = {"receivedMessages": [message(1, "{")]}
    with pytest.raises(Exception, match=r"JSON|token|end"):
        PatientRun(tmp_path).run(
            consume(max_records=1, serde_type="JSON", auto_create_subscription=False)
        )
    assert google.steps == [("POST", f"{SUBSCRIPTION}:pull")]


def test_messages_of_a_while(tmp_path: Path, google: Google) -> None:
    google.answers["POST", f"{SUBSCRIPTION}:pull"] = {}
    given = {"auto_create_subscription": False}
    run = PatientRun(tmp_path)
    found = run.run(consume(max_duration="PT0S", **given))
    assert found["count"] == 0 and rows(run, found["uri"]) == []
    with pytest.raises(TaskFailure, match="'maxDuration' or 'maxRecords' must be set"):
        run.run(consume(**given))


# ---- Cloud Monitoring -----------------------------------------------------------------------------------------------

SERIES = "/monitor/projects/proj/timeSeries"


def test_values_are_added_to_metrics(tmp_path: Path, google: Google) -> None:
    google.answers["POST", SERIES] = {}
    values = [
        CloudMetricValue(metric_type="custom/load", value=t("{{ 2.5 }}"), labels={"host": "web"}),
        CloudMetricValue(metric_type="custom/count", value=1, metric_kind="CUMULATIVE"),
    ]
    run = FakeRun(tmp_path)
    assert run.run(made("gcp.monitoring.Push", metrics=values, window="PT2M")) == {"count": 2}
    gauge, counter = google.asked[0].json["timeSeries"]
    assert gauge["metric"] == {"type": "custom/load", "labels": {"host": "web"}}
    assert gauge["resource"] == {"type": "global", "labels": {"project_id": "proj"}}
    (point,) = gauge["points"]
    assert point["value"] == {"doubleValue": 2.5}
    assert point["interval"]["startTime"] == point["interval"]["endTime"]
    span = counter["points"][0]["interval"]
    begin, end = (datetime.fromisoformat(span[key]) for key in ("startTime", "endTime"))
    assert end - begin == timedelta(minutes=2)


def test_what_metrics_were(tmp_path: Path, google: Google) -> None:
    google.answers["GET", SERIES] = [
        {"timeSeries": [{"metric": {"type": "a"}}], "nextPageToken": "p"},
        {"timeSeries": [{"metric": {"type": "b"}}]},
    ]
    run = FakeRun(tmp_path)
    found = run.run(made("gcp.monitoring.Query", filter='metric.type="a"', window="PT1H"))
    assert found == {"count": 2, "series": [{"metric": {"type": "a"}}, {"metric": {"type": "b"}}]}
    query = google.query(0)
    assert query["filter"] == ['metric.type="a"'] and query["view"] == ["FULL"]
    begin, end = (
        datetime.fromisoformat(query[f"interval.{key}"][0]) for key in ("startTime", "endTime")
    )
    assert end - begin == timedelta(hours=1)
    assert google.query(1)["pageToken"] == ["p"]


# ---- policies of buckets --------------------------------------------------------------------------------------------

POLICY = "/storage/v1/b/box/iam"


def policy(**properties: Any) -> Any:
    given = {"name": "box", "member": "user:a@x.org", "role": "storage.objectViewer"}
    return made("gcp.gcs.CreateBucketIamPolicy", **{**given, **properties})


ROLE = "roles/storage.objectViewer"


def test_somebody_gets_a_role(tmp_path: Path, google: Google) -> None:
    conditional = {"role": ROLE, "members": ["user:b@x.org"], "condition": {"title": "t"}}
    google.answers["GET", POLICY] = {"version": 3, "etag": "e", "bindings": [conditional]}
    google.answers["PUT", POLICY] = {}
    found = FakeRun(tmp_path).run(policy())
    assert found == {"bucket": "box", "member": "a@x.org", "role": ROLE, "created": True}
    assert google.query(0) == {"optionsRequestedPolicyVersion": ["3"]}
    added = {"role": ROLE, "members": ["user:a@x.org"]}
    assert google.asked[1].json == {"version": 3, "etag": "e", "bindings": [conditional, added]}


@pytest.mark.parametrize("if_exists", ["SKIP", "ERROR"])
def test_somebody_has_the_role(tmp_path: Path, google: Google, if_exists: str) -> None:
    held = {"role": ROLE, "members": ["user:a@x.org"]}
    google.answers["GET", POLICY] = {"bindings": [held]}
    run, said = FakeRun(tmp_path), f"Binding {ROLE} for member user:a@x.org already exists"
    if if_exists == "ERROR":
        with pytest.raises(TaskFailure, match=said):
            run.run(policy(if_exists=if_exists))
    else:
        assert run.run(policy())["created"] is False
        assert run.messages("INFO")[-1] == said
    assert [each.method for each in google.asked] == ["GET"]


def test_a_member_that_is_nobody(tmp_path: Path, google: Google) -> None:
    with pytest.raises(TaskFailure, match="Illegal identity string: 'somebody'"):
        FakeRun(tmp_path).run(policy(member="somebody"))
