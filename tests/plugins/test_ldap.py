"""LDAP: a directory that the tests start; LDIF, as Kestra's plugin reads and writes it."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from plugins import servers
from plugins.service import rows
from tasks.fake import FakeRun, t, task

from flowrt.model.failures import TaskFailure
from flowrt.plugins.stores.ldap import SslOptions

services = pytest.mark.services
pytestmark = pytest.mark.filterwarnings("ignore:t[a-z]+Map is deprecated")  # ldap3 uses them
ADMIN = "cn=admin,dc=orga,dc=com"
TOP = "dn: dc=orga,dc=com\nobjectClass: dcObject\nobjectClass: organization\ndc: orga\no: orga\n"
PERSON = "objectClass: inetOrgPerson\nsn: x\n"


def person(name: str, more: str = "") -> str:
    return f"\ndn: cn={name},dc=orga,dc=com\n{PERSON}cn: {name}\n{more}"


@pytest.fixture(scope="module")
def ports() -> Iterator[tuple[int, int]]:
    with servers.slapd() as found:
        yield found


@pytest.fixture
def run(tmp_path: Path) -> FakeRun:
    return FakeRun(tmp_path, name="ada")


class Directory:
    """A directory; only its top is there at first."""

    def __init__(self, run: FakeRun, port: int, **more: Any) -> None:
        self.run = run
        self.login = {"hostname": "127.0.0.1", "port": port, "user_dn": ADMIN,
                      "password": servers.PASSWORD, **more}  # fmt: skip

    def apply(self, name: str, *texts: str) -> None:
        inputs = [self.run.store(text, f"{n}.ldif") for n, text in enumerate(texts)]
        assert self.run.run(task(f"ldap.{name}", **self.login, inputs=inputs)) is None

    def found(self, **properties: Any) -> str:
        search = task("ldap.Search", **{**self.login, "base_dn": "dc=orga,dc=com", **properties})
        return self.run.content(self.run.run(search)["uri"])

    def names(self, **properties: Any) -> list[str]:
        found = self.found(attributes=["1.1"], **properties)
        return [line.removeprefix("dn: ") for line in found.splitlines() if line]

    def clear(self) -> None:
        names = sorted(self.names(filter="(objectClass=*)"), key=len, reverse=True)
        self.apply("Delete", "".join(f"dn: {each}\n\n" for each in names))
        self.apply("Add", TOP)
        self.run.logs.clear()
        self.run.metrics.clear()


@pytest.fixture
def directory(run: FakeRun, ports: tuple[int, int]) -> Directory:
    found = Directory(run, ports[0])
    try:
        found.clear()
    except TaskFailure:  # it was never filled
        found.apply("Add", TOP)
        run.logs.clear()
        run.metrics.clear()
    return found


@services
def test_entries_are_added_and_found(directory: Directory, run: FakeRun) -> None:
    directory.apply("Add", person("ada", "description:: w7w=\ndescription: b\n") + person("bob"))
    assert run.messages("ERROR") == []
    assert ("counter", "additions.requested", 2) in run.metrics
    assert ("counter", "additions.done", 2) in run.metrics
    assert "additions.mean.time" in {name for _, name, _ in run.metrics}
    wanted = t("(&(objectClass=inetOrgPerson)\n   (cn={{ name }}))")
    found = directory.found(filter=wanted, attributes=["cn", "description"])
    assert found == "dn: cn=ada,dc=orga,dc=com\ncn: ada\ndescription:: w7w=\ndescription: b\n"
    two = directory.found(filter="cn=*", attributes=["cn"])
    assert two == "dn: cn=ada,dc=orga,dc=com\ncn: ada\n\ndn: cn=bob,dc=orga,dc=com\ncn: bob\n"
    assert ("counter", "entries.found", 2) in run.metrics
    assert "objectClass: inetOrgPerson\n" in directory.found(filter="(cn=bob)")
    assert directory.names(sub="BASE") == ["dc=orga,dc=com"]
    assert directory.names(sub="ONE") == ["cn=ada,dc=orga,dc=com", "cn=bob,dc=orga,dc=com"]
    assert directory.found(filter="(cn=nobody)") == ""


@services
def test_results_in_pages_and_limits(directory: Directory, run: FakeRun) -> None:
    directory.apply("Add", "".join(person(f"p{n:04}", "userPassword: word\n") for n in range(620)))
    directory.login |= {"user_dn": "cn=p0001,dc=orga,dc=com", "password": "word"}
    with pytest.raises(TaskFailure, match="size limit exceeded"):
        directory.names()
    assert "LDAP error: result code='4 (size limit exceeded)'" in run.messages("ERROR")
    names = directory.names(page_size=100)
    assert len(names) == len(set(names)) == 621
    assert len(directory.names(size_limit=7)) == 7
    assert run.messages("INFO")[-1] == "LDAP size limit exceeded; treating as partial success."


@services
def test_changes_are_applied(directory: Directory, run: FakeRun) -> None:
    directory.apply("Add", person("ada", "description: a\ndescription: b\n") + person("bob"))
    directory.apply(
        "Modify",
        "version: 1\n\ndn: cn=ada,dc=orga,dc=com\nchangetype: modify\ndelete: description\ndescription: a\n-\n"
        "add: description\ndescription: c\n-\nreplace: sn\nsn: y\n"
        + "\ndn: cn=bob,dc=orga,dc=com\nchangetype: moddn\nnewrdn: cn=bert\ndeleteoldrdn: 1\n"
        + "\ndn: cn=eve,dc=orga,dc=com\nchangetype: add\n" + PERSON + "cn: eve\n"
        + "\ndn: cn=nobody,dc=orga,dc=com\nchangetype: delete\n"
        + person("none"),
        "dn: cn=eve,dc=orga,dc=com\nchangetype: delete\n",
    )  # fmt: skip
    assert directory.found(filter="(cn=ada)", attributes=["description", "sn"]) == (
        "dn: cn=ada,dc=orga,dc=com\ndescription: b\ndescription: c\nsn: y\n"
    )
    assert directory.names(filter="(objectClass=inetOrgPerson)") == [
        "cn=ada,dc=orga,dc=com",
        "cn=bert,dc=orga,dc=com",
    ]
    assert ("counter", "modifications.requested", 5) in run.metrics
    assert ("counter", "modifications.done", 4) in run.metrics
    assert run.messages("ERROR") == [
        "Error modifying entry cn=nobody,dc=orga,dc=com: result code='32 (no such object)'",
        "Cannot read entry: [dn: cn=none,dc=orga,dc=com, objectClass: inetOrgPerson, sn: x, cn: none]",
    ]


@services
def test_a_record_that_fails_does_not_stop_the_others(directory: Directory, run: FakeRun) -> None:
    broken = "\ndn: cn=x,dc=orga,dc=com\nuserPassword: hidden\nno line\n"
    directory.apply("Add", person("ada") + person("ada") + broken + person("bob"), "")
    assert run.messages("ERROR") == [
        "Error adding entry cn=ada,dc=orga,dc=com: result code='68 (entry already exists)'",
        "Cannot read entry: [dn: cn=x,dc=orga,dc=com, userPassword: ******, no line]",
    ]
    assert ("counter", "additions.done", 2) in run.metrics
    run.logs.clear()
    gone = task("ldap.Delete", **directory.login, inputs=["kestra:///none.ldif", run.store(
        "dn: cn=nobody,dc=orga,dc=com\n\ndn: cn=ada,dc=orga,dc=com\n", "a.ldif")])  # fmt: skip
    assert run.run(gone) is None
    assert run.messages("WARN")[0].startswith(
        "Unable to process file kestra:///none.ldif completly : "
    )
    assert run.messages("ERROR") == ["Error deleting DN 'cn=nobody,dc=orga,dc=com': no such object"]
    assert ("counter", "deletions.done", 1) in run.metrics


@services
def test_who_is_refused(run: FakeRun, ports: tuple[int, int]) -> None:
    wrong = Directory(run, ports[0], password="not that")
    with pytest.raises(TaskFailure, match="invalid credentials"):
        wrong.found()
    wrong.apply("Add", TOP)  # which tells it, and goes on, as Kestra's task does
    assert run.messages("ERROR")[0] == (
        "LDAP connection/bind failed\n- resultCode        : 49 (invalid credentials)\n"
        "- diagnosticMessage : null\n- resultString      : result code='49 (invalid credentials)'\n"
        "- message           : invalid credentials\n"
    )
    assert run.messages("ERROR")[-1] == "LDAP error: result code='49 (invalid credentials)'"
    assert not [text for _, text in run.logs if "not that" in text]


@services
def test_a_secure_connection(run: FakeRun, ports: tuple[int, int]) -> None:
    secure = Directory(run, ports[1], ssl_options=SslOptions(insecure_trust_all_certificates=True))
    secure.apply("Add", TOP)
    assert secure.names(sub="BASE") == ["dc=orga,dc=com"]
    assert "TLS certificate validation is DISABLED" in run.messages("WARN")[0]


def test_what_cannot_be_reached(run: FakeRun) -> None:
    nowhere = Directory(run, servers.free_port())
    with pytest.raises(TaskFailure):
        nowhere.found()
    assert "- resultCode        : 91 (connect error)\n" in run.messages("ERROR")[0]
    for more, said in (
        ({"auth_method": "gssapi"}, "`authMethod: gssapi` is not there"),
        ({"auth_method": "magic"}, 'Invalid authentication method "magic"'),
    ):
        with pytest.raises(TaskFailure, match=said):
            Directory(run, 1, **more).found()


def test_a_search_that_hangs_ends_when_it_is_killed(run: FakeRun) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        search = task("ldap.Search", **Directory(run, silent.getsockname()[1]).login)

        def watch() -> None:
            taken, _ = silent.accept()
            taken.recv(1)  # the request of a bind, which is not answered
            run.stop()
            while taken.recv(1024):
                time.sleep(0)
            taken.close()

        async def killed() -> None:
            thread = threading.Thread(target=watch, daemon=True)
            thread.start()
            with pytest.raises(TaskFailure, match="stopped"):
                await search.run(run)
            thread.join(30)
            assert not thread.is_alive()  # the connection was closed

        asyncio.run(killed())


@pytest.mark.parametrize("broken", ["(&(a=b)(c=d)", "((a=b))", ""])
def test_broken_filters(run: FakeRun, broken: str) -> None:
    from flowrt.plugins.stores.ldap import LdapSearch

    search = LdapSearch("t", filter=broken)
    with pytest.raises(TaskFailure, match="Invalid LDAP search filter"):
        search._filter(run)


LDIF = """\
version: 1
# a comment
#  that goes on

