"""Documents by meaning: taken in, found again, given to a model with a question."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from flowrt.model.declare import (
    ANY,
    BOOLEAN,
    DOUBLE,
    INTEGER,
    STRING,
    URI,
    Declared,
    Kind,
    enum,
    listing,
    mapping,
    prop,
    record,
    task_type,
)
from flowrt.model.failures import TaskFailure
from flowrt.model.task import Task
from flowrt.plugins.ai.chat import Model, Usage
from flowrt.plugins.ai.providers import kind_of, model_of, rendered
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Listing, Number, Text

SPLITTERS = enum("RECURSIVE", "PARAGRAPH", "LINE", "SENTENCE", "WORD")
FETCH = enum("STORE", "FETCH", "FETCH_ONE", "NONE")


class Segment(NamedTuple):
    """A piece of a document, and what is known of it."""

    text: str
    metadata: dict[str, Any]


class EmbeddingStore:
    """Segments with their meaning, in an entry of the namespace, in the form in which Kestra keeps them there."""

    def __init__(self, run: RunContext, given: Any, fresh: bool = False) -> None:
        from flowrt.formats.jsonread import parse_json

        store = rendered(run, given, "embeddings")
        kind = kind_of(store)
        if kind != "KestraKVStore":
            raise TaskFailure(
                f"the store of embeddings {kind} is not available here; KestraKVStore is"
            )
        run.metric("counter", "ai.embedding.store.calls", 1, {"store": str(store["type"])})
        self.key = str(store.get("kvName") or f"{run.flow_id}-embedding-store")
        self.entries: list[dict[str, Any]] = []
        if not fresh:
            try:
                found = run.kv.get(run.namespace, self.key)
            except KeyError:
                return
            document = parse_json(found) if isinstance(found, str) else found
            self.entries = list(document.get("entries") or ())

    def add(self, segments: list[Segment], vectors: list[list[float]]) -> None:
        """Take segments in."""
        from uuid import uuid4

        for segment, vector in zip(segments, vectors, strict=True):
            self.entries.append(
                {
                    "id": str(uuid4()),
                    "embedding": {"vector": vector},
                    "embedded": {
                        "text": segment.text,
                        "metadata": {"metadata": segment.metadata},
                    },
                }
            )

    def save(self, run: RunContext) -> dict[str, Any]:
        """Keep it; answers what the task puts out about it."""
        from flowrt.formats.jsonwrite import to_json

        run.kv.put(run.namespace, self.key, to_json({"entries": self.entries}))
        return {"kvName": self.key}

    def nearest(self, vector: list[float], most: int, least: float) -> list[Segment]:
        """The segments nearest in meaning, the nearest first; `least` is a score from 0 to 1."""
        scored = []
        for entry in self.entries:
            score = (_cosine(vector, entry["embedding"]["vector"]) + 1) / 2
            if score >= least:
                scored.append((score, entry["embedded"]))
        scored.sort(key=lambda each: -each[0])
        return [
            Segment(found["text"], (found.get("metadata") or {}).get("metadata") or {})
            for _, found in scored[:most]
        ]


def _cosine(one: list[float], other: list[float]) -> float:
    from math import hypot
    from operator import mul

    if len(one) != len(other):
        raise TaskFailure(
            f"the store holds embeddings of {len(other)} numbers, the model gives {len(one)}"
        )
    lengths = hypot(*one) * hypot(*other)
    return sum(map(mul, one, other)) / lengths if lengths else 0.0


def retrieve(
    run: RunContext, model: Model, store: EmbeddingStore, query: str, most: int, least: float
) -> list[Segment]:
    """What a store holds about a question."""
    (vector,), _ = model.embed(run, [query])
    return store.nearest(vector, most, least)


class DocumentSplitter(Declared):
    """How a document is cut into segments."""

    splitter: str = prop(SPLITTERS, static=True, default="RECURSIVE")
    max_segment_size_in_chars: int = prop(INTEGER, static=True)
    max_overlap_size_in_chars: int = prop(INTEGER, static=True)


_SEPARATORS = {
    "PARAGRAPH": (r"\s*\n\s*\n\s*", "\n\n"),
    "LINE": (r"\s*\n\s*", "\n"),
    "SENTENCE": (r"(?<=[.!?])\s+", " "),
    "WORD": (r"\s+", " "),
}


def split(text: str, splitter: DocumentSplitter | None) -> list[str]:
    """A document in segments; whole without a splitter."""
    if splitter is None:
        return [text]
    names = list(_SEPARATORS)
    start = 0 if splitter.splitter == "RECURSIVE" else names.index(splitter.splitter)
    size, overlap = splitter.max_segment_size_in_chars, splitter.max_overlap_size_in_chars
    return _split(text, names[start:], size, min(overlap, max(0, size - 1)))


def _split(text: str, names: list[str], size: int, overlap: int) -> list[str]:
    import re

    if len(text) <= size:
        return [text] if text.strip() else []
    if not names:
        return [text[at : at + size] for at in range(0, len(text), size - overlap)]
    pattern, joint = _SEPARATORS[names[0]]
    segments: list[str] = []
    current = ""
    for part in re.split(pattern, text):
        if not part:
            continue
        longer = f"{current}{joint}{part}" if current else part
        if len(longer) <= size:
            current = longer
            continue
        if current:
            segments.append(current)
        tail = _tail(current, overlap, joint)
        if len(part) > size:
            inner = _split(part, names[1:], size, overlap)
            segments += inner[:-1]
            current = inner[-1] if inner else ""
        else:
            joined = f"{tail}{joint}{part}" if tail else part
            current = joined if len(joined) <= size else part
    if current:
        segments.append(current)
    return segments


def _tail(text: str, overlap: int, joint: str) -> str:
    """The end of a segment that the next one repeats: whole parts only."""
    if not overlap or not text:
        return ""
    kept = ""
    for part in reversed(text.split(joint)):
        longer = f"{part}{joint}{kept}" if kept else part
        if len(longer) > overlap:
            break
        kept = longer
    return kept


class InlineDocument(Declared):
    """A document in the flow."""

    content: Text = prop(STRING)
    metadata: Any = prop(mapping(), default=None)


@task_type("io.kestra.plugin.ai.rag.IngestDocument")
class IngestDocument(Task):
    """Take documents into a store of embeddings."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "ingestedDocuments": INTEGER,
        "embeddingStoreOutputs": mapping(),
        "inputTokenCount": INTEGER,
        "outputTokenCount": INTEGER,
        "totalTokenCount": INTEGER,
    }

    provider: Any = prop(ANY)
    embeddings: Any = prop(ANY)
    document_splitter: DocumentSplitter | None = prop(record(DocumentSplitter), default=None)
    metadata: Any = prop(mapping(STRING), default=None)
    from_path: Text | None = prop(STRING, default=None)
    from_internal_uris: Listing | None = prop(
        listing(STRING), yaml="fromInternalURIs", default=None
    )
    from_external_urls: Listing | None = prop(
        listing(STRING), yaml="fromExternalURLs", default=None
    )
    from_documents: Listing | None = prop(listing(record(InlineDocument)), default=None)
    drop: Flag = prop(BOOLEAN, default=False)
    bulk_size: Integer = prop(INTEGER, default=500)

    async def run(self, run: RunContext) -> dict[str, Any]:
        found: dict[str, Any] = await run.in_thread(lambda: self._ingest(run))
        return found

    def _ingest(self, run: RunContext) -> dict[str, Any]:
        model = model_of(run, self.provider)
        store = EmbeddingStore(run, self.embeddings, run.flag(self.drop))
        documents = self._documents(run)
        more = run.mapping(self.metadata, STRING) or {}
        usage = Usage()
        size = max(1, run.integer(self.bulk_size) or 500)
        segments = [
            Segment(text, {**document.metadata, **more})
            for document in documents
            for text in split(document.text, self.document_splitter)
        ]
        for at in range(0, len(segments), size):
            batch = segments[at : at + size]
            vectors, used = model.embed(run, [each.text for each in batch])
            store.add(batch, vectors)
            usage = usage + used
        run.metric("counter", "indexed.documents", len(documents))
        counted = {
            "inputTokenCount": usage.input or None,
            "outputTokenCount": usage.output or None,
            "totalTokenCount": (usage.input + usage.output) or None,
        }
        return {
            "ingestedDocuments": len(documents),
            "embeddingStoreOutputs": store.save(run),
            **counted,
        }

    def _documents(self, run: RunContext) -> list[Segment]:
        from flowrt.plugins.web import exchange
        from flowrt.services.folders import folder_files, inside

        found = []
        path = run.text(self.from_path)
        if path is not None:
            folder = inside(run.working_dir, path)
            files = [("", folder)] if folder.is_file() else folder_files(folder)
            found += [
                Segment(file.read_text("utf-8", "replace"), {"file_name": file.name})
                for _, file in files
            ]
        for each in self.from_documents if isinstance(self.from_documents, list) else []:
            found.append(Segment(run.text(each.content) or "", run.mapping(each.metadata) or {}))
        for uri in run.listing(self.from_internal_uris) or []:
            found.append(Segment(run.open_file(uri).decode("utf-8", "replace"), {}))
        for url in run.listing(self.from_external_urls) or []:
            body = exchange(run, url, "GET", url).body or b""
            found.append(Segment(body.decode("utf-8", "replace"), {"url": url}))
        return found


