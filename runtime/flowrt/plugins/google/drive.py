"""Google Drive."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote, urlencode

from flowrt.model.declare import (
    STRING,
    URI,
    Kind,
    listing,
    mapping,
    prop,
    task_type,
)
from flowrt.plugins.google.auth import Google
from flowrt.tasks.storage import required_text, stored_path

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Listing, Text

from flowrt.plugins.google.workspace import SCOPE, WorkspaceTask, chosen

DRIVE = "https://www.googleapis.com/drive/v3"
DRIVE_UPLOAD = "https://www.googleapis.com/upload/drive/v3"


_FIELDS = "id,name,size,version,mimeType,createdTime,parents,trashed"


class DriveTask(WorkspaceTask):
    """What the tasks of Drive share."""

    scopes: Listing = prop(listing(STRING), default=[f"{SCOPE}/drive"])


def _file(found: dict[str, Any]) -> dict[str, Any]:
    size, version = found.get("size"), found.get("version")
    return {
        "id": found.get("id"),
        "name": found.get("name"),
        "size": None if size is None else int(size),
        "version": None if version is None else int(version),
        "mimeType": found.get("mimeType"),
        "createdTime": found.get("createdTime"),
        "parents": found.get("parents"),
        "trashed": found.get("trashed"),
    }


class _DriveWritten(DriveTask):
    outputs: ClassVar[dict[str, Kind] | None] = {"file": mapping()}

    name: Text | None = prop(STRING, default=None)
    description: Text | None = prop(STRING, default=None)  # type: ignore[assignment]
    mime_type: Text | None = prop(STRING, default=None)
    team_drive_id: Text | None = prop(STRING, default=None)
    parents: Listing | None = prop(listing(STRING), default=None)

    def _about(self, run: RunContext) -> dict[str, Any]:
        return chosen(
            name=run.text(self.name),
            mimeType=run.text(self.mime_type),
            description=run.text(self.description),
            driveId=run.text(self.team_drive_id),
            parents=run.listing(self.parents),
        )


@task_type("io.kestra.plugin.googleworkspace.drive.Create")
class DriveCreate(_DriveWritten):
    """Make a file or a folder."""

    def _work(self, run: RunContext, google: Google) -> dict[str, Any]:
        url = f"{DRIVE}/files?supportsAllDrives=true&fields={_FIELDS}"
        return {"file": _file(google.ask("POST", url, json=self._about(run)))}


@task_type("io.kestra.plugin.googleworkspace.drive.Upload")
class DriveUpload(_DriveWritten):
    """Give a stored file to Drive."""

    from_: Text = prop(STRING, yaml="from")
    file_id: Text | None = prop(STRING, default=None)
    content_type: Text = prop(STRING)

    def _work(self, run: RunContext, google: Google) -> dict[str, Any]:
        path = stored_path(run, required_text(run, self.from_))
        number, about = run.text(self.file_id), self._about(run)
        asked = f"uploadType=resumable&supportsAllDrives=true&fields={_FIELDS}"
        if number is None:
            method, url = "POST", f"{DRIVE_UPLOAD}/files?{asked}"
        else:
            method, url = "PATCH", f"{DRIVE_UPLOAD}/files/{quote(number, safe='')}?{asked}"
            about.pop("parents", None)  # a file that is there is moved in another way
        head = {
            "X-Upload-Content-Type": required_text(run, self.content_type),
            "X-Upload-Content-Length": str(path.stat().st_size),
        }
        session = google.exchange(method, url, headers=head, json=about).header("location")
        from flowrt.plugins.google.upload import send

        return {"file": _file(send(google, session, path))}


@task_type("io.kestra.plugin.googleworkspace.drive.Download")
class DriveDownload(DriveTask):
    """Take a file of Drive into the storage."""

    outputs: ClassVar[dict[str, Kind] | None] = {"file": mapping(), "uri": URI}

    file_id: Text = prop(STRING)

    def _work(self, run: RunContext, google: Google) -> dict[str, Any]:
        from flowrt.plugins.google.upload import fetch

        url = f"{DRIVE}/files/{quote(required_text(run, self.file_id), safe='')}"
        found = google.ask("GET", f"{url}?supportsAllDrives=true&fields={_FIELDS}")
        path = fetch(
            google, f"{url}?alt=media&supportsAllDrives=true", str(found.get("name") or "")
        )
        return {"file": _file(found), "uri": run.put_file(path, path.name)}


@task_type("io.kestra.plugin.googleworkspace.drive.Export")
class DriveExport(DriveTask):
    """Take a document of Google's own forms into the storage, in another form."""

    outputs: ClassVar[dict[str, Kind] | None] = {"file": mapping(), "uri": URI}

    file_id: Text = prop(STRING)
    content_type: Text = prop(STRING)

    def _work(self, run: RunContext, google: Google) -> dict[str, Any]:
        from mimetypes import guess_extension

        from flowrt.plugins.google.upload import fetch

        kind = required_text(run, self.content_type)
        url = f"{DRIVE}/files/{quote(required_text(run, self.file_id), safe='')}"
        found = google.ask("GET", f"{url}?supportsAllDrives=true&fields={_FIELDS}")
        asked = urlencode({"mimeType": kind})
        path = fetch(google, f"{url}/export?{asked}", f"x{guess_extension(kind) or ''}")
        return {"file": _file(found), "uri": run.put_file(path, path.name)}


@task_type("io.kestra.plugin.googleworkspace.drive.List")
class DriveList(DriveTask):
    """List the files of Drive."""

    outputs: ClassVar[dict[str, Kind] | None] = {"files": listing(mapping())}

    query: Text | None = prop(STRING, default=None)
    corpora: Listing | None = prop(listing(STRING), default=None)

    def _work(self, run: RunContext, google: Google) -> dict[str, Any]:
        corpora = run.listing(self.corpora)
        asked = chosen(
            q=run.text(self.query),
            corpora=",".join(map(str, corpora)) if corpora else None,
            fields=f"nextPageToken,files({_FIELDS})",
            supportsAllDrives="true",
            includeItemsFromAllDrives="true",
        )
        files: list[dict[str, Any]] = []
        while True:
            page = google.ask("GET", f"{DRIVE}/files?{urlencode(asked)}") or {}
            files += [_file(each) for each in page.get("files") or ()]
            if not page.get("nextPageToken"):
                return {"files": files}
            asked["pageToken"] = page["nextPageToken"]


@task_type("io.kestra.plugin.googleworkspace.drive.Delete")
class DriveDelete(DriveTask):
    """Delete a file of Drive."""

    outputs: ClassVar[dict[str, Kind] | None] = {"fileId": STRING}

    file_id: Text | None = prop(STRING, default=None)

    def _work(self, run: RunContext, google: Google) -> dict[str, Any]:
        number = required_text(run, self.file_id)
        google.exchange("DELETE", f"{DRIVE}/files/{quote(number, safe='')}?supportsAllDrives=true")
        return {"fileId": number}
