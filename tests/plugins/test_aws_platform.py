"""CloudFormation, EMR, Kinesis, MSK and EKS: against a server that keeps their interfaces (moto), and one that answers as a test says."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import urlsafe_b64decode
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import pytest
from plugins.service import Answers, Asked, PatientRun, Service, rows
from plugins.test_aws import REGION, a_run, aws, client, server
from tasks.fake import FakeRun, t, task

from flowrt.model.failures import TaskFailure
from flowrt.plugins.aws.emr import EmrStep

__all__ = ["aws", "server"]

# ---- CloudFormation -------------------------------------------------------------------------------------------------


def template(**more: Any) -> str:
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Ref": "Name"}}}
    found = {
        "Parameters": {"Name": {"Type": "String"}},
        "Resources": {"Queue": queue, **more},
        "Outputs": {"Name": {"Value": {"Ref": "Name"}}},
    }
    return json.dumps(found)


def test_a_stack_is_made_changed_and_deleted(tmp_path: Path, aws: Any) -> None:
    run = PatientRun(tmp_path, key="AK", name="q1")
    create = aws(
        "aws.cloudformation.Create",
        stack_name="st",
        template_body=template(),
        parameters={"Name": t("{{ name }}")},
    )
    found = run.run(create)
    assert found["stackName"] == "st" and found["stackOutputs"] == {"Name": "q1"}
    assert found["stackId"].startswith("arn:aws:cloudformation:")
    assert "Stack 'st' does not exist. Creating new stack." in run.messages("INFO")
    more = template(Other={"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "q2"}})
    update = aws(
        "aws.cloudformation.Create", stack_name="st", template_body=more, parameters={"Name": "q1"}
    )
    assert run.run(update)["stackId"] == found["stackId"]
    assert "Stack 'st' already exists. Attempting to update." in run.messages("INFO")
    names = [each.rpartition("/")[2] for each in client(aws.url, "sqs").list_queues()["QueueUrls"]]
    assert sorted(names) == ["q1", "q2"]
    assert run.run(aws("aws.cloudformation.Delete", stack_name="st")) is None
    assert "QueueUrls" not in client(aws.url, "sqs").list_queues()


def stacks(*found: tuple[str, str]) -> Any:
    """A service whose stack goes through states; `found` are the states and their reasons."""
    left = list(found)

    def answer(asked: Asked) -> Any:
        action = dict(parse_qsl(asked.body.decode()))["Action"]
        if action != "DescribeStacks":
            return 200, f"<{action}Response><{action}Result/></{action}Response>".encode()
        state, reason = left.pop(0) if len(left) > 1 else left[0]
        if state == "gone":
            error = "<Code>ValidationError</Code><Message>Stack with id st does not exist</Message>"
            return 400, f"<ErrorResponse><Error>{error}</Error></ErrorResponse>".encode()
        member = (
            "<StackId>i</StackId><StackName>st</StackName><CreationTime>2026-01-02T03:04:05Z</CreationTime>"
            f"<StackStatus>{state}</StackStatus><StackStatusReason>{reason}</StackStatusReason>"
        )
        result = f"<DescribeStacksResult><Stacks><member>{member}</member></Stacks></DescribeStacksResult>"
        return 200, f"<DescribeStacksResponse>{result}</DescribeStacksResponse>".encode()

    return answer


KEYS = {"access_key_id": "AK", "secret_key_id": "s", "region": REGION}


def elsewhere(service: Service, name: str, **properties: Any) -> Any:
    """A task that asks the service of a test."""
    return task(f"aws.{name}", endpoint_override=service.url, **KEYS, **properties)


@pytest.mark.parametrize("state", ["ROLLBACK_IN_PROGRESS", "CREATE_FAILED", "ROLLBACK_COMPLETE"])
def test_a_stack_that_fails(tmp_path: Path, service: Service, state: str) -> None:
    service.answer = stacks(("CREATE_IN_PROGRESS", ""), (state, "no such role"))
    run = PatientRun(tmp_path)
    message = f"The stack 'st' ended in {state}: no such role"
    with pytest.raises(TaskFailure, match=message):
        run.run(elsewhere(service, "cloudformation.Create", stack_name="st"))
    assert run.slept == [5.0]
    assert "Error while waiting for stack 'st'" in run.messages("ERROR")[0]


def test_a_stack_that_is_gone_is_deleted(tmp_path: Path, service: Service) -> None:
    service.answer = stacks(("DELETE_IN_PROGRESS", ""), ("gone", ""))
    run = PatientRun(tmp_path)
    assert run.run(elsewhere(service, "cloudformation.Delete", stack_name="st")) is None
    assert run.slept == [5.0]
    actions = [dict(parse_qsl(each.body.decode()))["Action"] for each in service.asked]
    assert actions == ["DeleteStack", "DescribeStacks", "DescribeStacks"]


# ---- EMR ------------------------------------------------------------------------------------------------------------

STEP = EmrStep(
    name="s1",
    jar="command-runner.jar",
    commands=["spark-submit s3://b/a.py", "--x  y "],
    action_on_failure="CONTINUE",
)
ARGUMENTS = ["spark-submit", "s3://b/a.py", "--x", "", "y"]
CLUSTER = {
    "cluster_name": "c",
    "master_instance_type": "m5.xlarge",
    "slave_instance_type": "m5.large",
    "instance_count": 3,
}


def test_a_cluster_of_emr(tmp_path: Path, aws: Any) -> None:
    run = PatientRun(tmp_path, key="AK")
    make = aws(
        "aws.emr.CreateClusterAndSubmitSteps",
        steps=[STEP],
        applications=["Spark"],
        log_uri="s3://logs",
        keep_job_flow_alive_when_no_steps=True,
        wait=True,
        **CLUSTER,
    )
    number = run.run(make)["jobFlowId"]
    emr = client(aws.url, "emr")
    cluster = emr.describe_cluster(ClusterId=number)["Cluster"]
    assert (cluster["Name"], cluster["ReleaseLabel"]) == ("c", "emr-5.20.0")
    assert cluster["ServiceRole"] == "EMR_DefaultRole"
    assert [each["Name"] for each in cluster["Applications"]] == ["Spark"]
    assert run.run(aws("aws.emr.SubmitSteps", cluster_id=number, steps=[STEP])) is None
    steps = emr.list_steps(ClusterId=number)["Steps"]
    assert [each["Config"]["Args"] for each in steps] == [ARGUMENTS, ARGUMENTS]
    assert {each["ActionOnFailure"] for each in steps} == {"CONTINUE"}
    assert run.run(aws("aws.emr.DeleteCluster", cluster_ids=[number])) is None
    state = emr.describe_cluster(ClusterId=number)["Cluster"]["Status"]["State"]
    assert state in ("TERMINATING", "TERMINATED")


def emr(*states: str) -> Any:
    left = list(states)

    def answer(asked: Asked) -> Any:
        match asked.headers["x-amz-target"].partition(".")[2]:
            case "RunJobFlow":
                return 200, {"JobFlowId": "j-1"}
            case "DescribeCluster":
                state = left.pop(0) if len(left) > 1 else left[0]
                return 200, {"Cluster": {"Id": "j-1", "Status": {"State": state}}}
        return 200, {}

    return answer


def test_a_cluster_of_emr_is_waited_for(tmp_path: Path, service: Service) -> None:
    service.answer = emr("STARTING", "RUNNING", "TERMINATED")
    run = PatientRun(tmp_path)
    make = elsewhere(service, "emr.CreateClusterAndSubmitSteps", wait=True, **CLUSTER)
    assert run.run(make) == {"jobFlowId": "j-1"}
    assert run.slept == [10.0, 10.0]
    assert service.asked[0].json["Instances"] == {
        "InstanceCount": 3,
        "MasterInstanceType": "m5.xlarge",
        "SlaveInstanceType": "m5.large",
        "KeepJobFlowAliveWhenNoSteps": False,
    }
    service.answer = emr("RUNNING")
    late = {"wait": True, "wait_until_completion": "PT1S", **CLUSTER}
    with pytest.raises(TaskFailure, match="RUNNING"):
        run.run(elsewhere(service, "emr.CreateClusterAndSubmitSteps", **late))


def test_a_killed_task_ends_its_cluster(tmp_path: Path, service: Service) -> None:
    service.answer = emr("RUNNING")
    make = elsewhere(service, "emr.CreateClusterAndSubmitSteps", wait=True, **CLUSTER)
    PatientRun(tmp_path).killed_in_its_sleep(make)
    assert service.last.headers["x-amz-target"].endswith("TerminateJobFlows")
    assert service.last.json == {"JobFlowIds": ["j-1"]}


@pytest.mark.parametrize(
    ("kind", "driver"),
    [
        ("SPARK", {"sparkSubmit": {"entryPoint": "s3://b/a.py"}}),
        ("Hive", {"hive": {"query": "s3://b/a.py"}}),
    ],
)
def test_an_application_without_a_cluster(
    tmp_path: Path, service: Service, kind: str, driver: Any
) -> None:
    app = {"applicationId": "a1", "name": "n", "arn": "x"}
    job = {"applicationId": "a1", "jobRunId": "j1", "arn": "y"}
    service.answer = Answers(app, job)
    given = {
        "release_label": "emr-7.0.0",
        "execution_role_arn": "arn:aws:iam::123456789012:role/r",
        "job_name": "job",
        "entry_point": "s3://b/a.py",
    }
    make = elsewhere(
        service, "emr.CreateServerlessApplicationAndStartJob", application_type=kind, **given
    )
    assert FakeRun(tmp_path).run(make) == {"applicationId": "a1", "jobRunId": "j1"}
    first, second = service.asked
    assert (first.json["releaseLabel"], first.json["type"]) == ("emr-7.0.0", kind)
    assert second.path == "/applications/a1/jobruns" and second.json["jobDriver"] == driver
    unknown = elsewhere(
        service, "emr.CreateServerlessApplicationAndStartJob", application_type="X", **given
    )
    with pytest.raises(TaskFailure, match="Unsupported application"):
        FakeRun(tmp_path).run(unknown)


def test_applications_are_deleted(tmp_path: Path, aws: Any) -> None:
    emr_ = client(aws.url, "emr-serverless")
    made = [
        emr_.create_application(name=each, releaseLabel="emr-6.6.0", type="SPARK")["applicationId"]
        for each in ("a", "b")
    ]
    for each in made:
        emr_.stop_application(applicationId=each)
    run = a_run(tmp_path)
    run.run(aws("aws.emr.DeleteServerlessApplication", application_ids=made))
    states = {each["state"] for each in emr_.list_applications()["applications"]}
    assert states <= {"TERMINATED"}
    said = f"Deleted 2 EMR Serverless applications: [{made[0]}, {made[1]}]"
    assert run.messages("INFO")[-1] == said


# ---- Kinesis --------------------------------------------------------------------------------------------------------


def stream(url: str, count: int) -> Any:
    kinesis = client(url, "kinesis")
    kinesis.create_stream(StreamName="s", ShardCount=1)
    for number in range(count):
        kinesis.put_record(StreamName="s", Data=f"d{number}".encode(), PartitionKey="k")
    return kinesis


def test_records_of_a_stream(tmp_path: Path, aws: Any) -> None:
    stream(aws.url, 3)
    run = PatientRun(tmp_path, key="AK")
    consume = aws(
        "aws.kinesis.Consume", stream_name="s", iterator_type="TRIM_HORIZON", max_records=2
    )
    found = run.run(consume)
    first, second = rows(run, found["uri"])
    assert (first["data"], second["data"], found["count"]) == ("d0", "d1", 2)
    assert first["partitionKey"] == "k" and first["approximateArrivalTimestamp"] is not None
    assert found["lastSequencePerShard"] == {second["shardId"]: second["sequenceNumber"]}
    assert ("counter", "records", 2) in run.metrics
    after = aws(
        "aws.kinesis.Consume",
        stream_name="s",
        iterator_type="AFTER_SEQUENCE_NUMBER",
        starting_sequence_number=second["sequenceNumber"],
        max_records=1,
    )
    (third,) = rows(run, run.run(after)["uri"])
    assert third["data"] == "d2"


def test_a_stream_that_is_silent(tmp_path: Path, aws: Any) -> None:
    stream(aws.url, 0)
    run = PatientRun(tmp_path, key="AK")
    found = run.run(aws("aws.kinesis.Consume", stream_name="s", max_duration="PT0S"))
    assert found["count"] == 0 and found["lastSequencePerShard"] == {}
    with pytest.raises(TaskFailure, match="AWS kinesis: ResourceNotFoundException"):
        run.run(aws("aws.kinesis.Consume", stream_name="other"))


# ---- MSK ------------------------------------------------------------------------------------------------------------


def test_a_cluster_of_msk(tmp_path: Path, aws: Any) -> None:
    run = a_run(tmp_path)
    made = run.run(
        aws(
            "aws.msk.CreateCluster",
            cluster_name="kafka-1",
            kafka_version="3.6.0",
            number_of_broker_nodes=3,
            instance_type="kafka.m5.large",
            client_subnets=["subnet-1"],
            security_groups=["sg-1"],
        )
    )
    arn = made["clusterArn"]
    assert made["clusterName"] == "kafka-1" and made["state"]
    found = run.run(aws("aws.msk.DescribeCluster", cluster_arn=arn))
    assert (found["clusterName"], found["numberOfBrokerNodes"]) == ("kafka-1", 3)
    assert found["creationTime"].endswith("Z")
    listed = run.run(aws("aws.msk.ListClusters", cluster_name_filter="kafka"))
    assert listed["total"] == 1 and listed["clusters"][0]["clusterArn"] == arn
    assert set(listed["clusters"][0]) == {
        *("clusterArn", "clusterName", "state", "kafkaVersion", "numberOfBrokerNodes"),
        "creationTime",
    }
    gone = run.run(aws("aws.msk.DeleteCluster", cluster_arn=arn))
    assert gone["clusterArn"] == arn
    assert run.run(aws("aws.msk.ListClusters")) == {"clusters": [], "total": 0}


def test_where_the_brokers_of_a_cluster_are(tmp_path: Path, service: Service) -> None:
    service.answer = lambda asked: (
        200,
        {"bootstrapBrokerStringTls": "b1:9094", "bootstrapBrokerStringSaslIam": "b1:9098"},
    )
    arn = "arn:aws:kafka:eu-west-1:123456789012:cluster/c/1"
    found = FakeRun(tmp_path).run(elsewhere(service, "msk.GetBootstrapBrokers", cluster_arn=arn))
    assert found["bootstrapBrokerStringTls"] == "b1:9094"
    assert found["bootstrapBrokerStringSaslIam"] == "b1:9098"
    assert found["bootstrapBrokerString"] is None and len(found) == 7
    assert service.last.path == f"/v1/clusters/{quote(arn, safe='')}/bootstrap-brokers"


def test_a_list_of_clusters_has_an_end(tmp_path: Path, service: Service) -> None:
    page = [{"clusterArn": str(number)} for number in range(60)]
    service.answer = lambda asked: (200, {"clusterInfoList": page, "nextToken": "more"})
    run = FakeRun(tmp_path)
    assert run.run(elsewhere(service, "msk.ListClusters"))["total"] == 100
    assert len(service.asked) == 2 and "Result cap of 100 reached" in run.messages("WARN")[0]


# ---- EKS ------------------------------------------------------------------------------------------------------------


def digest(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def test_a_token_for_a_cluster(tmp_path: Path) -> None:
    run = FakeRun(tmp_path)
    given = {**KEYS, "session_token": "ST", "cluster_name": "prod", "expiration_duration": 900}
    token = run.run(task("aws.auth.EksToken", **given))["token"]
    text = run.services.sealer.open(token["tokenValue"])
    assert text.startswith("k8s-aws-v1.") and not text.endswith("=")
    coded = text.removeprefix("k8s-aws-v1.")
    url = urlsplit(urlsafe_b64decode(coded + "=" * (-len(coded) % 4)).decode())
    assert (url.scheme, url.netloc, url.path) == ("https", f"sts.{REGION}.amazonaws.com", "/")
    query = dict(parse_qsl(url.query))
    signature = query.pop("X-Amz-Signature")
    assert (query["Action"], query["X-Amz-Expires"]) == ("GetCallerIdentity", "900")
    assert query["X-Amz-SignedHeaders"] == "host;x-k8s-aws-id"
    assert query["X-Amz-Security-Token"] == "ST"
    # the signature, by the description of version 4
    scope = query["X-Amz-Credential"].partition("/")[2]
    canonical = "&".join(
        f"{quote(k, safe='')}={quote(v, safe='-_.~')}" for k, v in sorted(query.items())
    )
    request = "\n".join(
        [
            "GET",
            "/",
            canonical,
            f"host:{url.netloc}",
            "x-k8s-aws-id:prod",
            "",
            "host;x-k8s-aws-id",
            hashlib.sha256(b"").hexdigest(),
        ]
    )
    signed = "\n".join(
        [
            "AWS4-HMAC-SHA256",
            query["X-Amz-Date"],
            scope,
            hashlib.sha256(request.encode()).hexdigest(),
        ]
    )
    key = b"AWS4s"
    for part in scope.split("/"):
        key = digest(key, part)
    assert hmac.new(key, signed.encode(), hashlib.sha256).hexdigest() == signature


def test_a_token_for_no_cluster(tmp_path: Path) -> None:
    keys = {"access_key_id": "AK", "secret_key_id": "s"}
    with pytest.raises(TaskFailure, match="is no cluster"):
        FakeRun(tmp_path).run(task("aws.auth.EksToken", region=REGION, cluster_name="a b", **keys))
