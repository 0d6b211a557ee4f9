"""Evaluation: every node of the syntax tree becomes a function `(env, value, path, emit, need)`.

It calls `emit(result, path of the result)` per result; the path is None where a result is computed rather than
found, and `need` tells that a path is asked for.
"""

from collections.abc import Callable
from typing import Any

from flowrt.jq import values
from flowrt.jq.parse import Node, parse
from flowrt.jq.paths import Emit, Path, chained, mutate, step_into
from flowrt.jq.values import JqError, compare, is_number, shown, to_text, truthy, type_of

Run = Callable[["Env", Any, Path | None, Emit, bool], None]


class Break(Exception):
    """`break $label`."""

    def __init__(self, label: object) -> None:
        super().__init__()
        self.label = label


class Env:
    """Variables and functions in scope."""

    __slots__ = ("functions", "parent", "variables")

    def __init__(self, parent: "Env | None") -> None:
        self.parent = parent
        self.variables: dict[str, Any] = {}
        self.functions: dict[str, Callable[..., None]] = {}

    def variable(self, name: str) -> Any:
        env: Env | None = self
        while env is not None:
            if name in env.variables:
                return env.variables[name]
            env = env.parent
        raise JqError(f"${name} is not defined")

    def function(self, key: str) -> Callable[..., None]:
        env: Env | None = self
        while env is not None:
            if key in env.functions:
                return env.functions[key]
            env = env.parent
        from flowrt.jq.functions import builtin

        found = builtin(key)
        if found is None:
            raise JqError(f"Function {key} does not exist")
        return found


class Argument:
    """An argument of a call: an expression with the environment of the caller."""

    __slots__ = ("env", "run")

    def __init__(self, env: Env, run: Run) -> None:
        self.env = env
        self.run = run

    def __call__(self, value: Any, emit: Callable[[Any], None]) -> None:
        """Calls `emit` with each result for an input."""
        self.run(self.env, value, None, lambda result, _: emit(result), False)

    def all(self, value: Any) -> list[Any]:
        """All results for an input."""
        out: list[Any] = []
        self(value, out.append)
        return out


BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "+": values.add,
    "-": values.subtract,
    "*": values.multiply,
    "/": values.divide,
    "%": values.modulo,
    "==": lambda a, b: compare(a, b) == 0,
    "!=": lambda a, b: compare(a, b) != 0,
    "<": lambda a, b: compare(a, b) < 0,
    "<=": lambda a, b: compare(a, b) <= 0,
    ">": lambda a, b: compare(a, b) > 0,
    ">=": lambda a, b: compare(a, b) >= 0,
}


def compile_node(node: Node) -> Run:
    """The function of a node."""
    return _COMPILERS[node[0]](*node[1:])


def _literal(value: Any) -> Run:
    def run(env: Env, v: Any, path: Path | None, emit: Emit, need: bool) -> None:
        emit(value, None)

    return run


def _identity() -> Run:
    def run(env: Env, v: Any, path: Path | None, emit: Emit, need: bool) -> None:
        emit(v, path)

    return run


def _variable(name: str) -> Run:
    def run(env: Env, v: Any, path: Path | None, emit: Emit, need: bool) -> None:
        emit(env.variable(name), None)

    return run


def _pipe(left: Node, right: Node) -> Run:
    first, second = compile_node(left), compile_node(right)

    def run(env: Env, v: Any, path: Path | None, emit: Emit, need: bool) -> None:
        first(env, v, path, lambda r, p: second(env, r, p, emit, need), need)

    return run


def _comma(left: Node, right: Node) -> Run:
    first, second = compile_node(left), compile_node(right)

    def run(env: Env, v: Any, path: Path | None, emit: Emit, need: bool) -> None:
        first(env, v, path, emit, need)
        second(env, v, path, emit, need)

    return run


def _needs(path: Path | None, need: bool, what: str, value: Any) -> None:
    if need and path is None:
        raise JqError(f"Invalid path expression near attempt to {what} {to_text(value)}")


