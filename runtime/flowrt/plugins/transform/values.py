"""Values of records as Ion has them: what they are called, compared, converted and cast to."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from flowrt.formats.ion import write_ion
from flowrt.model.failures import TaskFailure

if TYPE_CHECKING:
    from flowrt.java.time.temporal import Instant

EXACT = Context(prec=2000, Emax=1_000_000, Emin=-1_000_000)
"""Sums and products of decimals are exact, as Java's are."""
SCALE = Decimal("1e-10")
"""What a quotient is rounded to."""


class Unfit(TaskFailure):
    """A value that an expression or a cast cannot take; `onError` decides what becomes of its record."""


def kind(value: Any) -> str:
    """The name of Ion for the type of a value."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "BOOL"
    if isinstance(value, int):
        return "INT"
    if isinstance(value, float):
        return "FLOAT"
    if isinstance(value, Decimal):
        return "DECIMAL"
    if isinstance(value, str):
        return "STRING"
    if isinstance(value, dict):
        return "STRUCT"
    return "LIST" if isinstance(value, list) else "TIMESTAMP"


def equal(left: Any, right: Any) -> bool:
    """Whether two values are the same to Ion: of one type, decimals of one scale; null equals null alone."""
    name = kind(left)
    if name != kind(right):
        return False
    if name == "DECIMAL":
        return bool(left.as_tuple() == right.as_tuple())
    if name == "LIST":
        return len(left) == len(right) and all(map(equal, left, right))
    if name == "STRUCT":
        return left.keys() == right.keys() and all(equal(left[key], right[key]) for key in left)
    return bool(left == right)


def decimal(value: Any) -> Decimal:
    """A number, or the number that a text holds. Raises Unfit."""
    if isinstance(value, Decimal):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, str):
        try:
            found = EXACT.create_decimal(
                value if value == value.strip() and "_" not in value else "x"
            )
        except InvalidOperation:
            found = Decimal("NaN")
        if found.is_finite():
            return found
        raise Unfit(f"Invalid decimal: {value}")
    raise Unfit(f"Expected numeric value, got {kind(value)}")


def truth(value: Any) -> bool:
    """A boolean, or the one that a text names. Raises Unfit."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise Unfit(f"Expected boolean value, got {kind(value)}")


def written(value: Any) -> str:
    """A text as it is, any other value as Ion writes it."""
    return value if isinstance(value, str) else write_ion(value)


def instant(value: Any) -> Instant:
    """A point of time to the millisecond, or the one that a text names. Raises Unfit."""
    from flowrt.java.errors import RawError
    from flowrt.java.time.isoparse import parse_instant

    if isinstance(value, str):
        try:
            found = parse_instant(value)
        except RawError:
            raise Unfit(f"Invalid timestamp: {value}") from None
    elif kind(value) == "TIMESTAMP":
        found = _point(value)
    else:
        raise Unfit(f"Expected timestamp value, got {kind(value)}")
    nanos = found.epoch_nanos
    return type(found)(nanos - nanos % 1_000_000)


def _point(value: Any) -> Instant:
    """Dates of Ion are those of midnight in UTC."""
    from flowrt.java.time.isoparse import parse_instant

    if hasattr(value, "epoch_nanos"):
        return value  # type: ignore[no-any-return]
    if hasattr(value, "to_instant"):
        return value.to_instant()  # type: ignore[no-any-return]
    text = str(value)
    return parse_instant(text if "T" in text else f"{text}T00:00:00Z")


def integer(value: Any) -> int:
    """A whole number of 64 bit. Raises Unfit."""
    found = decimal(value)
    if found != found.to_integral_value() or not -(2**63) <= found < 2**63:
        raise Unfit(f"Expected integer value, got {found}")
    return int(found)


def quotient(total: Decimal, by: Decimal) -> Decimal:
    """A division, rounded half up to ten digits behind the point."""
    return EXACT.divide(total, by).quantize(SCALE, ROUND_HALF_UP, EXACT)


def average(total: Decimal, count: int) -> Decimal:
    """The same without zeros at the end."""
    return quotient(total, Decimal(count)).normalize(EXACT)


def cast(value: Any, name: str) -> Any:
    """A value that is not null as the type that a field declares. Raises Unfit."""
    if name == "STRING":
        return written(value)
    if name == "INT":
        return integer(value)
    if name == "FLOAT":
        return float(decimal(value))
    if name == "DECIMAL":
        return decimal(value)
    if name == "BOOLEAN":
        return truth(value)
    if name == "TIMESTAMP":
        return instant(value)
    if kind(value) != name:
        raise Unfit(f"Expected {name.lower()} value, got {kind(value)}")
    return value


def of_flow(value: Any) -> Any:
    """A value of a flow as one of a record: dates of all kinds become points of time."""
    if isinstance(value, dict):
        return {str(key): of_flow(each) for key, each in value.items()}
    if isinstance(value, list):
        return [of_flow(each) for each in value]
    if value is None or isinstance(value, (bool, int, float, Decimal, str)):
        return value
    return (
        _point(value)
        if hasattr(value, "to_instant") or hasattr(value, "epoch_nanos")
        else str(value)
    )


def to_flow(value: Any) -> Any:
    """A value of a record as tasks see it: points of time are texts."""
    if isinstance(value, dict):
        return {key: to_flow(each) for key, each in value.items()}
    if isinstance(value, list):
        return [to_flow(each) for each in value]
    return str(instant(value)) if kind(value) == "TIMESTAMP" else value
