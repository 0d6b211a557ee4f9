"""Bedrock, HealthLake and S3 Files, against a stand-in; the library checks requests and answers by the models of AWS."""

from __future__ import annotations

import json
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from plugins.service import Answers, Service
from plugins.test_aws_platform import elsewhere
from tasks.fake import FakeRun, t

from flowrt.model.failures import TaskFailure

# ---- Bedrock --------------------------------------------------------------------------------------------------------

MESSAGES = [{"role": "User", "content": t("Hi {{ name }}")}, {"role": "assistant", "content": "?"}]
SETTINGS = {"maxTokens": 10, "temperature": 0.5, "topP": 1, "stopSequences": ["."], "other": 1}
ASKED = {
    "messages": [
        {"role": "user", "content": [{"text": "Hi Ada"}]},
        {"role": "assistant", "content": [{"text": "?"}]},
    ],
    "system": [{"text": "be kind"}],
    "inferenceConfig": {
        "maxTokens": 10,
        "temperature": 0.5,
        "topP": 1,
        "stopSequences": ["."],
    },
}
MODEL = "anthropic.claude-v2"


def talk(service: Service, name: str, **properties: Any) -> Any:
    given = {"model_id": MODEL, "messages": MESSAGES, **properties}
    return elsewhere(service, f"bedrock.{name}", **given)


def test_a_conversation(tmp_path: Path, service: Service) -> None:
    blocks = [{"reasoningContent": {"reasoningText": {"text": "hm"}}}, {"text": "Hello"}]
    service.answer = lambda asked: (
        200,
        {
            "output": {"message": {"role": "assistant", "content": blocks}},
            "stopReason": "end_turn",
            "usage": {"inputTokens": 3, "outputTokens": 2, "totalTokens": 5},
        },
    )
    run = FakeRun(tmp_path, name="Ada")
    found = run.run(talk(service, "Converse", system="be kind", inference_config=SETTINGS))
    assert found == {
        "modelId": MODEL,
        "content": "Hello",
        "stopReason": "end_turn",
        "inputTokens": 3,
        "outputTokens": 2,
    }
    assert service.last.path == f"/model/{MODEL}/converse"
    assert service.last.json == ASKED
    run.run(talk(service, "Converse", system=" "))
    assert "system" not in service.last.json and "inferenceConfig" not in service.last.json


def event(name: str, payload: Any) -> bytes:
    """An event of a stream, as AWS frames it."""
    headers = b""
    for key, value in (
        (":message-type", "event"),
        (":event-type", name),
        (":content-type", "application/json"),
    ):
        text = value.encode()
        headers += bytes([len(key)]) + key.encode() + b"\x07" + struct.pack(">H", len(text)) + text
    body = json.dumps(payload).encode()
    prelude = struct.pack(">II", 16 + len(headers) + len(body), len(headers))
    message = prelude + struct.pack(">I", zlib.crc32(prelude)) + headers + body
    return message + struct.pack(">I", zlib.crc32(message))


def test_a_conversation_that_comes_bit_by_bit(tmp_path: Path, service: Service) -> None:
    stream = b"".join(
        (
            event("messageStart", {"role": "assistant"}),
            event("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "Hel"}}),
            event("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "lo"}}),
            event("contentBlockStop", {"contentBlockIndex": 0}),
            event("messageStop", {"stopReason": "max_tokens"}),
            event("metadata", {"usage": {"inputTokens": 3, "outputTokens": 2, "totalTokens": 5}}),
        )
    )
    kind = {"Content-Type": "application/vnd.amazon.eventstream"}
    service.answer = lambda asked: (200, stream, kind)
    run = FakeRun(tmp_path, name="Ada")
    found = run.run(talk(service, "ConverseStream", system="be kind", inference_config=SETTINGS))
    assert found == {
        "modelId": MODEL,
        "content": "Hello",
        "stopReason": "max_tokens",
        "inputTokens": 3,
        "outputTokens": 2,
    }
    assert service.last.path == f"/model/{MODEL}/converse-stream"
    assert service.last.json == ASKED


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"messages": [{"content": "x"}]}, "Message at index 0 is missing required field 'role'"),
        ({"messages": [{"role": "system", "content": "x"}]}, "has unsupported role 'system'"),
        ({"messages": [{"role": "user"}]}, "is missing required field 'content'"),
        ({"messages": "hi"}, "messages must be a list of"),
        ({"inference_config": {"maxTokens": "x"}}, "inferenceConfig.maxTokens must be an integer"),
        ({"inference_config": {"topP": True}}, "inferenceConfig.topP must be a number between"),
        ({"inference_config": {"stopSequences": "."}}, "must be a list of strings, got: ."),
    ],
)
def test_a_conversation_that_is_none(
    tmp_path: Path, service: Service, given: dict[str, Any], message: str
) -> None:
    with pytest.raises(TaskFailure, match=message):
        FakeRun(tmp_path, name="Ada").run(talk(service, "Converse", **given))
    assert service.asked == []


