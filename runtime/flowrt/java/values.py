"""The kinds of values expressions compute with.

Most values are plain Python: `int` (a 32-bit integer while it fits, a 64-bit one beyond, a big
integer beyond that), `float` (64 bit), `bool`, `str`, `None`, `list`, `dict`, `decimal.Decimal`.
The classes here are the kinds that Python does not tell apart by itself.
"""

import struct
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, Final

from flowrt.java.errors import RawError

INT_MIN, INT_MAX = -(2**31), 2**31 - 1
LONG_MIN, LONG_MAX = -(2**63), 2**63 - 1


class Missing:
    """Type of `MISSING`, the value of an argument that was not given (`None` is an explicit null)."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "MISSING"

    def __bool__(self) -> bool:
        return False


MISSING: Final = Missing()


class Long(int):
    """A 64-bit integer, also where the number would fit 32 bit."""

    __slots__ = ()


class Short(int):
    """A 16-bit integer."""

    __slots__ = ()


class Byte(int):
    """An 8-bit integer."""

    __slots__ = ()


class BigInteger(int):
    """An integer of any size, where its value would fit 64 bit."""

    __slots__ = ()


class Float(float):
    """A 32-bit floating point number, rounded to one when made."""

    __slots__ = ()

    def __new__(cls, value: Any) -> "Float":
        number = float(value)
        try:
            number = struct.unpack("f", struct.pack("f", number))[0]
        except OverflowError:
            number = float("inf") if number > 0 else float("-inf")
        return super().__new__(cls, number)


class Char(str):
    """One character (UTF-16 unit); prints like a one-letter string and is not equal to one."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return type(other) is Char and str.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return str.__hash__(self)


class JavaObject:
    """Base of the kinds that have a text and a JSON form of their own (dates, URIs, …)."""

    __slots__ = ()
    java_class = "java.lang.Object"

    def java_text(self) -> str:
        """The text form (`toString`)."""
        raise NotImplementedError

    def json_value(self) -> Any:
        """What stands for it in JSON: a text, a decimal number, a map."""
        return self.java_text()

    def java_hash(self) -> int:
        """The 32-bit hash, which orders hash maps."""
        return java_hash(self.java_text())

    def __str__(self) -> str:
        return self.java_text()


class Uri(JavaObject):
    """A URI; not equal to its text."""

    __slots__ = ("text",)
    java_class = "java.net.URI"

    def __init__(self, text: str) -> None:
        self.text = text

    def java_text(self) -> str:
        return self.text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Uri) and other.text == self.text

    def __hash__(self) -> int:
        return hash(("uri", self.text))

    def __repr__(self) -> str:
        return f"Uri({self.text!r})"


STATE_CLASS = "io.kestra.core.models.flows.State$Type"


class EnumName(JavaObject):
    """A constant of an enumeration, as of states; `==` with a text compares the name."""

    __slots__ = ("java_class", "name")

    def __init__(self, name: str, java_class: str = STATE_CLASS) -> None:
        self.name = name
        self.java_class = java_class

    def java_text(self) -> str:
        return self.name

    def __eq__(self, other: object) -> bool:
        if isinstance(other, EnumName):
            return other.name == self.name
        return type(other) is str and other == self.name

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        return f"EnumName({self.name!r})"


class SafeString(JavaObject):
    """What a macro gives: prints and filters like text, equal to nothing but itself."""

    __slots__ = ("content",)
    java_class = "io.pebbletemplates.pebble.extension.escaper.SafeString"

    def __init__(self, content: str) -> None:
        self.content = content

    def java_text(self) -> str:
        return self.content

    def json_value(self) -> Any:
        raise RawError(
            f"No serializer found for class {self.java_class} and no properties discovered to create "
            "BeanSerializer (to avoid exception, disable SerializationFeature.FAIL_ON_EMPTY_BEANS)",
            "com.fasterxml.jackson.databind.exc.InvalidDefinitionException",
        )

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)


class Entry(JavaObject):
    """An entry of a map, as a loop over a map yields it: `.key`, `.value`."""

    __slots__ = ("key", "owner", "value")
    java_class = "java.util.HashMap$Node"

    def __init__(self, key: Any, value: Any, owner: str = "java.util.HashMap$Node") -> None:
        self.key = key
        self.value = value
        self.owner = owner

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Entry) and java_key(self) == java_key(other)

    def __hash__(self) -> int:
        return hash(java_key(self))


