"""NATS: messages are sent, asked for, and taken from streams; values are kept in buckets."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, ClassVar

from flowrt import missing, packages
from flowrt.formats.jsonread import parse_json
from flowrt.formats.jsonwrite import to_json
from flowrt.model.declare import (
    ANY,
    DURATION,
    INTEGER,
    STRING,
    URI,
    Kind,
    enum,
    listing,
    mapping,
    prop,
    task_type,
)
from flowrt.model.failures import TaskFailure, reason, required
from flowrt.model.task import Task
from flowrt.plugins.rows import given_rows
from flowrt.plugins.stored import Stop
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Integer, Listing, Mapping, Text

POLICIES = {
    "All": "all",
    "Last": "last",
    "New": "new",
    "ByStartSequence": "by_start_sequence",
    "ByStartTime": "by_start_time",
    "LastPerSubject": "last_per_subject",
}
POLICY = enum(*POLICIES)
FLUSH = 5
"""Seconds in which a server has to take what was sent."""


class NatsTask(Task):
    """What the tasks share: the server, and who asks. They work in a loop of their own, in a thread."""

    packages: ClassVar[tuple[str, ...]] = (packages.NATS,)

    url: Text = prop(STRING)
    username: Text | None = prop(STRING, default=None)
    password: Text | None = prop(STRING, default=None)
    token: Text | None = prop(STRING, default=None)
    creds: Text | None = prop(STRING, default=None)

    def run(self, run: RunContext) -> Any:
        return run.in_thread(lambda: asyncio.run(self._stoppable(run)))

    async def _stoppable(self, run: RunContext) -> dict[str, Any]:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None
        over = False

        def stop() -> None:
            if not over:
                loop.call_soon_threadsafe(task.cancel)

        run.on_kill(stop)
        try:
            return await self._connected(run)
        except asyncio.CancelledError:
            raise TaskFailure("The task was stopped") from None
        finally:
            over = True

    async def _connected(self, run: RunContext) -> dict[str, Any]:
        nats = missing.load("nats", "NATS", packages.NATS, "nats")

        connection, problems = nats.aio.client.Client(), list[str]()

        async def heard(error: Exception) -> None:
            problems.append(_said(error))
            if connection.is_connected:
                run.log("WARN", f"NATS: {problems[-1]}")

        try:
            await connection.connect(
                required_text(run, self.url),
                allow_reconnect=False,
                max_reconnect_attempts=1,
                reconnect_time_wait=0,
                error_cb=heard,
                **self._login(run),
            )
            return await self._work(run, connection)
        except nats.errors.NoServersError:
            raise TaskFailure(f"NATS: no server: {', '.join(dict.fromkeys(problems))}") from None
        except (nats.errors.Error, OSError, ValueError) as error:
            raise TaskFailure(f"NATS: {_said(error)}") from None
        finally:
            await connection.close()

    def _login(self, run: RunContext) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if self.username is not None and self.password is not None:
            found = {"user": run.text(self.username), "password": run.text(self.password)}
        if self.token is not None:
            found["token"] = run.text(self.token)
        if self.creds is not None:
            import ssl

            path = run.private_folder() / "creds"
            path.touch(0o600)
            path.write_text(required_text(run, self.creds), "utf-8")
            found |= {"user_credentials": str(path), "tls": ssl.create_default_context()}
        return found

    async def _work(self, run: RunContext, connection: Any) -> dict[str, Any]:
        raise NotImplementedError


def _said(error: BaseException) -> str:
    return str(error) or type(error).__name__


def _message(row: Any) -> tuple[bytes, dict[str, str] | None]:
    """The data and the headers of a message. Raises TaskFailure for what is none."""
    from flowrt.java.printing import text_of

    if not isinstance(row, dict):
        raise TaskFailure("each message must be a map")
    data, headers = row.get("data"), row.get("headers") or {}
    if not isinstance(headers, dict):
        raise TaskFailure("`headers` of a message must be a map")
    given = {
        str(key): ", ".join(map(text_of, value)) if isinstance(value, list) else text_of(value)
        for key, value in headers.items()
    }
    for name, value in given.items():
        if any(sign in f"{name}{value}" for sign in "\r\n") or ":" in name:
            raise TaskFailure(f"`{name}` is no header that a message can have")
    return (data if isinstance(data, str) else to_json(data)).encode(), given or None


@task_type("io.kestra.plugin.nats.core.Produce", "io.kestra.plugin.nats.Produce")
class NatsProduce(NatsTask):
    """Send messages."""

    outputs: ClassVar[dict[str, Kind] | None] = {"messagesCount": INTEGER}

    subject: Text = prop(STRING)
    from_: Any = prop(ANY)

    async def _work(self, run: RunContext, connection: Any) -> dict[str, Any]:
        subject, count = required_text(run, self.subject), 0
        for row in Stop(run).each(given_rows(run, self.from_)):
            data, headers = _message(row)
            await connection.publish(subject, data, headers=headers)
            count += 1
        await connection.flush(FLUSH)
        return {"messagesCount": count}


@task_type("io.kestra.plugin.nats.core.Request", "io.kestra.plugin.nats.Request")
class NatsRequest(NatsTask):
    """Send a message, and wait for the answer; nothing when none comes."""

    outputs: ClassVar[dict[str, Kind] | None] = {"response": STRING}

    subject: Text = prop(STRING)
    from_: Any = prop(ANY)
    request_timeout: Text = prop(DURATION, default="PT5.0S")

    async def _work(self, run: RunContext, connection: Any) -> dict[str, Any]:
        from nats.errors import NoRespondersError

        data, headers = _message(next(given_rows(run, self.from_), None))
        subject, wait = required_text(run, self.subject), run.duration(self.request_timeout)
        try:
            found = await connection.request(subject, data, wait or FLUSH, headers=headers)
        except (NoRespondersError, TimeoutError):
            return {"response": None}
        return {"response": found.data.decode("utf-8", "replace")}


@task_type("io.kestra.plugin.nats.core.Consume", "io.kestra.plugin.nats.Consume")
class NatsConsume(NatsTask):
    """Take the messages of a stream, until none comes, there are `maxRecords`, or `maxDuration` is over."""

    outputs: ClassVar[dict[str, Kind] | None] = {"messagesCount": INTEGER, "uri": URI}

    subject: Text = prop(STRING)
    durable_id: Text | None = prop(STRING, default=None)
    since: Text | None = prop(STRING, default=None)
    poll_duration: Text = prop(DURATION, default="PT2S")
    batch_size: Integer = prop(INTEGER, default=10)
    max_records: Integer | None = prop(INTEGER, default=None)
    max_duration: Text | None = prop(DURATION, default=None)
    deliver_policy: Text | None = prop(POLICY, default="All")

    async def _work(self, run: RunContext, connection: Any) -> dict[str, Any]:
        from flowrt.services.folders import temporary_name
        from flowrt.services.rows import RowFile

        subscription = await connection.jetstream().pull_subscribe(
            required_text(run, self.subject), run.text(self.durable_id), config=self._options(run)
        )
        path, count = run.private_folder() / temporary_name(".ion"), 0
        with RowFile(path) as rows:
            async for message in self._messages(run, subscription):
                rows.write(_row(message))
                await message.ack()
                count += 1
        await connection.flush(FLUSH)
        return {"messagesCount": count, "uri": run.put_file(path, path.name)}

    def _options(self, run: RunContext) -> Any:
        from nats.js import api

        from flowrt.plugins.values import moment

        name = run.constant(self.deliver_policy, POLICY) or "All"
        since = run.text(self.since)
        return api.ConsumerConfig(
            deliver_policy=api.DeliverPolicy(POLICIES[name]),
            opt_start_time=None if since is None else moment(since),
        )

    async def _messages(self, run: RunContext, subscription: Any) -> Any:
        size, most = required(run.integer(self.batch_size)), run.integer(self.max_records)
        pause, longest = run.duration(self.poll_duration), run.duration(self.max_duration)
        started, left = time.monotonic(), most
        while left is None or left > 0:
            try:
                found = await subscription.fetch(size if left is None else min(size, left), pause)
            except TimeoutError:
                # that of the library, or Python's, which it raises when the time is just over
                return
            for message in found:
                yield message
            left = None if left is None else left - len(found)
            if longest is not None and time.monotonic() - started >= longest:
                return


def _row(message: Any) -> dict[str, Any]:
    """A message as it is stored."""
    from flowrt.java.values import hash_map
    from flowrt.plugins.values import instant

    return hash_map(
        [
            ("subject", message.subject),
            ("headers", {name: [value] for name, value in (message.headers or {}).items()}),
            ("data", message.data.decode("utf-8", "replace")),
            ("timestamp", instant(message.metadata.timestamp)),
        ]
    )


@task_type("io.kestra.plugin.nats.kv.CreateBucket")
class NatsCreateBucket(NatsTask):
    """Make a bucket."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        **dict.fromkeys(("bucket", "description"), STRING),
        **dict.fromkeys(("bucketSize", "entryCount", "history", "valueSize"), INTEGER),
        "metadata": mapping(STRING),
    }

    name: Text = prop(STRING)
    description: Text | None = prop(STRING, default=None)  # type: ignore[assignment]
    metadata: Mapping | None = prop(mapping(STRING), default=None)
    history_per_key: Integer = prop(INTEGER, default=1)
    bucket_size: Integer | None = prop(INTEGER, default=None)
    value_size: Integer | None = prop(INTEGER, default=None)

    async def _work(self, run: RunContext, connection: Any) -> dict[str, Any]:
        from nats.js import api

        stream = connection.jetstream()
        bucket = await stream.create_key_value(
            api.KeyValueConfig(
                bucket=required_text(run, self.name),
                description=run.text(self.description),
                history=run.integer(self.history_per_key) or 1,
                max_bytes=run.integer(self.bucket_size),
                max_value_size=run.integer(self.value_size),
                direct=True,
            )
        )
        info = (await bucket.status()).stream_info
        if self.metadata is not None:
            more = run.mapping(self.metadata, STRING)
            info = await stream.update_stream(info.config.evolve(metadata=more))
        found = info.config
        return {
            "bucket": run.text(self.name),
            "description": found.description,
            "history": found.max_msgs_per_subject,
            "entryCount": info.state.messages,
            "bucketSize": found.max_bytes,
            "valueSize": found.max_msg_size,
            "metadata": dict(found.metadata or {}),
        }


