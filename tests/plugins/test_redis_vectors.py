"""Sets of vectors: commands in the form that the documentation of Redis 8 has, and a stand-in that keeps vectors."""

from __future__ import annotations

import math
import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tasks.fake import FakeRun, t, task

from flowrt.model.failures import TaskFailure
from flowrt.plugins.stores.redis_vectors import _scores


class Vectors:
    """What a server answers, and what it was asked; it looks at the place of each word as Redis does."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.sets: dict[str, dict[str, list[float]]] = {}

    def __call__(self, words: list[str]) -> bytes:
        self.asked.append(words)
        command, key, *rest = words
        found = self.sets.setdefault(key, {})
        if command == "VREM":
            return b":%d\r\n" % (found.pop(rest[0], None) is not None)
        if command == "VADD":
            if rest[0] == "REDUCE":
                del rest[:2]
            vector = self._vector(rest)
            element, *options = rest
            self._options(
                options, {"CAS": 0, "NOQUANT": 0, "Q8": 0, "BIN": 0, "EF": 1, "SETATTR": 1, "M": 1}
            )
            if len(vector) == 1:
                return b"-ERR too short\r\n"
            added = element not in found
            found[element] = vector
            return b":%d\r\n" % added
        assert command == "VSIM", words
        if rest[0] == "ELE":
            if rest[1] not in found:
                return b"-ERR element not found in set\r\n"
            vector, options = found[rest[1]], rest[2:]
        else:
            vector, options = self._vector(rest), rest
        self._options(
            options,
            {"WITHSCORES": 0, "COUNT": 1, "EPSILON": 1, "EF": 1, "FILTER": 1, "FILTER-EF": 1},
        )
        scores = {name: (1 + _cosine(vector, each)) / 2 for name, each in found.items()}
        best = sorted(scores.items(), key=lambda each: -each[1])
        if "COUNT" in options:
            best = best[: int(options[options.index("COUNT") + 1])]
        flat = [str(each).encode() for pair in best for each in pair]
        return b"*%d\r\n" % len(flat) + b"".join(
            b"$%d\r\n%s\r\n" % (len(each), each) for each in flat
        )

    @staticmethod
    def _vector(rest: list[str]) -> list[float]:
        assert rest[0] == "VALUES"
        size = int(rest[1])
        vector = [float(each) for each in rest[2 : 2 + size]]
        assert len(vector) == size
        del rest[: 2 + size]
        return vector

    @staticmethod
    def _options(given: list[str], known: dict[str, int]) -> None:
        at = 0
        while at < len(given):
            at += 1 + known[given[at]]
        assert at == len(given)


def _cosine(one: list[float], two: list[float]) -> float:
    product = sum(a * b for a, b in zip(one, two, strict=True))
    return product / (math.hypot(*one) * math.hypot(*two))


@pytest.fixture
def server() -> Iterator[tuple[Vectors, str]]:
    vectors = Vectors()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            while (head := self.rfile.readline()).startswith(b"*"):
                words = []
                for _ in range(int(head[1:])):
                    size = int(self.rfile.readline()[1:])
                    words.append(self.rfile.read(size + 2)[:-2].decode())
                plain = words[0].startswith("V")
                self.wfile.write(vectors(words) if plain else b"+OK\r\n")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as tcp:
        tcp.daemon_threads = True
        threading.Thread(target=tcp.serve_forever, daemon=True).start()
        yield vectors, f"redis://127.0.0.1:{tcp.server_address[1]}/0?protocol=2"
        tcp.shutdown()


@pytest.fixture
def run(tmp_path: Path) -> FakeRun:
    return FakeRun(tmp_path, size=2)


def do(run: FakeRun, url: str, name: str, /, **properties: Any) -> Any:
    return run.run(task(f"redis.vector.{name}", url=url, key="k", **properties))


def test_elements_are_added_found_and_removed(run: FakeRun, server: tuple[Vectors, str]) -> None:
    _, url = server
    for name, vector in (("a", [1.0, 0.0]), ("b", [0.0, 1.0]), ("c", [1.0, 1.0])):
        assert do(run, url, "Add", element=name, vector=vector) == {"added": True}
    assert do(run, url, "Add", element="a", vector=[2, 0]) == {"added": False}
    assert run.messages("INFO")[-1] == "Added element 'a' to vector set 'k': false"
    found = do(run, url, "Similarity", vector=[1, 0.1], count=t("{{ size }}"))
    assert found["matches"] == ["a", "c"] and found["scores"]["a"] > found["scores"]["c"] > 0.5
    assert run.messages("INFO")[-1] == "Found 2 match(es) in vector set 'k'"
    assert do(run, url, "Similarity", element="b")["matches"] == ["b", "c", "a"]
    assert do(run, url, "Delete", elements=["a", "a", "x"]) == {"count": 1}
    assert run.messages("INFO")[-1] == "Removed 1 element(s) from vector set 'k'"
    with pytest.raises(TaskFailure, match=r"Only 1 of 2 element\(s\) removed"):
        do(run, url, "Delete", elements=["b", "x"], failed_on_missing=True)
    with pytest.raises(TaskFailure, match=r"Redis: .*element not found in set"):
        do(run, url, "Similarity", element="x")
    assert _scores({"a": "0.5"}) == {"a": 0.5} and _scores(None) == {}


def test_all_options(run: FakeRun, server: tuple[Vectors, str]) -> None:
    vectors, url = server
    do(run, url, "Add", element="a", vector=[1, 2, 3], reduce_dim=2, quantization="BINARY",
       exploration_factor=200, max_nodes=16, check_and_set=True, attributes={"year": 1999})  # fmt: skip
    assert vectors.asked[-1] == [
        "VADD", "k", "REDUCE", "2", "VALUES", "3", "1.0", "2.0", "3.0", "a", "CAS", "BIN", "EF", "200",
        "SETATTR", '{"year":1999}', "M", "16",
    ]  # fmt: skip
    do(run, url, "Similarity", element="a", count=5, filter=".year > 1990", filter_efficiency=10,
       exploration_factor=9, epsilon=0.25)  # fmt: skip
    assert vectors.asked[-1] == [
        "VSIM", "k", "ELE", "a", "WITHSCORES", "COUNT", "5", "EPSILON", "0.25", "EF", "9",
        "FILTER", ".year > 1990", "FILTER-EF", "10",
    ]  # fmt: skip
    for kind, word in (("NO_QUANTIZATION", "NOQUANT"), ("Q8", "Q8")):
        do(run, url, "Add", element="a", vector=[1, 2, 3], quantization=kind)
        assert vectors.asked[-1][-1] == word


def test_what_cannot_be_asked(run: FakeRun, server: tuple[Vectors, str]) -> None:
    vectors, url = server
    both = "Exactly one of `vector` or `element` must be set"
    for name, given, said in (
        ("Add", {"element": "a", "vector": []}, "`vector` must contain at least one dimension"),
        (
            "Add",
            {"element": "a", "vector": [1, 2], "max_nodes": 0},
            "`maxNodes` must be at least 1",
        ),
        ("Similarity", {}, both),
        ("Similarity", {"element": "a", "vector": [1]}, both),
        ("Similarity", {"element": "a", "count": 10001}, "at least 1, and at most 10000"),
    ):
        with pytest.raises(TaskFailure, match=said):
            do(run, url, name, **given)
    assert vectors.asked == []
    with pytest.raises(TaskFailure, match=r"Redis: .*too short"):
        do(run, url, "Add", element="a", vector=[1])
