"""A server of Kestra, against a stand-in that answers as the description of its API says."""

from __future__ import annotations

import io
import json
import zipfile
from base64 import b64encode
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from plugins.service import Asked, PatientRun, Service, rows
from tasks.fake import FakeRun, t, task

from flowrt.java.errors import RawError
from flowrt.model.failures import TaskFailure
from flowrt.plugins.services.kestra import KestraAuth
from flowrt.plugins.services.kestra_flows import IdWithNamespace

EXECUTIONS = [
    {"id": f"e{number}", "namespace": "a.b", "flowId": "f", "state": {"current": "SUCCESS"}}
    for number in range(5)
]
LOGS = [
    {"namespace": "a.b", "flowId": "f", "taskId": name, "level": "INFO", "message": f"by {name}"}
    for name in ("one", "two", "three")
]
ALLOWED = {
    ("GET", "executions/search"): {"page", "size", "filters"},
    ("DELETE", "executions/e1"): {"deleteLogs", "deleteMetrics", "deleteStorage"},
    ("DELETE", "executions/e1/kill"): {"isOnKillCascade"},
    ("GET", "flows/distinct-namespaces"): {"q"},
    ("GET", "flows/export/by-query"): {"filters"},
    ("GET", "logs/e1"): {"minLevel", "taskId"},
    ("GET", "namespaces/search"): {"q", "page", "size", "existing"},
    ("POST", "triggers/set-disabled/by-query"): {"disabled", "filters"},
}
"""The parameters that operations take."""


def archive() -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as file:
        file.writestr("a.b.f.yml", "id: f\nnamespace: a.b\n")
    return data.getvalue()


class Server:
    """What it was asked: method, path below the tenant, query."""

    def __init__(self, service: Service) -> None:
        service.answer = self
        self.service = service
        self.asked: list[tuple[str, str, list[tuple[str, str]]]] = []
        self.authorization: list[str | None] = []
        self.state = "SUCCESS"

    def __call__(self, asked: Asked) -> Any:
        parts = urlsplit(asked.path)
        query = parse_qsl(parts.query, keep_blank_values=True)
        start, _, path = parts.path.removeprefix("/api/v1/").partition("/")
        assert start in ("main", "other")
        self.asked.append((asked.method, path, query))
        self.authorization.append(asked.headers.get("authorization"))
        allowed = ALLOWED.get((asked.method, path), set())
        assert {key.partition("[")[0] for key, _ in query} <= allowed
        given = dict(query)
        match asked.method, path:
            case "GET", "executions/search":
                return 200, self.page(EXECUTIONS, given)
            case "GET", "namespaces/search":
                return 200, self.page([{"id": f"n{i}"} for i in range(3)], given)
            case "GET", "executions/e1":
                return 200, {"id": "e1", "state": {"current": self.state}}
            case "GET", "flows/a.b" | "flows/c":
                return 200, [{"id": "f", "namespace": path.removeprefix("flows/")}]
            case "GET", "flows/distinct-namespaces":
                return 200, [each for each in ("a.b", "c") if each.startswith(given["q"])]
            case "GET", "flows/export/by-query":
                return 200, archive()
            case "POST", "flows/export/by-ids":
                assert asked.headers["content-type"] == "application/json"
                return 200, archive()
            case "GET", "logs/e1":
                name = given.get("taskId")
                return 200, [each for each in LOGS if name in (None, each["taskId"])]
            case "POST", "triggers/set-disabled/by-query":
                return 200, {"count": 2}
            case "DELETE", "executions/e1":
                return 204, b""
            case ("DELETE", "executions/e1/kill") | ("POST", "executions/e1/resume"):
                return 200, {"id": "e1"}
        return 404, {"message": f"Not Found: {path}"}

    @staticmethod
    def page(found: list[Any], query: dict[str, str]) -> dict[str, Any]:
        page, size = int(query["page"]), int(query["size"])
        assert page >= 1 and size >= 1
        return {"results": found[(page - 1) * size : page * size], "total": len(found)}


@pytest.fixture
def server(service: Service) -> Server:
    return Server(service)


def make(server: Server, name: str, **properties: Any) -> Any:
    return task(f"kestra.{name}", kestra_url=f"{server.service.url}//", **properties)


