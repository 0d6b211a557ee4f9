"""Workloads of other clouds, whose tokens Google exchanges for its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrt.model.failures import TaskFailure
from flowrt.plugins.web import ask, exchange

if TYPE_CHECKING:
    from flowrt.model.context import RunContext

EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS = "urn:ietf:params:oauth:token-type:access_token"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def exchanged(run: RunContext, account: dict[str, Any], scopes: list[str]) -> dict[str, Any]:
    """What Google answers for the token of another place. Raises TaskFailure where there is none."""
    from urllib.parse import urlencode

    form = {
        "grant_type": EXCHANGE,
        "audience": account.get("audience"),
        "scope": " ".join(scopes),
        "requested_token_type": ACCESS,
        "subject_token": _subject(run, account.get("credential_source")),
        "subject_token_type": account.get("subject_token_type"),
    }
    body = urlencode({key: value for key, value in form.items() if value}).encode()
    url = str(account.get("token_url") or "https://sts.googleapis.com/v1/token")
    found = ask(run, "Google", "POST", url, headers=FORM, body=body)
    return found if isinstance(found, dict) else {}


def _subject(run: RunContext, source: Any) -> str:
    """The token of the other place: of a file, or of an address. Raises TaskFailure for what is neither."""
    from pathlib import Path

    from flowrt.formats.jsonread import JsonError, parse_json

    if isinstance(source, dict) and source.get("file"):
        try:
            text = Path(str(source["file"])).read_text("utf-8")
        except OSError as error:
            raise TaskFailure(
                f"the token of the workload cannot be read: {error.strerror}"
            ) from None
    elif isinstance(source, dict) and source.get("url") and "environment_id" not in source:
        headers = {str(name): str(value) for name, value in (source.get("headers") or {}).items()}
        found = exchange(run, "The workload", "GET", str(source["url"]), headers=headers)
        text = (found.body or b"").decode("utf-8", "replace")
    else:
        raise TaskFailure(
            "`credential_source` of the account names neither a file nor an address (programs are not run, and accounts of AWS are not there)"
        )
    form = source.get("format") or {}
    if form.get("type") != "json":
        return text.strip()
    try:
        return str(parse_json(text)[form["subject_token_field_name"]])
    except (JsonError, KeyError, TypeError):
        raise TaskFailure("the token of the workload is not where its credentials say") from None
