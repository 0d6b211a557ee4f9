"""The expressions of records: paths, comparisons, sums and functions over the fields of one record.

`compiled(text)` is a function of the record. They are not those of the flow: `{{ }}` is rendered before.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from flowrt.plugins.transform import values
from flowrt.plugins.transform.values import EXACT, Unfit

if TYPE_CHECKING:
    from collections.abc import Callable

    Compiled = Callable[[dict[str, Any]], Any]

_BLANKS = re.compile(r"\s*")
_TOKEN = re.compile(
    r"(?P<name>\$[0-9]+|[^\W\d]\w*)"
    r"|(?P<number>[0-9](?:[0-9.]|[eE][+-]?)*)"
    r'|(?P<text>"(?:[^"\\]|\\.)*")'
    r"|(?P<sign>&&|\|\||==|!=|>=|<=|[-=(),.\[\]+*/><!])",
    re.DOTALL,
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "n": "\n", "r": "\r", "t": "\t"}
_DEEPEST = 40
"""Levels of brackets and signs in an expression."""


class Token(NamedTuple):
    """A piece of an expression; `kind` is name, number, text, sign or end."""

    kind: str
    text: str


@lru_cache(maxsize=256)
def compiled(text: str) -> Compiled:
    """The expression as a function of a record, which raises Unfit. Raises Unfit for what is no expression."""
    if not text.strip():
        return lambda record: None
    return _Parser(text).whole()


def _tokens(text: str) -> list[Token]:
    found: list[Token] = []
    at = 0
    while True:
        at = _BLANKS.match(text, at).end()  # type: ignore[union-attr]
        if at >= len(text):
            return [*found, Token("end", "")]
        match = _TOKEN.match(text, at)
        if match is None:
            why = (
                "Unterminated string literal"
                if text[at] == '"'
                else f"Unexpected character: {text[at]}"
            )
            raise Unfit(why)
        kind, piece = str(match.lastgroup), match.group()
        found.append(Token(kind, _unescaped(piece[1:-1]) if kind == "text" else piece))
        at = match.end()


def _unescaped(text: str) -> str:
    def one(match: re.Match[str]) -> str:
        if match[1] not in _ESCAPES:
            raise Unfit(f"Invalid escape sequence: {match[0]}")
        return _ESCAPES[match[1]]

    return _ESCAPE.sub(one, text)


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._at = 0
        self._depth = 0

    def whole(self) -> Compiled:
        found = self._either()
        if self._token.kind != "end":
            self._unexpected()
        return found

    @property
    def _token(self) -> Token:
        return self._tokens[self._at]

    def _unexpected(self) -> NoReturn:
        raise Unfit(f"Unexpected token: {self._token.text}")

    def _sign(self, *signs: str) -> str | None:
        """The sign that stands here, if it is one of these; then the next token is due."""
        token = self._token
        if token.kind != "sign" or token.text not in signs:
            return None
        self._at += 1
        return token.text

    def _taken(self, kind: str) -> str | None:
        token = self._token
        if token.kind != kind:
            return None
        self._at += 1
        return token.text

    def _want(self, sign: str, behind: str = "") -> None:
        if not self._sign(sign):
            raise Unfit(f"Expected '{sign}'{behind}")

    # ---- levels, the loosest first ------------------------------------------------------------------------------

    def _either(self) -> Compiled:
        return self._chain(self._both, {"||": lambda a, b: _logical(a, b, True)})

    def _both(self) -> Compiled:
        return self._chain(self._equality, {"&&": lambda a, b: _logical(a, b, False)})

    def _equality(self) -> Compiled:
        return self._chain(
            self._membership,
            {
                "==": lambda a, b: lambda record: values.equal(a(record), b(record)),
                "=": lambda a, b: lambda record: values.equal(a(record), b(record)),
                "!=": lambda a, b: lambda record: not values.equal(a(record), b(record)),
            },
        )

    def _membership(self) -> Compiled:
        found = self._comparison()
        while self._token.kind == "name" and self._token.text.lower() == "in":
            self._at += 1
            self._want("(", " after 'in'")
            among = [self._either()]
            while self._sign(","):
                among.append(self._either())
            self._want(")", " after 'in' values")
            found = _one_of(found, among)
        return found

    def _comparison(self) -> Compiled:
        return self._chain(
            self._sum,
            {
                ">": lambda a, b: _compared(a, b, lambda order: order > 0),
                ">=": lambda a, b: _compared(a, b, lambda order: order >= 0),
                "<": lambda a, b: _compared(a, b, lambda order: order < 0),
                "<=": lambda a, b: _compared(a, b, lambda order: order <= 0),
            },
        )

    def _sum(self) -> Compiled:
        return self._chain(
            self._product,
            {
                "+": lambda a, b: _reckoned(a, b, EXACT.add),
                "-": lambda a, b: _reckoned(a, b, EXACT.subtract),
            },
        )

    def _product(self) -> Compiled:
        return self._chain(
            self._signed,
            {
                "*": lambda a, b: _reckoned(a, b, EXACT.multiply),
                "/": lambda a, b: _reckoned(
                    a, b, lambda x, y: values.quotient(x, y) if y else None
                ),
            },
        )

    def _chain(
        self,
        tighter: Callable[[], Compiled],
        made: dict[str, Callable[[Compiled, Compiled], Compiled]],
    ) -> Compiled:
        found = tighter()
        while sign := self._sign(*made):
            found = made[sign](found, tighter())
        return found

    def _signed(self) -> Compiled:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise Unfit("The expression is nested too deeply")
        sign = self._sign("!", "-")
        if sign is None:
            found = self._primary()
        else:
            inner = self._signed()
            found = _without_null(
                inner,
                (
                    (lambda value: not values.truth(value))
                    if sign == "!"
                    else lambda value: EXACT.minus(values.decimal(value))
                ),
            )
        self._depth -= 1
        return found

    def _primary(self) -> Compiled:
        number = self._taken("number")
        if number is not None:
            try:
                return _constant(values.decimal(number))
            except Unfit:
                raise Unfit(f"Invalid number literal: {number}") from None
        text = self._taken("text")
        if text is not None:
            return _constant(text)
        name = self._taken("name")
        if name is not None:
            return self._named(name)
        if self._sign("("):
            found = self._either()
            self._want(")")
            return found
        self._unexpected()

    def _named(self, name: str) -> Compiled:
        if name.lower() in _WORDS:
            return _constant(_WORDS[name.lower()])
        if not self._sign("("):
            return self._path(name)
        arguments = []
        if not self._sign(")"):
            arguments.append(self._either())
            while self._sign(","):
                arguments.append(self._either())
            self._want(")")
        return _called(name, arguments)

    def _path(self, first: str) -> Compiled:
        """Fields, one below the other; behind each an index, or `[]` for all elements of its list."""
        steps: list[tuple[str, int | str | None]] = [(first, None)]
        while True:
            if self._sign("["):
                if self._sign("]"):
                    steps[-1] = (steps[-1][0], "[]")
                elif (index := self._taken("number")) is not None:
                    if not index.isdigit():
                        raise Unfit("Expected integer index after '['")
                    self._want("]")
                    steps[-1] = (steps[-1][0], int(index))
                elif (field := self._taken("text")) is not None:
                    self._want("]")
                    steps.append((field, None))
                else:
                    raise Unfit("Expected ']', string key, or numeric index after '['")
            elif self._sign("."):
                field = self._taken("name")
                if field is None:
                    raise Unfit("Expected identifier after '.'")
                steps.append((field, None))
            else:
                return lambda record: _resolved(record, steps, 0)


_WORDS = {"true": True, "false": False, "null": None}


def _constant(value: Any) -> Compiled:
    return lambda record: value


def _without_null(inner: Compiled, change: Callable[[Any], Any]) -> Compiled:
    def work(record: dict[str, Any]) -> Any:
        value = inner(record)
        return None if value is None else change(value)

    return work


def _resolved(value: Any, steps: list[tuple[str, int | str | None]], at: int) -> Any:
    while at < len(steps) and value is not None:
        field, behind = steps[at]
        if not isinstance(value, dict):
            raise Unfit(f"Expected struct for path segment '{field}'")
        value = value.get(field)
        at += 1
        if behind is None or value is None:
            continue
        if not isinstance(value, list):
            mark = behind if behind == "[]" else f"[{behind}]"
            raise Unfit(f"Expected list for segment '{field}{mark}'")
        if behind == "[]":
            return value if at == len(steps) else [_resolved(each, steps, at) for each in value]
        index = int(behind)
        value = value[index] if index < len(value) else None
    return value


def _logical(left: Compiled, right: Compiled, decides: bool) -> Compiled:
    def work(record: dict[str, Any]) -> bool | None:
        for side in (left, right):
            value = side(record)
            if value is None:
                return None
            if values.truth(value) is decides:
                return decides
        return not decides

    return work


def _one_of(left: Compiled, among: list[Compiled]) -> Compiled:
    def work(record: dict[str, Any]) -> bool:
        value = left(record)
        return value is not None and any(values.equal(value, each(record)) for each in among)

    return work


def _compared(left: Compiled, right: Compiled, fits: Callable[[int], bool]) -> Compiled:
    def work(record: dict[str, Any]) -> bool | None:
        a, b = left(record), right(record)
        if a is None or b is None:
            return None
        if isinstance(a, str) and isinstance(b, str):
            a, b = (each.encode("utf-16-be", "surrogatepass") for each in (a, b))
        else:
            a, b = values.decimal(a), values.decimal(b)
        return fits((a > b) - (a < b))

    return work


def _reckoned(left: Compiled, right: Compiled, reckon: Callable[[Any, Any], Any]) -> Compiled:
    def work(record: dict[str, Any]) -> Any:
        a, b = left(record), right(record)
        return None if a is None or b is None else reckon(values.decimal(a), values.decimal(b))

    return work


# ---- functions ------------------------------------------------------------------------------------------------------


def _called(name: str, arguments: list[Compiled]) -> Compiled:
    function = _FUNCTIONS.get(name.lower())

    def work(record: dict[str, Any]) -> Any:
        given = [each(record) for each in arguments]
        if function is None:
            raise Unfit(f"Unknown function: {name}")
        if name.lower() not in _MANY and len(given) != 1:
            raise Unfit(f"Expected 1 arguments, got {len(given)}")
        return function(*given)

    return work


def _numbers(given: Any) -> list[Any] | None:
    """The numbers of a list without its nulls; None for null. Raises Unfit."""
    if given is None:
        return None
    if not isinstance(given, list):
        raise Unfit("Expected list argument")
    return [values.decimal(each) for each in given if each is not None]


def _converted(change: Callable[[Any], Any], otherwise: str = "") -> Callable[[Any], Any]:
    def work(value: Any) -> Any:
        if value is None:
            return None
        try:
            return change(value)
        except Unfit as error:
            raise (Unfit(otherwise) if otherwise else error) from None

    return work


def _sum_of(given: Any) -> Any:
    found = _numbers(given)
    return None if found is None else _total(found)


def _total(found: list[Any]) -> Any:
    total = values.decimal(0)
    for each in found:
        total = EXACT.add(total, each)
    return total


def _average_of(given: Any) -> Any:
    found = _numbers(given)
    return values.average(_total(found), len(found)) if found else None


def _count_of(given: Any) -> int | None:
    if given is not None and not isinstance(given, list):
        raise Unfit("Expected list argument")
    return None if given is None else len(given)


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "toint": _converted(values.integer, "Invalid integer cast"),
    "todecimal": _converted(values.decimal, "Invalid decimal cast"),
    "tostring": _converted(values.written),
    "toboolean": _converted(values.truth, "Invalid boolean cast"),
    "parsetimestamp": _converted(values.instant, "Invalid timestamp value"),
    "sum": _sum_of,
    "avg": _average_of,
    "count": _count_of,
    "min": lambda given: min(_numbers(given) or [], default=None),
    "max": lambda given: max(_numbers(given) or [], default=None),
    "coalesce": lambda *given: next((each for each in given if each is not None), None),
    "concat": lambda *given: "".join(values.written(each) for each in given if each is not None),
}
_MANY = frozenset({"coalesce", "concat"})
"""Functions of any number of arguments."""
