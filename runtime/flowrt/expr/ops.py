"""The operators of the expression language, where Python's own mean something else."""

from collections.abc import Callable
from typing import Any

from flowrt.expr.arithmetic import arithmetic, is_number, to_double
from flowrt.expr.errors import Undefined
from flowrt.java.casts import CLASS_CAST as CLASS_CAST
from flowrt.java.casts import NULL_POINTER as NULL_POINTER
from flowrt.java.casts import cast_failure
from flowrt.java.equality import java_equals
from flowrt.java.errors import ExpressionError, RawError
from flowrt.java.limits import check_items, check_text
from flowrt.java.printing import text_of
from flowrt.java.values import (
    EnumName,
    HashMap,
    JavaArray,
    JavaSet,
    SafeString,
    Values,
    class_name,
    hash_map,
    java_key,
)


def is_collection(value: Any) -> bool:
    """Whether the value is a list, a set or the values of a map (arrays are not)."""
    return isinstance(value, (list, JavaSet)) and type(value) is not JavaArray


def is_list(value: Any) -> bool:
    """Whether the value is a list (sets, arrays and the values of a map are not)."""
    return isinstance(value, list) and not isinstance(value, (JavaArray, Values))


def add(first: Any, *others: Any) -> Any:
    """`+`: concatenation when a side is text, appending when the left is a list, else a sum."""
    result = first
    for other in others:
        if isinstance(result, (str, SafeString)) or isinstance(other, (str, SafeString)):
            result = _add_texts(result, other)
        elif is_list(result):
            check_items(len(result) + (len(other) if is_collection(other) else 1))
            result = [*result, *other] if is_collection(other) else [*result, other]
        else:
            result = arithmetic("+", result, other)
    return result


def _add_texts(left: Any, right: Any) -> Any:
    if any(type(side) is str or type(side) is SafeString for side in (left, right)):
        return concat(text_of(left), text_of(right))
    return arithmetic("+", left, right)  # characters are no texts: this fails


def sub(left: Any, right: Any) -> Any:
    """`-`: removes from a list on the left, else a difference."""
    if is_list(left):
        if is_collection(right):
            unwanted = {java_key(item) for item in right}
            return [item for item in left if java_key(item) not in unwanted]
        result = list(left)
        for index, item in enumerate(result):
            if java_equals(item, right):
                del result[index]
                break
        return result
    return arithmetic("-", left, right)


def mul(left: Any, right: Any) -> Any:
    """`*`."""
    return arithmetic("*", left, right)


def div(left: Any, right: Any) -> Any:
    """`/`: truncates between whole numbers."""
    return arithmetic("/", left, right)


def mod(left: Any, right: Any) -> Any:
    """`%`: the sign is that of the left side."""
    return arithmetic("%", left, right)


def neg(value: Any) -> Any:
    """Unary `-`."""
    return arithmetic("*", -1, value)


def pos(value: Any) -> Any:
    """Unary `+`."""
    return arithmetic("*", 1, value)


def eq(left: Any, right: Any) -> bool:
    """`==`: numbers by value, an enumeration's constant also by name, everything else by kind too."""
    kind, other = type(left), type(right)
    if kind is str and other is str:
        return bool(left == right)
    if left is None or right is None:
        return left is right
    if is_number(left) and is_number(right):
        return to_double(left) == to_double(right)
    if kind is EnumName and other is str:
        return bool(left.name == right)
    if other is EnumName and kind is str:
        return bool(right.name == left)
    return left is right or java_equals(left, right)


def ne(left: Any, right: Any) -> bool:
    """`!=`."""
    return not eq(left, right)


def _ordered(left: Any, right: Any) -> "tuple[float, float] | None":
    if left is None or right is None:
        return None
    if is_number(left) and is_number(right):
        return to_double(left), to_double(right)
    raise RawError("invalid operands for mathematical comparison")


def lt(left: Any, right: Any) -> bool:
    """`<` between numbers; false when a side is null."""
    pair = _ordered(left, right)
    return pair is not None and pair[0] < pair[1]


def gt(left: Any, right: Any) -> bool:
    """`>` between numbers; false when a side is null."""
    pair = _ordered(left, right)
    return pair is not None and pair[0] > pair[1]


def le(left: Any, right: Any) -> bool:
    """`<=` between numbers; false when a side is null."""
    pair = _ordered(left, right)
    return pair is not None and pair[0] <= pair[1]


def ge(left: Any, right: Any) -> bool:
    """`>=` between numbers; false when a side is null."""
    pair = _ordered(left, right)
    return pair is not None and pair[0] >= pair[1]


def contains(left: Any, right: Any) -> bool:
    """`left contains right`: part of a text, element(s) of a collection, key of a map."""
    if left is None:
        return False
    if type(left) is str:
        return text_of(right) in left
    if isinstance(left, dict):
        return _has_key(left, right)
    if isinstance(left, JavaSet):
        return all(item in left for item in right) if is_collection(right) else right in left
    if is_collection(left):
        if is_collection(right):
            present = {java_key(item) for item in left}
            return all(java_key(item) in present for item in right)
        key = java_key(right)
        return any(java_key(item) == key for item in left)
    if type(left) is JavaArray:
        return any(java_equals(item, right) for item in left)
    from flowrt.java.values import class_name

    raise ExpressionError(
        "Contains operator can only be used on Collections, Maps and arrays. "
        f"Actual type was: {class_name(left)}"
    )