class HashMap(dict[Any, Any]):
    """A map whose order was made by `hash_map`; a plain `dict` is an insertion-ordered map."""

    __slots__ = ()

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(java_key(self))


class KeyList(list[Any]):
    """A list that is the key of a map."""

    __slots__ = ()

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(java_key(self))


class FixedList(list[Any]):
    """A list that cannot be changed."""

    __slots__ = ()


class Values(list[Any]):
    """The values of a map: a collection that is no list (it has no index)."""

    __slots__ = ()


class HashValues(Values):
    """The values of a map whose order was made by `hash_map`."""

    __slots__ = ()


class JavaArray(list[Any]):
    """An array; `component` is the class of its elements (`int` for an array of bare ints)."""

    __slots__ = ("component",)

    def __init__(self, items: Iterable[Any] = (), component: str = "java.lang.Object") -> None:
        super().__init__(items)
        self.component = component

    __hash__ = object.__hash__  # type: ignore[assignment]

    def copy(self) -> "JavaArray":
        return JavaArray(self, self.component)


class JavaSet:
    """A set that keeps an order; elements are told apart as Java tells them apart."""

    __slots__ = ("_items", "java_class")

    def __init__(
        self, items: Iterable[Any] = (), java_class: str = "java.util.LinkedHashSet"
    ) -> None:
        self._items: dict[Any, Any] = {}
        self.java_class = java_class
        for item in items:
            self._items.setdefault(java_key(item), item)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._items.values())

    def __len__(self) -> int:
        return len(self._items)

    def __contains__(self, item: object) -> bool:
        return java_key(item) in self._items

    def __eq__(self, other: object) -> bool:
        return isinstance(other, JavaSet) and self._items.keys() == other._items.keys()

    def __hash__(self) -> int:
        return hash(frozenset(self._items))

    def __repr__(self) -> str:
        return f"JavaSet({list(self)!r})"


class ByteArray(bytes):
    """An array of bytes."""

    __slots__ = ()


def number_class(value: Any) -> str:
    """The simple class name of a number's kind: `Integer`, `Long`, `Double` …; empty for others."""
    kind = type(value)
    if kind is int:
        if INT_MIN <= value <= INT_MAX:
            return "Integer"
        return "Long" if LONG_MIN <= value <= LONG_MAX else "BigInteger"
    if kind is float:
        return "Double"
    if kind in (Long, Short, Byte, Float, BigInteger):
        return str(kind.__name__)
    if kind.__name__ == "Decimal":
        return "BigDecimal"
    return ""


def class_name(value: Any) -> str:
    """The full Java class name of a value's kind (`null` has none: the text `null`)."""
    if value is None:
        return "null"
    number = number_class(value)
    if number:
        return ("java.math." if number.startswith("Big") else "java.lang.") + number
    kind = type(value)
    if kind in _CLASSES:
        return _CLASSES[kind]
    if kind is JavaArray:
        component = value.component
        return "[I" if component == "int" else f"[L{component};"
    if kind is Entry:
        return str(value.owner)
    name = getattr(value, "java_class", None)
    if isinstance(name, str):
        return name
    return "java.util.LinkedHashMap" if isinstance(value, dict) else "java.lang.Object"


_CLASSES: Final[dict[type, str]] = {
    bool: "java.lang.Boolean",
    str: "java.lang.String",
    Char: "java.lang.Character",
    list: "java.util.ArrayList",
    KeyList: "java.util.ArrayList",
    FixedList: "java.util.ImmutableCollections$ListN",
    dict: "java.util.LinkedHashMap",
    HashMap: "java.util.HashMap",
    Values: "java.util.LinkedHashMap$LinkedValues",
    HashValues: "java.util.HashMap$Values",
    ByteArray: "[B",
    bytes: "[B",
}


def java_key(value: Any) -> Any:
    """A hashable key; two values are equal in the sense of Java's `equals` when their keys are."""
    kind = type(value)
    if kind is str:
        return value
    if value is None or kind is bool:
        return (kind.__name__, value)
    number = number_class(value)
    if number:
        if number in ("Double", "Float") and value != value:
            return (number, "NaN")
        if number in ("Double", "Float"):
            return (number, struct.pack("d", value))
        if number == "BigDecimal":
            return (number, value.as_tuple())
        return (number, int(value))
    if kind is Char:
        return ("Char", str(value))
    if isinstance(value, dict):
        return ("Map", frozenset((java_key(k), java_key(v)) for k, v in value.items()))
    if kind in (JavaArray, Values, HashValues, ByteArray):
        return (kind.__name__, id(value))
    if isinstance(value, list):
        return ("List", *map(java_key, value))
    if kind is Entry:
        return ("Entry", java_key(value.key), java_key(value.value))
    return (kind.__name__, value)


