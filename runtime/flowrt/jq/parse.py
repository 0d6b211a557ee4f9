"""From the text of a jq program to its syntax tree: nested tuples whose first item names the node."""

import re
from typing import Any

from flowrt.java.values import LONG_MAX
from flowrt.jq.values import JqError

Node = tuple[Any, ...]

_TOKEN = re.compile(
    r"""(?:\s|\#[^\n]*+)*+(?:
      (?P<string>@[A-Za-z0-9_]+\s*"|")
    | (?P<format>@[A-Za-z0-9_]+)
    | (?P<number>(?:(?:0|[1-9][0-9]*)(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    | (?P<field>\.[A-Za-z_][A-Za-z0-9_]*)
    | (?P<variable>\$(?:[A-Za-z_][A-Za-z0-9_]*::)*[A-Za-z_][A-Za-z0-9_]*)
    | (?P<word>(?:[A-Za-z_][A-Za-z0-9_]*::)*[A-Za-z_][A-Za-z0-9_]*)
    | (?P<op>\?//=|//=|\|=|\+=|-=|\*=|/=|%=|==|!=|<=|>=|//|\.\.|[][(){}|,.:;=<>+*/%?-])
    )""",
    re.VERBOSE,
)
_BLANK = re.compile(r"(?:\s|#[^\n]*)*")
_KEYWORDS = frozenset(
    [
        "def",
        "if",
        "then",
        "elif",
        "else",
        "end",
        "as",
        "reduce",
        "foreach",
        "try",
        "catch",
        "label",
        "import",
        "include",
        "and",
        "or",
        "__loc__",
    ]
)
# A higher level binds tighter.
_LEVELS = {
    "=": 1, "|=": 1, "//=": 1, "+=": 1, "-=": 1, "*=": 1, "/=": 1, "%=": 1,
    "//": 2, "or": 3, "and": 4,
    "<=": 5, "<": 5, ">=": 5, ">": 5, "==": 5, "!=": 5,
    "+": 6, "-": 6, "*": 7, "/": 7, "%": 7,
}  # fmt: skip
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "/": "/", "\\": "\\", '"': '"'}


