"""Google, against a stand-in that keeps objects and answers in the documented forms of its interfaces."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from hashlib import md5
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from plugins.service import Asked, Service, service_account, serving
from tasks.fake import FakeRun

from flowrt import catalog
from flowrt.model.failures import TaskFailure
from flowrt.plugins.google import auth, cells, upload
from flowrt.plugins.google.calendar import Person, When
from flowrt.plugins.google.gcs import Sources


@pytest.fixture(scope="module")
def account() -> dict[str, Any]:
    """A service account, whose key was made for these tests."""
    return service_account()


class Cloud:
    """What the stand-in keeps: objects by bucket and name, jobs that were asked for."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.objects: dict[tuple[str, str], bytes] = {}
        self.uploads: dict[str, Any] = {}
        self.jobs: list[dict[str, Any]] = []
        self.pages: list[dict[str, Any]] = []
        self.errors: dict[str, Any] | None = None
        self.seen: list[Asked] = []

    def about(self, bucket: str, name: str) -> dict[str, Any]:
        data = self.objects[bucket, name]
        digest = base64.b64encode(md5(data, usedforsecurity=False).digest()).decode()
        return {"bucket": bucket, "name": name, "size": str(len(data)), "md5Hash": digest}

    def __call__(self, asked: Asked) -> Any:
        parts = urlsplit(asked.path)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        if parts.path == "/token":
            return 200, {"access_token": "tok", "expires_in": 3600}
        self.seen.append(asked)
        if parts.path.startswith("/session/"):  # its address is secret enough
            return self.put(parts.path, asked)
        assert asked.headers["authorization"] == "Bearer tok"
        if parts.path.startswith("/upload/"):
            number = f"/session/{len(self.uploads)}"
            self.uploads[number] = (parts.path, query, asked.json if asked.body else {}, b"")
            return 200, {}, {"Location": f"{self.service.url}{number}"}
        if parts.path.startswith("/storage/v1/b/"):
            return self.storage(asked, [unquote(each) for each in parts.path.split("/")[4:]], query)
        if parts.path.startswith("/bigquery/v2/projects/"):
            return self.bigquery(asked, parts.path.split("/")[4:], query)
        return 404, {"error": parts.path}

    def put(self, number: str, asked: Asked) -> Any:
        path, query, about, data = self.uploads[number]
        data += asked.body
        self.uploads[number] = (path, query, about, data)
        span, _, size = asked.headers["content-range"].partition("/")
        assert span == "bytes *" or int(span.rpartition("-")[2]) + 1 == len(data)
        if len(data) < int(size):
            return 308, b""
        if "/storage/" in path:
            bucket, name = path.split("/")[5], query["name"]
            self.objects[bucket, name] = data
            return 200, self.about(bucket, name)
        return 200, self.job({**about, "data": data})

    def storage(self, asked: Asked, steps: list[str], query: dict[str, str]) -> Any:
        bucket = steps[0]
        if len(steps) == 2:
            names = sorted(n for b, n in self.objects if b == bucket)
            below = [n for n in names if n.startswith(query["prefix"])]
            rest = [n[len(query["prefix"]) :] for n in below]
            flat = "delimiter" in query
            items = [n for n, r in zip(below, rest, strict=True) if not flat or "/" not in r]
            folders = {query["prefix"] + r.split("/")[0] + "/" for r in rest if flat and "/" in r}
            at = int(query.get("pageToken", 0))
            page = {"items": [self.about(bucket, n) for n in items[at : at + 2]]}
            if at + 2 < len(items):
                return 200, {**page, "nextPageToken": str(at + 2)}
            return 200, {**page, "prefixes": sorted(folders)}
        name = steps[2]
        if len(steps) > 3 and steps[3] == "rewriteTo":
            self.objects[steps[5], steps[7]] = self.objects[bucket, name]
            return 200, {"done": True, "resource": self.about(steps[5], steps[7])}
        if len(steps) > 3 and steps[3] == "compose":
            data = b"".join(self.objects[bucket, e["name"]] for e in asked.json["sourceObjects"])
            self.objects[bucket, name] = data
            return 200, self.about(bucket, name)
        if (bucket, name) not in self.objects:
            return 404, {"error": {"message": "No such object"}}
        if asked.method == "DELETE":
            del self.objects[bucket, name]
            return 204, b""
        return 200, (
            self.objects[bucket, name] if query.get("alt") == "media" else self.about(bucket, name)
        )

    def job(self, asked: dict[str, Any]) -> dict[str, Any]:
        self.jobs.append(asked)
        return {
            "jobReference": {"jobId": f"job{len(self.jobs)}", "location": "EU"},
            "configuration": {
                "query": {
                    "destinationTable": {"projectId": "proj", "datasetId": "d", "tableId": "t"}
                }
            },
            "status": {"state": "RUNNING"},
        }

    def bigquery(self, asked: Asked, steps: list[str], query: dict[str, str]) -> Any:
        if steps[1] == "jobs" and asked.method == "POST":
            return 200, self.job(asked.json)
        if steps[1] == "jobs":
            status = {"state": "DONE", **({} if self.errors is None else self.errors)}
            told = {
                "load": {"outputRows": "2"},
                "extract": {"destinationUriFileCounts": ["1"]},
            }
            return 200, {**self.job({}), "status": status, "statistics": told}
        if steps[1] == "queries":
            return 200, self.pages[int(query.get("pageToken", 0))]
        if steps[1] == "datasets" and asked.method == "GET":
            return 200, {"datasets": [{"datasetReference": {"datasetId": "there"}}]}
        return 200, asked.json if asked.body else {}


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    with serving() as service:
        found = Cloud(service)
        service.answer = found
        for place in (
            "auth.TOKEN_ADDRESS",
            "gcs.ADDRESS",
            "gcs_buckets.ADDRESS",
            "bigquery.ADDRESS",
            "cloud.PUBSUB",
            "sheets.SHEETS",
            "drive.DRIVE",
            "drive.DRIVE_UPLOAD",
            "calendar.CALENDAR",
        ):
            suffix = "/token" if place.startswith("auth") else ""
            if place.endswith("DRIVE_UPLOAD"):
                suffix = "/upload"
            monkeypatch.setattr(f"flowrt.plugins.google.{place}", f"{service.url}{suffix}")
        yield found


