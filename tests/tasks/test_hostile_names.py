"""No name that a flow, a person or a server chooses leaves its root: hostile names over everything that takes one."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tasks.fake import FakeRun, t

from flowrt.control.working_directory import Cache, FillFolder, WorkingDirectory
from flowrt.engine.creation import store_input
from flowrt.expr.functions_files import file_exists, file_size, read
from flowrt.java.errors import ExpressionError, RawError
from flowrt.model.failures import TaskFailure
from flowrt.services.folders import LoadNamespaceFiles, inside
from flowrt.services.paths import Outside, resolve
from flowrt.tasks import http, kv, legacy_scripts, namespace, scripts, storage

SECRET = "outside of every root"
REFUSALS = (TaskFailure, ValueError, OSError, ExpressionError, RawError)
"""What a task may fail with: each has a message for the log."""

STEPS = [
    "..",
    ".:.",
    "%2e%2e",
    "%2E.",
    "..%2f..",
    ".",
    "",
    "a",
    "link",
    ":",
    "..\\..",
    "%252e%252e",
]
WHOLE = [
    "/etc/passwd",
    "//etc/passwd",
    "file:///etc/passwd",
    "a\0b",
    "x" * 5000,
    "\udcff",
    "~/x",
    "CON",
    "-rf",
    "a\nb",
    "kestra:///../x",
    "nsfile:///../x",
    "{{ 1 }}",
    "link/secret.txt",
    "..;/x",
    "%00",
    "%2fetc%2fpasswd",
    "..%5c..%5cx",
    "．．/x",
]
NAMES = WHOLE + [
    "/".join((*steps, last))
    for count in (1, 2, 3)
    for steps in itertools.product(STEPS, repeat=count)
    for last in ("secret.txt", "new.txt")
    if count < 3 or len(set(steps)) == 1
]


class Place:
    """A root with a run in it, and beside the root what nobody may reach."""

    def __init__(self, folder: Path) -> None:
        self.outside = folder / "outside"
        for level in (folder, self.outside):
            level.mkdir(exist_ok=True)
            (level / "secret.txt").write_text(SECRET)
        self.folder = folder
        self.root = folder / "root"
        self.run = FakeRun(self.root)
        self.source = self.run.store("mine")
        self.run.files.write("a.b", "f.txt", b"mine")
        for inner in (
            self.run.working_dir,
            self.root / "storage",
            self.root / "storage" / "a" / "b" / "_files",
        ):
            if not (inner / "link").is_symlink():
                (inner / "link").symlink_to(self.outside)

    def beyond(self) -> dict[str, bytes]:
        """Every file that is not below the root."""
        found = {}
        for top, folders, names in os.walk(self.folder):
            if Path(top) == self.folder:
                folders.remove("root")
            for name in names:
                found[os.path.join(top, name)] = Path(top, name).read_bytes()
        return found

    def everything(self) -> bytes:
        """The bytes of every file below the root, but for links."""
        return b"".join(
            Path(top, name).read_bytes()
            for top, _, names in os.walk(self.root)
            for name in names
            if not Path(top, name).is_symlink()
        )


def _download(place: Place, name: str, header: bool) -> Any:
    task = http.HttpDownload("d", uri="http://h/x", save_as=None if header else name)
    response = SimpleNamespace(
        header=lambda key: f"attachment; filename={name}" if key.startswith("content-d") else None,
        headers={},
        size=1,
        code=200,
    )
    client = SimpleNamespace(
        allow_failed=False, send=lambda *a, into, **k: into.write(b"x") and response
    )
    task._client = lambda run: client  # type: ignore[method-assign, assignment, return-value]
    return task._download(place.run)


def _flow(place: Place) -> Any:
    variables = {"flow": {"namespace": "a.b", "id": "my_flow"}, "execution": {"id": "E1"}}
    from flowrt.engine.variables import EngineEnvironment
    from flowrt.expr.context import Context

    host: Any = SimpleNamespace(services=place.run.services)
    return Context(variables, EngineEnvironment(host, place.run.taskrun.execution))  # type: ignore[arg-type]


def _fill(place: Place, name: str) -> Any:
    each = WorkingDirectory("w", cache=Cache(patterns=["*"]))
    return place.run.run(FillFolder("w", each=each, fresh=False)), inside(
        place.run.working_dir, name
    )


def _input(place: Place, name: str) -> Any:
    host: Any = SimpleNamespace(services=place.run.services)
    from flowrt.inputs.errors import InputError, Unreadable

    try:
        return store_input(host, place.run.taskrun.execution, "f", name, b"x")  # type: ignore[arg-type]
    except (InputError, Unreadable) as refusal:
        raise ValueError(str(refusal)) from refusal


def _address(path: str) -> str:
    return f"kestra:///{path}"


SLOTS: dict[str, Callable[[Place, str], Any]] = {
    "Write.extension": lambda p, n: p.run.run(storage.Write("w", content="x", extension=n)),
    "Concat.extension": lambda p, n: p.run.run(storage.Concat("c", files=[p.source], extension=n)),
    "Concat.files": lambda p, n: p.run.content(
        p.run.run(storage.Concat("c", files=[_address(n)]))["uri"]
    ),
    "Split.from": lambda p, n: p.run.run(storage.Split("s", from_=_address(n), rows=1)),
    "Reverse.from": lambda p, n: p.run.run(storage.Reverse("s", from_=_address(n))),
    "Size": lambda p, n: p.run.run(storage.Size("s", uri=_address(n))) and None,
    "Delete": lambda p, n: p.run.run(storage.StorageDelete("d", uri=_address(n))),
    "Delete below": lambda p, n: p.run.run(
        storage.StorageDelete("d", uri=_address(f"a/b/_files/{n}"))
    ),
    "FilterItems.from": lambda p, n: p.run.run(
        storage.FilterItems("f", from_=_address(n), filter_condition="true")
    ),
    "LocalFiles.inputs": lambda p, n: p.run.run(storage.LocalFiles("l", inputs={n: "x"})),
    "LocalFiles content": lambda p, n: p.run.run(
        storage.LocalFiles("l", inputs={"f": f"file://{p.outside}/{n}"}, outputs_=["f"])
    ),
    "LocalFiles.outputs": lambda p, n: p.run.run(storage.LocalFiles("l", outputs_=[n])),
    "inputFiles address": lambda p, n: p.run.run(
        storage.LocalFiles("l", inputs={"f": _address(n)}, outputs_=["f"])
    ),
    "inputFiles nsfile": lambda p, n: p.run.run(
        storage.LocalFiles("l", inputs={"f": f"nsfile:///{n}"}, outputs_=["f"])
    ),
    "inputFiles of a namespace": lambda p, n: p.run.run(
        storage.LocalFiles("l", inputs={"f": f"nsfile://{n}/f.txt"}, outputs_=["f"])
    ),
    "Bash.outputFiles": lambda p, n: p.run.run(
        legacy_scripts.Bash("b", commands=["true"], output_files=[n], interpreter="/bin/true")
    ),
    "UploadFiles.destination": lambda p, n: p.run.run(
        namespace.UploadFiles("u", files_map={"f": p.source}, destination=n)
    ),
    "UploadFiles.filesMap": lambda p, n: p.run.run(
        namespace.UploadFiles("u", files_map={n: p.source})
    ),
    "UploadFiles address": lambda p, n: p.run.run(
        namespace.UploadFiles("u", files_map={"got": _address(n)})
    ),
    "UploadFiles.namespace": lambda p, n: p.run.run(
        namespace.UploadFiles("u", files_map={"f": p.source}, namespace=n)
    ),
    "DownloadFiles.destination": lambda p, n: p.run.run(
        namespace.DownloadFiles("d", namespace="a.b", files=["f.txt"], destination=f"{n}/")
    ),
    "DownloadFiles.files": lambda p, n: p.run.run(
        namespace.DownloadFiles("d", namespace="a.b", files=[n])
    ),
    "DownloadFiles.namespace": lambda p, n: p.run.run(
        namespace.DownloadFiles("d", namespace=n, files=["*"])
    ),
    "DeleteFiles.namespace": lambda p, n: p.run.run(
        namespace.DeleteFiles("d", namespace=n, files=["**"], delete_parent_folder=True)
    ),
    "DeleteFiles.files": lambda p, n: p.run.run(
        namespace.DeleteFiles("d", namespace="a.b", files=[n], delete_parent_folder=True)
    ),
    "kv.Set.key": lambda p, n: p.run.run(kv.KvSet("k", key=n, value="x")),
    "kv.Set.namespace": lambda p, n: p.run.run(kv.KvSet("k", key="k", value="x", namespace=n)),
    "saveAs": lambda p, n: _download(p, n, False),
    "Content-Disposition": lambda p, n: _download(p, n, True),
    "read": lambda p, n: read(_flow(p), n),
    "read address": lambda p, n: read(_flow(p), _address(f"a/b/_files/{n}")),
    "read execution file": lambda p, n: read(_flow(p), _address(f"a/b/executions/E/tasks/t/{n}")),
    "read of a namespace": lambda p, n: read(_flow(p), "secret.txt", n),
    "fileSize": lambda p, n: file_size(_flow(p), n),
    "fileExists": lambda p, n: file_exists(_flow(p), n) and None,
    "put_file": lambda p, n: p.run.put_file(b"x", n),
    "input": _input,
    "cached folder": _fill,
}


@pytest.fixture(params=SLOTS)
def slot(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def attempt(place: Place, slot: str, name: str) -> None:
    """Use a name in a slot: it may work or be refused; nothing outside changes, nothing from outside comes in."""
    before = place.beyond()
    try:
        answer = SLOTS[slot](place, name)
    except REFUSALS as refusal:
        answer = str(refusal)
    assert place.beyond() == before, (slot, name)
    assert SECRET not in str(answer), (slot, name)
    assert SECRET.encode() not in place.everything(), (slot, name)


def test_no_name_leaves_its_root(slot: str, tmp_path: Path) -> None:
    place = Place(tmp_path)
    names = NAMES if slot != "Bash.outputFiles" else NAMES[:40]  # a process each
    for name in names:
        attempt(place, slot, name)


@settings(
    max_examples=400,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(st.sampled_from([*STEPS, "b", "/", "\0", "é", " "]), max_size=8).map("/".join))
@example("a/../b")
def test_what_is_resolved_lies_in_the_root(tmp_path: Path, name: str) -> None:
    root = tmp_path / "root"
    root.mkdir(exist_ok=True)
    if not (root / "link").is_symlink():
        (root / "link").symlink_to(tmp_path)
    try:
        found = resolve(root, name)
    except Outside:
        return
    assert Path(os.path.realpath(found)).is_relative_to(root)


def test_the_folder_of_an_execution_cannot_empty_others(tmp_path: Path) -> None:
    run = FakeRun(tmp_path)
    mine = run.store("mine")
    other = run.storage.write("kestra:///a/b/my-flow/executions/E2/tasks/t/x/f.txt", b"other")
    for uri in ("kestra:///", "kestra:///a", "kestra:///a/b/my-flow/executions", "kestra:///."):
        with pytest.raises((TaskFailure, ValueError)):
            run.run(storage.StorageDelete("d", uri=uri))
    with pytest.raises(TaskFailure, match="neither one of this execution"):
        run.run(storage.StorageDelete("d", uri=other.rpartition("/")[0]))
    assert run.content(other) == "other" and run.content(mine) == "mine"
    folder = mine.rpartition("/")[0]
    assert run.run(storage.StorageDelete("d", uri=folder))["deleted"] is True
    assert not run.storage.exists(mine)


def test_local_files_are_read_where_that_is_allowed(tmp_path: Path) -> None:
    allowed, other = tmp_path / "allowed", tmp_path / "other"
    for folder in (allowed, other):
        folder.mkdir()
        (folder / "f").write_text(folder.name)
    (allowed / "link").symlink_to(other)
    os.mkfifo(allowed / "pipe")
    run = FakeRun(tmp_path / "root")
    task = storage.LocalFiles("l", inputs={"f": f"file://{allowed}/f"}, outputs_=["f"])
    with pytest.raises(TaskFailure, match=r"is not authorized.*--allow-path"):
        run.run(task)
    run.services.allowed_paths = (str(allowed),)
    assert run.content(run.run(task)["uris"]["f"]) == "allowed"
    for name in ("link/f", "../other/f", "pipe"):
        task = storage.LocalFiles("l", inputs={"f": f"file://{allowed}/{name}"})
        with pytest.raises((TaskFailure, ValueError)):
            run.run(task)
    own = run.working_dir / "own"
    own.write_text("own")
    run._folder = run.working_dir
    assert run.open_file(f"file://{own}") == b"own"


def test_only_regular_files_are_stored(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(SECRET)
    run = FakeRun(tmp_path / "root")
    task = scripts.ShellCommands(
        "s",
        output_directory=True,
        output_files=["*"],
        commands=[
            t(
                f"cd {{{{ outputDir }}}} && ln -s {secret} link && mkfifo pipe && ln -s / top && echo x > plain"
            ),
            f"ln -s {secret} link2; mkfifo pipe2",
        ],
    )
    assert list(run.run(task)["outputFiles"]) == ["plain"]
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(secret)
    for name in ("pipe", "link"):
        with pytest.raises(Outside, match="Only regular files"):
            run.put_file(tmp_path / name, name)
    bash = legacy_scripts.Bash(
        "b", commands=[t(f"ln -sf {secret} {{{{ outputFiles.f }}}}")], output_files=["f"]
    )
    with pytest.raises(Outside, match="Only regular files"):
        run.run(bash)


def test_a_file_with_a_second_name_is_copied(tmp_path: Path) -> None:
    run = FakeRun(tmp_path / "root")
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_text("text")
    first.chmod(0o644)
    os.link(first, second)
    uri = run.put_file(second, "second")
    assert run.content(uri) == "text" and first.stat().st_mode & 0o777 == 0o644
    assert run.storage.path(uri).stat().st_mode & 0o777 == 0o600


def test_what_is_kept_is_for_its_owner_alone(tmp_path: Path) -> None:
    root = tmp_path / "deep" / "root"
    run = FakeRun(root)
    (tmp_path / "f").write_text("x")
    (tmp_path / "f").chmod(0o755)
    run.put_file(tmp_path / "f", "f")
    run.store("x")
    run.kv.put("a.b", "k", 1)
    run.files.write("a.b", "d/f", b"x")
    for top, _, names in os.walk(tmp_path / "deep"):
        if Path(top) != root / "wd":
            assert Path(top).stat().st_mode & 0o077 == 0, top
        for name in names:
            assert Path(top, name).stat().st_mode & 0o077 == 0, name


def test_namespace_files_are_files_of_the_storage(tmp_path: Path) -> None:
    run = FakeRun(tmp_path)
    run.files.write("a.b", "d/a.txt", b"1\n2\n")
    uri = "kestra:///a/b/_files/d/a.txt"
    assert run.run(storage.Size("s", uri=uri)) == {"size": 4}
    assert run.content(run.run(storage.Concat("c", files=[uri]))["uri"]) == "1\n2\n"
    assert len(run.run(storage.Split("s", from_=uri, rows=1))["uris"]) == 2
    place: Any = SimpleNamespace(run=run)
    assert [file_exists(_flow(place), path) for path in ("d/a.txt", "d", "d/", "none")] == [
        True, True, True, False,
    ]  # fmt: skip
    assert run.run(storage.StorageDelete("d", uri=uri))["deleted"] is True
    assert not file_exists(_flow(place), "d/a.txt")


def test_namespace_files_cannot_be_loaded_through_a_link(tmp_path: Path) -> None:
    place = Place(tmp_path)
    declared = LoadNamespaceFiles(enabled=True)
    place.run.run(scripts.ShellCommands("s", commands=["true"], namespace_files=declared))
    assert SECRET.encode() not in place.everything()
