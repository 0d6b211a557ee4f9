"""What tasks of Azure's storage share: the account, and its errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt import missing, packages
from flowrt.model.declare import STRING, Declared, prop
from flowrt.model.failures import TaskFailure, reason
from flowrt.model.task import Task

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Text


class AccountTask(Task):
    """A task that uses an account: one connection for all that it asks."""

    library: ClassVar[str] = ""
    """The module that speaks with the service."""
    account: ClassVar[str] = ""
    """Its class for accounts."""

    endpoint: Text | None = prop(STRING, default=None)
    connection_string: Text | None = prop(STRING, default=None)
    shared_key_account_name: Text | None = prop(STRING, default=None)
    shared_key_account_access_key: Text | None = prop(STRING, default=None)
    sas_token: Text | None = prop(STRING, default=None)

    def run(self, run: RunContext) -> Any:
        return run.in_thread(lambda: self._connected(run))

    def _connected(self, run: RunContext) -> dict[str, Any] | None:
        package = self.packages[0]
        library = missing.load(self.library, "Azure's storage", package, "azure")
        errors = missing.load("azure.core.exceptions", "Azure's storage", package, "azure")
        try:
            with self._service(run, getattr(library, self.account)) as service:
                run.on_kill(service.close)
                return self._work(run, service)
        except errors.HttpResponseError as error:
            code = getattr(error, "error_code", None) or error.reason
            raise TaskFailure(f"Azure: Status code {error.status_code}, {_code(code)}") from None
        except errors.AzureError as error:
            raise TaskFailure(f"Azure: {error.message}") from None

    def _service(self, run: RunContext, client: Any) -> Any:
        """The account as the flow names it. Raises TaskFailure when it does not."""
        endpoint, whole = run.text(self.endpoint), run.text(self.connection_string)
        name, key = (
            run.text(self.shared_key_account_name),
            run.text(self.shared_key_account_access_key),
        )
        token = run.text(self.sas_token)
        try:
            if whole is not None:
                return client.from_connection_string(whole)
            if endpoint is None:
                raise TaskFailure("`endpoint` or `connectionString` is needed")
            if name is not None and key is not None:
                return client(endpoint, credential=self._named_key(name, key))
            if token is None:
                from flowrt.plugins.entra_machine import MachineCredential

                return client(endpoint, credential=MachineCredential(run))
            return client(endpoint, credential=self._signature(token))
        except ValueError as error:
            raise TaskFailure(f"Azure: {reason(error)}") from None

    def _named_key(self, name: str, key: str) -> Any:
        """The key of an account, as the library wants it."""
        return {"account_name": name, "account_key": key}

    def _signature(self, token: str) -> Any:
        return token

    def _work(self, run: RunContext, service: Any) -> dict[str, Any] | None:
        raise NotImplementedError


class BlobTask(AccountTask):
    """A task that uses the blobs of an account."""

    packages: ClassVar[tuple[str, ...]] = (packages.AZURE_BLOB,)
    library: ClassVar[str] = "azure.storage.blob"
    account: ClassVar[str] = "BlobServiceClient"

    def _work(self, run: RunContext, service: Any) -> dict[str, Any]:
        raise NotImplementedError


def letters(known: dict[str, str], names: Iterable[Any] | None) -> str:
    """Permissions as a signature has them, in its order. Raises TaskFailure for one that there is not."""
    wanted = [str(each) for each in names or ()]
    for each in wanted:
        if each not in known:
            raise TaskFailure(f"`{each}` is no permission")
    return "".join(sign for name, sign in known.items() if name in wanted)


def signing_key(client: Any) -> str:
    """The key with which addresses are signed. Raises TaskFailure where none was given."""
    key: str | None = getattr(client.credential, "account_key", None)
    if key is None:
        raise TaskFailure("an address is signed with the key of the account, which is not given")
    return key


def _code(code: Any) -> str:
    """The name of an error."""
    return str(getattr(code, "value", code))


class CopyObject(Declared):
    """A blob, or a folder of blobs."""

    container: Text | None = prop(STRING, default=None)
    name: Text | None = prop(STRING, default=None)