@pytest.fixture
def make(account: dict[str, Any], cloud: Cloud) -> Any:
    def made(kind: str, /, **properties: Any) -> Any:
        found = catalog.find(f"io.kestra.plugin.{kind}")
        assert found is not None
        return found("t", service_account=json.dumps(account), **properties)

    return made


# ---- who asks -------------------------------------------------------------------------------------------------------


def test_the_claim_of_an_account_is_signed(account: dict[str, Any]) -> None:
    from cryptography.hazmat.primitives.asymmetric import padding, rsa
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    head, claim, signature = auth.assertion(account, ["a", "b"], 1000).split(".")

    def decoded(text: str) -> bytes:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))

    assert json.loads(decoded(claim)) == {
        "iss": "me@proj.iam.gserviceaccount.com",
        "scope": "a b",
        "aud": "https://oauth2.googleapis.com/token",
        "iat": 1000,
        "exp": 4600,
    }
    key = load_pem_private_key(account["private_key"].encode(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    key.public_key().verify(
        decoded(signature), f"{head}.{claim}".encode(), padding.PKCS1v15(), SHA256()
    )


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("nonsense", "no JSON of a service account"),
        ('{"type": "service_account", "private_key": "x"}', "no private key that can sign"),
    ],
)
def test_accounts_that_cannot_ask(tmp_path: Path, cloud: Cloud, given: str, words: str) -> None:
    found = catalog.find("io.kestra.plugin.gcp.gcs.List")
    assert found is not None
    with pytest.raises(TaskFailure, match=words):
        FakeRun(tmp_path).run(found("t", service_account=given, from_="gs://b/"))


def test_a_token_is_sealed(tmp_path: Path, make: Any) -> None:
    run = FakeRun(tmp_path)
    token = run.run(make("gcp.auth.OauthAccessToken"))["accessToken"]
    assert run.services.sealer.open(token["tokenValue"]) == "tok"
    assert "tok" not in json.dumps(token["tokenValue"]["value"])


# ---- Cloud Storage --------------------------------------------------------------------------------------------------


