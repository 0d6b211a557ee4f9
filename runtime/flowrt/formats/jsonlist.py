"""JSON texts of which a list is wanted, and the classes of what Jackson raises for a text."""

from __future__ import annotations

from typing import Any

from flowrt.formats.jsonread import FIRST, JsonError, parse_json, told


def failure(error: JsonError, text: str) -> str:
    """What is wrong with a text, behind the class of what Jackson raises then."""
    said = error.message
    name = "core.JsonParseException"
    if said.startswith(("Cannot deserialize", "No content")):
        name = "databind.exc.MismatchedInputException"
    elif said.startswith("Unexpected end-of-input"):
        # what ends behind a comma is to Jackson no end that comes too early
        after_comma = " within/between " in said and text.rstrip().endswith(",")
        name = name if after_comma else "core.io.JsonEOFException"
    return f"com.fasterxml.jackson.{name}: {said}"


def parse_list(text: str) -> list[Any]:
    """The list that a text begins with. Raises JsonError for anything else."""
    # Jackson refuses a map by its first sign
    value: Any = {} if text.lstrip(" \t\n\r").startswith("{") else parse_json(text)
    if isinstance(value, list):
        return value
    wanted = "Cannot deserialize value of type `java.util.ArrayList<java.lang.Object>`"
    raise JsonError(f"{wanted} from {told(value)}{FIRST}")
