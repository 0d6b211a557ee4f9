"""Filters of lists and maps."""

import re
from collections.abc import Callable
from functools import cmp_to_key
from itertools import pairwise
from typing import Any

from flowrt.java.casts import ILLEGAL_ARGUMENT, NULL_POINTER, as_text, cast_failure
from flowrt.java.errors import ExpressionError, RawError
from flowrt.java.growth import Growing
from flowrt.java.limits import Clock, check_items, check_text
from flowrt.java.narrowing import to_int
from flowrt.java.printing import text_of
from flowrt.java.values import (
    MISSING,
    ByteArray,
    Char,
    Entry,
    FixedList,
    HashMap,
    HashValues,
    JavaArray,
    JavaSet,
    KeyList,
    Values,
    class_name,
    hash_map,
    java_key,
    number_class,
    utf16_units,
)


class _View(KeyList):
    """A list that shows a part of another one: what changes here in place changes there."""

    __slots__ = ("at", "java_class", "source")

    def __init__(self, items: list[Any], source: list[Any], at: int, java_class: str = "") -> None:
        super().__init__(items)
        self.source = source
        self.at = at
        self.java_class = java_class or _PARTS.get(
            class_name(source), f"{_ABSTRACT}$RandomAccessSubList"
        )


class _Chunks(KeyList):
    """What `chunk` gives: its elements are computed, so none can be set."""

    __slots__ = ()
    java_class = "com.google.common.collect.Lists$RandomAccessPartition"


_ABSTRACT, _PART = "java.util.AbstractList", "java.util.ArrayList$SubList"
_PARTS = {
    "java.util.ArrayList": _PART,
    _PART: _PART,
    "java.util.ImmutableCollections$ListN": "java.util.ImmutableCollections$SubList",
}
"""The class of a list → that of a part of it."""
_INDEX = "java.lang.IndexOutOfBoundsException"


def _is_list(value: Any) -> bool:
    return isinstance(value, list) and not isinstance(value, (JavaArray, Values))


def length(value: Any) -> int:
    """UTF-16 units of a text, elements of a collection or map; 0 for everything else."""
    if type(value) is str:
        return len(value) if value.isascii() else len(utf16_units(value))
    return len(value) if isinstance(value, (dict, list, JavaSet, ByteArray)) else 0


def _end(value: Any, index: int) -> Any:
    if value is None:
        return None
    if type(value) is str:
        if not value:
            raise RawError(f"Index {min(index, 0)} out of bounds for length 0", _INDEX)
        units = utf16_units(value)
        return Char(chr(units[index]))
    if isinstance(value, (list, ByteArray)):
        return value[index] if value else None
    if isinstance(value, JavaSet):
        items = list(value)
        return items[index] if items else None
    raise cast_failure(value, "java.util.Collection")


def first(value: Any) -> Any:
    """The first element of a collection, the first character of a text."""
    return _end(value, 0)


def last(value: Any) -> Any:
    """The last element of a collection, the last character of a text."""
    return _end(value, -1)


def join(value: Any, separator: Any = MISSING) -> Any:
    """The elements' Java texts with a separator between them."""
    if value is None:
        return None
    between = "" if separator is MISSING or separator is None else as_text(separator)
    if not isinstance(value, (list, JavaSet, ByteArray)):
        raise ExpressionError(
            "The 'join' filter expects that the input is either a collection or an array."
        )
    growing = Growing()
    parts = [growing.add(text_of(item)) for item in value]
    check_text(sum(map(len, parts)) + len(between) * len(parts))
    return between.join(parts)


def _rank(value: Any) -> str:
    """The class whose natural order a value has."""
    number = number_class(value)
    if number:
        return number
    kind = type(value)
    return "EnumName" if kind.__name__ == "EnumName" else kind.__name__


_COMPARABLE = frozenset(
    (
        *("Integer", "Long", "Double", "Float", "Short", "Byte", "BigInteger", "BigDecimal"),
        *("str", "bool", "Char", "Uri", "EnumName", "Instant", "Zoned", "LocalDate"),
        *("LocalDateTime", "LocalTime", "Duration", "LegacyDate"),
    )
)


_ORDERED = frozenset(
    (
        *("Integer", "Long", "Double", "Float", "Short", "Byte", "BigInteger", "BigDecimal"),
        *("String", "Boolean", "Character", "URI", "Type", "Instant", "ZonedDateTime"),
        *("LocalDate", "LocalDateTime", "LocalTime", "Duration", "Date"),
    )
)
"""The classes whose arrays can be sorted."""


