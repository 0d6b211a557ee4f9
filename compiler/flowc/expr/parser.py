"""From tokens to the syntax tree: operator precedence, postfixes, tags."""

from collections.abc import Callable
from typing import NoReturn

from flowc.expr import lexer as lex
from flowc.expr.fold import fold
from flowc.expr.nodes import (
    Arguments,
    Attribute,
    Binary,
    Block,
    BlockCall,
    Body,
    Call,
    Expression,
    Filter,
    For,
    If,
    Interpolation,
    ListLiteral,
    Literal,
    Macro,
    MapLiteral,
    Name,
    ParentBlock,
    Print,
    Rendered,
    Set,
    Statement,
    Ternary,
    Test,
    Text,
    Unary,
)  # fmt: skip
from flowrt.expr.errors import TemplateSyntaxError
from flowrt.java.errors import RawError
from flowrt.java.values import LONG_MAX, Long

# How deep expressions and tags may be nested. Python's own compiler has limits of this order.
MAX_DEPTH = 80
MAX_LOOPS = 16
TOO_DEEP = f"Expressions may be nested {MAX_DEPTH} levels deep"
LOOPS_TOO_DEEP = f"Loops may be nested {MAX_LOOPS} levels deep"
LIMITS = (TOO_DEEP, LOOPS_TOO_DEEP)
"""What is said of limits that Kestra does not have."""

BINARY = {
    "or": 10, "and": 15, "is": 20, "is not": 20, "contains": 20,
    "==": 30, "equals": 30, "!=": 30, "<": 30, ">": 30, "<=": 30, ">=": 30,
    "+": 40, "-": 40, "*": 60, "/": 60, "%": 60,
    "|": 100, "~": 110, "..": 120, "??": 120, "???": 120, "isIn": 120,
}  # fmt: skip
UNARY = frozenset(("not", "+", "-"))
UNARY_PRECEDENCE = 500
# chains of these become one flat node in the output, so they may be long
CHAINED = frozenset(("or", "and", "+", "~"))
CONSTANTS: dict[str, object] = {
    "true": True, "TRUE": True, "false": False, "FALSE": False,
    "null": None, "NULL": None, "none": None, "NONE": None,
}  # fmt: skip
RESERVED = ("true", "false", "null", "none")
TAGS = ("if", "for", "set", "macro", "block", "filter")
_NODES = "io.pebbletemplates.pebble.node."
_OURS = "io.kestra.core.runners.pebble.expression."
_NODE_NAMES = {
    Call: "FunctionOrMacroInvocation", Filter: "Filter", Attribute: "GetAttribute", Name: "ContextVariable",
    Ternary: "Ternary", ListLiteral: "Array", MapLiteral: "Map", Interpolation: "Concatenate",
    BlockCall: "BlockFunction", ParentBlock: "ParentFunction",
    "+": "Add", "-": "Subtract", "*": "Multiply", "/": "Divide", "%": "Modulus", "~": "Concatenate", "..": "Range",
    "==": "Equals", "equals": "Equals", "!=": "NotEquals", "<": "LessThan", ">": "GreaterThan",
    "<=": "LessThanEquals", ">=": "GreaterThanEquals", "and": "And", "or": "Or", "contains": "Contains",
    "??": f"{_OURS}NullCoalescing", "???": f"{_OURS}UndefinedCoalescing", "isIn": f"{_OURS}In",
    str: "LiteralString", Long: "LiteralLong", float: "LiteralDouble", bool: "LiteralBoolean", type(None): "LiteralNull",
}  # fmt: skip
"""What the engine calls the nodes of its tree: it wants a name before an opening parenthesis."""


def _not_a_call(node: object) -> RawError:
    key: object = type(node)
    if isinstance(node, Binary):
        key = node.operator
    elif isinstance(node, Literal):
        key = type(node.value)
    if isinstance(node, Unary):
        name = "Unary" + {"not": "Not", "-": "Minus", "+": "Plus"}[node.operator]
    elif isinstance(node, Test):
        name = "NegativeTest" if node.negative else "PositiveTest"
    else:
        name = _NODE_NAMES.get(key, "FunctionOrMacroInvocation")
    java = f"{name if '.' in name else f'{_NODES}expression.{name}'}Expression"
    wanted = f"{_NODES}FunctionOrMacroNameNode"
    places = f"({java} and {wanted} are in unnamed module of loader 'app')"
    return RawError(
        f"class {java} cannot be cast to class {wanted} {places}", "java.lang.ClassCastException"
    )


