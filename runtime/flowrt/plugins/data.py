"""Properties that take data in any of three forms: a map, a list of maps, or the address of a file of rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrt.model.failures import TaskFailure
from flowrt.model.misfit import misfit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowrt.model.context import RunContext


def maps_of(run: RunContext, value: Any) -> Iterator[dict[str, Any]]:
    """The maps of such a property, rendered. Raises TaskFailure for anything else."""
    if isinstance(value, (dict, list)):
        data = run.structure(value)
    else:
        from flowrt.formats.jsonread import JsonError, parse_json
        from flowrt.plugins.stored import plain_rows, source_path
        from flowrt.services.folders import is_address

        text = (run.text(value) or "").strip()
        if is_address(text):
            for row in plain_rows(source_path(run, text)):
                if not isinstance(row, dict):
                    raise misfit("java.util.LinkedHashMap", row)
                yield row
            return
        try:
            data = parse_json(text)
        except JsonError as error:
            raise TaskFailure(str(error)) from None
    for each in data if isinstance(data, list) else [data]:
        if not isinstance(each, dict):
            raise misfit("java.util.LinkedHashMap", each)
        yield each
