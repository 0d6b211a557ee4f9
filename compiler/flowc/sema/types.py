"""The kinds of the context paths that are known before anything runs, for the expression compiler."""

from __future__ import annotations

from collections.abc import Mapping

from flowc.front import model
from flowc.front.nodes import Scalar


def expression_types(flow: model.Flow) -> Mapping[str, str]:
    """Input types by path (`inputs.n` is INT), for paths that surely exist and are not null.

    An input counts when it is required and depends on nothing: then a start without it is refused.
    """
    found: dict[str, str] = {}
    for given in flow.inputs:
        if given.type == "FORM":
            for child in given.children:
                if _surely(child):
                    found[f"inputs.{given.id}.{child.id}"] = child.type
        elif _surely(given):
            found[f"inputs.{given.id}"] = given.type
    return found


def _surely(given: model.Input) -> bool:
    required = given.properties.get("required")
    optional = isinstance(required, Scalar) and required.value is not True
    return not optional and "dependsOn" not in given.properties
