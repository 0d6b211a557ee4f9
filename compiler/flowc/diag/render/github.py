"""Workflow commands of GitHub Actions: findings appear as annotations of the changed files."""

from __future__ import annotations

from collections.abc import Sequence

from flowc.diag.model import Diagnostic, Severity
from flowc.diag.render.json import place

_LEVELS = {Severity.NOTE: "notice"}


def render(found: Sequence[Diagnostic]) -> str:
    """One command a line."""
    return "".join(f"{_command(each)}\n" for each in found)


def _command(found: Diagnostic) -> str:
    where = place(found.span)
    properties = {
        "file": where["file"],
        "line": where["line"],
        "col": where["column"],
        "endLine": where["endLine"],
        "endColumn": where["endColumn"],
        "title": found.code,
    }
    text = found.message if found.hint is None else f"{found.message}\nhelp: {found.hint}"
    listed = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
    return f"::{_LEVELS.get(found.severity, found.severity.value)} {listed}::{_data(text)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
