"""Credentials of Google that stand for others: workloads of other clouds, machines, accounts that speak for an account."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from plugins.service import Answer, Asked, Service, service_account
from tasks.fake import FakeRun

from flowrt.model.failures import TaskFailure
from flowrt.plugins.google import auth

FEDERATED = {
    "type": "external_account",
    "audience": "//iam.googleapis.com/pool",
    "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
}


class Login:
    """Exchanges tokens, and keeps what it was asked."""

    def __init__(self, service: Service) -> None:
        self.forms: list[dict[str, str]] = []
        self.asked: list[tuple[str, Any]] = []
        service.answer = self

    def __call__(self, asked: Asked) -> Answer:
        path = urlsplit(asked.path).path
        if path in ("/sts", "/token"):
            form = {key: value[0] for key, value in parse_qs(asked.body.decode()).items()}
            self.forms.append(form)
            return 200, {"access_token": "own", "expires_in": 3600}
        if path == "/workload":
            assert asked.headers["who"] == "me"
            return 200, {"the_token": "claim"}
        if path.endswith("/identity"):
            assert asked.headers["metadata-flavor"] == "Google"
            return 200, b"machine-id\n"
        self.asked.append((path, asked.json))
        assert asked.headers["authorization"] == "Bearer own"
        if path.endswith(":generateIdToken"):
            return 200, {"token": "other-id"}
        return 200, {"accessToken": "other", "expireTime": "2100-01-01T00:00:00Z"}


@pytest.fixture
def login(service: Service, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Login:
    monkeypatch.setattr(auth, "TOKEN_ADDRESS", f"{service.url}/token")
    monkeypatch.setattr(auth, "METADATA_ADDRESS", service.url)
    monkeypatch.setattr(auth, "CREDENTIALS", service.url + "/accounts/{}")
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return Login(service)


def google(tmp_path: Path, account: Any, impersonated: str | None = None) -> auth.Google:
    text = None if account is None else json.dumps(account)
    return auth.Google(FakeRun(tmp_path), text, ["a", "b"], impersonated)


def test_a_workload_whose_token_is_a_file(login: Login, service: Service, tmp_path: Path) -> None:
    path = tmp_path / "claim"
    path.write_text("claim\n")
    account = {
        **FEDERATED,
        "token_url": f"{service.url}/sts",
        "credential_source": {"file": str(path)},
    }
    assert google(tmp_path, account).token().value == "own"
    assert login.forms == [
        {
            "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
            "audience": "//iam.googleapis.com/pool",
            "scope": "a b",
            "requested_token_type": "urn:ietf:params:oauth:token-type:access_token",
            "subject_token": "claim",
            "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        }
    ]
    path.unlink()
    with pytest.raises(TaskFailure, match="cannot be read: No such file"):
        google(tmp_path, account).token()


def test_a_workload_that_speaks_for_an_account(
    login: Login, service: Service, tmp_path: Path
) -> None:
    source = {
        "url": f"{service.url}/workload",
        "headers": {"who": "me"},
        "format": {"type": "json", "subject_token_field_name": "the_token"},
    }
    account = {
        **FEDERATED,
        "token_url": f"{service.url}/sts",
        "credential_source": source,
        "service_account_impersonation_url": f"{service.url}/accounts/sa:generateAccessToken",
    }
    found = google(tmp_path, account).token()
    assert (found.value, login.forms[-1]["subject_token"]) == ("other", "claim")
    assert login.asked == [
        ("/accounts/sa:generateAccessToken", {"scope": ["a", "b"], "lifetime": "3600s"})
    ]
    source["format"]["subject_token_field_name"] = "none"  # type: ignore[index]
    with pytest.raises(TaskFailure, match="is not where its credentials say"):
        google(tmp_path, account).token()
    for refused in ({"executable": {"command": "x"}}, {"environment_id": "aws1", "url": "u"}, None):
        with pytest.raises(TaskFailure, match="names neither a file nor an address"):
            google(tmp_path, {**account, "credential_source": refused}).token()


def test_an_account_that_speaks_for_another(login: Login, service: Service, tmp_path: Path) -> None:
    account = {
        "type": "impersonated_service_account",
        "source_credentials": service_account(),
        "service_account_impersonation_url": f"{service.url}/accounts/sa:generateAccessToken",
    }
    assert google(tmp_path, account).token().value == "other"
    with pytest.raises(TaskFailure, match="`source_credentials` of the account are missing"):
        google(tmp_path, {**account, "source_credentials": None}).token()


def test_tokens_for_an_address(login: Login, tmp_path: Path) -> None:
    assert google(tmp_path, None).id_token("https://there") == "machine-id"
    found = google(tmp_path, service_account(), "sa")
    assert found.id_token("https://there") == "other-id"
    wanted = {"audience": "https://there", "includeEmail": True}
    assert login.asked == [("/accounts/sa:generateIdToken", wanted)]
