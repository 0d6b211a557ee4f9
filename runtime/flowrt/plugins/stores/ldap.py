"""LDAP: what a directory has, as LDIF, and files of LDIF that are applied to it."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any, ClassVar, Self

from flowrt import missing, packages
from flowrt.model.declare import (
    BOOLEAN,
    INTEGER,
    STRING,
    URI,
    Declared,
    Kind,
    enum,
    listing,
    prop,
    record,
    task_type,
)
from flowrt.model.failures import TaskFailure, reason, required
from flowrt.model.task import Task
from flowrt.plugins.stored import Stop, open_text, source_path, target_path
from flowrt.plugins.stores.ldif import LdifError, Record, blocks, change, entry, shown
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Listing, Text

SCOPES = enum("BASE", "ONE", "SUB")
SUCCESS, TOO_MANY = 0, 4
PAGES = "1.2.840.113556.1.4.319"
"""The control by which results come in pages."""
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_BIND = """\
LDAP connection/bind failed
- resultCode        : {code}
- diagnosticMessage : {said}
- resultString      : {shown}
- message           : {message}
"""


class SslOptions(Declared):
    """Whether the connection is secure, without a look at whom it leads to."""

    insecure_trust_all_certificates: Flag | None = prop(BOOLEAN, default=None)


class Refusal(Exception):
    """A server said no, or could not be reached."""

    def __init__(self, code: int, name: str, said: str) -> None:
        words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()
        self.code, self.said = code, _CONTROLS.sub("?", said.replace("\0", ""))
        self.named = f"{code} ({words})"
        super().__init__(self.said or words)

    @property
    def shown(self) -> str:
        """The result as LDAP's tools show it."""
        told = f" diagnostic message='{self.said}'" if self.said else ""
        return f"result code='{self.named}'{told}"


class Directory:
    """A connection; what the server answers with no success is raised as Refusal."""

    def __init__(self, library: Any, connection: Any) -> None:
        self._library, self._connection = library, connection

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        held = self._connection.socket
        try:
            self._connection.unbind()
        except (self._library.core.exceptions.LDAPExceptionError, OSError):
            pass  # it is gone already
        if held is not None:
            held.close()

    def cut(self) -> None:
        """End the connection, whoever waits for it; a server gives up what it was asked."""
        import socket

        held = self._connection.socket
        if held is not None:
            try:
                held.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def ask(self, what: str, *given: Any, accepted: tuple[int, ...] = (), **more: Any) -> Any:
        """Do something by its name; the result. Raises Refusal."""
        try:
            getattr(self._connection, what)(*given, **more)
        except self._library.core.exceptions.LDAPExceptionError as error:
            raise Refusal(91, "connectError", str(error)) from None
        found = self._connection.result
        if found["result"] not in (SUCCESS, *accepted):
            raise Refusal(found["result"], str(found["description"]), found["message"] or "")
        return found

    @property
    def entries(self) -> list[Any]:
        """What the last search has found."""
        return [
            each for each in self._connection.response or () if each["type"] == "searchResEntry"
        ]


class LdapTask(Task):
    """What the tasks share: the server, and who asks."""

    packages: ClassVar[tuple[str, ...]] = (packages.LDAP,)

    hostname: Text = prop(STRING)
    port: Integer = prop(INTEGER)
    user_dn: Text = prop(STRING)
    password: Text = prop(STRING)
    auth_method: Text = prop(STRING, default="simple")
    kdc: Text | None = prop(STRING, default=None)
    realm: Text | None = prop(STRING, default=None)
    sasl_allowed_qo_p: Listing | None = prop(listing(STRING), yaml="saslAllowedQoP", default=None)
    ssl_options: SslOptions | None = prop(record(SslOptions), default=None)

    def run(self, run: RunContext) -> Any:
        return run.in_thread(lambda: self._work(run, Stop(run)))

    def _work(self, run: RunContext, stop: Stop) -> dict[str, Any] | None:
        raise NotImplementedError

    def _connect(self, run: RunContext) -> Directory:
        """A connection that has logged in. Raises Refusal, and TaskFailure for a way to log in that is not there."""
        library = missing.load("ldap3", "LDAP", packages.LDAP, "ldap")
        way = run.text(self.auth_method) or "simple"
        if way == "gssapi":
            raise TaskFailure("`authMethod: gssapi` is not there: `simple` is")
        if way != "simple":
            raise TaskFailure(f'Invalid authentication method "{way}".')
        server = library.Server(
            required_text(run, self.hostname),
            port=int(required(run.integer(self.port))),
            get_info=library.NONE,
            **self._secured(run, library),
        )
        connection = library.Connection(
            server,
            required_text(run, self.user_dn),
            required_text(run, self.password),
            authentication=library.SIMPLE,
            auto_referrals=False,
            check_names=False,
        )
        found = Directory(library, connection)
        run.on_kill(found.cut)
        try:
            found.ask("bind")
        except Refusal as error:
            told = {"code": error.named, "said": error.said or "null", "shown": error.shown}
            run.log("ERROR", _BIND.format(message=error, **told))
            found.__exit__()
            raise
        return found

    def _secured(self, run: RunContext, library: Any) -> dict[str, Any]:
        import ssl

        if self.ssl_options is None:
            return {}
        if not run.flag(self.ssl_options.insecure_trust_all_certificates):
            return {}
        run.log(
            "WARN",
            "LDAP connection is configured with insecureTrustAllCertificates=true: TLS certificate validation "
            "is DISABLED for this connection. This accepts any certificate regardless of issuer, expiry, or "
            "hostname, and exposes bind credentials and directory data to man-in-the-middle interception. "
            "This option must only be used for local development/testing and never in production.",
        )
        return {"use_ssl": True, "tls": library.Tls(validate=ssl.CERT_NONE)}