class Parser:
    """A recursive descent over the text; raises JqError for what is no program."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.kind = ""
        self.value = ""
        self.start = 0
        self.advance()

    def fail(self, message: str = "") -> JqError:
        return JqError(f"syntax error at offset {self.start}{message and ': ' + message}")

    def advance(self) -> None:
        match = _TOKEN.match(self.text, self.at)
        if match is None:
            self.start = self.at
            if _BLANK.fullmatch(self.text, self.at) is None:
                raise self.fail()
            self.kind, self.value = "eof", ""
            return
        self.kind = match.lastgroup or ""
        self.value = match.group(self.kind)
        self.start = match.start(self.kind)
        self.at = match.end()

    def is_op(self, *values: str) -> bool:
        return self.kind == "op" and self.value in values

    def is_word(self, *values: str) -> bool:
        return self.kind == "word" and self.value in values

    def accept(self, value: str) -> bool:
        if self.kind in ("op", "word") and self.value == value:
            self.advance()
            return True
        return False

    def expect(self, value: str) -> None:
        if not self.accept(value):
            raise self.fail(f"expected {value}")

    def program(self) -> Node:
        node = self.pipe()
        if self.kind != "eof":
            raise self.fail()
        return node

    # -- expressions

    def pipe(self, comma: bool = True) -> Node:
        if self.is_word("def"):
            definition = self.definition()
            return ("def", definition, self.pipe(comma))
        if self.is_word("label"):
            self.advance()
            name = self.variable()
            self.expect("|")
            return ("label", name, self.pipe(comma))
        left = self.comma() if comma else self.binary(1)
        if self.is_word("as"):
            self.advance()
            pattern = self.pattern()
            self.expect("|")
            return ("as", left, pattern, self.pipe(comma))
        if self.accept("|"):
            return ("pipe", left, self.pipe(comma))
        return left

    def comma(self) -> Node:
        left = self.binary(1)
        while self.accept(","):
            left = ("comma", left, self.binary(1))
        return left

    def binary(self, level: int) -> Node:
        left = self.unary()
        while True:
            operator = self.value if self.kind == "op" or self.is_word("and", "or") else ""
            found = _LEVELS.get(operator, 0)
            if found < level or not found:
                return left
            self.advance()
            if found == 1:
                left = ("assign", operator, left, self.binary(1))
            else:
                left = ("binary", operator, left, self.binary(found + 1))

    def unary(self) -> Node:
        if self.accept("-"):
            return ("negate", self.unary())
        node = self.postfix()
        if self.is_word("as"):
            self.advance()
            pattern = self.pattern()
            self.expect("|")
            return ("as", node, pattern, self.pipe())
        return node

    def definition(self) -> Node:
        self.expect("def")
        name = self.word()
        params: list[str] = []
        if self.accept("("):
            while True:
                params.append("$" + self.variable() if self.kind == "variable" else self.word())
                if not self.accept(";"):
                    break
            self.expect(")")
        self.expect(":")
        body = self.pipe()
        self.expect(";")
        return (name, tuple(params), body)

    def word(self) -> str:
        if self.kind != "word":
            raise self.fail("expected a name")
        name = self.value
        self.advance()
        return name

    def variable(self) -> str:
        if self.kind != "variable":
            raise self.fail("expected a variable")
        name = self.value[1:]
        self.advance()
        return name

    def pattern(self) -> Node:
        if self.kind == "variable":
            return ("var", self.variable())
        if self.accept("["):
            items = [self.pattern()]
            while self.accept(","):
                items.append(self.pattern())
            self.expect("]")
            return ("array", tuple(items))
        self.expect("{")
        fields: list[Node] = []
        while True:
            if self.kind == "variable":
                name = self.variable()
                key: Node = ("literal", name)
                inner = self.pattern() if self.accept(":") else None
                fields.append((key, name, inner))
            else:
                if self.accept("("):
                    key = self.pipe()
                    self.expect(")")
                elif self.kind == "string":
                    key = self.string()
                else:
                    key = ("literal", self.word())
                self.expect(":")
                fields.append((key, None, self.pattern()))
            if not self.accept(","):
                break
        self.expect("}")
        return ("object", tuple(fields))

    # -- terms

    def postfix(self) -> Node:
        node = self.term()
        while True:
            if self.kind == "field":
                name = self.value[1:]
                self.advance()
                node = ("index", node, ("literal", name), self.accept("?"))
            elif self.is_op("."):
                self.advance()
                if self.kind == "string":
                    node = ("index", node, self.string(), self.accept("?"))
                elif self.is_op("["):
                    node = self.bracket(node)
                else:
                    raise self.fail()
            elif self.is_op("["):
                node = self.bracket(node)
            elif self.accept("?"):
                node = ("try", node, None)
            else:
                return node

    def bracket(self, target: Node) -> Node:
        self.expect("[")
        if self.accept("]"):
            return ("iterate", target, self.accept("?"))
        start: Node | None = None
        if not self.is_op(":"):
            start = self.pipe()
        if self.accept(":"):
            end = None if self.is_op("]") else self.pipe()
            self.expect("]")
            if start is None and end is None:
                raise self.fail()
            return ("slice", target, start, end, self.accept("?"))
        self.expect("]")
        assert start is not None
        return ("index", target, start, self.accept("?"))

    def term(self) -> Node:
        kind, value = self.kind, self.value
        if kind == "number":
            self.advance()
            return ("literal", _number(value))
        if kind == "string":
            return self.string()
        if kind == "format":
            self.advance()
            return ("call", value, ())
        if kind == "field":
            self.advance()
            return ("index", ("identity",), ("literal", value[1:]), self.accept("?"))
        if kind == "variable":
            self.advance()
            return ("variable", value[1:])
        if kind == "op":
            return self.punctuation(value)
        if kind == "word":
            return self.named(value)
        raise self.fail()

    def punctuation(self, value: str) -> Node:
        if value == "(":
            self.advance()
            node = self.pipe()
            self.expect(")")
            return ("group", node)
        if value == "[":
            self.advance()
            if self.accept("]"):
                return ("array", None)
            node = self.pipe()
            self.expect("]")
            return ("array", node)
        if value == "{":
            return self.object()
        if value == "..":
            self.advance()
            if self.accept("?"):
                raise JqError("`?` cannot follow `..`")
            return ("recurse",)
        if value == ".":
            self.advance()
            if self.kind == "string":
                return ("index", ("identity",), self.string(), self.accept("?"))
            if self.is_op("["):
                return self.bracket(("identity",))
            return ("identity",)
        raise self.fail()

    def named(self, value: str) -> Node:
        if value in ("null", "true", "false"):
            self.advance()
            return ("literal", {"null": None, "true": True, "false": False}[value])
        if value == "if":
            return self.conditional()
        if value in ("reduce", "foreach"):
            return self.folding(value)
        if value == "try":
            self.advance()
            body = self.postfix_try()
            handler = self.postfix_try() if self.accept("catch") else None
            return ("try", body, handler)
        if value == "def":
            definition = self.definition()
            return ("def", definition, self.pipe())
        if value == "break":
            self.advance()
            return ("break", self.variable())
        if value in _KEYWORDS:
            raise self.fail()
        self.advance()
        args: list[Node] = []
        if self.accept("("):
            args.append(self.pipe())
            while self.accept(";"):
                args.append(self.pipe())
            self.expect(")")
        return ("call", value, tuple(args))

    def postfix_try(self) -> Node:
        return self.postfix()

    def conditional(self) -> Node:
        self.advance()
        condition = self.pipe()
        self.expect("then")
        then = self.pipe()
        if self.is_word("elif"):
            return ("if", condition, then, self.conditional())
        otherwise: Node = ("identity",)
        if self.accept("else"):
            otherwise = self.pipe()
        else:
            raise self.fail("expected else")
        self.expect("end")
        return ("if", condition, then, otherwise)

    def folding(self, kind: str) -> Node:
        self.advance()
        source = self.postfix()
        self.expect("as")
        pattern = self.pattern()
        self.expect("(")
        parts = [self.pipe()]
        while self.accept(";"):
            parts.append(self.pipe())
        self.expect(")")
        if len(parts) != 2 and not (kind == "foreach" and len(parts) == 3):
            raise self.fail()
        return (kind, source, pattern, *parts)

    def object(self) -> Node:
        self.expect("{")
        fields: list[tuple[Node, Node]] = []
        while not self.is_op("}"):
            if self.kind == "variable":
                name = self.variable()
                fields.append((("literal", name), _or_null(("variable", name))))
            else:
                fields.append(self.entry())
            if not self.accept(","):
                break
        self.expect("}")
        return ("object", tuple(fields))

    def entry(self) -> tuple[Node, Node]:
        if self.accept("("):
            key = self.pipe()
            self.expect(")")
            self.expect(":")
            return key, self.pipe(False)
        if self.kind == "string":
            key = self.string()
        elif self.kind == "number":
            raise self.fail()
        else:
            key = ("literal", self.word())
        if self.accept(":"):
            return key, self.pipe(False)
        return key, _or_null(("index", ("identity",), key, False))

    def string(self) -> Node:
        """A string, after its opening quote was read as a token; with `@name` in front, formatted."""
        name = self.value[:-1].strip()
        parts: list[Any] = []
        text = ""
        at = self.at
        while True:
            if at >= len(self.text):
                self.start = at
                raise self.fail("unterminated string")
            char = self.text[at]
            if char == '"':
                break
            if char != "\\":
                text += char
                at += 1
                continue
            escape = self.text[at + 1 : at + 2]
            if escape == "(":
                inner = Parser.__new__(Parser)
                inner.text, inner.at = self.text, at + 2
                inner.advance()
                node = inner.pipe()
                if not inner.is_op(")"):
                    raise inner.fail("expected )")
                parts += [text, node]
                text = ""
                at = inner.at
            elif escape == "u":
                code = self.text[at + 2 : at + 6]
                try:
                    text += chr(int(code, 16))
                except ValueError:
                    raise self.fail("bad escape") from None
                at += 6
            elif escape in _ESCAPES and escape:
                text += _ESCAPES[escape]
                at += 2
            else:
                raise self.fail("bad escape")
        parts.append(text)
        self.at = at + 1
        self.advance()
        if len(parts) == 1:
            joined = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
            return ("literal", joined)
        return ("interpolation", name or None, tuple(parts))


def _or_null(node: Node) -> Node:
    """What an entry without a value has: null where there is none."""
    return ("try", node, ("literal", None))


def _number(text: str) -> Any:
    if text.isdigit():
        if len(text) > 99 or int(text) > LONG_MAX:
            raise JqError(f"Numeric value ({text}) out of range of long")
        return int(text)
    return float(text)


def parse(text: str) -> Node:
    """The syntax tree of a program. Raises JqError."""
    return Parser(text).program()
