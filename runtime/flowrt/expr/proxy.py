"""The exact path: evaluates a compiled expression again with Kestra's rules for every step.

Generated code uses Python's subscripts and operators wherever a success means the same in both
languages. When it raises, the very same function runs here once more, with the context wrapped:

- every value is an `Exact`, whose subscripts and operators follow Kestra's rules;
- a failure is a value too (`Failed`), until something needs what it stands for. So an operator can
  replace the failure of its operand by its own, and `??` can rescue a missing name;
- the helpers a function uses are wrapped, so that they see bare values and give such values back.
"""

from collections.abc import Callable, Iterator
from types import CodeType, FunctionType
from typing import Any, Protocol

from flowrt.expr import attributes, context, macros, ops, tests
from flowrt.expr.errors import Undefined
from flowrt.expr.pieces import Pieces, snapshot
from flowrt.expr.printing import print_text
from flowrt.java.errors import ExpressionError, RawError
from flowrt.java.limits import OUT_OF_MEMORY, LimitExceeded, too_deep, too_large
from flowrt.java.values import JavaObject, Long, SafeString

#: operators that replace every failure of an operand by one message
RELABELLED: dict[Callable[..., Any], str] = {
    ops.add: "Could not perform addition",
    ops.sub: "Could not perform subtraction",
    ops.mul: "Could not perform multiplication",
    ops.div: "Could not perform division",
    ops.mod: "Could not perform greater modulus",
    ops.eq: "Could not perform equals comparison",
    ops.ne: "Could not perform not equals comparison",
    ops.lt: "Could not perform greater modulus",
    ops.gt: "Could not perform greater than comparison",
    ops.le: "Could not perform less than or equals comparison",
    ops.ge: "Could not perform greater than or equals comparison",
}
#: no operator replaces this failure
WRONG_CONDITION = "Wrong operand(s) type in conditional expression"


class EngineGlobal(JavaObject):
    """A name the template engine itself defines (`locale`, `template`, `_context`)."""

    __slots__ = ("java_class", "shown")

    def __init__(self, java_class: str, shown: str | None = None) -> None:
        self.java_class = java_class
        self.shown = shown

    def java_text(self) -> str:
        return self.shown or f"{self.java_class}@{id(self) & 0xFFFFFFFF:x}"


ENGINE_GLOBALS = {
    "locale": EngineGlobal("java.util.Locale", "en_US"),
    "template": EngineGlobal("io.pebbletemplates.pebble.template.PebbleTemplateImpl"),
    "_context": EngineGlobal("io.pebbletemplates.pebble.template.GlobalContext"),
}


def as_expression_error(error: Exception) -> ExpressionError:
    """Any failure as an ExpressionError; what is none yet becomes a plain failure."""
    if isinstance(error, ExpressionError):
        return error
    if isinstance(error, MemoryError):
        return too_large()
    return too_deep() if isinstance(error, RecursionError) else RawError(str(error))


class Evaluated(Protocol):
    """A template: its text, the function that evaluates it, and the lines of the parts that print."""

    source: str
    evaluate: Callable[[Any], Any]
    lines: tuple[int, ...]
    parts: tuple[str | Callable[[Any], Any], ...]


