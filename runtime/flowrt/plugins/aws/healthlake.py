"""HealthLake: data stores of FHIR, and jobs that bring data in and out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar
from uuid import uuid4

from flowrt.model.declare import INTEGER, STRING, Kind, listing, mapping, prop, task_type
from flowrt.plugins.aws.client import AwsTask
from flowrt.plugins.aws.msk import moment
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Text

MOST = 100
"""Data stores of a list."""
STARTED: dict[str, Kind] = dict.fromkeys(("datastoreId", "jobId", "jobStatus"), STRING)
JOB: dict[str, Kind] = dict.fromkeys(
    ("datastoreId", "endTime", "jobId", "jobName", "jobStatus", "message", "submitTime"), STRING
)


class HealthLakeTask(AwsTask):
    """What the tasks share."""

    service: ClassVar[str] = "healthlake"
    checked: ClassVar[bool] = False


class StoreTask(HealthLakeTask):
    """A task of a data store."""

    datastore_id: Text = prop(STRING)


def _store(found: dict[str, Any], *names: str) -> dict[str, Any]:
    """What is known of a data store, under names of outputs."""
    told = {each: found.get(each[:1].upper() + each[1:]) for each in names}
    return {name: moment(each) if name == "createdAt" else each for name, each in told.items()}


@task_type("io.kestra.plugin.aws.healthlake.CreateDatastore")
class HealthLakeCreateDatastore(HealthLakeTask):
    """Make a data store."""

    names: ClassVar[tuple[str, ...]] = (
        *("datastoreArn", "datastoreEndpoint", "datastoreId", "datastoreStatus"),
    )
    outputs: ClassVar[dict[str, Kind] | None] = dict.fromkeys(names, STRING)

    datastore_name: Text = prop(STRING)

    def _work(self, run: RunContext, client: Any) -> dict[str, Any]:
        found = client.create_fhir_datastore(
            DatastoreName=required_text(run, self.datastore_name),
            DatastoreTypeVersion="R4",
            ClientToken=str(uuid4()),
        )
        return _store(found, *self.names)


@task_type("io.kestra.plugin.aws.healthlake.DeleteDatastore")
class HealthLakeDeleteDatastore(StoreTask):
    """Delete a data store."""

    names: ClassVar[tuple[str, ...]] = ("datastoreArn", "datastoreId", "datastoreStatus")
    outputs: ClassVar[dict[str, Kind] | None] = dict.fromkeys(names, STRING)

    def _work(self, run: RunContext, client: Any) -> dict[str, Any]:
        number = required_text(run, self.datastore_id)
        return _store(client.delete_fhir_datastore(DatastoreId=number), *self.names)


KNOWN = (
    *("createdAt", "datastoreArn", "datastoreEndpoint", "datastoreId", "datastoreName"),
    *("datastoreStatus",),
)


@task_type("io.kestra.plugin.aws.healthlake.DescribeDatastore")
class HealthLakeDescribeDatastore(StoreTask):
    """What HealthLake knows of a data store."""

    outputs: ClassVar[dict[str, Kind] | None] = dict.fromkeys(KNOWN, STRING)

    def _work(self, run: RunContext, client: Any) -> dict[str, Any]:
        number = required_text(run, self.datastore_id)
        found = client.describe_fhir_datastore(DatastoreId=number)
        return _store(found["DatastoreProperties"], *KNOWN)


@task_type("io.kestra.plugin.aws.healthlake.ListDatastores")
class HealthLakeListDatastores(HealthLakeTask):
    """The data stores, those of a name or in a state."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "datastores": listing(mapping()),
        "total": INTEGER,
    }

    filter_name: Text | None = prop(STRING, default=None)
    filter_status: Text | None = prop(STRING, default=None)

    def _work(self, run: RunContext, client: Any) -> dict[str, Any]:
        name, status = run.text(self.filter_name), run.text(self.filter_status)
        wanted = {"DatastoreName": name, "DatastoreStatus": status}
        asked: dict[str, Any] = {"Filter": {k: v for k, v in wanted.items() if v is not None}}
        found: list[dict[str, Any]] = []
        while True:
            page = client.list_fhir_datastores(**asked)
            for each in page.get("DatastorePropertiesList") or ():
                told = _store(each, *KNOWN)
                found.append({key: value or "" for key, value in told.items()})
            if len(found) >= MOST:
                run.log("WARN", f"Result cap of {MOST} reached; further data stores are omitted.")
                break
            if not page.get("NextToken"):
                break
            asked["NextToken"] = page["NextToken"]
        return {"datastores": found[:MOST], "total": len(found[:MOST])}


