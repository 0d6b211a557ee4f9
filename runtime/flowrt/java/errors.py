"""What a failing expression raises.

Every failure is an `ExpressionError`. Its text is the one Kestra logs, class names of the template
engine in front included; `detail` is the same text without them.
"""

ENGINE = "io.pebbletemplates.pebble.error."
ENGINE_ERROR = ENGINE + "PebbleException"


class ExpressionError(Exception):
    """An expression cannot be evaluated; `message` is worded as the engine words it.

    Operators, filters and functions raise it with the bare message. The template being rendered
    adds the place, once (`at`), which makes the text complete.
    """

    java_class = ENGINE_ERROR

    def __init__(self, message: str, java_class: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.place: str | None = None
        #: the line of the template, where that is not the one of the part being printed
        self.line: int | None = None
        if java_class is not None:
            self.java_class = java_class

    def at(self, template: str | None, line: int | None) -> "ExpressionError":
        """Name the place: the template's text and the line in it (`?` where there is none)."""
        if self.place is None:
            self.place = f"{'?' if template is None else template}:{'?' if line is None else line}"
        return self

    @property
    def detail(self) -> str:
        """The message and its place, without the engine's class name in front."""
        return self.message if self.place is None else f"{self.message} ({self.place})"

    def __str__(self) -> str:
        return self.message if self.place is None else f"{self.java_class}: {self.detail}"


class RawError(ExpressionError):
    """A plain failure of the host language: its message alone, no place (`java_class` names it)."""

    java_class = "java.lang.RuntimeException"
    cause = ""
    """The message of the failure behind it, where the engine logs that too."""

    def at(self, template: str | None, line: int | None) -> "ExpressionError":
        return self
