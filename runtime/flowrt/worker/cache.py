"""`taskCache`: outputs of a task run, found again by the hash of its rendered properties."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrt.java.time.duration import parse_duration

if TYPE_CHECKING:
    from pathlib import Path

    from flowrt.model.task import TaskCache
    from flowrt.worker.context import WorkContext


def cache_file(run: WorkContext) -> Path:
    """Where the outputs of a run with these properties are kept."""
    import json
    from hashlib import sha256

    task = run.work.task
    properties = {
        name: run.structure(value) for name, value in vars(task).items() if name in task.properties
    }
    key = json.dumps([task.type_name, run.value, properties], sort_keys=True, default=repr)
    name = sha256(key.encode()).hexdigest()
    from flowrt.services.paths import resolve

    return resolve(
        run.services.root / "cache", f"{run.namespace}/{run.flow_id}/{task.id}/{name}.json"
    )


def restore(run: WorkContext, cache: TaskCache) -> dict[str, Any] | None:
    """The outputs of an earlier run, if they are there and young enough."""
    import json
    from time import time

    if not cache.enabled:
        return None
    file = cache_file(run)
    try:
        age = time() - file.stat().st_mtime
        if cache.ttl is not None and age * 1e9 > parse_duration(cache.ttl):
            return None
        found: dict[str, Any] = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    task_id = run.work.task.id
    run.log(
        "INFO",
        f"Skipping task execution for task '{task_id}' as there is an existing cache entry for it",
    )
    return found


def save(run: WorkContext, cache: TaskCache, outputs: dict[str, Any]) -> None:
    """Keep the outputs of a run that succeeded."""
    import json

    from flowrt.services.paths import write_atomically

    if not cache.enabled:
        return
    file = cache_file(run)
    run.log("INFO", f"Uploading a cache entry for task '{run.work.task.id}'")
    write_atomically(file, json.dumps(outputs).encode())
