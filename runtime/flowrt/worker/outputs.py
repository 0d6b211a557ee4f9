"""Outputs on their way from a worker to the engine: what JSON has no form for becomes what has one.

Kestra writes outputs as JSON when they leave a worker, so whoever reads them sees texts, numbers, lists and maps. Values of
Kestra's own kinds know their form (`JavaObject`); here are those of Python, which tasks and the libraries they use make.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrt.java.values import JavaObject, JavaSet
from flowrt.model.failures import Outcome, TaskFailure

if TYPE_CHECKING:
    from collections.abc import Callable

_KNOWN = (str, int, float, bytes, JavaObject, JavaSet)
"""Kinds that stay: the engine writes and reads them as they are."""
_KEYS = frozenset({str, int, float, bool, type(None)})
_PLAIN = _KEYS | {bytes}
"""The kinds that nearly all values are of: what is one of them is looked at no further."""


def carried(result: Any) -> Any:
    """What a task answered, of values that the engine knows: outputs, an `Outcome` of them, or None.

    Raises TaskFailure for an output that is no data, such as an open file.
    """
    if isinstance(result, Outcome):
        outputs = carried(result.outputs)
        return result if outputs is result.outputs else Outcome(outputs, result.state)
    if not result or not any(map(_foreign, result.values())):
        return result
    return {name: _told(name, value) for name, value in result.items()}


def _foreign(value: Any) -> bool:
    """Whether a value, or one inside it, has to be told in another form."""
    kind = type(value)
    if kind in _PLAIN:
        return False
    if isinstance(value, dict):
        return any(map(_foreign, value.values())) or not _KEYS.issuperset(map(type, value))
    if isinstance(value, list):
        return any(map(_foreign, value))
    return not isinstance(value, _KNOWN) and kind.__module__ != "decimal"


def _told(name: str, value: Any) -> Any:
    if not _foreign(value):
        return value
    if isinstance(value, dict):
        return {
            key if type(key) in _KEYS else str(_told(name, key)): _told(name, item)
            for key, item in value.items()
        }
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_told(name, item) for item in value]
    for kind in type(value).__mro__:
        package = kind.__module__.partition(".")[0]  # `pathlib._local` in Python 3.13
        form = _FORMS.get(f"{package}.{kind.__qualname__}")
        if form is not None:
            return _told(name, form(value))
    raise TaskFailure(f"The output `{name}` is no data: it holds a {type(value).__name__}")


def _moment(value: Any) -> str:
    """A date with a time: with `Z` where it is of UTC, as Kestra writes an instant."""
    digits = "auto" if value.microsecond % 1000 or not value.microsecond else "milliseconds"
    text = str(value.isoformat(timespec=digits))
    return f"{text[:-6]}Z" if text.endswith("+00:00") else text


def _span(value: Any) -> str:
    from flowrt.java.time.duration import iso_duration

    return iso_duration((value.days * 86_400 + value.seconds) * 10**9 + value.microseconds * 1000)


_FORMS: dict[str, Callable[[Any], Any]] = {
    "datetime.datetime": _moment,
    "datetime.date": lambda value: value.isoformat(),
    "datetime.time": lambda value: value.isoformat(),
    "datetime.timedelta": _span,
    "uuid.UUID": str,
    "pathlib.PurePath": str,
    "enum.Enum": lambda value: value.value,
    "builtins.bytearray": bytes,
    "builtins.memoryview": bytes,
}
"""The forms of Python's kinds, by name, so that none of their modules is read for it."""