def test_objects_go_and_come_in_parts(
    tmp_path: Path, make: Any, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload, "CHUNK", 1000)
    run = FakeRun(tmp_path)
    data = bytes(range(256)) * 10
    uri = run.put_file(data, "x.bin")
    found = run.run(make("gcp.gcs.Upload", from_=uri, to="gs://b/in/x y.bin", content_type="a/b"))
    assert cloud.objects["b", "in/x y.bin"] == data
    assert found["uri"] == "gs://b/in/x%20y.bin" and found["md5"]
    assert [each.method for each in cloud.seen] == ["POST", "PUT", "PUT", "PUT"]
    got = run.run(make("gcp.gcs.Download", from_="gs://b/in/x y.bin", validate_checksum=True))
    assert run.storage.read(got["uri"]) == data and got["path"] == "in/x y.bin"
    with pytest.raises(TaskFailure, match="Checksum mismatch"):
        run.run(make("gcp.gcs.Upload", from_=uri, to="gs://b/z", expected_md5="wrong"))
    with pytest.raises(TaskFailure, match="status 404"):
        run.run(make("gcp.gcs.Download", from_="gs://b/none"))
    with pytest.raises(TaskFailure, match="no address such as gs://"):
        run.run(make("gcp.gcs.Download", from_="s3://b/none"))
    empty = run.put_file(b"", "empty")
    run.run(make("gcp.gcs.Upload", from_=empty, to="gs://b/empty"))
    assert cloud.objects["b", "empty"] == b""


@pytest.fixture
def filled(cloud: Cloud) -> Cloud:
    for name in ("in/a.csv", "in/b.txt", "in/c.csv", "in/deep/d.csv"):
        cloud.objects["b", name] = name.encode()
    return cloud


def test_objects_are_listed(tmp_path: Path, make: Any, filled: Cloud) -> None:
    run = FakeRun(tmp_path)
    found = run.run(make("gcp.gcs.List", from_="gs://b/in/"))["blobs"]
    assert [each["name"] for each in found] == ["in/a.csv", "in/b.txt", "in/c.csv", "in/deep/"]
    assert found[0]["size"] == 8 and found[-1]["directory"] is True
    deep = make("gcp.gcs.List", from_="gs://b/in/", listing_type="RECURSIVE", reg_exp=r".*\.csv")
    assert [each["name"] for each in run.run(deep)["blobs"]] == [
        "in/a.csv",
        "in/c.csv",
        "in/deep/d.csv",
    ]
    run.run(make("gcp.gcs.List", from_="gs://b/in/", filter="FILES", max_files=1))
    assert any("exceeded the maxFiles limit (1)" in each for each in run.messages("WARN"))


@pytest.mark.parametrize("action", ["NONE", "DELETE", "MOVE"])
def test_objects_are_taken_and_cleared_away(
    tmp_path: Path, make: Any, filled: Cloud, action: str
) -> None:
    run = FakeRun(tmp_path)
    found = run.run(
        make("gcp.gcs.Downloads", from_="gs://b/in/", action=action, move_directory="gs://b/done/")
    )
    assert {k: run.content(v) for k, v in found["outputFiles"].items()} == {
        each: each for each in ("in/a.csv", "in/b.txt", "in/c.csv")
    }
    left = sorted(name for _, name in filled.objects)
    wanted = {
        "NONE": ["in/a.csv", "in/b.txt", "in/c.csv", "in/deep/d.csv"],
        "DELETE": ["in/deep/d.csv"],
        "MOVE": ["done/a.csv", "done/b.txt", "done/c.csv", "in/deep/d.csv"],
    }
    assert left == wanted[action]


def test_objects_are_copied_composed_and_deleted(tmp_path: Path, make: Any, filled: Cloud) -> None:
    run = FakeRun(tmp_path)
    found = run.run(make("gcp.gcs.Copy", from_="gs://b/in/a.csv", to="gs://c/x", delete=True))
    assert found == {"uri": "gs://c/x"} and ("b", "in/a.csv") not in filled.objects
    parts = Sources(from_="gs://b/in/", reg_exp=r".*csv|.*txt")
    run.run(make("gcp.gcs.Compose", list=parts, to="gs://b/all"))
    assert filled.objects["b", "all"] == b"in/b.txtin/c.csv"
    assert run.run(make("gcp.gcs.Delete", uri="gs://b/all"))["deleted"] is True
    assert run.run(make("gcp.gcs.Delete", uri="gs://b/all"))["deleted"] is False
    gone = run.run(make("gcp.gcs.DeleteList", from_="gs://b/in/", listing_type="RECURSIVE"))
    assert gone["count"] == 3
    with pytest.raises(TaskFailure, match="Unable to find any files"):
        run.run(make("gcp.gcs.DeleteList", from_="gs://b/in/", error_on_empty=True))
    with pytest.raises(TaskFailure, match="Invalid copy to same path"):
        run.run(make("gcp.gcs.Copy", from_="gs://b/x", to="gs://b/x"))