def _index(target: Node, key: Node, permissive: bool) -> Run:
    base, step = compile_node(target), compile_node(key)

    def run(env: Env, v: Any, path: Path | None, emit: Emit, need: bool) -> None:
        def at(k: Any, _: Any) -> None:
            def into(r: Any, p: Path | None) -> None:
                _needs(p, need, f"access element {to_text(k)} of", r)
                if k is None or type(k) is bool or isinstance(k, dict):
                    if not permissive:
                        raise JqError(f"Cannot index {type_of(r)} with {type_of(k)}")
                    return
                step_into(r, k, p, emit, permissive)

            base(env, v, path, into, need)

        step(env, v, None, at, False)

    return run


def _slice(target: Node, start: Node | None, end: Node | None, permissive: bool) -> Run:
    base = compile_node(target)
    first = compile_node(start or ("literal", None))
    last = compile_node(end or ("literal", None))

    def run(env: Env, v: Any, path: Path | None, emit: Emit, need: bool) -> None:
        def sliced(low: Any, high: Any) -> None:
            def into(r: Any, p: Path | None) -> None:
                if all(bound is None or is_number(bound) for bound in (low, high)):
                    step = {"start": low, "end": high}
                    _needs(p, need, f"access element {to_text(step)} of", r)
                    step_into(r, step, p, emit, permissive)
                elif not permissive:
                    raise JqError(f"Start and end indices of an {type_of(r)} slice must be numbers")

            base(env, v, path, into, need)

        first(
            env, v, None, lambda a, _: last(env, v, None, lambda b, _: sliced(a, b), False), False
        )

    return run


def _iterate(target: Node, permissive: bool) -> Run:
    base = compile_node(target)

    def run(env: Env, v: Any, path: Path | None, emit: Emit, need: bool) -> None:
        def into(r: Any, p: Path | None) -> None:
            _needs(p, need, "iterate through", r)
            if isinstance(r, list):
                for index, item in enumerate(r):
                    emit(item, chained(p, index))
            elif isinstance(r, dict):
                for key, item in r.items():
                    emit(item, chained(p, key))
            elif not permissive:
                raise JqError(f"Cannot iterate over {shown(r)}")

        base(env, v, path, into, need)

    return run


def _recurse() -> Run:
    def descend(v: Any, path: Path | None, emit: Emit) -> None:
        emit(v, path)
        if isinstance(v, dict):
            for key, item in v.items():
                descend(item, chained(path, key), emit)
        elif isinstance(v, list):
            for index, item in enumerate(v):
                descend(item, chained(path, index), emit)

    def run(env: Env, v: Any, path: Path | None, emit: Emit, need: bool) -> None:
        descend(v, path, emit)

    return run


def _negate(operand: Node) -> Run:
    inner = compile_node(operand)

    def run(env: Env, v: Any, path: Path | None, emit: Emit, need: bool) -> None:
        def negated(r: Any, _: Any) -> None:
            if not is_number(r):
                raise JqError(f"{shown(v)} cannot be negated")
            emit(values.numeric(-float(r)), None)

        inner(env, v, None, negated, False)

    return run


def _binary(operator: str, left: Node, right: Node) -> Run:
    first, second = compile_node(left), compile_node(right)
    if operator == "//":
        return _alternative(first, second)
    if operator in ("and", "or"):
        return _logical(operator == "or", first, second)
    apply = BINARY[operator]

    def run(env: Env, v: Any, path: Path | None, emit: Emit, need: bool) -> None:
        def on_right(r: Any, _: Any) -> None:
            first(env, v, None, lambda left, _: emit(apply(left, r), None), False)

        second(env, v, None, on_right, False)

    return run


def _alternative(first: Run, second: Run) -> Run:
    def run(env: Env, v: Any, path: Path | None, emit: Emit, need: bool) -> None:
        found = False

        def accept(r: Any, p: Path | None) -> None:
            nonlocal found
            if truthy(r):
                emit(r, p)
                found = True

        first(env, v, path, accept, need)
        if not found:
            second(env, v, path, emit, need)

    return run


def _logical(decides: bool, first: Run, second: Run) -> Run:
    def run(env: Env, v: Any, path: Path | None, emit: Emit, need: bool) -> None:
        def on_left(left: Any, _: Any) -> None:
            if truthy(left) is decides:
                emit(decides, None)
            else:
                second(env, v, None, lambda right, _: emit(truthy(right), None), False)

        first(env, v, None, on_left, False)

    return run


