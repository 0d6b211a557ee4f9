"""Data Lake Storage of Azure: files taken, given, listed, deleted, shared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt import packages
from flowrt.model.declare import (
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
from flowrt.model.failures import TaskFailure
from flowrt.plugins.azure.checksums import ALGORITHMS, Wanted, digest, verify
from flowrt.plugins.azure.client import AccountTask, letters, signing_key
from flowrt.plugins.files.remote import extension
from flowrt.plugins.stored import Stop
from flowrt.tasks.storage import required_text, stored_path

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Listing, Text

PERMISSIONS = {
    "READ": "r",
    "ADD": "a",
    "CREATE": "c",
    "WRITE": "w",
    "DELETE": "d",
    "LIST": "l",
    "MOVE": "m",
    "EXECUTE": "e",
    "MANAGE_OWNERSHIP": "o",
    "MANAGE_ACCESS_CONTROL": "p",
}
SHORTEST_LEASE, LONGEST_LEASE = 15, 60


class AdlsTask(AccountTask):
    """A task that uses the files of an account."""

    packages: ClassVar[tuple[str, ...]] = (packages.AZURE_DATALAKE,)
    library: ClassVar[str] = "azure.storage.filedatalake"
    account: ClassVar[str] = "DataLakeServiceClient"

    file_system: Text = prop(STRING)

    def _files(self, run: RunContext, service: Any) -> Any:
        return service.get_file_system_client(required_text(run, self.file_system))


class FileTask(AdlsTask):
    """What tasks of one file share."""

    outputs: ClassVar[dict[str, Kind] | None] = {"file": mapping()}

    file_path: Text = prop(STRING)

    def _work(self, run: RunContext, service: Any) -> dict[str, Any] | None:
        path = required_text(run, self.file_path)
        return self._done(run, self._files(run, service).get_file_client(path))

    def _done(self, run: RunContext, file: Any) -> dict[str, Any] | None:
        raise NotImplementedError


def about(file: Any, uri: str | None = None) -> dict[str, Any]:
    """A file as the tasks put it out."""
    from base64 import b64encode

    from flowrt.plugins.values import instant

    found = file.get_file_properties()
    content, lease = found.content_settings, found.lease
    name = file.path_name
    acl = getattr(found, "acl", None)
    return {
        "uri": uri,
        "fileSystem": file.file_system_name,
        "name": name,
        "fileName": name.rpartition("/")[2],
        "size": found.size,
        "contentType": content.content_type,
        "contentEncoding": content.content_encoding,
        "contentLanguage": content.content_language,
        "contentMd5": b64encode(content.content_md5).decode() if content.content_md5 else None,
        "lastModifed": instant(found.last_modified),  # so its name is written
        "eTag": found.etag,
        "leaseState": lease.state,
        "leaseDuration": lease.duration,
        "leaseStatus": lease.status,
        "isDirectory": (found.metadata or {}).get("hdi_isfolder") == "true",
        "owner": getattr(found, "owner", None),
        "group": getattr(found, "group", None),
        "permissions": getattr(found, "permissions", None),
        "accessControlList": acl.split(",") if acl else [],
    }


def taken(run: RunContext, file: Any, wanted: Wanted, stop: Stop) -> str:
    """Stream a file into the storage; its address. Raises TaskFailure when it is another than it should be."""
    from flowrt.services.folders import temporary_name

    name = file.path_name
    path: Path = run.private_folder() / temporary_name(extension(name))
    found = file.download_file()
    with path.open("wb") as target:
        for part in stop.each(found.chunks()):
            target.write(part)
    run.metric("counter", "file.size", path.stat().st_size)
    verify(run, path, found.properties.content_settings.content_md5, wanted, name)
    return run.put_file(path, path.name)


@task_type("io.kestra.plugin.azure.storage.adls.Read")
class AdlsRead(FileTask):
    """Take a file into the storage."""

    validate_checksum: Flag | None = prop(BOOLEAN, default=None)
    fail_on_missing_checksum: Flag | None = prop(BOOLEAN, default=None)
    expected_checksum: Text | None = prop(STRING, default=None)
    checksum_algorithm: Text | None = prop(ALGORITHMS, default=None)

    def _done(self, run: RunContext, file: Any) -> dict[str, Any]:
        wanted = Wanted(
            run.flag(self.validate_checksum),
            run.flag(self.fail_on_missing_checksum),
            run.text(self.expected_checksum),
            run.constant(self.checksum_algorithm, ALGORITHMS) or "MD5",
        )
        return {"file": about(file, taken(run, file, wanted, Stop(run)))}


@task_type("io.kestra.plugin.azure.storage.adls.Upload")
class AdlsUpload(FileTask):
    """Give a stored file to the account; `useLease` keeps others away meanwhile."""

    from_: Text = prop(STRING)
    use_lease: Flag | None = prop(BOOLEAN, default=None)
    lease_duration_seconds: Integer | None = prop(INTEGER, default=None)
    validate_checksum: Flag | None = prop(BOOLEAN, default=None)

    def _done(self, run: RunContext, file: Any) -> dict[str, Any]:
        lease = self._lease(run, file) if run.flag(self.use_lease) else None
        try:
            self._sent(run, file, lease)
        finally:
            if lease is not None:
                lease.release()
                run.log("DEBUG", f"Released lease {lease.id} on {file.path_name}")
        found = about(file)
        run.metric("counter", "file.size", found["size"])
        return {"file": found}

    def _lease(self, run: RunContext, file: Any) -> Any:
        """A lease of the file; None where there is none, as of a file that is not there yet."""
        from azure.core.exceptions import AzureError

        seconds = run.integer(self.lease_duration_seconds) or SHORTEST_LEASE
        try:
            found = file.acquire_lease(max(SHORTEST_LEASE, min(seconds, LONGEST_LEASE)))
        except AzureError as error:
            run.log("WARN", f"Failed to acquire lease on {file.path_name}: {error.message}")
            return None
        run.log("DEBUG", f"Acquired lease {found.id} on file {file.path_name}")
        return found

    def _sent(self, run: RunContext, file: Any, lease: Any) -> None:
        from azure.storage.filedatalake import ContentSettings

        path, more = stored_path(run, required_text(run, self.from_)), dict[str, Any]()
        if run.flag(self.validate_checksum):
            more["content_settings"] = ContentSettings(content_md5=bytearray(digest(path)))
        if lease is not None:
            more["lease"] = lease
        with path.open("rb") as source:
            file.upload_data(source, path.stat().st_size, overwrite=True, **more)


@task_type("io.kestra.plugin.azure.storage.adls.Delete")
class AdlsDelete(FileTask):
    """Delete a file."""

    def _done(self, run: RunContext, file: Any) -> dict[str, Any]:
        found = about(file) if file.exists() else None
        file.delete_file()
        return {"file": found}


@task_type("io.kestra.plugin.azure.storage.adls.SharedAccess")
class AdlsSharedAccess(FileTask):
    """An address of a file that others may use until a moment."""

    outputs: ClassVar[dict[str, Kind] | None] = {"uri": URI}

    expiration_date: Text = prop(STRING)
    permissions: Listing = prop(listing(STRING))

    def _done(self, run: RunContext, file: Any) -> dict[str, Any]:
        from azure.storage.filedatalake import generate_file_sas

        from flowrt.plugins.values import moment

        ends = moment(required_text(run, self.expiration_date))
        allowed = letters(PERMISSIONS, run.listing(self.permissions))
        folder, _, name = file.path_name.rpartition("/")
        signature = generate_file_sas(
            file.account_name,
            file.file_system_name,
            folder,
            name,
            signing_key(file),
            permission=allowed,
            expiry=ends,
        )
        return {"uri": f"{file.url.partition('?')[0]}?{signature}"}


class FolderTask(AdlsTask):
    """What tasks of the files of a folder share."""

    directory_path: Text = prop(STRING)

    def _listed(self, run: RunContext, files: Any) -> Iterator[Any]:
        """The files and folders of a folder, without what lies deeper."""
        folder = required_text(run, self.directory_path)
        for each in Stop(run).each(files.get_paths(folder, recursive=False)):
            yield files.get_file_client(each.name)


class SomeFiles(FolderTask):
    """What tasks share that stop at a number of files."""

    max_files: Integer = prop(INTEGER, default=25)

    def _some(self, run: RunContext, files: Any) -> list[Any]:
        most = run.integer(self.max_files)
        found = list(self._listed(run, files))
        if most is not None and len(found) > most:
            run.log(
                "WARN",
                f"Listing returned {len(found)} files but maxFiles limit is {most}. "
                f"Only the first {most} files will be returned. "
                "Increase the maxFiles property if you need more files.",
            )
        return found[:most]


@task_type("io.kestra.plugin.azure.storage.adls.List")
class AdlsList(SomeFiles):
    """The files of a folder."""

    outputs: ClassVar[dict[str, Kind] | None] = {"files": listing(mapping())}

    def _work(self, run: RunContext, service: Any) -> dict[str, Any]:
        return {"files": [about(each) for each in self._some(run, self._files(run, service))]}


@task_type("io.kestra.plugin.azure.storage.adls.Reads")
class AdlsReads(SomeFiles):
    """Take the files of a folder into the storage."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "files": listing(mapping()),
        "outputFiles": mapping(URI),
    }

    validate_checksum: Flag | None = prop(BOOLEAN, default=None)
    fail_on_missing_checksum: Flag | None = prop(BOOLEAN, default=None)

    def _work(self, run: RunContext, service: Any) -> dict[str, Any]:
        wanted = Wanted(run.flag(self.validate_checksum), run.flag(self.fail_on_missing_checksum))
        stop, files = Stop(run), list[dict[str, Any]]()
        for each in self._some(run, self._files(run, service)):
            found = about(each)
            if not found["isDirectory"]:
                found["uri"] = taken(run, each, wanted, stop)
            files.append(found)
        taken_ = {each["name"]: each["uri"] for each in files if each["uri"] is not None}
        return {"files": files, "outputFiles": taken_}


