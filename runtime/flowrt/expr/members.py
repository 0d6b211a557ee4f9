"""Members and methods of values (`x.name`, `x.name(…)`), as reflection finds them in Java.

A method is found by its name, in any case of letters, and the kinds of its arguments. A name without parentheses is
looked for as a method, as a constant, and then as one of the methods `getName`, `isName` and `hasName`; first among what
the interfaces of collections declare, then in the value's own class.
"""

from collections.abc import Callable
from typing import Any

from flowrt.expr.errors import ACCESS_ERROR
from flowrt.expr.members_text import CHARACTER, OBJECT, TEXT, Members, Table
from flowrt.expr.ops import is_collection
from flowrt.java.equality import java_equals
from flowrt.java.errors import ExpressionError, RawError
from flowrt.java.limits import LimitExceeded
from flowrt.java.reach import INACCESSIBLE, out_of_reach
from flowrt.java.values import (
    MISSING,
    Char,
    Entry,
    EnumName,
    FixedList,
    HashMap,
    JavaArray,
    JavaSet,
    Uri,
    Values,
    class_name,
    java_key,
    number_class,
)

Method = tuple[str, Callable[..., Any]]

# Methods of every object that are out of bounds, as the engine words them.
_DENIED = {
    "getclass": "public final native java.lang.Class java.lang.Object.getClass()",
    "notify": "public final native void java.lang.Object.notify()",
    "notifyall": "public final native void java.lang.Object.notifyAll()",
    "wait": "public final void java.lang.Object.wait() throws java.lang.InterruptedException",
}


def _at(values: Any, index: int) -> Any:
    if not 0 <= index < len(values):
        raise IndexError(f"Index {index} out of bounds for length {len(values)}")
    return values[index]


def _position(values: Any, item: Any, last: bool = False) -> int:
    places = [index for index, own in enumerate(values) if java_equals(own, item)]
    return -1 if not places else places[-1 if last else 0]


def _changeable(values: Any) -> Any:
    if isinstance(values, FixedList):
        raise TypeError("a list that cannot be changed")
    return values


def _add(values: Any, item: Any) -> bool:
    _changeable(values).append(item)
    return True


def _insert(values: Any, index: int, item: Any) -> None:
    if not 0 <= index <= len(values):
        raise IndexError(index)
    _changeable(values).insert(index, item)


def _add_all(values: Any, items: Any) -> bool:
    found = list(items)
    _changeable(values).extend(found)
    return bool(found)


def _insert_all(values: Any, index: int, items: Any) -> bool:
    for place, item in enumerate(list(items)):
        _insert(values, index + place, item)
    return bool(items)


def _set(values: Any, index: int, item: Any) -> Any:
    before = _at(values, index)
    _changeable(values)[index] = item
    return before


def _remove_at(values: Any, index: int) -> Any:
    _at(values, index)
    return _changeable(values).pop(index)


def _remove(values: Any, item: Any) -> bool:
    index = _position(values, item)
    if index >= 0:
        del _changeable(values)[index]
    return index >= 0


def _keep(values: Any, others: Any, wanted: bool) -> bool:
    """Whether any element went, when only those (not) among the others stay."""
    present = {java_key(item) for item in others}
    kept = [item for item in values if (java_key(item) in present) is wanted]
    gone = len(kept) < len(values)
    _changeable(values)[:] = kept
    return gone


def _part(values: Any, start: int, end: int) -> Any:
    if not 0 <= start <= end <= len(values):
        raise IndexError(f"{start} to {end} of {len(values)}")
    return values[start:end]


def _put(entries: Any, key: Any, value: Any) -> Any:
    before = entries.get(key)
    entries[key] = value
    return before


def _put_if_absent(entries: Any, key: Any, value: Any) -> Any:
    before = entries.get(key)
    if before is None:
        entries[key] = value
    return before


def _has_all(values: Any, others: Any) -> bool:
    present = {java_key(item) for item in values}
    return all(java_key(item) in present for item in others)


