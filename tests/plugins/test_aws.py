"""AWS and MinIO, against a server that keeps their interfaces (moto)."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tasks.fake import FakeRun, t

from flowrt import catalog
from flowrt.model.failures import TaskFailure
from flowrt.plugins.aws.objects import Place

REGION = "eu-west-1"
ARN = f"arn:aws:sns:{REGION}:123456789012:topic"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        moto = pytest.importorskip("moto.server")
        running = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        running.start()
    host, port = running.get_host_and_port()
    yield f"http://{host}:{port}"
    running.stop()


@pytest.fixture
def aws(server: str) -> Iterator[Any]:
    """Makes tasks of AWS; nothing is left of what the test before made."""
    import urllib.request

    urllib.request.urlopen(f"{server}/moto-api/reset", data=b"").close()

    def make(name: str, **properties: Any) -> Any:
        found = catalog.find(f"io.kestra.plugin.{name}")
        assert found is not None
        if name.startswith("minio."):
            reach: dict[str, Any] = {"endpoint": server}
        else:
            reach = {"endpoint_override": server, "force_path_style": True}
        keys = {"access_key_id": t("{{ key }}"), "secret_key_id": "s", "region": REGION}
        return found("t", **reach, **keys, **properties)

    make.url = server  # type: ignore[attr-defined]
    yield make


def a_run(tmp_path: Path, **variables: Any) -> FakeRun:
    return FakeRun(tmp_path, key="AK", **variables)


def client(server: str, service: str) -> Any:
    import boto3

    return boto3.client(
        service,
        endpoint_url=server,
        region_name=REGION,
        aws_access_key_id="AK",
        aws_secret_access_key="s",
    )


@pytest.fixture(params=["aws.s3", "minio"])
def bucket(request: pytest.FixtureRequest, aws: Any, tmp_path: Path) -> Any:
    """Makes the tasks of both services that keep objects, in a bucket with three of them."""

    def make(verb: str, **properties: Any) -> Any:
        return aws(f"{request.param}.{verb}", **properties)

    run = a_run(tmp_path)
    assert run.run(make("CreateBucket", bucket="box"))["bucket"] == "box"
    for key in ("in/a.csv", "in/b.txt", "in/deep/c.csv"):
        run.run(make("Upload", bucket="box", key=key, from_=run.store(key)))
    make.url = aws.url  # type: ignore[attr-defined]
    return make


def keys(make: Any) -> list[str]:
    found = client(make.url, "s3").list_objects_v2(Bucket="box")
    return [each["Key"] for each in found.get("Contents") or ()]


def test_objects_are_given_and_taken(tmp_path: Path, bucket: Any) -> None:
    run = a_run(tmp_path)
    uri = run.store("héllo")
    given = run.run(
        bucket(
            "Upload",
            bucket="box",
            key="x/y.txt",
            from_=uri,
            metadata={"a": "b"},
            content_type="text/plain",
        )
    )
    assert (given["bucket"], given["key"]) == ("box", "x/y.txt") and given["eTag"]
    found = run.run(bucket("Download", bucket="box", key="x/y.txt"))
    assert run.content(found["uri"]) == "héllo" and found["contentLength"] == 6
    run.run(bucket("Upload", bucket="box", key="many", from_={"p.txt": uri, "q.txt": uri}))
    run.run(
        bucket("Upload", bucket="box", key="list", from_=f'["{uri}", "{run.store("z", "z.txt")}"]')
    )
    assert {"many/p.txt", "many/q.txt", "list/in.txt", "list/z.txt"} <= set(keys(bucket))
    with pytest.raises(TaskFailure, match="No files to upload"):
        run.run(bucket("Upload", bucket="box", key="k", from_=[]))


def test_objects_are_listed(tmp_path: Path, bucket: Any) -> None:
    run = a_run(tmp_path)
    found = run.run(bucket("List", bucket="box", prefix="in/", regexp=r".*\.csv"))
    assert [each["key"] for each in found["objects"]] == ["in/a.csv", "in/deep/c.csv"]
    assert found["objects"][0]["size"] == 8 and found["objects"][0]["lastModified"]
    assert len(run.run(bucket("List", bucket="box", max_keys=1))["objects"]) == 1
    with pytest.raises(TaskFailure, match="Invalid regexp"):
        run.run(bucket("List", bucket="box", regexp="("))


@pytest.mark.parametrize("action", ["NONE", "DELETE", "MOVE"])
def test_objects_are_taken_and_cleared_away(tmp_path: Path, bucket: Any, action: str) -> None:
    run = a_run(tmp_path)
    found = run.run(
        bucket("Downloads", bucket="box", prefix="in/", action=action, move_to=Place(key="done"))
    )
    assert {k: run.content(v) for k, v in found["outputFiles"].items()} == {
        each: each for each in ("in/a.csv", "in/b.txt", "in/deep/c.csv")
    }
    left = {
        "NONE": ["in/a.csv", "in/b.txt", "in/deep/c.csv"],
        "DELETE": [],
        "MOVE": ["done/a.csv", "done/b.txt", "done/c.csv"],
    }
    assert keys(bucket) == left[action]


def test_objects_are_copied_and_deleted(tmp_path: Path, bucket: Any) -> None:
    run = a_run(tmp_path)
    source = Place(bucket="box", key="in/a.csv")
    found = run.run(bucket("Copy", from_=source, to=Place(key="copy.csv")))
    assert (found["bucket"], found["key"]) == ("box", "copy.csv")
    run.run(bucket("Copy", from_=source, to=Place(key="moved.csv"), delete=True))
    assert "in/a.csv" not in keys(bucket) and "moved.csv" in keys(bucket)
    run.run(bucket("Delete", bucket="box", key="copy.csv"))
    gone = run.run(bucket("DeleteList", bucket="box", prefix="in/"))
    assert gone["count"] == 2 and gone["size"] == 21
    assert keys(bucket) == ["moved.csv"]
    with pytest.raises(TaskFailure, match="no object to delete"):
        run.run(bucket("DeleteList", bucket="box", prefix="in/", error_on_empty=True))


def test_what_the_service_refuses_is_told(tmp_path: Path, bucket: Any) -> None:
    with pytest.raises(TaskFailure, match="NoSuchKey"):
        a_run(tmp_path).run(bucket("Download", bucket="box", key="none"))
    with pytest.raises(TaskFailure, match="NoSuchBucket"):
        a_run(tmp_path).run(bucket("List", bucket="other"))


def test_a_large_object_goes_in_parts(tmp_path: Path, bucket: Any) -> None:
    run = a_run(tmp_path)
    uri = run.put_file(b"0123456789abcdef" * 1_000_000, "large.bin")
    given = run.run(bucket("Upload", bucket="box", key="large.bin", from_=uri))
    assert "-2" in given["eTag"], "two parts"
    found = run.run(bucket("Download", bucket="box", key="large.bin"))
    assert run.storage.size(found["uri"]) == 16_000_000


def test_several_objects_of_s3_at_once(tmp_path: Path, aws: Any) -> None:
    run = a_run(tmp_path)
    run.run(aws("aws.s3.CreateBucket", bucket="box"))
    for key in ("p/1.csv", "p/2.csv", "q/3.csv"):
        run.run(aws("aws.s3.Upload", bucket="box", key=key, from_=run.store(key)))
    found = run.run(aws("aws.s3.Download", bucket="box", prefix="p/", max_files=1))
    assert list(found["files"]) == ["p/1.csv"]
    assert run.content(found["files"]["p/1.csv"]["uri"]) == "p/1.csv"
    assert any("maxFiles limit is 1" in each for each in run.messages("WARN"))
    with pytest.raises(TaskFailure, match="either specify 'key'"):
        run.run(aws("aws.s3.Download", bucket="box"))


def test_a_role_is_taken_on(tmp_path: Path, aws: Any) -> None:
    made = aws("aws.s3.CreateBucket", bucket="box")
    made.sts_role_arn = "arn:aws:iam::123456789012:role/r"
    made.sts_endpoint_override = aws.url
    assert a_run(tmp_path).run(made) == {"bucket": "box", "region": REGION}


def test_empty_texts_are_no_credentials_and_no_address(
    tmp_path: Path, aws: Any, monkeypatch: Any
) -> None:
    """As where an environment leaves them empty: boto3 finds both where it finds them without a task."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", aws.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AK")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")
    made = aws("aws.s3.CreateBucket", bucket="box", session_token="", sts_role_arn="")
    made.endpoint_override = made.access_key_id = made.secret_key_id = ""
    assert a_run(tmp_path).run(made) == {"bucket": "box", "region": REGION}


