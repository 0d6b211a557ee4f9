"""The syntax tree of templates. `line` is where an error of the node is reported."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

from flowc.tree import node


@node
class Literal:
    """A text, number (`Long` or float), boolean or null."""

    value: object
    line: int


@node
class Name:
    """A variable."""

    name: str
    line: int
    offset: int


@node
class Arguments:
    """What stands between the parentheses of a call."""

    positional: tuple[Expression, ...]
    named: tuple[tuple[str, Expression], ...]
    line: int


@node
class Attribute:
    """`object.key`, `object[key]` (`dynamic`), or a method call when there are arguments."""

    object: Expression
    key: Expression
    dynamic: bool
    arguments: Arguments | None
    line: int
    offset: int


@node
class Call:
    """A function or macro."""

    name: str
    arguments: Arguments
    line: int
    offset: int


@node
class Filter:
    """`input | name(arguments)`."""

    input: Expression
    name: str
    arguments: Arguments
    line: int
    offset: int


@node
class Test:
    """`input is name`, `input is not name`."""

    input: Expression
    name: str
    arguments: Arguments
    negative: bool
    line: int
    offset: int


@node
class Unary:
    """`not`, `+`, `-`."""

    operator: str
    operand: Expression
    line: int


@node
class Binary:
    """Every other operator; `offset` is that of the operator."""

    operator: str
    left: Expression
    right: Expression
    line: int
    offset: int


@node
class Ternary:
    """`condition ? then : otherwise`."""

    condition: Expression
    then: Expression
    otherwise: Expression
    line: int


@node
class ListLiteral:
    items: tuple[Expression, ...]
    line: int


@node
class MapLiteral:
    entries: tuple[tuple[Expression, Expression], ...]
    line: int


@node
class Interpolation:
    """A text in double quotes with several parts."""

    parts: tuple[Expression, ...]
    line: int


@node
class Rendered:
    """The text of a `filter` tag's body."""

    body: Body
    line: int


@node
class ParentBlock:
    """`parent()`, which always fails: no template extends another one."""

    line: int


@node
class BlockCall:
    """`block(name)`."""

    name: Expression
    line: int


Expression = (
    Literal | Name | Attribute | Call | Filter | Test | Unary | Binary | Ternary | ListLiteral
    | MapLiteral | Interpolation | Rendered | ParentBlock | BlockCall
)  # fmt: skip


@node
class Text:
    text: str
    line: int


@node
class Print:
    expression: Expression
    line: int


@node
class If:
    branches: tuple[tuple[Expression, Body], ...]
    otherwise: Body | None
    line: int


@node
class For:
    variable: str
    iterable: Expression
    body: Body
    otherwise: Body | None
    line: int


@node
class Set:
    name: str
    value: Expression
    line: int
    offset: int


@node
class Macro:
    name: str
    parameters: tuple[tuple[str, Expression | None], ...]
    body: Body
    line: int


@node
class Block:
    name: str
    body: Body
    line: int


Statement = Text | Print | If | For | Set | Macro | Block
Body = tuple[Statement, ...]
Node = Expression | Statement | Arguments


def parts(node: object) -> Iterator[object]:
    """Whatever hangs below a node, or in a tuple of nodes: nodes and tuples."""
    if isinstance(node, tuple):
        values: Iterator[object] = iter(node)
    elif isinstance(node, Node):
        values = (getattr(node, field.name) for field in fields(node))
    else:
        return
    for value in values:
        if isinstance(value, (tuple, Node)):
            yield value


def walk(root: object, without: type | None = None) -> Iterator[object]:
    """All nodes of a tree in the order of the text; the insides of `without` are left out."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if not isinstance(node, tuple):
            yield node
        if without is None or not isinstance(node, without):
            waiting.extend(reversed(list(parts(node))))