def test_a_model_is_asked_in_its_own_terms(tmp_path: Path, service: Service) -> None:
    service.answer = lambda asked: (200, {"completion": "Hello"})
    run = FakeRun(tmp_path, name="Ada")
    ask = elsewhere(
        service, "bedrock.InvokeModel", model_id=MODEL, body={"prompt": t("{{ name }}"), "n": 1}
    )
    assert run.run(ask) == {"modelId": MODEL, "body": {"completion": "Hello"}}
    assert (service.last.path, service.last.json) == (
        f"/model/{MODEL}/invoke",
        {"prompt": "Ada", "n": 1},
    )
    assert not [text for _, text in run.logs if "Hello" in text or "Ada" in text]
    service.answer = lambda asked: (200, [1])
    with pytest.raises(TaskFailure, match="answered with no map"):
        run.run(ask)
    refused = {"message": "no access"}, {"x-amzn-errortype": "AccessDeniedException"}
    service.answer = lambda asked: (403, *refused)
    with pytest.raises(TaskFailure, match="AWS bedrock-runtime: AccessDeniedException: no access"):
        run.run(ask)


def test_models_that_there_are(tmp_path: Path, service: Service) -> None:
    model = {
        "modelArn": "arn",
        "modelId": MODEL,
        "modelName": "Claude",
        "inputModalities": ["TEXT"],
        "responseStreamingSupported": True,
    }
    service.answer = lambda asked: (200, {"modelSummaries": [model]})
    run = FakeRun(tmp_path)
    found = run.run(
        elsewhere(
            service,
            "bedrock.ListFoundationModels",
            by_provider="Anthropic",
            by_output_modality="TEXT",
        )
    )
    assert found == {
        "models": [
            {
                "modelId": MODEL,
                "modelName": "Claude",
                "providerName": "",
                "inputModalities": ["TEXT"],
                "outputModalities": [],
                "inferenceTypesSupported": [],
                "customizationsSupported": [],
                "responseStreamingSupported": True,
            }
        ]
    }
    path = "/foundation-models?byProvider=Anthropic&byOutputModality=TEXT"
    assert service.last.path == path
    message = "byInferenceType 'X' is not valid. Valid values: ON_DEMAND, PROVISIONED"
    with pytest.raises(TaskFailure, match=message):
        run.run(elsewhere(service, "bedrock.ListFoundationModels", by_inference_type="X"))


# ---- HealthLake -----------------------------------------------------------------------------------------------------

NUMBER = "0123456789abcdef0123456789abcdef"
STORE = {
    "DatastoreId": NUMBER,
    "DatastoreArn": "arn",
    "DatastoreName": "n",
    "DatastoreStatus": "ACTIVE",
    "DatastoreTypeVersion": "R4",
    "DatastoreEndpoint": "https://e",
    "CreatedAt": 1767323045.0,
}
TOLD = {
    "datastoreId": NUMBER,
    "datastoreArn": "arn",
    "datastoreName": "n",
    "datastoreStatus": "ACTIVE",
    "datastoreEndpoint": "https://e",
    "createdAt": "2026-01-02T03:04:05Z",
}


def health(service: Service, name: str, **properties: Any) -> Any:
    return elsewhere(service, f"healthlake.{name}", **properties)