def _assign(operator: str, left: Node, right: Node) -> Run:
    target, source = compile_node(left), compile_node(right)

    def paths(env: Env, v: Any) -> list[Path]:
        found: list[Path] = []

        def collect(r: Any, p: Path | None) -> None:
            found.append(required_path(v, r, p))

        target(env, v, (), collect, True)
        return found

    def update(env: Env, v: Any, path: Path | None, emit: Emit, need: bool) -> None:
        out = v

        def change(r: Any, p: Path | None) -> None:
            nonlocal out

            def changed(old: Any) -> Any:
                results: list[Any] = []
                source(env, old, None, lambda new, _: results.append(new), False)
                if not results:
                    raise JqError("`|= empty` is undefined.")
                return results[0]

            out = mutate(out, required_path(v, r, p), changed)

        target(env, v, (), change, True)
        emit(out, None)

    def run(env: Env, v: Any, path: Path | None, emit: Emit, need: bool) -> None:
        def with_value(value: Any, _: Any) -> None:
            out = v
            for found in paths(env, v):
                out = mutate(out, found, lambda old: apply(old, value))
            emit(out, None)

        source(env, v, None, with_value, False)

    if operator == "|=":
        return update
    apply: Callable[[Any, Any], Any]
    if operator == "=":
        apply = lambda old, new: new  # noqa: E731
    elif operator == "//=":
        apply = lambda old, new: old if truthy(old) else new  # noqa: E731
    else:
        apply = BINARY[operator[:-1]]
    return run


def required_path(value: Any, result: Any, path: Path | None) -> Path:
    """The path of a result. Raises JqError for a result that was computed."""
    if path is not None:
        return path
    if not isinstance(value, (dict, list)) and compare(value, result) == 0:
        return ()
    raise JqError(f"Invalid path expression with result {to_text(result)}")


def _array(body: Node | None) -> Run:
    inner = None if body is None else compile_node(body)

    def run(env: Env, v: Any, path: Path | None, emit: Emit, need: bool) -> None:
        out: list[Any] = []
        if inner is not None:
            inner(env, v, None, lambda r, _: out.append(r), False)
        emit(out, None)

    return run


def _object(fields: tuple[tuple[Node, Node], ...]) -> Run:
    entries = [(compile_node(key), compile_node(value)) for key, value in fields]

    def run(env: Env, v: Any, path: Path | None, emit: Emit, need: bool) -> None:
        def build(index: int, made: dict[str, Any]) -> None:
            if index == len(entries):
                emit(made, None)
                return
            key, value = entries[index]

            def with_key(k: Any, _: Any) -> None:
                if not isinstance(k, str):
                    raise JqError(f"Object keys must be strings, not {shown(k)}")
                value(env, v, None, lambda r, _: build(index + 1, {**made, k: r}), False)

            key(env, v, None, with_key, False)

        build(0, {})

    return run


def _interpolation(format: str | None, parts: tuple[Any, ...]) -> Run:
    texts = parts[::2]
    runs = [compile_node(part) for part in parts[1::2]]
    key = f"{format or 'tostring'}/0"

    def run(env: Env, v: Any, path: Path | None, emit: Emit, need: bool) -> None:
        convert = env.function(key)

        # the last interpolation varies slowest
        def fill(index: int, tail: str) -> None:
            if index < 0:
                emit(texts[0] + tail, None)
                return

            def converted(r: Any, _: Any) -> None:
                fill(index - 1, str(r) + texts[index + 1] + tail)

            runs[index](
                env, v, None, lambda r, _: convert(env, [], r, None, converted, False), False
            )

        fill(len(runs) - 1, "")

    return run


def _if(condition: Node, then: Node, otherwise: Node) -> Run:
    test, first, second = compile_node(condition), compile_node(then), compile_node(otherwise)

    def run(env: Env, v: Any, path: Path | None, emit: Emit, need: bool) -> None:
        def chosen(r: Any, _: Any) -> None:
            (first if truthy(r) else second)(env, v, path, emit, False)

        test(env, v, None, chosen, False)

    return run


