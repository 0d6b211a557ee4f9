"""The syntax tree of templates. `line` is where an error of the node is reported."""

from typing import NamedTuple


class Literal(NamedTuple):
    """A text, number (`Long` or float), boolean or null."""

    value: object
    line: int


class Name(NamedTuple):
    """A variable."""

    name: str
    line: int
    offset: int


class Arguments(NamedTuple):
    """What stands between the parentheses of a call."""

    positional: "tuple[Expression, ...]"
    named: "tuple[tuple[str, Expression], ...]"
    line: int


class Attribute(NamedTuple):
    """`object.key`, `object[key]` (`dynamic`), or a method call when there are arguments."""

    object: "Expression"
    key: "Expression"
    dynamic: bool
    arguments: Arguments | None
    line: int
    offset: int


class Call(NamedTuple):
    """A function or macro."""

    name: str
    arguments: Arguments
    line: int
    offset: int


class Filter(NamedTuple):
    """`input | name(arguments)`."""

    input: "Expression"
    name: str
    arguments: Arguments
    line: int
    offset: int


class Test(NamedTuple):
    """`input is name`, `input is not name`."""

    input: "Expression"
    name: str
    arguments: Arguments
    negative: bool
    line: int
    offset: int


class Unary(NamedTuple):
    """`not`, `+`, `-`."""

    operator: str
    operand: "Expression"
    line: int


class Binary(NamedTuple):
    """Every other operator; `offset` is that of the operator."""

    operator: str
    left: "Expression"
    right: "Expression"
    line: int
    offset: int


class Ternary(NamedTuple):
    """`condition ? then : otherwise`."""

    condition: "Expression"
    then: "Expression"
    otherwise: "Expression"
    line: int


class ListLiteral(NamedTuple):
    items: "tuple[Expression, ...]"
    line: int


class MapLiteral(NamedTuple):
    entries: "tuple[tuple[Expression, Expression], ...]"
    line: int


class Interpolation(NamedTuple):
    """A text in double quotes with several parts."""

    parts: "tuple[Expression, ...]"
    line: int


class Rendered(NamedTuple):
    """The text of a `filter` tag's body."""

    body: "Body"
    line: int


class ParentBlock(NamedTuple):
    """`parent()`, which always fails: no template extends another one."""

    line: int


class BlockCall(NamedTuple):
    """`block(name)`."""

    name: "Expression"
    line: int


Expression = (
    Literal | Name | Attribute | Call | Filter | Test | Unary | Binary | Ternary | ListLiteral
    | MapLiteral | Interpolation | Rendered | ParentBlock | BlockCall
)  # fmt: skip


class Text(NamedTuple):
    text: str
    line: int


class Print(NamedTuple):
    expression: Expression
    line: int


class If(NamedTuple):
    branches: "tuple[tuple[Expression, Body], ...]"
    otherwise: "Body | None"
    line: int


class For(NamedTuple):
    variable: str
    iterable: Expression
    body: "Body"
    otherwise: "Body | None"
    line: int


class Set(NamedTuple):
    name: str
    value: Expression
    line: int
    offset: int


class Macro(NamedTuple):
    name: str
    parameters: tuple[tuple[str, Expression | None], ...]
    body: "Body"
    line: int


class Block(NamedTuple):
    name: str
    body: "Body"
    line: int


Statement = Text | Print | If | For | Set | Macro | Block
Body = tuple[Statement, ...]
