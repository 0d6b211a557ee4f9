"""Anthropic: files that its models read, and which models there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import BOOLEAN, INTEGER, STRING, Kind, listing, mapping, prop, task_type
from flowrt.model.failures import TaskFailure
from flowrt.plugins.ai import anthropic_api
from flowrt.plugins.services.service import ServiceTask, address
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Integer, Text

BETA = "files-api-2025-04-14"
MOST = 1000


class AnthropicTask(ServiceTask):
    """What the tasks share."""

    service = "Anthropic"

    api_key: Text = prop(STRING)

    def _headers(self, run: RunContext) -> dict[str, str]:
        return anthropic_api.headers(required_text(run, self.api_key))


class FilesTask(AnthropicTask):
    """A task of files, whose interface has to be asked for by name."""

    def _headers(self, run: RunContext) -> dict[str, str]:
        return {**super()._headers(run), "anthropic-beta": BETA}

    def _url(self, *parts: str, **query: Any) -> str:
        return address(anthropic_api.URL, "files", *parts, **query)


def _metadata(found: dict[str, Any]) -> dict[str, Any]:
    return {
        "fileId": found.get("id"),
        "filename": found.get("filename"),
        "mimeType": found.get("mime_type"),
        "size": found.get("size_bytes"),
        "createdAt": found.get("created_at"),
        "downloadable": found.get("downloadable"),
        "scopeId": (found.get("scope") or {}).get("id"),
    }


@task_type("io.kestra.plugin.anthropic.UploadFile")
class AnthropicUploadFile(FilesTask):
    """Give Anthropic a file."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "fileId": STRING,
        "filename": STRING,
        "size": INTEGER,
    }

    file_path: Text = prop(STRING)
    mime_type: Text = prop(STRING)
    filename: Text | None = prop(STRING, default=None)

    def _work(self, run: RunContext) -> dict[str, Any]:
        from flowrt.formats.jsonread import parse_json
        from flowrt.http.multipart import Part, encode

        uri, kind = required_text(run, self.file_path), required_text(run, self.mime_type)
        if not kind.strip():
            raise TaskFailure("mimeType must not be blank")
        name = (run.text(self.filename) or "").strip() or uri.rpartition("/")[2] or "upload.bin"
        body, form = encode([Part("file", run.open_file(uri), name, kind)])
        response = self._exchange(
            run, "POST", self._url(), headers={"Content-Type": form}, body=body
        )
        found = parse_json((response.body or b"").decode())
        return {
            "fileId": found["id"],
            "filename": found.get("filename"),
            "size": found.get("size_bytes"),
        }


@task_type("io.kestra.plugin.anthropic.GetFile")
class AnthropicGetFile(FilesTask):
    """What Anthropic knows of a file."""

    outputs: ClassVar[dict[str, Kind] | None] = {"metadata": mapping()}

    file_id: Text = prop(STRING)

    def _work(self, run: RunContext) -> dict[str, Any]:
        url = self._url(required_text(run, self.file_id))
        return {"metadata": _metadata(self._ask(run, "GET", url))}


@task_type("io.kestra.plugin.anthropic.ListFiles")
class AnthropicListFiles(FilesTask):
    """A page of the files that Anthropic has."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "files": listing(mapping()),
        "firstId": STRING,
        "hasMore": BOOLEAN,
        "lastId": STRING,
    }

    after_id: Text | None = prop(STRING, default=None)
    before_id: Text | None = prop(STRING, default=None)
    limit: Integer | None = prop(INTEGER, default=None)
    scope_id: Text | None = prop(STRING, default=None)

    def _work(self, run: RunContext) -> dict[str, Any]:
        limit = run.integer(self.limit)
        if limit is not None and not 1 <= limit <= MOST:
            raise TaskFailure("limit must be between 1 and 1000")
        url = self._url(
            after_id=run.text(self.after_id),
            before_id=run.text(self.before_id),
            limit=limit,
            scope_id=run.text(self.scope_id),
        )
        found = self._ask(run, "GET", url)
        return {
            "files": [_metadata(each) for each in found.get("data") or ()],
            "firstId": found.get("first_id"),
            "lastId": found.get("last_id"),
            "hasMore": found.get("has_more"),
        }


@task_type("io.kestra.plugin.anthropic.DeleteFile")
class AnthropicDeleteFile(FilesTask):
    """Take a file away from Anthropic."""

    outputs: ClassVar[dict[str, Kind] | None] = {"deleted": BOOLEAN, "fileId": STRING}

    file_id: Text = prop(STRING)

    def _work(self, run: RunContext) -> dict[str, Any]:
        found = self._ask(run, "DELETE", self._url(required_text(run, self.file_id)))
        kind = found.get("type")
        return {"fileId": found.get("id"), "deleted": kind is None or kind == "file_deleted"}


@task_type("io.kestra.plugin.anthropic.ListModels")
class AnthropicListModels(AnthropicTask):
    """The newest models."""

    outputs: ClassVar[dict[str, Kind] | None] = {"models": listing(mapping())}

    def _work(self, run: RunContext) -> dict[str, Any]:
        found = self._ask(run, "GET", address(anthropic_api.URL, "models"))
        return {
            "models": [
                {
                    "id": each.get("id"),
                    "displayName": each.get("display_name"),
                    "createdAt": each.get("created_at"),
                }
                for each in found.get("data") or ()
            ]
        }
