"""Tables of Azure's storage: Azurite, which the tests start."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from plugins import servers
from plugins.service import rows
from tasks.fake import FakeRun, t, task

from flowrt.model.failures import TaskFailure

pytestmark = pytest.mark.services
ACCOUNT = "devstoreaccount1"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    pytest.importorskip("azure.data.tables")
    with servers.azurite("table") as found:
        yield found


@pytest.fixture
def run(tmp_path: Path) -> FakeRun:
    return FakeRun(tmp_path, key=servers.AZURE_KEY)


class Account:
    """An account, and an empty table."""

    def __init__(self, run: FakeRun, endpoint: str) -> None:
        from azure.core.credentials import AzureNamedKeyCredential
        from azure.data.tables import TableServiceClient

        self.run = run
        self.known = {
            "endpoint": endpoint,
            "shared_key_account_name": ACCOUNT,
            "shared_key_account_access_key": t("{{ key }}"),
        }
        credential = AzureNamedKeyCredential(ACCOUNT, servers.AZURE_KEY)
        with TableServiceClient(endpoint, credential=credential) as client:
            for each in list(client.list_tables()):
                client.delete_table(each.name)
            client.create_table("people")

    def __call__(self, name: str, **properties: Any) -> Any:
        given = {"table": "people", **self.known, **properties}
        return self.run.run(task(f"azure.storage.table.{name}", **given))

    def listed(self, **properties: Any) -> list[Any]:
        found = self("List", **properties)
        taken = rows(self.run, found["uri"])
        assert found["count"] == len(taken)
        return taken


@pytest.fixture
def account(run: FakeRun, endpoint: str) -> Account:
    return Account(run, endpoint)


def row(key: int, kind: str | None = None, **properties: Any) -> dict[str, Any]:
    found = {"partitionKey": "p", "rowKey": f"{key:03}", "properties": properties}
    return found if kind is None else {**found, "type": kind}


def test_a_row_has_values_of_each_kind(account: Account, run: FakeRun) -> None:
    stored = run.store(
        '{partitionKey: "p", rowKey: "1", properties: {text: "é", small: 1, large: 3000000000,'
        " half: 0.5, yes: true, at: 2024-01-02T03:04:05.678Z, raw: {{AP8=}}}}\n",
        "in.ion",
    )
    assert account("Bulk", from_=stored) == {"count": 1}
    found = account("Get", partition_key="p", row_key="1")["row"]
    assert (found["partitionKey"], found["rowKey"]) == ("p", "1")
    assert found["etag"] and found["timestamp"]
    properties = found["properties"]
    assert str(properties.pop("at")) == "2024-01-02T03:04:05.678Z"
    assert bytes(properties.pop("raw")) == b"\x00\xff"
    assert properties == {"text": "é", "small": 1, "large": 3000000000, "half": 0.5, "yes": True}
    assert ("counter", "records.count", 1) in run.metrics


def test_rows_are_changed_together(account: Account) -> None:
    assert account("Bulk", from_=[row(n, n=n) for n in range(150)]) == {"count": 150}
    assert len(account.listed(max_files=500)) == 150
    account("Bulk", from_=[row(1, "DELETE"), row(2, "UPDATE_MERGE", more=1), row(3, x=1)])
    kept = {each["rowKey"]: each["properties"] for each in account.listed(max_files=3)}
    assert kept == {"000": {"n": 0}, "002": {"n": 2, "more": 1}, "003": {"x": 1}}
    with pytest.raises(TaskFailure, match="Azure: row 1: "):
        account("Bulk", from_=[row(500), row(0)], default_type="CREATE")
    assert not account.listed(filter="RowKey eq '500'")  # nothing of a transaction that failed


def test_rows_are_found(account: Account, run: FakeRun) -> None:
    account("Bulk", from_=[row(n, n=n, m=1) for n in range(5)])
    found = account.listed(filter="n ge 2", select=["n"], top=1)
    assert [each["properties"] for each in found] == [{"n": 2}, {"n": 3}, {"n": 4}]
    assert account.listed(max_files=2)
    assert any("limited to 2 entities" in message for message in run.messages("WARN"))
    assert account("Delete", partition_key="p", row_key="000") is None
    with pytest.raises(TaskFailure, match="Azure: Status code 404, ResourceNotFound"):
        account("Get", partition_key="p", row_key="000")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["text"], "each row must be a map"),
        ([{"partitionKey": "p"}], "each row has `partitionKey` and `rowKey`"),
        ([row(1, "DROP")], "`DROP` is none of"),
        ([{**row(1), "properties": 1}], "`properties` of a row must be a map"),
    ],
)
def test_what_is_no_row(account: Account, given: Any, message: str) -> None:
    with pytest.raises(TaskFailure, match=message):
        account("Bulk", from_=given)


def test_other_ways_to_an_account(account: Account, run: FakeRun, endpoint: str) -> None:
    whole = (
        f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={servers.AZURE_KEY};"
        f"TableEndpoint={endpoint};"
    )
    found = task("azure.storage.table.List", table="people", connection_string=whole)
    assert run.run(found)["count"] == 0
    wrong = {**account.known, "shared_key_account_access_key": "d3Jvbmc="}
    with pytest.raises(TaskFailure, match="Azure: Status code 403"):
        run.run(task("azure.storage.table.List", table="people", **wrong))
