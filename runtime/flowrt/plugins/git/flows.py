"""Flows of a namespace as files of the storage: `<namespace path>/_flows/<id>.yaml`.

A program has no server that keeps flows. What is synced from a repository lies here, for `flowc` to compile and for a push.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from flowrt.services.uris import escape, namespace_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowrt.model.context import RunContext

FOLDER = "_flows"
_ID = re.compile(r"(?m)^id:[ \t]*[\"']?([a-zA-Z0-9][a-zA-Z0-9._-]*)[\"']?[ \t]*(?:#.*)?$")
_NAMESPACE = re.compile(r"(?m)^namespace: (.*)$")
_PRUNED = re.compile(r"executions|_.*")


class StoredFlow(NamedTuple):
    """A flow that lies in the storage."""

    namespace: str
    id: str
    source: str


def uri_of(namespace: str, id: str) -> str:
    """The address of a flow in the storage."""
    return f"kestra:///{namespace_path(namespace)}/{FOLDER}/{id}.yaml"


def flow_id(source: str) -> str | None:
    """The id of a flow; None for what is no flow."""
    found = _ID.search(source)
    return None if found is None else found.group(1)


def moved(source: str, namespace: str) -> str:
    """The source of a flow in another namespace."""
    return _NAMESPACE.sub(lambda _: f"namespace: {namespace}", source, count=1).rstrip()


def stored_flows(run: RunContext, namespace: str, children: bool) -> list[StoredFlow]:
    """The flows of a namespace, and those of its children."""
    found = []
    for each in _namespaces(run, namespace) if children else [namespace]:
        folder = f"kestra:///{namespace_path(each)}/{FOLDER}"
        for name in run.storage.names(folder)[1]:
            stem, _, suffix = name.rpartition(".")
            if suffix in ("yaml", "yml") and stem:
                source = run.storage.read(f"{folder}/{escape(name)}").decode("utf-8", "replace")
                found.append(StoredFlow(each, stem, source))
    return found


def _namespaces(run: RunContext, namespace: str) -> Iterator[str]:
    """A namespace, and those below it that have flows."""
    yield namespace
    folders, _ = run.storage.names(_address(namespace))
    for name in folders:
        if not _PRUNED.fullmatch(name):
            child = f"{namespace}.{name}"
            for each in _namespaces(run, child):
                if each != child or FOLDER in run.storage.names(_address(child))[0]:
                    yield each


def _address(namespace: str) -> str:
    return f"kestra:///{namespace_path(namespace)}"
