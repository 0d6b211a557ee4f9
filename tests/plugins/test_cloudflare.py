"""Cloudflare: what its interface is asked, and what comes back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from plugins.service import Answers, Service
from tasks.fake import FakeRun, t, task

from flowrt.model.failures import TaskFailure

RECORD = {
    "id": "r1",
    "name": "app.example.com",
    "type": "A",
    "content": "1.2.3.4",
    "ttl": 1,
    "proxied": True,
    "zone_name": "example.com",
}
SHOWN = {
    "recordId": "r1",
    "name": "app.example.com",
    "type": "A",
    "content": "1.2.3.4",
    "ttl": 1,
    "proxied": True,
}
WRITTEN = {"record_type": "A", "name": "app.example.com", "content": "1.2.3.4", "proxied": True}
BODY = {"type": "A", "name": "app.example.com", "content": "1.2.3.4", "ttl": 1, "proxied": True}


@pytest.fixture
def run(tmp_path: Path) -> FakeRun:
    return FakeRun(tmp_path, token="T0K3N")


def ask(service: Service, kind: str, /, **given: Any) -> Any:
    base = f"{service.url}/client/v4"
    return task(f"cloudflare.{kind}", base_url=base, api_token=t("{{ token }}"), **given)


def done(result: Any) -> dict[str, Any]:
    return {"success": True, "errors": [], "messages": [], "result": result}


def said(service: Service) -> list[tuple[str, str, Any]]:
    """The requests: method, path, body."""
    for each in service.asked:
        assert each.headers["authorization"] == "Bearer T0K3N"
    return [
        (each.method, each.path.removeprefix("/client/v4/zones"), each.body and each.json)
        for each in service.asked
    ]


def test_zones(run: FakeRun, service: Service) -> None:
    zone = {"id": "z1", "name": "example.com", "status": "active"}
    service.answer = Answers(done([{**zone, "plan": {}}]))
    assert run.run(ask(service, "zones.List")) == {"zones": [zone]}
    assert run.run(ask(service, "zones.Get", hostname="example.com")) == zone
    service.answer = Answers(done(zone))
    assert run.run(ask(service, "zones.Get", zone_id="z1", hostname="other.com")) == zone
    assert said(service) == [
        ("GET", "", b""),
        ("GET", "?name=example.com", b""),
        ("GET", "/z1", b""),
    ]
    service.answer = Answers(done([]))
    with pytest.raises(TaskFailure, match="Zone not found for hostname: nowhere"):
        run.run(ask(service, "zones.Get", hostname="nowhere"))
    with pytest.raises(TaskFailure, match="Either 'zoneId' or 'hostname'"):
        run.run(ask(service, "zones.Get"))
    assert not [text for _, text in run.logs if "T0K3N" in text]


@pytest.mark.parametrize(
    ("given", "body"),
    [
        ({"purge_all": True, "files": ["https://h/a"]}, {"purge_everything": True}),
        ({"files": ["https://h/a"], "tags": ["x"]}, {"files": ["https://h/a"]}),
        ({"tags": ["x"]}, {"tags": ["x"]}),
    ],
)
def test_a_cache_is_purged(
    run: FakeRun, service: Service, given: dict[str, Any], body: dict[str, Any]
) -> None:
    service.answer = Answers(done({"id": "p1"}))
    assert run.run(ask(service, "cache.Purge", zone_id="z/1", **given)) == {"requestId": "p1"}
    assert said(service) == [("POST", "/z%2F1/purge_cache", body)]


def test_nothing_to_purge(run: FakeRun, service: Service) -> None:
    with pytest.raises(TaskFailure, match="Invalid purge configuration"):
        run.run(ask(service, "cache.Purge", zone_id="z", files=[]))
    assert service.asked == []


def test_records(run: FakeRun, service: Service) -> None:
    service.answer = Answers(done([RECORD]))
    (listed,) = run.run(ask(service, "dns.records.List", zone_id="z"))["records"]
    assert listed == {"id": "r1", **{key: SHOWN[key] for key in SHOWN if key != "recordId"}}
    service.answer = Answers(done(RECORD))
    one = {"zone_id": "z", "record_id": "r1"}
    assert run.run(ask(service, "dns.records.Get", **one)) == SHOWN
    assert run.run(ask(service, "dns.records.Create", zone_id="z", **WRITTEN)) == SHOWN
    change = ask(service, "dns.records.Update", ttl=60, proxied=False, **one)
    assert run.run(change) == {"id": "r1"}
    assert run.run(ask(service, "dns.records.Delete", **one)) == {"deletedId": "r1"}
    assert said(service) == [
        ("GET", "/z/dns_records", b""),
        ("GET", "/z/dns_records/r1", b""),
        ("POST", "/z/dns_records", BODY),
        ("PATCH", "/z/dns_records/r1", {"ttl": 60, "proxied": False}),
        ("DELETE", "/z/dns_records/r1", b""),
    ]


@pytest.mark.parametrize(
    ("known", "action", "request_"),
    [
        ([], "created", ("POST", "/z/dns_records", BODY)),
        ([RECORD], "updated", ("PATCH", "/z/dns_records/r1", BODY)),
    ],
)
def test_a_record_is_made_or_changed(
    run: FakeRun, service: Service, known: list[Any], action: str, request_: Any
) -> None:
    service.answer = Answers(done(known), done(RECORD))
    found = run.run(ask(service, "dns.records.Upsert", zone_id="z", **WRITTEN))
    assert found == {**SHOWN, "action": action}
    look = ("GET", "/z/dns_records?name=app.example.com&type=A", b"")
    assert said(service) == [look, request_]


def test_records_by_the_batch(run: FakeRun, service: Service) -> None:
    service.answer = Answers(done({"posts": []}))
    posts = t('{{ [{"type": "A", "name": "a.example.com", "content": "1.2.3.4"}] }}')
    made = ask(service, "dns.records.Batch", zone_id="z", posts=posts, deletes=[{"id": "r2"}])
    assert run.run(made) == {"success": True}
    body = {
        "posts": [{"type": "A", "name": "a.example.com", "content": "1.2.3.4"}],
        "deletes": [{"id": "r2"}],
    }
    assert said(service) == [("POST", "/z/dns_records/batch", body)]
    with pytest.raises(TaskFailure, match="At least one of posts, patches, or deletes"):
        run.run(ask(service, "dns.records.Batch", zone_id="z"))


RULE = {"id": "u1", "mode": "block", "configuration": {"target": "ip", "value": "1.2.3.4"}}
BLOCK = {"mode": "BLOCK", "target": "ip", "value": "1.2.3.4"}


@pytest.mark.parametrize(
    ("scope", "where"), [({"zone_id": "z"}, "zones/z"), ({"account_id": "a"}, "accounts/a")]
)
def test_rules_of_access(run: FakeRun, service: Service, scope: dict[str, Any], where: str) -> None:
    service.answer = Answers(done(RULE))
    found = run.run(ask(service, "waf.accessrules.Create", notes="bot", **BLOCK, **scope))
    assert found == {"ruleId": "u1", "mode": "block", "target": "ip", "value": "1.2.3.4"}
    rules = f"/client/v4/{where}/firewall/access_rules/rules"
    assert (service.last.method, service.last.path) == ("POST", rules)
    configuration = {"target": "ip", "value": "1.2.3.4"}
    assert service.last.json == {"mode": "block", "configuration": configuration, "notes": "bot"}
    found = run.run(ask(service, "waf.accessrules.Delete", rule_id="u1", **scope))
    assert found == {"ruleId": "u1", "deleted": True}
    assert (service.last.method, service.last.path) == ("DELETE", f"{rules}/u1")
    service.answer = Answers(done([{**RULE, "created_on": "x"}]))
    assert run.run(ask(service, "waf.accessrules.List", zone_id="z")) == {"rules": [RULE]}
    listed = "/client/v4/zones/z/firewall/access_rules/rules"
    assert (service.last.method, service.last.path) == ("GET", listed)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (BLOCK, "Either zoneId or accountId"),
        ({**BLOCK, "zone_id": "z", "account_id": "a"}, "Either zoneId or accountId"),
        ({**BLOCK, "zone_id": "z", "mode": "shout"}, "`mode` is one of block, .* not shout"),
    ],
)
def test_what_is_no_rule(
    run: FakeRun, service: Service, given: dict[str, Any], message: str
) -> None:
    with pytest.raises(TaskFailure, match=message):
        run.run(ask(service, "waf.accessrules.Create", **given))
    assert service.asked == []


def test_what_cloudflare_says_reaches_the_user(run: FakeRun, service: Service) -> None:
    problem = {"success": False, "errors": [{"code": 81057, "message": "It already exists."}]}
    made = ask(service, "dns.records.Create", zone_id="z", **WRITTEN)
    service.answer = Answers((200, problem))
    with pytest.raises(TaskFailure, match=r"Cloudflare did not do it: It already exists\."):
        run.run(made)
    service.answer = Answers((400, problem))
    with pytest.raises(TaskFailure, match=r"Cloudflare answered with status 400: .*81057"):
        run.run(made)
