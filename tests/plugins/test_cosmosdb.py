"""Cosmos DB: a stand-in that checks signatures, keys of partitions and queries as Cosmos documents them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from plugins.service import Answer, Asked, PatientRun, Service, serving
from tasks.fake import FakeRun, t, task

from flowrt.model.failures import TaskFailure
from flowrt.plugins import entra

pytest.importorskip("azure.cosmos")
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")

KEY = base64.b64encode(b"the key of the account").decode()
PLACE = "/dbs/shop/colls/goods"
DIVIDED = {"paths": ["/region"], "kind": "Hash", "version": 2}
RANGES = [
    {"id": "0", "minInclusive": "", "maxExclusive": "80", "_rid": "r"},
    {"id": "1", "minInclusive": "80", "maxExclusive": "FF", "_rid": "r"},
]
SORTED = "SELECT * FROM c ORDER BY c.price"
PLAN = {
    "partitionedQueryExecutionInfoVersion": 2,
    "queryInfo": {
        "distinctType": "None", "top": None, "offset": None, "limit": None, "aggregates": [],
        "orderBy": ["Ascending"], "orderByExpressions": ["c.price"], "hasSelectValue": False,
        "groupByExpressions": [], "groupByAliases": [], "groupByAliasToAggregateType": {},
        "rewrittenQuery": "SELECT c._rid, [{'item': c.price}] AS orderByItems, c AS payload",
    },
    "queryRanges": [{"min": "", "max": "FF", "isMinInclusive": True, "isMaxInclusive": False}],
}  # fmt: skip
EUROPE = {"id": "1", "region": "europe", "price": 2.5}


def signature(asked: Asked, kind: str, link: str) -> str:
    """The signature of a request, by the master key."""
    text = f"{asked.method.lower()}\n{kind}\n{link}\n{asked.headers['x-ms-date'].lower()}\n\n"
    made = hmac.new(base64.b64decode(KEY), text.encode(), hashlib.sha256).digest()
    return f"type=master&ver=1.0&sig={base64.b64encode(made).decode()}"


class Cosmos:
    """An account with a container; items are kept by the keys of their partitions."""

    def __init__(self, service: Service) -> None:
        self.url = service.url
        self.divided: dict[str, Any] = DIVIDED
        self.items: dict[tuple[str, str], dict[str, Any]] = {}
        self.queries: list[tuple[Any, dict[str, str]]] = []
        self.pages: list[Any] = [[EUROPE]]
        self.prices = [[1, 4], [2, 3]]
        self.second = lambda: None
        self.asked: list[Asked] = []
        self.bearer = ""
        self.throttled = 0
        service.answer = self

    def __call__(self, asked: Asked) -> Answer:
        path = unquote(urlsplit(asked.path).path).strip("/")
        if path.startswith("login/"):
            return 200, {"access_token": "tok", "expires_in": 3600}
        self._check(asked, path)
        if not path:
            here = [{"name": "here", "databaseAccountEndpoint": self.url}]
            level = {"defaultConsistencyLevel": "Session"}
            return 200, {
                "id": "me", "writableLocations": here, "readableLocations": here,
                "userConsistencyPolicy": level, "enableMultipleWriteLocations": False,
            }  # fmt: skip
        place = PLACE.strip("/")
        if path == place and asked.method == "GET":
            return 200, {"id": "goods", "_rid": "AAAAAA==", "partitionKey": self.divided}
        if path == f"{place}/pkranges":
            if asked.headers.get("if-none-match") == "ranges":
                return 304, b"", {"etag": "ranges"}
            return 200, {"PartitionKeyRanges": RANGES, "_count": 2}, {"etag": "ranges"}
        if not path.startswith(f"{place}/docs"):
            return 404, {"code": "NotFound", "message": f"no {path}"}
        self.asked.append(asked)
        if self.throttled:
            self.throttled -= 1
            return 429, {"code": "429", "message": "slowly"}, {"x-ms-retry-after-ms": "1"}
        if asked.headers.get("x-ms-cosmos-is-query-plan-request") == "True":
            return 200, PLAN
        if asked.headers.get("x-ms-documentdb-isquery") == "true":
            return self._query(asked)
        key = asked.headers["x-ms-documentdb-partitionkey"]
        if asked.headers.get("x-ms-cosmos-is-batch-request") == "True":
            return self._batch(asked, key)
        told = {
            "x-ms-activity-id": "act", "x-ms-request-charge": "6.29", "x-ms-session-token": "0:1",
            "x-ms-resource-quota": "documentSize=10240;", "x-ms-resource-usage": "documentSize=0;",
        }  # fmt: skip
        if asked.method == "DELETE":
            if self.items.pop((key, path.rpartition("/")[2]), None) is None:
                return 404, {"code": "NotFound", "message": "no such item"}
            return 204, b"", told
        return self._made(asked.json, key, asked.headers, told)

    def _check(self, asked: Asked, path: str) -> None:
        """Whether whoever asks has shown who that is."""
        found = unquote(asked.headers["authorization"])
        if self.bearer:
            assert found == f"type=aad&ver=1.0&sig={self.bearer}"
            return
        parts = path.split("/") if path else []
        kind = (parts[-1] if len(parts) % 2 else parts[-2]) if parts else ""
        link = "/".join(parts[:-1] if len(parts) % 2 else parts)
        assert found == signature(asked, kind, link)

    def _made(self, item: Any, key: str, headers: dict[str, str], told: Any) -> Answer:
        assert json.loads(key) == [item.get("region")]
        if (key, item["id"]) in self.items:
            return 409, {"code": "Conflict", "message": "there is one with this id"}
        self.items[key, item["id"]] = item
        short = headers.get("prefer") == "return=minimal"
        return 201, b"" if short else {**item, "_etag": "e"}, {**told, "etag": "e"}

    def _batch(self, asked: Asked, key: str) -> Answer:
        assert asked.headers["x-ms-cosmos-batch-atomic"] == "True"
        steps = asked.json
        assert {each["operationType"] for each in steps} == {"Create"}
        items = [each["resourceBody"] for each in steps]
        taken = [(key, each["id"]) in self.items for each in items]
        told = {"x-ms-activity-id": "act", "x-ms-request-charge": "10"}
        if any(taken):
            results = [{"statusCode": 409 if each else 424, "requestCharge": 1} for each in taken]
            return 207, results, told
        self.items |= {(key, each["id"]): each for each in items}
        return 200, [{"statusCode": 201, "eTag": "e", "requestCharge": 5} for _ in items], told

    def _query(self, asked: Asked) -> Answer:
        assert asked.headers["content-type"].startswith("application/query+json")
        part = asked.headers.get("x-ms-documentdb-partitionkeyrangeid")
        if part is not None and asked.json["query"].startswith("SELECT c._rid"):
            found = [
                {"_rid": part, "orderByItems": [{"item": price}], "payload": {"price": price}}
                for price in self.prices[int(part)]
            ]
            return 200, {"Documents": found, "_count": len(found)}
        if asked.json["query"] == SORTED:
            said = {"code": "BadRequest", "message": "not servable", "additionalErrorInfo": "{}"}
            return 400, said, {"x-ms-substatus": "1004"}
        at = int(asked.headers.get("x-ms-continuation", "0"))
        self.queries.append((asked.json, asked.headers))
        if at == 1:
            self.second()
        more = {"x-ms-continuation": str(at + 1)} if at + 1 < len(self.pages) else {}
        return 200, {"Documents": self.pages[at], "_count": len(self.pages[at])}, more


@pytest.fixture
def cosmos(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cosmos]:
    with serving() as service:
        monkeypatch.setattr(entra, "LOGIN", f"{service.url}/login")
        yield Cosmos(service)


@pytest.fixture
def run(tmp_path: Path) -> FakeRun:
    return FakeRun(tmp_path, key=KEY)


def make(cosmos: Cosmos, name: str, /, **properties: Any) -> Any:
    given = {
        "connection_string": t(f"AccountEndpoint={cosmos.url}/;AccountKey={{{{ key }}}};"),
        "database_id": "shop", "container_id": "goods", **properties,
    }  # fmt: skip
    return task(f"azure.storage.cosmosdb.{name}", **given)


def test_an_item_is_made_and_deleted(cosmos: Cosmos, run: FakeRun) -> None:
    found = run.run(make(cosmos, "CreateItem", item=EUROPE))
    assert found.pop("responseHeaders")["x-ms-activity-id"] == "act"
    assert found.pop("duration").startswith("PT")
    assert found == {
        "item": {**EUROPE, "_etag": "e"}, "statusCode": 201, "eTag": "e", "activityId": "act",
        "requestCharge": 6.29, "sessionToken": "0:1", "maxResourceQuota": "documentSize=10240;",
        "currentResourceQuotaUsage": "documentSize=0;",
    }  # fmt: skip
    assert cosmos.items == {('["europe"]', "1"): EUROPE}
    assert cosmos.asked[0].headers["x-ms-consistency-level"] == "Session"
    gone = run.run(make(cosmos, "Delete", item={"id": "1", "region": "europe"}))
    assert (gone["statusCode"], gone["item"], gone["requestCharge"]) == (204, None, 6.29)
    assert cosmos.items == {}
    assert not any(KEY in message or "sig=" in message for _, message in run.logs)


def test_an_item_is_not_sent_back(cosmos: Cosmos, run: FakeRun) -> None:
    found = run.run(
        make(cosmos, "CreateItem", item=EUROPE, content_response_on_write_enabled=False)
    )
    assert (found["item"], found["statusCode"]) == (None, 201)


def test_requests_that_are_too_many_are_sent_again(cosmos: Cosmos, run: FakeRun) -> None:
    cosmos.throttled = 2
    assert run.run(make(cosmos, "CreateItem", item=EUROPE))["statusCode"] == 201
    assert len(cosmos.asked) == 3


@pytest.mark.parametrize(
    ("name", "properties", "said"),
    [
        ("CreateItem", {"item": EUROPE}, "there is one with this id"),
        ("CreateItem", {"item": {}}, "item cannot be empty"),
        ("Delete", {"item": {"id": "7", "region": "asia"}}, "no such item"),
        ("Delete", {"item": {"id": "..", "region": "asia"}}, "`..` is no name of Cosmos DB"),
        ("CreateItem", {"item": EUROPE, "container_id": "no"}, "no dbs/shop/colls/no"),
        ("Batch", {"items": [], "partition_key_value": "europe"}, "items cannot be empty"),
        ("CreateItem", {"item": EUROPE, "connection_string": None}, "Endpoint or Connection"),
        ("CreateItem", {"item": EUROPE, "connection_string": "x"}, "Azure: "),
        ("Query", {"query": "q", "partition_key": {"a": 1}}, "PartitionKeyDefinition must be set"),
        (
            "Queries",
            {"queries": t('{"a": {"query": "q", "partitionKeyDefinition": {"paths": ["/a"]}}}')},
            "exactly one of partitionKey or feedRangePartitionKey must be set",
        ),
    ],
)
def test_what_cannot_be_done(
    cosmos: Cosmos, run: FakeRun, name: str, properties: dict[str, Any], said: str
) -> None:
    cosmos.items['["europe"]', "1"] = EUROPE
    with pytest.raises(TaskFailure, match=said):
        run.run(make(cosmos, name, **properties))
    assert cosmos.items == {('["europe"]', "1"): EUROPE}


def test_items_are_made_together_or_not_at_all(cosmos: Cosmos, run: FakeRun) -> None:
    two = [EUROPE, {**EUROPE, "id": "2"}]
    found = run.run(make(cosmos, "Batch", items=two, partition_key_value="europe"))
    assert set(cosmos.items) == {('["europe"]', "1"), ('["europe"]', "2")}
    assert (found["statusCode"], found["successStatusCode"]) == (200, True)
    assert (found["requestCharge"], found["errorMessage"]) == (10.0, None)
    assert found["results"][0] == {
        "statusCode": 201, "subStatusCode": 0, "requestCharge": 5.0, "etag": "e",
        "retryAfterDuration": "PT0S", "successStatusCode": True,
    }  # fmt: skip
    more = [{**EUROPE, "id": "3"}, EUROPE]
    found = run.run(make(cosmos, "Batch", items=more, partition_key_value="europe"))
    assert len(cosmos.items) == 2
    assert (found["statusCode"], found["successStatusCode"]) == (409, False)
    assert [each["statusCode"] for each in found["results"]] == [424, 409]
    assert "The items were not made" in run.messages("WARN")[0]


def test_a_query_reads_all_pages(cosmos: Cosmos, run: FakeRun) -> None:
    cosmos.pages = [[EUROPE], [], [{**EUROPE, "id": "2"}]]
    found = run.run(make(cosmos, "Query", query="SELECT * FROM c"))
    assert [each["id"] for each in found["queryResults"]] == ["1", "2"]
    asked, headers = cosmos.queries[0]
    assert asked == {"query": "SELECT * FROM c"}
    assert headers["x-ms-documentdb-query-enablecrosspartition"] == "True"
    assert "x-ms-documentdb-partitionkey" not in headers


def test_a_query_over_partitions_is_sorted_as_a_whole(cosmos: Cosmos, run: FakeRun) -> None:
    found = run.run(make(cosmos, "Query", query=SORTED))
    assert [each["price"] for each in found["queryResults"]] == [1, 2, 3, 4]


def test_a_task_that_is_stopped_asks_for_no_more_pages(cosmos: Cosmos, run: FakeRun) -> None:
    cosmos.pages = [[EUROPE]] * 9
    cosmos.second = run.stop
    with pytest.raises(TaskFailure, match="The task was stopped"):
        run.run(make(cosmos, "Query", query="SELECT * FROM c"))
    assert len(cosmos.queries) == 2


@pytest.mark.parametrize("key", ["partition_key", "feed_range_partition_key"])
def test_a_query_of_one_partition(cosmos: Cosmos, run: FakeRun, key: str) -> None:
    from flowrt.plugins.azure.cosmosdb import PartitionKeyDefinition

    how = PartitionKeyDefinition(paths=["/region"], kind="HASH", version="V2")
    work = make(
        cosmos, "Query", query="SELECT * FROM c", partition_key_definition=how,
        exclude_regions=["elsewhere"], **{key: {"region": t("{{ 'eur' ~ 'ope' }}")}},
    )  # fmt: skip
    assert run.run(work) == {"queryResults": [EUROPE]}
    ((_, headers),) = cosmos.queries
    assert headers["x-ms-documentdb-partitionkey"] == '["europe"]'
    assert "x-ms-documentdb-query-enablecrosspartition" not in headers


@pytest.mark.parametrize(
    ("paths", "item", "key"),
    [
        (["/a/b"], {"a": {"b": 7}}, "[7]"),
        (['/"a"'], {"a": True}, "[true]"),
        (["/a"], {}, "[{}]"),
        (["/a", "/b"], {"a": "x", "b": 1.5}, '["x",1.5]'),
    ],
)
def test_keys_of_partitions(
    cosmos: Cosmos, run: FakeRun, paths: list[str], item: dict[str, Any], key: str
) -> None:
    kind = "Hash" if len(paths) == 1 else "MultiHash"
    cosmos.divided = {"paths": paths, "kind": kind, "version": 2}
    cosmos.items[key, "1"] = item
    run.run(make(cosmos, "Delete", item={**item, "id": "1"}))
    assert cosmos.items == {}


def test_queries_by_their_names(cosmos: Cosmos, run: FakeRun) -> None:
    from flowrt.plugins.azure.cosmosdb import QueryOptions

    given = {"one": QueryOptions(query="SELECT 1"), "two": QueryOptions(query="SELECT 2")}
    found = run.run(make(cosmos, "Queries", queries=given))
    assert found == {"results": {"one": [EUROPE], "two": [EUROPE]}}


def test_a_token_says_who_asks(
    cosmos: Cosmos, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cosmos.bearer = "tok"
    run = PatientRun(tmp_path, secret_="S3CRET")
    work = make(
        cosmos, "CreateItem", item=EUROPE, connection_string=None, endpoint=cosmos.url,
        tenant_id="ten", client_id="app", client_secret=t("{{ secret_ }}"),
    )  # fmt: skip
    with pytest.raises(TaskFailure, match="not permitted for non-TLS"):
        run.run(work)
    guard = "azure.core.pipeline.policies._authentication._enforce_https"
    monkeypatch.setattr(guard, lambda request: None)
    assert run.run(work)["statusCode"] == 201
    assert not any("S3CRET" in message or message == "tok" for _, message in run.logs)
