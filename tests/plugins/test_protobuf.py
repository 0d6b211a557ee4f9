"""Protocol Buffers: messages that Google's library has written, as rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, duration_pb2, message_factory
from plugins.service import rows
from tasks.fake import FakeRun, task

from flowrt.model.failures import TaskFailure

FIELD = descriptor_pb2.FieldDescriptorProto
KINDS: dict[str, Any] = {
    "id": FIELD.TYPE_INT32,
    "big": FIELD.TYPE_INT64,
    "first_name": FIELD.TYPE_STRING,
    "ratio": FIELD.TYPE_DOUBLE,
    "small": FIELD.TYPE_FLOAT,
    "alive": FIELD.TYPE_BOOL,
    "raw": FIELD.TYPE_BYTES,
}


def _file() -> descriptor_pb2.FileDescriptorProto:
    """A file with the types `shop.Order` and `shop.Order.Line`."""
    file = descriptor_pb2.FileDescriptorProto(name="shop.proto", package="shop", syntax="proto3")
    file.dependency.append("google/protobuf/duration.proto")
    order = file.message_type.add(name="Order")
    for number, (name, kind) in enumerate(KINDS.items(), 1):
        order.field.add(name=name, number=number, type=kind, label=FIELD.LABEL_OPTIONAL)
    line = order.nested_type.add(name="Line")
    line.field.add(name="sku", number=1, type=FIELD.TYPE_STRING, label=FIELD.LABEL_OPTIONAL)
    colors = order.enum_type.add(name="Color")
    for number, name in enumerate(("RED", "BLUE")):
        colors.value.add(name=name, number=number)
    for number, name, kind, of, label in (
        (20, "lines", FIELD.TYPE_MESSAGE, ".shop.Order.Line", FIELD.LABEL_REPEATED),
        (21, "color", FIELD.TYPE_ENUM, ".shop.Order.Color", FIELD.LABEL_OPTIONAL),
        (22, "spent", FIELD.TYPE_MESSAGE, ".google.protobuf.Duration", FIELD.LABEL_OPTIONAL),
    ):
        order.field.add(name=name, number=number, type=kind, type_name=of, label=label)
    return file


def _imported() -> descriptor_pb2.FileDescriptorProto:
    found = descriptor_pb2.FileDescriptorProto()
    duration_pb2.DESCRIPTOR.CopyToProto(found)
    return found


POOL = descriptor_pool.DescriptorPool()
POOL.Add(_imported())
POOL.Add(_file())
Order: Any = message_factory.GetMessageClass(POOL.FindMessageTypeByName("shop.Order"))
WHOLE = descriptor_pb2.FileDescriptorSet(file=[_file(), _imported()])
"""The importing file comes first, as some tools write it."""


@pytest.fixture
def run(tmp_path: Path) -> FakeRun:
    return FakeRun(tmp_path)


def convert(run: FakeRun, data: bytes, kind: str = "shop.Order", **more: Any) -> list[Any]:
    descriptors = more.pop("descriptors", WHOLE.SerializeToString())
    outputs = run.run(
        task(
            "serdes.protobuf.ProtobufToIon",
            from_=run.put_file(data, "in.pb"),
            descriptor_file=run.put_file(descriptors, "shop.desc"),
            message_type=kind,
            **more,
        )
    )
    found = rows(run, outputs["uri"])
    assert len(found) == outputs["size"]
    return found


def delimited(*messages: Any) -> bytes:
    """Messages, each behind its length."""
    from google.protobuf.internal.encoder import _VarintBytes

    parts = [each.SerializeToString() for each in messages]
    return b"".join(_VarintBytes(len(each)) + each for each in parts)


def test_a_message_as_a_row(run: FakeRun) -> None:
    order = Order(id=7, big=2**60, first_name="Adä", ratio=1.0, small=0.1, alive=True, raw=b"\xff")
    order.lines.add(sku="a")
    order.lines.add()
    order.color = 1
    order.spent.seconds = 90
    assert convert(run, order.SerializeToString(), ".shop.Order") == [
        {
            "id": 7,
            "big": str(2**60),
            "firstName": "Adä",
            "ratio": 1.0,
            "small": 0.1,
            "alive": True,
            "raw": "/w==",
            "lines": [{"sku": "a"}, {}],
            "color": "BLUE",
            "spent": "90s",
        }
    ]
    line = order.lines[0].SerializeToString()
    assert convert(run, line, "shop.Order.Line") == [{"sku": "a"}]
    assert convert(run, b"") == []


def test_messages_behind_their_lengths(run: FakeRun) -> None:
    many = delimited(*(Order(id=n, first_name="x" * n) for n in range(1, 400)))
    found = convert(run, many, delimited=True)
    assert [each["id"] for each in found] == list(range(1, 400))
    assert ("counter", "records", 399) in run.metrics
    assert convert(run, b"", delimited=True) == []
    stopped = convert(run, delimited(Order(id=1), Order(), Order(id=2)), delimited=True)
    assert stopped == [{"id": 1}]  # as Kestra's task has it
    assert run.messages("WARN") == ["Reading ends at a message without fields"]


def test_fields_that_the_type_does_not_have(run: FakeRun) -> None:
    data = Order(id=1).SerializeToString() + b"\xf2\x06\x01x"  # field 110
    assert convert(run, data) == [{"id": 1}]
    with pytest.raises(TaskFailure, match="Message contains unknown fields: 110"):
        convert(run, data, error_on_unknown_fields=True)


@pytest.mark.parametrize(
    ("data", "more", "said"),
    [
        (b"\x0a\x05ab", {}, "The file holds no such messages"),
        (b"\x05ab", {"delimited": True}, "the input ended unexpectedly"),
        (b"\x85", {"delimited": True}, "the input ended unexpectedly"),
        (b"\xff\xff\xff\xff\x0f", {"delimited": True}, "claimed to have negative size"),
        (b"\xff\xff\xff\xff\xff\x01", {"delimited": True}, "malformed varint"),
        (b"", {"kind": "shop.None"}, r"Message type not found in descriptor: shop\.None"),
        (b"", {"descriptors": b"nonsense"}, "The file holds no such messages"),
        (
            b"",
            {"descriptors": descriptor_pb2.FileDescriptorSet(file=[_file()]).SerializeToString()},
            r"Missing dependency: google/protobuf/duration\.proto",
        ),
    ],
)
def test_what_cannot_be_read(run: FakeRun, data: bytes, more: dict[str, Any], said: str) -> None:
    with pytest.raises(TaskFailure, match=said):
        convert(run, data, **more)


def test_descriptors_that_import_each_other(run: FakeRun) -> None:
    proto = descriptor_pb2.FileDescriptorProto
    ring = [proto(name="a", dependency=["b"]), proto(name="b", dependency=["a"])]
    descriptors = descriptor_pb2.FileDescriptorSet(file=ring).SerializeToString()
    with pytest.raises(TaskFailure, match="The descriptors import each other: a"):
        convert(run, b"", descriptors=descriptors)