class Parser:
    """Parses the tokens of one template. `parse()` raises TemplateSyntaxError or RawError."""

    def __init__(self, text: str) -> None:
        self._tokens = lex.Lexer(text).tokens()
        self._next = 0
        self._depth = 0
        self._loops = 0

    def parse(self) -> Body:
        """The whole template."""
        return self._body(())

    # -- the stream of tokens

    @property
    def _token(self) -> lex.Token:
        return self._tokens[self._next]

    def _advance(self) -> lex.Token:
        if self._next + 1 >= len(self._tokens):
            size = len(self._tokens)
            raise RawError(f"Index {size} out of bounds for length {size}")
        self._next += 1
        return self._tokens[self._next]

    def _at(self, kind: str, *values: str) -> bool:
        token = self._tokens[self._next]
        return token.kind == kind and (not values or token.value in values)

    def _expect(self, kind: str, value: str | None = None) -> lex.Token:
        token = self._token
        if token.kind != kind or (value is not None and token.value != value):
            shown = "null" if token.value is None else token.value
            self._fail(
                f'Unexpected token of value "{shown}" and type {token.kind}, '
                f"expected token of type {kind}",
                hint=_wanted(kind, value, token),
            )
        self._advance()
        return token

    def _fail(self, message: str, token: lex.Token | None = None, hint: str = "") -> NoReturn:
        token = token or self._token
        length = max(1, token.end - token.offset)
        raise TemplateSyntaxError(message, token.line, token.offset, length, hint)

    def _enter(self) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            self._fail(TOO_DEEP)

    # -- templates and tags

    def _body(self, stops: tuple[str, ...]) -> Body:
        nodes: list[Statement] = []
        self._enter()
        while not self._at(lex.EOF):
            token = self._token
            if token.kind == lex.TEXT:
                nodes.append(Text(token.value or "", token.line))
                self._advance()
            elif token.kind == lex.PRINT_START:
                first = self._advance()
                expression = self._expression()
                nodes.append(Print(expression, first.line))
                self._expect(lex.PRINT_END)
            elif token.kind == lex.EXECUTE_START:
                tag = self._advance()
                if tag.kind != lex.NAME:
                    self._fail("A block must start with a tag name.")
                if tag.value in stops:
                    break
                nodes.append(self._tag(tag))
            else:
                self._fail("Parser ended in undefined state.")
        self._depth -= 1
        return tuple(nodes)

    def _tag(self, tag: lex.Token) -> Statement:
        parsers: dict[str | None, Callable[[lex.Token], Statement]] = {
            "if": self._if,
            "for": self._for,
            "set": self._set,
            "macro": self._macro,
            "block": self._block,
            "filter": self._filter_tag,
        }
        parse = parsers.get(tag.value)
        if parse is None:
            self._fail(f'Unexpected tag name "{tag.value}"', tag, _tag_hint(tag.value or ""))
        self._advance()
        return parse(tag)

    def _if(self, tag: lex.Token) -> Statement:
        branches: list[tuple[Expression, Body]] = []
        otherwise: Body | None = None
        condition: Expression | None = self._expression()
        while True:
            self._expect(lex.EXECUTE_END)
            if condition is not None:
                branches.append((condition, self._body(("elseif", "else", "endif"))))
            else:
                otherwise = self._body(("endif",))
            if self._token.value is None:
                self._end_missing("endif")
            word = self._token.value
            self._advance()
            if word == "endif":
                self._expect(lex.EXECUTE_END)
                return If(tuple(branches), otherwise, tag.line)
            condition = self._expression() if word == "elseif" else None

    def _for(self, tag: lex.Token) -> Statement:
        variable = self._new_name()
        self._expect(lex.NAME, "in")
        iterable = self._expression()
        self._expect(lex.EXECUTE_END)
        self._loops += 1
        if self._loops > MAX_LOOPS:
            self._fail(LOOPS_TOO_DEEP, tag)
        body = self._body(("else", "endfor"))
        self._loops -= 1
        otherwise = None
        if self._at(lex.NAME, "else"):
            self._advance()
            self._expect(lex.EXECUTE_END)
            otherwise = self._body(("endfor",))
        if self._token.value is None:
            self._end_missing("endfor")
        self._advance()
        self._expect(lex.EXECUTE_END)
        return For(variable, iterable, body, otherwise, tag.line)

    def _end_missing(self, name: str) -> NoReturn:
        self._fail(
            f'Unexpected end of template. Pebble was looking for the "{name}" tag',
            hint=f"close it with `{{% {name} %}}`",
        )

    def _set(self, tag: lex.Token) -> Statement:
        offset = self._token.offset
        name = self._new_name()
        self._expect(lex.PUNCTUATION, "=")
        value = self._expression()
        self._expect(lex.EXECUTE_END)
        return Set(name, value, tag.line, offset)

    def _macro(self, tag: lex.Token) -> Statement:
        name = self._expect(lex.NAME).value or ""
        parameters = self._parameters()
        self._expect(lex.EXECUTE_END)
        body = self._body(("endmacro",))
        self._advance()
        self._expect(lex.EXECUTE_END)
        return Macro(name, parameters, body, tag.line)

    def _block(self, tag: lex.Token) -> Statement:
        name = self._token
        if name.kind not in (lex.NAME, lex.STRING):
            self._expect(lex.NAME)
        self._advance()
        self._expect(lex.EXECUTE_END)
        body = self._body(("endblock",))
        if not self._at(lex.NAME, "endblock"):
            self._fail("endblock tag should be present with block tag starting line number ", tag)
        self._advance()
        if self._token.kind in (lex.NAME, lex.STRING) and self._token.value == name.value:
            self._advance()
        self._expect(lex.EXECUTE_END)
        return Block(name.value or "", body, tag.line)

    def _filter_tag(self, tag: lex.Token) -> Statement:
        chain = [self._filter_call()]
        while self._at(lex.OPERATOR, "|"):
            self._advance()
            chain.append(self._filter_call())
        self._expect(lex.EXECUTE_END)
        body = self._body(("endfilter",))
        self._advance()
        self._expect(lex.EXECUTE_END)
        expression: Expression = Rendered(body, self._token.line)
        for name, arguments in chain:
            # the engine gives these filters no line
            expression = Filter(expression, name.value or "", arguments, 0, name.offset)
        return Print(expression, tag.line)

    # -- expressions

    def _expression(self, minimum: int = 0) -> Expression:
        self._enter()
        depth = self._depth
        token = self._token
        left: Expression
        if token.kind == lex.OPERATOR and token.value in UNARY:
            self._advance()
            operand = self._expression(UNARY_PRECEDENCE)
            left = fold(Unary(token.value or "", operand, self._token.line))
        elif self._at(lex.PUNCTUATION, "("):
            self._advance()
            left = self._expression()
            self._expect(lex.PUNCTUATION, ")")
            left = self._postfix(left, None)
        elif self._at(lex.PUNCTUATION, "["):
            left = self._list()
        elif self._at(lex.PUNCTUATION, "{"):
            left = self._map()
        else:
            left = self._primary()
        previous = ""
        while (operator := self._token).kind == lex.OPERATOR:
            symbol = operator.value or ""
            precedence = BINARY.get(symbol)
            if precedence is None or precedence < minimum:
                break
            if symbol != previous or symbol not in CHAINED:
                self._enter()
            previous = symbol
            self._advance()
            left = self._binary(symbol, precedence, operator.offset, left)
        if minimum == 0 and self._at(lex.PUNCTUATION, "?"):
            self._advance()
            then = self._expression()
            self._expect(lex.PUNCTUATION, ":")
            otherwise = self._expression()
            left = Ternary(left, then, otherwise, self._token.line)
        self._depth = depth - 1
        return left

    def _binary(self, symbol: str, precedence: int, offset: int, left: Expression) -> Expression:
        if symbol == "|":
            name, arguments = self._filter_call()
            return Filter(left, name.value or "", arguments, self._token.line, name.offset)
        if symbol in ("is", "is not"):
            name = self._expect(lex.NAME)
            arguments = self._optional_arguments(name)
            return Test(
                left, name.value or "", arguments, symbol == "is not", self._token.line, name.offset
            )
        right = self._expression(precedence + 1)
        name_of = "==" if symbol == "equals" else symbol
        return fold(Binary(name_of, left, right, self._token.line, offset))

    def _primary(self) -> Expression:
        token = self._token
        value = token.value or ""
        node: Expression
        callee: lex.Token | None = None
        if token.kind == lex.NAME:
            if value in CONSTANTS:
                node = Literal(CONSTANTS[value], token.line)
            else:
                node = Name(value, token.line, token.offset)
                callee = token
            self._advance()
        elif token.kind == lex.LONG or (token.kind == lex.NUMBER and "." not in value):
            number = int(value) if len(value) < 4000 else LONG_MAX + 1
            if number > LONG_MAX:
                raise RawError(f'For input string: "{value}"', "java.lang.NumberFormatException")
            node = Literal(Long(number), token.line)
            self._advance()
        elif token.kind == lex.NUMBER:
            node = Literal(float(value), token.line)
            self._advance()
        elif token.kind in (lex.STRING, lex.INTERPOLATION_START):
            node = self._string()
        else:
            shown = "null" if token.value is None else token.value
            self._fail(
                f'Unexpected token "{token.kind}" of value "{shown}"',
                hint=self._value_missing(token),
            )
        return self._postfix(node, callee)

    def _value_missing(self, token: lex.Token) -> str:
        before = self._tokens[self._next - 1] if self._next else token
        if token.kind == lex.PRINT_END and before.kind == lex.PRINT_START:
            return "the braces are empty; if they are meant as they stand, write `{% raw %}{{ }}{% endraw %}`"
        if before.value is None:
            return f"a value is missing before `{_written(token)}`"
        return f"a value is missing between `{before.value}` and `{_written(token)}`"

    def _string(self) -> Expression:
        parts: list[Expression] = []
        line = self._token.line
        after_text = False
        while True:
            token = self._token
            if token.kind == lex.STRING and not after_text:
                parts.append(Literal(token.value, token.line))
                self._advance()
                after_text = True
            elif token.kind == lex.INTERPOLATION_START:
                self._advance()
                parts.append(self._expression())
                self._expect(lex.INTERPOLATION_END)
                after_text = False
            else:
                break
        return parts[0] if len(parts) == 1 else Interpolation(tuple(parts), line)

    def _postfix(self, node: Expression, callee: lex.Token | None) -> Expression:
        steps = 0
        while True:
            if self._at(lex.PUNCTUATION, "."):
                self._advance()
                name = self._expect(lex.NAME)
                arguments = self._arguments() if self._at(lex.PUNCTUATION, "(") else None
                if arguments is not None and arguments.named:
                    self._fail("Can not use named arguments when calling a bean method")
                key = Literal(name.value, name.line)
                node = Attribute(node, key, False, arguments, name.line, name.offset)
            elif self._at(lex.PUNCTUATION, "["):
                self._advance()
                offset = self._token.offset
                subscript = self._expression()
                node = Attribute(node, subscript, True, None, self._token.line, offset)
                self._expect(lex.PUNCTUATION, "]")
            elif self._at(lex.PUNCTUATION, "("):
                node = self._call(node, callee)
            else:
                return node
            callee = None
            steps += 1
            if steps > MAX_DEPTH:
                self._fail(TOO_DEEP)

    def _call(self, node: Expression, callee: lex.Token | None) -> Expression:
        parenthesis = self._token
        if callee is None:
            raise _not_a_call(node)
        name = callee.value or ""
        arguments = self._arguments()
        if name == "parent":
            return ParentBlock(self._token.line)
        if name == "block":
            if not arguments.positional:
                raise RawError("Index 0 out of bounds for length 0")
            return BlockCall(arguments.positional[0], parenthesis.line)
        return Call(name, arguments, parenthesis.line, callee.offset)

    def _filter_call(self) -> tuple[lex.Token, Arguments]:
        name = self._expect(lex.NAME)
        return name, self._optional_arguments(name)

    def _optional_arguments(self, name: lex.Token) -> Arguments:
        if self._at(lex.PUNCTUATION, "("):
            return self._arguments()
        return Arguments((), (), name.line)

    def _arguments(self) -> Arguments:
        self._expect(lex.PUNCTUATION, "(")
        positional: list[Expression] = []
        named: list[tuple[str, Expression]] = []
        while not self._at(lex.PUNCTUATION, ")"):
            if positional or named:
                self._expect(lex.PUNCTUATION, ",")
            name = None
            following = self._tokens[min(self._next + 1, len(self._tokens) - 1)]
            if following.kind == lex.PUNCTUATION and following.value == "=":
                name = self._new_name()
                self._expect(lex.PUNCTUATION, "=")
            value = self._expression()
            if name is not None:
                named.append((name, value))
            elif named:
                self._fail("Positional arguments must be declared before any named arguments.")
            else:
                positional.append(value)
        self._expect(lex.PUNCTUATION, ")")
        return Arguments(tuple(positional), tuple(named), self._token.line)

    def _parameters(self) -> tuple[tuple[str, Expression | None], ...]:
        self._expect(lex.PUNCTUATION, "(")
        found: list[tuple[str, Expression | None]] = []
        while not self._at(lex.PUNCTUATION, ")"):
            if found:
                self._expect(lex.PUNCTUATION, ",")
            name = self._new_name()
            default = None
            if self._at(lex.PUNCTUATION, "="):
                self._advance()
                default = self._expression()
            found.append((name, default))
        self._expect(lex.PUNCTUATION, ")")
        return tuple(found)

    def _new_name(self) -> str:
        token = self._expect(lex.NAME)
        if token.value in RESERVED:
            self._fail(f"Can not assign a value to {token.value}", token)
        return token.value or ""

    def _list(self) -> Expression:
        self._expect(lex.PUNCTUATION, "[")
        items: list[Expression] = []
        while not (not items and self._at(lex.PUNCTUATION, "]")):
            items.append(self._expression())
            if self._at(lex.PUNCTUATION, "]"):
                break
            self._expect(lex.PUNCTUATION, ",")
        self._expect(lex.PUNCTUATION, "]")
        return ListLiteral(tuple(items), self._token.line)

    def _map(self) -> Expression:
        self._expect(lex.PUNCTUATION, "{")
        entries: list[tuple[Expression, Expression]] = []
        while not (not entries and self._at(lex.PUNCTUATION, "}")):
            key = self._expression()
            self._expect(lex.PUNCTUATION, ":")
            entries.append((key, self._expression()))
            if self._at(lex.PUNCTUATION, "}"):
                break
            self._expect(lex.PUNCTUATION, ",")
        self._expect(lex.PUNCTUATION, "}")
        return MapLiteral(tuple(entries), self._token.line)


