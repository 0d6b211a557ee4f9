"""What a flow declares about the values that go in and come out: `Input`, `DependsOn`, `Output`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowrt.model.declare import Text

LIST_TYPES = frozenset({"ARRAY", "MULTISELECT"})
TEXT_TYPES = frozenset({"STRING", "SELECT", "EMAIL", "SECRET"})
"""Types for which an empty text is a value; for all others it counts as not given."""


class DependsOn:
    """When an input takes part: its dependencies have values and `condition` is true."""

    __slots__ = ("condition", "inputs")

    def __init__(self, *, inputs: Sequence[str] = (), condition: Text | None = None) -> None:
        self.inputs = tuple(inputs)
        self.condition = condition


class Input:
    """One input of a flow, or of a Pause that asks for values when it is resumed.

    `type` is one of Kestra's; which of the other properties have a meaning depends on it. Texts of
    `defaults`, `expression` and of the condition of `depends_on` may be expressions, everything else is literal.
    """

    __slots__ = (
        "after",
        "allow_custom_value",
        "allowed_file_extensions",
        "auto_select_first",
        "before",
        "defaults",
        "depends_on",
        "description",
        "display_name",
        "expression",
        "extension",
        "id",
        "inputs",
        "is_radio",
        "item_type",
        "max",
        "min",
        "options",
        "prefill",
        "required",
        "type",
        "validator",
        "values",
    )

    def __init__(
        self,
        id: str,
        type: str,
        *,
        required: bool = True,
        defaults: Any = None,
        prefill: Any = None,
        depends_on: DependsOn | None = None,
        display_name: str | None = None,
        description: str | None = None,
        validator: str | None = None,
        min: int | float | str | None = None,
        max: int | float | str | None = None,
        after: str | None = None,
        before: str | None = None,
        values: Sequence[Any] | None = None,
        options: Sequence[Any] | None = None,
        expression: Text | None = None,
        allow_custom_value: bool = False,
        is_radio: bool = False,
        auto_select_first: bool = False,
        item_type: str | None = None,
        extension: str | None = None,
        allowed_file_extensions: Sequence[str] = (),
        inputs: Sequence[Input] = (),
    ) -> None:
        self.id = id
        self.type = type
        self.required = required
        self.defaults = defaults
        self.prefill = prefill
        self.depends_on = depends_on
        self.display_name = display_name
        self.description = description
        self.validator = validator
        self.min = min
        self.max = max
        self.after = after
        self.before = before
        self.values = values
        self.options = options
        self.expression = expression
        self.allow_custom_value = allow_custom_value
        self.is_radio = is_radio
        self.auto_select_first = auto_select_first
        self.item_type = item_type
        self.extension = extension
        self.allowed_file_extensions = tuple(allowed_file_extensions)
        self.inputs = tuple(inputs)

    def __repr__(self) -> str:
        return f"Input({self.id!r}, {self.type!r})"

    def but(self, **changes: Any) -> Input:
        """The same declaration with some properties replaced."""
        kept = {name: getattr(self, name) for name in self.__slots__}
        return Input(**{**kept, **changes})

    @property
    def default(self) -> Any:
        """What stands in when nothing is given: `defaults`, or the first of `values` where that is asked for."""
        if self.defaults is None and self.auto_select_first and self.values:
            first = self.values[0]
            return [first] if self.type in LIST_TYPES else first
        return self.defaults

    @property
    def element_type(self) -> str | None:
        """The type that the elements of a list are converted to."""
        if self.type == "MULTISELECT":
            return self.item_type or "STRING"
        return self.item_type if self.type == "ARRAY" else None


def leaves(declared: Sequence[Input]) -> list[Input]:
    """The inputs that hold values: a FORM stands for its children, whose ids get its own in front."""
    flat: list[Input] = []
    for each in declared:
        if each.type == "FORM":
            flat.extend(child.but(id=f"{each.id}.{child.id}") for child in each.inputs)
        else:
            flat.append(each)
    return flat


class Output:
    """One output of a flow: `value` is rendered when the tasks are over, then converted to `type`."""

    __slots__ = ("description", "display_name", "id", "required", "type", "value")

    def __init__(
        self,
        id: str,
        type: str | None = None,
        *,
        value: Any,
        required: bool = True,
        display_name: str | None = None,
        description: str | None = None,
    ) -> None:
        self.id = id
        self.type = type
        self.value = value
        self.required = required
        self.display_name = display_name
        self.description = description

    def __repr__(self) -> str:
        return f"Output({self.id!r}, {self.type!r})"