def action(service: Service) -> str:
    return service.last.headers["x-amz-target"].partition(".")[2]


def test_data_stores(tmp_path: Path, service: Service) -> None:
    more = {**STORE, "DatastoreName": None, "CreatedAt": None}
    del more["DatastoreName"], more["CreatedAt"]
    service.answer = Answers(
        STORE,
        {"DatastoreProperties": STORE},
        {"DatastorePropertiesList": [STORE], "NextToken": "p"},
        {"DatastorePropertiesList": [more]},
        {**STORE, "DatastoreStatus": "DELETING"},
    )
    run = FakeRun(tmp_path)
    made = run.run(health(service, "CreateDatastore", datastore_name="n"))
    names = ("datastoreArn", "datastoreEndpoint", "datastoreId", "datastoreStatus")
    assert made == {name: TOLD[name] for name in names}
    assert action(service) == "CreateFHIRDatastore"
    asked = service.last.json
    assert (asked["DatastoreName"], asked["DatastoreTypeVersion"]) == ("n", "R4")
    assert run.run(health(service, "DescribeDatastore", datastore_id=NUMBER)) == TOLD
    listed = run.run(health(service, "ListDatastores", filter_name="n", filter_status="ACTIVE"))
    unnamed = {**TOLD, "datastoreName": "", "createdAt": ""}
    assert listed == {"datastores": [TOLD, unnamed], "total": 2}
    wanted = {"DatastoreName": "n", "DatastoreStatus": "ACTIVE"}
    assert service.last.json == {"Filter": wanted, "NextToken": "p"}
    gone = run.run(health(service, "DeleteDatastore", datastore_id=NUMBER))
    assert gone["datastoreStatus"] == "DELETING" and service.last.json == {"DatastoreId": NUMBER}


JOB = {
    "JobId": NUMBER,
    "JobName": "j",
    "JobStatus": "COMPLETED",
    "DatastoreId": NUMBER,
    "SubmitTime": 1767323045.0,
    "Message": "fine",
}
JOB_TOLD = {
    "jobId": NUMBER,
    "jobName": "j",
    "jobStatus": "COMPLETED",
    "datastoreId": NUMBER,
    "submitTime": "2026-01-02T03:04:05Z",
    "endTime": None,
    "message": "fine",
}
ROLE = "arn:aws:iam::123456789012:role/r"


@pytest.mark.parametrize("kind", ["Import", "Export"])
def test_jobs_of_a_data_store(tmp_path: Path, service: Service, kind: str) -> None:
    target = {"S3Configuration": {"S3Uri": "s3://b/out"}}
    described = {**JOB, "OutputDataConfig": target, "InputDataConfig": {"S3Uri": "s3://b/in"}}
    service.answer = Answers(
        {"JobId": NUMBER, "JobStatus": "SUBMITTED", "DatastoreId": NUMBER},
        {f"{kind}JobProperties": described},
    )
    given = {"datastore_id": NUMBER, "output_s3_uri": "s3://b/out", "data_access_role_arn": ROLE}
    own = {"input_s3_uri": "s3://b/in"} if kind == "Import" else {"kms_key_id": "key"}
    run = FakeRun(tmp_path)
    begun = run.run(health(service, f"Start{kind}Job", job_name="j", **given, **own))
    assert begun == {"jobId": NUMBER, "jobStatus": "SUBMITTED", "datastoreId": NUMBER}
    assert action(service) == f"StartFHIR{kind}Job"
    asked = service.last.json
    assert asked.pop("ClientToken")
    common = {"DatastoreId": NUMBER, "DataAccessRoleArn": ROLE, "JobName": "j"}
    if kind == "Import":
        more = {"InputDataConfig": {"S3Uri": "s3://b/in"}, "JobOutputDataConfig": target}
    else:
        sealed = {"S3Uri": "s3://b/out", "KmsKeyId": "key"}
        more = {"OutputDataConfig": {"S3Configuration": sealed}}
    assert asked == {**common, **more}
    found = run.run(health(service, f"Describe{kind}Job", datastore_id=NUMBER, job_id=NUMBER))
    assert found == {**JOB_TOLD, **({"outputS3Uri": "s3://b/out"} if kind == "Export" else {})}


