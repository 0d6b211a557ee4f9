"""Deep merge of maps, as variables, state and key-value entries are merged."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from flowrt.java.values import hash_map


def deep_merge(old: dict[Any, Any], new: dict[Any, Any]) -> dict[Any, Any]:
    """Maps merge, lists gain the items they lack, null changes nothing, all else is replaced.

    What is merged is kept as JSON: of a hash map only its order is left.
    """
    if not old:
        return new
    if not new:
        return old
    merged = {**old, **dict(changes(old, new, old))}
    wanted = max(len(old), len(new))
    return dict(hash_map(merged.items(), capacity=-(-wanted * 4 // 3)))


def changes(
    old: dict[Any, Any], new: dict[Any, Any], given: Collection[Any]
) -> Iterator[tuple[Any, Any]]:
    """What a merge changes in a map. `given` are the keys whose values are not copies of its own yet."""
    for key in given:
        if key not in new:
            yield key, _cloned(old[key])
    for key, value in new.items():
        before = old.get(key)
        yield key, _merge_values(_cloned(before) if key in given else before, value)


def _cloned(value: Any) -> Any:
    """What a merge keeps is copied, which brings maps into the order of a hash map of their size."""
    if isinstance(value, dict):
        items = [(key, _cloned(item)) for key, item in value.items()]
        return dict(hash_map(items, capacity=len(value)))
    return list(value) if isinstance(value, list) else value


def _merge_values(old: Any, new: Any) -> Any:
    if new is None:
        return old
    if old is None:
        return new
    if isinstance(old, dict) and isinstance(new, dict):
        return deep_merge(old, new)
    if isinstance(old, list) and isinstance(new, list):
        return [*old, *(item for item in new if item not in old)]
    return new
