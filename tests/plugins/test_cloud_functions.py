"""Functions of Azure and Google, against a service that stands for them."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from plugins.service import Asked, Service, service_account
from tasks.fake import FakeRun, t, task

from flowrt.model.failures import TaskFailure

ANSWERS = [(b'{"a": [1]}', {"a": [1]}), (b"plain", "plain"), (b"", None)]


@pytest.mark.parametrize(("body", "found"), ANSWERS)
def test_a_function_of_azure(tmp_path: Path, service: Service, body: bytes, found: Any) -> None:
    service.answer = lambda asked: (200, body)
    call = task(
        "azure.function.HttpFunction",
        http_method="POST",
        url=f"{service.url}/api/f?code=k",
        http_body={"n": t("{{ name }}")},
    )
    run = FakeRun(tmp_path, name="x")
    assert run.run(call) == {"repsonseBody": found}
    assert not [text for _, text in run.logs if "code=k" in text]
    (asked,) = service.asked
    assert (asked.method, asked.path) == ("POST", "/api/f?code=k")
    assert asked.headers["content-type"] == "application/json"
    assert asked.json == {"n": "x"}


def test_a_function_of_azure_that_fails(tmp_path: Path, service: Service) -> None:
    service.answer = lambda asked: (500, {"error": "boom"})
    call = task("azure.function.HttpFunction", http_method="GET", url=service.url)
    with pytest.raises(TaskFailure, match=r"Request failed with error: .*500.*boom"):
        FakeRun(tmp_path).run(call)
    assert service.last.body == b""


class Google:
    """Gives tokens for an address, and is the function behind it."""

    def __init__(self, service: Service) -> None:
        self.url = f"{service.url}/f"
        self.claims: dict[str, Any] = {}
        self.answer: Any = (200, b'{"ok": true}')

    def __call__(self, asked: Asked) -> Any:
        if asked.path == "/token":
            form = parse_qs(asked.body.decode())
            part = form["assertion"][0].split(".")[1]
            self.claims = json.loads(urlsafe_b64decode(part + "=="))
            return 200, {"id_token": "id-tok"}
        assert asked.headers["authorization"] == "Bearer id-tok"
        return self.answer


def function(service: Service, **properties: Any) -> Any:
    account = {**service_account(), "token_uri": f"{service.url}/token"}
    given = {"service_account": json.dumps(account), "url": f"{service.url}/f"}
    return task("gcp.function.HttpFunction", **{**given, "http_method": "POST", **properties})


def test_a_function_of_google(tmp_path: Path, service: Service) -> None:
    service.answer = google = Google(service)
    run = FakeRun(tmp_path)
    call = function(service, http_body={"n": 1})
    assert run.run(call) == {"responseBody": {"ok": True}}
    assert google.claims["target_audience"] == google.url
    assert google.claims["iss"] == "me@proj.iam.gserviceaccount.com"
    assert "scope" not in google.claims
    assert service.last.json == {"n": 1}
    assert run.messages("INFO")[-1] == "HttpFunction response status: 200"
    assert not [text for _, text in run.logs if "id-tok" in text]
    google.answer = (403, b"no")
    with pytest.raises(TaskFailure, match="Request failed '403' and body 'no'"):
        run.run(call)
    assert run.messages("ERROR") == ["HttpFunction failed: status=403, body=no"]


def test_only_a_service_account_has_a_token_for_an_address(
    tmp_path: Path, service: Service
) -> None:
    person = json.dumps({"type": "authorized_user", "client_id": "c"})
    with pytest.raises(TaskFailure, match="needs a service account"):
        FakeRun(tmp_path).run(function(service, service_account=person))
    assert service.asked == []