def utf16_units(text: str) -> list[int]:
    """The UTF-16 units of a text, of which Java's lengths and hashes are made."""
    data = text.encode("utf-16-le", "surrogatepass")
    return list(struct.unpack(f"<{len(data) // 2}H", data))


def java_hash(value: Any) -> int:
    """Java's `hashCode` as an unsigned 32-bit number."""
    kind = type(value)
    if kind is str:
        result = 0
        for unit in map(ord, value) if value.isascii() else utf16_units(value):
            result = (31 * result + unit) & 0xFFFFFFFF
        return result
    if value is None:
        return 0
    if kind is bool:
        return 1231 if value else 1237
    number = number_class(value)
    if number in ("Integer", "Short", "Byte"):
        return int(value) & 0xFFFFFFFF
    if number == "Long":
        return int(value ^ (value >> 32)) & 0xFFFFFFFF
    if number == "Double":
        bits = int.from_bytes(struct.pack(">d", value))
        return (bits ^ (bits >> 32)) & 0xFFFFFFFF
    if number == "Float":
        return int.from_bytes(struct.pack(">f", value))
    if number == "BigInteger":
        size, result = -(-value.bit_length() // 32), 0
        for word in struct.unpack(f">{size}I", abs(value).to_bytes(4 * size)):
            result = (31 * result + word) & 0xFFFFFFFF
        return (result if value >= 0 else -result) & 0xFFFFFFFF
    if number == "BigDecimal":
        sign, digits, exponent = value.as_tuple()
        unscaled = int("".join(map(str, digits))) * (-1 if sign else 1)
        return int(31 * java_hash(BigInteger(unscaled)) - exponent) & 0xFFFFFFFF
    if kind is Char:
        return ord(value[0])
    if kind is Entry:
        return java_hash(value.key) ^ java_hash(value.value)
    if isinstance(value, dict):
        pairs = (java_hash(k) ^ java_hash(v) for k, v in value.items())
        return sum(pairs) & 0xFFFFFFFF
    if isinstance(value, JavaSet):
        return sum(map(java_hash, value)) & 0xFFFFFFFF
    if isinstance(value, list):
        result = 1
        for item in value:
            result = (31 * result + java_hash(item)) & 0xFFFFFFFF
        return result
    if isinstance(value, JavaObject):
        return value.java_hash()
    return id(value) & 0xFFFFFFFF


@lru_cache(4096)
def _name_hash(text: str) -> int:
    """The hash of a key of maps. The same few keys come again and again."""
    return java_hash(text)


def hash_order(keys: Iterable[Any], capacity: int | None = None) -> list[Any]:
    """Keys in the order a Java hash map of that capacity (table size wanted) iterates over them.

    Without a capacity the map is one that was filled entry by entry from the default size of 16.
    Keys of one bucket stay in the order they came.
    """
    listed = list(keys)
    size = 16
    if capacity is not None:
        size = 1
        while size < capacity:
            size *= 2
    while len(listed) > size * 3 // 4 and (size > 1 or len(listed) > 1):
        size *= 2

    def bucket(key: Any) -> int:
        code = _name_hash(key) if type(key) is str else java_hash(key)
        return (code ^ (code >> 16)) & (size - 1)

    return sorted(listed, key=bucket)


def without_nulls(value: Any) -> Any:
    """Maps without their null entries, at every depth: what the engine stores as JSON or Ion."""
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [without_nulls(item) for item in value]
    return value


def hashable(key: Any) -> Any:
    """A value in a form that can be the key of a Python map."""
    if type(key) is list:
        return KeyList(key)
    return HashMap(key) if type(key) is dict else key


def hash_map(pairs: Iterable[tuple[Any, Any]], capacity: int | None = None) -> HashMap:
    """A map in the order of a Java `HashMap`; the last of several entries with one key wins."""
    entries = {hashable(key): value for key, value in pairs}
    return HashMap((key, entries[key]) for key in hash_order(entries, capacity))
