"""From what is given to the inputs of an execution: dependencies, defaults, conversion, validation.

The order of the steps is Kestra's (`FlowInputOutput`), the odd ones too; the first failing input is reported.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrt.inputs.conversion import Secret, Upload, convert, document_form, in_clear
from flowrt.inputs.declaration import TEXT_TYPES, leaves
from flowrt.inputs.defaults import default_value
from flowrt.inputs.errors import InputError, Invalid, Unreadable
from flowrt.inputs.validation import (
    MismatchedElement,
    Refused,
    secret_violation,
    violations,
)
from flowrt.java.errors import ExpressionError
from flowrt.java.printing import double_text, text_of
from flowrt.java.values import hash_map, hash_order

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from flowrt.expr.context import Context
    from flowrt.inputs.conversion import StoreFile
    from flowrt.inputs.declaration import Input
    from flowrt.inputs.sealing import Sealer
    from flowrt.services.masks import Masks

    Variables = Callable[[dict[str, Any]], Context]


class ResolvedInputs:
    """The inputs of an execution.

    `values` is what the document holds (dotted ids nested, secrets sealed), `undeclared` the ids that were given and are
    no inputs.
    """

    __slots__ = ("undeclared", "values")

    def __init__(self, values: dict[str, Any], undeclared: list[str]) -> None:
        self.values = values
        self.undeclared = undeclared

    def warnings(self, namespace: str, flow_id: str) -> list[str]:
        """What is logged (as WARN, without a task) about ids that are no inputs."""
        return [
            f"Input {each} was provided for workflow {namespace}.{flow_id} "
            "but isn't declared in the workflow inputs"
            for each in self.undeclared
        ]


def resolve_inputs(
    declared: Sequence[Input],
    given: Mapping[str, Any],
    *,
    variables: Variables,
    store_file: StoreFile,
    sealer: Sealer,
    masks: Masks,
    micros: bool = True,
) -> ResolvedInputs:
    """Resolve what is given for the declared inputs.

    `variables` makes the context of an expression from the variables of this place (`inputs`, when there are any).
    `store_file(input id, file name, data)` keeps a file of the execution and answers its URI. `masks` learns of
    the secrets; `micros` is explained at `document_form`. Raises `InputError`, which shows no part of one.
    """
    resolution = _Resolution(leaves(declared), given, variables, store_file)
    flat: dict[str, Any] = {}
    for item in resolution.items.values():
        resolution.resolve(item)
        if type(item.value) is Secret and item.value:
            masks.add(in_clear(item.value))
    for item in resolution.items.values():
        if not item.enabled:
            continue
        if item.errors:
            unreadable = item.declared if item.unreadable else None
            hide = masks.by_words().hide
            read = hide(item.read) if isinstance(item.read, str) else item.read
            raise InputError(hide("\n".join(item.errors)), unreadable, read)
        flat[item.declared.id] = item.value
    # the engine looks for undeclared keys only when more was given than resolved
    more = hash_order(given) if len(flat) < len(given) else []
    undeclared = [key for key in more if key not in flat]
    values = nested({id: _kept(id, value, sealer, micros) for id, value in flat.items()})
    return ResolvedInputs(values, undeclared)


def _kept(id: str, value: Any, sealer: Sealer, micros: bool) -> Any:
    try:
        return document_form(value, sealer, micros=micros)
    except RecursionError:
        raise _too_deep(id) from None


def _too_deep(id: str) -> InputError:
    return InputError(f"Invalid value for input `{id}`: it is nested too deeply")


def _unused_default(declared: Input, variables: Variables, sealer: Sealer) -> Any:
    """The default of an input that is switched off, as a document holds it: a secret is sealed.

    Raises `ExpressionError` and `Invalid`.
    """
    default = default_value(declared, lambda: _flow_only(variables({})))
    if declared.type == "SECRET" and default is not None:
        default = Secret(default)
    return document_form(default, sealer)


def fill_groups(
    declared: Sequence[Input],
    values: dict[str, Any],
    *,
    variables: Variables,
    sealer: Sealer,
) -> None:
    """Put the defaults of inputs that are switched off beside their siblings of the same group (`group.name`).

    The engine fills them in for its expressions, in maps that it shares with the document, so there they are too.
    """
    for each in leaves(declared):
        step, dot, _ = each.id.partition(".")
        if not dot or each.default is None or not isinstance(values.get(step), dict):
            continue
        if _contains(values, each.id):
            continue
        try:
            _put(values, each.id, _unused_default(each, variables, sealer))
        except (ExpressionError, Invalid):
            continue


def expression_view(
    declared: Sequence[Input],
    values: Mapping[str, Any],
    *,
    variables: Variables,
    sealer: Sealer,
) -> dict[str, Any]:
    """The variable `inputs` of an execution with those `values`: secrets in clear, in the order of a hash map.

    Inputs that are missing (switched off by `dependsOn`) show their default, where it can be rendered.
    """
    for each in leaves(declared):
        if each.type in _WITH_NUMBERS and each.element_type != "DURATION":
            values = _with_stored_numbers(values, each.id)
    capacity = -(-len(values) * 4 // 3) or None
    view = hash_map(((key, values[key]) for key in sorted(values)), capacity)
    shown: dict[str, Any] = sealer.reveal(view)
    added = False
    for each in leaves(declared):
        if each.default is None or _contains(shown, each.id):
            continue
        try:
            default = sealer.reveal(_unused_default(each, variables, sealer))
        except (ExpressionError, Invalid):
            continue  # it depends on what is known only while inputs are resolved
        if not added:
            shown, added = _copied(shown), True
        _put(shown, each.id, default)
    if not added:
        return dict(shown)

    return {key: shown[key] for key in hash_order(shown, capacity)}


_WITH_NUMBERS = frozenset({"FLOAT", "JSON", "YAML", "ARRAY", "MULTISELECT"})


def _with_stored_numbers(values: Mapping[str, Any], id: str) -> Mapping[str, Any]:
    """The values with the numbers of one input as the engine reads them back from its store."""
    step, _, rest = id.rstrip(".").partition(".")
    old = values.get(step)
    if rest:
        new = _with_stored_numbers(old, rest) if isinstance(old, dict) else old
    else:
        new = as_stored(old)
    return values if new is old else {**values, step: new}


def as_stored(value: Any) -> Any:
    """A value whose numbers went through the engine's store, which keeps decimals by digits and scale.

    `1.2345678E7` has no digits behind the point and comes back as an integer, `1.0E10` does not; `-0.0` loses its sign.
    """
    if type(value) is float:
        mantissa, exponential, exponent = double_text(value).partition("E")
        if exponential and len(mantissa.partition(".")[2]) == int(exponent):
            return int(value)
        return 0.0 if value == 0 else value
    if isinstance(value, dict):
        return {key: as_stored(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_stored(item) for item in value]
    return value


def _copied(value: Any) -> Any:
    """A copy of the maps, so that what is put into the view stays out of the document."""
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    return value


def _flow_only(context: Context) -> Context:
    """The variables of a default that is shown in place of an input: the flow, and nothing of the execution."""
    from flowrt.expr.context import Context

    return Context({"flow": context["flow"]}, context.env)


def nested(flat: Mapping[str, Any]) -> dict[str, Any]:
    """Dotted ids as maps in maps: sorted on top, in hash order below."""
    result: dict[str, Any] = {}
    for key, value in hash_map(flat.items()).items():
        _put(result, key, value)
    return {
        key: _in_hash_order(result[key]) if key not in flat else result[key]
        for key in sorted(result)
    }


def _in_hash_order(inner: dict[str, Any]) -> dict[str, Any]:
    return hash_map(
        (key, _in_hash_order(item) if type(item) is _Level else item) for key, item in inner.items()
    )


class _Level(dict[str, Any]):
    """A map that stands for the steps of dotted ids (values may be maps as well)."""


def _put(target: dict[str, Any], id: str, value: Any) -> None:
    *steps, last = id.rstrip(".").split(".")
    for step in steps:
        inner = target.get(step)
        if not isinstance(inner, dict):
            inner = target[step] = _Level()
        target = inner
    target.setdefault(last, value)


def _contains(target: Mapping[str, Any], id: str) -> bool:
    current: Any = target
    for step in id.rstrip(".").split("."):
        if not isinstance(current, dict) or step not in current:
            return False
        current = current[step]
    return True


class _Item:
    """One input while it is resolved."""

    __slots__ = ("declared", "enabled", "errors", "read", "resolved", "unreadable", "value")

    def __init__(self, declared: Input, value: Any) -> None:
        self.declared = declared
        self.value = self.read = value
        self.enabled = True
        self.resolved = False
        self.unreadable = False
        self.errors: list[str] = []

    def fail(self, message: str) -> None:
        self.errors.append(f"Invalid value for input `{self.declared.id}`. Cause: {message}")


class _Resolution:
    def __init__(
        self,
        declared: list[Input],
        given: Mapping[str, Any],
        variables: Variables,
        store_file: StoreFile,
    ) -> None:
        self.items: dict[str, _Item] = {}
        for each in declared:
            self.items.setdefault(each.id, _Item(each, given.get(each.id)))
        self.variables = variables
        self.store_file = store_file
        self.with_default = [each.id for each in declared if each.default is not None]

    def resolve(self, item: _Item) -> _Item:
        """Bring one input, and before it those that it depends on, to its value, its errors, or out of play."""
        if item.resolved:
            return item
        item.resolved = True
        depends_on = item.declared.depends_on
        dependencies: dict[str, _Item] = {}
        if depends_on is not None:
            for id in depends_on.inputs:
                if id != item.declared.id and id in self.items:
                    dependencies[id] = self.resolve(self.items[id])
        item.enabled = all(
            each.enabled and each.value is not None for each in dependencies.values()
        )
        if item.enabled and depends_on is not None and depends_on.condition is not None:
            item.enabled = self._holds(depends_on.condition, dependencies)
        if item.enabled:
            try:
                self._settle(item, dependencies)
            except Invalid as error:
                item.fail(str(error))
            except (Unreadable, MismatchedElement) as error:
                item.unreadable = True
                item.errors.append(str(error))
            except RecursionError:
                raise _too_deep(item.declared.id) from None
        return item

    def _context(self, dependencies: dict[str, _Item]) -> Context:
        flat: dict[str, Any] = {id: in_clear(each.value) for id, each in dependencies.items()}
        for id in self.with_default:  # other inputs with a default are there, and null
            flat.setdefault(id, None)
        shape = nested(flat)
        order = hash_map(shape.items(), -(-len(shape) * 4 // 3))
        return self.variables({"inputs": dict(order)} if order else {})

    def _holds(self, condition: Any, dependencies: dict[str, _Item]) -> bool:
        if isinstance(condition, str):
            return False  # a text is never the boolean true
        try:
            return condition.value(self._context(dependencies)) is True
        except ExpressionError:
            return False

    def _settle(self, item: _Item, dependencies: dict[str, _Item]) -> None:
        declared = item.declared
        if declared.expression is not None:
            values = self._choices(declared, dependencies)
            declared = item.declared = declared.but(values=values, options=None, expression=None)
        given = item.value
        if given == "" and declared.type not in TEXT_TYPES:
            given = None
        value, type_name = given, declared.type
        if value is None and declared.default is not None:
            if type_name == "YAML" and isinstance(declared.default, (dict, list)):
                type_name = "JSON"  # the text of a structure is JSON, and needs no reader of YAML
            try:
                value = default_value(declared, lambda: self._context(dependencies))
            except ExpressionError as error:
                raise Invalid(str(error)) from None
        item.read, item.value = value, None
        if value is None:
            if declared.required:
                item.errors.append(f"Missing required input:{declared.id}")
            return
        typed = convert(
            type_name,
            value,
            id=declared.id,
            store_file=self.store_file,
            element_type=declared.element_type,
        )
        if type(typed) is Secret:
            broken = secret_violation(declared, typed)
            if broken:
                raise Invalid(broken)
        try:
            for message in violations(declared, typed):
                item.fail(message)
        except Refused:
            kept = typed if isinstance(given, Upload) else given  # a file is stored by then
            item.value = None if kept is None else text_of(kept)
            return
        item.value = typed

    def _choices(self, declared: Input, dependencies: dict[str, _Item]) -> list[str]:
        expression = declared.expression
        result: Any = expression
        if not isinstance(expression, (str, type(None))):
            try:
                result = expression.value(self._context(dependencies))
            except ExpressionError as error:
                raise Invalid(
                    f"{declared.id}: Cannot render 'expression'. Cause: {error}"
                ) from None
        if not isinstance(result, list):
            raise Invalid(f"{declared.id}: Invalid expression result. Expected a list of strings")
        return [text_of(each) for each in result if each is not None]