def _has_key(map_: "dict[Any, Any]", key: Any) -> bool:
    if type(key) is str:
        return key in map_
    wanted = java_key(key)
    return any(java_key(own) == wanted for own in map_)


def is_in(value: Any, container: Any) -> bool:
    """`value isIn container`: compares texts with elements, or with keys and values of a map."""
    if value is None or container is None:
        return False
    text = text_of(value)
    if is_collection(container):
        found = False
        for item in container:
            found = _text_of_item(item) == text or found
        return found
    if isinstance(container, dict):
        return any(
            _text_of_item(key, _OF_ENTRY.format("Key")) == text
            or _text_of_item(item, _OF_ENTRY.format("Value")) == text
            for key, item in container.items()
        )
    return False


_OF_ENTRY = 'the return value of "java.util.Map$Entry.get{}()"'


def _text_of_item(item: Any, place: str = "value") -> str:
    if item is None:
        raise RawError(f'Cannot invoke "Object.toString()" because {place} is null', NULL_POINTER)
    return text_of(item)


def concat(*parts: Any) -> str:
    """`~` and interpolation: the Java texts one after the other, null as nothing."""
    texts = ["" if part is None else text_of(part) for part in parts]
    check_text(sum(map(len, texts)))
    return "".join(texts)


def _boolean(value: Any) -> bool:
    if type(value) is bool:
        return value
    if type(value) is str:
        return value != ""
    if is_number(value):
        return bool(value == value and value != 0)
    raise cast_failure(value, "java.lang.Boolean")


def truth(value: Any) -> bool:
    """The condition of a ternary: null is false; lists, maps, dates are refused."""
    return value is not None and _boolean(value)


def holds(value: Any) -> bool:
    """An operand of `and`, `or`: null is refused too."""
    if value is None:
        raise ExpressionError("null value used in and operator and strict variables is set to true")
    return _boolean(value)


def not_(value: Any) -> bool:
    """`not`."""
    if value is None:
        raise ExpressionError("null value given to not() and strict variables is set to true")
    if type(value) is bool or type(value) is str or is_number(value):
        return not _boolean(value)
    raise ExpressionError(
        f"Unsupported value type {simple_class_name(value)}. "
        'Expected Boolean, String, Number in "if" statement'
    )


def condition(value: Any, line: int = 1) -> bool:
    """The condition of an `if` tag."""
    if callable(value):
        value = value()
    return not not_(value)


def is_empty(value: Any) -> bool:
    """Null, blank text, empty collection or map."""
    if type(value) is str:
        return not value or not value.strip("".join(map(chr, range(33))))
    return value is None or ((isinstance(value, dict) or is_collection(value)) and len(value) == 0)


def _call(value: Any) -> Any:
    return value() if callable(value) else value


def coalesce(left: Callable[[], Any], right: Any) -> Any:
    """`left ?? right`: the right side where the left is missing or null."""
    try:
        value = left()
    except (KeyError, Undefined):
        value = None
    return _call(right) if value is None else value


def if_missing(left: Callable[[], Any], right: Any) -> Any:
    """`left ??? right`: the right side where the left is missing."""
    try:
        return left()
    except (KeyError, Undefined):
        return _call(right)


def default(left: Callable[[], Any], value: Any = None) -> Any:
    """`left | default(value)`: the value where the left is missing, null, blank or empty."""
    try:
        result = left()
    except (KeyError, Undefined):
        return value
    if type(result) is SafeString:
        result = result.content
    return value if is_empty(result) else result


def literal_map(*pairs: "tuple[Any, Any]") -> HashMap:
    """What `{k: v, …}` makes: a hash map sized for its entries."""
    return hash_map(pairs, max(1, -(-len(pairs) * 4 // 3)))


def guard(operand: Callable[[], Any]) -> Any:
    """An operand that decides something by itself; marks where its failure is another's matter."""
    return operand()


def on_line(line: int, operand: Callable[[], Any]) -> Any:
    """An operand that stands on another line of the template than what is around it."""
    return operand()


def ignoring(result: Callable[[], Any], *unused: Any) -> Any:
    """A call whose further arguments count only when they fail."""
    return result()


def fail(message: str, *arguments: Any, line: int | None = None) -> Any:
    """A call that cannot succeed (an unknown filter, a wrong argument); raises the message."""
    error = ExpressionError(message)
    error.line = line
    raise error


def fail_plainly(message: str) -> Any:
    """A template at which the engine itself fails, without naming a place."""
    raise RawError(message)


def syntax_error(message: str, line: int) -> Any:
    """A text that is no template."""
    from flowrt.expr.errors import TemplateSyntaxError

    raise TemplateSyntaxError(message, line, 0)


def simple_class_name(value: Any) -> str:
    """The Java class name without its package."""
    name = class_name(value)
    if name.startswith("[L"):
        return name[2:-1].rpartition(".")[2] + "[]"
    return "int[]" if name == "[I" else name.rpartition(".")[2].rpartition("$")[2]
