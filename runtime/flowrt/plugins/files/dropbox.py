"""Dropbox: files and folders, through its interface on the web."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.formats.jsonread import parse_json
from flowrt.model.declare import (
    ANY,
    BOOLEAN,
    INTEGER,
    STRING,
    URI,
    Kind,
    listing,
    mapping,
    prop,
    task_type,
)
from flowrt.model.failures import PlainFailure, TaskFailure
from flowrt.model.task import Task
from flowrt.plugins.rows import FETCH, put_out
from flowrt.plugins.stored import Stop
from flowrt.plugins.web import Refused, ask
from flowrt.tasks.http_client import HttpClient
from flowrt.tasks.storage import required_text, stored_path

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Listing, Text

API = "https://api.dropboxapi.com/2/files"
CONTENT = "https://content.dropboxapi.com/2/files"
CHUNK = 8 * 1024 * 1024
"""Bytes of a part of an upload."""
KINDS = ("file", "folder")
FOUND: dict[str, Kind] = {
    "row": mapping(),
    "rows": listing(mapping()),
    "size": INTEGER,
    "uri": URI,
}


class DropboxTask(Task):
    """What the tasks share."""

    access_token: Text = prop(STRING)

    def run(self, run: RunContext) -> Any:
        return run.in_thread(lambda: self._work(run))

    def _work(self, run: RunContext) -> dict[str, Any]:
        raise NotImplementedError

    def _headers(self, run: RunContext) -> dict[str, str]:
        return {"Authorization": f"Bearer {required_text(run, self.access_token)}"}

    def _call(self, run: RunContext, what: str, asked: dict[str, Any], failed: str) -> Any:
        """What the interface answers. Raises PlainFailure, which begins with what has failed."""
        try:
            url = f"{API}/{what}"
            return ask(run, "Dropbox", "POST", url, headers=self._headers(run), json=asked)
        except Refused as error:
            raise refused(error.code, error.said, failed) from None

    def _transfer(
        self, run: RunContext, what: str, asked: dict[str, Any], data: bytes | Path, failed: str
    ) -> dict[str, Any]:
        """Send bytes, or receive them into a file; what is said of the file. Raises PlainFailure."""
        from json import dumps

        client = HttpClient(run, None, allow_failed=True, largest=1 << 50)
        headers = {**self._headers(run), "Dropbox-API-Arg": dumps(asked)}
        url = f"{CONTENT}/{what}"
        if isinstance(data, bytes):
            headers["Content-Type"] = "application/octet-stream"
            found = client.send("POST", url, headers, data)
        else:
            with data.open("wb") as file:
                found = client.send("POST", url, headers, None, file)
        body = (found.body or b"").decode("utf-8", "replace")
        if found.code != 200:
            held = body if isinstance(data, bytes) or body else data.read_text("utf-8", "replace")
            raise refused(found.code, held, failed)
        said = body if isinstance(data, bytes) else found.header("Dropbox-API-Result")
        answer: dict[str, Any] = parse_json(said or "null") or {}
        return answer


def refused(code: int, said: str, failed: str) -> PlainFailure:
    """The failure of an answer, to be raised."""
    if code == 401:
        return PlainFailure("Invalid Dropbox Access Token. Please check your secret or token.")
    if code == 429:
        return PlainFailure("Dropbox API rate limit exceeded. Please wait before trying again.")
    try:
        said = str(parse_json(said).get("error_summary") or said)
    except Exception:
        pass  # what is no JSON is told as it is
    return PlainFailure(f"{failed}: {said[:500]}")


def path_of(run: RunContext, given: Any, name: str, rooted: bool = True) -> str:
    """A path in Dropbox, or that which a stored file holds. Raises TaskFailure for what is none."""
    from flowrt.java.printing import text_of

    found = run.structure(given)
    path = "" if found is None else text_of(found)
    if not path.strip():
        raise TaskFailure(f"'{name}' input is required and cannot be empty.")
    if path.startswith("kestra://"):
        path = run.open_file(path).decode("utf-8", "replace").strip()
    if not path.strip():
        raise TaskFailure(f"'{name}' resolved to an empty path")
    if rooted and not path.startswith("/"):
        raise TaskFailure(f"'{name}' path must start with '/'")
    return path


def about(found: dict[str, Any]) -> dict[str, Any]:
    """A file or a folder as the tasks put it out."""
    from flowrt.java.time.isoparse import parse_instant

    kind, changed = found.get(".tag"), found.get("client_modified")
    return {
        "id": found.get("path_lower"),
        "name": found.get("name"),
        "path": found.get("path_display"),
        "type": kind if kind in KINDS else None,
        "size": found.get("size"),
        "clientModified": None if changed is None else parse_instant(changed),
    }


class OneFile(DropboxTask):
    """What tasks share whose output is one file or folder."""

    outputs: ClassVar[dict[str, Kind] | None] = {"file": mapping()}

    def _told(self, run: RunContext, what: str, asked: dict[str, Any], failed: str) -> Any:
        found = self._call(run, what, asked, failed)
        return {"file": about(found.get("metadata") or found)}


class Relocating(OneFile):
    """What tasks that copy or move share."""

    verb: ClassVar[str] = ""

    from_: Any = prop(ANY)
    to: Any = prop(ANY)
    autorename: Flag = prop(BOOLEAN, default=False)

    def _more(self, run: RunContext) -> dict[str, Any]:
        return {}

    def _work(self, run: RunContext) -> dict[str, Any]:
        asked = {
            "from_path": path_of(run, self.from_, "from"),
            "to_path": path_of(run, self.to, "to"),
            "autorename": run.flag(self.autorename),
            **self._more(run),
        }
        found: dict[str, Any] = self._told(
            run, f"{self.verb}_v2", asked, f"Could not {self.verb} item"
        )
        return found


@task_type("io.kestra.plugin.dropbox.files.Copy")
class DropboxCopy(Relocating):
    """Copy a file or a folder."""

    verb = "copy"


@task_type("io.kestra.plugin.dropbox.files.Move")
class DropboxMove(Relocating):
    """Move a file or a folder."""

    verb = "move"

    allow_ownership_transfer: Flag = prop(BOOLEAN, default=False)

    def _more(self, run: RunContext) -> dict[str, Any]:
        return {"allow_ownership_transfer": run.flag(self.allow_ownership_transfer)}


@task_type("io.kestra.plugin.dropbox.files.CreateFolder")
class DropboxCreateFolder(OneFile):
    """Make a folder."""

    path: Any = prop(ANY)
    autorename: Flag = prop(BOOLEAN, default=False)

    def _work(self, run: RunContext) -> dict[str, Any]:
        path = path_of(run, self.path, "path")
        asked = {"path": path, "autorename": run.flag(self.autorename)}
        found: dict[str, Any] = self._told(
            run, "create_folder_v2", asked, "Could not create folder"
        )
        found["file"]["type"] = "folder"  # the answer does not say it: it can be nothing else
        return found


@task_type("io.kestra.plugin.dropbox.files.Delete")
class DropboxDelete(OneFile):
    """Delete a file or a folder."""

    from_: Any = prop(ANY)

    def _work(self, run: RunContext) -> dict[str, Any]:
        asked = {"path": path_of(run, self.from_, "from")}
        found: dict[str, Any] = self._told(run, "delete_v2", asked, "Could not delete item")
        return found


@task_type("io.kestra.plugin.dropbox.files.GetMetadata")
class DropboxGetMetadata(OneFile):
    """What is known of a file or a folder."""

    path: Any = prop(ANY)
    include_media_info: Flag = prop(BOOLEAN, default=False)

    def _work(self, run: RunContext) -> dict[str, Any]:
        path = path_of(run, self.path, "path")
        asked = {"path": path, "include_media_info": run.flag(self.include_media_info)}
        found: dict[str, Any] = self._told(run, "get_metadata", asked, "Could not get metadata")
        return found


class ManyFiles(DropboxTask):
    """What tasks share that find files and folders, page by page."""

    outputs: ClassVar[dict[str, Kind] | None] = FOUND

    fetch_type: Text = prop(FETCH, default="FETCH")

    def _pages(self, run: RunContext) -> Iterator[list[dict[str, Any]]]:
        raise NotImplementedError

    def _work(self, run: RunContext) -> dict[str, Any]:
        kind = run.constant(self.fetch_type, FETCH)
        if kind == "NONE":
            raise TaskFailure("Unexpected value: NONE")
        stop, entries = Stop(run), list[dict[str, Any]]()
        for page in stop.each(self._pages(run)):
            entries += page
            if kind == "FETCH_ONE" and entries:
                break
        run.metric("counter", "files.count", len(entries))
        return {**put_out(run, map(about, entries), kind), "size": len(entries)}


@task_type("io.kestra.plugin.dropbox.files.List")
class DropboxList(ManyFiles):
    """What a folder holds."""

    from_: Any = prop(ANY, default=None)
    recursive: Flag = prop(BOOLEAN, default=False)
    limit: Integer = prop(INTEGER, default=2000)

    def _pages(self, run: RunContext) -> Iterator[list[dict[str, Any]]]:
        path = path_of(run, self.from_, "from", False) if run.structure(self.from_) else ""
        failed = (
            "Could not list Dropbox folder. Verify the path exists and you have permissions. Error"
        )
        asked: dict[str, Any] = {
            "path": "" if path == "/" else path,
            "recursive": run.flag(self.recursive),
            "limit": run.integer(self.limit),
        }
        found = self._call(run, "list_folder", asked, failed)
        yield found["entries"]
        while found.get("has_more"):
            found = self._call(run, "list_folder/continue", {"cursor": found["cursor"]}, failed)
            yield found["entries"]


@task_type("io.kestra.plugin.dropbox.files.Search")
class DropboxSearch(ManyFiles):
    """The files and folders that a text finds."""

    query: Text = prop(STRING)
    path: Any = prop(ANY, default=None)
    max_results: Integer | None = prop(INTEGER, default=None)
    file_extensions: Listing | None = prop(listing(STRING), default=None)

    def _pages(self, run: RunContext) -> Iterator[list[dict[str, Any]]]:
        options = {
            "path": path_of(run, self.path, "path") if run.structure(self.path) else None,
            "max_results": run.integer(self.max_results),
            "file_extensions": run.listing(self.file_extensions),
        }
        asked = {
            "query": required_text(run, self.query),
            "options": {key: value for key, value in options.items() if value},
        }
        failed = "Could not perform search"
        found = self._call(run, "search_v2", asked, failed)
        while True:
            yield [each["metadata"]["metadata"] for each in found["matches"]]
            if not found.get("has_more"):
                return
            found = self._call(run, "search/continue_v2", {"cursor": found["cursor"]}, failed)


@task_type("io.kestra.plugin.dropbox.files.Download")
class DropboxDownload(DropboxTask):
    """Take a file into the storage."""

    outputs: ClassVar[dict[str, Kind] | None] = {"metadata": mapping(), "uri": URI}

    from_: Any = prop(ANY)

    def _work(self, run: RunContext) -> dict[str, Any]:
        from flowrt.services.folders import temporary_name

        path = path_of(run, self.from_, "from", False)
        run.log("INFO", f"Downloading file from Dropbox path: '{path}'")
        target = run.private_folder() / temporary_name()
        found = self._transfer(
            run, "download", {"path": path}, target, f"Could not download file '{path}'"
        )
        uri = run.put_file(target, target.name)
        run.log(
            "INFO",
            f"File '{found.get('name')}' ({found.get('size')} bytes) downloaded to Kestra storage: {uri}",
        )
        return {"uri": uri, "metadata": found}


@task_type("io.kestra.plugin.dropbox.files.Upload")
class DropboxUpload(DropboxTask):
    """Give a stored file to Dropbox, in parts when it is large."""

    outputs: ClassVar[dict[str, Kind] | None] = {"metadata": mapping()}

    from_: Any = prop(ANY)
    to: Text = prop(STRING)
    mode: Text = prop(STRING, default="ADD")
    autorename: Flag = prop(BOOLEAN, default=False)

    def _work(self, run: RunContext) -> dict[str, Any]:
        source, path = run.structure(self.from_), required_text(run, self.to)
        if not isinstance(source, str) or not source.startswith("kestra://"):
            raise TaskFailure(
                "Invalid 'from' type: must be a Kestra internal storage URI (kestra://...)."
            )
        mode = (run.text(self.mode) or "ADD").upper()
        if mode not in ("ADD", "OVERWRITE"):
            raise TaskFailure(f"Invalid 'mode': {mode}. Must be 'ADD' or 'OVERWRITE'.")
        if not path.startswith("/"):
            raise TaskFailure("'to' path must start with '/'")
        run.log("INFO", f"Uploading file from Kestra storage '{source}' to Dropbox path '{path}'")
        target = {"path": path, "mode": mode.lower(), "autorename": run.flag(self.autorename)}
        found = self._sent(run, stored_path(run, source), target)
        run.log("INFO", f"File successfully uploaded to Dropbox: {found.get('name')}")
        return {"metadata": found}

    def _sent(self, run: RunContext, source: Path, target: dict[str, Any]) -> dict[str, Any]:
        failed = "Could not upload file. Verify the path is valid and you have permissions. Error"
        with source.open("rb") as file:
            part = file.read(CHUNK)
            if len(part) < CHUNK:
                return self._transfer(run, "upload", target, part, failed)
            begun = self._transfer(run, "upload_session/start", {"close": False}, part, failed)
            place = {"session_id": begun["session_id"], "offset": len(part)}
            while len(part := file.read(CHUNK)) == CHUNK:
                self._transfer(run, "upload_session/append_v2", {"cursor": place}, part, failed)
                place["offset"] += len(part)
            last = {"cursor": place, "commit": target}
            return self._transfer(run, "upload_session/finish", last, part, failed)
