"""Microsoft 365, against a stand-in that keeps a drive and a mailbox and answers in the documented forms of Graph."""

from __future__ import annotations

import json
import re
from base64 import b64decode, b64encode, urlsafe_b64decode
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from plugins.service import Answer, Asked, Service, rows
from tasks.fake import FakeRun, t, task

from flowrt.model.failures import TaskFailure
from flowrt.plugins import entra
from flowrt.plugins.microsoft import dynamics, graph, oneshare

CONTENT = re.compile(
    r"/items/(?P<parent>[^/:]+):/(?P<name>[^:]+):/(?P<what>content|createUploadSession)"
)
MESSAGE = {
    "id": "m1",
    "subject": "Report",
    "from": {"emailAddress": {"address": "a@x.org", "name": "A"}},
    "sender": {"emailAddress": {"address": "b@x.org"}},
    "receivedDateTime": "2026-01-02T03:04:05Z",
    "sentDateTime": "2026-01-02T03:04:00Z",
    "isRead": False,
    "hasAttachments": True,
    "bodyPreview": "Hello",
    "importance": "normal",
    "conversationId": "c1",
}
SUMMARY = {
    **{key: MESSAGE[key] for key in MESSAGE if key not in ("from", "sender")},
    "fromMail": "a@x.org",
    "senderMail": "b@x.org",
    "importance": "Normal",
}


