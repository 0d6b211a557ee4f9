"""What the compiler, and a task that is named at run time, ask of the kind of a property."""

from flowrt.model.declare import Kind


def holds_text(kind: Kind) -> bool:
    """Whether a property holds a text, whatever is written for it: a list or map is its JSON text there, one template."""
    return kind.name in ("string", "typed") or (kind.name == "any" and kind.open == "text")
