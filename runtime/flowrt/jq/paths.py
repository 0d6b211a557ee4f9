"""Paths into JSON values: a tuple of keys, indexes, slices (`{"start", "end"}`) and lists to look for."""

from collections.abc import Callable
from math import ceil
from typing import Any

from flowrt.java.limits import Clock, check_items
from flowrt.jq.values import JqError, as_int, compare, is_number, type_of

Path = tuple[Any, ...]
Emit = Callable[[Any, Any], None]

#: the mark of a place that is to be deleted
DELETED = object()


def chained(path: Path | None, step: Any) -> Path | None:
    return None if path is None else (*path, step)


def _bounds(step: dict[str, Any], size: int) -> tuple[int, int]:
    start = 0.0 if step["start"] is None else float(step["start"])
    end = float(size) if step["end"] is None else float(step["end"])
    if start < 0:
        start += size
    if end < 0:
        end += size
    if start >= size:
        return size, size
    start, end = max(start, 0.0), min(end, size)
    if start > end:
        return int(start), int(start)
    return int(start), ceil(end)


def indexes_of(value: list[Any], part: list[Any]) -> list[int]:
    """Where a list stands in another; an empty one nowhere."""
    if not part:
        return []
    clock = Clock()

    def equal(left: Any, right: Any) -> bool:
        clock.tick()
        return compare(left, right) == 0

    return [
        index
        for index in range(len(value) - len(part) + 1)
        if all(equal(value[index + k], item) for k, item in enumerate(part))
    ]


def step_into(value: Any, step: Any, path: Path | None, emit: Emit, permissive: bool) -> None:
    """Emits what a step leads to. Raises JqError where it cannot be taken, unless `permissive`."""
    found: Any = None
    wrong = ""
    if isinstance(step, str):
        if isinstance(value, dict):
            found = value.get(step)
        elif value is not None:
            wrong = f'Cannot index {type_of(value)} with string "{step}"'
    elif is_number(step):
        if isinstance(value, list):
            index = as_int(step)
            if float(step) == index:
                resolved = index + len(value) if index < 0 else index
                found = value[resolved] if 0 <= resolved < len(value) else None
        elif value is not None:
            wrong = f"Cannot index {type_of(value)} with number"
    elif isinstance(step, list):
        if isinstance(value, list):
            found = indexes_of(value, step)
        else:
            wrong = f"Cannot index {type_of(value)} with array"
    elif isinstance(step, dict):
        if isinstance(value, (list, str)):
            start, end = _bounds(step, len(value))
            found = value[start:end]
        elif value is not None:
            wrong = f"Cannot index {type_of(value)} with object"
    else:
        wrong = f"Cannot index {type_of(value)} with {type_of(step)}"
    if not wrong:
        emit(found, chained(path, step))
    elif not permissive:
        raise JqError(wrong)


def checked(value: Any) -> Path:
    """A path as a program gives it."""
    if not isinstance(value, list):
        raise JqError("Path must be specified as an array")
    steps: list[Any] = []
    for step in value:
        if isinstance(step, dict):
            bounds = {"start": step.get("start"), "end": step.get("end")}
            if not all(bound is None or is_number(bound) for bound in bounds.values()):
                raise JqError("Start and end indices of an array slice must be numbers")
            step = bounds
        steps.append(step)
    return tuple(steps)


def get(value: Any, steps: Path, path: Path | None, emit: Emit) -> None:
    """Emits what stands at the end of the steps."""
    if not steps:
        emit(value, path)
        return
    step_into(value, steps[0], path, lambda v, p: get(v, steps[1:], p, emit), False)


def mutate(value: Any, steps: Path, change: Callable[[Any], Any], make: bool = True) -> Any:
    """The value with what stands at the end of the steps changed; `make` builds missing parents."""
    if not steps:
        return change(value)
    step, rest = steps[0], steps[1:]

    def inner(old: Any) -> Any:
        return mutate(old, rest, change, make)

    if isinstance(step, str):
        if value is None or value is DELETED:
            if not make:
                return value
            value = {}
        if not isinstance(value, dict):
            raise JqError(f'Cannot index {type_of(value)} with string "{step}"')
        if not make and step not in value:
            return value
        return {**value, step: inner(value.get(step))}
    if is_number(step):
        return _mutate_index(value, as_int(step), inner, make)
    if isinstance(step, dict):
        return _mutate_slice(value, step, inner)
    if isinstance(step, list):
        raise JqError("Cannot update field at array index of array")
    raise JqError(f"Invalid path component {type_of(step)}")


def _mutate_index(value: Any, index: int, inner: Callable[[Any], Any], make: bool) -> Any:
    if value is None or value is DELETED:
        if not make:
            return value
        value = []
    if not isinstance(value, list):
        raise JqError(f"Cannot index {type_of(value)} with number")
    at = index + len(value) if index < 0 else index
    if not make and not 0 <= at < len(value):
        return value
    if at < 0:
        raise JqError("Out of bounds negative array index")
    if at > 50_000_000:
        raise JqError("Array index too large")
    check_items(at + 1)
    out = [*value, *([None] * (at + 1 - len(value)))]
    out[at] = inner(value[at] if at < len(value) else None)
    return out


def _mutate_slice(value: Any, step: dict[str, Any], inner: Callable[[Any], Any]) -> Any:
    if value is None:
        new = inner(None)
        if not isinstance(new, list):
            raise JqError("A slice of an array can only be assigned another array")
        return new
    if isinstance(value, str):
        raise JqError("Cannot update field at object index of string")
    if not isinstance(value, list):
        raise JqError(f"Cannot index {type_of(value)} with object")
    start, end = _bounds(step, len(value))
    new = inner(value[start:end])
    if new is DELETED:
        new = []
    if not isinstance(new, list):
        raise JqError("A slice of an array can only be assigned another array")
    return [*value[:start], *new, *value[end:]]


def without_deleted(value: Any) -> Any:
    """The value without the places marked as deleted."""
    if value is DELETED:
        return None
    if isinstance(value, dict):
        return {k: without_deleted(v) for k, v in value.items() if v is not DELETED}
    if isinstance(value, list):
        return [without_deleted(item) for item in value if item is not DELETED]
    return value
