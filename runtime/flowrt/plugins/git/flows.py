"""Flows of a namespace as files of the storage: `<namespace path>/_flows/<id>.yaml`.

A program has no server that keeps flows. What is synced from a repository lies here, for `flowc` to compile and for a push.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, NamedTuple

from flowrt.services.uris import namespace_path

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
        folder = run.storage.path(f"kestra:///{namespace_path(each)}/{FOLDER}")
        if folder.is_dir():
            for path in sorted(folder.iterdir()):
                if path.suffix in (".yaml", ".yml") and path.is_file():
                    found.append(StoredFlow(each, path.stem, path.read_text("utf-8", "replace")))
    return found


def _namespaces(run: RunContext, namespace: str) -> Iterator[str]:
    top = run.storage.path(f"kestra:///{namespace_path(namespace)}")
    for folder, names, _ in os.walk(top):
        if FOLDER in names or folder == str(top):
            rest = os.path.relpath(folder, top)
            yield namespace if rest == "." else f"{namespace}.{rest.replace(os.sep, '.')}"
        names[:] = sorted(name for name in names if not _PRUNED.fullmatch(name))
