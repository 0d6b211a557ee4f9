"""CloudWatch, Glue and EMR: against a server that keeps their interfaces (moto), and one that answers as a test says."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from plugins.service import Answers, Asked, PatientRun, Service
from plugins.test_aws import a_run, aws, client, server
from tasks.fake import t, task

from flowrt.model.failures import TaskFailure
from flowrt.plugins.aws.cloudwatch import MetricDimension, MetricValue

__all__ = ["aws", "server"]

JOB = {
    "Id": "jr_1",
    "JobName": "job",
    "StartedOn": 1704164645.5,
    "Attempt": 0,
    "ExecutionTime": 7,
    "Timeout": 3,
}


def test_values_are_added_to_metrics(tmp_path: Path, aws: Any) -> None:
    values = [
        MetricValue(
            metric_name="load",
            value=t("{{ 2.5 }}"),
            unit="Percent",
            dimensions={"host": t("{{ host }}")},
        ),
        MetricValue(metric_name="other", value=1),
    ]
    push = aws("aws.cloudwatch.Push", namespace="app", metrics=values)
    assert a_run(tmp_path, host="web").run(push) == {"count": 2}
    now = datetime.now(UTC)
    (point,) = client(aws.url, "cloudwatch").get_metric_statistics(
        Namespace="app",
        MetricName="load",
        Dimensions=[{"Name": "host", "Value": "web"}],
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(hours=1),
        Period=60,
        Statistics=["Maximum"],
    )["Datapoints"]
    assert (point["Maximum"], point["Unit"]) == (2.5, "Percent")


def test_what_a_metric_was(tmp_path: Path, aws: Any) -> None:
    now = datetime.now(UTC)
    for minutes, value in ((10, 4.0), (20, 1.0), (90, 9.0)):
        datum = {
            "MetricName": "load",
            "Value": value,
            "Unit": "Count",
            "Timestamp": now - timedelta(minutes=minutes),
            "Dimensions": [{"Name": "host", "Value": "web"}],
        }
        client(aws.url, "cloudwatch").put_metric_data(Namespace="app", MetricData=[datum])
    run = a_run(tmp_path, host="web")
    query = aws(
        "aws.cloudwatch.Query",
        namespace="app",
        metric_name="load",
        dimensions=[MetricDimension(name="host", value=t("{{ host }}"))],
        statistic="Sum",
        window="PT1H",
    )
    found = run.run(query)
    first, second = found["series"]
    assert found["count"] == 2
    assert first.pop("Timestamp") < second.pop("Timestamp")
    assert first == {"ExtendedStatistics": {}, "Sum": 1.0, "Unit": "Count"}
    assert second["Sum"] == 4.0
    other = aws("aws.cloudwatch.Query", namespace="elsewhere", metric_name="load")
    assert run.run(other) == {"count": 0, "series": []}


def test_a_job_of_glue_is_waited_for(tmp_path: Path, aws: Any) -> None:
    glue = client(aws.url, "glue")
    glue.create_job(Name="job", Role="r", Command={"Name": "glueetl", "ScriptLocation": "s3://b/a"})
    run = PatientRun(tmp_path, key="AK")
    started = run.run(aws("aws.glue.StartJobRun", job_name="job", arguments={"--a": "b"}))
    assert (started["jobName"], started["state"]) == ("job", "SUCCEEDED")
    assert started["startedOn"].endswith("Z")
    assert glue.get_job_run(JobName="job", RunId=started["jobRunId"])["JobRun"]["Arguments"] == {
        "--a": "b"
    }
    assert run.run(aws("aws.glue.GetJobRun", job_name="job"))["jobRunId"] == started["jobRunId"]


def glue(service: Service, name: str, **given: Any) -> Any:
    keys = {"access_key_id": "AK", "secret_key_id": "s", "region": "eu-west-1"}
    return task(f"aws.glue.{name}", endpoint_override=service.url, job_name="job", **keys, **given)


def action(asked: Asked) -> str:
    return asked.headers["x-amz-target"].partition(".")[2]


@pytest.mark.parametrize(("most", "minutes"), [("PT2M", 2), ("PT2M1S", 3)])
def test_a_job_of_glue_that_fails(
    tmp_path: Path, service: Service, most: str, minutes: int
) -> None:
    running = {"JobRun": {**JOB, "JobRunState": "RUNNING"}}
    failed = {"JobRun": {**JOB, "JobRunState": "FAILED", "ErrorMessage": "no such script"}}
    service.answer = Answers({"JobRunId": "jr_1"}, running, failed)
    run = PatientRun(tmp_path)
    message = "Job state: FAILED, Error message: no such script"
    with pytest.raises(TaskFailure, match=message):
        run.run(glue(service, "StartJobRun", max_duration=most, interval="PT5S"))
    assert [action(each) for each in service.asked] == ["StartJobRun", "GetJobRun", "GetJobRun"]
    assert service.asked[0].json == {"JobName": "job", "Timeout": minutes}
    assert service.last.json == {"JobName": "job", "RunId": "jr_1"}
    assert run.slept == [5.0]


def test_a_job_of_glue_that_is_not_waited_for(tmp_path: Path, service: Service) -> None:
    service.answer = Answers(
        {"JobRunId": "jr_1"}, {"JobRun": {**JOB, "JobRunState": "RUNNING"}}, {}
    )
    run = PatientRun(tmp_path)
    stops: list[Any] = []
    run.on_kill = stops.append  # type: ignore[method-assign]
    found = run.run(glue(service, "StartJobRun", wait=False))
    assert found == {
        "jobName": "job",
        "jobRunId": "jr_1",
        "state": "RUNNING",
        "startedOn": "2024-01-02T03:04:05.500Z",
        "completedOn": None,
        "lastModifiedOn": None,
        "executionTime": 7,
        "timeout": 3,
        "attempt": 0,
        "errorMessage": None,
    }
    for stop in stops:
        stop()
    assert (action(service.last), service.last.json) == (
        "BatchStopJobRun",
        {"JobName": "job", "JobRunIds": ["jr_1"]},
    )


def test_a_job_of_glue_is_stopped(tmp_path: Path, service: Service) -> None:
    states = [{"JobRun": {**JOB, "JobRunState": each}} for each in ("STOPPING", "STOPPED")]
    service.answer = Answers({}, *states)
    run = PatientRun(tmp_path)
    assert run.run(glue(service, "StopJobRun", job_run_id="jr_1"))["state"] == "STOPPED"
    assert action(service.asked[0]) == "BatchStopJobRun"
    assert service.asked[0].json == {"JobName": "job", "JobRunIds": ["jr_1"]}
    assert run.slept == [1.0]
    service.answer = Answers({}, states[0])
    with pytest.raises(TaskFailure, match=r"Job failed to stop\. Final state: STOPPING"):
        run.run(glue(service, "StopJobRun", job_run_id="jr_1", wait=False))


def test_a_job_of_glue_that_is_not_there(tmp_path: Path, service: Service) -> None:
    service.answer = Answers({"JobRuns": []})
    with pytest.raises(TaskFailure, match="No job runs found for job: job"):
        PatientRun(tmp_path).run(glue(service, "GetJobRun"))
    said = json.dumps({"__type": "EntityNotFoundException", "Message": "no job"}).encode()
    service.answer = Answers((400, said))
    with pytest.raises(TaskFailure, match="AWS glue: EntityNotFoundException: no job"):
        PatientRun(tmp_path).run(glue(service, "StartJobRun"))


def test_a_job_of_emr_serverless(tmp_path: Path, aws: Any) -> None:
    emr = client(aws.url, "emr-serverless")
    made = emr.create_application(name="a", releaseLabel="emr-6.6.0", type="SPARK")
    role = "arn:aws:iam::123456789012:role/emr"
    given = {"execution_role_arn": role, "job_name": "count", "entry_point": "s3://b/count.py"}
    start = aws("aws.emr.StartServerlessJobRun", application_id=made["applicationId"], **given)
    number = a_run(tmp_path).run(start)["jobRunId"]
    job = emr.get_job_run(applicationId=made["applicationId"], jobRunId=number)["jobRun"]
    assert (job["name"], job["executionRole"]) == ("count", role)
    assert job["jobDriver"]["sparkSubmit"]["entryPoint"] == "s3://b/count.py"
    with pytest.raises(TaskFailure, match="AWS emr-serverless: ResourceNotFoundException"):
        a_run(tmp_path).run(aws("aws.emr.StartServerlessJobRun", application_id="none", **given))
