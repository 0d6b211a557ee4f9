"""Cron expressions in the form that every reader of them knows."""

from __future__ import annotations

import re

NICKNAMES = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
"""What the names of cron expressions stand for."""


def standard(cron: str) -> str:
    """The same expression as others write it: Kestra takes `/5` for `*/5`, `+1` for `1`, and `1-2-` for `1-2`."""
    text = re.sub(r"(?<![^\s,])/(?=\d)", "*/", cron)
    text = re.sub(r"(?<![^\s,])\+(?=\d)", "", text)
    return re.sub(r"(-\w+)-+(?![^\s,/])", r"\1", text)