def compare(left: Any, right: Any, name: str) -> int:
    """Java's `left.compareTo(right)`; raises RawError for values without a common order. `name` is what Java calls `left`."""
    if left is None:
        raise RawError(
            f'Cannot invoke "java.lang.Comparable.compareTo(Object)" because "{name}" is null',
            NULL_POINTER,
        )
    rank = _rank(left)
    if rank not in _COMPARABLE:
        raise cast_failure(left, "java.lang.Comparable")
    if right is None:
        kind = "String" if rank == "str" else rank
        raise RawError(f'Cannot read field "value" because "another{kind}" is null', NULL_POINTER)
    if rank != _rank(right):
        raise cast_failure(right, class_name(left))
    if rank in ("str", "Char"):
        if not (left.isascii() and right.isascii()):
            left, right = utf16_units(left), utf16_units(right)
        else:
            left, right = str.__str__(left), str.__str__(right)
    elif rank in ("Double", "Float"):
        return _compare_floats(left, right)
    elif rank in ("Uri", "EnumName"):
        left, right = text_of(left), text_of(right)
    if left < right:
        return -1
    return 1 if right < left else 0


def _compare_floats(left: float, right: float) -> int:
    # NaN is greater than everything, and -0.0 less than 0.0
    from math import copysign

    keys = [
        (x != x, 0.0 if x != x else x, copysign(1.0, x) if x == 0 else 0.0) for x in (left, right)
    ]
    return (keys[0] > keys[1]) - (keys[0] < keys[1])


def _sorted(value: Any, order: Callable[[Any, Any], int]) -> Any:
    if type(value) is _Chunks:
        cmp_sorted = sorted(
            value, key=cmp_to_key(order)
        )  # it is when they are put back that it fails
        if not cmp_sorted:
            return value
    _changeable(value)
    clock = Clock()

    def compared(left: Any, right: Any) -> int:
        clock.tick()
        return order(left, right)

    value.sort(key=cmp_to_key(compared))
    return _changed(value)


def _changed(value: list[Any]) -> list[Any]:
    """A list that was changed in place; what it is a view of changes with it."""
    view = value
    while type(view) is _View:
        view.source[view.at : view.at + len(view)] = view
        view = view.source
    return value


def sort(value: Any) -> Any:
    """The list in natural order, sorted in place."""
    if value is None:
        return None
    if not isinstance(value, list) or isinstance(value, Values):
        raise ExpressionError("Unsupported input type for sort filter")
    if isinstance(value, JavaArray):
        if re.split("[.$]", value.component)[-1] not in _ORDERED:
            raise ExpressionError("Unsupported input type for sort filter")
        value = _View(value, value, 0, "java.util.Arrays$ArrayList")
    if len(value) == 1 and not isinstance(value, (FixedList, _Chunks)):
        return value
    if None in value[1:]:
        _run_of(value)
    return _sorted(value, lambda left, right: compare(left, right, "pivot"))


def _run_of(value: list[Any]) -> None:
    """What Java compares at first, the run that a list begins with: there it calls by another name what is null."""
    falls = compare(value[1], value[0], _NEXT) < 0
    for before, item in pairwise(value[1:]):
        if (compare(item, before, _NEXT) < 0) is not falls:
            return


_NEXT = "a[runHi]"


def rsort(value: Any) -> Any:
    """The list in reverse natural order, sorted in place."""
    if value is None:
        return None
    if not _is_list(value):
        raise cast_failure(value, "java.util.List")
    return _sorted(value, _reversed)


def _reversed(left: Any, right: Any) -> int:
    for item in (left, right):
        if item is not None and _rank(item) not in _COMPARABLE:
            raise cast_failure(item, "java.lang.Comparable")
    return compare(right, left, "c2")


def reverse(value: Any) -> Any:
    """The list turned round, in place."""
    if value is None:
        return None
    if not _is_list(value):
        raise cast_failure(value, "java.util.List")
    if len(value) > 1:
        _changeable(value)
    value.reverse()
    return _changed(value)


def _changeable(value: Any) -> None:
    while type(value) is _View:
        value = value.source
    if isinstance(value, (FixedList, _Chunks)):
        raise RawError("null", "java.lang.UnsupportedOperationException")


def _bound(value: Any, name: str) -> int | None:
    if value is MISSING or value is None:
        return None
    if not number_class(value):
        raise ExpressionError(f"Argument {name} must be a number. Actual type: {class_name(value)}")
    return to_int(value)


def slice_(value: Any, from_index: Any = MISSING, to_index: Any = MISSING) -> Any:
    """A part of a text, list or array."""
    if value is None:
        return None
    begin = _bound(from_index, "fromIndex") or 0
    if begin < 0:
        raise RawError("fromIndex must be greater than 0", ILLEGAL_ARGUMENT)
    last = _bound(to_index, "toIndex")
    array = isinstance(value, (JavaArray, ByteArray))
    if not (type(value) is str or array or _is_list(value)):
        raise ExpressionError(
            "Slice filter can only be applied to String, List and array inputs. "
            f"Actual type was: {class_name(value)}"
        )
    size = length(value)
    end = size if last is None else last
    if end > size:
        raise ExpressionError(f"toIndex must be smaller than input size: {size}")
    if (last is not None and begin >= end) or begin > end:
        if last is not None:
            raise ExpressionError("toIndex must be greater than fromIndex")
        if _is_list(value):
            raise RawError(f"fromIndex({begin}) > toIndex({end})", ILLEGAL_ARGUMENT)
        raise RawError(f"begin {begin}, end {end}, length {size}", _INDEX)
    if type(value) is str:
        if value.isascii():
            return value[begin:end]
        units = value.encode("utf-16-le", "surrogatepass")[2 * begin : 2 * end]
        return units.decode("utf-16-le", "surrogatepass")
    part = value[begin:end]
    if isinstance(value, JavaArray):
        return JavaArray(part, value.component)
    return _View(part, value, begin) if isinstance(value, list) else part


