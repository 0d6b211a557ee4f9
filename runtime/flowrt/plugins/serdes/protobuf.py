"""Protocol Buffers: messages as rows, by the descriptor of their type."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any, ClassVar

from flowrt import missing, packages
from flowrt.model.declare import BOOLEAN, STRING, prop, task_type
from flowrt.model.failures import TaskFailure
from flowrt.plugins.stored import Converter, Stop, source_path
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Text

_ENDED = (
    "While parsing a protocol message, the input ended unexpectedly in the middle of a field. This could mean either "
    "that the input has been truncated or that an embedded message misreported its own length."
)


@task_type("io.kestra.plugin.serdes.protobuf.ProtobufToIon")
class ProtobufToIon(Converter):
    """Read a message, or messages that each come behind their length; rows are what JSON has of them."""

    packages: ClassVar[tuple[str, ...]] = (packages.PROTOBUF,)

    descriptor_file: Text = prop(STRING)
    message_type: Text = prop(STRING, yaml="typeName")
    delimited: Flag = prop(BOOLEAN, default=False)
    error_on_unknown_fields: Flag = prop(BOOLEAN, default=False)

    def convert(self, run: RunContext, source: Path, target: Path, stop: Stop) -> int:
        from flowrt.services.rows import RowFile

        library = missing.load("google.protobuf.message", "Protobuf", packages.PROTOBUF, "protobuf")
        from google.protobuf.json_format import MessageToDict

        descriptors = source_path(run, required_text(run, self.descriptor_file)).read_bytes()
        delimited = run.flag(self.delimited)
        try:
            kind = _class(descriptors, required_text(run, self.message_type).removeprefix("."))
            with source.open("rb") as file, RowFile(target) as rows:
                for data in stop.each(_delimited(file) if delimited else iter([file.read()])):
                    message = kind.FromString(data)
                    if run.flag(self.error_on_unknown_fields):
                        _check_known(message)
                    if not message.ListFields():
                        if delimited:
                            run.log("WARN", "Reading ends at a message without fields")
                        break
                    rows.write(MessageToDict(message))
                return rows.count
        except (library.DecodeError, library.EncodeError) as error:
            raise TaskFailure(f"The file holds no such messages: {error}") from None


def _class(descriptors: bytes, name: str) -> Any:
    """The class of a type of message. Raises TaskFailure when the descriptors do not have it."""
    from google.protobuf.descriptor_pb2 import FileDescriptorSet
    from google.protobuf.descriptor_pool import DescriptorPool
    from google.protobuf.message_factory import GetMessageClass

    files = {each.name: each for each in FileDescriptorSet.FromString(descriptors).file}
    pool, added = DescriptorPool(), set[str]()

    def add(name: str, within: tuple[str, ...]) -> None:
        """Add a file, what it imports first."""
        if name in added:
            return
        if name not in files:
            raise TaskFailure(f"Missing dependency: {name}")
        if name in within:
            raise TaskFailure(f"The descriptors import each other: {name}")
        for each in files[name].dependency:
            add(each, (*within, name))
        try:
            pool.Add(files[name])
        except TypeError as error:
            raise TaskFailure(f"The descriptors do not fit: {error}") from None
        added.add(name)

    for each in files:
        add(each, ())
    try:
        return GetMessageClass(pool.FindMessageTypeByName(name))
    except KeyError:
        raise TaskFailure(f"Message type not found in descriptor: {name}") from None


def _check_known(message: Any) -> None:
    """Raises TaskFailure for a message with fields that its type does not have."""
    from google.protobuf.unknown_fields import UnknownFieldSet

    numbers = sorted({each.field_number for each in UnknownFieldSet(message)})
    if numbers:
        shown = ", ".join(map(str, numbers))
        raise TaskFailure(f"Message contains unknown fields: {shown}")


def _delimited(file: IO[bytes]) -> Iterator[bytes]:
    """The bytes of each message. Raises TaskFailure when the file ends within one."""
    while (size := _size(file)) is not None:
        data = file.read(size)
        if len(data) < size:
            raise TaskFailure(_ENDED)
        yield data


def _size(file: IO[bytes]) -> int | None:
    """The length of the next message; None at the end."""
    size = 0
    for shift in range(0, 35, 7):
        byte = file.read(1)
        if not byte and not shift:
            return None
        if not byte:
            raise TaskFailure(_ENDED)
        size |= (byte[0] & 0x7F) << shift
        if byte[0] < 0x80:
            break
    else:
        raise TaskFailure("CodedInputStream encountered a malformed varint.")
    if size >= 1 << 31:
        raise TaskFailure(
            "CodedInputStream encountered an embedded string or message which claimed to have negative size."
        )
    return size
