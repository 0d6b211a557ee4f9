"""Redis: strings, lists, documents of JSON, messages."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, ClassVar

from flowrt import missing, packages
from flowrt.formats.jsonread import parse_json
from flowrt.formats.jsonwrite import to_json
from flowrt.model.declare import (
    ANY,
    BOOLEAN,
    DATETIME,
    DOUBLE,
    DURATION,
    INTEGER,
    STRING,
    URI,
    Declared,
    Kind,
    enum,
    listing,
    mapping,
    prop,
    record,
    task_type,
)
from flowrt.model.failures import TaskFailure, reason, required
from flowrt.model.task import Task
from flowrt.plugins.rows import given_rows, stored
from flowrt.plugins.stored import Stop
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Listing, Mapping, Number, Text

SERDES = enum("STRING", "JSON")


class RedisTask(Task):
    """What the tasks share: the server, and what is done there."""

    packages: ClassVar[tuple[str, ...]] = (packages.REDIS,)

    url: Text = prop(STRING)

    def run(self, run: RunContext) -> Any:
        return run.in_thread(lambda: self._connected(run))

    def _connected(self, run: RunContext) -> dict[str, Any]:
        try:
            import redis
        except ImportError:
            raise missing.MissingPackage("Redis", packages.REDIS, "redis") from None
        try:
            client = redis.Redis.from_url(required_text(run, self.url), decode_responses=True)
        except ValueError as error:
            raise TaskFailure(f"`url` is no address of Redis: {reason(error)}") from None
        try:
            return self._work(run, client)
        except redis.RedisError as error:
            raise TaskFailure(f"Redis: {error}") from None
        finally:
            client.close()

    def _work(self, run: RunContext, client: Any) -> dict[str, Any]:
        raise NotImplementedError


def _written(run: RunContext, value: Any, kind: Text) -> str:
    """A value as the text that is kept: Java's print of it, or its JSON. Raises TaskFailure for a text that is none."""
    from flowrt.java.printing import text_of

    if run.constant(kind, SERDES) != "JSON":
        return text_of(value)
    if not isinstance(value, str):
        return to_json(value)
    _read(run, value, kind)
    return value


def _read(run: RunContext, text: str | None, kind: Text) -> Any:
    """The value of a kept text. Raises TaskFailure when it should be JSON, and is not."""
    if text is None or run.constant(kind, SERDES) != "JSON":
        return text
    try:
        return parse_json(text)
    except Exception as error:
        raise TaskFailure(f"this is no JSON: {reason(error)}") from None


