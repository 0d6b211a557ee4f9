"""Macros and blocks of a template, which compile to functions inside the template's function."""

from collections.abc import Callable
from typing import Any

from flowrt.expr.context import Context, Scopes
from flowrt.expr.pieces import Pieces
from flowrt.java.casts import cast_failure
from flowrt.java.limits import Clock
from flowrt.java.values import SafeString


def call_macro(v: Context, macro: Callable[[Any], Any], /, **arguments: Any) -> SafeString:
    """Call a macro: it sees its arguments and nothing of the variables around."""
    return SafeString(macro(macro_scope(v, arguments)).java_text())


def content(value: Any) -> Any:
    """What a filter sees of a macro's result: its text."""
    return value.content if type(value) is SafeString else value


def macro_scope(v: Context, arguments: dict[str, Any]) -> Scopes:
    """The scope a macro starts with; `enter` opens the one of the arguments given."""
    scope = Scopes(v, local=True)
    scope.clock().look()
    scope.given = arguments
    return scope


def parameter(v: Scopes, name: str, value: Any = None, line: int = 1) -> None:
    """Declare a parameter with its default; defaults see earlier defaults, not the arguments."""
    v.stack[0][name] = value


def enter(v: Scopes) -> None:
    """Open the scope of the arguments that were given."""
    v.stack.append(v.given)


def java_text(pieces: Pieces) -> str:
    """What the body of a `filter` tag or a block printed, in Java's text forms."""
    return pieces.java_text()


def printed_block(v: Any, blocks: dict[str, Callable[[Any], Pieces]], name: Any) -> str:
    """`block(name)`: prints a block again; nothing where there is none of that name."""
    if name is None:
        return ""
    if type(name) is not str:
        raise cast_failure(name, "java.lang.String")
    body = blocks.get(name)
    if body is None:
        return ""
    Clock().look()
    return body(v).java_text()
