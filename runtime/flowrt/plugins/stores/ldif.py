"""LDIF, the text form of a directory: entries, and changes of entries."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from flowrt.model.failures import TaskFailure
from flowrt.plugins.stored import text_lines
from flowrt.services.rows import LARGEST

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Attributes = dict[str, list[bytes]]

OPERATIONS = ("ADD", "DELETE", "REPLACE", "INCREMENT")
_PLAIN = re.compile(rb"(?![ :<])[\x01-\x09\x0b\x0c\x0e-\x7e]*(?<! )\Z")
"""A value that is written as it is; any other is Base64."""
_SECRET = re.compile(r"(?i)(userpassword[^:]*:).*", re.DOTALL)


class LdifError(Exception):
    """Lines that are no record."""


class Change(NamedTuple):
    """What happens to the values of an attribute."""

    operation: str
    attribute: str
    values: list[bytes]


class NewName(NamedTuple):
    """What an entry is called from now on."""

    name: str
    deletes_old: bool
    superior: str | None = None


class Record(NamedTuple):
    """An entry; with a `kind` (`add`, `delete`, `modify`, `moddn`) a change of one."""

    dn: str
    kind: str | None = None
    attributes: Attributes = {}  # noqa: RUF012 - it is never changed
    changes: tuple[Change, ...] = ()
    new_name: NewName | None = None

    def ldif(self) -> str:
        """The lines of the record."""
        lines = [_line("dn", self.dn.encode())]
        if self.kind is not None:
            lines.append(f"changetype: {self.kind}")
        lines += [_line(name, each) for name, values in self.attributes.items() for each in values]
        for change in self.changes:
            lines.append(f"{change.operation.lower()}: {change.attribute}")
            lines += [_line(change.attribute, each) for each in change.values]
            lines.append("-")
        if self.new_name is not None:
            lines.append(_line("newrdn", self.new_name.name.encode()))
            lines.append(f"deleteoldrdn: {int(self.new_name.deletes_old)}")
            if self.new_name.superior is not None:
                lines.append(_line("newsuperior", self.new_name.superior.encode()))
        return "".join(f"{line}\n" for line in lines)


def _line(name: str, value: bytes) -> str:
    if _PLAIN.match(value):
        return f"{name}: {value.decode('ascii')}"
    return f"{name}:: {b64encode(value).decode('ascii')}"


def shown(lines: Iterable[str]) -> str:
    """Lines for the log, without passwords."""
    return "[" + ", ".join(_SECRET.sub(r"\1 ******", line) for line in lines) + "]"


def blocks(file: IO[str]) -> Iterator[list[str]]:
    """The lines of each record: folded ones are joined, comments and the version left out.

    Raises TaskFailure for a record that is longer than any.
    """
    block: list[str] = []
    size, commented, first = 0, False, True
    for raw in text_lines(file):
        line = raw.rstrip("\r\n")
        if line.startswith(" "):
            if block and not commented:
                block[-1] += line[1:]
        elif commented := line.startswith("#"):
            continue
        elif first and line.lower().startswith("version:"):
            first = False
            continue
        elif line:
            block.append(line)
        elif block:
            yield block
            block, size = [], 0
        first = first and not line
        size += len(line)
        if size > LARGEST:
            raise TaskFailure(f"A record is longer than {LARGEST} characters")
    if block:
        yield block


def _pair(line: str) -> tuple[str, bytes]:
    """The name and the value of a line. Raises LdifError."""
    name, colon, value = line.partition(":")
    if not colon or not name:
        raise LdifError("A line does not begin with an attribute name followed by a colon.")
    if value.startswith("<"):
        raise LdifError("A value is given by its address, and those are not read.")
    if not value.startswith(":"):
        return name, value.lstrip(" ").encode()
    try:
        return name, b64decode(value[1:].strip(), validate=True)
    except ValueError:
        raise LdifError(f"The value of '{name}' is no Base64.") from None


def _dn(block: list[str]) -> str:
    name, value = _pair(block[0])
    if name.lower() != "dn":
        raise LdifError("The first line does not begin with 'dn:'.")
    return value.decode("utf-8", "replace")


def _attributes(lines: Iterable[str]) -> Attributes:
    """The values by attribute, whatever the case of its name; values that come again are left out."""
    found: Attributes = {}
    names: dict[str, str] = {}
    for line in lines:
        name, value = _pair(line)
        values = found.setdefault(names.setdefault(name.lower(), name), [])
        if value not in values:
            values.append(value)
    return found


def entry(block: list[str]) -> Record:
    """The entry that lines are. Raises LdifError."""
    return Record(_dn(block), attributes=_attributes(block[1:]))


def change(block: list[str]) -> Record:
    """The change that lines are. Raises LdifError."""
    dn, rest = _dn(block), block[1:]
    while rest and rest[0].lower().startswith("control:"):
        raise LdifError("The change has a control, and those are not sent.")
    name, value = _pair(rest[0]) if rest else ("", b"")
    if name.lower() != "changetype":
        raise LdifError("The second line does not begin with 'changetype'.")
    kind, rest = value.decode("utf-8", "replace").lower(), rest[1:]
    if kind == "add":
        return Record(dn, kind, _attributes(rest))
    if kind == "delete" and not rest:
        return Record(dn, kind)
    if kind == "modify":
        return Record(dn, kind, changes=tuple(_changes(rest)))
    if kind in ("moddn", "modrdn"):
        return Record(dn, "moddn", new_name=_new_name(rest))
    raise LdifError(f"'{kind}' is no change, or has more lines than it takes.")


def _changes(lines: list[str]) -> Iterator[Change]:
    found: Change | None = None
    for line in lines:
        if line == "-":
            found = None
            continue
        name, value = _pair(line)
        if found is None:
            if name.upper() not in OPERATIONS:
                raise LdifError(f"'{name}' is nothing that can be done to an attribute.")
            found = Change(name.upper(), value.decode("utf-8", "replace"), [])
            yield found
        elif name.lower() != found.attribute.lower():
            raise LdifError(f"'{name}' stands among the values of '{found.attribute}'.")
        else:
            found.values.append(value)


def _new_name(lines: list[str]) -> NewName:
    given = {name.lower(): value.decode("utf-8", "replace") for name, value in map(_pair, lines)}
    if not given.get("newrdn") or given.get("deleteoldrdn") not in ("0", "1", "false", "true"):
        raise LdifError("A new name takes 'newrdn' and 'deleteoldrdn'.")
    return NewName(
        given["newrdn"], given["deleteoldrdn"] in ("1", "true"), given.get("newsuperior")
    )


def texts(values: Iterable[bytes]) -> list[str]:
    """Values as texts."""
    return [each.decode("utf-8", "replace") for each in values]


def octets(values: Any) -> list[bytes]:
    """Texts as values; a null is an empty one. Raises LdifError for anything else."""
    if not isinstance(values, list) or not all(
        each is None or isinstance(each, str) for each in values
    ):
        raise LdifError("Values are a list of texts")
    return [(each or "").encode() for each in values]