@task_type("io.kestra.plugin.ldap.Search")
class LdapSearch(LdapTask):
    """Store the entries that a filter finds, as LDIF."""

    outputs: ClassVar[dict[str, Kind] | None] = {"uri": URI}

    filter: Text = prop(STRING, default="(objectclass=*)")
    attributes: Listing | None = prop(listing(STRING), default=None)
    base_dn: Text = prop(STRING, default="ou=system")
    sub: Text = prop(SCOPES, default="SUB")
    size_limit: Integer | None = prop(INTEGER, default=None)
    page_size: Integer | None = prop(INTEGER, default=None)

    def _work(self, run: RunContext, stop: Stop) -> dict[str, Any]:
        target, count, spent = target_path(run, ".ldif"), 0, 0.0
        try:
            with self._connect(run) as directory, open_text(target, "utf-8", "w", "\n") as out:
                started = time.monotonic()
                for each in stop.each(self._entries(run, directory)):
                    out.write(("\n" if count else "") + _ldif(each))
                    count += 1
                spent = time.monotonic() - started
        except Refusal as error:
            stop.check()
            run.log("ERROR", f"LDAP error: {error.shown}")
            raise TaskFailure(str(error)) from None
        tags = {"origin": "Search"}
        run.metric("counter", "entries.found", count, tags)
        run.metric("timer", "search.mean.time", spent, tags)
        return {"uri": run.put_file(target, target.name)}

    def _entries(self, run: RunContext, directory: Directory) -> Iterator[Any]:
        """The entries, page by page where a size of pages is given."""
        limit, page = run.integer(self.size_limit), run.integer(self.page_size) or 0
        paged = page > 0
        asked: dict[str, Any] = {
            "search_base": run.text(self.base_dn) or "",
            "search_filter": self._filter(run),
            "search_scope": {"BASE": "BASE", "ONE": "LEVEL", "SUB": "SUBTREE"}[
                run.constant(self.sub, SCOPES) or "SUB"
            ],
            "attributes": self._wanted(run),
            "size_limit": limit or 0,
        }
        if paged:
            asked["paged_size"] = page
        while True:
            accepted = (TOO_MANY,) if limit is not None or paged else ()
            found = directory.ask("search", accepted=accepted, **asked)
            if found["result"] == TOO_MANY:
                run.log("INFO", "LDAP size limit exceeded; treating as partial success.")
            yield from directory.entries
            control = (found.get("controls") or {}).get(PAGES) if paged else None
            asked["paged_cookie"] = control["value"]["cookie"] if control else None
            if not asked["paged_cookie"]:
                return

    def _filter(self, run: RunContext) -> str:
        """The filter, on one line. Raises TaskFailure for one that is broken."""
        from ldap3.core.exceptions import LDAPInvalidFilterError
        from ldap3.operation.search import parse_filter

        text = re.sub(r"\n\s*", "", run.text(self.filter) or "").strip()
        whole = text if text.startswith("(") else f"({text})"
        try:
            parse_filter(whole, None, True, True, None, False)
        except (LDAPInvalidFilterError, IndexError, ValueError) as error:
            raise TaskFailure(f'Invalid LDAP search filter "{text}": {reason(error)}') from None
        return whole

    def _wanted(self, run: RunContext) -> list[str]:
        names = run.listing(self.attributes)
        return ["*"] if not names or "0.0" in names else [str(each) for each in names]