# ---- BigQuery -------------------------------------------------------------------------------------------------------

SCHEMA = {"fields": [{"name": "n", "type": "INTEGER"}, {"name": "t", "type": "TIMESTAMP"}]}


def row(*cells: Any) -> dict[str, Any]:
    return {"f": [{"v": each} for each in cells]}


def test_a_query_and_its_rows(tmp_path: Path, make: Any, cloud: Cloud) -> None:
    cloud.pages = [
        {"schema": SCHEMA, "rows": [row("1", "1767323045600000")], "pageToken": "1"},
        {"schema": SCHEMA, "rows": [row("2", None)]},
    ]
    run = FakeRun(tmp_path)
    found = run.run(
        make(
            "gcp.bigquery.Query",
            sql="select 1",
            fetch_type="FETCH",
            destination_table="d.t",
            write_disposition="WRITE_TRUNCATE",
            labels={"team": "x"},
            location="EU",
        )
    )
    assert [each["n"] for each in found["rows"]] == [1, 2] and found["size"] == 2
    assert found["rows"][0]["t"].isoformat() == "2026-01-02T03:04:05.600000+00:00"
    assert found["destinationTable"] == {"project": "proj", "dataset": "d", "table": "t"}
    asked = cloud.jobs[0]
    assert asked["jobReference"] == {"projectId": "proj", "location": "EU"}
    assert asked["configuration"]["labels"] == {
        "kestra_namespace": "a_b",
        "kestra_flow_id": "my_flow",
        "kestra_execution_id": "e1",
        "team": "x",
    }
    query = asked["configuration"]["query"]
    assert query["destinationTable"] == {"projectId": "proj", "datasetId": "d", "tableId": "t"}
    assert (query["useLegacySql"], query["writeDisposition"]) == (False, "WRITE_TRUNCATE")
    stored = run.run(make("gcp.bigquery.Query", sql="select 1", store=True))
    assert stored["size"] == 2 and "n:2" in run.content(stored["uri"])
    assert run.run(make("gcp.bigquery.Query", sql="s", fetch_one=True))["row"]["n"] == 1


def test_the_errors_of_a_job_are_told(tmp_path: Path, make: Any, cloud: Cloud) -> None:
    error = {"reason": "invalidQuery", "message": "Syntax error at [1:1]"}
    cloud.errors = {"errorResult": error, "errors": [error]}
    with pytest.raises(TaskFailure, match=r"^BigQuery: invalidQuery: Syntax error at \[1:1\]$"):
        FakeRun(tmp_path).run(make("gcp.bigquery.Query", sql="selec"))
    with pytest.raises(TaskFailure, match="Invalid table name 'x'"):
        FakeRun(tmp_path).run(make("gcp.bigquery.Query", sql="s", destination_table="x"))


@pytest.mark.parametrize(
    ("kind", "given", "value"),
    [
        ("INTEGER", "5", 5),
        ("FLOAT", "1.5", 1.5),
        ("BOOLEAN", "true", True),
        ("DATETIME", "2026-01-02T03:04:05", "2026-01-02T03:04:05Z"),
        ("GEOGRAPHY", "POINT(1.5 -2)", [1.5, -2.0]),
        ("JSON", '{"a": 1}', {"a": 1}),
        ("STRING", "x", "x"),
        ("STRING", None, None),
    ],
)
def test_cells(kind: str, given: Any, value: Any) -> None:
    assert cells.cell({"name": "c", "type": kind}, given) == value
    many = {"name": "c", "type": kind, "mode": "REPEATED"}
    assert cells.cell(many, [{"v": given}]) == [value]


def test_cells_of_records() -> None:
    fields = [{"name": "a", "type": "INTEGER"}, {"name": "b", "type": "DATE"}]
    column = {"name": "c", "type": "RECORD", "fields": fields}
    found = cells.cell(column, {"f": [{"v": "1"}, {"v": "2026-01-02"}]})
    assert {**found, "b": str(found["b"])} == {"a": 1, "b": "2026-01-02"}