def test_executions_are_searched_page_after_page(tmp_path: Path, server: Server) -> None:
    run = FakeRun(tmp_path, flow="f")
    query = make(
        server,
        "executions.Query",
        tenant_id="other",
        namespace="a.b",
        flow_id=t("{{ flow }}"),
        size=2,
        states=["FAILED", "WARNING"],
        flow_scopes=["USER"],
        labels={"team": "x & y"},
        trigger_execution_id="e9",
        child_filter="MAIN",
        start_date="2026-01-02T03:04:05+01:00",
        end_date="2026-01-03T00:00:00Z",
    )
    found = run.run(query)
    assert found["size"] == 5
    assert rows(run, found["uri"]) == EXECUTIONS
    assert [dict(asked)["page"] for _, _, asked in server.asked] == ["1", "2", "3"]
    assert sorted(server.asked[0][2]) == [
        ("filters[childFilter][EQUALS]", "MAIN"),
        ("filters[flowId][EQUALS]", "f"),
        ("filters[labels][EQUALS][team]", "x & y"),
        ("filters[namespace][EQUALS]", "a.b"),
        ("filters[scope][EQUALS]", "USER"),
        ("filters[startDate][GREATER_THAN_OR_EQUAL_TO]", "2026-01-02T02:04:05Z"),
        ("filters[startDate][LESS_THAN_OR_EQUAL_TO]", "2026-01-03T00:00:00Z"),
        ("filters[state][EQUALS]", "FAILED"),
        ("filters[state][EQUALS]", "WARNING"),
        ("filters[triggerExecutionId][EQUALS]", "e9"),
        ("page", "1"),
        ("size", "2"),
    ]
    assert run.messages("INFO")[0] == f"Kestra URL: {server.service.url}"


def test_fetch_types_of_executions(tmp_path: Path, server: Server) -> None:
    run = FakeRun(tmp_path)
    whole = run.run(make(server, "executions.Query", fetch_type="FETCH"))
    assert whole == {"rows": [EXECUTIONS], "size": 5}
    second = run.run(make(server, "executions.Query", fetch_type="FETCH", page=2, size=2))
    assert second == {"rows": [EXECUTIONS[2:4]], "size": 5}
    one = run.run(make(server, "executions.Query", fetch_type="FETCH_ONE"))
    assert one == {"row": {"0": EXECUTIONS[0]}, "size": 5}
    assert run.run(make(server, "executions.Query", fetch_type="NONE")) == {"size": 5}


def test_a_range_of_time_ends_now(tmp_path: Path, server: Server) -> None:
    from datetime import datetime, timedelta

    run = FakeRun(tmp_path)
    run.run(make(server, "executions.Query", time_range="PT10H", fetch_type="NONE"))
    asked = dict(server.asked[0][2])
    start = datetime.fromisoformat(asked["filters[startDate][GREATER_THAN_OR_EQUAL_TO]"])
    end = datetime.fromisoformat(asked["filters[startDate][LESS_THAN_OR_EQUAL_TO]"])
    assert end - start == timedelta(hours=10)
    dates = {"start_date": "2026-01-02T03:04:05Z", "end_date": "2026-01-03T03:04:05Z"}
    with pytest.raises(TaskFailure, match="`timeRange` cannot be used together with both"):
        run.run(make(server, "executions.Query", time_range="PT10H", **dates))


@pytest.mark.parametrize(
    ("expression", "count"),
    [(None, 5), ("{{ count > 4 }}", 5), ("{{ count > 5 }}", 0)],
)
def test_executions_are_counted(
    tmp_path: Path, server: Server, expression: str | None, count: int
) -> None:
    run = FakeRun(tmp_path)
    given = {} if expression is None else {"expression": t(expression)}
    asked = make(
        server,
        "executions.Count",
        namespaces=["a", "b"],
        start_date="2026-01-02T00:00:00Z",
        end_date="2026-01-03T00:00:00Z",
        **given,
    )
    assert run.run(asked) == {"count": count}
    assert server.asked == [
        (
            "GET",
            "executions/search",
            [
                ("page", "1"),
                ("size", "1"),
                ("filters[namespace][EQUALS]", "a"),
                ("filters[namespace][EQUALS]", "b"),
                ("filters[startDate][GREATER_THAN_OR_EQUAL_TO]", "2026-01-02T00:00:00Z"),
                ("filters[endDate][LESS_THAN_OR_EQUAL_TO]", "2026-01-03T00:00:00Z"),
            ],
        )
    ]
    assert "Found 5 matching executions" in run.messages("INFO")


