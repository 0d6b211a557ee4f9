"""Kinesis: records of a stream, shard by shard."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import (
    DURATION,
    INTEGER,
    STRING,
    URI,
    Kind,
    enum,
    mapping,
    prop,
    task_type,
)
from flowrt.plugins.aws.waiting import WaitingTask
from flowrt.plugins.values import instant
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Integer, Text

LARGEST = 1000
"""Records of one request."""


@task_type("io.kestra.plugin.aws.kinesis.Consume")
class KinesisConsume(WaitingTask):
    """Store records of a stream, as many as are wanted, or those of a while."""

    service: ClassVar[str] = "kinesis"
    outputs: ClassVar[dict[str, Kind] | None] = {
        "count": INTEGER,
        "lastSequencePerShard": mapping(STRING),
        "uri": URI,
    }

    stream_name: Text = prop(STRING)
    iterator_type: Text = prop(
        enum(
            *("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER", "TRIM_HORIZON"),
            *("LATEST", "AT_TIMESTAMP"),
        ),
        default="LATEST",
    )
    starting_sequence_number: Text | None = prop(STRING, default=None)
    max_records: Integer = prop(INTEGER, default=1000)
    max_duration: Text = prop(DURATION, default="PT30S")
    poll_duration: Text = prop(DURATION, default="PT1S")

    async def _wait(self, run: RunContext, client: Any) -> dict[str, Any]:
        from flowrt.services.folders import temporary_name
        from flowrt.services.rows import RowFile

        started, stream = time.monotonic(), required_text(run, self.stream_name)
        longest, pause = run.duration(self.max_duration), run.duration(self.poll_duration)
        longest, pause = 30.0 if longest is None else longest, 1.0 if pause is None else pause
        most = run.integer(self.max_records)
        last: dict[str, str] = {}
        path = run.private_folder() / temporary_name(".ion")
        with RowFile(path) as file:

            def over() -> bool:
                enough = most is not None and file.count >= most
                return enough or time.monotonic() - started > longest

            for shard in await self._shards(run, client, stream):
                iterator = await self._iterator(run, client, stream, shard)
                while iterator is not None:
                    left = LARGEST if most is None else min(LARGEST, most - file.count)
                    if left <= 0:
                        break
                    page = await self._ask(
                        run, client.get_records, ShardIterator=iterator, Limit=left
                    )
                    for each in page["Records"]:
                        file.write(_row(shard, each))
                        last[shard] = each["SequenceNumber"]
                    iterator = page.get("NextShardIterator")
                    if over():
                        break
                    await run.sleep(pause)
            count = file.count
        run.metric("timer", "duration", time.monotonic() - started)
        run.metric("counter", "records", count)
        uri = run.put_file(path, path.name)
        return {"uri": uri, "count": count, "lastSequencePerShard": last}

    async def _shards(self, run: RunContext, client: Any, stream: str) -> list[str]:
        asked, found = {"StreamName": stream}, []
        while True:
            page = await self._ask(run, client.list_shards, **asked)
            found += [each["ShardId"] for each in page["Shards"]]
            if not page.get("NextToken"):
                return found
            asked = {"NextToken": page["NextToken"]}

    async def _iterator(self, run: RunContext, client: Any, stream: str, shard: str) -> str | None:
        kind = run.text(self.iterator_type) or "LATEST"
        asked = {"StreamName": stream, "ShardId": shard, "ShardIteratorType": kind}
        number = run.text(self.starting_sequence_number)
        if number is not None:
            asked["StartingSequenceNumber"] = number
        page = await self._ask(run, client.get_shard_iterator, **asked)
        iterator: str | None = page.get("ShardIterator")
        return iterator


def _row(shard: str, found: dict[str, Any]) -> dict[str, Any]:
    arrived = found.get("ApproximateArrivalTimestamp")
    return {
        "data": found["Data"].decode("utf-8", "replace"),
        "partitionKey": found.get("PartitionKey"),
        "sequenceNumber": found.get("SequenceNumber"),
        "shardId": shard,
        "approximateArrivalTimestamp": None if arrived is None else instant(arrived),
    }