def _try(body: Node, handler: Node | None) -> Run:
    inner = compile_node(body)
    catch = None if handler is None else compile_node(handler)

    def run(env: Env, v: Any, path: Path | None, emit: Emit, need: bool) -> None:
        try:
            inner(env, v, path, emit, need)
        except JqError as error:
            if catch is not None:
                catch(env, error.value, None, emit, need)

    return run


def _label(name: str, body: Node) -> Run:
    inner = compile_node(body)

    def run(env: Env, v: Any, path: Path | None, emit: Emit, need: bool) -> None:
        label = object()
        scope = Env(env)
        scope.variables["*" + name] = label
        try:
            inner(scope, v, path, emit, need)
        except Break as stop:
            if stop.label is not label:
                raise

    return run


def _break(name: str) -> Run:
    def run(env: Env, v: Any, path: Path | None, emit: Emit, need: bool) -> None:
        raise Break(env.variable("*" + name))

    return run


Match = Callable[[Env, Any, Callable[[dict[str, Any]], None]], None]


def _pattern(node: Node) -> Match:
    """Calls back with the variables of every way a destructuring pattern fits a value."""
    kind = node[0]
    if kind == "var":
        name = node[1]
        return lambda env, v, found: found({name: v})
    if kind == "array":
        items = [_pattern(item) for item in node[1]]

        def match_array(env: Env, v: Any, found: Callable[[dict[str, Any]], None]) -> None:
            if v is not None and not isinstance(v, list):
                raise JqError(f"Cannot index {type_of(v)} with number")

            def at(index: int, made: dict[str, Any]) -> None:
                if index == len(items):
                    found(made)
                    return
                item = v[index] if v is not None and index < len(v) else None
                items[index](env, item, lambda more: at(index + 1, {**made, **more}))

            at(0, {})

        return match_array
    fields = [
        (compile_node(key), name, None if inner is None else _pattern(inner))
        for key, name, inner in node[1]
    ]

    def match_object(env: Env, v: Any, found: Callable[[dict[str, Any]], None]) -> None:
        def at(index: int, made: dict[str, Any]) -> None:
            if index == len(fields):
                found(made)
                return
            key, name, inner = fields[index]

            def with_key(k: Any, _: Any) -> None:
                if not isinstance(k, str):
                    raise JqError(f"Cannot index {type_of(v)} with {type_of(k)}")
                if v is not None and not isinstance(v, dict):
                    raise JqError(f'Cannot index {type_of(v)} with string "{k}"')
                item = None if v is None else v.get(k)
                named = {**made, name: item} if name is not None else made
                if inner is None:
                    at(index + 1, named)
                else:
                    inner(env, item, lambda more: at(index + 1, {**named, **more}))

            key(env, v, None, with_key, False)

        at(0, {})

    return match_object


def _bound(env: Env, variables: dict[str, Any]) -> Env:
    scope = Env(env)
    scope.variables = variables
    return scope


def _as(source: Node, pattern: Node, body: Node) -> Run:
    given, match, inner = compile_node(source), _pattern(pattern), compile_node(body)

    def run(env: Env, v: Any, path: Path | None, emit: Emit, need: bool) -> None:
        def bind(r: Any, _: Any) -> None:
            match(env, r, lambda names: inner(_bound(env, names), v, path, emit, need))

        given(env, v, None, bind, False)

    return run


def _reduce(source: Node, pattern: Node, start: Node, update: Node) -> Run:
    given, match = compile_node(source), _pattern(pattern)
    first, step = compile_node(start), compile_node(update)

    def run(env: Env, v: Any, path: Path | None, emit: Emit, need: bool) -> None:
        def from_start(initial: Any, _: Any) -> None:
            state = initial

            def take(names: dict[str, Any]) -> None:
                nonlocal state
                results: list[Any] = []
                step(_bound(env, names), state, None, lambda r, _: results.append(r), False)
                state = results[-1] if results else None

            given(env, v, None, lambda r, _: match(env, r, take), False)
            emit(state, None)

        first(env, v, None, from_start, False)

    return run