@task_type("io.kestra.plugin.ai.rag.Search")
class RagSearch(Task):
    """Find what a store of embeddings holds about a question."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "results": listing(STRING),
        "size": INTEGER,
        "uri": URI,
    }

    provider: Any = prop(ANY)
    embeddings: Any = prop(ANY)
    query: Text = prop(STRING)
    max_results: Integer = prop(INTEGER)
    min_score: Number = prop(DOUBLE)
    fetch_type: Text = prop(FETCH, default="NONE")

    async def run(self, run: RunContext) -> dict[str, Any]:
        found: dict[str, Any] = await run.in_thread(lambda: self._search(run))
        return found

    def _search(self, run: RunContext) -> dict[str, Any]:
        from flowrt.formats.jsonwrite import to_json

        found = retrieve(
            run,
            model_of(run, self.provider),
            EmbeddingStore(run, self.embeddings),
            required_text(run, self.query),
            run.integer(self.max_results) or 0,
            run.double(self.min_score) or 0.0,
        )
        texts = [each.text for each in found]
        kind = run.constant(self.fetch_type, FETCH)
        if kind == "FETCH":
            return {"results": texts, "size": len(texts)}
        if kind == "FETCH_ONE":
            return {"results": texts[:1], "size": len(texts)}
        if kind == "STORE":
            lines = "".join(f"{to_json(each)}\n" for each in texts)
            return {"uri": run.put_file(lines.encode(), "results.ion"), "size": len(texts)}
        return {}