_COLLECTION: Table = {
    "size": [((), len)],
    "isEmpty": [((), lambda c: len(c) == 0)],
    "containsAll": [(("Collection",), _has_all)],
    "toArray": [((), lambda c: JavaArray(c))],
    "clear": [((), lambda c: _changeable(c).clear())],
}
_LIST: Table = {
    **_COLLECTION,
    "hashCode": OBJECT["hashCode"],
    "equals": OBJECT["equals"],
    "getFirst": [((), lambda c: _at(c, 0))],
    "getLast": [((), lambda c: _at(c, max(len(c) - 1, 0)))],
    "get": [(("Integer",), _at)],
    "indexOf": [(("Object",), _position)],
    "lastIndexOf": [(("Object",), lambda c, item: _position(c, item, True))],
    "subList": [(("Integer", "Integer"), _part)],
    "reversed": [((), lambda c: c[::-1])],
    "add": [(("Object",), _add), (("Integer", "Object"), _insert)],
    "addFirst": [(("Object",), lambda c, item: _insert(c, 0, item))],
    "addLast": [(("Object",), lambda c, item: _insert(c, len(c), item))],
    "addAll": [(("Collection",), _add_all), (("Integer", "Collection"), _insert_all)],
    "set": [(("Integer", "Object"), _set)],
    "remove": [(("Integer",), _remove_at), (("Object",), _remove)],
    "removeFirst": [((), lambda c: _remove_at(c, 0))],
    "removeLast": [((), lambda c: _remove_at(c, len(c) - 1))],
    "removeAll": [(("Collection",), lambda c, others: _keep(c, others, False))],
    "retainAll": [(("Collection",), lambda c, others: _keep(c, others, True))],
    "copyOf": [(("Collection",), lambda _, items: FixedList(items))],
}
_ARRAY_LIST: Table = {
    "clone": [((), list)],
    "trimToSize": [((), lambda c: None)],
    "ensureCapacity": [(("Integer",), lambda c, size: None)],
}
_SEQUENCED: Table = {
    "getFirst": [((), lambda c: _at(list(c), 0))],
    "getLast": [((), lambda c: _at(list(c), max(len(c) - 1, 0)))],
    "reversed": [((), lambda c: JavaSet(list(c)[::-1]))],
}
"""What a set that keeps an order has besides; the sets that maps give are out of reach there."""


def _hidden(entry: Entry) -> Any:
    raise out_of_reach(f"public final java.lang.String {entry.owner}.toString()", "java.util")


_ENTRY: Table = {
    **OBJECT,
    "toString": [((), _hidden)],  # of a class that is not public
    "getKey": [((), lambda e: e.key)],
    "getValue": [((), lambda e: e.value)],
}


def _entry_set(entries: Any) -> JavaSet:
    return JavaSet(
        (Entry(k, v) for k, v in entries.items()), "java.util.LinkedHashMap$LinkedEntrySet"
    )


def _key_set(entries: Any) -> JavaSet:
    return JavaSet(entries, "java.util.LinkedHashMap$LinkedKeySet")


_MAP: Table = {
    "hashCode": OBJECT["hashCode"],
    "equals": OBJECT["equals"],
    "size": [((), len)],
    "isEmpty": [((), lambda m: len(m) == 0)],
    "keySet": [((), _key_set)],
    "values": [((), lambda m: Values(m.values()))],
    "entrySet": [((), _entry_set)],
    "get": [(("Object",), lambda m, k: m.get(k) if _hashable(k) else None)],
    "getOrDefault": [
        (("Object", "Object"), lambda m, k, d: m.get(k, d) if _hashable(k) else d),
    ],
    "containsKey": [(("Object",), lambda m, k: _hashable(k) and k in m)],
    "containsValue": [
        (("Object",), lambda m, v: any(java_equals(own, v) for own in m.values())),
    ],
    "put": [(("Object", "Object"), _put)],
    "putIfAbsent": [(("Object", "Object"), _put_if_absent)],
    "putAll": [(("Map",), lambda m, other: m.update(other))],
    "remove": [
        (("Object",), lambda m, k: m.pop(k, None)),
        (("Object", "Object"), lambda m, k, v: _remove_pair(m, k, v)),
    ],
    "replace": [
        (("Object", "Object"), lambda m, k, v: _put(m, k, v) if k in m else None),
    ],
    "clear": [((), lambda m: m.clear())],
}
_HASH_MAP: Table = {"clone": [((), lambda m: m.copy())]}


def _pair(entries: Any, key: Any, taken: bool = False) -> Entry:
    value = entries.pop(key) if taken else entries[key]
    return Entry(key, value, "jdk.internal.util.NullableKeyValueHolder")


def _ends(name: str, place: int) -> Table:
    """What a map that keeps an order tells of its first, or last, entry."""

    def pair(entries: Any, taken: bool = False) -> Entry | None:
        return _pair(entries, list(entries)[place], taken) if entries else None

    return {
        f"{name}entry": [((), pair)],
        f"poll{name}entry": [((), lambda m: pair(m, True))],
    }


_LINKED_HASH_MAP: Table = {
    **_HASH_MAP,
    **_ends("first", 0),
    **_ends("last", -1),
    "sequencedKeySet": [((), _key_set)],
    "sequencedValues": [((), lambda m: Values(m.values()))],
    "sequencedEntrySet": [((), _entry_set)],
}


def _remove_pair(entries: Any, key: Any, value: Any) -> bool:
    if key not in entries or not java_equals(entries[key], value):
        return False
    del entries[key]
    return True