def test_rows_are_loaded(tmp_path: Path, make: Any, cloud: Cloud) -> None:
    from flowrt.plugins.google.bigquery import CsvOptions

    run = FakeRun(tmp_path)
    found = run.run(
        make(
            "gcp.bigquery.Load",
            from_=run.store("a,b\n"),
            destination_table="p.d.t",
            format="CSV",
            csv_options=CsvOptions(field_delimiter=";", skip_leading_rows=1),
            autodetect=True,
        )
    )
    assert found["rows"] == 2 and found["destinationTable"] == "p.d.t"
    load = cloud.jobs[0]
    assert load["data"] == b"a,b\n"
    assert load["configuration"]["load"]["fieldDelimiter"] == ";"
    assert load["configuration"]["load"]["sourceFormat"] == "CSV"
    run.run(
        make("gcp.bigquery.LoadFromGcs", from_=["gs://b/x"], destination_table="d.t", format="JSON")
    )
    load = cloud.jobs[-2]["configuration"]["load"]
    assert load["sourceUris"] == ["gs://b/x"]
    assert load["sourceFormat"] == "NEWLINE_DELIMITED_JSON"
    with pytest.raises(TaskFailure, match="Can't load an empty file"):
        run.run(make("gcp.bigquery.Load", from_=run.store(""), destination_table="d.t"))


def test_tables_and_datasets(tmp_path: Path, make: Any, cloud: Cloud) -> None:
    run = FakeRun(tmp_path)
    out = make("gcp.bigquery.ExtractToGcs", source_table="d.t", destination_uris=["gs://b/x*"])
    assert run.run(out)["fileCounts"] == [1]
    run.run(make("gcp.bigquery.Copy", source_tables=["d.a"], destination_table="d.b"))
    new = run.run(make("gcp.bigquery.CreateDataset", name="new", location="EU"))
    assert new["dataset"] == "new" and cloud.seen[-1].method == "POST"
    with pytest.raises(TaskFailure, match="already exists"):
        run.run(make("gcp.bigquery.CreateDataset", name="there"))
    run.run(make("gcp.bigquery.CreateDataset", name="there", if_exists="UPDATE"))
    assert cloud.seen[-1].method == "PATCH"
    run.run(make("gcp.bigquery.DeleteDataset", name="there", delete_contents=True))
    assert cloud.seen[-1].path.endswith("/datasets/there?deleteContents=true")
    run.run(make("gcp.bigquery.DeleteTable", dataset="d", table="t"))
    assert cloud.seen[-1].path.endswith("/datasets/d/tables/t")


# ---- Pub/Sub and Workspace --------------------------------------------------------------------------------------------


class Recorder:
    """Answers everything with what a test says, by the beginning of the path."""

    def __init__(self, cloud: Cloud, **answers: Any) -> None:
        self.asked: list[Asked] = []
        before = cloud.service.answer

        def answer(asked: Asked) -> Any:
            if asked.path.startswith("/token"):
                return before(asked)
            self.asked.append(asked)
            for start, found in answers.items():
                if asked.path.split("?")[0].endswith(start):
                    return found if isinstance(found, tuple) else (200, found)
            return 200, {}

        cloud.service.answer = answer


def test_messages_are_published(tmp_path: Path, make: Any, cloud: Cloud) -> None:
    told = Recorder(cloud)
    rows = [{"data": "hi", "attributes": {"a": 1}}, {"data": {"n": 1}, "orderingKey": "k"}]
    found = FakeRun(tmp_path).run(make("gcp.pubsub.Publish", topic="t", from_=rows))
    assert found == {"messagesCount": 2}
    (asked,) = told.asked
    assert asked.path == "/projects/proj/topics/t:publish"
    first, second = asked.json["messages"]
    assert first == {"data": "aGk=", "attributes": {"a": "1"}}
    assert base64.b64decode(second["data"]) == b'{"n":1}' and second["orderingKey"] == "k"


