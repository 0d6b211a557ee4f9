"""The outputs of a flow: what was rendered, converted to the declared types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrt.inputs.conversion import convert, document_form
from flowrt.inputs.errors import Invalid, Unreadable
from flowrt.java.values import hash_map, without_nulls

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flowrt.inputs.conversion import StoreFile
    from flowrt.inputs.declaration import Output
    from flowrt.inputs.sealing import Sealer


class OutputError(ValueError):
    """A flow output cannot be converted to its type."""


def convert_outputs(
    declared: Sequence[Output],
    rendered: Mapping[str, Any],
    *,
    store_file: StoreFile,
    sealer: Sealer,
) -> dict[str, Any]:
    """The outputs of an execution from their rendered values by id, in the order of a hash map.

    Nulls are left out, in structures too. Raises `OutputError` for the first one that does not fit its type.
    """
    typed = {
        each.id: convert_output(each, rendered.get(each.id), store_file=store_file)
        for each in declared
    }
    document = document_form(hash_map(typed.items()), sealer, micros=False)
    result: dict[str, Any] = without_nulls(document)
    return result


def convert_output(declared: Output, value: Any, *, store_file: StoreFile) -> Any:
    """The typed value of one output. Raises `OutputError`."""
    if value is None and not declared.required:
        return None
    try:
        return convert(declared.type, value, id=declared.id, store_file=store_file)
    except Invalid as error:
        raise OutputError(f"Invalid value for output `{declared.id}`. Cause: {error}") from None
    except Unreadable as error:
        raise OutputError(str(error)) from None
