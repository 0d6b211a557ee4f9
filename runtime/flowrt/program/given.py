"""From the command line to what a start is given: inputs, labels, key-value entries, the trigger; how inputs are written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrt.missing import part
from flowrt.model.failures import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import BinaryIO

    from flowrt.inputs.declaration import Input
    from flowrt.model.failures import Refusal
    from flowrt.model.triggers import Trigger
    from flowrt.program.arguments import Arguments


def given_inputs(arguments: Arguments, declared: Sequence[Input]) -> dict[str, Any]:
    """The values of `--inputs` files, then those of `--input`, by input id.

    As with Kestra's API values are texts: structures of a file become their JSON text, null is not given. In
    `--input`, `K=@FILE` is the content of a file (the file itself for a FILE input), `K=@@…` a text that begins with `@`.
    """
    given: dict[str, Any] = {}
    if not (arguments.flag("--inputs") or arguments.flag("--input")):
        return given
    from flowrt.inputs.declaration import leaves

    types = {each.id: each.type for each in leaves(declared)}
    for path in arguments.all("--inputs"):
        for id, value in _flat(_map(path, "--inputs"), types).items():
            text = _as_text(value)
            if text is not None:
                given[id] = text
    for pair in arguments.all("--input"):
        id, equals, text = pair.partition("=")
        if not (id and equals):
            raise UsageError(f"--input {pair}: write --input {id or 'K'}=VALUE")
        given[id] = _value(id, text, types.get(id))
    return given


def given_labels(arguments: Arguments) -> dict[str, str]:
    """The labels of `--label`."""
    labels = {}
    for pair in arguments.all("--label"):
        key, _, value = pair.partition(":")
        if not (key and value):  # the engine leaves such labels out without a word
            raise UsageError(f"--label {pair}: write --label {key or 'K'}:VALUE")
        if key.startswith("system.") and key != "system.correlationId":
            raise UsageError(f"--label {pair}: only Kestra itself sets labels of `system.`")
        labels[key] = value
    return labels


def given_entries(arguments: Arguments) -> dict[str, dict[str, Any]]:
    """The key-value entries of `--kv`, by namespace."""
    return {
        namespace: _map(path, "--kv") for namespace, path in _pairs(arguments, "--kv", "FILE.json")
    }


def given_folders(arguments: Arguments) -> dict[str, str]:
    """The folders of `--namespace-files`, by namespace."""
    folders = dict(_pairs(arguments, "--namespace-files", "DIR"))
    if folders:
        from os.path import isdir

        for folder in folders.values():
            if not isdir(folder):
                raise UsageError(f"--namespace-files: {folder} is no folder")
    return folders


def given_trigger(arguments: Arguments, triggers: Mapping[str, Trigger]) -> dict[str, Any] | None:
    """What started the execution: a trigger of the flow by its id, at the date that was asked for; or what a file says.

    A map of a file without `variables` and `type` is the variables themselves.
    """
    said = arguments.one("--trigger")
    date = arguments.one("--date")
    if said is None:
        if date is not None:
            raise UsageError("--date: say which trigger is due then: --trigger ID")
        return None
    trigger = triggers.get(said)
    if trigger is None:
        if date is not None:
            raise UsageError(f"--trigger {said}: {_no_trigger(triggers)}")
        return _trigger_of_file(said, triggers)
    if trigger.cron is None:
        if date is not None:
            raise UsageError(f"--date: {said} is no schedule")
        return {"id": trigger.id, "type": trigger.type, "variables": {}}
    from datetime import UTC, datetime

    from flowrt.program.schedules import due

    variables = due(trigger, datetime.now(UTC), date)
    return {"id": trigger.id, "type": trigger.type, "variables": variables}


def _trigger_of_file(path: str, triggers: Mapping[str, Trigger]) -> dict[str, Any]:
    from os.path import exists

    if "." not in path and not exists(path):
        raise UsageError(f"--trigger {path}: neither a file nor a trigger; {_no_trigger(triggers)}")
    trigger = _map(path, "--trigger")
    if "variables" in trigger or "type" in trigger:
        return trigger
    return {"id": "trigger", "variables": trigger}


def _no_trigger(triggers: Mapping[str, Trigger]) -> str:
    if not triggers:
        return "the flow has no triggers"
    return f"the triggers of the flow are {', '.join(triggers)}"


def _pairs(arguments: Arguments, option: str, metavar: str) -> list[tuple[str, str]]:
    pairs = []
    for pair in arguments.all(option):
        namespace, equals, path = pair.partition("=")
        if not (namespace and equals and path):
            raise UsageError(f"{option} {pair}: write {option} NAMESPACE={metavar}")
        pairs.append((namespace, path))
    return pairs


def _value(id: str, text: str, type_name: str | None) -> Any:
    if text.startswith("@@"):
        return text[1:]
    if not text.startswith("@"):
        return text
    if text == "@":
        raise UsageError(f"--input {id}=@: the path of a file follows @, and @@ is the text @")
    if type_name == "FILE":
        from os.path import isfile
        from pathlib import Path

        from flowrt.inputs.conversion import Upload

        path = Path(text[1:])
        if not isfile(path):  # a pipe can be read once
            return Upload(path.name, _read(text[1:], f"--input {id}"))
        with _opened(text[1:], f"--input {id}"):
            return Upload(path.name, path)
    return _decoded(_read(text[1:], f"--input {id}"), f"--input {id}")


def _flat(values: dict[str, Any], types: dict[str, str]) -> dict[str, Any]:
    """Maps that stand for dotted ids (`{db: {port: 1}}` for `db.port`), taken apart."""
    flat: dict[str, Any] = {}
    for key, value in values.items():
        prefix = f"{key}."
        inside = isinstance(value, dict) and key not in types
        if inside and any(id.startswith(prefix) for id in types):
            below = {id[len(prefix) :]: kind for id, kind in types.items() if id.startswith(prefix)}
            flat.update({prefix + id: item for id, item in _flat(value, below).items()})
        else:
            flat[key] = value
    return flat


def _as_text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    import json

    return json.dumps(value, ensure_ascii=False, default=str)


def _map(path: str, option: str) -> dict[str, Any]:
    """A map from a JSON file, or a YAML file by its ending."""
    text = _decoded(_read(path, option), f"{option} {path}")
    parse = _parser(path, option)
    try:
        value = parse(text)
    except Exception as error:
        said: object = _OWN.get(type(error), error)
        raise UsageError(f"{option} {path}: {said}") from None
    if value is None or value == "":
        return {}
    if not isinstance(value, dict):
        raise UsageError(f"{option} {path}: a map is needed")
    return {str(key): item for key, item in value.items()}


def _parser(path: str, option: str) -> Callable[[str], Any]:
    """What reads a file, by its ending. Raises `MissingPart` when the program came without that."""
    if path.endswith((".yaml", ".yml")):
        made: Callable[[str], Any] = part("yaml", f"{option} {path}").parse_yaml
        return made
    from json import loads

    return loads


_OWN: dict[type, str] = {
    RecursionError: "nested too deeply",
    ValueError: "a number has too many digits",
}


def _opened(path: str, option: str) -> BinaryIO:
    try:
        return open(path, "rb")
    except OSError as error:
        raise UsageError(f"{option}: cannot read {path}: {error.strerror}") from None


def _read(path: str, option: str) -> bytes:
    with _opened(path, option) as file:
        data: bytes = file.read(_MOST + 1)
    if len(data) > _MOST:
        raise UsageError(f"{option}: more than {_MOST // 1_000_000} MB")
    return data


_MOST = 500_000_000
"""Bytes that are read into memory: a device may never end."""


def _decoded(data: bytes, where: str) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise UsageError(f"{where}: the file is no UTF-8 text") from None


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
"""Characters of a value that are shown."""


def refusal(error: Refusal) -> str:
    """The text of a refusal; of a value that cannot be read, with its input and a text that could be."""
    if not error.about_inputs:
        return str(error)
    from flowrt.inputs.errors import InputError

    declared = error.unreadable if isinstance(error, InputError) else None
    if not isinstance(error, InputError) or declared is None or declared.type not in _FORMS:
        return str(error)
    import re

    cause = ": ".join(re.findall("^[^ `].*", str(error).partition("\n at [")[0], re.M))
    value = str(error.value)
    shown = value if len(value) <= _LONGEST else value[:_LONGEST] + "…"
    return (
        f"Invalid value for input `{declared.id}`: '{shown}' cannot be read as {declared.type};"
        f" write {_FORMS[declared.type]}\n  {cause}"
    )
