"""Inputs."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ValidationInfo, field_validator, model_validator

from flowc.expr import constant, read_template
from flowc.front.schemas.base import (
    DATE,
    DURATION,
    INSTANT,
    NUMBER,
    TIME,
    TRIMMED,
    WHOLE,
    Flag,
    Strict,
    Text,
    problem,
    said,
)
from flowrt.expr.properties import convert_scalar
from flowrt.java.errors import RawError

InputType = Literal[
    "STRING",
    "ENUM",
    "SELECT",
    "INT",
    "FLOAT",
    "BOOLEAN",
    "BOOL",
    "DATETIME",
    "DATE",
    "TIME",
    "DURATION",
    "FILE",
    "JSON",
    "URI",
    "SECRET",
    "ARRAY",
    "MULTISELECT",
    "YAML",
    "EMAIL",
    "FORM",
]
ConstantType = Annotated[InputType, TRIMMED]  # fmt: skip
_NO_ELEMENTS = ("ARRAY", "SECRET", "MULTISELECT", "ENUM", "SELECT")
_LOCAL_FILES = ("file:", "nsfile:")


_BOUNDS = {
    "INT": WHOLE,
    "FLOAT": NUMBER,
    "DURATION": DURATION,
    "DATE": DATE,
    "DATETIME": INSTANT,
    "TIME": TIME,
}
"""How the bounds of a type are read."""


def _is_known(default: Any) -> bool:
    """Whether the default of a FILE is a text that can be rendered without any variable."""
    if not isinstance(default, str):
        return not isinstance(default, list | dict)
    template = read_template(default)
    return not template.problems and all(each.guarded for each in template.references)


def _literal(default: Any) -> str | None:
    """The text of a default; None for an expression that is no literal, of which nothing can be said."""
    return constant(read_template(default)) if isinstance(default, str) else ""


def _is_address(text: str) -> bool:
    try:
        convert_scalar("uri", text)
    except RawError:
        return False
    return True


class DependsOn(Strict):
    from_source = True

    inputs: list[Text] | None = None
    condition: Text | None = None


class Input(Strict):
    """Every property that some type of input has; which of them a type has is the table of the runtime."""

    id: Text
    name: Text | None = None
    type: InputType
    description: Text | None = None
    dependsOn: DependsOn | None = None
    required: Flag = None
    defaults: Any = None
    prefill: Any = None
    displayName: Text | None = None
    validator: Text | None = None
    min: Any = None
    max: Any = None
    after: Any = None
    before: Any = None
    values: list[Text] | None = None
    options: list[Text] | None = None
    expression: Text | None = None
    allowCustomValue: Flag = None
    isRadio: Flag = None
    autoSelectFirst: Flag = None
    itemType: ConstantType | None = None
    extension: Text | None = None
    allowedFileExtensions: list[Text] | None = None
    inputs: list[Any] | None = None

    @field_validator("allowCustomValue", "isRadio", "autoSelectFirst")
    @classmethod
    def _said(cls, value: bool | None, info: ValidationInfo) -> bool:
        return said(str(info.field_name), value)

    @field_validator("min", "max", "after", "before")
    @classmethod
    def _bound(cls, value: Any, info: ValidationInfo) -> Any:
        read = _BOUNDS.get(info.data.get("type", ""))
        return read(value) if read else value

    @model_validator(mode="after")
    def _together(self) -> Input:
        violation = self._violation()
        if violation is not None:
            said, kestra = violation
            raise problem("FC210", f"the input `{self.id}` {said}", f"{self.id}: {kestra}")
        return self

    def _violation(self) -> tuple[str, str] | None:
        """What the input cannot have together: plainly, and in the words of the engine."""
        has_default = self.defaults is not None
        if self.type == "FORM" and (has_default or self.prefill is not None):
            return (
                "is a FORM, which groups others: it can have neither `defaults` nor `prefill`",
                "A FORM input groups other inputs and cannot declare a default value or a prefill.",
            )
        if has_default and self.prefill is not None:
            return (
                "has `defaults` and `prefill`: only one of them can be there",
                "Inputs with a default value cannot also have a prefill.",
            )
        if self.type in ("ARRAY", "MULTISELECT") and self.itemType in _NO_ELEMENTS:
            said = f"`itemType` cannot be {self.itemType}"
            return f"cannot have elements of type {self.itemType}", said
        if self.type == "FILE" and has_default and not _is_known(self.defaults):
            return (
                "is a FILE: the expression in its `defaults` is rendered when the flow is saved, where nothing is known",
                "inputs of type 'FILE' only support `defaults` with expression that can be rendered immediately",
            )
        text = _literal(self.defaults) if self.type == "FILE" and has_default else None
        if text and not _is_address(text):
            return (
                "is a FILE: its `defaults` is no address; write blanks and other letters as %20 and the like",
                "inputs of type 'FILE' only support `defaults` with expression that can be rendered immediately",
            )
        if text is not None and not text.strip().startswith(_LOCAL_FILES):
            return (
                "is a FILE: its `defaults` must be an address `file:///…` or `nsfile:///…`",
                "inputs of type 'FILE' only support `defaults` as local files using a file URI or as namespace "
                "files using a nsfile URI",
            )
        return None