def merge(value: Any, items: Any = MISSING) -> Any:
    """Two maps or lists in one; null counts as nothing."""
    other = None if items is MISSING else items
    if value is None and other is None:
        raise ExpressionError("The two arguments to be merged are null")
    if value is None or other is None:
        return value if other is None else other
    if isinstance(value, dict):
        return _merge_map(value, other)
    if _is_list(value):
        if isinstance(other, dict):
            return [*value, *(Entry(key, item) for key, item in other.items())]
        if _is_list(other):
            check_items(len(value) + len(other))
            return [*value, *other]
        raise ExpressionError(
            "Currently, only Maps and Lists can be merged with a List. "
            f"Arg2: {class_name(other)}"
        )
    if isinstance(value, JavaArray):
        if not isinstance(other, JavaArray):
            raise RawError(
                'Cannot invoke "java.lang.Class.getName()" because "arg2Class" is null',
                NULL_POINTER,
            )
        if other.component != value.component:
            raise ExpressionError(
                "Currently, only Arrays of the same component class can be merged. "
                f"Arg1: {value.component}, Arg2: {other.component}"
            )
        check_items(len(value) + len(other))
        return JavaArray([*value, *other], value.component)
    raise ExpressionError("The object being filtered is not a Map/List/Array")


def _merge_map(value: dict[Any, Any], other: Any) -> Any:
    check_items(len(value) + (len(other) if hasattr(other, "__len__") else 0))
    if isinstance(other, dict):
        merged = {**value, **other}
        return hash_map(merged.items(), len(value) + len(other) + 16)
    if _is_list(other):
        merged = {**value, **{_key(item): item for item in other}}
        return hash_map(merged.items(), len(value) + len(other) + 16)
    raise RawError(
        "Currently, only Maps and Lists can be merged with a Map. " f"Arg2: {class_name(other)}",
        "java.lang.UnsupportedOperationException",
    )


def _key(item: Any) -> Any:
    """An element as the key of a map: a map or a list by its text, since none can be the key of ours."""
    return text_of(item) if isinstance(item, (dict, list)) else item


def keys(value: Any) -> Any:
    """The keys of a map, the indexes of a list."""
    if value is None:
        return None
    if isinstance(value, dict):
        linked = type(value) is not HashMap
        return JavaSet(
            value, "java.util.LinkedHashMap$LinkedKeySet" if linked else "java.util.HashMap$KeySet"
        )
    if isinstance(value, (list, ByteArray)) and not isinstance(value, Values):
        return FixedList(range(len(value)))
    raise ExpressionError(
        "'keys' filter can only be applied to List, Map, Array. "
        f"Actual type was: {class_name(value)}"
    )


def values(value: Any) -> Any:
    """The values of a map."""
    if value is None:
        return None
    if isinstance(value, dict):
        return (HashValues if type(value) is HashMap else Values)(value.values())
    raise ExpressionError(
        f"'values' filter can only be applied to Map. Actual type was: {class_name(value)}"
    )


def flatten(value: Any) -> Any:
    """The elements, and the elements of lists in it (one level)."""
    if value is None:
        return None
    if not _is_list(value):
        raise ExpressionError("The 'flatten' filter can only be applied to lists.")
    out: list[Any] = []
    for item in value:
        if _is_list(item):
            check_items(len(out) + len(item))
            out.extend(item)
        else:
            out.append(item)
    return FixedList(out)


def chunk(value: Any, size: Any = MISSING) -> Any:
    """Lists of at most `size` elements."""
    if value is None:
        return None
    if size is MISSING:
        raise ExpressionError("'chunk' filter expects an argument 'size'.")
    if not _is_list(value):
        raise ExpressionError(
            f"'chunk' filter can only be applied to List. Actual type was: {class_name(value)}"
        )
    if size is None:
        raise RawError('Cannot invoke "Object.getClass()" because "sizeObj" is null', NULL_POINTER)
    if not number_class(size):
        raise ExpressionError(
            f"'chunk' filter argument 'size' must be a number. Actual type was: {class_name(size)}"
        )
    step = to_int(size)
    if step <= 0:
        raise RawError("null", ILLEGAL_ARGUMENT)
    return _Chunks(_View(value[at : at + step], value, at) for at in range(0, len(value), step))


def distinct(value: Any) -> Any:
    """The list without repeated elements; null becomes the text `null`."""
    if value is None:
        return "null"
    if not _is_list(value):
        raise ExpressionError(f"Input must be a list, but received : {class_name(value)}")
    seen: dict[Any, Any] = {}
    for item in value:
        seen.setdefault(java_key(item), item)
    return list(seen.values())
