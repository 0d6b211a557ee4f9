"""BigQuery: partitions, tables, datasets and transfers; and jobs of Vertex AI: against a stand-in for their interfaces."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from plugins.googles import Google, made, standing
from plugins.service import PatientRun
from tasks.fake import FakeRun, t

from flowrt.model.failures import TaskFailure
from flowrt.plugins.google import vertexai_jobs
from flowrt.plugins.google.bigquery_schemas import BigQueryEncryption
from flowrt.plugins.google.monitoring import moment
from flowrt.plugins.google.vertexai_jobs import (
    VertexBucket,
    VertexContainer,
    VertexDisk,
    VertexMachine,
    VertexPool,
    VertexScheduling,
    VertexSpec,
)

BASE = "/bigquery/v2/projects/proj"
TABLES = f"{BASE}/datasets/d/tables"


@pytest.fixture
def google(monkeypatch: pytest.MonkeyPatch) -> Iterator[Google]:
    with standing(
        monkeypatch,
        bigquery__ADDRESS="",
        bigquery_transfers__ADDRESS="/transfer",
        vertexai_jobs__ADDRESS="/vertex/{region}",
        vertexai_jobs__LOGGING="/logging",
    ) as found:
        yield found


def big(verb: str, **properties: Any) -> Any:
    return made(f"gcp.bigquery.{verb}", **properties)


# ---- partitions -----------------------------------------------------------------------------------------------------


def names(google: Google, *found: str) -> None:
    """The partitions that the table has, in two pages."""
    page = [{"f": [{"v": each}]} for each in found]
    reference = {"jobId": "q1", "location": "EU"}
    google.answers["POST", f"{BASE}/queries"] = {
        "jobComplete": True,
        "jobReference": reference,
        "rows": page[:1],
        "pageToken": "p",
    }
    google.answers["GET", f"{BASE}/queries/q1"] = {"jobComplete": True, "rows": page[1:]}


def span(verb: str, kind: str, begin: str, end: str, **properties: Any) -> Any:
    given = {"partition_type": kind, "from_": begin, "to": end, **properties}
    return big(verb, dataset="d", table="t", **given)


@pytest.mark.parametrize(
    ("kind", "found", "begin", "end", "meant"),
    [
        (
            "DAY",
            ("20260101", "20260102", "20260103", "__NULL__", "__UNPARTITIONED__"),
            "2026-01-01T12:00",
            "2026-01-03T00:00:00",
            ["20260102", "20260103"],
        ),
        (
            "HOUR",
            ("2026010100", "2026010101"),
            "2026-01-01T01:00",
            "2026-01-02T00:00",
            ["2026010101"],
        ),
        ("MONTH", ("202601", "202602"), "2026-01-02T00:00", "2026-02-01T00:00", ["202602"]),
        ("YEAR", ("2025", "2026"), "2026-01-01T00:00", "2027-01-01T00:00", ["2026"]),
        ("RANGE", ("10", "20", "__NULL__", "30"), "15", "30", ["20", "30"]),
    ],
)
def test_partitions_are_deleted(
    tmp_path: Path,
    google: Google,
    kind: str,
    found: tuple[str, ...],
    begin: str,
    end: str,
    meant: list[str],
) -> None:
    names(google, *found)
    for each in found:
        google.answers["DELETE", f"{TABLES}/t${each}"] = (204, b"")
    run = FakeRun(tmp_path)
    told = run.run(span("DeletePartitions", kind, begin, end))
    assert told == {"projectId": None, "datasetId": "d", "table": "t", "partitions": meant}
    deleted = [path for method, path in google.steps if method == "DELETE"]
    assert deleted == [f"{TABLES}/t${each}" for each in meant]
    assert google.asked[0].json == {
        "query": "SELECT partition_id FROM [proj:d.t$__PARTITIONS_SUMMARY__]",
        "useLegacySql": True,
    }
    assert ("counter", "size", len(meant)) in run.metrics


def test_partitions_that_cannot_be_deleted(tmp_path: Path, google: Google) -> None:
    names(google, "20260101")
    run = FakeRun(tmp_path)
    day = ("2026-01-01T00:00", "2026-01-02T00:00")
    with pytest.raises(TaskFailure, match=r"Couldn't find partition 'd.t\$20260101'"):
        run.run(span("DeletePartitions", "DAY", *day))
    with pytest.raises(TaskFailure, match="Text 'monday' could not be parsed"):
        run.run(span("DeletePartitions", "DAY", "monday", day[1]))
    with pytest.raises(TaskFailure, match="are whole numbers"):
        run.run(span("DeletePartitions", "RANGE", "a", "b"))
    with pytest.raises(TaskFailure, match="Invalid table name"):
        run.run(
            big(
                "DeletePartitions",
                dataset="d",
                table="t] --",
                partition_type="DAY",
                from_=day[0],
                to=day[1],
            )
        )


def test_partitions_are_copied(tmp_path: Path, google: Google) -> None:
    names(google, "20260101", "20260102")
    done = {
        "jobReference": {"jobId": "j", "location": "EU"},
        "status": {"state": "DONE"},
    }
    google.answers["POST", f"{BASE}/jobs"] = done
    run = FakeRun(tmp_path)
    copy = span(
        "CopyPartitions",
        "DAY",
        "2026-01-01T00:00",
        "2026-01-02T00:00",
        destination_table="other.d2.t2",
        write_disposition="WRITE_TRUNCATE",
        job_timeout="PT5S",
    )
    told = run.run(copy)
    assert (told["jobId"], told["partitions"]) == ("j", ["20260101", "20260102"])
    wanted = google.asked[-1].json["configuration"]
    assert wanted["copy"] == {
        "sourceTables": [
            {"projectId": "proj", "datasetId": "d", "tableId": f"t${each}"}
            for each in ("20260101", "20260102")
        ],
        "destinationTable": {"projectId": "other", "datasetId": "d2", "tableId": "t2"},
        "writeDisposition": "WRITE_TRUNCATE",
    }
    assert wanted["jobTimeoutMs"] == "5000"
    none = span("CopyPartitions", "DAY", "2030-01-01T00:00", "2030-01-02T00:00", skip_empty=True)
    asked = len(google.asked)
    assert run.run(none)["jobId"] is None
    assert [method for method, _ in google.steps[asked:]] == ["POST", "GET"]


# ---- tables and datasets --------------------------------------------------------------------------------------------

FOUND = {
    "id": "proj:d.t",
    "etag": "e",
    "selfLink": "link",
    "tableReference": {"projectId": "proj", "datasetId": "d", "tableId": "t"},
    "type": "TABLE",
    "creationTime": "1767323045000",
    "lastModifiedTime": "1767323046000",
    "numBytes": "10",
    "numLongTermBytes": "0",
    "numRows": "2",
    "schema": {
        "fields": [
            {"name": "n", "type": "INTEGER", "mode": "REQUIRED"},
            {
                "name": "r",
                "type": "RECORD",
                "fields": [{"name": "x", "type": "STRING", "policyTags": {"names": ["p"]}}],
            },
        ]
    },
    "timePartitioning": {"type": "DAY", "field": "at", "expirationMs": "86400000"},
    "clustering": {"fields": ["n"]},
    "labels": {"a": "b"},
}


def test_what_a_table_is(tmp_path: Path, google: Google) -> None:
    google.answers["GET", f"{TABLES}/t"] = FOUND
    told = FakeRun(tmp_path).run(big("TableMetadata", dataset="d", table="t"))
    assert told["definition"] == {
        "type": "TABLE",
        "schema": {
            "fields": [
                {
                    "name": "n",
                    "type": "INT64",
                    "subFields": None,
                    "mode": "REQUIRED",
                    "description": None,
                    "policyTags": None,
                },
                {
                    "name": "r",
                    "type": "STRUCT",
                    "subFields": [
                        {
                            "name": "x",
                            "type": "STRING",
                            "subFields": None,
                            "mode": None,
                            "description": None,
                            "policyTags": {"names": ["p"]},
                        }
                    ],
                    "mode": None,
                    "description": None,
                    "policyTags": None,
                },
            ]
        },
        "standardTableDefinition": {
            "clustering": ["n"],
            "timePartitioning": {
                "type": "DAY",
                "expiration": "PT24H",
                "field": "at",
                "requirePartitionFilter": None,
            },
        },
    }
    assert (told["creationTime"], told["numRows"]) == ("2026-01-02T03:04:05Z", 2)
    assert (told["projectId"], told["generatedId"], told["labels"]) == (
        "proj",
        "proj:d.t",
        {"a": "b"},
    )


@pytest.mark.parametrize("policy", ["SKIP", "ERROR"])
def test_a_table_that_is_not_there(tmp_path: Path, google: Google, policy: str) -> None:
    look = big("TableMetadata", dataset="d", table="t", if_not_exists=policy)
    if policy == "SKIP":
        assert FakeRun(tmp_path).run(look) == {}
    else:
        with pytest.raises(TaskFailure, match=r"Unable to find table 'proj:d.t'"):
            FakeRun(tmp_path).run(look)


SCHEMA = {"fields": [{"name": "n", "type": "INT64", "mode": "REQUIRED", "description": "a number"}]}


@pytest.mark.parametrize(
    ("definition", "asked"),
    [
        (
            {
                "type": "TABLE",
                "schema": SCHEMA,
                "standardTableDefinition": {
                    "clustering": ["n"],
                    "timePartitioning": {"type": "DAY", "field": "at", "expiration": "P1D"},
                },
            },
            {
                "schema": SCHEMA,
                "clustering": {"fields": ["n"]},
                "timePartitioning": {"type": "DAY", "field": "at", "expirationMs": "86400000"},
            },
        ),
        (
            {
                "standardTableDefinition": {
                    "rangePartitioning": {
                        "field": "n",
                        "range": {"start": 0, "end": 100, "interval": 10},
                    }
                }
            },
            {
                "rangePartitioning": {
                    "field": "n",
                    "range": {"start": "0", "end": "100", "interval": "10"},
                }
            },
        ),
        (
            {
                "type": "VIEW",
                "viewDefinition": {
                    "query": "SELECT {{ 1 + 1 }}",
                    "viewUserDefinedFunctions": [
                        {"type": "INLINE", "content": "x"},
                        {"type": "FROM_URI", "content": "gs://b/f.js"},
                    ],
                },
            },
            {
                "view": {
                    "query": "SELECT 2",
                    "useLegacySql": False,
                    "userDefinedFunctionResources": [
                        {"inlineCode": "x"},
                        {"resourceUri": "gs://b/f.js"},
                    ],
                }
            },
        ),
        (
            {
                "type": "MATERIALIZED_VIEW",
                "materializedViewDefinition": {"query": "q", "enableRefresh": True, "refreshInterval": "PT30M"},
            },
            {
                "materializedView": {
                    "query": "q",
                    "enableRefresh": True,
                    "refreshIntervalMs": "1800000",
                }
            },
        ),
        (
            {
                "type": "EXTERNAL",
                "schema": SCHEMA,
                "externalTableDefinition": {
                    "sourceUris": ["gs://b/*"],
                    "formatType": "JSON",
                    "autodetect": True,
                    "maxBadRecords": 3,
                },
            },
            {
                "externalDataConfiguration": {
                    "sourceUris": ["gs://b/*"],
                    "sourceFormat": "NEWLINE_DELIMITED_JSON",
                    "autodetect": True,
                    "maxBadRecords": 3,
                    "schema": SCHEMA,
                }
            },
        ),
    ],
)  # fmt: skip
def test_tables_are_made(
    tmp_path: Path, google: Google, definition: dict[str, Any], asked: dict[str, Any]
) -> None:
    google.answers["POST", TABLES] = FOUND
    given = json.loads(json.dumps(definition))
    if "viewDefinition" in given:
        given["viewDefinition"]["query"] = t("SELECT {{ 1 + 1 }}")
    create = big("CreateTable", dataset="d", table="t", table_definition=given)
    assert FakeRun(tmp_path).run(create)["table"] == "t"
    sent = google.asked[0].json
    assert sent.pop("tableReference") == FOUND["tableReference"]
    assert sent == asked


def test_a_table_that_cannot_be_made(tmp_path: Path, google: Google) -> None:
    run = FakeRun(tmp_path)
    with pytest.raises(TaskFailure, match="`tableDefinition` is needed"):
        run.run(big("CreateTable", dataset="d", table="t"))
    with pytest.raises(TaskFailure, match="A table of the type MODEL cannot be made"):
        run.run(big("CreateTable", dataset="d", table="t", table_definition={"type": "MODEL"}))


def test_a_table_is_changed(tmp_path: Path, google: Google) -> None:
    view = {"type": "VIEW", "view": {"query": "q"}}
    google.answers["PATCH", f"{TABLES}/t"] = {**FOUND, **view}
    before = time.time()
    update = big(
        "UpdateTable",
        dataset="d",
        table="t",
        description="new",
        friendly_name="T",
        labels={"a": "b"},
        require_partition_filter=True,
        encryption_configuration=BigQueryEncryption(kms_key_name="k"),
        expiration_duration="PT1H",
    )
    told = FakeRun(tmp_path).run(update)
    assert told["definition"]["viewDefinition"]["query"] == "q"
    sent = google.asked[0].json
    ends = int(sent.pop("expirationTime")) / 1000
    assert before + 3599 <= ends <= time.time() + 3601
    assert sent == {
        "tableReference": FOUND["tableReference"],
        "description": "new",
        "friendlyName": "T",
        "labels": {"a": "b"},
        "requirePartitionFilter": True,
        "encryptionConfiguration": {"kmsKeyName": "k"},
    }


def test_a_dataset_is_changed(tmp_path: Path, google: Google) -> None:
    reference = {"projectId": "proj", "datasetId": "d"}
    google.answers["PATCH", f"{BASE}/datasets/d"] = {
        "datasetReference": reference,
        "location": "EU",
    }
    access = [{"entity": {"type": "GROUP", "value": "g@x.org"}, "role": "READER"}]
    key = {"kmsKeyName": "k"}
    given = {"description": "new", "default_table_lifetime": 1000}
    run = FakeRun(tmp_path)
    told = run.run(
        big("UpdateDataset", name="d", acl=access, default_encryption_configuration=key, **given)
    )
    assert (told["dataset"], told["location"]) == ("d", "EU")
    assert google.asked[0].json == {
        "datasetReference": reference,
        "description": "new",
        "defaultTableExpirationMs": "1000",
        "defaultEncryptionConfiguration": key,
        "access": [{"groupByEmail": "g@x.org", "role": "READER"}],
    }
    with pytest.raises(TaskFailure, match="`acl` names an `entity`"):
        run.run(big("UpdateDataset", name="d", acl=[{"role": "READER"}]))


# ---- transfers ------------------------------------------------------------------------------------------------------

CONFIG = "projects/p/locations/eu/transferConfigs/c"
RUN = f"{CONFIG}/runs/r1"


def transfer(**properties: Any) -> Any:
    return big("RunTransferConfig", transfer_config_name=CONFIG, **properties)


def runs(google: Google, *states: str, message: str = "") -> None:
    error = {"errorStatus": {"message": message}} if message else {}
    google.answers["GET", f"/transfer/{CONFIG}"] = {"destinationDatasetId": "d"}
    google.answers["GET", f"/transfer/{CONFIG}/runs"] = {}
    google.answers["POST", f"/transfer/{CONFIG}:startManualRuns"] = {
        "runs": [{"name": RUN, "state": "PENDING"}]
    }
    google.answers["GET", f"/transfer/{RUN}"] = [
        {"name": RUN, "state": each, **error} for each in states
    ]


TOLD = {
    "runName": RUN,
    "state": "SUCCEEDED",
    "reattached": False,
    "destinationDatasetId": "d",
    "projectId": "p",
    "location": "eu",
}


def test_a_transfer_is_run(tmp_path: Path, google: Google) -> None:
    runs(google, "RUNNING", "SUCCEEDED")
    run = PatientRun(tmp_path)
    assert run.run(transfer(poll_interval="PT2S")) == TOLD
    assert run.slept == [2.0]
    assert google.query(0) == {"states": ["PENDING", "RUNNING"]}
    assert set(google.asked[1].json) == {"requestedRunTime"}
    assert run.run(transfer(wait=False)) == {**TOLD, "state": "PENDING"}


def test_a_transfer_that_is_on_its_way_is_taken(tmp_path: Path, google: Google) -> None:
    runs(google, "SUCCEEDED")
    older = {"name": "old", "scheduleTime": moment(time.time() - 5000)}
    newer = {"name": RUN, "scheduleTime": moment(time.time() - 100)}
    google.answers["GET", f"/transfer/{CONFIG}/runs"] = {"transferRuns": [older, newer]}
    run = PatientRun(tmp_path)
    assert run.run(transfer(reattach_max_age="PT1H")) == {**TOLD, "reattached": True}
    assert "Ignoring in-flight transfer run 'old'" in run.messages("INFO")[0]
    assert not [path for _, path in google.steps if path.endswith(":startManualRuns")]
    run.run(transfer(reattach=False))
    assert [path for _, path in google.steps if path.endswith(":startManualRuns")]


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ("FAILED", f"Transfer run '{RUN}' ended in state FAILED: boom"),
        ("RUNNING", "within PT1S -- last observed state was RUNNING"),
    ],
)
def test_a_transfer_that_fails(tmp_path: Path, google: Google, state: str, message: str) -> None:
    runs(google, state, message="boom")
    with pytest.raises(TaskFailure, match=message):
        PatientRun(tmp_path).run(transfer(max_duration="PT1S"))
    google.answers["POST", f"/transfer/{CONFIG}:startManualRuns"] = {}
    with pytest.raises(TaskFailure, match="started no run for transfer config"):
        PatientRun(tmp_path).run(transfer())


# ---- jobs of Vertex AI ----------------------------------------------------------------------------------------------

JOB = "projects/proj/locations/eu-west1/customJobs/7"
VERTEX = "/vertex/eu-west1"


def job(**properties: Any) -> Any:
    pool = VertexPool(
        container_spec=VertexContainer(image_uri="img", args=["a"], env={"K": "v"}),
        machine_spec=VertexMachine(machine_type="n1"),
        disc_spec=VertexDisk(),
        replica_count=2,
    )
    spec = VertexSpec(
        worker_pool_specs=[pool],
        scheduling=VertexScheduling(time_out="PT1H", restart_job_on_worker_restart=True),
        base_output_directory=VertexBucket(output_uri_prefix="gs://b"),
    )
    given = {"region": "eu-west1", "display_name": "job", "spec": spec}
    return made("gcp.vertexai.CustomJob", **given, **properties)


def begun(google: Google, **last: Any) -> None:
    google.answers["POST", f"{VERTEX}/projects/proj/locations/eu-west1/customJobs"] = {
        "name": JOB,
        "state": "JOB_STATE_PENDING",
        "createTime": "2026-01-02T03:04:05Z",
        "updateTime": "2026-01-02T03:04:06Z",
    }
    ended = {"name": JOB, "state": "JOB_STATE_SUCCEEDED", "endTime": "2026-01-02T04:00:00Z", **last}
    google.answers["GET", f"{VERTEX}/{JOB}"] = [{"name": JOB}, ended]
    google.answers["DELETE", f"{VERTEX}/{JOB}"] = {"name": f"{JOB}/operations/1", "done": True}
    entry = {"insertId": "1", "timestamp": "2026-01-02T03:05:00Z", "textPayload": "hi"}
    error = {
        "insertId": "2",
        "timestamp": "2026-01-02T03:05:01Z",
        "severity": "ERROR",
        "jsonPayload": {"message": "bad"},
    }
    google.answers["POST", "/logging"] = [{"entries": [entry]}, {"entries": [entry, error]}, {}]


def test_a_job_is_run(tmp_path: Path, google: Google) -> None:
    begun(google)
    run = PatientRun(tmp_path)
    assert run.run(job()) == {
        "name": JOB,
        "state": "JOB_STATE_SUCCEEDED",
        "createDate": "2026-01-02T03:04:05Z",
        "updateDate": "2026-01-02T03:04:06Z",
        "endDate": "2026-01-02T04:00:00Z",
    }
    assert google.asked[0].json == {
        "displayName": "job",
        "jobSpec": {
            "workerPoolSpecs": [
                {
                    "containerSpec": {
                        "imageUri": "img",
                        "args": ["a"],
                        "env": [{"name": "K", "value": "v"}],
                    },
                    "machineSpec": {"machineType": "n1"},
                    "diskSpec": {"bootDiskType": "pd-ssd", "bootDiskSizeGb": 100},
                    "replicaCount": "2",
                }
            ],
            "scheduling": {"timeout": "3600s", "restartJobOnWorkerRestart": True},
            "baseOutputDirectory": {"outputUriPrefix": "gs://b"},
        },
    }
    assert run.messages("INFO").count("hi") == 1 and run.messages("ERROR") == ["bad"]
    assert ("DELETE", f"{VERTEX}/{JOB}") in google.steps
    assert run.slept == [vertexai_jobs.PAUSE]
    kept = google.asked[1].json["filter"]
    assert kept == 'resource.labels.job_id="7" AND resource.type="ml_job"'


def test_a_job_that_fails(tmp_path: Path, google: Google) -> None:
    begun(google, state="JOB_STATE_FAILED", error={"message": "no image"})
    with pytest.raises(TaskFailure, match="no image"):
        PatientRun(tmp_path).run(job())


def test_a_job_that_nobody_waits_for(tmp_path: Path, google: Google) -> None:
    begun(google)
    run = PatientRun(tmp_path)
    assert run.run(job(wait=False))["state"] == "JOB_STATE_PENDING"
    assert len(google.asked) == 1


def test_a_job_is_cancelled_with_its_task(tmp_path: Path, google: Google) -> None:
    begun(google)
    google.answers["POST", f"{VERTEX}/{JOB}:cancel"] = {}
    PatientRun(tmp_path).killed_in_its_sleep(job(delete=False))
    assert google.steps[-1] == ("POST", f"{VERTEX}/{JOB}:cancel")
