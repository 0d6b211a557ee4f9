"""A process that does the work of another: the program of a flow, started as its own worker.

Parcels come in on the standard input, what the tasks say and the answers go out on the standard output, each as its length
and a pickle. Behind an answer comes an empty message, for those who pass messages on and cannot read them. Both ends are the
same program, so nothing is read that somebody else has written.
"""

from __future__ import annotations

import os
import pickle
import sys
from _thread import start_new_thread
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from flowrt.model.flow import Flow


def send(stream: BinaryIO, message: Any) -> None:
    """Write one message."""
    data = pickle.dumps(message, protocol=5)
    stream.write(len(data).to_bytes(8, "big") + data)
    stream.flush()


def receive(stream: BinaryIO) -> Any:
    """Read one message. Raises EOFError when there is none any more."""
    size = 0
    while not size:
        head = stream.read(8)
        if len(head) < 8:
            raise EOFError
        size = int.from_bytes(head, "big")
    return pickle.loads(stream.read(size))


def serve(flow: Flow) -> int:
    """Do parcels until no more come; the exit code."""
    from flowrt.worker.parcel import do, finder

    # What tasks print goes to the standard error: the output is for messages.
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    into = sys.stdin.buffer
    find = finder(flow)
    parcels: SimpleQueue[Any] = SimpleQueue()

    def listen() -> None:
        # The input ends when the engine does: nobody waits for what is being done then.
        try:
            while True:
                parcels.put(receive(into))
        except (EOFError, OSError):
            os._exit(0)

    start_new_thread(listen, ())
    while True:
        parcel = parcels.get()
        answer = do(parcel, find, lambda name, *said: send(out, (name, *said)))
        try:
            send(out, ("answer", answer))
        except (pickle.PicklingError, TypeError, AttributeError) as error:
            text = f"the outputs cannot be sent to the engine: {error}"
            send(out, ("failed", text, ""))
            answer.result, answer.failure = None, text
            send(out, ("answer", answer))
        out.write(bytes(8))
        out.flush()
