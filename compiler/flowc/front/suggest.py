"""`did you mean`: the nearest of the names that would have been right."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The name that is most like the given one, or None when none is near."""
    from difflib import get_close_matches

    names = list(known)
    folded = {each.casefold().replace("_", ""): each for each in names}
    same = folded.get(name.casefold().replace("_", "").replace("-", ""))
    if same is not None and same != name:
        return same
    found = get_close_matches(name, names, 1, 0.6)
    return found[0] if found and found[0] != name else None


LATER = frozenset(
    ["when", "onChildFailure", "dependsOn", "window", "mode", "minSatisfied", "draft", "policyRefs"]
)
"""Properties that came with Kestra 2.0, in one place or another."""


def of_property(name: str, known: Iterable[str]) -> str | None:
    """A hint for a property that an object does not have, or None."""
    if name in LATER:
        return f"`{name}` came with Kestra 2.0; flowc compiles flows of Kestra 1.3"
    return did_you_mean(name, known)


def did_you_mean(name: str, known: Iterable[str]) -> str | None:
    """A hint, or None."""
    found = nearest(name, known)
    return None if found is None else f"did you mean `{found}`?"