# ---- queues and topics ----------------------------------------------------------------------------------------------


@pytest.fixture
def queue(aws: Any) -> str:
    return str(client(aws.url, "sqs").create_queue(QueueName="q")["QueueUrl"])


def test_messages_of_a_queue(tmp_path: Path, aws: Any, queue: str) -> None:
    run = a_run(tmp_path)
    rows = [{"data": json.dumps({"n": n})} for n in range(12)]
    stored = run.store("".join(f"{json.dumps(each)}\n" for each in rows), "rows.ion")
    assert run.run(aws("aws.sqs.Publish", queue_url=queue, from_=stored)) == {"messagesCount": 12}
    assert run.run(aws("aws.sqs.Publish", queue_url=queue, from_={"data": "13"}))
    found = run.run(aws("aws.sqs.Consume", queue_url=queue, max_records=20, serde_type="JSON"))
    assert found["count"] == 13
    taken = [
        json.loads(each.replace("n:", '"n":')) for each in run.content(found["uri"]).splitlines()
    ]
    assert sorted(each["n"] for each in taken if isinstance(each, dict)) == list(range(12))
    again = run.run(aws("aws.sqs.Consume", queue_url=queue, max_records=1))
    assert again["count"] == 0, "they were deleted"
    with pytest.raises(TaskFailure, match="`maxDuration` or `maxRecords`"):
        run.run(aws("aws.sqs.Consume", queue_url=queue))
    with pytest.raises(TaskFailure, match="a message has `data`"):
        run.run(aws("aws.sqs.Publish", queue_url=queue, from_=[{"text": "x"}]))


