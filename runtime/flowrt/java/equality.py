"""When Java takes two values for the same."""

from typing import Any

from flowrt.java.values import java_key


def java_equals(left: Any, right: Any) -> bool:
    """Java's `equals`: same kind and same content, number kinds told apart at every depth."""
    if type(left) is str and type(right) is str:
        return left == right
    return bool(java_key(left) == java_key(right))