class Session:
    """One exact evaluation: which template, and which line of it is being evaluated."""

    def __init__(self, template: Evaluated) -> None:
        self.source = template.source
        self.lines = template.lines
        #: how many of the template's parts were printed
        self.printed = 0
        #: the line `on_line` says, where it is another than that of the part
        self.line: int | None = None
        self._rebound: dict[int, Any] = {}
        self._overrides: dict[Callable[..., Any], Callable[..., Any]] = {
            attributes.member: self._member,
            attributes.method: self._method,
            ops.coalesce: self._coalesce,
            ops.if_missing: self._if_missing,
            ops.default: self._default,
            ops.guard: self.attempt,
            ops.ignoring: self._ignoring,
            ops.on_line: self._on_line,
            ops.condition: self._condition,
            ops.contains: self._contains,
            tests.defined: self._defined,
            print_text: self._text,
            context.scoped: lambda v: Root(self, context.scoped(self.settle(v))),
            context.assign: self._assign,
            context.each: self._each,
            macros.call_macro: self._call_macro,
            macros.parameter: self._parameter,
            macros.enter: lambda v: macros.enter(self.settle(v)),
            macros.java_text: lambda pieces: pieces.java_text(),
            macros.printed_block: self._printed_block,
        }

    # -- values and failures

    def located(self, error: Exception) -> ExpressionError:
        """A failure with its place: its own line, else that of the part being printed."""
        failure = as_expression_error(error)
        line = self.current_line() if failure.line is None else failure.line
        return failure.at(self.source, line)

    def current_line(self) -> int:
        """The line of the part being printed."""
        if not self.lines:
            return 1
        return self.lines[min(self.printed, len(self.lines) - 1)]

    def failed(self, error: Exception) -> "Failed":
        """A failure as a value."""
        failure = as_expression_error(error)
        if failure.line is None:
            failure.line = self.line
        return Failed(self, failure)

    def settle(self, value: Any) -> Any:
        """The bare value. Raises the failure it stands for."""
        kind = type(value)
        if kind is Exact or kind is Root:
            return value.bare
        if kind is Failed:
            raise value.error
        if kind is list and any(type(item) in _WRAPPED for item in value):
            return [self.settle(item) for item in value]
        if kind is tuple:
            return tuple(self.settle(item) for item in value)
        if kind is dict and any(type(item) in _WRAPPED for item in value.values()):
            return {key: self.settle(item) for key, item in value.items()}
        return value

    def attempt(self, operand: Callable[[], Any]) -> Any:
        """The operand's value, or its failure as a value."""
        try:
            value = operand()
        except Exception as error:
            return self.failed(error)
        if type(value) in (Exact, Failed):
            return value
        try:
            return Exact(self, self.settle(value))
        except Exception as error:
            return self.failed(error)

    def apply(self, helper: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        """A helper's value, or its failure (in its own words, where it has some) as a value."""
        try:
            if len(arguments) > 1 and "filters_" in helper.__module__:
                # the engine evaluates the arguments of a filter before its input
                rest = [
                    # a bare number stands in the template, where numbers are longs
                    Long(argument) if type(argument) is int else self.settle(argument)
                    for argument in arguments[1:]
                ]
                return Exact(self, helper(self.settle(arguments[0]), *rest))
            settled = [self.settle(argument) for argument in arguments]
            options = {name: self.settle(value) for name, value in named.items()}
            return Exact(self, helper(*settled, **options))
        except Exception as error:
            message = RELABELLED.get(helper)
            if message is None or getattr(error, "java_class", "") == OUT_OF_MEMORY:
                return self.failed(error)
            return self.failed(ExpressionError(message))

    # -- the function under evaluation

    def rebind(self, function: FunctionType) -> FunctionType:
        """The same function with exact versions of the helpers it names."""
        known = self._rebound.get(id(function))
        if known is not None:
            return known  # type: ignore[no-any-return]
        names: dict[str, Any] = {"__builtins__": function.__globals__.get("__builtins__")}
        rebound = FunctionType(
            function.__code__, names, function.__name__, function.__defaults__, function.__closure__
        )
        self._rebound[id(function)] = rebound
        for name in _global_names(function.__code__):
            if name in function.__globals__:
                names[name] = self._exact(function.__globals__[name], function)
        return rebound

    def _exact(self, value: Any, user: FunctionType) -> Any:
        if value is Pieces:
            return lambda *parts: ExactPieces(self, *parts)
        if not isinstance(value, FunctionType):
            return value
        override = self._overrides.get(value)
        if override is not None:
            return override
        if value.__globals__ is user.__globals__:
            return self.rebind(value)
        return lambda *arguments, **named: self.apply(value, *arguments, **named)

    # -- exact versions of the helpers that decide what becomes of a failure

    def _member(self, owner: Any, key: Any, root: str | None = None) -> Any:
        if type(owner) is Failed:
            return owner
        if type(owner) is Exact:
            return self.apply(attributes.member, owner, key, root=owner.root)
        return self.apply(attributes.member, owner, key)

    def _method(self, owner: Any, name: str, *arguments: Any) -> Any:
        root = owner.root if type(owner) is Exact else None
        return self.apply(attributes.method, owner, name, *arguments, root=root)

    def _right(self, right: Any) -> Any:
        return self.attempt(right if callable(right) else lambda: right)

    def _coalesce(self, left: Callable[[], Any], right: Any) -> Any:
        value = self.attempt(left)
        if type(value) is Failed:
            return self._right(right) if value.is_missing() else value
        return self._right(right) if value.bare is None else value

    def _if_missing(self, left: Callable[[], Any], right: Any) -> Any:
        value = self.attempt(left)
        return self._right(right) if type(value) is Failed and value.is_missing() else value

    def _default(self, left: Callable[[], Any], value: Any = None) -> Any:
        if type(value) is Failed:
            return value
        result = self.attempt(left)
        if type(result) is Failed:
            return value if result.is_missing() else result
        return self.apply(ops.default, lambda: result.bare, value)

    def _defined(self, operand: Callable[[], Any]) -> Any:
        value = self.attempt(operand)
        if type(value) is Failed:
            return Exact(self, False) if value.is_missing() else value
        return Exact(self, value.bare is not None)

    def _ignoring(self, result: Callable[[], Any], *unused: Any) -> Any:
        for argument in unused:
            if type(argument) is Failed:
                return argument
        return self.attempt(result)

    def _contains(self, left: Any, right: Any) -> Any:
        # the right side counts only where the left is not null
        if left is None or (type(left) is Exact and left.bare is None):
            return Exact(self, False)
        return self.apply(ops.contains, left, right)

    def _on_line(self, line: int, operand: Callable[[], Any]) -> Any:
        before, self.line = self.line, line
        value = self.attempt(operand)
        self.line = before
        return value

    def _text(self, value: Any) -> str:
        text = print_text(self.settle(value))
        self.printed += 1
        return text

    # -- exact versions of what tags become; these raise

    def at_line(self, line: int, value: Any) -> Any:
        """The bare value of something that stands on that line. Raises its failure."""
        try:
            return self.settle(value)
        except ExpressionError as error:
            if error.line is None:
                error.line = line
            raise

    def _condition(self, value: Any, line: int = 1) -> bool:
        try:
            return ops.condition(self.settle(value() if callable(value) else value))
        except LimitExceeded:
            raise
        except Exception:
            raise ExpressionError(WRONG_CONDITION).at(self.source, line) from None

    def _assign(self, v: Any, name: str, value: Any, line: int = 1) -> None:
        context.assign(self.settle(v), name, self.at_line(line, value), line)

    def _parameter(self, v: Any, name: str, value: Any = None, line: int = 1) -> None:
        macros.parameter(self.settle(v), name, self.at_line(line, value))

    def _each(self, v: Any, name: str, values: Any, line: int = 1) -> context.Each:
        bare = self.at_line(line, values)
        try:
            context.iterable(bare)
        except ExpressionError as error:
            error.line = line
            raise
        return context.Each(self.settle(v), name, bare)

    def _call_macro(self, v: Any, macro: Callable[[Any], Any], /, **arguments: Any) -> Any:
        lines, printed, line = self.lines, self.printed, self.line
        try:
            given = {name: self.settle(value) for name, value in arguments.items()}
        except Exception as error:
            return self.failed(error)
        try:
            self.line = None  # the parts of its body have lines of their own
            scope = Root(self, macros.macro_scope(self.settle(v), given))
            return Exact(self, SafeString(macro(scope).java_text()))
        except Exception as error:
            return self.failed(self.located(error))
        finally:
            self.lines, self.printed, self.line = lines, printed, line

    def _printed_block(self, v: Any, blocks: dict[str, Callable[[Any], Pieces]], name: Any) -> Any:
        lines, printed, line = self.lines, self.printed, self.line
        try:
            bare = self.settle(name)
        except Exception as error:
            return self.failed(error)
        try:
            self.line = None  # as for macros
            return Exact(self, macros.printed_block(v, blocks, bare))
        except Exception as error:
            return self.failed(self.located(error))
        finally:
            self.lines, self.printed, self.line = lines, printed, line


def _global_names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _global_names(constant)


class _Value:
    """The operators that generated code uses, on values and on failures alike."""

    __slots__ = ()
    session: Session
    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> Any:
        return self.session.apply(ops.eq, self, other)

    def __ne__(self, other: object) -> Any:
        return self.session.apply(ops.ne, self, other)

    def __lt__(self, other: Any) -> Any:
        return self.session.apply(ops.lt, self, other)

    def __le__(self, other: Any) -> Any:
        return self.session.apply(ops.le, self, other)

    def __gt__(self, other: Any) -> Any:
        return self.session.apply(ops.gt, self, other)

    def __ge__(self, other: Any) -> Any:
        return self.session.apply(ops.ge, self, other)

    def __add__(self, other: Any) -> Any:
        return self.session.apply(ops.add, self, _wide(other))

    def __radd__(self, other: Any) -> Any:
        return self.session.apply(ops.add, _wide(other), self)

    def __sub__(self, other: Any) -> Any:
        return self.session.apply(ops.sub, self, _wide(other))

    def __rsub__(self, other: Any) -> Any:
        return self.session.apply(ops.sub, _wide(other), self)

    def __mul__(self, other: Any) -> Any:
        return self.session.apply(ops.mul, self, _wide(other))

    def __rmul__(self, other: Any) -> Any:
        return self.session.apply(ops.mul, _wide(other), self)

    def __format__(self, spec: str) -> str:
        return self.session._text(self)


def _wide(value: Any) -> Any:
    """Numbers written in a template are 64-bit ones."""
    return Long(value) if type(value) is int else value


class Exact(_Value):
    """A value on the exact path; `root` is the name when it is a variable itself."""

    __slots__ = ("bare", "root", "session")

    def __init__(self, session: Session, bare: Any, root: str | None = None) -> None:
        self.session = session
        self.bare = bare
        self.root = root

    def __getitem__(self, key: Any) -> Any:
        return self.session.apply(attributes.member, self.bare, _wide(key), root=self.root)

    def __bool__(self) -> bool:
        return ops.truth(self.bare)


class Failed(_Value):
    """A failure that nothing has needed the value of yet."""

    __slots__ = ("error", "session")

    def __init__(self, session: Session, error: ExpressionError) -> None:
        self.session = session
        self.error = error

    def is_missing(self) -> bool:
        """Whether `??`, `???`, `default` and `is defined` rescue it."""
        return isinstance(self.error, Undefined)

    def __getitem__(self, key: Any) -> "Failed":
        return self

    def __bool__(self) -> bool:
        raise self.error


class Root:
    """The context on the exact path."""

    __slots__ = ("bare", "session")

    def __init__(self, session: Session, bare: Any) -> None:
        self.session = session
        self.bare = bare

    @property
    def env(self) -> Any:
        """What a function asks that is the whole expression."""
        return self.bare.env

    def __getitem__(self, name: str) -> Any:
        try:
            return Exact(self.session, self.bare[name], name)
        except KeyError:
            if name in ENGINE_GLOBALS:
                return Exact(self.session, ENGINE_GLOBALS[name], name)
            return self.session.failed(Undefined(name))


class ExactPieces(Pieces):
    """What a template of several parts printed, on the exact path."""

    __slots__ = ("session",)

    def __init__(self, session: Session, *parts: Any) -> None:
        super().__init__()
        self.session = session
        for part in parts:
            self.parts.append(session.settle(part))
            session.printed += 1

    def print(self, value: Any, line: int = 1) -> None:
        self.parts.append(snapshot(self.session.at_line(line, value)))


_WRAPPED = (Exact, Failed, list, tuple, dict)


def evaluate_exactly(template: Evaluated, v: Any) -> Any:
    """What the template gives by Kestra's rules, step by step. Raises ExpressionError."""
    session = Session(template)
    root = Root(session, v)
    try:
        if template.parts:
            return "".join(
                part if isinstance(part, str) else session._text(session.rebind(part)(root))  # type: ignore[arg-type]
                for part in template.parts
            )
        function = session.rebind(template.evaluate)  # type: ignore[arg-type]
        return session.settle(function(root))
    except Exception as error:
        raise session.located(error) from None
