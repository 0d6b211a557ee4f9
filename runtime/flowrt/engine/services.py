"""The services behind an execution: storage, key-value entries, namespace files, secrets, settings.

Each is made when it is first asked for, because most flows ask for few of them.
"""

from __future__ import annotations

from functools import cached_property
from time import time_ns
from typing import TYPE_CHECKING, Any

from flowrt.services.masks import Masks

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from flowrt.inputs.sealing import Sealer
    from flowrt.model.archive import Archive
    from flowrt.model.task import Task
    from flowrt.services.keyvalues import KeyValues
    from flowrt.services.nsfiles import NamespaceFiles
    from flowrt.services.secrets import EnvironmentSecrets
    from flowrt.services.storage import Storage
    from flowrt.services.tree import Tree
    from flowrt.services.workplace import Workplace

WORK = "wd"
"""Where below the root tasks have their working folders."""
SEALING_KEY = "FLOWRT_SEALING_KEY"
"""The environment variable with the key that seals SECRET values, where several machines work with a store."""
TEMPORARY = "flowrt-"
"""How the names of roots begin that nobody has asked to keep."""
UNSEEN = (
    "The worker does not see the folder {root} of the engine: keep it where all workers see it with `--store DIR`, or only the"
    " files with `--storage URL`"
)


def _temporary() -> Workplace:
    """A folder of this process, where the system keeps what may go; it removes those of processes that have died."""
    from pathlib import Path
    from tempfile import gettempdir

    from flowrt.services.workplace import StillRunning, Workplace, clear_away

    folder = Path(gettempdir())
    try:
        clear_away(folder, TEMPORARY)
    except StillRunning:
        pass  # it is none of an execution that could go on
    return Workplace(folder, TEMPORARY)