def _foreach(
    source: Node, pattern: Node, start: Node, update: Node, extract: Node | None = None
) -> Run:
    given, match = compile_node(source), _pattern(pattern)
    first, step = compile_node(start), compile_node(update)
    out = None if extract is None else compile_node(extract)

    def run(env: Env, v: Any, path: Path | None, emit: Emit, need: bool) -> None:
        def from_start(initial: Any, initial_path: Path | None) -> None:
            state, state_path = initial, initial_path

            def take(names: dict[str, Any]) -> None:
                scope = _bound(env, names)

                def updated(r: Any, p: Path | None) -> None:
                    nonlocal state, state_path
                    if out is None:
                        emit(r, p)
                    else:
                        out(scope, r, p, emit, need)
                    state, state_path = r, p

                step(scope, state, state_path, updated, need and out is None)

            given(env, v, None, lambda r, _: match(env, r, take), False)

        first(env, v, path, from_start, False)

    return run


def define(env: Env, name: str, params: tuple[str, ...], body: Run) -> None:
    """Adds a function to an environment, in which its body is evaluated."""
    key = f"{name}/{len(params)}"

    def call(
        _: Env, args: list[Argument], v: Any, path: Path | None, emit: Emit, need: bool
    ) -> None:
        scope = Env(env)

        def bind(index: int) -> None:
            if index == len(params):
                body(scope, v, path, emit, need)
                return
            param, arg = params[index], args[index]
            bare = param.lstrip("$")
            if param == bare:
                scope.functions[bare + "/0"] = _closure(arg)
                bind(index + 1)
                return

            def with_value(value: Any) -> None:
                scope.variables[bare] = value
                scope.functions[bare + "/0"] = _constant(value)
                bind(index + 1)

            arg(v, with_value)

        bind(0)

    env.functions[key] = call


def _closure(arg: Argument) -> Callable[..., None]:
    def call(
        _: Env, args: list[Argument], v: Any, path: Path | None, emit: Emit, need: bool
    ) -> None:
        arg.run(arg.env, v, path, emit, need)

    return call


def _constant(value: Any) -> Callable[..., None]:
    def call(
        _: Env, args: list[Argument], v: Any, path: Path | None, emit: Emit, need: bool
    ) -> None:
        emit(value, None)

    return call


def _def(definition: Node, rest: Node) -> Run:
    name, params, body = definition[0], definition[1], compile_node(definition[2])
    inner = compile_node(rest)

    def run(env: Env, v: Any, path: Path | None, emit: Emit, need: bool) -> None:
        scope = Env(env)
        define(scope, name, params, body)
        inner(scope, v, path, emit, need)

    return run


def _call(name: str, args: tuple[Node, ...]) -> Run:
    key = f"{name}/{len(args)}"
    runs = [compile_node(arg) for arg in args]

    def run(env: Env, v: Any, path: Path | None, emit: Emit, need: bool) -> None:
        env.function(key)(env, [Argument(env, arg) for arg in runs], v, path, emit, need)

    return run


_COMPILERS: dict[str, Callable[..., Run]] = {
    "literal": _literal,
    "identity": _identity,
    "group": compile_node,
    "variable": _variable,
    "pipe": _pipe,
    "comma": _comma,
    "index": _index,
    "slice": _slice,
    "iterate": _iterate,
    "recurse": _recurse,
    "negate": _negate,
    "binary": _binary,
    "assign": _assign,
    "array": _array,
    "object": _object,
    "interpolation": _interpolation,
    "if": _if,
    "try": _try,
    "label": _label,
    "break": _break,
    "as": _as,
    "reduce": _reduce,
    "foreach": _foreach,
    "def": _def,
    "call": _call,
}


def compile_program(text: str) -> Callable[[Any, Callable[[Any], None]], None]:
    """A function of an input and of what to call with each result. Raises JqError for a bad program."""
    run = compile_node(parse(text))

    def program(value: Any, emit: Callable[[Any], None]) -> None:
        try:
            run(Env(None), value, None, lambda r, _: emit(r), False)
        except Break:
            raise JqError("break") from None

    return program
