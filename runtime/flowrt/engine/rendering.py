"""From declared properties to values: rendered with the variables of a run, then converted to their kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrt.java.time.duration import SECOND
from flowrt.model.declare import ANY, STRING
from flowrt.model.failures import TaskFailure, required

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowrt.expr.context import Context
    from flowrt.model.declare import Flag, Kind, Listing, Mapping, Text


_FALSE = frozenset({"false", "0", "-0", ""})


def truthy(text: str | None) -> bool:
    """Kestra's truth of a rendered text, as `runIf`, conditions and assertions use it.

    False for `false`, `0`, `-0`, nothing and null, blanks around them included; case counts.
    """
    return text is not None and text.strip() not in _FALSE


def _converted(convert: Callable[..., Any], *arguments: Any) -> Any:
    """Convert a property; a failure names the reader of JSON that gave up, as Kestra's do."""
    from flowrt.java.casts import ILLEGAL_ARGUMENT
    from flowrt.java.errors import RawError

    try:
        return convert(*arguments)
    except RawError as error:
        if error.java_class.startswith(("com.fasterxml.", ILLEGAL_ARGUMENT)):
            raise TaskFailure(f"{error.java_class}: {error}") from None
        raise


class Rendering:
    """Renders properties with one set of variables, which is made when the first expression asks for it."""

    def __init__(self, variables: Callable[[], Context]) -> None:
        self._make_variables = variables
        self._variables: Context | None = None

    @property
    def variables(self) -> Context:
        if self._variables is None:
            self._variables = self._make_variables()
        return self._variables

    def use(self, variables: Context) -> None:
        """Render with other variables from now on."""
        self._variables = variables

    def text(self, value: Any) -> str | None:
        if value is None or isinstance(value, str):
            return value
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, int):
            return str(value)
        if isinstance(value, (float, dict, list)):
            from flowrt.formats.jsonwrite import to_json

            return to_json(self.structure(value) if isinstance(value, (dict, list)) else value)
        return value.text(self.variables) or ""

    def parse(self, text: str, typed: bool = False) -> Text:
        if "{" not in text:
            return text
        from flowrt.expr.render import template_of

        return template_of(text, typed)

    def text_with(self, value: Text, variables: dict[str, Any]) -> str | None:
        if isinstance(value, str):
            return value
        from flowrt.expr.context import scoped

        v = scoped(self.variables)
        v.stack[-1].update(variables)
        return value.text(v)

    def typed(self, value: Any) -> Any:
        if isinstance(value, (dict, list)):
            return self.text(value)
        return value.value(self.variables) if hasattr(value, "value") else value

    def _scalar(self, kind: str, value: Any) -> Any:
        if value is None:
            return None
        from flowrt.expr.properties import convert_scalar

        return _converted(convert_scalar, kind, self.text(value))

    def integer(self, value: Any) -> int | None:
        if type(value) is int:
            return value
        found = self._scalar("integer", value)
        return None if found is None else int(found)

    def double(self, value: Any) -> float | None:
        found = self._scalar("double", value)
        return None if found is None else float(found)

    def flag(self, value: Flag | None, default: bool = False, nothing: bool | None = None) -> bool:
        if isinstance(value, bool):
            return value
        if value is None:
            return default
        found = self._scalar("boolean", value)
        return bool(required(found if nothing is None or found is not None else nothing))

    def duration(self, value: Any) -> float | None:
        found = self._scalar("duration", value)
        return None if found is None else float(found.nanos) / SECOND

    def listing(self, value: Listing | None, item: Kind = STRING) -> list[Any] | None:
        if value is None:
            return None
        from flowrt.expr.properties import convert_list

        found: list[Any] = _converted(convert_list, item.name, value, self.variables)
        return [self.constant(each, item) for each in found] if item.values else found

    def mapping(self, value: Mapping | None, item: Kind = ANY) -> dict[str, Any] | None:
        if value is None:
            return None
        from flowrt.expr.properties import convert_map

        found = _converted(convert_map, item.name, value, self.variables)
        return None if found is None else dict(found)

    def constant(self, value: Text | None, kind: Kind) -> str | None:
        if isinstance(value, str) and value in kind.values:
            return value
        if value is None:
            return None
        from flowrt.expr.properties import convert_constant

        text: str = _converted(convert_constant, kind.values, self.text(value) or "")
        return text

    def structure(self, value: Any) -> Any:
        if isinstance(value, (str, int, float, bool)) or value is None:
            return value
        from flowrt.expr.render import render_structure

        return render_structure(value, self.variables)

    def truthy(self, value: Text | None) -> bool:
        return truthy(self.text(value))