def test_a_date_that_is_none_fails(tmp_path: Path, server: Server) -> None:
    with pytest.raises(RawError, match="Text 'tomorrow' could not be parsed at index 0"):
        FakeRun(tmp_path).run(make(server, "executions.Count", start_date="tomorrow"))


def test_an_execution_that_has_ended_is_deleted(tmp_path: Path, server: Server) -> None:
    run = FakeRun(tmp_path)
    delete = make(server, "executions.Delete", execution_id="e1", delete_logs=False)
    assert run.run(delete) is None
    flags = [("deleteLogs", "false"), ("deleteMetrics", "true"), ("deleteStorage", "true")]
    assert server.asked == [("GET", "executions/e1", []), ("DELETE", "executions/e1", flags)]
    server.state = "RUNNING"
    with pytest.raises(TaskFailure, match=r"Execution e1 is not in a terminate state \(RUNNING\)"):
        run.run(delete)
    assert len(server.asked) == 3
    with pytest.raises(TaskFailure, match="not allowed to delete the current execution E1"):
        run.run(make(server, "executions.Delete", execution_id=run.execution_id))
    with pytest.raises(TaskFailure, match=r"status 404: .*Not Found"):
        run.run(make(server, "executions.Delete", execution_id="e7"))


def test_an_execution_is_killed(tmp_path: Path, server: Server) -> None:
    run = FakeRun(tmp_path)
    run.run(make(server, "executions.Kill", execution_id="e1", propagate_kill=False))
    assert server.asked == [("DELETE", "executions/e1/kill", [("isOnKillCascade", "false")])]


def test_an_execution_is_resumed_with_inputs(tmp_path: Path, server: Server) -> None:
    run = FakeRun(tmp_path)
    inputs = {"comment": "fine \u2713", "many": 3, "data": {"a": [1]}, "none": None}
    run.run(make(server, "executions.Resume", execution_id="e1", inputs=inputs))
    (asked,) = server.service.asked
    kind = asked.headers["content-type"]
    assert kind.startswith("multipart/form-data; boundary=")
    body = asked.body.decode()
    fields = {}
    for part in body.split("--" + kind.partition("boundary=")[2])[1:-1]:
        head, _, value = part.partition("\r\n\r\n")
        fields[head.partition('name="')[2].partition('"')[0]] = value.removesuffix("\r\n")
    assert fields == {"comment": "fine \u2713", "many": "3", "data": '{"a":[1]}'}
    with pytest.raises(TaskFailure, match="status 404"):  # the own one by default
        run.run(make(server, "executions.Resume"))
    assert server.asked[-1][1] == f"executions/{run.execution_id}/resume"


def test_flows_of_a_namespace(tmp_path: Path, server: Server) -> None:
    run = FakeRun(tmp_path)
    assert run.run(make(server, "flows.List")) == {"flows": [{"id": "f", "namespace": "a.b"}]}
    other = run.run(make(server, "flows.List", namespace="c"))
    assert other == {"flows": [{"id": "f", "namespace": "c"}]}


def test_flows_are_exported(tmp_path: Path, server: Server) -> None:
    run = PatientRun(tmp_path)
    export = make(server, "flows.Export", namespace="a.b", labels=["team:a:b", "own:"])
    for task_ in (
        export,
        make(server, "flows.ExportById", flows=[IdWithNamespace(namespace="a.b", id="f")]),
    ):
        uri = run.run(task_)["flowsZip"]
        with zipfile.ZipFile(io.BytesIO(run.storage.read(uri))) as found:
            assert found.read("a.b.f.yml") == b"id: f\nnamespace: a.b\n"
    assert server.asked[0][2] == [
        ("filters[namespace][EQUALS]", "a.b"),
        ("filters[labels][EQUALS][team]", "a:b"),
        ("filters[labels][EQUALS][own]", ""),
    ]
    assert json.loads(server.service.last.body) == [{"namespace": "a.b", "id": "f"}]
    with pytest.raises(TaskFailure, match="a label is `key:value`, not team"):
        run.run(make(server, "flows.Export", labels=["team"]))


