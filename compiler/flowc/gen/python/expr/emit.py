"""From expressions to Python expressions over `v`, the context."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from flowc.expr import nodes
from flowc.expr.analysis import misfit
from flowc.expr.builtins import FILTERS, FUNCTIONS, TESTS, Builtin
from flowc.gen.python.expr.code import (
    AND,
    ATOM,
    COMPARISON,
    IF,
    LAMBDA,
    NOT,
    OR,
    PRODUCT,
    SIGN,
    SUM,
    Code,
    free_name,
)  # fmt: skip
from flowc.literal import literal
from flowrt.java.values import Long, hash_order

KINDS = {"STRING": "text", "INT": "int", "BOOLEAN": "bool", "BOOL": "bool", "FLOAT": "number"}
HELPERS = {
    "+": "add", "-": "sub", "*": "mul", "/": "div", "%": "mod", "==": "eq", "!=": "ne",
    "<": "lt", ">": "gt", "<=": "le", ">=": "ge", "contains": "contains", "isIn": "is_in",
}  # fmt: skip
COMPARISONS = frozenset(("==", "!=", "<", ">", "<=", ">="))
# a failing operand makes these fail in their own words
RELABELLING = COMPARISONS | frozenset("+-*/%")
NATIVE_LEVELS = {"+": SUM, "-": SUM, "*": PRODUCT}
MUTATING = frozenset(("put", "remove", "add", "addall", "putall", "clear"))


class Emitter:
    """Emits the expressions of one template and gathers what the generated module needs."""

    def __init__(self, types: Mapping[str, str], taken: frozenset[str] = frozenset()) -> None:
        self.types = types
        #: names that the module uses for something else, so that helpers must be called by others
        self.taken = taken
        self.imports: set[tuple[str, str]] = set()
        #: whether evaluating the template twice is not the same as evaluating it once
        self.once = False
        #: whether a filter tells the classes of maps apart
        self.tells_classes = False
        self.pure = True
        #: names bound by tags around the expression
        self.locals: list[set[str]] = []
        self.macros: dict[str, tuple[str, nodes.Macro]] = {}
        self.blocks: dict[str, str] = {}
        self.quote = '"'
        #: turns the body of a `filter` tag into the name of a function
        self.body: Callable[[nodes.Body], str] = lambda body: ""

    # -- small services

    def helper(self, name: str, module: str = "ops") -> str:
        """The name of a run-time helper, which the generated module then imports."""
        self.imports.add(("flowrt.expressions", name))
        return free_name(name, self.taken)

    def call(self, name: str, *arguments: str, module: str = "ops", kind: str = "") -> Code:
        """A call of a run-time helper."""
        return Code(f"{self.helper(name, module)}({', '.join(arguments)})", ATOM, kind)

    def literal(self, value: Any, plain: bool = False) -> Code:
        """A constant; whole numbers are 64-bit ones unless nobody can tell (`plain`)."""
        if isinstance(value, Long):
            source = literal(int(value))
            if not plain:
                return Code(f"{self.helper('Long', 'values')}({source})")
            return Code(source, SIGN if value < 0 else ATOM, "int")
        kind = {bool: "bool", str: "text", float: "number"}.get(type(value), "")
        negative = isinstance(value, float) and literal(value).startswith("-")
        return Code(literal(value, self.quote), SIGN if negative else ATOM, kind)

    def fail(self, message: str, *arguments: str) -> Code:
        """A call that fails with that message when it is evaluated."""
        return self.call("fail", literal(message, self.quote), *arguments)

    def is_local(self, name: str) -> bool:
        """Whether a tag around binds the name."""
        return any(name in names for names in self.locals)

    def thunk(self, node: nodes.Expression, line: int, plain: bool = False) -> str:
        """The expression as a function, for helpers that decide whether it is evaluated."""
        source = self.emit(node, line, plain).source
        return {"[]": "list", "{}": "dict"}.get(source) or f"lambda: {source}"

    def lazily(self, node: nodes.Expression, line: int, plain: bool) -> str:
        """A constant as it stands, anything else as a function."""
        if isinstance(node, nodes.Literal):
            return self.emit(node, line, plain).source
        return self.thunk(node, line, plain)

    def in_order(self, codes: "list[Code]", first: int = 0) -> "list[Code]":
        """Operands of one call, such that the failure of the first that fails is the one that counts.

        An operand that raises by itself would overtake those before it; `first` is the index of the
        operand that may.
        """
        return [
            (
                self.call("guard", f"lambda: {code.source}", kind=code.kind)
                if code.raises and index != first
                else code
            )
            for index, code in enumerate(codes)
        ]

    # -- expressions

    def emit(self, node: nodes.Expression, line: int, plain: bool = False) -> Code:
        """Python for an expression that stands on `line` of the template.

        `plain`: whoever takes the value does not tell 32-bit from 64-bit integers.
        """
        method = self._METHODS[type(node)]
        own = node.line if type(node) in OWN_FAILURES else line
        if own == line:
            return method(self, node, line, plain)
        code: Code = method(self, node, own, plain)
        return self.call("on_line", str(own), f"lambda: {code.source}", kind=code.kind)

    def _literal(self, node: nodes.Literal, line: int, plain: bool) -> Code:
        return self.literal(node.value, plain)

    def _name(self, node: nodes.Name, line: int, plain: bool) -> Code:
        return self._chain(node, line)

    def _attribute(self, node: nodes.Attribute, line: int, plain: bool) -> Code:
        return self._chain(node, line)

    def _chain(self, node: nodes.Expression, line: int) -> Code:
        """A name or a value with the subscripts behind it."""
        steps: list[nodes.Attribute] = []
        while isinstance(node, nodes.Attribute) and not (steps and node.line != line):
            steps.append(node)
            node = node.object
        steps.reverse()
        if isinstance(node, nodes.Name):
            code = Code(f"v[{literal(node.name, self.quote)}]")
            if node.line != line:
                code = self.call("on_line", str(node.line), f"lambda: {code.source}")
            kind = KINDS.get(self.types.get(self._path(node, steps), ""), "")
        else:
            code, kind = self._owner(node, line, bool(steps)), ""
        for step in steps:
            code = self._step(code, step, line)
        return code._replace(kind=kind) if kind else code

    def _owner(self, node: nodes.Expression, line: int, used: bool) -> Code:
        if isinstance(node, nodes.Literal) and used:
            return Code(self.literal(node.value).source, LAMBDA)
        if isinstance(node, nodes.ListLiteral) and used:
            return self.emit(node, line)._replace(level=LAMBDA)
        if isinstance(node, nodes.MapLiteral):
            return self._map_of_pairs(node, line)
        return self.emit(node, line)

    def _path(self, name: nodes.Name, steps: list[nodes.Attribute]) -> str:
        """The path that a chain spells, where it is known to the end."""
        path = [name.name]
        for step in steps:
            key = step.key
            if step.arguments is not None or not isinstance(key, nodes.Literal):
                return ""
            path.append(str(key.value))
        return "" if self.is_local(name.name) else ".".join(path)

    def _step(self, owner: Code, step: nodes.Attribute, line: int) -> Code:
        key = step.key
        if step.arguments is not None:
            name = str(key.value) if isinstance(key, nodes.Literal) else ""
            if name.lower() in MUTATING:
                self.once = True
            self.pure = False
            codes = self.in_order(
                [owner, *(self.emit(item, line) for item in step.arguments.positional)]
            )
            sources = [code.source for code in codes]
            sources.insert(1, literal(name, self.quote))
            return self.call("method", *sources, module="attributes")._replace(raises=owner.raises)
        if isinstance(key, nodes.Literal) and type(key.value) is str and owner.level == ATOM:
            return owner._replace(
                source=f"{owner.source}[{literal(key.value, self.quote)}]", kind=""
            )
        codes = self.in_order([owner, self.emit(key, line, True)])
        code = self.call("member", *(item.source for item in codes), module="attributes")
        return code._replace(raises=owner.raises)

    def _unary(self, node: nodes.Unary, line: int, plain: bool) -> Code:
        operand = self._owner(node.operand, line, False)
        if node.operator == "not":
            if operand.kind == "bool":
                return Code(f"not {operand.within(NOT)}", NOT, "bool", True)
            code = self.call("not_", operand.source, kind="bool")
        else:
            code = self.call("neg" if node.operator == "-" else "pos", operand.source)
        return code._replace(raises=operand.raises)

    def _binary(self, node: nodes.Binary, line: int, plain: bool) -> Code:
        operator = node.operator
        if operator in ("and", "or"):
            return self._logic(node, line)
        if operator == "~":
            return self._concat(self._spine(node), line)
        if operator == "??":
            return self._rescue("coalesce", node, line, plain)
        if operator == "???":
            return self._rescue("if_missing", node, line, plain)
        if operator == "..":
            codes = self.in_order([self.emit(side, line, True) for side in (node.left, node.right)])
            code = self.call("range_", *(item.source for item in codes), module="functions_core")
            return code._replace(raises=any(item.raises for item in codes))
        if operator in RELABELLING:
            return self._relabelling(node, line, plain)
        plain = operator == "isIn"
        codes = self.in_order([self.emit(side, line, plain) for side in (node.left, node.right)])
        code = self.call(HELPERS[operator], *(item.source for item in codes), kind="bool")
        return code._replace(raises=any(item.raises for item in codes))

    def _spine(self, node: nodes.Binary) -> list[nodes.Expression]:
        """The operands of a chain of one operator, from the left."""
        operands = [node.right]
        left = node.left
        while isinstance(left, nodes.Binary) and left.operator == node.operator:
            operands.append(left.right)
            left = left.left
        operands.append(left)
        operands.reverse()
        return operands

    def _logic(self, node: nodes.Binary, line: int) -> Code:
        level = AND if node.operator == "and" else OR
        parts = []
        for operand in self._spine(node):
            code = self._tested(operand, line)
            if code.kind != "bool":
                code = self.call("holds", code.source, kind="bool")
            parts.append(code.within(level + 1))
        return Code(f" {node.operator} ".join(parts), level, "bool", True)

    def _tested(self, node: nodes.Expression, line: int) -> Code:
        """What has to be true or false; a map is neither, and the failure names its class."""
        if isinstance(node, nodes.MapLiteral):
            return self._map_of_pairs(node, line)
        return self.emit(node, line, True)

    def _concat(self, operands: list[nodes.Expression] | tuple[Any, ...], line: int) -> Code:
        codes = self.in_order([self.emit(operand, line, True) for operand in operands])
        code = self.call("concat", *(item.source for item in codes), kind="text")
        return code._replace(raises=any(item.raises for item in codes))

    def _interpolation(self, node: nodes.Interpolation, line: int, plain: bool) -> Code:
        return self._concat(node.parts, line)

    def _rescue(self, name: str, node: nodes.Binary, line: int, plain: bool) -> Code:
        left = self.thunk(node.left, line, plain)
        if may_relabel(node.left):
            self.once = True
        return self.call(name, left, self.lazily(node.right, line, plain))

    def _operand(self, node: nodes.Expression, line: int, plain: bool) -> Code:
        code = self.emit(node, line, plain)
        if code.raises:
            return self.call("guard", f"lambda: {code.source}", kind=code.kind)
        return code

    def _relabelling(self, node: nodes.Binary, line: int, plain: bool) -> Code:
        operator = node.operator
        comparison = operator in COMPARISONS
        if operator == "+":
            operands = self._spine(node)
            if len(operands) > 2 or any(self._is_text(item) for item in operands):
                codes = [self._operand(item, line, False) for item in operands]
                return self.call("add", *(item.source for item in codes))
        # numbers compare by value, but those inside of lists and maps by kind
        left, right = (
            self._operand(side, line, comparison and isinstance(side, nodes.Literal))
            for side in (node.left, node.right)
        )
        kinds = {left.kind, right.kind}
        sides = (node.left, node.right)
        # parts of a list or a map may fail, which Python's own comparison would not notice
        containers = any(isinstance(side, (nodes.ListLiteral, nodes.MapLiteral)) for side in sides)
        texts = not containers and any(self._is_text(side) for side in sides)
        # numbers compare as 64-bit floating point ones: beyond 2**53 several integers are one
        exact = not any(
            isinstance(side, nodes.Literal)
            and isinstance(side.value, Long)
            and abs(side.value) > 1 << 53
            for side in sides
        )
        if comparison and (
            (operator in ("==", "!=") and texts) or (exact and kinds <= {"int", "number"})
        ):
            parts = left.within(SUM), right.within(SUM)
            return Code(f" {operator} ".join(parts), COMPARISON, "bool")
        if plain and operator in NATIVE_LEVELS:
            native = self._native_sum(node, line)
            if native is not None:
                return native
        return self.call(
            HELPERS[operator], left.source, right.source, kind="bool" if comparison else ""
        )

    def _native_sum(self, node: nodes.Binary, line: int) -> Code | None:
        """Python's own operator, where one side is a 32-bit number and the other a small literal."""
        level = NATIVE_LEVELS[node.operator]
        sides = []
        literals = 0
        for side in (node.left, node.right):
            if isinstance(side, nodes.Literal):
                if not isinstance(side.value, Long) or abs(side.value) >= 1 << 31:
                    return None
                literals += 1
            code = self.emit(side, line, True)
            if code.kind != "int" or not isinstance(
                side, (nodes.Name, nodes.Attribute, nodes.Literal)
            ):
                return None
            sides.append(code)
        if literals != 1:
            return None
        source = f"{sides[0].within(level)} {node.operator} {sides[1].within(level + 1)}"
        return Code(source, level, "int")

    @staticmethod
    def _is_text(node: nodes.Expression) -> bool:
        return isinstance(node, nodes.Literal) and type(node.value) is str

    def _ternary(self, node: nodes.Ternary, line: int, plain: bool) -> Code:
        condition = self._tested(node.condition, line)
        if condition.kind != "bool":
            condition = self.call("truth", condition.source)
        then = self.emit(node.then, line, plain)
        otherwise = self.emit(node.otherwise, line, plain)
        kind = then.kind if then.kind == otherwise.kind else ""
        source = f"{then.within(OR)} if {condition.within(OR)} else {otherwise.within(IF)}"
        return Code(source, IF, kind, True)

    def _list(self, node: nodes.ListLiteral, line: int, plain: bool) -> Code:
        codes = self.in_order([self.emit(item, line, plain) for item in node.items])
        source = "[" + ", ".join(code.source for code in codes) + "]"
        return Code(source, ATOM, "", any(code.raises for code in codes))

    def _map(self, node: nodes.MapLiteral, line: int, plain: bool) -> Code:
        keys = [key.value for key, _ in node.entries if isinstance(key, nodes.Literal)]
        names = [key for key in keys if type(key) is str]
        if len(names) < len(node.entries) or len(set(names)) < len(names) or self.tells_classes:
            return self._map_of_pairs(node, line)
        capacity = max(1, -(-len(names) * 4 // 3))
        codes = self.in_order([self.emit(value, line, plain) for _, value in node.entries])
        values = dict(zip(names, codes, strict=True))
        entries = (
            f"{literal(name, self.quote)}: {values[name].source}"
            for name in hash_order(names, capacity)
        )
        raises = any(code.raises for code in values.values())
        return Code("{" + ", ".join(entries) + "}", ATOM, "", raises)

    def _map_of_pairs(self, node: nodes.MapLiteral, line: int) -> Code:
        codes = self.in_order(
            [self.emit(part, line) for entry in node.entries for part in entry], first=-1
        )
        sources = [code.source for code in codes]
        pairs = [
            f"({key}, {value})" for key, value in zip(sources[::2], sources[1::2], strict=True)
        ]
        return self.call("literal_map", *pairs)

    # -- calls

    def _call(self, node: nodes.Call, line: int, plain: bool) -> Code:
        builtin = FUNCTIONS.get(node.name)
        if builtin is None:
            return self._macro_call(node, line)
        self.once = self.once or builtin.effects
        self.pure = self.pure and builtin.pure
        arguments = self._arguments(builtin, node.arguments, line)
        if isinstance(arguments, Code):
            return arguments
        first = ["v"] if builtin.context else []
        if builtin.module == "render" and node.line != 1:
            arguments.append(Code(f"line={node.line}"))
        arguments = self.in_order(arguments)
        sources = [item.source for item in arguments]
        if builtin.arguments is None and not builtin.variadic:
            code = self.call(builtin.symbol, *first, module=builtin.module)
            code = self._ignoring(code, node.arguments, sources)
        else:
            code = self.call(builtin.symbol, *first, *sources, module=builtin.module)
        return code._replace(raises=any(item.raises for item in arguments))

    def _ignoring(self, code: Code, given: nodes.Arguments, sources: list[str]) -> Code:
        """The call, but failing where an argument that it ignores fails."""
        named = [item for _, item in given.named]
        if all(isinstance(item, nodes.Literal) for item in (*given.positional, *named)):
            return code
        return self.call("ignoring", f"lambda: {code.source}", *sources)

    def _macro_call(self, node: nodes.Call, line: int) -> Code:
        found = self.macros.get(node.name)
        if found is None:
            return self.fail(f"Function or Macro [{node.name}] does not exist.")
        symbol, macro = found
        names = tuple(name for name, _ in macro.parameters)
        # a macro without parameters takes any arguments, as a function without a list does
        builtin = Builtin("macro", node.name, names or None, "", symbol, variadic=not names)
        bound = self._bind(builtin, node.arguments, line)
        if isinstance(bound, Code):
            return bound
        given = []
        for name, code in bound:
            code = self.in_order([code], first=-1)[0]
            if name.isidentifier() and not _is_keyword(name):
                given.append(f"{name}={code.source}")
            else:
                given.append("**{" + f"{literal(name, self.quote)}: {code.source}" + "}")
        return self.call("call_macro", "v", symbol, *given, module="macros")

    def _filter(self, node: nodes.Filter, line: int, plain: bool) -> Code:
        builtin = FILTERS.get(node.name)
        if builtin is None:
            return self.fail(f"Filter [{node.name}] does not exist.")
        self.once = self.once or builtin.effects
        arguments = self._arguments(builtin, node.arguments, line)
        if isinstance(arguments, Code):
            return arguments
        arguments = self.in_order(arguments)
        sources = [item.source for item in arguments]
        if builtin.lazy:
            operand = self.thunk(node.input, line, plain)
            if may_relabel(node.input):
                self.once = True
            return self.call(builtin.symbol, operand, *sources, module=builtin.module)
        operand_code = self._owner(node.input, line, False)
        if self.macros:
            inner = self.call("content", operand_code.source, module="macros")
            operand_code = inner._replace(raises=operand_code.raises)
        if arguments:  # they come first
            operand_code = self.in_order([operand_code], first=-1)[0]
        if builtin.arguments is None and not builtin.variadic:
            code = self.call(builtin.symbol, operand_code.source, module=builtin.module)
            code = self._ignoring(code, node.arguments, sources)
        else:
            code = self.call(builtin.symbol, operand_code.source, *sources, module=builtin.module)
        return code._replace(raises=operand_code.raises or any(item.raises for item in arguments))

    def _test(self, node: nodes.Test, line: int, plain: bool) -> Code:
        builtin = TESTS.get(node.name)
        if builtin is None:
            return self.fail(f"Test [{node.name}] does not exist.")
        arguments = self._arguments(builtin, node.arguments, line)
        sources = [item.source for item in arguments] if isinstance(arguments, list) else []
        if builtin.lazy:
            operand = Code(self.thunk(node.input, line), LAMBDA)
            if may_relabel(node.input):
                self.once = True
        else:
            operand = self.emit(node.input, line)
        code = self.call(builtin.symbol, operand.source, module="tests", kind="bool")
        code = self._ignoring(code, node.arguments, sources)._replace(kind="bool")
        if node.negative:
            return Code(f"not {code.source}", NOT, "bool", True)
        return code._replace(raises=operand.raises)

    def _arguments(
        self, builtin: Builtin, given: nodes.Arguments, line: int
    ) -> "list[Code] | Code":
        """The arguments in their declared order; or a failing call, where they do not fit."""
        bound = self._bind(builtin, given, line)
        if isinstance(bound, Code):
            return bound
        if builtin.variadic:
            return [code for _, code in bound]
        if builtin.arguments is None:
            return [code for _, code in bound]
        values = dict(bound)
        arguments: list[Code] = []
        for name in builtin.arguments or ():
            if not values:
                break
            code = values.pop(name, None)
            if code is None:
                code = Code(self.helper("MISSING", "values"))
            arguments.append(code)
        return arguments

    def _bind(
        self, builtin: Builtin, given: nodes.Arguments, line: int
    ) -> "list[tuple[str, Code]] | Code":
        names = builtin.arguments
        plain = not builtin.kinds and builtin.kind != "macro"
        if names is None:
            codes = [
                (str(index), self.emit(value, line, plain))
                for index, value in enumerate(given.positional)
            ]
            if not builtin.variadic or builtin.kind == "macro":
                last = dict(given.named)  # of two arguments of one name
                codes += [(name, self.emit(value, line, plain)) for name, value in last.items()]
            return codes
        bound: list[tuple[str, Code]] = []
        for index, value in enumerate(given.positional):
            if index >= len(names):
                return self._misfit(names, given, bound, line)
            # of two parameters of one name the last has the value
            bound = [entry for entry in bound if entry[0] != names[index]]
            bound.append((names[index], self.emit(value, line, plain)))
        for name, value in given.named:
            if name not in names:
                return self._misfit(names, given, bound, line)
            bound = [entry for entry in bound if entry[0] != name]
            bound.append((name, self.emit(value, line, plain)))
        return bound

    def _misfit(
        self,
        names: tuple[str, ...],
        given: nodes.Arguments,
        bound: list[tuple[str, Code]],
        line: int,
    ) -> Code:
        """What fails; on the line that the arguments end on."""
        message = misfit(names, given)
        assert message is not None
        own = [] if given.line == line else [f"line={given.line}"]
        return self.fail(message, *(code.source for _, code in bound), *own)

    def _rendered(self, node: nodes.Rendered, line: int, plain: bool) -> Code:
        part = self.body(node.body)
        return self.call("java_text", f"{part}(v)", module="macros", kind="text")

    def _parent(self, node: nodes.ParentBlock, line: int, plain: bool) -> Code:
        return self.fail(
            "Can not use parent function if template does not extend another template."
        )

    def _block_call(self, node: nodes.BlockCall, line: int, plain: bool) -> Code:
        entries = ", ".join(f"{literal(n, self.quote)}: {s}" for n, s in self.blocks.items())
        name = self.emit(node.name, line)
        code = self.call("printed_block", "v", "{" + entries + "}", name.source, module="macros")
        return code._replace(raises=name.raises)

    _METHODS: ClassVar[dict[type, Callable[..., Code]]] = {
        nodes.Literal: _literal,
        nodes.Name: _name,
        nodes.Attribute: _attribute,
        nodes.Unary: _unary,
        nodes.Binary: _binary,
        nodes.Ternary: _ternary,
        nodes.ListLiteral: _list,
        nodes.MapLiteral: _map,
        nodes.Interpolation: _interpolation,
        nodes.Call: _call,
        nodes.Filter: _filter,
        nodes.Test: _test,
        nodes.Rendered: _rendered,
        nodes.ParentBlock: _parent,
        nodes.BlockCall: _block_call,
    }


# nodes whose own line shows when they fail; the others fail through their parts only
OWN_FAILURES = frozenset(
    (
        nodes.Name, nodes.Attribute, nodes.Unary, nodes.Binary, nodes.Call, nodes.Filter,
        nodes.Test, nodes.ParentBlock, nodes.BlockCall,
    )
)  # fmt: skip


def _is_keyword(name: str) -> bool:
    from keyword import iskeyword

    return iskeyword(name)


def may_relabel(node: object) -> bool:
    """Whether an operator in the expression replaces its operands' failures by its own."""
    return any(
        isinstance(item, nodes.Binary) and item.operator in RELABELLING for item in nodes.walk(node)
    )