dn: cn=a,dc=x
objectClass: top
objectClass: person
OBJECTCLASS: top
sn::  w7w=
description: long
  line
empty:

dn: cn=b,dc=x
changetype: add
cn: b

dn: cn=c,dc=x
changetype: delete

dn: cn=d,dc=x
changetype: modify
delete: x
x: 1
-
replace: z

dn: cn=e,dc=x
changetype: modrdn
newrdn: cn=f
deleteoldrdn: 1
newsuperior: ou=g

not a line
x: 1

dn: cn=u,dc=x
x:< file:///etc/hostname

dn:: Y249aSxkYz3DvA==
CN: i
"""
ROWS = [
    {"dn": "cn=a,dc=x", "attributes": {"objectClass": ["top", "person"], "sn": ["ü"],
                                       "description": ["long line"], "empty": [None]}},
    {"dn": "cn=b,dc=x", "changeType": "add", "attributes": {"cn": ["b"]}},
    {"dn": "cn=c,dc=x", "changeType": "delete"},
    {"dn": "cn=d,dc=x", "changeType": "modify", "modifications": [
        {"operation": "DELETE", "attribute": "x", "values": ["1"]},
        {"operation": "REPLACE", "attribute": "z", "values": []}]},
    {"dn": "cn=e,dc=x", "changeType": "moddn",
     "newDn": {"newrdn": "cn=f", "deleteoldrdn": True, "newsuperior": "ou=g"}},
    {"dn": "cn=i,dc=ü", "attributes": {"CN": ["i"]}},
]  # fmt: skip
WRITTEN = """\
dn: cn=a,dc=x
objectClass: top
objectClass: person
sn:: w7w=
description: long line
empty:\x20