class NatsBucketTask(NatsTask):
    """What the tasks of a bucket share."""

    bucket_name: Text = prop(STRING)

    async def _work(self, run: RunContext, connection: Any) -> dict[str, Any]:
        bucket = await connection.jetstream().key_value(required_text(run, self.bucket_name))
        return await self._use(run, bucket)

    async def _use(self, run: RunContext, bucket: Any) -> dict[str, Any]:
        raise NotImplementedError


@task_type("io.kestra.plugin.nats.kv.Put")
class NatsPut(NatsBucketTask):
    """Keep values."""

    outputs: ClassVar[dict[str, Kind] | None] = {"revisions": mapping(INTEGER)}

    values: Mapping = prop(mapping())

    async def _use(self, run: RunContext, bucket: Any) -> dict[str, Any]:
        values = run.mapping(self.values) or {}
        return {
            "revisions": {
                key: await bucket.put(key, to_json(value).encode()) for key, value in values.items()
            }
        }


@task_type("io.kestra.plugin.nats.kv.Get")
class NatsGet(NatsBucketTask):
    """The values of keys, or what they were at revisions; keys that are not there are left out."""

    outputs: ClassVar[dict[str, Kind] | None] = {"output": mapping()}

    keys: Listing = prop(listing(STRING))
    key_revisions: Mapping | None = prop(mapping(INTEGER), default=None)

    async def _use(self, run: RunContext, bucket: Any) -> dict[str, Any]:
        from nats.js.errors import KeyNotFoundError

        wanted: dict[str, int | None] = dict.fromkeys(run.listing(self.keys) or ())
        if self.key_revisions is not None:
            wanted = run.mapping(self.key_revisions, INTEGER) or {}
        found = {}
        for key, revision in wanted.items():
            try:
                entry = await bucket.get(key, revision)
            except KeyNotFoundError:
                continue
            found[key] = _json(key, entry.value)
        return {"output": found}


def _json(key: str, value: bytes | None) -> Any:
    try:
        return parse_json((value or b"").decode("utf-8", "replace"))
    except Exception as error:
        raise TaskFailure(f"the value of `{key}` is no JSON: {reason(error)}") from None


@task_type("io.kestra.plugin.nats.kv.Delete")
class NatsDelete(NatsBucketTask):
    """Delete keys."""

    outputs: ClassVar[dict[str, Kind] | None] = {"deletedCount": INTEGER}

    keys: Listing = prop(listing(STRING))

    async def _use(self, run: RunContext, bucket: Any) -> dict[str, Any]:
        keys = run.listing(self.keys) or []
        for key in keys:
            await bucket.delete(key)
        return {"deletedCount": len(keys)}