class Expiration(Declared):
    """How long a key is kept."""

    expiration_duration: Text | None = prop(DURATION, default=None)
    expiration_date: Text | None = prop(DATETIME, default=None)

    def milliseconds(self, run: RunContext) -> tuple[int | None, int | None]:
        """From now on, and as a moment since 1970."""
        length, moment = run.duration(self.expiration_duration), None
        text = run.text(self.expiration_date)
        if text is not None:
            from flowrt.java.errors import RawError
            from flowrt.java.time.isoparse import parse_zoned

            try:
                moment = parse_zoned(text).to_instant().epoch_nanos // 1_000_000
            except RawError as error:
                raise TaskFailure(str(error)) from None
        return (None if length is None else int(length * 1000)), moment

    def apply(self, run: RunContext, client: Any, key: str) -> None:
        """Let a key expire. Raises TaskFailure when two ends are given."""
        length, moment = self.milliseconds(run)
        if length is not None and moment is not None:
            raise TaskFailure(
                "Invalid Redis options: you can't use both 'expirationDuration' and 'expirationDate'."
            )
        if length is not None and length >= 1000:
            client.expire(key, length // 1000)
        if moment is not None:
            client.expireat(key, moment // 1000)


class Writing(Expiration):
    """When a key is written, and how long it is kept."""

    must_not_exist: Flag = prop(BOOLEAN, default=False)
    must_exist: Flag = prop(BOOLEAN, default=False)
    keep_ttl: Flag = prop(BOOLEAN, default=False)


class WritingJson(Declared):
    """When a document is written."""

    must_not_exist: Flag = prop(BOOLEAN, default=False)
    must_exist: Flag = prop(BOOLEAN, default=False)


@task_type("io.kestra.plugin.redis.string.Set")
class RedisStringSet(RedisTask):
    """Keep a value under a key."""

    outputs: ClassVar[dict[str, Kind] | None] = {"oldValue": STRING}

    key: Text = prop(STRING)
    value: Any = prop(ANY)
    options: Writing | None = prop(record(Writing), default=None)
    get: Flag = prop(BOOLEAN, default=False)
    serde_type: Text = prop(SERDES, default="STRING")

    def _work(self, run: RunContext, client: Any) -> dict[str, Any]:
        options = self.options or Writing()
        length, moment = options.milliseconds(run)
        keep = run.flag(options.keep_ttl)
        if keep and (length is not None or moment is not None):
            raise TaskFailure(
                "Invalid Redis options: you can't use 'keepTtl' with 'expirationDuration' or 'expirationDate'."
            )
        get = run.flag(self.get)
        old = client.set(
            required_text(run, self.key),
            _written(run, required(run.structure(self.value)), self.serde_type),
            px=length,
            pxat=moment,
            nx=run.flag(options.must_not_exist),
            xx=run.flag(options.must_exist),
            keepttl=keep,
            get=get,
        )
        return {"oldValue": old} if get and old is not None else {}


@task_type("io.kestra.plugin.redis.string.Get")
class RedisStringGet(RedisTask):
    """The value of a key."""

    outputs: ClassVar[dict[str, Kind] | None] = {"data": ANY, "key": STRING}

    key: Text = prop(STRING)
    serde_type: Text = prop(SERDES, default="STRING")
    failed_on_missing: Flag = prop(BOOLEAN, default=False)

    def _work(self, run: RunContext, client: Any) -> dict[str, Any]:
        key = required_text(run, self.key)
        found = client.get(key)
        if found is None and run.flag(self.failed_on_missing):
            raise TaskFailure(f"Missing keys '{key}'")
        return {"data": _read(run, found, self.serde_type), "key": key}


@task_type("io.kestra.plugin.redis.string.Delete")
class RedisStringDelete(RedisTask):
    """Delete keys."""

    outputs: ClassVar[dict[str, Kind] | None] = {"count": INTEGER}

    keys: Listing = prop(listing(STRING))
    failed_on_missing: Flag = prop(BOOLEAN, default=False)

    def _work(self, run: RunContext, client: Any) -> dict[str, Any]:
        keys = run.listing(self.keys) or []
        count = int(client.delete(*keys)) if keys else 0
        if count != len(keys) and run.flag(self.failed_on_missing):
            raise TaskFailure(f"Missing keys, only {count} key deleted")
        run.metric("counter", "deleted.records.count", count)
        return {"count": count}


@task_type("io.kestra.plugin.redis.string.Increment")
class RedisStringIncrement(RedisTask):
    """Add to the number under a key."""

    outputs: ClassVar[dict[str, Kind] | None] = {"key": STRING, "value": DOUBLE}

    key: Text = prop(STRING)
    amount: Number | None = prop(DOUBLE, default=None)
    options: Expiration | None = prop(record(Expiration), default=None)

    def _work(self, run: RunContext, client: Any) -> dict[str, Any]:
        key, amount = required_text(run, self.key), run.double(self.amount)
        value: int | float
        if amount is None:
            value = int(client.incr(key))
        elif amount == int(amount):
            value = int(client.incrby(key, int(amount)))
        else:
            value = float(client.incrbyfloat(key, amount))
        if self.options is not None:
            self.options.apply(run, client, key)
        return {"value": value, "key": key}


@task_type("io.kestra.plugin.redis.string.Ttl")
class RedisStringTtl(RedisTask):
    """For how many seconds a key is still kept; -1 is for ever, -2 means that there is none."""

    outputs: ClassVar[dict[str, Kind] | None] = {"key": STRING, "ttl": INTEGER}

    key: Text = prop(STRING)

    def _work(self, run: RunContext, client: Any) -> dict[str, Any]:
        key = required_text(run, self.key)
        return {"ttl": int(client.ttl(key)), "key": key}


@task_type("io.kestra.plugin.redis.json.Set")
class RedisJsonSet(RedisTask):
    """Keep a document, or a part of one."""

    outputs: ClassVar[dict[str, Kind] | None] = {"oldValue": ANY}

    key: Text = prop(STRING)
    value: Any = prop(ANY)
    options: WritingJson | None = prop(record(WritingJson), default=None)
    get: Flag = prop(BOOLEAN, default=False)
    path: Text = prop(STRING, default="$")

    def _work(self, run: RunContext, client: Any) -> dict[str, Any]:
        key, path = required_text(run, self.key), run.text(self.path) or "$"
        options = self.options or WritingJson()
        text = _written(run, required(run.structure(self.value)), "JSON")
        old = (
            _document(client.execute_command("JSON.GET", key, path)) if run.flag(self.get) else None
        )
        condition = [
            word
            for word, flag in (("NX", options.must_not_exist), ("XX", options.must_exist))
            if run.flag(flag)
        ]
        client.execute_command("JSON.SET", key, path, text, *condition)
        return {} if old is None else {"oldValue": old}


def _document(found: str | None) -> Any:
    return None if found is None else parse_json(found)


@task_type("io.kestra.plugin.redis.json.Get")
class RedisJsonGet(RedisTask):
    """A document, or a part of one; a part that is found once is no list."""

    outputs: ClassVar[dict[str, Kind] | None] = {"data": ANY, "key": STRING}

    key: Text = prop(STRING)
    failed_on_missing: Flag = prop(BOOLEAN, default=False)
    path: Text = prop(STRING, default="$")

    def _work(self, run: RunContext, client: Any) -> dict[str, Any]:
        key = required_text(run, self.key)
        found = _document(client.execute_command("JSON.GET", key, run.text(self.path) or "$"))
        if isinstance(found, list) and len(found) == 1:
            found = found[0]
        if found is None and run.flag(self.failed_on_missing):
            raise TaskFailure(f"Missing keys '{key}'")
        return {"data": found, "key": key}


@task_type("io.kestra.plugin.redis.json.Increment")
class RedisJsonIncrement(RedisTask):
    """Add to a number in a document."""

    outputs: ClassVar[dict[str, Kind] | None] = {"key": STRING, "value": DOUBLE}

    key: Text = prop(STRING)
    amount: Number = prop(DOUBLE, default=1)
    path: Text = prop(STRING)
    options: Expiration | None = prop(record(Expiration), default=None)

    def _work(self, run: RunContext, client: Any) -> dict[str, Any]:
        key, path = required_text(run, self.key), required_text(run, self.path)
        if self.options is not None:
            self.options.apply(run, client, key)
        amount = required(run.double(self.amount))
        by = str(int(amount)) if amount == int(amount) else repr(amount)
        found = client.execute_command("JSON.NUMINCRBY", key, path, by)
        value = parse_json(found) if isinstance(found, str) else found
        return {"value": value[0] if isinstance(value, list) else value, "key": key}


@task_type("io.kestra.plugin.redis.json.Delete")
class RedisJsonDelete(RedisTask):
    """Delete parts of documents, by key; without parts, the documents."""

    outputs: ClassVar[dict[str, Kind] | None] = {"count": INTEGER}

    keys: Mapping = prop(mapping(listing(STRING)))
    failed_on_missing: Flag = prop(BOOLEAN, default=False)

    def _work(self, run: RunContext, client: Any) -> dict[str, Any]:
        keys = run.mapping(self.keys, listing(STRING)) or {}
        count = sum(
            int(client.execute_command("JSON.DEL", key, path))
            for key, paths in keys.items()
            for path in paths or ["$"]
        )
        if count < len(keys) and run.flag(self.failed_on_missing):
            raise TaskFailure(f"Missing keys or path, only {count} deleted out of {len(keys)}")
        run.metric("counter", "deleted.records.count", count)
        return {"count": count}


class RedisGiving(RedisTask):
    """What tasks that give rows to Redis share."""

    outputs: ClassVar[dict[str, Kind] | None] = {"count": INTEGER}

    from_: Any = prop(ANY)
    serde_type: Text = prop(SERDES, default="STRING")

    def _rows(self, run: RunContext) -> Iterator[str]:
        for row in Stop(run).each(given_rows(run, self.from_)):
            yield _written(run, row, self.serde_type)


@task_type("io.kestra.plugin.redis.list.ListPush")
class RedisListPush(RedisGiving):
    """Put rows in front of a list."""

    key: Text = prop(STRING)
    batch_size: Integer = prop(INTEGER, default=500)

    def _work(self, run: RunContext, client: Any) -> dict[str, Any]:
        from itertools import islice

        key, size = required_text(run, self.key), run.integer(self.batch_size) or 0
        if size < 1:
            raise TaskFailure("`batchSize` must be at least 1")
        rows, count = self._rows(run), 0
        while batch := list(islice(rows, size)):
            client.lpush(key, *batch)
            count += len(batch)
        run.metric("counter", "inserted.records.count", count)
        return {"count": count}


@task_type("io.kestra.plugin.redis.list.ListPop")
class RedisListPop(RedisTask):
    """Take rows from the front of a list, until it is empty, there are enough, or time is over."""

    outputs: ClassVar[dict[str, Kind] | None] = {"count": INTEGER, "uri": URI}

    key: Text = prop(STRING)
    serde_type: Text = prop(SERDES, default="STRING")
    max_records: Integer | None = prop(INTEGER, default=None)
    max_duration: Text | None = prop(DURATION, default=None)
    count: Integer = prop(INTEGER, default=100)

    def _work(self, run: RunContext, client: Any) -> dict[str, Any]:
        key = required_text(run, self.key)
        most, longest = run.integer(self.max_records), run.duration(self.max_duration)
        if most is None and longest is None:
            raise TaskFailure("maxDuration or maxRecords must be set to avoid infinite loop")
        batch = run.integer(self.count) or 100
        stop, ends = Stop(run), None if longest is None else time.monotonic() + longest

        def rows() -> Iterator[Any]:
            taken = 0
            while found := client.lpop(key, batch):
                for each in stop.each(found):
                    yield _read(run, each, self.serde_type)
                taken += len(found)
                if most is not None and taken >= most:
                    return
                if ends is not None and time.monotonic() > ends:
                    return

        uri, size = stored(run, rows())
        run.metric("counter", "popped.records.count", size, {"key": key})
        return {"uri": uri, "count": size}


@task_type("io.kestra.plugin.redis.pubsub.Publish")
class RedisPublish(RedisGiving):
    """Publish rows on a channel."""

    channel: Text = prop(STRING)

    def _work(self, run: RunContext, client: Any) -> dict[str, Any]:
        channel, count = required_text(run, self.channel), 0
        for row in self._rows(run):
            client.publish(channel, row)
            count += 1
        run.metric("counter", "published.records.count", count)
        return {"count": count}
