"""Couchbase: a stand-in for a cluster that names its services and answers queries as the documents say."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from plugins.service import Asked, Service, rows
from tasks.fake import FakeRun, t, task

from flowrt.model.failures import TaskFailure

ROWS = [{"id": 1, "name": "Ada"}, {"id": 2, "name": "Bob"}]


class Cluster:
    """What it was asked, and what it answers."""

    def __init__(self, service: Service) -> None:
        self.port = urlsplit(service.url).port
        self.asked: list[Any] = []
        self.answer: Any = {"status": "success", "results": ROWS}
        self.nodes: list[Any] = [{"services": {"kv": 1}}, {"services": {"n1ql": self.port}}]
        service.answer = self

    def __call__(self, asked: Asked) -> Any:
        login = base64.b64encode(b"u:p").decode()
        assert asked.headers["authorization"] == f"Basic {login}"
        if asked.path == "/pools/default/nodeServices":
            return 200, {"nodesExt": self.nodes}
        assert (asked.method, asked.path) == ("POST", "/query/service")
        self.asked.append(asked.json)
        return self.answer if isinstance(self.answer, tuple) else (200, self.answer)


@pytest.fixture
def cluster(service: Service) -> Cluster:
    return Cluster(service)


@pytest.fixture
def run(tmp_path: Path) -> FakeRun:
    return FakeRun(tmp_path, secret_="p", n=1)


def query(run: FakeRun, cluster: Cluster, **properties: Any) -> Any:
    given = {
        "connection_string": f"couchbase://127.0.0.1:{cluster.port}", "username": "u",
        "password": t("{{ secret_ }}"), "query": "SELECT * FROM t",
    }  # fmt: skip
    return run.run(task("couchbase.Query", **{**given, **properties}))


def test_rows_in_each_form(run: FakeRun, cluster: Cluster) -> None:
    found = query(run, cluster)
    assert found["size"] == 2 and rows(run, found["uri"]) == ROWS
    assert query(run, cluster, fetch_type="FETCH") == {"rows": ROWS, "size": 2}
    assert query(run, cluster, fetch_type="FETCH_ONE") == {"row": ROWS[0], "size": 2}
    assert query(run, cluster, fetch_type="NONE") == {"size": 2}
    assert cluster.asked[0] == {"statement": "SELECT * FROM t"}


def test_parameters(run: FakeRun, cluster: Cluster) -> None:
    query(run, cluster, parameters={"id": 1, "name": t("{{ n }}")})
    assert cluster.asked[-1] == {"statement": "SELECT * FROM t", "$id": 1, "$name": "1"}
    query(run, cluster, parameters=[1, "a"])
    assert cluster.asked[-1]["args"] == [1, "a"]
    with pytest.raises(TaskFailure, match="a list or a map"):
        query(run, cluster, parameters="x")


def test_what_fails(run: FakeRun, cluster: Cluster) -> None:
    errors = {"status": "fatal", "errors": [{"code": 3000, "msg": "syntax error"}]}
    for answer in (errors, (400, errors)):
        cluster.answer = answer
        with pytest.raises(TaskFailure, match="Couchbase: 3000 syntax error"):
            query(run, cluster)
    cluster.answer = (401, b"no")
    with pytest.raises(TaskFailure, match="Couchbase answered with status 401: no"):
        query(run, cluster)
    cluster.answer = {"status": "success", "results": [1]}
    with pytest.raises(TaskFailure, match="`SELECT RAW` gives none"):
        query(run, cluster)
    cluster.nodes = []
    with pytest.raises(TaskFailure, match="no node of the cluster answers queries"):
        query(run, cluster)
    with pytest.raises(TaskFailure, match="begins with couchbase://"):
        query(run, cluster, connection_string="http://x")