def test_sheets_are_read_and_written(tmp_path: Path, make: Any, cloud: Cloud) -> None:
    sheets = {"sheets": [{"properties": {"title": "One"}}, {"properties": {"title": "Two"}}]}
    values = {"values": [["id", "name"], [1, "Ann"], [2]]}
    told = Recorder(cloud, **{"/S": sheets, "One%27": values, "A1%3AB2": values})
    run = FakeRun(tmp_path)
    found = run.run(
        make(
            "googleworkspace.sheets.Read",
            spreadsheet_id="S",
            selected_sheets_title=["One"],
            fetch=True,
        )
    )
    assert found == {
        "rows": {"One": [{"id": 1, "name": "Ann"}, {"id": 2, "name": None}]},
        "size": 2,
    }
    found = run.run(
        make("googleworkspace.sheets.ReadRange", spreadsheet_id="S", range="A1:B2", header=False)
    )
    assert found["size"] == 3 and '["id","name"]' in run.content(found["uri"])
    rows = run.store('{"id": 1, "name": "Ann"}\n', "rows.ion")
    run.run(
        make(
            "googleworkspace.sheets.Load",
            spreadsheet_id="S",
            from_=rows,
            header=True,
            insert_type="OVERWRITE",
        )
    )
    clear, put = told.asked[-2:]
    assert clear.path.endswith("/values/Sheet1:clear") and put.method == "PUT"
    assert put.json["values"] == [["id", "name"], [1, "Ann"]]
    csv = run.store("a;b\n1;2\n", "rows.csv")
    from flowrt.plugins.google.sheets import SheetCsvOptions

    how = SheetCsvOptions(field_delimiter=";", skip_leading_rows=1)
    run.run(
        make(
            "googleworkspace.sheets.Load",
            spreadsheet_id="S",
            from_=csv,
            csv_options=how,
            insert_type="APPEND",
        )
    )
    assert told.asked[-1].json["values"] == [["1", "2"]]


def test_files_of_drive(tmp_path: Path, make: Any, cloud: Cloud) -> None:
    about = {"id": "F", "name": "r.csv", "size": "3", "parents": ["P"]}
    session = (200, {}, {"Location": f"{cloud.service.url}/put"})
    told = Recorder(cloud, **{"/upload/files": session, "/put": about, "/files/F": about})
    run = FakeRun(tmp_path)
    up = make(
        "googleworkspace.drive.Upload",
        from_=run.store("abc"),
        name="r.csv",
        parents=["P"],
        content_type="text/csv",
    )
    assert run.run(up)["file"]["size"] == 3
    asked, sent = told.asked
    assert asked.json == {"name": "r.csv", "parents": ["P"]} and sent.body == b"abc"
    down = run.run(make("googleworkspace.drive.Download", file_id="F"))
    assert down["file"]["name"] == "r.csv" and down["uri"].endswith(".csv")
    run.run(make("googleworkspace.drive.Delete", file_id="a/b"))
    assert told.asked[-1].path == "/files/a%2Fb?supportsAllDrives=true"


def test_events_of_a_calendar(tmp_path: Path, make: Any, cloud: Cloud) -> None:
    event = {"id": "E", "summary": "S", "status": "confirmed"}
    told = Recorder(cloud, **{"/events": {**event, "items": [event]}, "/events/E": event})
    run = FakeRun(tmp_path)
    found = run.run(
        make(
            "googleworkspace.calendar.InsertEvent",
            calendar_id="me@x.y",
            summary="S",
            start_time=When(date_time="2026-01-02T03:04:05Z", time_zone="UTC"),
            end_time=When(date_time="2026-01-02T04:04:05Z"),
            attendees=[Person(email="a@x.y")],
        )
    )
    assert found["event"]["id"] == "E"
    asked = told.asked[-1]
    assert asked.path == "/calendars/me%40x.y/events"
    assert asked.json["attendees"] == [{"email": "a@x.y"}]
    assert asked.json["start"] == {"dateTime": "2026-01-02T03:04:05Z", "timeZone": "UTC"}
    listed = run.run(make("googleworkspace.calendar.ListEvents", calendar_id="c", q="x"))
    assert listed["events"][0]["summary"] == "S"
    got = run.run(make("googleworkspace.calendar.GetEvent", calendar_id="c", event_id="E"))
    assert got["metadata"]["status"] == "confirmed"
    run.run(
        make(
            "googleworkspace.calendar.UpdateEvent",
            calendar_id="c",
            event_id="E",
            status="cancelled",
        )
    )
    assert told.asked[-1].method == "PATCH"
    run.run(make("googleworkspace.calendar.DeleteEvent", calendar_id="c", event_id="E"))
    assert told.asked[-1].method == "DELETE"
