"""OneDrive: files and folders of a drive."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import INTEGER, STRING, URI, Kind, enum, listing, mapping, prop, task_type
from flowrt.model.failures import TaskFailure
from flowrt.plugins.microsoft.graph import (
    BUSY,
    SLICE,
    ConnectedTask,
    Graph,
    child_address,
    item_address,
    said,
)
from flowrt.plugins.stored import source_path
from flowrt.plugins.web import Refused
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Integer, Text

_FORBIDDEN = re.compile(r'[<>:"/\\|?*]')
LARGE = 4 * 1024 * 1024
"""Bytes up to which a file goes in one request."""
COMMON = {
    401: "Authentication failed. Please verify your credentials (tenantId, clientId, clientSecret)",
    429: "Rate limit exceeded. Too many requests to Microsoft Graph API. Please retry after some time",
    503: "Microsoft Graph API is temporarily unavailable. Please retry after some time",
    504: "Microsoft Graph API is temporarily unavailable. Please retry after some time",
}
FILE = {"file": mapping()}
EXPORTS = enum("PDF", "HTML")


def described(found: dict[str, Any]) -> dict[str, Any]:
    """A file or a folder as outputs show it."""
    return {
        "id": found.get("id"),
        "name": found.get("name"),
        "mimeType": (found.get("file") or {}).get("mimeType"),
        "createdDateTime": found.get("createdDateTime"),
        "lastModifiedDateTime": found.get("lastModifiedDateTime"),
        "webUrl": found.get("webUrl"),
        "size": found.get("size"),
        "isFolder": found.get("folder") is not None,
    }


def checked_name(name: str, what: str) -> None:
    """Raises TaskFailure for a name that no file can have."""
    if not name.strip():
        raise TaskFailure(f"{what} name cannot be empty")
    if _FORBIDDEN.search(name):
        raise TaskFailure(
            f"{what} name contains invalid characters. "
            'OneDrive/SharePoint names cannot contain: < > : " / \\ | ? *'
        )


class OneShareTask(ConnectedTask):
    """What the tasks share: a drive, and messages for what Graph refuses."""

    drive_id: Text = prop(STRING)

    def _done(self, run: RunContext, graph: Graph) -> dict[str, Any] | None:
        drive = required_text(run, self.drive_id)
        return self._in(run, graph, drive)

    def _in(self, run: RunContext, graph: Graph, drive: str) -> dict[str, Any] | None:
        raise NotImplementedError

    def _item(self, run: RunContext, item: Text) -> str:
        number = required_text(run, item)
        if not number.strip():
            raise TaskFailure("Item ID cannot be empty")
        return number


def failure(error: Refused, what: str, messages: dict[int, str]) -> TaskFailure:
    """The failure of a task for a refusal: in words for its code, or in those of Graph."""
    known = messages.get(error.code) or COMMON.get(error.code)
    return TaskFailure(known or f"Failed to {what}: {said(error)}")


@task_type("io.kestra.plugin.microsoft365.oneshare.List")
class OneShareList(OneShareTask):
    """What is in a folder."""

    outputs: ClassVar[dict[str, Kind] | None] = {"count": INTEGER, "files": listing(mapping())}

    item_id: Text | None = prop(STRING, default=None)

    def _in(self, run: RunContext, graph: Graph, drive: str) -> dict[str, Any]:
        item = run.text(self.item_id)
        run.log("INFO", f"Listing files in drive '{drive}' from item '{item}'")
        item, found, number = item or "root", [], 0
        messages = {
            404: f"Folder '{item}' not found in drive '{drive}'. The folder may not exist or the ID is incorrect",
            403: f"Permission denied. Insufficient permissions to list files in drive '{drive}'",
            400: f"Invalid request. Item '{item}' may not be a folder or the request is malformed",
        }
        try:
            for page in graph.pages(item_address(drive, item, "children")):
                number += 1
                found += [described(each) for each in page.get("value") or ()]
        except Refused as error:
            if number == 0:
                what = f"list files in drive '{drive}' from item '{item}'"
                raise failure(error, what, messages) from None
            if error.code in BUSY:
                raise failure(error, "fetch a page", {}) from None
            run.log(
                "ERROR",
                f"Pagination error at page {number + 1}: {said(error)}. Returning {len(found)} items retrieved so far",
            )
        run.log("INFO", f"Retrieved {len(found)} total items across {number} pages")
        return {"files": found, "count": len(found)}


@task_type("io.kestra.plugin.microsoft365.oneshare.Create")
class OneShareCreate(OneShareTask):
    """Make a folder, or a file with a text."""

    outputs: ClassVar[dict[str, Kind] | None] = FILE

    parent_id: Text | None = prop(STRING, default=None)
    name: Text = prop(STRING)
    item_type: Text = prop(enum("FILE", "FOLDER"), default="FILE")
    content: Text | None = prop(STRING, default=None)

    def _in(self, run: RunContext, graph: Graph, drive: str) -> dict[str, Any]:
        parent, name = run.text(self.parent_id) or "root", required_text(run, self.name)
        kind, content = (run.text(self.item_type) or "FILE").lower(), run.text(self.content)
        checked_name(name, "File or folder")
        run.log("INFO", f"Creating a {kind} in drive '{drive}' with name '{name}'")
        messages = {
            404: f"Parent folder '{parent}' not found in drive '{drive}'. Please verify the parent ID exists.",
            403: f"Permission denied. Insufficient permissions to create {kind} in drive '{drive}'",
            409: f"A {kind} named '{name}' already exists in the parent folder '{parent}'",
            507: f"Insufficient storage. Drive '{drive}' does not have enough space",
        }
        try:
            if kind == "file" and content:
                url = f"{child_address(drive, parent, name)}/content"
                found = graph.put(url, content.encode())
            else:
                facet: dict[str, Any] = {"name": name, kind: {}}
                found = graph.ask("POST", item_address(drive, parent, "children"), json=facet)
        except Refused as error:
            what = f"create {kind} '{name}' in drive '{drive}'"
            raise failure(error, what, messages) from None
        run.log("INFO", f"Successfully created {kind} '{name}' with ID: {found.get('id')}")
        return {"file": described(found)}


@task_type("io.kestra.plugin.microsoft365.oneshare.Delete")
class OneShareDelete(OneShareTask):
    """Delete a file or a folder."""

    item_id: Text = prop(STRING)

    def _in(self, run: RunContext, graph: Graph, drive: str) -> None:
        item = self._item(run, self.item_id)
        run.log("INFO", f"Deleting item '{item}' from drive '{drive}'")
        messages = {
            404: f"Item '{item}' not found in drive '{drive}'. It may have already been deleted or the ID is incorrect",
            403: f"Permission denied. Insufficient permissions to delete item '{item}' from drive '{drive}'",
            423: f"Item '{item}' is locked and cannot be deleted at this time",
        }
        try:
            graph.ask("DELETE", item_address(drive, item))
        except Refused as error:
            raise failure(error, f"delete item '{item}' from drive '{drive}'", messages) from None
        run.log("INFO", f"Successfully deleted item '{item}'")


class TakingTask(OneShareTask):
    """What tasks share that take the content of a file into the storage."""

    outputs: ClassVar[dict[str, Kind] | None] = {"uri": URI}

    item_id: Text = prop(STRING)

    def _taken(
        self, graph: Graph, drive: str, item: str, what: str, query: str, more: dict[int, str]
    ) -> dict[str, Any]:
        messages = {
            404: f"Item '{item}' not found in drive '{drive}'. The file may not exist or the ID is incorrect",
            403: f"Permission denied. Insufficient permissions to {what} item '{item}' from drive '{drive}'",
            **more,
        }
        try:
            uri, size = graph.stored(f"{item_address(drive, item, 'content')}{query}", "")
        except Refused as error:
            raise failure(error, f"{what} item '{item}' from drive '{drive}'", messages) from None
        graph.run.log("DEBUG", f"{what.capitalize()}ed {size} bytes for item '{item}'")
        return {"uri": uri}


@task_type("io.kestra.plugin.microsoft365.oneshare.Download")
class OneShareDownload(TakingTask):
    """Take a file into the storage."""

    def _in(self, run: RunContext, graph: Graph, drive: str) -> dict[str, Any]:
        item = self._item(run, self.item_id)
        run.log("INFO", f"Downloading item '{item}' from drive '{drive}'")
        found = self._taken(graph, drive, item, "download", "", {})
        run.log("INFO", f"Successfully downloaded item '{item}' to storage")
        return found


@task_type("io.kestra.plugin.microsoft365.oneshare.Export")
class OneShareExport(TakingTask):
    """Take a file into the storage in another format."""

    format: Text = prop(EXPORTS)

    def _in(self, run: RunContext, graph: Graph, drive: str) -> dict[str, Any]:
        item, form = self._item(run, self.item_id), required_text(run, self.format)
        run.log("INFO", f"Exporting item '{item}' from drive '{drive}' to format '{form}'")
        refused = {
            400: f"Invalid export format. The file type of item '{item}' cannot be exported to {form} format",
            406: f"Unsupported export format '{form}' for item '{item}'. Please check the file type and supported export formats",
        }
        query = f"?format={form.lower()}"
        found = self._taken(graph, drive, item, "export", query, refused)
        run.log(
            "INFO", f"Successfully exported item '{item}' to format '{form}' and stored in storage"
        )
        return found


@task_type("io.kestra.plugin.microsoft365.oneshare.Upload")
class OneShareUpload(OneShareTask):
    """Put a stored file into a drive: a large one part by part."""

    outputs: ClassVar[dict[str, Kind] | None] = FILE

    parent_id: Text = prop(STRING, default="root")
    file_name: Text = prop(STRING)
    from_: Text = prop(STRING, yaml="from")
    large_file_threshold: Integer = prop(INTEGER, default=LARGE)
    max_slice_size: Integer = prop(INTEGER, default=10 * SLICE)
    max_retry_attempts: Integer = prop(INTEGER, default=5)
    conflict_behavior: Text = prop(enum("REPLACE", "FAIL", "RENAME"), default="REPLACE")

    def _in(self, run: RunContext, graph: Graph, drive: str) -> dict[str, Any]:
        parent, name = run.text(self.parent_id) or "root", required_text(run, self.file_name)
        source = required_text(run, self.from_)
        part = run.integer(self.max_slice_size) or 0
        attempts = run.integer(self.max_retry_attempts) or 0
        conflict = run.text(self.conflict_behavior) or "REPLACE"
        checked_name(name, "File")
        if part <= 0 or part % SLICE:
            raise TaskFailure(
                f"Max slice size ({part} bytes) must be a multiple of 320 KiB (327,680 bytes)"
            )
        if attempts < 1:
            raise TaskFailure("Max retry attempts must be at least 1")
        run.log("INFO", f"Uploading file '{source}' to drive '{drive}' as '{name}'")
        path, item = source_path(run, source), child_address(drive, parent, name)
        size = path.stat().st_size
        if size == 0:
            run.log("WARN", "File size is 0 bytes. Uploading empty file")
        messages = {
            403: f"Permission denied. Insufficient permissions to upload to drive '{drive}'",
            404: f"Parent folder '{parent}' not found in drive '{drive}'",
            507: f"Insufficient storage. Drive '{drive}' does not have enough space for file '{name}' ({size} bytes)",
        }
        if conflict == "FAIL":
            messages[409] = f"File '{name}' already exists and conflict behavior is set to FAIL"

        def report(sent: int) -> None:
            run.log("INFO", f"Upload progress: {sent} / {size} bytes ({sent * 100 / size:.2f} %)")

        try:
            if size <= (run.integer(self.large_file_threshold) or 0):
                run.log("INFO", f"Using simple upload for file of size {size} bytes")
                if conflict == "FAIL":
                    run.log(
                        "WARN",
                        "FAIL conflict behavior is not fully supported for simple uploads. "
                        "File will be replaced if it exists.",
                    )
                found = graph.put(f"{item}/content", path.read_bytes())
            else:
                run.log("INFO", f"Using resumable upload for file of size {size} bytes")
                found = graph.put_parts(item, path, part, conflict.lower(), attempts, report)
        except Refused as error:
            what = f"upload file '{name}' to drive '{drive}'"
            raise failure(error, what, messages) from None
        run.metric("counter", "file.size", size)
        known = f"ID: {found.get('id')}, Size: {found.get('size')} bytes"
        run.log("INFO", f"File uploaded successfully. {known}")
        return {"file": described(found)}
