"""Labels of executions: from the shapes that tasks accept to pairs of texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flowrt.engine.blockcontext import BlockContext


def label_pairs(given: Any) -> dict[str, str]:
    """Labels from a map or a list of `{key, value}`; later ones win, empty ones are dropped."""
    from flowrt.java.printing import text_of

    return {str(k): text_of(v) for k, v in label_items(given) if k and v not in (None, "")}


def label_items(given: Any) -> list[tuple[Any, Any]]:
    """Labels from a map or a list of `{key, value}`, as they are written."""
    if isinstance(given, dict):
        return list(given.items())
    return [(item.get("key"), item.get("value")) for item in given or []]


def rendered_labels(run: BlockContext, given: Any) -> dict[str, str]:
    """Render the labels of a Subflow. Raises ValueError for those that only Kestra may set."""
    if given is None:
        return {}
    if not isinstance(given, (dict, list)):
        given = run.mapping(given)
    labels = label_pairs(run.structure(given))
    for key, value in labels.items():
        if key.startswith("system."):
            raise ValueError(
                f"System labels can only be set by Kestra itself, offending label: {key}={value}."
            )
    return labels
