"""Odoo's records through a real XML-RPC server."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xmlrpc.client import Fault
from xmlrpc.server import SimpleXMLRPCDispatcher, SimpleXMLRPCRequestHandler, SimpleXMLRPCServer

import pytest
from plugins.service import rows
from tasks.fake import FakeRun, t

from flowrt import catalog
from flowrt.model.failures import TaskFailure

RECORDS = [{"id": 1, "name": "Ann", "rate": 1.5}, {"id": 2, "name": "Bö", "rate": False}]


class Handler(SimpleXMLRPCRequestHandler):
    rpc_paths = ("/xmlrpc/2/common", "/xmlrpc/2/object")


class Odoo:
    """What the server is asked: model, method, arguments."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self.url = ""

    def authenticate(self, db: str, user: str, password: str, options: Any) -> Any:
        return 7 if (db, user, password) == ("shop", "me", "secret") else False

    def execute_kw(
        self,
        db: str,
        user: int,
        password: str,
        model: str,
        method: str,
        given: Any,
        named: Any = None,
    ) -> Any:
        assert (db, user, password) == ("shop", 7, "secret")
        self.asked.append((model, method, given, named))
        if model == "no.model":
            raise Fault(2, "Traceback (most recent call last):\n  ...\nKeyError: 'no.model'")
        answers = {
            "search_read": RECORDS,
            "read": RECORDS[:1],
            "search": [1, 2],
            "search_count": 2,
            "create": 9,
        }
        return answers.get(method, True)


@pytest.fixture
def odoo() -> Iterator[Odoo]:
    found = Odoo()
    server = SimpleXMLRPCServer(("127.0.0.1", 0), Handler, logRequests=False, allow_none=True)
    assert isinstance(server, SimpleXMLRPCDispatcher)
    server.register_function(found.authenticate)
    server.register_function(found.execute_kw)
    found.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


def query(odoo: Odoo, operation: str, **more: Any) -> Any:
    found = catalog.find("io.kestra.plugin.odoo.Query")
    assert found is not None
    given = {
        "url": odoo.url,
        "db": "shop",
        "username": "me",
        "password": "secret",
        "model": "res.partner",
    }
    return found("t", operation=operation, **{**given, **more})


def test_records_are_searched_and_read(tmp_path: Path, odoo: Odoo) -> None:
    run = FakeRun(tmp_path, who="A%")
    made = query(
        odoo,
        "SEARCH_READ",
        filters=[[t("name"), "like", t("{{ who }}")]],
        fields=["name"],
        limit=5,
        offset=1,
        fetch_type="FETCH",
    )
    assert run.run(made) == {"rows": RECORDS, "size": 2}
    named = {"fields": ["name"], "limit": 5, "offset": 1}
    assert odoo.asked == [("res.partner", "search_read", [[["name", "like", "A%"]]], named)]
    one = query(odoo, "READ", ids=[1], fetch_type="FETCH_ONE")
    assert run.run(one) == {"row": RECORDS[0], "size": 1}
    stored = run.run(query(odoo, "SEARCH", fetch_type="STORE"))
    assert rows(run, stored["uri"]) == [{"id": 1}, {"id": 2}]
    assert run.run(query(odoo, "SEARCH_COUNT")) == {"size": 2}
    assert run.run(query(odoo, "SEARCH_READ")) == {"size": 2}


def test_records_are_made_changed_and_deleted(tmp_path: Path, odoo: Odoo) -> None:
    run = FakeRun(tmp_path)
    values = {"name": "<&>", "big": 2**40}
    assert run.run(query(odoo, "CREATE", values=values)) == {"size": 1, "ids": [9]}
    assert run.run(query(odoo, "WRITE", ids=[1, 2], values={"a": 1})) == {"size": 2, "ids": [1, 2]}
    assert run.run(query(odoo, "UNLINK", ids=[3])) == {"size": 1, "ids": [3]}
    assert [given for _, _, given, _ in odoo.asked] == [
        [{"name": "<&>", "big": str(2**40)}],
        [[1, 2], {"a": 1}],
        [[3]],
    ]


@pytest.mark.parametrize(
    ("operation", "more", "why"),
    [
        ("READ", {}, "IDs are required for read operation"),
        ("CREATE", {}, "Values are required for create operation"),
        ("SEARCH", {"password": "wrong"}, "Failed to authenticate with Odoo"),
        (
            "SEARCH",
            {"model": "no.model"},
            "Failed to execute execute_kw in Odoo: KeyError: 'no.model'",
        ),
    ],
)
def test_what_cannot_be(
    tmp_path: Path, odoo: Odoo, operation: str, more: dict[str, Any], why: str
) -> None:
    with pytest.raises(TaskFailure) as raised:
        FakeRun(tmp_path).run(query(odoo, operation, **more))
    assert why in str(raised.value)
    assert "secret" not in str(raised.value)