# ---- S3 Files -------------------------------------------------------------------------------------------------------

SYSTEM = {
    "creationTime": 1767323045,
    "fileSystemArn": "arn:aws:s3files:eu-west-1:123456789012:file-system/fs-1",
    "fileSystemId": "fs-0123456789abcdef0",
    "bucket": "arn:aws:s3:::b",
    "status": "available",
    "roleArn": ROLE,
    "ownerId": "123456789012",
    "name": "n",
}
TARGET = {
    "availabilityZoneId": "z",
    "ownerId": "123456789012",
    "mountTargetId": "fsmt-0123456789abcdef0",
    "fileSystemId": "fs-0123456789abcdef0",
    "subnetId": "subnet-0123456789abcdef0",
    "ipv4Address": "10.0.0.9",
    "vpcId": "vpc-1",
    "status": "available",
}


def files(service: Service, name: str, **properties: Any) -> Any:
    return elsewhere(service, f"s3.files.{name}", **properties)


def test_file_systems(tmp_path: Path, service: Service) -> None:
    service.answer = Answers(
        (201, SYSTEM), SYSTEM, {"fileSystems": [SYSTEM], "nextToken": "p"}, (204, b"")
    )
    run = FakeRun(tmp_path)
    number = SYSTEM["fileSystemId"]
    made = run.run(
        files(
            service,
            "CreateFileSystem",
            bucket="arn:aws:s3:::b",
            role_arn=ROLE,
            prefix="in/",
            tags={"Name": "n"},
            accept_bucket_warning=True,
        )
    )
    assert made == {
        name: SYSTEM[name] for name in ("creationTime", "fileSystemArn", "fileSystemId", "status")
    }
    assert (service.last.method, service.last.path) == ("PUT", "/file-systems")
    asked = service.last.json
    asked.pop("clientToken", None)
    assert asked == {
        "bucket": "arn:aws:s3:::b",
        "roleArn": ROLE,
        "prefix": "in/",
        "tags": [{"key": "Name", "value": "n"}],
        "acceptBucketWarning": True,
    }
    found = run.run(files(service, "GetFileSystem", file_system_id=number))
    assert found == {"fileSystem": SYSTEM}
    listed = run.run(files(service, "ListFileSystems", bucket="arn:aws:s3:::b", max_results=5))
    assert listed == {"fileSystems": [SYSTEM], "nextToken": "p"}
    assert service.last.path == "/file-systems?maxResults=5&bucket=arn%3Aaws%3As3%3A%3A%3Ab"
    assert run.run(files(service, "DeleteFileSystem", file_system_id=number)) is None
    assert (service.last.method, service.last.path) == ("DELETE", f"/file-systems/{number}")


def test_mount_targets(tmp_path: Path, service: Service) -> None:
    service.answer = Answers(TARGET, {"mountTargets": [TARGET]}, (204, b""))
    run = FakeRun(tmp_path)
    system, number = TARGET["fileSystemId"], TARGET["mountTargetId"]
    made = run.run(
        files(
            service,
            "CreateMountTarget",
            file_system_id=system,
            subnet_id=TARGET["subnetId"],
            ip_address="10.0.0.9",
            security_groups=["sg-0123456789abcdef0"],
        )
    )
    assert made == {"mountTargetId": number, "ipAddress": "10.0.0.9", "status": "available"}
    assert service.last.json == {
        "fileSystemId": system,
        "subnetId": TARGET["subnetId"],
        "ipv4Address": "10.0.0.9",
        "securityGroups": ["sg-0123456789abcdef0"],
    }
    listed = run.run(files(service, "ListMountTargets", file_system_id=system, next_token="t"))
    (target,) = listed["mountTargets"]
    assert target["ipAddress"] == "10.0.0.9" and "availabilityZoneId" not in target
    assert service.last.path == f"/mount-targets?fileSystemId={system}&nextToken=t"
    assert run.run(files(service, "DeleteMountTarget", mount_target_id=number)) is None
    assert (service.last.method, service.last.path) == ("DELETE", f"/mount-targets/{number}")
