"""SharePoint: files and folders of a site."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import INTEGER, STRING, URI, Kind, enum, listing, mapping, prop, task_type
from flowrt.model.failures import TaskFailure
from flowrt.plugins.microsoft import graph as api
from flowrt.plugins.microsoft.graph import (
    SLICE,
    Graph,
    SecretTask,
    child_address,
    item_address,
    root_address,
)
from flowrt.plugins.microsoft.oneshare import EXPORTS, LARGE
from flowrt.plugins.rows import FETCH, stored
from flowrt.plugins.services.service import address
from flowrt.plugins.stored import source_path
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Integer, Text


class SharePointTask(SecretTask):
    """What the tasks share: a site, and one of its drives, the first by default."""

    site_id: Text = prop(STRING)
    drive_id: Text | None = prop(STRING, default=None)

    def _done(self, run: RunContext, graph: Graph) -> dict[str, Any]:
        drive = run.text(self.drive_id)
        if drive is None or not drive.strip():
            site = required_text(run, self.site_id)
            drives = graph.ask("GET", address(api.BASE, "sites", site, "drives")).get("value")
            if not drives:
                raise TaskFailure(f"Drive not found in site: {site}")
            drive = str(drives[0]["id"])
        return self._in(run, graph, drive)

    def _in(self, run: RunContext, graph: Graph, drive: str) -> dict[str, Any]:
        raise NotImplementedError


def _described(found: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": found.get("id"),
        "name": found.get("name"),
        "size": found.get("size"),
        "createdDateTime": found.get("createdDateTime"),
        "lastModifiedDateTime": found.get("lastModifiedDateTime"),
        "webUrl": found.get("webUrl"),
        "isFolder": found.get("folder") is not None,
        "isFile": found.get("file") is not None,
    }


@task_type("io.kestra.plugin.microsoft365.sharepoint.List")
class SharePointList(SharePointTask):
    """What is in a folder."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "item": mapping(),
        "items": listing(mapping()),
        "size": INTEGER,
        "uri": URI,
    }

    folder_id: Text = prop(STRING, default="root")
    fetch_type: Text = prop(FETCH, default="FETCH")

    def _in(self, run: RunContext, graph: Graph, drive: str) -> dict[str, Any]:
        folder, kind = run.text(self.folder_id) or "root", run.text(self.fetch_type)
        found = [
            _described(each)
            for page in graph.pages(item_address(drive, folder, "children"))
            for each in page.get("value") or ()
        ]
        run.metric("counter", "count", len(found))
        run.log("INFO", f"Fetched {len(found)} items from SharePoint folder '{folder}'")
        if kind == "STORE":
            return {"uri": stored(run, found)[0], "size": len(found)}
        if kind == "NONE" or not found:
            return {"items": [], "size": 0}
        if kind == "FETCH_ONE":
            return {"items": found[:1], "item": found[0], "size": 1}
        return {"items": found, "size": len(found)}


@task_type("io.kestra.plugin.microsoft365.sharepoint.Create")
class SharePointCreate(SharePointTask):
    """Make a folder, or a file with a text."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "itemId": STRING,
        "itemName": STRING,
        "webUrl": STRING,
    }

    parent_id: Text = prop(STRING)
    name: Text = prop(STRING)
    item_type: Text = prop(enum("FILE", "FOLDER"), default="FILE")
    content: Text | None = prop(STRING, default=None)

    def _in(self, run: RunContext, graph: Graph, drive: str) -> dict[str, Any]:
        parent, name = required_text(run, self.parent_id), required_text(run, self.name)
        if run.text(self.item_type) == "FOLDER":
            url, kind = item_address(drive, parent, "children"), "folder"
            found = graph.ask("POST", url, json={"name": name, "folder": {}})
        else:
            url, kind = f"{child_address(drive, parent, name)}/content", "file"
            found = graph.put(url, (run.text(self.content) or "").encode())
        run.log("INFO", f"Created {kind} '{name}' in parent '{parent}'")
        return {"itemId": found["id"], "itemName": found["name"], "webUrl": found.get("webUrl")}


@task_type("io.kestra.plugin.microsoft365.sharepoint.Delete")
class SharePointDelete(SharePointTask):
    """Delete a file or a folder."""

    outputs: ClassVar[dict[str, Kind] | None] = {"itemId": STRING}

    item_id: Text = prop(STRING)

    def _in(self, run: RunContext, graph: Graph, drive: str) -> dict[str, Any]:
        item = required_text(run, self.item_id)
        graph.ask("DELETE", item_address(drive, item))
        run.log("INFO", f"Successfully deleted item '{item}'")
        return {"itemId": item}


@task_type("io.kestra.plugin.microsoft365.sharepoint.Move")
class SharePointMove(SharePointTask):
    """Put a file or a folder below another folder, under another name if one is given."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "itemId": STRING,
        "itemName": STRING,
        "parentId": STRING,
        "webUrl": STRING,
    }

    item_id: Text = prop(STRING)
    destination_parent_id: Text = prop(STRING)
    new_name: Text | None = prop(STRING, default=None)

    def _in(self, run: RunContext, graph: Graph, drive: str) -> dict[str, Any]:
        item, parent = required_text(run, self.item_id), required_text(
            run, self.destination_parent_id
        )
        name = (run.text(self.new_name) or "").strip() and run.text(self.new_name)
        change: dict[str, Any] = {"parentReference": {"id": parent}}
        if name:
            change["name"] = name
        found = graph.ask("PATCH", item_address(drive, item), json=change)
        renamed = f" and renamed to '{name}'" if name else ""
        run.log("INFO", f"Successfully moved item '{item}' to parent '{parent}'{renamed}")
        return {
            "itemId": found["id"],
            "itemName": found.get("name"),
            "parentId": (found.get("parentReference") or {"id": parent}).get("id"),
            "webUrl": found.get("webUrl"),
        }


