"""Redis, against a server in this process."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fakeredis
import pytest
import redis
from plugins.service import rows
from tasks.fake import FakeRun, t

from flowrt import catalog
from flowrt.model.failures import TaskFailure
from flowrt.plugins.stores.redis import Expiration, Writing, WritingJson


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    server = fakeredis.TcpFakeServer(("127.0.0.1", 0), server_type="redis")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"redis://127.0.0.1:{server.server_address[1]}/0"
    server.shutdown()
    server.server_close()


@pytest.fixture
def client(url: str) -> Iterator[redis.Redis]:
    found = redis.Redis.from_url(url, decode_responses=True)
    found.flushall()
    yield found
    found.close()


@pytest.fixture
def run(tmp_path: Path) -> FakeRun:
    return FakeRun(tmp_path, key="k", row={"a": 1})


def task(name: str, /, **properties: Any) -> Any:
    found = catalog.find(f"io.kestra.plugin.redis.{name}")
    assert found is not None
    return found("t", **properties)


def test_old_names_are_known() -> None:
    for name in ("Get", "Set", "Delete", "ListPop", "ListPush", "Publish"):
        assert catalog.find(catalog.canonical(f"io.kestra.plugin.redis.{name}")) is not None


def test_a_value_is_kept_and_read(run: FakeRun, url: str, client: redis.Redis) -> None:
    assert run.run(task("string.Set", url=url, key=t("{{ key }}"), value=t("{{ 1 + 1 }}"))) == {}
    assert run.run(task("string.Get", url=url, key="k")) == {"data": "2", "key": "k"}
    again = task("string.Set", url=url, key="k", value={"a": [1]}, serde_type="JSON", get=True)
    assert run.run(again) == {"oldValue": "2"}
    assert client.get("k") == '{"a":[1]}'
    read = task("string.Get", url=url, key="k", serde_type="JSON")
    assert run.run(read)["data"] == {"a": [1]}
    run.run(task("string.Set", url=url, key="k", value={"a": 1}))
    assert client.get("k") == "{a=1}"


def test_a_text_that_should_be_json_is_json(run: FakeRun, url: str, client: redis.Redis) -> None:
    run.run(task("string.Set", url=url, key="k", value='{"a": 1}', serde_type="JSON"))
    assert client.get("k") == '{"a": 1}'
    with pytest.raises(TaskFailure, match="this is no JSON"):
        run.run(task("string.Set", url=url, key="k", value="{", serde_type="JSON"))


@pytest.mark.parametrize(
    ("options", "there", "kept"),
    [
        (Writing(must_not_exist=True), True, "old"),
        (Writing(must_not_exist=True), False, "new"),
        (Writing(must_exist=True), True, "new"),
        (Writing(must_exist=True), False, None),
        (Writing(), True, "new"),
    ],
)
def test_when_a_key_is_written(
    run: FakeRun, url: str, client: redis.Redis, options: Writing, there: bool, kept: str | None
) -> None:
    if there:
        client.set("k", "old")
    run.run(task("string.Set", url=url, key="k", value="new", options=options))
    assert client.get("k") == kept


def test_how_long_a_key_is_kept(run: FakeRun, url: str, client: redis.Redis) -> None:
    hour = Writing(expiration_duration="PT1H")
    run.run(task("string.Set", url=url, key="k", value="v", options=hour))
    assert 3590 < run.run(task("string.Ttl", url=url, key="k"))["ttl"] <= 3600
    run.run(task("string.Set", url=url, key="k", value="w", options=Writing(keep_ttl=True)))
    assert client.ttl("k") > 3590
    run.run(task("string.Set", url=url, key="k", value="x"))
    assert run.run(task("string.Ttl", url=url, key="k"))["ttl"] == -1
    later = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 7200))
    moment = Writing(expiration_date=later)
    run.run(task("string.Set", url=url, key="k", value="x", options=moment))
    assert 7100 < client.ttl("k") <= 7200
    both = Writing(keep_ttl=True, expiration_duration="PT1H")
    with pytest.raises(TaskFailure, match="Invalid Redis options"):
        run.run(task("string.Set", url=url, key="k", value="x", options=both))


def test_a_missing_key(run: FakeRun, url: str, client: redis.Redis) -> None:
    assert run.run(task("string.Get", url=url, key="no")) == {"data": None, "key": "no"}
    with pytest.raises(TaskFailure, match="Missing keys 'no'"):
        run.run(task("string.Get", url=url, key="no", failed_on_missing=True))
    client.set("a", "1")
    assert run.run(task("string.Delete", url=url, keys=["a", "b"])) == {"count": 1}
    with pytest.raises(TaskFailure, match="only 0 key deleted"):
        run.run(task("string.Delete", url=url, keys=["a"], failed_on_missing=True))


def test_numbers_grow(run: FakeRun, url: str, client: redis.Redis) -> None:
    assert run.run(task("string.Increment", url=url, key="n")) == {"value": 1, "key": "n"}
    options = Expiration(expiration_duration="PT1M")
    more = task("string.Increment", url=url, key="n", amount=4, options=options)
    assert run.run(more)["value"] == 5
    assert client.ttl("n") > 50
    assert run.run(task("string.Increment", url=url, key="n", amount=0.5))["value"] == 5.5


def test_documents(run: FakeRun, url: str, client: redis.Redis) -> None:
    run.run(task("json.Set", url=url, key="d", value={"a": {"b": 1}}))
    assert run.run(task("json.Get", url=url, key="d"))["data"] == {"a": {"b": 1}}
    assert run.run(task("json.Get", url=url, key="d", path="$.a.b"))["data"] == 1
    assert run.run(task("json.Increment", url=url, key="d", path="$.a.b"))["value"] == 2
    old = task("json.Set", url=url, key="d", value='{"c": 1}', get=True)
    assert run.run(old) == {"oldValue": [{"a": {"b": 2}}]}
    kept = task("json.Set", url=url, key="d", value=7, options=WritingJson(must_not_exist=True))
    run.run(kept)
    assert run.run(task("json.Get", url=url, key="d"))["data"] == {"c": 1}
    assert run.run(task("json.Delete", url=url, keys={"d": ["$.c"]})) == {"count": 1}
    assert run.run(task("json.Delete", url=url, keys={"d": []})) == {"count": 1}
    with pytest.raises(TaskFailure, match="Missing keys 'no'"):
        run.run(task("json.Get", url=url, key="no", failed_on_missing=True))


@pytest.mark.parametrize("stored", [True, False])
def test_rows_go_through_a_list(run: FakeRun, url: str, client: redis.Redis, stored: bool) -> None:
    given: Any = (
        run.store("{a:1}\n{a:2}\n{a:3}\n", "in.ion") if stored else [{"a": i} for i in (1, 2, 3)]
    )
    push = task("list.ListPush", url=url, key="l", from_=given, serde_type="JSON", batch_size=2)
    assert run.run(push) == {"count": 3}
    pop = task("list.ListPop", url=url, key="l", serde_type="JSON", max_records=2, count=2)
    found = run.run(pop)
    assert found["count"] == 2
    assert rows(run, found["uri"]) == [{"a": 3}, {"a": 2}]
    assert client.llen("l") == 1
    with pytest.raises(TaskFailure, match="maxDuration or maxRecords must be set"):
        run.run(task("list.ListPop", url=url, key="l"))


def test_rows_are_published(run: FakeRun, url: str, client: redis.Redis) -> None:
    heard = client.pubsub(ignore_subscribe_messages=True)
    heard.subscribe("news")
    assert run.run(task("pubsub.Publish", url=url, channel="news", from_=["a", "b"])) == {
        "count": 2
    }
    found: list[str] = []
    while len(found) < 2:
        message = heard.get_message(timeout=5)
        if message is not None:
            found.append(message["data"])
    assert found == ["a", "b"]
    heard.close()


@pytest.mark.parametrize(
    ("address", "said"),
    [("nothing", "no address of Redis"), ("redis://127.0.0.1:1", "Redis: ")],
)
def test_a_server_that_is_not_there(run: FakeRun, address: str, said: str) -> None:
    with pytest.raises(TaskFailure, match=said):
        run.run(task("string.Get", url=address, key="k"))
