"""Java's failures when a value is not of the class it has to be, and checks that raise them."""

from typing import Any

from flowrt.java.errors import RawError
from flowrt.java.values import class_name

CLASS_CAST = "java.lang.ClassCastException"
NULL_POINTER = "java.lang.NullPointerException"
ILLEGAL_ARGUMENT = "java.lang.IllegalArgumentException"


def cast_failure(value: Any, target: str) -> RawError:
    """The failure to take a value for one of a class."""
    name = class_name(value)
    if name.startswith(("io.kestra.", "io.pebbletemplates.", "com.google.")):
        places = (
            f"{name} is in unnamed module of loader 'app'; "
            f"{target} is in module java.base of loader 'bootstrap'"
        )
    elif target.startswith("io.kestra."):
        places = (
            f"{name} is in module java.base of loader 'bootstrap'; "
            f"{target} is in unnamed module of loader 'app'"
        )
    else:
        places = f"{name} and {target} are in module java.base of loader 'bootstrap'"
    return RawError(f"class {name} cannot be cast to class {target} ({places})", CLASS_CAST)


def as_text(value: Any) -> str:
    """The value, which has to be a text (a character is none). Raises RawError."""
    if type(value) is str:
        return value
    if value is None:
        raise RawError("Cannot invoke a method of null", NULL_POINTER)
    raise cast_failure(value, "java.lang.String")
