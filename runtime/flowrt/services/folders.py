"""Files in and out of a working folder: `inputFiles`, `outputFiles`, `namespaceFiles`, caches."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flowrt.java.casts import cast_failure
from flowrt.java.values import class_name
from flowrt.model.declare import BOOLEAN, STRING, Declared, enum, listing, prop, record
from flowrt.model.failures import TaskFailure
from flowrt.model.misfit import misfit
from flowrt.services.paths import Outside, make_folder, resolve
from flowrt.services.plainfiles import is_plain_file

if TYPE_CHECKING:
    from collections.abc import Collection

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Listing, Text

_STORED = re.compile(r"[-\w.+~#=/,:;]+")
"""Paths that files of an output directory may have."""
OUTSIDE = "The path to resolve must be a relative path inside the current working directory."


class LoadNamespaceFiles(Declared):
    """Which namespace files are put into the folder before the work starts."""

    enabled: Flag = prop(BOOLEAN, default=True)
    include: Listing | None = prop(listing(STRING), default=None)
    exclude: Listing | None = prop(listing(STRING), default=None)
    namespaces: Listing | None = prop(listing(STRING), default=None)
    if_exists: Text = prop(enum("OVERWRITE", "FAIL", "WARN", "IGNORE"), default="OVERWRITE")
    folder_per_namespace: Flag = prop(BOOLEAN, default=False)


NAMESPACE_FILES = record(LoadNamespaceFiles)


def prepare_folder(
    run: RunContext, folder: Path, input_files: Any, namespace_files: LoadNamespaceFiles | None
) -> None:
    """Put namespace files, then input files into a folder, so that an input file wins.

    Raises TaskFailure, or the error of a file that cannot be read.
    """
    load_namespace_files(run, folder, namespace_files)
    if input_files is not None:
        write_input_files(run, folder, render_input_files(run, input_files))


def inside(folder: Path, name: str) -> Path:
    """The path of a file in a folder, which a name may give in full. Raises TaskFailure when it would lie outside."""
    top = f"{folder}/"
    if name.startswith("/") and not name.startswith(top):
        raise TaskFailure(OUTSIDE)
    try:
        path = resolve(folder, name.removeprefix(top))
    except Outside:
        raise TaskFailure(OUTSIDE) from None
    if path == folder:
        raise TaskFailure(OUTSIDE)
    return path


def new_file(folder: Path, name: str) -> Path:
    """`inside`, with the folders around the file made."""
    path = inside(folder, name)
    make_folder(path.parent)
    return path


def is_address(text: str) -> bool:
    """Whether a text names a file by URI."""
    return text.startswith(("kestra://", "nsfile://", "file://"))


def again(run: RunContext, text: str | None) -> str | None:
    """Render a text that was rendered once before, as the engine does in a few places."""
    if text and ("{{" in text or "{%" in text or "{#" in text):
        return run.text(run.parse(text))
    return text


def render_input_files(run: RunContext, input_files: Any) -> dict[str, str | None]:
    """File names and contents, out of a map or of a text that renders to a JSON object.

    Entries of a map that are null are left out.
    """
    if isinstance(input_files, dict):
        rendered = {}
        for name, content in input_files.items():
            if isinstance(content, (bool, int, float, list, dict)):
                raise cast_failure(content, "java.lang.String")
            if content is not None:
                rendered[run.text(name) or ""] = run.text(content) or ""
        return dict(rendered)
    from flowrt.formats.jsonread import parse_json

    if isinstance(input_files, (list, bool, int, float)):
        kind = class_name(input_files)
        raise TaskFailure(f"Invalid `files` properties with type 'class {kind}'")
    parsed = parse_json(run.text(input_files) or "", words=True)
    if not isinstance(parsed, dict):
        raise misfit("java.util.LinkedHashMap<java.lang.String,java.lang.String>", parsed)
    return {str(name): _json_text(content) for name, content in parsed.items()}


def _json_text(content: Any) -> str | None:
    if content is None or isinstance(content, str):
        return content
    if isinstance(content, (dict, list)):
        raise misfit("java.lang.String", content)
    from flowrt.java.printing import text_of

    return text_of(content)


def write_input_files(run: RunContext, folder: Path, files: dict[str, str | None]) -> None:
    """Write files; a content that is an address is replaced by the bytes it names.

    Raises TaskFailure for a name outside the folder, and for one that cannot be that of a file.
    """
    for name, content in files.items():
        name = again(run, name) or ""
        if not name:
            raise TaskFailure(f"{folder}: Is a directory")
        try:
            path = new_file(folder, name)
        except (FileExistsError, NotADirectoryError):  # a file is where a folder would have to be
            raise TaskFailure(f"{inside(folder, name)}: Not a directory") from None
        if content is None:
            if path.exists():
                raise TaskFailure(f"Unable to create the file: {path.name}")
            path.touch()
        elif is_address(content):
            path.write_bytes(run.open_file(content))
        else:
            path.write_bytes(content.encode())


def load_namespace_files(
    run: RunContext, folder: Path, declared: LoadNamespaceFiles | None
) -> None:
    """Copy the namespace files that are asked for; one INFO record says how many.

    Raises TaskFailure when `ifExists` is FAIL and a file is there.
    """
    if declared is None or not run.flag(declared.enabled, True, nothing=True):
        return
    import time

    from flowrt.services.globs import selection

    start = time.monotonic()
    chosen = selection(run.listing(declared.include), run.listing(declared.exclude))
    namespaces = run.listing(declared.namespaces) or [run.namespace]
    if_exists = run.text(declared.if_exists) or "OVERWRITE"
    per_namespace = run.flag(declared.folder_per_namespace, nothing=False)
    count = 0
    for namespace in namespaces:
        for path in run.files.paths(namespace):
            if not chosen(path):
                continue
            count += 1
            name = f"{namespace}{path}" if per_namespace else path.lstrip("/")
            target = inside(folder, name)
            if target.exists():
                if if_exists == "FAIL":
                    run.log("ERROR", "Error while loading namespace files")
                    text = f"File {target} already exist"
                    raise TaskFailure(
                        f"java.nio.file.FileAlreadyExistsException: {text}"
                    ) from FileExistsError(text)
                if if_exists in ("WARN", "IGNORE"):
                    continue
            make_folder(target.parent)
            target.write_bytes(run.files.read(namespace, path))
    took = time.monotonic() - start
    run.metric("counter", "namespacefiles.count", count)
    run.metric("timer", "namespacefiles.duration", took)
    run.log(
        "INFO",
        f"Loaded {count} namespace files from '{', '.join(namespaces)}' in {_clock(took)}",
    )


def _clock(seconds: float) -> str:
    millis = int(seconds * 1000)
    minutes, millis = divmod(millis, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{millis // 1000:02d}.{millis % 1000:03d}"


def matching_files(folder: Path, patterns: list[str]) -> list[Path]:
    """The regular files below a folder that match a pattern; links are not followed."""
    if not patterns:
        return []
    from flowrt.services.globs import escape_glob, matcher

    wanted = matcher(patterns, escape_glob(str(folder)))
    found = []
    for top, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = Path(top, name)
            if wanted(str(path)) and is_plain_file(path):
                found.append(path)
    return found


def collect_outputs(
    run: RunContext, folder: Path, patterns: list[str] | None, *, keep: bool = False
) -> dict[str, str]:
    """Move (or copy, to `keep` them) the files that match into the storage; their URIs by path relative to the folder."""
    from flowrt.java.values import hash_map

    return hash_map(
        (path.relative_to(folder).as_posix(), run.put_file(path, _stored_name(path), keep=keep))
        for path in matching_files(folder, patterns or [])
    )


def collect_folder(run: RunContext, folder: Path) -> dict[str, str]:
    """Move all files of a folder into the storage; their URIs by path. Raises TaskFailure for a name that may not be stored."""
    found = {}
    for name, path in folder_files(folder):
        if not _STORED.fullmatch(name):
            raise TaskFailure(
                f"Output file '{name}' contains unsupported characters. Allowed: letters, digits, hyphens, dots, underscores,"
                " plus, tilde, hash, equals, slashes, commas, colons, semicolons."
            )
        found[name] = run.put_file(path, name)
    return found


def _stored_name(path: Path) -> str:
    from hashlib import md5
    from uuid import UUID

    from flowrt.model.clock import base62

    number = UUID(bytes=md5(str(path).encode(), usedforsecurity=False).digest(), version=3).int
    return f"{base62(number)}-{path.name.replace(' ', '+')}"


def folder_files(folder: Path) -> list[tuple[str, Path]]:
    """The regular files below a folder with their paths in it, sorted; links are not followed."""
    found = []
    for top, _, names in os.walk(folder):
        for name in names:
            path = Path(top, name)
            if is_plain_file(path):
                found.append((path.relative_to(folder).as_posix(), path))
    return sorted(found, key=lambda each: each[1])


def temporary_name(extension: str | None = None) -> str:
    """A random file name; the extension may lack its dot.

    Raises TaskFailure for an extension that would make a path of it.
    """
    if extension is None:
        extension = ".tmp"
    elif not extension.startswith("."):
        extension = f".{extension}"
    number = 10**17 + int.from_bytes(os.urandom(8), "big") % (9 * 10**18)
    name = f"{number}{extension}".rstrip("/")
    if "/" in name or "\0" in name:
        raise TaskFailure("Invalid prefix or suffix")
    if len(name.encode("utf-8", "replace")) > 255:
        raise TaskFailure(f"{name}: File name too long")
    return name


def extension_of(path: str) -> str | None:
    """The extension of the last step of a path, with its dot; None when it has none."""
    name = path.rsplit("/", 1)[-1]
    _, dot, extension = name.rpartition(".")
    return f".{extension}" if dot and extension else None


def _cache_uri(run: RunContext, cache_id: str) -> str:
    from flowrt.services.uris import namespace_path, slug

    middle = f"{namespace_path(run.namespace)}/{slug(run.flow_id)}/{slug(cache_id)}/cache"
    if run.value is not None:
        from flowrt.services.hashing import value_hash

        middle += f"/{value_hash(run.value)}"
    return f"kestra:///{middle}/cache.zip"


def restore_cache(
    run: RunContext, folder: Path, cache_id: str, ttl: float | None = None
) -> float | None:
    """Unpack the cached files of a task into a folder; answers when, None when there is no cache."""
    import time

    uri = _cache_uri(run, cache_id)
    if not run.storage.exists(uri):
        return None
    if ttl is not None and time.time() > run.storage.modified(uri) / 1e9 + ttl:
        run.storage.delete(uri)
        return None
    from flowrt.services.caches import open_cache

    run.log("DEBUG", "Cache exist, downloading it")
    archive = open_cache(run, uri)
    if archive is None:
        return None
    with archive:
        for entry in archive.infolist():
            if not entry.is_dir():
                path = inside(folder, entry.filename)
                if path.exists():
                    run.log("ERROR", f"Unable to create the file {entry.filename}")
                    continue
                make_folder(path.parent)
                path.write_bytes(archive.read(entry))
    return time.time()


def save_cache(
    run: RunContext,
    folder: Path,
    cache_id: str,
    patterns: list[str],
    since: float | None,
    without: Collection[str] = (),
) -> None:
    """Store the matching files of a folder but some when one changed after `since` (always without one)."""
    found = matching_files(folder, patterns)
    files = [path for path in found if path.relative_to(folder).as_posix() not in without]
    if not any(since is None or path.stat().st_mtime > since for path in files):
        run.log("DEBUG", "Cache files didn't change, skip updating it")
        return
    import io
    from zipfile import ZIP_DEFLATED, ZipFile

    run.log("DEBUG", "Cache files changed, we update the cache")
    packed = io.BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as archive:
        for path in files:
            archive.write(path, path.relative_to(folder).as_posix())
    uri = run.storage.write(_cache_uri(run, cache_id), packed.getvalue())
    run.log("DEBUG", f"Caching in {uri}")