@task_type("io.kestra.plugin.azure.storage.adls.DeleteFiles")
class AdlsDeleteFiles(FolderTask):
    """Delete the files of a folder."""

    outputs: ClassVar[dict[str, Kind] | None] = {"count": INTEGER, "size": INTEGER}

    concurrent: int | None = prop(INTEGER, static=True, default=None)
    error_on_empty: Flag = prop(BOOLEAN, default=False)

    def _work(self, run: RunContext, service: Any) -> dict[str, Any]:
        from concurrent.futures import ThreadPoolExecutor

        def deleted(file: Any) -> int:
            run.log("INFO", f"Deleting '{file.path_name}'")
            size = int(file.get_file_properties().size)
            file.delete_file()
            return size

        files = list(self._listed(run, self._files(run, service)))
        with ThreadPoolExecutor(self.concurrent or 1) as pool:
            sizes = list(pool.map(deleted, files))
        run.metric("counter", "files.count", len(sizes))
        run.metric("counter", "files.size", sum(sizes))
        if not sizes and run.flag(self.error_on_empty):
            raise TaskFailure(
                f"Unable to find any files to delete on {run.text(self.file_system)} "
                f"with directoryPath='{run.text(self.directory_path)}'"
            )
        run.log("INFO", f"Deleted {len(sizes)} keys for {sum(sizes)} bytes")
        return {"count": len(sizes), "size": sum(sizes)}
