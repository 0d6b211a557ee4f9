"""What an engine was given for an input, as the inputs of a flow take it."""

from __future__ import annotations

import json
from typing import Any


def text_of(value: Any, type: str) -> Any:
    """A text as it is, all else as JSON; for an input of type JSON also a text that is none, as a form hands it over."""
    if not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False, default=str)
    if type == "JSON" and not _is_json(value):
        return json.dumps(value, ensure_ascii=False)
    return value


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