class NamedTask(SharePointTask):
    """What tasks share that name a file by its id or by its path."""

    item_id: Text | None = prop(STRING, default=None)
    item_path: Text | None = prop(STRING, default=None)

    def _in(self, run: RunContext, graph: Graph, drive: str) -> dict[str, Any]:
        item, path = run.text(self.item_id), run.text(self.item_path)
        if item is not None:
            url = item_address(drive, item)
        elif path is not None:
            url = root_address(drive, path)
        else:
            raise TaskFailure("Either itemId or itemPath must be provided")
        return self._taken(run, graph, drive, graph.ask("GET", url))

    def _taken(
        self, run: RunContext, graph: Graph, drive: str, found: dict[str, Any]
    ) -> dict[str, Any]:
        raise NotImplementedError


@task_type("io.kestra.plugin.microsoft365.sharepoint.Download")
class SharePointDownload(NamedTask):
    """Take a file into the storage."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "itemId": STRING,
        "name": STRING,
        "size": INTEGER,
        "uri": STRING,
        "webUrl": STRING,
    }

    def _taken(
        self, run: RunContext, graph: Graph, drive: str, found: dict[str, Any]
    ) -> dict[str, Any]:
        if found.get("folder") is not None:
            raise TaskFailure(
                "Download URL not available. The file might be too large or unavailable."
            )
        uri, _ = graph.stored(item_address(drive, found["id"], "content"), found["name"])
        return {
            "itemId": found["id"],
            "name": found["name"],
            "uri": uri,
            "size": found.get("size"),
            "webUrl": found.get("webUrl"),
        }


@task_type("io.kestra.plugin.microsoft365.sharepoint.Export")
class SharePointExport(NamedTask):
    """Take a file into the storage in another format."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "format": STRING,
        "itemId": STRING,
        "name": STRING,
        "originalName": STRING,
        "originalSize": INTEGER,
        "uri": STRING,
        "webUrl": STRING,
    }

    format: Text = prop(EXPORTS)

    def _taken(
        self, run: RunContext, graph: Graph, drive: str, found: dict[str, Any]
    ) -> dict[str, Any]:
        form = required_text(run, self.format).lower()
        stem, dot, _ = str(found["name"]).rpartition(".")
        name = f"{stem if dot and stem else found['name']}.{form}"
        url = address(item_address(drive, found["id"], "content"), format=form)
        uri, _ = graph.stored(url, name)
        run.log("INFO", f"Exported file '{found['name']}' to format '{form}' as '{name}'")
        return {
            "itemId": found["id"],
            "originalName": found["name"],
            "name": name,
            "uri": uri,
            "originalSize": found.get("size"),
            "webUrl": found.get("webUrl"),
            "format": form,
        }


@task_type("io.kestra.plugin.microsoft365.sharepoint.Upload")
class SharePointUpload(SharePointTask):
    """Put a stored file into a site; one that is there is replaced."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "itemId": STRING,
        "name": STRING,
        "size": INTEGER,
        "webUrl": STRING,
    }

    from_: Text = prop(STRING, yaml="from")
    to: Text = prop(STRING)
    parent_id: Text = prop(STRING, default="root")
    conflict_behavior: Text = prop(enum("FAIL", "REPLACE", "RENAME"), default="FAIL", ignored=True)
    chunk_size: Integer = prop(INTEGER, default=16 * SLICE)

    def _in(self, run: RunContext, graph: Graph, drive: str) -> dict[str, Any]:
        parent, name = run.text(self.parent_id) or "root", required_text(run, self.to)
        path = source_path(run, required_text(run, self.from_))
        item = child_address(drive, parent, name)
        if path.stat().st_size <= LARGE:
            found = graph.put(f"{item}/content", path.read_bytes())
        else:
            part = max((run.integer(self.chunk_size) or 0) // SLICE, 1) * SLICE
            found = graph.put_parts(item, path, part, "replace")
        return {
            "itemId": found["id"],
            "name": found.get("name"),
            "webUrl": found.get("webUrl"),
            "size": found.get("size"),
        }
