"""Redis: sets of vectors, which servers have from version 8 on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.formats.jsonwrite import to_json
from flowrt.model.declare import (
    ANY,
    BOOLEAN,
    DOUBLE,
    INTEGER,
    STRING,
    Kind,
    enum,
    listing,
    mapping,
    prop,
    task_type,
)
from flowrt.model.failures import TaskFailure
from flowrt.plugins.stores.redis import RedisTask
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Listing, Mapping, Number, Text

QUANTIZATION = enum("NO_QUANTIZATION", "BINARY", "Q8")
_WORDS = {"NO_QUANTIZATION": "NOQUANT", "BINARY": "BIN", "Q8": "Q8"}
MOST = 10_000
"""The matches that a search may be asked for."""


def _values(vector: list[Any]) -> list[Any]:
    """A vector as words of a command."""
    return ["VALUES", len(vector), *map(float, vector)]


def _number(
    run: RunContext, name: str, word: str, value: Any, most: int | None = None
) -> list[Any]:
    """An option with a number, where one is given. Raises TaskFailure for one that is too small or too large."""
    found = run.integer(value)
    if found is None:
        return []
    if found < 1 or (most is not None and found > most):
        raise TaskFailure(
            f"`{name}` must be at least 1" + (f", and at most {most}" if most is not None else "")
        )
    return [word, found]


@task_type("io.kestra.plugin.redis.vector.Add")
class RedisVectorAdd(RedisTask):
    """Put an element into a set, or give it another vector."""

    outputs: ClassVar[dict[str, Kind] | None] = {"added": BOOLEAN}

    key: Text = prop(STRING)
    element: Text = prop(STRING)
    vector: Listing = prop(listing(DOUBLE))
    reduce_dim: Integer | None = prop(INTEGER, default=None)
    quantization: Text | None = prop(QUANTIZATION, default=None)
    exploration_factor: Integer | None = prop(INTEGER, default=None)
    max_nodes: Integer | None = prop(INTEGER, default=None)
    check_and_set: Flag | None = prop(BOOLEAN, default=None)
    attributes: Mapping | None = prop(mapping(ANY), default=None)

    def _work(self, run: RunContext, client: Any) -> dict[str, Any]:
        key, element = required_text(run, self.key), required_text(run, self.element)
        vector = run.listing(self.vector, DOUBLE) or []
        if not vector:
            raise TaskFailure("`vector` must contain at least one dimension")
        words = [
            key,
            *_number(run, "reduceDim", "REDUCE", self.reduce_dim),
            *_values(vector),
            element,
        ]
        if run.flag(self.check_and_set):
            words.append("CAS")
        kind = run.constant(self.quantization, QUANTIZATION)
        words += [] if kind is None else [_WORDS[kind]]
        words += _number(run, "explorationFactor", "EF", self.exploration_factor)
        attributes = run.mapping(self.attributes) or {}
        words += ["SETATTR", to_json(attributes)] if attributes else []
        words += _number(run, "maxNodes", "M", self.max_nodes)
        added = bool(client.execute_command("VADD", *words))
        shown = str(added).lower()
        run.log("INFO", f"Added element '{element}' to vector set '{key}': {shown}")
        return {"added": added}


@task_type("io.kestra.plugin.redis.vector.Delete")
class RedisVectorDelete(RedisTask):
    """Take elements out of a set."""

    outputs: ClassVar[dict[str, Kind] | None] = {"count": INTEGER}

    key: Text = prop(STRING)
    elements: Listing = prop(listing(STRING))
    failed_on_missing: Flag = prop(BOOLEAN, default=False)

    def _work(self, run: RunContext, client: Any) -> dict[str, Any]:
        key = required_text(run, self.key)
        elements = list(dict.fromkeys(run.listing(self.elements) or []))
        count = sum(bool(client.execute_command("VREM", key, each)) for each in elements)
        if count != len(elements) and run.flag(self.failed_on_missing):
            raise TaskFailure(
                f"Only {count} of {len(elements)} element(s) removed — verify the element ids exist in the vector set "
                "before calling Delete, or set `failedOnMissing` to false to ignore missing ids."
            )
        run.log("INFO", f"Removed {count} element(s) from vector set '{key}'")
        return {"count": count}


@task_type("io.kestra.plugin.redis.vector.Similarity")
class RedisVectorSimilarity(RedisTask):
    """The elements that are most like a vector, or like an element; the most alike comes first."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "matches": listing(STRING),
        "scores": mapping(DOUBLE),
    }

    key: Text = prop(STRING)
    vector: Listing | None = prop(listing(DOUBLE), default=None)
    element: Text | None = prop(STRING, default=None)
    count: Integer | None = prop(INTEGER, default=None)
    filter: Text | None = prop(STRING, default=None)
    filter_efficiency: Integer | None = prop(INTEGER, default=None)
    exploration_factor: Integer | None = prop(INTEGER, default=None)
    epsilon: Number | None = prop(DOUBLE, default=None)

    def _work(self, run: RunContext, client: Any) -> dict[str, Any]:
        key, vector = required_text(run, self.key), run.listing(self.vector, DOUBLE) or []
        element = run.text(self.element)
        if bool(vector) == (element is not None):
            raise TaskFailure(
                "Exactly one of `vector` or `element` must be set to run a similarity search"
            )
        words = [key, *(_values(vector) if vector else ["ELE", element]), "WITHSCORES"]
        words += _number(run, "count", "COUNT", self.count, MOST)
        epsilon = run.double(self.epsilon)
        words += [] if epsilon is None else ["EPSILON", epsilon]
        words += _number(run, "explorationFactor", "EF", self.exploration_factor)
        wanted = run.text(self.filter)
        words += [] if wanted is None else ["FILTER", wanted]
        words += _number(run, "filterEfficiency", "FILTER-EF", self.filter_efficiency)
        found = client.execute_command("VSIM", *words)
        scores = _scores(found)
        run.log("INFO", f"Found {len(scores)} match(es) in vector set '{key}'")
        return {"matches": list(scores), "scores": scores}


def _scores(found: Any) -> dict[str, float]:
    """The scores by element: a map, or names and scores in turn, as older protocols have it."""
    if isinstance(found, dict):
        return {str(name): float(score) for name, score in found.items()}
    names = iter(found or ())
    return {str(name): float(score) for name, score in zip(names, names, strict=True)}