def _hashable(key: Any) -> bool:
    return not isinstance(key, (list, dict))


_OBJECTS = Members(OBJECT)
_COLLECTIONS = (Members(_COLLECTION), _OBJECTS)
_ARRAY_LISTS = (Members(_LIST), Members(_ARRAY_LIST), _OBJECTS)
_LISTS = (Members(_LIST), _OBJECTS)
_HASH_MAPS = (Members(_MAP), Members(_HASH_MAP), _OBJECTS)
_LINKED_HASH_MAPS = (Members(_MAP), Members(_LINKED_HASH_MAP), _OBJECTS)
_ENTRIES = (Members(_ENTRY),)
_LINKED_HASH_SETS = (Members(_COLLECTION), Members(_SEQUENCED), _OBJECTS)


def _classes(value: Any) -> tuple[Members, ...]:
    """What the interfaces and the class of a value declare, in the order in which they are searched."""
    kind = type(value)
    if kind is str:
        return (TEXT,)
    if kind is Char:
        return (CHARACTER,)
    if kind in (Uri, EnumName):
        from flowrt.expr import members_uri

        return (members_uri.URI if kind is Uri else members_uri.of_constant(value),)
    if kind is Entry:
        return _ENTRIES
    if kind.__name__ in ("LogEntry", "LogEntries"):
        from flowrt.expr import logentry

        return (logentry.MEMBERS,) if kind is logentry.LogEntry else (*_ARRAY_LISTS, logentry.TOTAL)
    name = "Boolean" if kind is bool else number_class(value)
    if name:
        from flowrt.expr.members_number import NUMBERS

        return (NUMBERS[name],)
    if isinstance(value, dict):
        return _HASH_MAPS if isinstance(value, HashMap) else _LINKED_HASH_MAPS
    if isinstance(value, list) and is_collection(value) and not isinstance(value, Values):
        return _ARRAY_LISTS if kind is list else _LISTS
    if class_name(value) == "java.util.LinkedHashSet":
        return _LINKED_HASH_SETS
    return _COLLECTIONS if is_collection(value) else (_OBJECTS,)


_CLASSES: dict[str, Callable[[Any], bool]] = {
    "Object": lambda argument: True,
    "Collection": is_collection,
    "Iterable": is_collection,
    "Map": lambda argument: isinstance(argument, dict),
    "Enum": lambda argument: isinstance(argument, EnumName),
}
"""Classes that more than one kind of values is of."""


def _fits(wanted: str, argument: Any) -> bool:
    if argument is None:
        return True
    check = _CLASSES.get(wanted)
    if check is not None:
        return check(argument)
    return class_name(argument).rpartition(".")[2] == wanted


def _find(members: Members, name: str, arguments: list[Any]) -> Method | None:
    """The method of a class that takes these arguments, under its own name."""
    own, methods = members.methods.get(name, ("", []))
    for kinds, function in methods:
        if len(kinds) == len(arguments) and all(map(_fits, kinds, arguments)):
            return own, function
    if name == "compareto" and methods and len(arguments) == 1:
        return own, _of_another_class  # anything may be given, but only its own class is taken
    return None


def _of_another_class(value: Any, other: Any) -> Any:
    raise TypeError(f"{class_name(other)} is no {class_name(value)}")


def find(value: Any, name: str, arguments: list[Any]) -> Any:
    """The result of the method `name` of a value; `MISSING` where there is none such.

    Raises ExpressionError where the method fails or is out of bounds.
    """
    if type(value).__module__.startswith("flowrt.java.time."):
        from flowrt.java.time import members as temporal_members

        look = temporal_members.method if arguments else temporal_members.member
        found = _invoke((name, look), value, [name, *([arguments] if arguments else [])])
        if found is not MISSING:
            return found
    wanted = name.lower()
    for members in _classes(value):
        for candidate in (wanted, "get" + wanted, "is" + wanted, "has" + wanted):
            method = _find(members, candidate, arguments)
            if method is not None:
                return _invoke(method, value, arguments)
            if candidate == wanted and not arguments and name in members.constants:
                return members.constants[name]
    for candidate in (wanted, "get" + wanted):
        if candidate in _DENIED and not arguments:
            raise ExpressionError(
                f"For security reasons access to {_DENIED[candidate]} method is denied.",
                ACCESS_ERROR,
            )
    return MISSING


def _invoke(method: Method, value: Any, arguments: list[Any]) -> Any:
    name, function = method
    try:
        return function(value, *arguments)
    except LimitExceeded:
        raise
    except (RawError, ArithmeticError, LookupError, TypeError, AttributeError, ValueError) as error:
        if isinstance(error, RawError) and error.java_class == INACCESSIBLE:
            raise
        raise ExpressionError(f"Could not call {name}") from None
