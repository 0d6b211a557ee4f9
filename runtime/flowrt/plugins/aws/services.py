"""Queues, topics, events, streams, functions, registries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import (
    ANY,
    BOOLEAN,
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
from flowrt.model.failures import Outcome, TaskFailure
from flowrt.plugins.aws.client import AwsTask
from flowrt.plugins.rows import given_rows, stored
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Mapping, Text

LARGEST_BATCH = 10
"""How many messages a request may hold."""


def batches(rows: Iterable[Any], size: int) -> Iterator[list[Any]]:
    """Rows in lists of a size."""
    batch: list[Any] = []
    for row in rows:
        batch.append(row)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def message(given: Any) -> dict[str, Any]:
    """A message of a flow: a map of its parts, or its text. Raises TaskFailure."""
    if isinstance(given, str):
        return {"data": given}
    if not isinstance(given, dict) or given.get("data") is None:
        raise TaskFailure("a message has `data`")
    return given


@task_type("io.kestra.plugin.aws.sns.Publish")
class SnsPublish(AwsTask):
    """Publish messages to a topic."""

    service: ClassVar[str] = "sns"
    outputs: ClassVar[dict[str, Kind] | None] = {"messagesCount": INTEGER}

    topic_arn: Text = prop(STRING)
    from_: Any = prop(ANY, yaml="from")

    def _work(self, run: RunContext, client: Any) -> dict[str, Any]:
        topic, count = required_text(run, self.topic_arn), 0
        for given in map(message, given_rows(run, self.from_)):
            asked = {"TopicArn": topic, "Message": str(given["data"])}
            for key, name in (
                ("subject", "Subject"),
                ("groupId", "MessageGroupId"),
                ("deduplicationId", "MessageDeduplicationId"),
                ("phoneNumber", "PhoneNumber"),
                ("structure", "MessageStructure"),
            ):
                if given.get(key) is not None:
                    asked[name] = str(given[key])
            client.publish(**asked)
            count += 1
        return {"messagesCount": count}


class SqsTask(AwsTask):
    """What the tasks of SQS share."""

    service: ClassVar[str] = "sqs"

    queue_url: Text = prop(STRING)
    max_concurrency: Integer = prop(INTEGER, default=50, ignored=True)
    connection_acquisition_timeout: Text = prop(DURATION, default="PT5S", ignored=True)


@task_type("io.kestra.plugin.aws.sqs.Publish")
class SqsPublish(SqsTask):
    """Put messages into a queue."""

    outputs: ClassVar[dict[str, Kind] | None] = {"messagesCount": INTEGER}

    from_: Any = prop(ANY, yaml="from")

    def _work(self, run: RunContext, client: Any) -> dict[str, Any]:
        queue, count = required_text(run, self.queue_url), 0
        for batch in batches(map(message, given_rows(run, self.from_)), LARGEST_BATCH):
            entries = []
            for number, given in enumerate(batch):
                entry: dict[str, Any] = {"Id": str(number), "MessageBody": str(given["data"])}
                if given.get("delaySeconds") is not None:
                    entry["DelaySeconds"] = int(given["delaySeconds"])
                for key, name in (
                    ("groupId", "MessageGroupId"),
                    ("deduplicationId", "MessageDeduplicationId"),
                ):
                    if given.get(key) is not None:
                        entry[name] = str(given[key])
                entries.append(entry)
            answer = client.send_message_batch(QueueUrl=queue, Entries=entries)
            failed = answer.get("Failed") or []
            if failed:
                raise TaskFailure(
                    f"AWS sqs: {len(failed)} messages were refused: {failed[0].get('Message')}"
                )
            count += len(entries)
        return {"messagesCount": count}


@task_type("io.kestra.plugin.aws.sqs.Consume")
class SqsConsume(SqsTask):
    """Take messages out of a queue, until there are enough, or for a time."""

    outputs: ClassVar[dict[str, Kind] | None] = {"count": INTEGER, "uri": URI}

    max_records: Integer | None = prop(INTEGER, default=None)
    max_duration: Text | None = prop(DURATION, default=None)
    auto_delete: Flag = prop(BOOLEAN, default=True)
    visibility_timeout: Integer = prop(INTEGER, default=30)
    serde_type: Text = prop(enum("STRING", "JSON"), default="STRING")

    def _work(self, run: RunContext, client: Any) -> dict[str, Any]:
        import time

        from flowrt.formats.jsonread import parse_json

        queue, most = required_text(run, self.queue_url), run.integer(self.max_records)
        seconds = run.duration(self.max_duration)
        if most is None and seconds is None:
            raise TaskFailure("`maxDuration` or `maxRecords` must be set")
        is_json = run.text(self.serde_type) == "JSON"
        deletes = run.flag(self.auto_delete, True)
        end = None if seconds is None else time.monotonic() + seconds

        def messages() -> Iterator[Any]:
            seen = 0
            while most is None or seen < most:
                left = None if end is None else end - time.monotonic()
                if left is not None and left <= 0:
                    return
                answer = client.receive_message(
                    QueueUrl=queue,
                    MaxNumberOfMessages=LARGEST_BATCH if most is None else min(most - seen, 10),
                    VisibilityTimeout=run.integer(self.visibility_timeout) or 30,
                    WaitTimeSeconds=1 if left is None else min(20, max(0, int(left))),
                )
                found = answer.get("Messages") or []
                if not found and end is None:
                    return  # the queue is empty, and no time says how long to wait
                for each in found:
                    seen += 1
                    yield parse_json(each["Body"]) if is_json else each["Body"]
                    if deletes:
                        client.delete_message(QueueUrl=queue, ReceiptHandle=each["ReceiptHandle"])

        uri, count = stored(run, messages())
        return {"count": count, "uri": uri}


@task_type("io.kestra.plugin.aws.eventbridge.PutEvents")
class EventBridgePutEvents(AwsTask):
    """Put events on buses."""

    service: ClassVar[str] = "events"
    outputs: ClassVar[dict[str, Kind] | None] = {
        "uri": URI,
        "failedEntryCount": INTEGER,
        "entryCount": INTEGER,
    }

    entries: Any = prop(ANY)
    fail_on_unsuccessful_events: Flag = prop(BOOLEAN, default=True)

    def _work(self, run: RunContext, client: Any) -> dict[str, Any] | Outcome:
        from flowrt.formats.jsonwrite import to_json

        rows = list(given_rows(run, self.entries))
        failed, told = 0, []
        for batch in batches(rows, LARGEST_BATCH):
            asked = []
            for each in batch:
                detail = each.get("detail")
                entry = {
                    "EventBusName": each.get("eventBusName"),
                    "Source": each.get("source"),
                    "DetailType": each.get("detailType"),
                    "Detail": detail if isinstance(detail, str) else to_json(detail or {}),
                    "Resources": each.get("resources"),
                }
                asked.append({key: value for key, value in entry.items() if value is not None})
            answer = client.put_events(Entries=asked)
            failed += answer.get("FailedEntryCount") or 0
            told += [
                {
                    "entry": row,
                    "eventId": said.get("EventId"),
                    "errorCode": said.get("ErrorCode"),
                    "errorMessage": said.get("ErrorMessage"),
                }
                for row, said in zip(batch, answer.get("Entries") or (), strict=False)
            ]
        if failed and run.flag(self.fail_on_unsuccessful_events, True):
            raise TaskFailure(f"Response show {failed} event failed: {told}")
        uri, _ = stored(run, told)
        outputs = {"uri": uri, "failedEntryCount": failed, "entryCount": len(rows)}
        return Outcome(outputs, "WARNING") if failed else outputs


@task_type("io.kestra.plugin.aws.kinesis.PutRecords")
class KinesisPutRecords(AwsTask):
    """Put records into a stream."""

    service: ClassVar[str] = "kinesis"
    outputs: ClassVar[dict[str, Kind] | None] = {
        "uri": URI,
        "failedRecordsCount": INTEGER,
        "recordCount": INTEGER,
    }

    records: Any = prop(ANY)
    stream_name: Text | None = prop(STRING, default=None)
    stream_arn: Text | None = prop(STRING, default=None)
    fail_on_unsuccessful_records: Flag = prop(BOOLEAN, default=True)

    def _work(self, run: RunContext, client: Any) -> dict[str, Any] | Outcome:
        name, arn = run.text(self.stream_name), run.text(self.stream_arn)
        if not name and not arn:
            raise TaskFailure("Either streamName or streamArn has to be set.")
        stream = {"StreamARN": arn} if arn else {"StreamName": name}
        rows, failed, told = list(given_rows(run, self.records)), 0, []
        for batch in batches(rows, 500):
            asked = []
            for each in batch:
                entry = {
                    "Data": str(each.get("data", "")).encode(),
                    "PartitionKey": each.get("partitionKey"),
                }
                if each.get("explicitHashKey") is not None:
                    entry["ExplicitHashKey"] = each["explicitHashKey"]
                asked.append(entry)
            answer = client.put_records(Records=asked, **stream)
            failed += answer.get("FailedRecordCount") or 0
            told += [
                {
                    "record": row,
                    "sequenceNumber": said.get("SequenceNumber"),
                    "shardId": said.get("ShardId"),
                    "errorCode": said.get("ErrorCode"),
                    "errorMessage": said.get("ErrorMessage"),
                }
                for row, said in zip(batch, answer.get("Records") or (), strict=False)
            ]
        if failed and run.flag(self.fail_on_unsuccessful_records, True):
            raise TaskFailure(f"Response show {failed} record failed: {told}")
        uri, _ = stored(run, told)
        outputs = {"uri": uri, "failedRecordsCount": failed, "recordCount": len(rows)}
        return Outcome(outputs, "WARNING") if failed else outputs


@task_type("io.kestra.plugin.aws.lambda.Invoke")
class LambdaInvoke(AwsTask):
    """Call a function and wait for what it answers."""

    service: ClassVar[str] = "lambda"
    outputs: ClassVar[dict[str, Kind] | None] = {
        "uri": URI,
        "contentLength": INTEGER,
        "contentType": STRING,
        "eTag": STRING,
        "versionId": STRING,
    }

    function_arn: Text = prop(STRING)
    function_payload: Mapping | None = prop(mapping(), default=None)

    def _work(self, run: RunContext, client: Any) -> dict[str, Any]:
        from flowrt.formats.jsonread import parse_json
        from flowrt.formats.jsonwrite import to_json

        name, payload = required_text(run, self.function_arn), run.mapping(self.function_payload)
        more = {"Payload": to_json(payload).encode()} if payload else {}
        answer = client.invoke(FunctionName=name, **more)
        data = answer["Payload"].read()
        if answer.get("FunctionError"):
            said = data.decode("utf-8", "replace")
            try:
                found = parse_json(said)
                said = str(found.get("errorMessage", said)) if isinstance(found, dict) else said
            except Exception:
                pass
            raise TaskFailure(
                f"Lambda Invoke task responded with error for function: {name}. Error: {said}"
            )
        kind = answer["ResponseMetadata"]["HTTPHeaders"].get(
            "content-type", "application/octet-stream"
        )
        return {
            "uri": run.put_file(
                data, f"{run.taskrun_id}.json" if "json" in kind else run.taskrun_id
            ),
            "contentLength": len(data),
            "contentType": kind.partition(";")[0],
        }


@task_type("io.kestra.plugin.aws.ecr.GetAuthToken")
class EcrGetAuthToken(AwsTask):
    """The password for a registry of images; sealed among the outputs."""

    service: ClassVar[str] = "ecr"
    seals: ClassVar[bool] = True
    outputs: ClassVar[dict[str, Kind] | None] = {"token": mapping()}

    def _work(self, run: RunContext, client: Any) -> dict[str, Any]:
        from base64 import b64decode

        data = client.get_authorization_token()["authorizationData"]
        if not data:
            raise TaskFailure("AWS ecr: there is no token")
        token = b64decode(data[0]["authorizationToken"]).decode()
        return {"token": run.seal(token.partition(":")[2] or token)}


@task_type("io.kestra.plugin.aws.athena.Query")
class AthenaQuery(AwsTask):
    """Run a query and take its rows."""

    service: ClassVar[str] = "athena"
    outputs: ClassVar[dict[str, Kind] | None] = {
        "queryExecutionId": STRING,
        "row": mapping(),
        "rows": mapping(),
        "size": INTEGER,
        "uri": URI,
    }

    query: Text = prop(STRING)
    database: Text = prop(STRING)
    output_location: Text = prop(STRING)
    catalog: Text | None = prop(STRING, default=None)
    fetch_type: Text = prop(enum("STORE", "FETCH", "FETCH_ONE", "NONE"), default="STORE")
    skip_header: Flag = prop(BOOLEAN, default=True)

    def _work(self, run: RunContext, client: Any) -> dict[str, Any]:
        import time

        from flowrt.plugins.rows import put_out

        context = {"Database": required_text(run, self.database)}
        catalog = run.text(self.catalog)
        if catalog is not None:
            context["Catalog"] = catalog
        number = client.start_query_execution(
            QueryString=required_text(run, self.query),
            QueryExecutionContext=context,
            ResultConfiguration={"OutputLocation": required_text(run, self.output_location)},
        )["QueryExecutionId"]
        run.log("INFO", f"Query created with Athena: {number}")
        run.on_kill(lambda: client.stop_query_execution(QueryExecutionId=number))
        while True:
            status = client.get_query_execution(QueryExecutionId=number)["QueryExecution"]["Status"]
            state = status["State"]
            if state in ("FAILED", "CANCELLED"):
                raise TaskFailure(
                    f"The query {number} {state.lower()}: {status.get('StateChangeReason', '')}"
                )
            if state == "SUCCEEDED":
                break
            time.sleep(0.5)
        kind = run.text(self.fetch_type)
        if kind == "NONE":
            return {"queryExecutionId": number}
        rows = self._rows(client, number, run.flag(self.skip_header, True))
        return {"queryExecutionId": number, **put_out(run, rows, kind)}

    def _rows(self, client: Any, number: str, skip: bool) -> Iterator[dict[str, Any]]:
        first = True
        for page in client.get_paginator("get_query_results").paginate(QueryExecutionId=number):
            columns = page["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
            for row in page["ResultSet"]["Rows"]:
                if first and skip:
                    first = False
                    continue
                first = False
                yield {
                    column["Name"]: _cell(column["Type"], cell.get("VarCharValue"))
                    for column, cell in zip(columns, row["Data"], strict=False)
                }


def _cell(kind: str, text: str | None) -> Any:
    """The value of a cell by the type of its column."""
    from datetime import date, datetime
    from decimal import Decimal

    if text is None:
        return None
    try:
        if kind in ("integer", "bigint", "smallint", "tinyint", "int"):
            return int(text)
        if kind in ("double", "float", "real"):
            return float(text)
        if kind == "decimal":
            return Decimal(text)
        if kind == "boolean":
            return text == "true"
        if kind == "date":
            return date.fromisoformat(text)
        if kind == "timestamp":
            return datetime.fromisoformat(text)
    except ValueError:
        pass
    return text