_NOT_TAGS = {
    "elif": "write elseif",
    "elsif": "write elseif",
    "raw": "a raw section must begin and end on one line; verbatim may span lines",
    "include": "other templates cannot be included",
    "import": "other templates cannot be imported",
}


_CLOSED_BY = {lex.PRINT_END: "}}", lex.EXECUTE_END: "%}"}
_ENDS = (*_CLOSED_BY, lex.EOF)


def _written(token: lex.Token) -> str:
    return token.value or _CLOSED_BY.get(token.kind, "the end")


def _wanted(kind: str, value: str | None, token: lex.Token) -> str:
    """What to write where `token` stands, when the grammar has `kind` and `value` there."""
    if kind == lex.NAME and value is None:
        return f"a name belongs before `{_written(token)}`"
    if kind in _CLOSED_BY and token.kind in _ENDS:
        return f"close it with `{_CLOSED_BY[kind]}`"
    if kind in _CLOSED_BY:
        return f"an operator is missing before `{_written(token)}`; `~` joins texts"
    return f"`{value}` is missing before `{_written(token)}`" if value else ""


def _tag_hint(name: str) -> str:
    from difflib import get_close_matches

    if name in _NOT_TAGS:
        return _NOT_TAGS[name]
    close = get_close_matches(name, TAGS, n=1)
    return f"did you mean {close[0]}?" if close else ""


def parse(text: str) -> Body:
    """The syntax tree of a template whose raw sections were cut out.

    Raises TemplateSyntaxError where the text is no template, RawError where the engine itself
    fails without a word of its own (such as a number beyond 64 bit).
    """
    return Parser(text).parse()
