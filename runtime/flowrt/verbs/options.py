"""What a start is given besides the flow itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrt.model.clock import RANDOM_IDS, SYSTEM_CLOCK

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowrt.engine.execution import LogRecord, TaskRun
    from flowrt.model.clock import Clock, Ids


def quoted(word: str) -> str:
    """A word as a shell reads it."""
    if word.translate({ord(sign): "a" for sign in "/._-"}).isalnum():
        return word
    from shlex import quote

    return quote(word)


class RunOptions:
    """The options of one start, resume, restart or replay.

    `inputs` are the given values by input id, as the API of Kestra takes them: texts, or `Upload`s for files. `trigger`
    is `{id, type, variables}`. `store` is the folder that makes the execution durable (`durability` full: every commit
    reaches the disk; normal: the last ones may be lost when the machine itself goes down), `accept_changes` goes on
    although another program began the execution, `stoppable` lets SIGINT and SIGTERM kill it cleanly, `ask` gets a run
    that is paused and the inputs of its Pause, and answers their values. `allow_paths` are the folders whose files
    `file://` addresses may name, `storage` is the address where files and key-value entries are kept, `namespace_files`
    are the folders and `kv` the entries that exist before the start, by namespace. `sink` gets every log record;
    `keep_logs` keeps them for the document. `globals` and `url` are what a server is configured with. `notes` collects
    the messages of checks that failed and did not block, `hide` takes the secrets out of a text. `executor` says where
    leaf tasks are done: here, in threads (`thread`), in processes (`process`) that the command `program` starts, or on a
    cluster (`dask`, `ray`, each with `=ADDRESS` or not), which gets `source`, the module of the flow, when that is not
    the program of this process. `clock` and `ids` are the ports of the engine; without `patience` it waits for a task in
    its own thread, however long.
    """

    __slots__ = (
        "accept_changes",
        "allow_paths",
        "ask",
        "clock",
        "durability",
        "executor",
        "globals",
        "hide",
        "ids",
        "inputs",
        "keep_logs",
        "kv",
        "labels",
        "namespace_files",
        "notes",
        "on_say",
        "patience",
        "program",
        "sink",
        "source",
        "stoppable",
        "storage",
        "store",
        "trigger",
        "url",
        "wants_trace",
    )

    def __init__(
        self,
        *,
        inputs: dict[str, Any] | None = None,
        labels: dict[str, str] | None = None,
        trigger: dict[str, Any] | None = None,
        store: str | None = None,
        durability: str = "normal",
        accept_changes: bool = False,
        allow_paths: list[str] | None = None,
        stoppable: bool = False,
        ask: Callable[[TaskRun, list[Any]], dict[str, Any]] | None = None,
        namespace_files: dict[str, str] | None = None,
        kv: dict[str, dict[str, Any]] | None = None,
        sink: Callable[[LogRecord], None] | None = None,
        on_say: Callable[[str], None] | None = None,
        keep_logs: bool = False,
        wants_trace: bool = False,
        globals: dict[str, Any] | None = None,
        url: str | None = None,
        clock: Clock = SYSTEM_CLOCK,
        ids: Ids = RANDOM_IDS,
        patience: bool = True,
        executor: str = "",
        program: list[str] | None = None,
        source: str = "",
        storage: str = "",
    ) -> None:
        self.inputs = inputs or {}
        self.labels = labels or {}
        self.trigger = trigger
        self.store = store
        self.durability = durability
        self.accept_changes = accept_changes
        self.allow_paths = allow_paths or []
        self.stoppable = stoppable
        self.ask = ask
        self.namespace_files = namespace_files or {}
        self.kv = kv or {}
        self.notes: list[str] = []
        self.hide: Callable[[str], str] = str
        self.sink = sink
        self.on_say = on_say
        self.keep_logs = keep_logs
        self.wants_trace = wants_trace
        self.globals = globals or {}
        self.url = url
        self.clock = clock
        self.ids = ids
        self.patience = patience
        self.executor = executor
        self.program = program or []
        self.source = source
        self.storage = storage

    def say(self, text: str) -> None:
        """Tell the one who starts, on the log."""
        if self.on_say is not None:
            self.on_say(text)
