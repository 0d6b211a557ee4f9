"""What an expression is a function of: the variables, their scopes, and the services behind them."""

from collections.abc import Iterable, Iterator
from typing import Any, Protocol

from flowrt.java.errors import ExpressionError, RawError
from flowrt.java.limits import Clock, check_shape
from flowrt.java.printing import text_of
from flowrt.java.values import Entry, JavaArray, JavaObject, JavaSet


class Environment(Protocol):
    """The services expressions reach.

    Methods raise `flowrt.java.errors.ExpressionError`, worded as the engine words it, where
    something cannot be had; a lookup that merely finds nothing gives None.
    """

    #: id of the time zone in which dates print when the template names none
    zone: str
    #: whether the expression is evaluated for a running task
    in_worker: bool
    #: whether every text is rendered until it no longer changes (an option of the engine)
    recursive: bool

    def now_ns(self) -> int:
        """The time, in nanoseconds since 1970."""

    def secret(self, name: str) -> str | None:
        """The clear text of a secret; None when there is no such secret."""

    def register_secret(self, text: str) -> None:
        """Have a text masked in logs from now on."""

    def namespace_exists(self, namespace: str) -> bool:
        """Whether anything is known under that namespace."""

    def kv(self, namespace: str, key: str) -> tuple[bool, Any]:
        """Whether the namespace's key-value store has the key, and its value."""

    def drop_expired(self, namespace: str, key: str) -> None:
        """Remove an entry that was found expired."""

    def read_file(self, uri: str) -> bytes | None:
        """Content of a file of the internal storage (`kestra:///…`); None when there is none."""

    def file_size(self, uri: str) -> int | None:
        """Bytes of such a file."""

    def local_file(self, path: str) -> bytes | None:
        """Content of a file of this machine; None when it may not be read."""

    def file_name(self, uri: str) -> str:
        """How messages name a file of the internal storage."""

    def namespace_file(self, namespace: str, path: str, version: int | None) -> bytes | None:
        """Content of a namespace file; None without one (of that version). Raises IsADirectoryError."""

    def error_logs(self) -> list[dict[str, Any]]:
        """The error log entries of the running execution."""

    def subflow(self, request: dict[str, Any]) -> Any:
        """The result of a flow run to its end (the arguments of the function `subflow`)."""


class Context(dict[str, Any]):
    """The variables by name; `env` are the services, `depth` counts nested `render()` calls."""

    __slots__ = ("depth", "env")

    def __init__(
        self, variables: dict[str, Any], env: "Environment | None" = None, depth: int = 0
    ) -> None:
        super().__init__(variables)
        self.env = env
        self.depth = depth

    def services(self) -> Environment:
        """The services. Raises ExpressionError where expressions are evaluated without any."""
        if self.env is None:
            raise ExpressionError("Expressions that reach services cannot be evaluated here")
        return self.env

    def visible(self) -> dict[str, Any]:
        """Every name that the template can see, with its value."""
        return self


class Scopes(Context):
    """Variables with the scopes that tags open in front of them.

    Lookups reach the scopes through `__missing__`, so a plain subscript finds the innermost name.
    """

    __slots__ = ("_clock", "base", "given", "outer", "stack")

    def __init__(self, base: Context, local: bool = False) -> None:
        super().__init__({}, base.env, base.depth)
        #: the arguments a macro was given
        self.given: dict[str, Any] = {}
        #: what lies behind the scopes; nothing for a macro, which sees its arguments only
        self.base = base
        self.stack: list[dict[str, Any]] = [{}]
        #: for a macro, the variables around its call
        self.outer: Context | None = None
        self._clock: Clock | None = None
        if local:
            self.outer = base
            self.base = Context({}, base.env, base.depth)

    def clock(self) -> Clock:
        """The time of the loops and macros of this template; macros share that of the template around."""
        if self._clock is None:
            around = self.outer
            self._clock = around.clock() if isinstance(around, Scopes) else Clock()
        return self._clock

    def __missing__(self, name: str) -> Any:
        for scope in reversed(self.stack):
            if name in scope:
                return scope[name]
        return self.base[name]

    def __contains__(self, name: object) -> bool:
        return any(name in scope for scope in self.stack) or name in self.base

    def visible(self) -> dict[str, Any]:
        names: dict[str, Any] = {}
        for scope in (*reversed(self.stack), self.base.visible()):
            for name, value in scope.items():
                names.setdefault(name, value)
        return names


def scoped(v: Context) -> Scopes:
    """The variables with a scope of the template's own in front."""
    return Scopes(v)


def assign(v: Scopes, name: str, value: Any, line: int = 1) -> None:
    """`{% set name = value %}`: in the scope that has the name, else in the innermost.

    Raises RawError for a name of the run context, which only a running task may hide from its later expressions.
    """
    if isinstance(value, (list, dict)):
        check_shape(value)
    for scope in reversed(v.stack):
        if name in scope:
            scope[name] = value
            return
    base = v.base
    while isinstance(base, Scopes):  # pragma: no cover - templates do not nest
        base = base.base
    if name in base:
        if base.depth == 0 and not (base.env is not None and base.env.in_worker):
            raise RawError("null", "java.lang.UnsupportedOperationException")
        base[name] = value
        return
    v.stack[-1][name] = value


class Loop(JavaObject):
    """The variable `loop`."""

    __slots__ = ("first", "index", "last", "length")
    java_class = "io.pebbletemplates.pebble.node.ForNode$LoopVariables"

    def __init__(self, length: int) -> None:
        self.index = 0
        self.first = True
        self.last = False
        self.length = length

    def __getitem__(self, name: str) -> Any:
        if name == "revindex":
            return self.length - self.index - 1
        if name in ("index", "first", "last", "length"):
            return getattr(self, name)
        raise KeyError(name)

    def copy(self) -> "Loop":
        """The state of the loop at this moment."""
        same = Loop(self.length)
        same.index, same.first, same.last = self.index, self.first, self.last
        return same

    def java_text(self) -> str:
        names = ("last", "length", "index", "revindex", "first")
        return "{" + ", ".join(f"{name}={text_of(self[name])}" for name in names) + "}"


class Each:
    """One `for` tag: iterate over it once; `empty` tells whether its `else` part is due."""

    def __init__(self, v: Scopes, name: str, values: Any) -> None:
        self.empty = False
        self._scopes = v
        self._name = name
        self._values = values

    def __iter__(self) -> Iterator[None]:
        values = iterable(self._values)
        if values is None:
            return
        items = list(values)
        if not items:
            self.empty = True
            return
        scope: dict[str, Any] = {}
        depth = len(self._scopes.stack)
        self._scopes.stack.append(scope)
        loop = Loop(len(items))
        name, last = self._name, len(items) - 1
        clock = self._scopes.clock()
        for index, item in enumerate(items):
            clock.look()
            loop.index = index
            loop.first = index == 0
            loop.last = index == last
            scope["loop"] = loop
            scope[name] = item
            yield
        del self._scopes.stack[depth:]


def each(v: Scopes, name: str, values: Any, line: int = 1) -> Each:
    """`{% for name in values %}`: yields once per element, with `name` and `loop` set in `v`."""
    return Each(v, name, values)


def iterable(values: Any) -> Iterable[Any] | None:
    """The elements a loop visits; None for null. Raises ExpressionError for what has none."""
    if values is None:
        return None
    if isinstance(values, (list, JavaSet, JavaArray)):
        return values
    if isinstance(values, dict):
        return [Entry(key, value) for key, value in values.items()]
    raise ExpressionError(f"Not an iterable object. Value = [{text_of(values)}]")
