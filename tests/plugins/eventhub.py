"""An event hub on the loopback for tests."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from plugins.amqp10 import Peer, peering, proton

DATA = b"\x00\x53\x75"
"""What a section of data begins with."""


def sections(data: bytes) -> list[bytes]:
    """The events of a batch, each a section of data."""
    found, at = [], data.find(DATA)
    while at >= 0 and data[at : at + 3] == DATA:
        if data[at + 3] == 0xA0:
            size, at = data[at + 4], at + 5
        else:
            size, at = int.from_bytes(data[at + 4 : at + 8], "big"), at + 8
        found.append(data[at : at + size])
        at += size
    return found


class Hub(Peer):
    """Keeps events by partitions, batches in turn; `batches` are their sizes."""

    def __init__(self, port: int, partitions: int) -> None:
        super().__init__(port)
        self.partitions: list[list[Any]] = [[] for _ in range(partitions)]
        self.batches: list[int] = []
        self._sent: dict[Any, int] = {}

    def management(self) -> Any:
        numbers = [str(number) for number in range(len(self.partitions))]
        return {
            "name": "hub",
            "type": "com.microsoft:eventhub",
            "created_at": proton.timestamp(0),
            "partition_count": len(numbers),
            "partition_ids": numbers,
        }

    def on_sendable(self, event: Any) -> None:
        link = event.link
        address = link.remote_source.address or ""
        if "/Partitions/" not in address:
            return
        events = self.partitions[int(address.rpartition("/")[2])]
        at = self._sent.get(link)
        at = self._begin(link, len(events)) if at is None else at
        while link.credit and at < len(events):
            link.send(events[at])
            at += 1
        self._sent[link] = at

    @staticmethod
    def _begin(link: Any, end: int) -> int:
        """Where a reader begins, by the selector of its link."""
        found = link.remote_source.filter
        found.rewind()
        text = ""
        if found.next():
            text = repr(found.get_object())
        if "@latest" in text:
            return end
        offset = re.search(r"offset' > '(-?\d+)'|offset > '(-?\d+)'", text)
        return int(offset[1] or offset[2]) + 1 if offset else 0

    def keep(self, address: str, data: bytes) -> None:
        found = sections(data)
        events = self.partitions[len(self.batches) % len(self.partitions)]
        self.batches.append(len(found))
        for each in found:
            message = proton.Message()
            message.decode(each)
            message.annotations = {
                **(message.annotations or {}),
                proton.symbol("x-opt-offset"): str(len(events)),
                proton.symbol("x-opt-sequence-number"): len(events),
                proton.symbol("x-opt-enqueued-time"): proton.timestamp(int(time.time() * 1000)),
            }
            events.append(message)


@contextmanager
def hub(partitions: int = 1) -> Iterator[Hub]:
    """A hub for as long as the block lasts."""
    with peering(lambda port: Hub(port, partitions)) as found:
        yield found
