"""What an engine was given for inputs, as the inputs of a flow take it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from flowrt.inputs.declaration import leaves

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flowrt.inputs.declaration import Input


def texts_of(values: Mapping[str, Any], declared: Sequence[Input]) -> dict[str, Any]:
    """Values by the ids of the inputs; null is not given."""
    types = {each.id: each.type for each in leaves(declared)}
    return {
        id: _text(value, types.get(id, "")) for id, value in values.items() if value is not None
    }


def _text(value: Any, type: str) -> Any:
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