def _ldif(found: Any) -> str:
    """An entry that a search has found."""
    values = {name: list(each) for name, each in found["raw_attributes"].items()}
    return Record(found["dn"], attributes=values).ldif()


class LdapChange(LdapTask):
    """What tasks that apply files share: each record is tried; one that fails is told, and the next one tried."""

    verbs: ClassVar[tuple[str, str]]
    """What is done, in the names of the metrics and in messages."""
    origin: ClassVar[str]

    inputs: Listing = prop(listing(STRING))

    def _work(self, run: RunContext, stop: Stop) -> None:
        noun, verb = self.verbs
        requested, spent = 0, []
        try:
            with self._connect(run) as directory:
                for uri in run.listing(self.inputs) or []:
                    for found in self._records(run, stop, uri):
                        requested += 1
                        started = time.monotonic()
                        try:
                            self.apply(directory, found)
                            spent.append(time.monotonic() - started)
                        except Refusal as error:
                            stop.check()
                            run.log("ERROR", self.failed(verb, found.dn, error))
        except Refusal as error:
            stop.check()
            run.log("ERROR", f"LDAP error: {error.shown}")
        run.metric("counter", f"{noun}.requested", requested, {"origin": self.origin})
        tags = {"origin": type(self).__name__.removeprefix("Ldap")}
        run.metric("counter", f"{noun}.done", len(spent), tags)
        if spent:
            run.metric("timer", f"{noun}.mean.time", sum(spent) / len(spent), tags)

    def _records(self, run: RunContext, stop: Stop, uri: str) -> Iterator[Record]:
        """The records of a file; what is none, and a file that cannot be read, is told."""
        try:
            with open_text(source_path(run, uri), "utf-8") as file:
                for block in stop.each(blocks(file)):
                    try:
                        found = self.read(block)
                    except LdifError:
                        run.log("ERROR", f"Cannot read entry: {shown(block)}")
                    else:
                        yield found
        except (OSError, TaskFailure) as error:
            stop.check()
            self._unread(run, uri, reason(error))

    def _unread(self, run: RunContext, uri: str, why: str) -> None:
        run.log("ERROR", f"Error reading LDIF file {uri} : {why}")

    def read(self, block: list[str]) -> Record:
        """The record that lines are. Raises LdifError."""
        return entry(block)

    def apply(self, directory: Directory, found: Record) -> None:
        """Do to the server what a record says. Raises Refusal."""
        raise NotImplementedError

    def failed(self, verb: str, dn: str, error: Refusal) -> str:
        """What is told of a record that the server refuses."""
        return f"Error {verb} entry {dn}: {error.shown}"


def _add(directory: Directory, found: Record) -> None:
    directory.ask("add", found.dn, attributes=found.attributes)


def _delete(directory: Directory, found: Record) -> None:
    directory.ask("delete", found.dn)


def _modify(directory: Directory, found: Record) -> None:
    changes: dict[str, list[Any]] = {}
    for each in found.changes:
        changes.setdefault(each.attribute, []).append((f"MODIFY_{each.operation}", each.values))
    directory.ask("modify", found.dn, changes)


def _rename(directory: Directory, found: Record) -> None:
    assert found.new_name is not None
    name, old, superior = found.new_name
    directory.ask("modify_dn", found.dn, name, delete_old_dn=old, new_superior=superior)


@task_type("io.kestra.plugin.ldap.Add")
class LdapAdd(LdapChange):
    """Add entries."""

    verbs = ("additions", "adding")
    origin = "Add"

    def apply(self, directory: Directory, found: Record) -> None:
        _add(directory, found)


@task_type("io.kestra.plugin.ldap.Delete")
class LdapDelete(LdapChange):
    """Delete entries; only their names are looked at."""

    verbs = ("deletions", "deleting")
    origin = "Delete"

    def apply(self, directory: Directory, found: Record) -> None:
        _delete(directory, found)

    def failed(self, verb: str, dn: str, error: Refusal) -> str:
        return f"Error {verb} DN '{dn}': {error}"

    def _unread(self, run: RunContext, uri: str, why: str) -> None:
        run.log("WARN", f"Unable to process file {uri} completly : {why}")


_CHANGES = {"add": _add, "delete": _delete, "modify": _modify, "moddn": _rename}


@task_type("io.kestra.plugin.ldap.Modify")
class LdapModify(LdapChange):
    """Apply changes: entries are added, deleted, changed, renamed."""

    verbs = ("modifications", "modifying")
    origin = "input"

    def read(self, block: list[str]) -> Record:
        return change(block)

    def apply(self, directory: Directory, found: Record) -> None:
        _CHANGES[found.kind or ""](directory, found)