class StartTask(StoreTask):
    """What tasks share that start a job."""

    outputs: ClassVar[dict[str, Kind] | None] = STARTED

    output_s3_uri: Text = prop(STRING)
    data_access_role_arn: Text = prop(STRING)
    job_name: Text | None = prop(STRING, default=None)

    def _asked(self, run: RunContext) -> dict[str, Any]:
        asked: dict[str, Any] = {
            "DatastoreId": required_text(run, self.datastore_id),
            "DataAccessRoleArn": required_text(run, self.data_access_role_arn),
            "ClientToken": str(uuid4()),
        }
        name = run.text(self.job_name)
        return asked if name is None else {**asked, "JobName": name}


@task_type("io.kestra.plugin.aws.healthlake.StartImportJob")
class HealthLakeStartImportJob(StartTask):
    """Start a job that brings data in."""

    input_s3_uri: Text = prop(STRING)

    def _work(self, run: RunContext, client: Any) -> dict[str, Any]:
        target = {"S3Uri": required_text(run, self.output_s3_uri)}
        found = client.start_fhir_import_job(
            InputDataConfig={"S3Uri": required_text(run, self.input_s3_uri)},
            JobOutputDataConfig={"S3Configuration": target},
            **self._asked(run),
        )
        return _store(found, *STARTED)


@task_type("io.kestra.plugin.aws.healthlake.StartExportJob")
class HealthLakeStartExportJob(StartTask):
    """Start a job that takes data out."""

    kms_key_id: Text | None = prop(STRING, default=None)

    def _work(self, run: RunContext, client: Any) -> dict[str, Any]:
        target, key = {"S3Uri": required_text(run, self.output_s3_uri)}, run.text(self.kms_key_id)
        if key is not None:
            target["KmsKeyId"] = key
        found = client.start_fhir_export_job(
            OutputDataConfig={"S3Configuration": target}, **self._asked(run)
        )
        return _store(found, *STARTED)


class DescribeTask(StoreTask):
    """What tasks share that look at a job."""

    outputs: ClassVar[dict[str, Kind] | None] = JOB

    job_id: Text = prop(STRING)

    def _which(self, run: RunContext) -> dict[str, str]:
        return {
            "DatastoreId": required_text(run, self.datastore_id),
            "JobId": required_text(run, self.job_id),
        }


def _job(found: dict[str, Any]) -> dict[str, Any]:
    told = {each: found.get(each[:1].upper() + each[1:]) for each in JOB}
    return {**told, "submitTime": moment(told["submitTime"]), "endTime": moment(told["endTime"])}


@task_type("io.kestra.plugin.aws.healthlake.DescribeImportJob")
class HealthLakeDescribeImportJob(DescribeTask):
    """What became of a job that brings data in."""

    def _work(self, run: RunContext, client: Any) -> dict[str, Any]:
        found = client.describe_fhir_import_job(**self._which(run))
        return _job(found["ImportJobProperties"])


@task_type("io.kestra.plugin.aws.healthlake.DescribeExportJob")
class HealthLakeDescribeExportJob(DescribeTask):
    """What became of a job that takes data out."""

    outputs: ClassVar[dict[str, Kind] | None] = {**JOB, "outputS3Uri": STRING}

    def _work(self, run: RunContext, client: Any) -> dict[str, Any]:
        found = client.describe_fhir_export_job(**self._which(run))["ExportJobProperties"]
        target = (found.get("OutputDataConfig") or {}).get("S3Configuration") or {}
        return {**_job(found), "outputS3Uri": target.get("S3Uri")}