class Services:
    """What expressions and tasks reach outside of the execution.

    `root` is the folder of a store; without one a temporary folder is made when something is written, and removed
    at the end. `storage` is the address where files and key-value entries are kept instead, for all machines. `mark` is a folder below the root that only the engine makes: a worker on another machine sees by it whether
    its file system is the same one.
    """

    def __init__(
        self,
        root: Path | None = None,
        *,
        namespace_files: dict[str, Any] | None = None,
        key_values: dict[str, dict[str, Any]] | None = None,
        global_variables: dict[str, Any] | None = None,
        url: str | None = None,
        namespaces: tuple[str, ...] = (),
        now: Callable[[], int] = time_ns,
        task_class: Callable[[str], type[Task] | None] = lambda name: None,
        allowed_paths: tuple[str, ...] = (),
        storage: str = "",
        mark: str | None = None,
    ) -> None:
        self._root = root
        self._storage = storage
        self._mark = mark
        self.url = url
        self.now = now
        self.task_class = task_class
        """Finds the class of a task type, by any of its names."""
        self.allowed_paths = allowed_paths
        """The folders of this machine whose files `file://` addresses may name."""
        self.durable = root is not None
        self.archive: Callable[[], Archive] | None = None
        """Finds what the store keeps of executions, where there is one."""
        self.resume: Callable[[str, dict[str, Any] | None], None] | None = None
        """Lets a paused execution go on, by its id, with the values that it waits for."""
        self._temporary: Workplace | None = None
        self._working: Workplace | None = None
        self._namespace_files = namespace_files or {}
        self._key_values = key_values or {}
        self.namespaces = set(namespaces)
        self.globals = global_variables or {}
        self.kestra: dict[str, Any] = {"url": url} if url else {}
        self.masks = Masks()

    def settings(self) -> dict[str, Any]:
        """What another process needs to reach the same services below the same root."""
        return {
            "global_variables": self.globals,
            "url": self.url,
            "namespaces": tuple(self.namespaces),
            "task_class": self.task_class,
            "allowed_paths": self.allowed_paths,
            "storage": self._storage,
        }

    def allows(self, path: str) -> bool:
        """Whether a file of this machine may be read by its `file://` address."""
        from flowrt.services.local import is_below

        return any(is_below(path, folder) for folder in self.allowed_paths)

    @cached_property
    def root(self) -> Path:
        """The folder below which everything lies."""
        if self._root is None:
            self._temporary = _temporary()
            return self._temporary.path
        if self._mark is not None:
            from pathlib import Path

            if not Path(self._mark).is_dir():
                from flowrt.model.failures import TaskFailure

                raise TaskFailure(UNSEEN.format(root=self._root))
        return self._root

    @cached_property
    def workplace(self) -> Workplace:
        """The folder of this process for what its tasks do."""
        if self._mark is not None:
            self._working = (
                _temporary()
            )  # what other machines need is nothing that a task works with
        else:
            from flowrt.services.workplace import Workplace

            self._working = Workplace(self.root / WORK)
        return self._working

    @cached_property
    def storage(self) -> Storage:
        from flowrt.services.storage import Storage

        if self._namespace_files:
            _ = self.files  # they are files of the storage: whoever looks there finds them
        return Storage(self._tree("storage"))

    def _tree(self, folder: str) -> Tree:
        """Where files are kept: in a folder below the root, or by the address of the storage."""
        from flowrt.services.tree import LocalTree

        if not self._storage:
            return LocalTree(self.root / folder)
        if self._storage.startswith("file://"):
            from pathlib import Path

            return LocalTree(Path(self._storage.removeprefix("file://")))
        return self._remote

    @cached_property
    def _remote(self) -> Tree:
        from flowrt.missing import part

        made: Tree = part("storage", "--storage").RemoteTree(self._storage, self.workplace.folder)
        return made

    @cached_property
    def kv(self) -> KeyValues:
        from flowrt.services.keyvalues import KeyValues

        store = KeyValues(self._tree("kv"), self.namespaces, self.now)
        for namespace, entries in self._key_values.items():
            for key, value in entries.items():
                store.put(namespace, key, value)
        store.changed = False
        return store

    def loses_entries(self) -> bool:
        """Whether key-value entries were set that go with this process."""
        return not (self.durable or self._storage) and "kv" in vars(self) and self.kv.changed

    @cached_property
    def files(self) -> NamespaceFiles:
        from flowrt.services.nsfiles import NamespaceFiles

        files = NamespaceFiles(self._tree("storage"))
        for namespace, folder in self._namespace_files.items():
            files.seed(namespace, folder)
        return files

    @cached_property
    def secrets(self) -> EnvironmentSecrets:
        from flowrt.services.secrets import EnvironmentSecrets

        return EnvironmentSecrets()

    @cached_property
    def sealer(self) -> Sealer:
        """Seals SECRET inputs and outputs: for the life of the process, or for that of the store.

        Raises `Refusal` for a key in the environment that is too short.
        """
        from os import environ

        from flowrt.inputs.sealing import SHORTEST_KEY, Sealer
        from flowrt.model.failures import Refusal

        key = environ.get(SEALING_KEY, "")
        if not self.durable:
            sealer = Sealer()
        elif key:
            if len(key.encode()) < SHORTEST_KEY:
                raise Refusal(f"{SEALING_KEY} is too short: it needs {SHORTEST_KEY} bytes or more")
            sealer = Sealer(key.encode())
        else:
            from flowrt.services.paths import make_folder

            make_folder(self.root)
            sealer = Sealer.kept_in(str(self.root / "sealing.key"))
        sealer.opened = self.masks.add
        return sealer

    @cached_property
    def envs(self) -> dict[str, str]:
        """Environment variables that begin with `ENV_`, as expressions see them."""
        from os import environ

        return {name[4:].lower(): text for name, text in environ.items() if name.startswith("ENV_")}

    def close(self) -> None:
        """Remove what was made for the life of this process alone."""
        for own in (self._working, self._temporary):
            if own is not None:
                own.close()
        self._working = self._temporary = None
