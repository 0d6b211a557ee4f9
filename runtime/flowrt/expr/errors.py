"""The failures that only the template engine knows: a text that is no template, a name that is not there."""

from flowrt.java.errors import ENGINE, ExpressionError

SYNTAX_ERROR = ENGINE + "ParserException"
ACCESS_ERROR = ENGINE + "ClassAccessException"


class TemplateSyntaxError(ExpressionError):
    """The text is no template. `offset` and `length` point at the culprit, `hint` may help."""

    java_class = SYNTAX_ERROR

    def __init__(
        self, message: str, line: int, offset: int, length: int = 1, hint: str = ""
    ) -> None:
        super().__init__(message)
        self.line: int = line
        self.offset = offset
        self.length = length
        self.hint = hint


class Undefined(ExpressionError):
    """A variable, key or member does not exist. Only `??`, `???`, `default`, `is defined` rescue it."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name

    def at(self, template: str | None, line: int | None) -> "ExpressionError":
        if self.place is None:
            self.place = f"used in the expression `{template}` at line {line}"
        return self

    @property
    def detail(self) -> str:
        found = f"Unable to find `{self.name}`"
        return found if self.place is None else f"{found} {self.place}"

    def __str__(self) -> str:
        return self.detail