def test_namespaces(tmp_path: Path, server: Server) -> None:
    run = FakeRun(tmp_path)
    assert run.run(make(server, "namespaces.List", size=2)) == {"namespaces": ["n0", "n1", "n2"]}
    assert run.run(make(server, "namespaces.List", size=2, page=2, prefix="n")) == {
        "namespaces": ["n2"]
    }
    assert server.asked[-1][2] == [("q", "n"), ("existing", "false"), ("page", "2"), ("size", "2")]
    with_flows = make(server, "namespaces.NamespacesWithFlows", prefix="c")
    assert run.run(with_flows) == {"namespaces": ["c"]}


def test_logs_of_an_execution(tmp_path: Path, server: Server) -> None:
    run = FakeRun(tmp_path)
    whose = {"execution_id": "e1", "flow_id": "f", "namespace": "a.b"}
    found = run.run(make(server, "logs.Fetch", **whose))
    assert found["size"] == 3 and rows(run, found["uri"]) == LOGS
    found = run.run(make(server, "logs.Fetch", tasks_id=["two", "one"], level="WARN", **whose))
    assert rows(run, found["uri"]) == [LOGS[1], LOGS[0]]
    assert server.asked[-1][2] == [("minLevel", "WARN"), ("taskId", "one")]
    with pytest.raises(TaskFailure, match="Both `namespace` and `flowId` must be set"):
        run.run(make(server, "logs.Fetch", execution_id="e1", flow_id="f"))


@pytest.mark.parametrize(("enabled", "disabled"), [(True, "false"), (False, "true")])
def test_triggers_are_toggled(tmp_path: Path, server: Server, enabled: bool, disabled: str) -> None:
    run = FakeRun(tmp_path)
    run.run(make(server, "triggers.Toggle", flow_id="f", trigger="nightly", enabled=enabled))
    assert server.asked == [
        (
            "POST",
            "triggers/set-disabled/by-query",
            [
                ("disabled", disabled),
                ("filters[namespace][EQUALS]", "a.b"),
                ("filters[flowId][EQUALS]", "f"),
                ("filters[triggerId][EQUALS]", "nightly"),
            ],
        )
    ]
    assert run.messages("INFO")[-1] == "2 triggers found to toggle"


def test_who_asks(tmp_path: Path, server: Server) -> None:
    run = FakeRun(tmp_path, token="tok", word="pw")
    run.run(make(server, "flows.List", auth=KestraAuth(api_token=t("{{ token }}"))))
    run.run(make(server, "flows.List", auth=KestraAuth(username="me", password=t("{{ word }}"))))
    run.run(make(server, "flows.Export", auth=KestraAuth(api_token=t("{{ token }}"))))
    basic = f"Basic {b64encode(b'me:pw').decode()}"
    assert server.authorization == ["Bearer tok", basic, "Bearer tok"]
    assert not [text for _, text in run.logs if "tok" in text or "pw" in text]


@pytest.mark.parametrize(
    ("auth", "message"),
    [
        ({"api_token": "t", "username": "u"}, "Cannot use both API Token authentication"),
        ({"username": "u"}, "Both username and password are required"),
        ({}, "No authentication method provided"),
    ],
)
def test_half_a_login_fails(
    tmp_path: Path, server: Server, auth: dict[str, str], message: str
) -> None:
    with pytest.raises(TaskFailure, match=message):
        FakeRun(tmp_path).run(make(server, "flows.List", auth=KestraAuth(**auth)))
    assert server.asked == []


@pytest.mark.parametrize("name", ["flows.List", "flows.Export", "namespaces.List"])
def test_there_is_no_server_that_nobody_named(tmp_path: Path, name: str) -> None:
    message = f"io.kestra.plugin.kestra.{name} asks a server of Kestra, and there is none here"
    with pytest.raises(TaskFailure, match=message):
        FakeRun(tmp_path).run(task(f"kestra.{name}"))


def test_names_stay_in_their_place(tmp_path: Path, server: Server) -> None:
    FakeRun(tmp_path).run(make(server, "namespaces.NamespacesWithFlows", prefix="a&q=c"))
    assert server.asked[-1][2] == [("q", "a&q=c")]
    with pytest.raises(TaskFailure, match="no name that an address can hold"):
        FakeRun(tmp_path).run(make(server, "executions.Kill", execution_id=".."))
    url = server.service.url.replace("//", "//user:pw@")
    run = FakeRun(tmp_path)
    with pytest.raises(TaskFailure):
        run.run(task("kestra.executions.Kill", kestra_url=url, execution_id=".."))
    assert not [text for _, text in run.logs if "pw" in text]
