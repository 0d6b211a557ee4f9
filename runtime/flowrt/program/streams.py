"""Where a program writes: files that may not take it, and standard streams whose readers may go away.

Losing one neither ends nor holds up an execution.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from errno import EPIPE
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Lasting:
    """A text stream that goes on without its reader; `lost` is the error that has told of it.

    Everything else is that of the stream below.
    """

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self.lost: OSError | None = None

    def write(self, text: str) -> int:
        if self.lost is None:
            try:
                self._stream.write(text)
            except OSError as error:
                self._lose(error)
        return len(text)

    def flush(self) -> None:
        if self.lost is None:
            try:
                self._stream.flush()
            except OSError as error:
                self._lose(error)

    def _lose(self, error: OSError) -> None:
        self.lost = error
        try:
            # what is still in buffers goes nowhere, instead of failing once more at the end of the process
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)
        except (OSError, ValueError):
            pass

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def open_missing() -> None:
    """Open the standard streams that the process was started without, so that no file of the program takes their place."""
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        try:
            os.fstat(number)
        except OSError:
            opened = os.open(os.devnull, os.O_RDWR)
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)
        if getattr(sys, name) is None:
            stream = open(number, mode, encoding="utf-8", closefd=False)  # noqa: SIM115
            setattr(sys, name, stream)


@contextmanager
def lasting() -> Iterator[tuple[Lasting, Lasting]]:
    """Within it the standard output and error are `Lasting`."""
    before = sys.stdout, sys.stderr
    out, err = Lasting(before[0]), Lasting(before[1])
    sys.stdout, sys.stderr = out, err
    try:
        yield out, err
    finally:
        out.flush()
        err.flush()
        sys.stdout, sys.stderr = before


def lost_output(out: Lasting) -> str | None:
    """What is to be said when the output did not arrive. Empty when its reader wanted no more, None when it did."""
    out.flush()
    if out.lost is None:
        return None
    if out.lost.errno == EPIPE:
        return ""
    return f"FO101: the output cannot be written: {out.lost.strerror}"


def write_file(path: str, pieces: Iterable[str], option: str) -> bool:
    """Write a document that an option asks for. When that cannot be it is told, no half of it stays, and this is False."""
    from contextlib import suppress

    begun = False
    try:
        with open(path, "w", encoding="utf-8", errors="backslashreplace") as file:
            begun = True
            file.writelines(pieces)
    except OSError as error:
        print(f"FO102: {option}: cannot write {path}: {error.strerror}", file=sys.stderr)
        if begun and os.path.isfile(path):
            with suppress(OSError):
                os.unlink(path)
        return False
    return True


def unwritable(error: OSError) -> str:
    """What is said of a failure of the system that ends the program."""
    where = f"{error.filename}: " if error.filename else ""
    return f"error FO103: {where}{error.strerror or error}; make room or repair it, then begin again or resume"