def test_messages_to_a_topic(tmp_path: Path, aws: Any, queue: str) -> None:
    sns = client(aws.url, "sns")
    topic = sns.create_topic(Name="topic")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:{REGION}:123456789012:q")
    run = a_run(tmp_path, n=1)
    sent = aws(
        "aws.sns.Publish", topic_arn=topic, from_=[{"data": t("no {{ n }}"), "subject": "S"}]
    )
    assert run.run(sent) == {"messagesCount": 1}
    found = run.run(aws("aws.sqs.Consume", queue_url=queue, max_records=1, serde_type="JSON"))
    assert '"no 1"' in run.content(found["uri"])


def test_events_and_records(tmp_path: Path, aws: Any) -> None:
    run = a_run(tmp_path)
    events = [{"source": "s", "detailType": "t", "detail": {"a": 1}, "eventBusName": "default"}]
    found = run.run(aws("aws.eventbridge.PutEvents", entries=events))
    assert (found["entryCount"], found["failedEntryCount"]) == (1, 0)
    assert "eventId" in run.content(found["uri"])
    client(aws.url, "kinesis").create_stream(StreamName="s", ShardCount=1)
    records = [{"data": "x", "partitionKey": "p"}]
    found = run.run(aws("aws.kinesis.PutRecords", records=records, stream_name="s"))
    assert (found["recordCount"], found["failedRecordsCount"]) == (1, 0)
    with pytest.raises(TaskFailure, match="Either streamName or streamArn"):
        run.run(aws("aws.kinesis.PutRecords", records=records))