dn: cn=b,dc=x
changetype: add
cn: b

dn: cn=c,dc=x
changetype: delete

dn: cn=d,dc=x
changetype: modify
delete: x
x: 1
-
replace: z
-

dn: cn=e,dc=x
changetype: moddn
newrdn: cn=f
deleteoldrdn: 1
newsuperior: ou=g

dn:: Y249aSxkYz3DvA==
CN: i

"""


def test_ldif_as_rows_and_back(run: FakeRun) -> None:
    given = [run.store(LDIF, "a.ldif"), "kestra:///none.ldif"]
    outputs = run.run(task("ldap.LdifToIon", inputs=given))
    assert [rows(run, uri) for uri in outputs["urisList"]] == [ROWS]
    assert run.messages("WARN") == [
        "Canno't read LDIF entry [not a line, x: 1], A line does not begin with an attribute name followed by a colon.",
        "Canno't read LDIF entry [dn: cn=u,dc=x, x:< file:///etc/hostname], "
        "A value is given by its address, and those are not read.",
    ]
    assert len(run.messages("ERROR")) == 1  # the file that is not there
    assert ("counter", "entries.found", 6) in run.metrics
    back = run.run(task("ldap.IonToLdif", inputs=outputs["urisList"]))
    assert [run.content(uri) for uri in back["urisList"]] == [WRITTEN]
    assert ("counter", "entries.translated", 6) in run.metrics


def test_values_that_ldif_cannot_show(run: FakeRun) -> None:
    values = ["", " lead", "trail ", ":c", "<l", "nl\nx", "~", "\x7f", "#x", "a" * 200]
    import json

    source = run.store(json.dumps({"dn": "cn=a\nx: y", "attributes": {"a": values}}), "a.ion")
    [uri] = run.run(task("ldap.IonToLdif", inputs=[source]))["urisList"]
    assert run.content(uri).splitlines() == [
        "dn:: Y249YQp4OiB5",
        "a: ",
        "a:: IGxlYWQ=",
        "a:: dHJhaWwg",
        "a:: OmM=",
        "a:: PGw=",
        "a:: bmwKeA==",
        "a: ~",
        "a:: fw==",
        "a: #x",
        "a: " + "a" * 200,
        "",
    ]


def test_rows_that_are_no_records(run: FakeRun) -> None:
    source = run.store(
        '{attributes: {a: ["1"]}}\n{dn: "cn=a", attributes: {"a: 1\\nb": ["1"]}}\n{dn: "cn=b"}\n'
        '{dn: "cn=c", changeType: "modify", attributes: {}}\n[1]\n'
        '{dn: "cn=d", changeType: "modify", modifications: [{operation: "BURN", attribute: "a"}]}\n'
        '{dn: "cn=e", more: 1, changeType: "delete"}\n{dn: "cn=f", attributes: {a: [1]}}\n',
        "a.ion",
    )
    [uri] = run.run(task("ldap.IonToLdif", inputs=[source]))["urisList"]
    assert run.content(uri) == "dn: cn=e\nchangetype: delete\n\n"
    assert run.messages("WARN") == [
        "Entry nb 1 does not contain a DN",
        "Unable to make Ion entry from DN : cn=c, Attributes []",
        "Unrecognized field : more",
    ]
    assert run.messages("ERROR") == [
        "Unable to read entry 'a: 1\\nb' is no name of an attribute",
        "Unable to read entry An entry takes `attributes`",
        "Unable to read entry A row is no entry",
        "Unable to read entry 'BURN' is nothing that can be done to an attribute",
        "Unable to read entry Values are a list of texts",
    ]
    with pytest.raises(TaskFailure, match=r"Not a single file has been translated\."):
        run.run(task("ldap.IonToLdif", inputs=["kestra:///none.ion"]))
    assert run.run(task("ldap.IonToLdif", inputs=[])) == {"urisList": []}
