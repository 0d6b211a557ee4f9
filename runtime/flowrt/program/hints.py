"""What the engine's messages do not say on a command line: how a value is written, what is missing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flowrt.engine.execution import Execution
    from flowrt.model.failures import Refusal

_FORMS = {
    "ARRAY": '["a", "b"]',
    "DATE": "2024-06-30",
    "DATETIME": "2024-06-30T22:00:00Z",
    "DURATION": "PT1H30M",
    "FILE": "a path of a file that can be read",
    "JSON": '{"key": "value"}',
    "MULTISELECT": '["a", "b"]',
    "TIME": "22:00:00",
    "YAML": "key: value",
}
"""Type of an input → a text that can be read as one. Other types refuse a text in words that name the input."""

_LONGEST = 100
_SECRET = re.compile("Cannot find secret for key '(.*?)'")


def refusal(error: Refusal) -> str:
    """The text of a refusal; of a value that cannot be read, with its input and a text that could be."""
    if not error.about_inputs:
        return str(error)
    from flowrt.inputs.errors import InputError

    declared = error.unreadable if isinstance(error, InputError) else None
    if not isinstance(error, InputError) or declared is None or declared.type not in _FORMS:
        return str(error)
    cause = ": ".join(re.findall("^[^ `].*", str(error).partition("\n at [")[0], re.M))
    value = str(error.value)
    shown = value if len(value) <= _LONGEST else value[:_LONGEST] + "…"
    return (
        f"Invalid value for input `{declared.id}`: '{shown}' cannot be read as {declared.type};"
        f" write {_FORMS[declared.type]}\n  {cause}"
    )


def ways_on(execution: Execution) -> list[str]:
    """What helps after a failure whose message tells of a thing that a command line has to bring."""
    from flowrt.engine.document import log_entries

    found: dict[str, None] = {}
    for entry in log_entries(execution):
        if entry["level"] != "ERROR":
            continue
        message = entry["message"]
        if "Unable to find `trigger` used in" in message and execution.trigger is None:
            ids = ", ".join(execution.flow.triggers)
            which = f"--trigger ID (here: {ids})" if ids else "--trigger FILE.json"
            found[f"the values of a trigger are given with {which}"] = None
        secret = _SECRET.search(message)
        if secret is not None:
            from flowrt.services.secrets import SECRET_PREFIX, EnvironmentSecrets

            if secret[1].upper() in EnvironmentSecrets().unreadable():
                found[
                    f"{SECRET_PREFIX}{secret[1].upper()} is set, but its value is not the base64 of a text"
                    " (echo -n VALUE | base64)"
                ] = None
    return [f"hint: {text}" for text in found]