def test_a_token_of_a_registry_is_sealed(tmp_path: Path, aws: Any) -> None:
    run = a_run(tmp_path)
    token = run.run(aws("aws.ecr.GetAuthToken"))["token"]
    assert token["type"] == "io.kestra.datatype:aes_encrypted"
    clear = run.services.sealer.open(token)
    assert clear and clear not in str(token)
    run.log("INFO", f"docker login -p {clear}")
    assert clear not in run.messages("INFO")[-1]


# ---- DynamoDB -------------------------------------------------------------------------------------------------------


def test_items_of_a_table(tmp_path: Path, aws: Any) -> None:
    client(aws.url, "dynamodb").create_table(
        TableName="people",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    run = a_run(tmp_path, n=7)

    def table(verb: str, **more: Any) -> Any:
        return run.run(aws(f"aws.dynamodb.{verb}", table_name="people", **more))

    table(
        "PutItem", item={"id": "1", "name": t("n{{ n }}"), "tags": ["a", "b"], "in": {"deep": True}}
    )
    table("PutItem", item='{"id": "2", "name": "Bob", "age": 30}')
    assert table("GetItem", key={"id": "1"}) == {
        "row": {"id": "1", "name": "n7", "tags": ["a", "b"], "in": {"deep": True}}
    }
    assert table("GetItem", key={"id": "9"}) == {"row": {}}
    found = table(
        "Query",
        key_condition_expression="id = :id",
        expression_attribute_values={":id": "2"},
        fetch_type="FETCH_ONE",
    )
    assert found == {"row": {"id": "2", "name": "Bob", "age": "30"}, "size": 1}
    assert table("Scan", fetch_type="FETCH", limit=1)["size"] == 1
    stored = table("Scan")
    assert stored["size"] == 2 and "Bob" in run.content(stored["uri"])
    table("DeleteItem", key={"id": "1"})
    assert table("Scan", fetch_type="FETCH")["size"] == 1
    with pytest.raises(TaskFailure, match="`item` is a map"):
        table("PutItem", item=[1, 2])


# ---- Athena and Lambda ----------------------------------------------------------------------------------------------


def test_rows_of_athena(tmp_path: Path, aws: Any) -> None:
    import urllib.request

    kinds = {"n": "integer", "d": "date", "t": "varchar"}
    columns = [{"Name": name, "Type": kind} for name, kind in kinds.items()]
    rows = [
        {"Data": [{"VarCharValue": name} for name in kinds]},
        {"Data": [{"VarCharValue": "1"}, {"VarCharValue": "2026-01-02"}, {}]},
    ]
    result = {"rows": rows, "column_info": columns}
    body = json.dumps({"results": [result], "region": REGION}).encode()
    urllib.request.urlopen(
        urllib.request.Request(
            f"{aws.url}/moto-api/static/athena/query-results",
            body,
            {"Content-Type": "application/json"},
        )
    ).close()
    query = aws(
        "aws.athena.Query",
        query="select 1",
        database="d",
        output_location="s3://b/",
        fetch_type="FETCH",
    )
    found = a_run(tmp_path).run(query)
    assert [{**each, "d": str(each["d"])} for each in found["rows"]] == [
        {"n": 1, "d": "2026-01-02", "t": None}
    ]
    assert found["queryExecutionId"]


def test_a_function_that_is_not_there(tmp_path: Path, aws: Any) -> None:
    with pytest.raises(TaskFailure, match="AWS lambda: ResourceNotFoundException"):
        a_run(tmp_path).run(
            aws("aws.lambda.Invoke", function_arn="none", function_payload={"a": 1})
        )


def test_a_missing_package_is_named(tmp_path: Path, aws: Any, monkeypatch: Any) -> None:
    import sys

    from flowrt.missing import MissingPackage

    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(MissingPackage, match=r"pip install 'boto3.*flowrt\[aws\]"):
        a_run(tmp_path).run(aws("aws.s3.List", bucket="box"))