class Microsoft:
    """Tokens, a drive of items by id, an upload that goes on, and what was asked."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.forms: list[dict[str, str]] = []
        self.asked: list[tuple[str, str]] = []
        self.items: dict[str, dict[str, Any]] = {
            "d1": {"id": "d1", "name": "reports", "folder": {}, "webUrl": "u", "size": 0},
            "f1": {"id": "f1", "name": "a.docx", "file": {"mimeType": "x/y"}, "size": 3},
        }
        self.data: dict[str, bytes] = {"f1": b"abc"}
        self.upload: tuple[str, bytes] | None = None
        self.bodies: list[Any] = []
        self.answers: dict[tuple[str, str], Answer | Callable[[Asked], Answer]] = {}
        service.answer = self

    def __call__(self, asked: Asked) -> Answer:
        place = urlsplit(asked.path)
        if place.path.startswith("/login/"):
            form = {key: value[0] for key, value in parse_qs(asked.body.decode()).items()}
            self.forms.append({**form, "tenant": place.path.split("/")[2]})
            return 200, {"access_token": "tok"}
        if place.path == "/session":
            return self._part(asked)
        if place.path.startswith("/bytes/"):  # an address that has been signed: no token goes there
            return 200, self.data[place.path.removeprefix("/bytes/")]
        assert asked.headers["authorization"] == "Bearer tok"
        path = place.path.removeprefix("/graph")
        self.asked.append((asked.method, unquote(asked.path.removeprefix("/graph"))))
        if asked.headers.get("content-type", "").startswith("application/json"):
            self.bodies.append(asked.json)
        known = self.answers.get((asked.method, path))
        if known is not None:
            return known(asked) if callable(known) else known
        return self._drive(asked, path, parse_qs(place.query))

    def _part(self, asked: Asked) -> Answer:
        assert self.upload is not None and "authorization" not in asked.headers
        name, data = self.upload
        if asked.method == "DELETE":
            self.upload = None
            return 204, b""
        span, _, size = asked.headers["content-range"].removeprefix("bytes ").partition("/")
        start, end = map(int, span.split("-"))
        assert start == len(data) and end - start + 1 == len(asked.body)
        self.upload = (name, data + asked.body)
        if end + 1 < int(size):
            assert len(asked.body) % graph.SLICE == 0
            return 202, {"nextExpectedRanges": [f"{end + 1}-"]}
        return 201, self.keep(name, self.upload[1])

    def keep(self, name: str, data: bytes) -> dict[str, Any]:
        self.data["new"] = data
        found = {"id": "new", "name": name, "file": {}, "size": len(data), "webUrl": "w"}
        self.items["new"] = found
        return found

    def _drive(self, asked: Asked, path: str, query: dict[str, list[str]]) -> Answer:
        if path == "/sites/s%2C1/drives":
            return 200, {"value": [{"id": "dr", "name": "Documents"}]}
        start, _, rest = path.partition("/drives/dr")
        if start or not rest:
            return 404, {"error": {"code": "itemNotFound", "message": f"no {path}"}}
        if rest == "/root:/in/a%20b.docx:":
            return 200, self.items["f1"]
        inside = CONTENT.fullmatch(rest)
        if inside and inside["what"] == "content":
            assert asked.method == "PUT"
            return 201, self.keep(unquote(inside["name"]), asked.body)
        if inside:
            self.upload = (unquote(inside["name"]), b"")
            return 200, {"uploadUrl": f"{self.service.url}/session"}
        item, _, what = rest.removeprefix("/items/").partition("/")
        if item != "root" and item not in self.items:
            return 404, {"error": {"code": "itemNotFound", "message": "gone"}}
        if what == "children" and asked.method == "GET":
            page = int(query.get("$skiptoken", ["0"])[0])
            found: dict[str, Any] = {"value": [list(self.items.values())[page]]}
            if page + 1 < len(self.items):
                found["@odata.nextLink"] = f"{graph.BASE}{path}?$skiptoken={page + 1}"
            return 200, found
        if what == "children":
            return 201, {"id": "made", **asked.json, "webUrl": "w"}
        if what == "content":
            if query.get("format") == ["html"]:
                return 406, {"error": {"message": "cannot"}}
            return (
                302,
                b"",
                {"Location": f"http://localhost:{urlsplit(self.service.url).port}/bytes/{item}"},
            )
        if asked.method == "PATCH":
            return 200, {**self.items[item], **asked.json}
        if asked.method == "DELETE":
            del self.items[item]
            return 204, b""
        return 200, self.items[item]


@pytest.fixture
def microsoft(service: Service, monkeypatch: pytest.MonkeyPatch) -> Microsoft:
    monkeypatch.setattr(entra, "LOGIN", f"{service.url}/login")
    monkeypatch.setattr(graph, "BASE", f"{service.url}/graph")
    return Microsoft(service)


CLIENT = {"tenant_id": "ten", "client_id": "app", "client_secret": t("{{ secret_ }}")}


def a_run(tmp_path: Path) -> FakeRun:
    return FakeRun(tmp_path, secret_="S3CRET", word="PASSWORT")


def make(name: str, /, **properties: Any) -> Any:
    return task(f"microsoft365.{name}", **{**CLIENT, **properties})


def share(name: str, /, **properties: Any) -> Any:
    return make(f"oneshare.{name}", drive_id="dr", **properties)


def site(name: str, /, **properties: Any) -> Any:
    return make(f"sharepoint.{name}", site_id="s,1", **properties)


# ---- who asks -------------------------------------------------------------------------------------------------------


def test_an_application_asks_with_its_secret(tmp_path: Path, microsoft: Microsoft) -> None:
    run = a_run(tmp_path)
    run.run(share("List"))
    assert microsoft.forms == [
        {
            "grant_type": "client_credentials",
            "client_id": "app",
            "client_secret": "S3CRET",
            "scope": "https://graph.microsoft.com/.default",
            "tenant": "ten",
        }
    ]
    assert not [text for _, text in run.logs if "S3CRET" in text or "tok" in text.split()]


def certificate() -> tuple[str, Any]:
    """A certificate and its key, in PEM; and the certificate."""
    import datetime

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
    )
    from cryptography.x509.oid import NameOID

    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "app")])
    start = datetime.datetime(2026, 1, 1)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=9999))
        .sign(key, hashes.SHA256())
    )
    own = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return (made.public_bytes(Encoding.PEM) + own).decode(), made


def test_an_application_asks_with_its_certificate(tmp_path: Path, microsoft: Microsoft) -> None:
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA1, SHA256

    pem, made = certificate()
    a_run(tmp_path).run(share("List", client_secret=None, pem_certificate=pem))
    (form,) = microsoft.forms
    assert form["client_assertion_type"] == entra.ASSERTION and "client_secret" not in form
    text = form["client_assertion"]
    head, claim, signature = (urlsafe_b64decode(each + "==") for each in text.split("."))
    made.public_key().verify(signature, text.rpartition(".")[0].encode(), PKCS1v15(), SHA256())
    assert urlsafe_b64decode(json.loads(head)["x5t"] + "=") == made.fingerprint(SHA1())
    said = json.loads(claim)
    assert said["aud"] == f"{entra.LOGIN}/ten/oauth2/v2.0/token"
    assert (said["iss"], said["sub"]) == ("app", "app") and said["exp"] > said["nbf"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"tenant_id": None}, "tenantId and clientId are required"),
        ({"client_secret": None}, "nobody is known who could ask Azure"),
        ({"client_secret": None, "pem_certificate": "x"}, "a certificate and its private key"),
    ],
)
def test_nobody_who_could_ask(
    tmp_path: Path, microsoft: Microsoft, given: dict[str, Any], message: str
) -> None:
    with pytest.raises(TaskFailure, match=message):
        a_run(tmp_path).run(share("List", **given))


# ---- OneDrive -------------------------------------------------------------------------------------------------------


def test_a_folder_is_listed_page_after_page(tmp_path: Path, microsoft: Microsoft) -> None:
    run = a_run(tmp_path)
    found = run.run(share("List"))
    assert [(each["name"], each["isFolder"], each["mimeType"]) for each in found["files"]] == [
        ("reports", True, None),
        ("a.docx", False, "x/y"),
    ]
    assert found["count"] == 2
    assert "Retrieved 2 total items across 2 pages" in run.messages("INFO")
    message = (
        "Folder 'none' not found in drive 'dr'. The folder may not exist or the ID is incorrect"
    )
    with pytest.raises(TaskFailure, match=message):
        run.run(share("List", item_id="none"))


def test_a_page_that_lies_elsewhere_is_not_asked(tmp_path: Path, microsoft: Microsoft) -> None:
    page = {"value": [], "@odata.nextLink": "http://elsewhere.example/graph"}
    microsoft.answers["GET", "/drives/dr/items/root/children"] = (200, page)
    with pytest.raises(TaskFailure, match="names a page that lies elsewhere"):
        a_run(tmp_path).run(share("List"))


@pytest.mark.parametrize("code", [500, 503])
def test_a_page_that_is_missing(tmp_path: Path, microsoft: Microsoft, code: int) -> None:
    first = {"value": [{"id": "1"}], "@odata.nextLink": f"{graph.BASE}/more"}
    microsoft.answers["GET", "/drives/dr/items/root/children"] = (200, first)
    microsoft.answers["GET", "/more"] = (code, {"error": {"message": "oops"}})
    run = a_run(tmp_path)
    if code == 503:
        with pytest.raises(TaskFailure, match="temporarily unavailable"):
            run.run(share("List"))
        return
    assert run.run(share("List"))["count"] == 1
    said = "Pagination error at page 2: oops. Returning 1 items retrieved so far"
    assert run.messages("ERROR") == [said]


def test_items_are_made_and_deleted(tmp_path: Path, microsoft: Microsoft) -> None:
    run = a_run(tmp_path)
    folder = run.run(share("Create", name="q 1", item_type="FOLDER", parent_id="d1"))["file"]
    assert (folder["id"], folder["isFolder"]) == ("made", True)
    empty = run.run(share("Create", name="b.txt"))["file"]
    assert not empty["isFolder"]
    assert microsoft.bodies == [{"name": "q 1", "folder": {}}, {"name": "b.txt", "file": {}}]
    file = run.run(share("Create", name="ä b.txt", content="text \u2713"))["file"]
    assert file["name"] == "ä b.txt" and microsoft.data["new"].decode() == "text \u2713"
    assert run.run(share("Delete", item_id="new")) is None
    assert "new" not in microsoft.items
    with pytest.raises(TaskFailure, match=r"Item 'new' not found in drive 'dr'. It may have"):
        run.run(share("Delete", item_id="new"))
    with pytest.raises(TaskFailure, match="name contains invalid characters"):
        run.run(share("Create", name="../x"))
    with pytest.raises(TaskFailure, match="no path of a file"):
        run.run(share("Create", name="..", content="x"))


def test_files_are_taken(tmp_path: Path, microsoft: Microsoft) -> None:
    run = a_run(tmp_path)
    assert run.content(run.run(share("Download", item_id="f1"))["uri"]) == "abc"
    assert run.content(run.run(share("Export", item_id="f1", format="PDF"))["uri"]) == "abc"
    assert microsoft.asked[-1] == ("GET", "/drives/dr/items/f1/content?format=pdf")
    assert not [
        each
        for each in microsoft.service.asked
        if "authorization" in each.headers and "/bytes/" in each.path
    ]
    assert not [text for _, text in run.logs if "/bytes/" in text]
    with pytest.raises(TaskFailure, match="Unsupported export format 'HTML' for item 'f1'"):
        run.run(share("Export", item_id="f1", format="HTML"))


def test_a_small_file_goes_in_one_request(tmp_path: Path, microsoft: Microsoft) -> None:
    run = a_run(tmp_path)
    upload = share(
        "Upload", from_=run.store("data"), file_name="up 1.bin", conflict_behavior="FAIL"
    )
    found = run.run(upload)["file"]
    assert (found["name"], found["size"]) == ("up 1.bin", 4)
    assert microsoft.data["new"] == b"data"
    assert run.messages("WARN")
    assert ("counter", "file.size", 4) in run.metrics


def test_a_large_file_goes_in_parts(tmp_path: Path, microsoft: Microsoft) -> None:
    run, data = a_run(tmp_path), "x" * (2 * graph.SLICE + 7)
    given = {"from_": run.store(data), "file_name": "big", "large_file_threshold": 10}
    found = run.run(
        share("Upload", max_slice_size=graph.SLICE, conflict_behavior="RENAME", **given)
    )
    assert found["file"]["size"] == len(data) and microsoft.data["new"].decode() == data
    assert microsoft.bodies == [{"item": {"@microsoft.graph.conflictBehavior": "rename"}}]
    assert len([each for each in run.messages("INFO") if each.startswith("Upload progress")]) == 3
    assert not [text for _, text in run.logs if "/session" in text]
    with pytest.raises(TaskFailure, match="must be a multiple of 320 KiB"):
        run.run(share("Upload", max_slice_size=1000, **given))


def test_a_session_that_fails_is_taken_back(
    tmp_path: Path, microsoft: Microsoft, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Microsoft, "_part", _full)
    run = a_run(tmp_path)
    given = {"from_": run.store("data"), "file_name": "big", "large_file_threshold": 1}
    with pytest.raises(TaskFailure, match=r"Insufficient storage. Drive 'dr' does not have"):
        run.run(share("Upload", **given, max_retry_attempts=1))
    assert [each.method for each in microsoft.service.asked[-2:]] == ["PUT", "DELETE"]


def _full(self: Microsoft, asked: Asked) -> Answer:
    return (204, b"") if asked.method == "DELETE" else (507, {"error": {"message": "full"}})


# ---- SharePoint -----------------------------------------------------------------------------------------------------


def test_fetch_types_of_a_site(tmp_path: Path, microsoft: Microsoft) -> None:
    run = a_run(tmp_path)
    whole = run.run(site("List"))
    assert microsoft.asked[0] == ("GET", "/sites/s,1/drives")
    assert [each["isFile"] for each in whole["items"]] == [False, True] and whole["size"] == 2
    one = run.run(site("List", fetch_type="FETCH_ONE", drive_id="dr"))
    assert one == {"items": whole["items"][:1], "item": whole["items"][0], "size": 1}
    kept = run.run(site("List", fetch_type="STORE"))
    assert rows(run, kept["uri"]) == whole["items"]
    assert run.run(site("List", fetch_type="NONE")) == {"items": [], "size": 0}


def test_items_of_a_site(tmp_path: Path, microsoft: Microsoft) -> None:
    run = a_run(tmp_path)
    folder = run.run(site("Create", parent_id="root", name="q", item_type="FOLDER"))
    assert folder == {"itemId": "made", "itemName": "q", "webUrl": "w"}
    file = run.run(site("Create", parent_id="d1", name="n.txt", content="hey"))
    assert file == {"itemId": "new", "itemName": "n.txt", "webUrl": "w"}
    assert microsoft.data["new"] == b"hey"
    moved = run.run(site("Move", item_id="f1", destination_parent_id="d1", new_name="b.docx"))
    assert moved["itemName"] == "b.docx" and moved["parentId"] == "d1"
    assert microsoft.bodies[-1] == {"parentReference": {"id": "d1"}, "name": "b.docx"}
    run.run(site("Move", item_id="f1", destination_parent_id="d1", new_name="  "))
    assert microsoft.bodies[-1] == {"parentReference": {"id": "d1"}}
    assert run.run(site("Delete", item_id="f1")) == {"itemId": "f1"}
    with pytest.raises(TaskFailure, match="status 404"):
        run.run(site("Delete", item_id="f1"))


def test_files_of_a_site_are_taken(tmp_path: Path, microsoft: Microsoft) -> None:
    run = a_run(tmp_path)
    found = run.run(site("Download", item_id="f1"))
    assert run.content(found["uri"]) == "abc" and found["uri"].endswith("a.docx")
    assert (found["name"], found["size"]) == ("a.docx", 3)
    found = run.run(site("Export", item_path="/in/a b.docx", format="PDF"))
    assert (found["name"], found["originalName"], found["format"]) == ("a.pdf", "a.docx", "pdf")
    with pytest.raises(TaskFailure, match="Either itemId or itemPath must be provided"):
        run.run(site("Download"))
    with pytest.raises(TaskFailure, match="no path of a file"):
        run.run(site("Download", item_path="/in/../x"))


@pytest.mark.parametrize("size", [5, 2 * graph.SLICE + 5])
def test_a_file_is_put_into_a_site(
    tmp_path: Path, microsoft: Microsoft, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    from flowrt.plugins.microsoft import sharepoint

    monkeypatch.setattr(sharepoint, "LARGE", graph.SLICE)
    run = a_run(tmp_path)
    found = run.run(site("Upload", from_=run.store("y" * size), to="in/b.bin", chunk_size=400000))
    assert found == {"itemId": "new", "name": "in/b.bin", "webUrl": "w", "size": size}
    assert microsoft.data["new"] == b"y" * size


# ---- Outlook --------------------------------------------------------------------------------------------------------


def test_messages_are_listed(tmp_path: Path, microsoft: Microsoft) -> None:
    run = a_run(tmp_path)
    where = "/users/me%40x.org/mailFolders/inbox/messages"
    microsoft.answers["GET", where] = (200, {"value": [MESSAGE], "@odata.nextLink": "more"})
    found = run.run(make("outlook.List", user_email="me@x.org", filter="isRead eq false", top=7))
    assert found == {
        "count": 1,
        "folderId": "inbox",
        "hasNextPage": True,
        "messages": [SUMMARY],
    }
    query = parse_qs(urlsplit(microsoft.service.last.path).query)
    assert query["$top"] == ["7"] and query["$orderby"] == ["receivedDateTime DESC"]
    wanted = "receivedDateTime ge 1970-01-01T00:00:00Z and (isRead eq false)"
    assert query["$filter"] == [wanted]
    one = run.run(make("outlook.List", user_email="me@x.org", fetch_type="FETCH_ONE"))
    assert one["message"] == SUMMARY and "messages" not in one
    kept = run.run(make("outlook.List", user_email="me@x.org", fetch_type="STORE"))
    assert rows(run, kept["uri"]) == [SUMMARY]
    with pytest.raises(TaskFailure, match=r"Invalid email format for userEmail: me/../x"):
        run.run(make("outlook.List", user_email="me/../x"))


def test_a_message_and_what_is_attached(tmp_path: Path, microsoft: Microsoft) -> None:
    index = b64encode(bytes([1, 218, 0])).decode()
    whole = {
        **MESSAGE,
        "body": {"contentType": "html", "content": "<p>"},
        "toRecipients": [{"emailAddress": {"address": "c@x.org"}}, {}],
        "conversationIndex": index,
        "internetMessageId": "<1@x>",
    }
    attached = {"id": "a1", "name": "r.pdf", "contentType": "application/pdf", "size": 9}
    microsoft.answers["GET", "/me/messages/m%2F1"] = (200, whole)
    listed = (200, {"value": [{**attached, "contentBytes": "x"}]})
    microsoft.answers["GET", "/me/messages/m%2F1/attachments"] = listed
    run = a_run(tmp_path)
    found = run.run(make("outlook.Get", message_id="m/1", include_attachments=True))["message"]
    assert found == {
        **SUMMARY,
        "bodyContent": "<p>",
        "bodyType": "Html",
        "toRecipients": ["c@x.org"],
        "ccRecipients": [],
        "bccRecipients": [],
        "conversationIndex": "[1, -38, 0]",
        "internetMessageId": "<1@x>",
        "attachments": [attached],
    }
    assert run.run(make("outlook.Get", message_id="m/1"))["message"]["attachments"] == []


@pytest.mark.parametrize("form", ["list", "json", "text"])
def test_a_message_is_sent(tmp_path: Path, microsoft: Microsoft, form: str) -> None:
    microsoft.answers["POST", "/users/me%40x.org/sendMail"] = (202, b"")
    run = a_run(tmp_path)
    given: Any = [{"uri": run.store("data"), "name": "d.txt", "contentType": "text/plain"}]
    if form != "list":
        given = json.dumps(given)
    if form == "text":
        given = json.dumps(given)
    send = make(
        "outlook.Send",
        to=["a@x.org", "b@x.org"],
        cc=["c@x.org"],
        subject=t("Report {{ 1 + 1 }}"),
        body="Hi",
        body_type="Text",
        from_="me@x.org",
        attachments=given,
    )
    assert run.run(send) == {
        "subject": "Report 2",
        "toCount": 2,
        "ccCount": 1,
        "bccCount": 0,
        "bodyType": "Text",
    }
    (message,) = (each["message"] for each in microsoft.bodies)
    assert message["body"] == {"contentType": "text", "content": "Hi"}
    assert message["toRecipients"][1] == {"emailAddress": {"address": "b@x.org"}}
    assert "bccRecipients" not in message
    (file,) = message["attachments"]
    assert file["@odata.type"] == "#microsoft.graph.fileAttachment"
    assert (file["name"], b64decode(file["contentBytes"])) == ("d.txt", b"data")
    with pytest.raises(TaskFailure, match=r"No enum constant .*BodyType.html"):
        run.run(make("outlook.Send", to=["a"], subject="s", body="b", body_type="html", from_="me"))


# ---- cards of Teams -------------------------------------------------------------------------------------------------

CARD = '{"type": "AdaptiveCard", "version": "1.4"}'


def test_a_card_for_a_channel(tmp_path: Path, microsoft: Microsoft) -> None:
    where = "/teams/t1/channels/19%3Ax%40thread/messages"
    microsoft.answers["POST", where] = (201, {"id": "m", "createdDateTime": "2026-01-02T03:04:05Z"})
    run = a_run(tmp_path)
    send = make("teams.adaptivecards.Send", team_id="t1", channel_id="19:x@thread", card=CARD)
    assert run.run(send) == {"messageId": "m", "createdDateTime": "2026-01-02T03:04:05Z"}
    (message,) = microsoft.bodies
    (attached,) = message["attachments"]
    assert attached["content"] == CARD
    assert attached["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert message["body"] == {
        "contentType": "html",
        "content": f'<attachment id="{attached["id"]}"></attachment>',
    }
    microsoft.answers["POST", where] = (403, {"error": {"code": "Forbidden", "message": "no"}})
    with pytest.raises(TaskFailure, match=r"channel '19:x@thread' \(HTTP 403\): no. Verify the"):
        run.run(send)
    asked = len(microsoft.service.asked)
    with pytest.raises(TaskFailure):
        run.run(make("teams.adaptivecards.Send", team_id="t", channel_id="c", card="{"))
    assert len(microsoft.service.asked) == asked


PERSON = {"username": "me@x.org", "password": t("{{ word }}"), "card": CARD}


def test_a_card_for_a_person(tmp_path: Path, microsoft: Microsoft) -> None:
    microsoft.answers["POST", "/chats"] = (201, {"id": "ch"})
    microsoft.answers["POST", "/chats/ch/messages"] = (201, {"id": "m"})
    run = a_run(tmp_path)
    send = make("teams.adaptivecards.SendToUser", user_email="o'neil@x.org", **PERSON)
    assert run.run(send) == {"chatId": "ch", "messageId": "m"}
    form = microsoft.forms[0]
    assert (form["grant_type"], form["username"]) == ("password", "me@x.org")
    assert form["password"] == "PASSWORT" and "client_secret" not in form
    chat = microsoft.bodies[0]
    bound = [each["user@odata.bind"] for each in chat["members"]]
    assert chat["chatType"] == "oneOnOne"
    assert bound == [
        "https://graph.microsoft.com/v1.0/users('me@x.org')",
        "https://graph.microsoft.com/v1.0/users('o''neil@x.org')",
    ]
    assert not [text for _, text in run.logs if "PASSWORT" in text]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "Exactly one of `userId` or `userEmail`"),
        ({"user_id": "1", "user_email": "b@x.org"}, "Exactly one of `userId` or `userEmail`"),
        ({"user_id": "1", "password": None}, "SendToUser requires delegated"),
        ({"user_email": " ME@x.org"}, "Cannot open a 1:1 chat with yourself"),
    ],
)
def test_a_card_for_nobody(
    tmp_path: Path, microsoft: Microsoft, given: dict[str, Any], message: str
) -> None:
    with pytest.raises(TaskFailure, match=message):
        a_run(tmp_path).run(make("teams.adaptivecards.SendToUser", **{**PERSON, **given}))
    assert microsoft.service.asked == []


# ---- Dynamics -------------------------------------------------------------------------------------------------------


def verse(microsoft: Microsoft, name: str, **properties: Any) -> Any:
    org = f"{microsoft.service.url}/org/"
    return make(
        f"dynamics365.dataverse.{name}", org_url=org, entity_set_name="accounts", **properties
    )


ACCOUNTS = "/org/api/data/v9.2/accounts"


def test_records_of_dataverse(tmp_path: Path, microsoft: Microsoft) -> None:
    def answer(asked: Asked) -> Answer:
        assert asked.headers["odata-version"] == asked.headers["odata-maxversion"] == "4.0"
        if "$skiptoken" in asked.path:
            return 200, {"value": [{"n": 2}]}
        more = f"{microsoft.service.url}{ACCOUNTS}?$skiptoken=1"
        return 200, {"value": [{"n": 1}], "@odata.nextLink": more}

    microsoft.answers["GET", ACCOUNTS] = answer
    run = a_run(tmp_path)
    query = {"filter": "name eq 'a&b'", "select": "name"}
    assert run.run(verse(microsoft, "Query", **query)) == {
        "records": [{"n": 1}, {"n": 2}],
        "size": 2,
    }
    assert microsoft.forms[0]["scope"] == f"{microsoft.service.url}/org/.default"
    asked = parse_qs(urlsplit(microsoft.service.asked[1].path).query)
    assert asked == {"$top": ["100"], "$filter": ["name eq 'a&b'"], "$select": ["name"]}
    one = run.run(verse(microsoft, "Query", fetch_type="FETCH_ONE"))
    assert one == {"records": [{"n": 1}], "size": 1}
    assert microsoft.asked[-1] == ("GET", f"{ACCOUNTS}?$top=1")
    kept = run.run(verse(microsoft, "Query", fetch_type="STORE"))
    assert rows(run, kept["uri"]) == [{"n": 1}, {"n": 2}] and kept["size"] == 2


def test_a_record_of_dataverse_is_changed(tmp_path: Path, microsoft: Microsoft) -> None:
    where = f"{ACCOUNTS}(key='a%2Fb')"
    for method in ("PATCH", "DELETE"):
        microsoft.answers[method, where] = (204, b"")
    run = a_run(tmp_path)
    given = {"record_id": "key='a/b'"}
    upsert = verse(microsoft, "Upsert", record={"name": t("{{ word }}")}, **given)
    assert run.run(upsert) == {"recordId": "key='a/b'"}
    assert microsoft.service.last.json == {"name": "PASSWORT"}
    assert microsoft.service.last.headers["if-match"] == "*"
    assert run.run(verse(microsoft, "Delete", **given)) is None
    refused = {"error": {"code": "0x80040217", "message": "does not exist"}}
    microsoft.answers["DELETE", where] = (404, refused)
    message = r"Dynamics 365 API returned HTTP 404: \[0x80040217\] does not exist"
    with pytest.raises(TaskFailure, match=message):
        run.run(verse(microsoft, "Delete", **given))


def central(microsoft: Microsoft, name: str, **properties: Any) -> Any:
    given = {"environment": "prod", "api_endpoint": f"{microsoft.service.url}/bc/", **properties}
    return make(f"dynamics365.businesscentral.{name}", **given)


@pytest.mark.parametrize(
    ("name", "method", "path", "given", "answer", "outputs"),
    [
        ("ListCompanies", "GET", "", {}, {"value": [{"id": "c"}]}, {"companies": [{"id": "c"}], "size": 1}),
        (
            "ListItems",
            "GET",
            "(c)/items?$top=100&$filter=a+eq+'b'",
            {"filter": "a eq 'b'"},
            {"value": [{"id": "i"}]},
            {"items": [{"id": "i"}], "size": 1},
        ),
        ("GetCustomer", "GET", "(c)/customers(k)", {"customer_id": "k"}, {"id": "k"}, {"customer": {"id": "k"}}),
        ("GetInvoice", "GET", "(c)/salesInvoices(k)", {"invoice_id": "k"}, {"id": "k"}, {"invoice": {"id": "k"}}),
        (
            "CreateCustomer",
            "POST",
            "(c)/customers",
            {"customer": {"displayName": "A"}},
            {"id": "k"},
            {"customer": {"id": "k"}, "customerId": "k"},
        ),
        (
            "CreateInvoice",
            "POST",
            "(c)/salesInvoices",
            {"invoice": {"customerId": "k"}},
            {"id": "n"},
            {"invoice": {"id": "n"}, "invoiceId": "n"},
        ),
    ],
)  # fmt: skip
def test_business_central(
    tmp_path: Path,
    microsoft: Microsoft,
    name: str,
    method: str,
    path: str,
    given: dict[str, Any],
    answer: Any,
    outputs: Any,
) -> None:
    start = "/bc/v2.0/ten/prod/api/v2.0/companies"
    microsoft.answers[method, f"{start}{path.partition('?')[0]}"] = (200, answer)
    whose = {} if name == "ListCompanies" else {"company_id": "c"}
    run = a_run(tmp_path)
    assert run.run(central(microsoft, name, **whose, **given)) == outputs
    assert microsoft.asked == [(method, f"{start}{path}")]
    assert microsoft.bodies == [value for value in given.values() if isinstance(value, dict)]
    assert microsoft.forms[0]["scope"] == f"{microsoft.service.url}/bc/.default"


def test_who_asks_dynamics(tmp_path: Path, microsoft: Microsoft) -> None:
    assert dynamics.CENTRAL == "https://api.businesscentral.dynamics.com"
    run = a_run(tmp_path)
    with pytest.raises(TaskFailure, match="Either clientSecret or pemCertificate must be"):
        run.run(central(microsoft, "ListCompanies", client_secret=None))
    with pytest.raises(TaskFailure, match="Only one of clientSecret or pemCertificate may be"):
        run.run(central(microsoft, "ListCompanies", pem_certificate="x"))


def test_names_of_files() -> None:
    assert graph.steps("/in/ä b.txt") == "in/%C3%A4%20b.txt"
    with pytest.raises(TaskFailure, match="File name cannot be empty"):
        oneshare.checked_name(" ", "File")
