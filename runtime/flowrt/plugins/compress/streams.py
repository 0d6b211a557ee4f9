"""Compressed streams by the name of their form."""

from __future__ import annotations

import io
from typing import IO, TYPE_CHECKING, Any, cast

from flowrt.missing import load
from flowrt.model.declare import enum
from flowrt.model.failures import TaskFailure
from flowrt.packages import BROTLI, LZ4, SNAPPY, ZSTANDARD
from flowrt.plugins.limits import Unpacked

if TYPE_CHECKING:
    from pathlib import Path

    from flowrt.plugins.stored import Stop

COMPRESSION = enum(
    *("BROTLI", "BZIP2", "DEFLATE", "DEFLATE64", "GZIP", "LZ4BLOCK", "LZ4FRAME", "LZMA", "SNAPPY"),
    *("SNAPPYFRAME", "XZ", "Z", "ZSTD"),
)
CHUNK = 256 * 1024


class _Fed(io.RawIOBase):
    """A stream that is read through an object with `decompress(data)`."""

    def __init__(self, source: IO[bytes], decoder: Any, name: str = "decompress") -> None:
        self._source = source
        self._decode = getattr(decoder, name)
        self._ready = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._ready:
            data = self._source.read(CHUNK)
            if not data:
                return 0
            self._ready = memoryview(bytes(self._decode(data)))
        size = min(len(buffer), len(self._ready))
        buffer[:size] = self._ready[:size]
        self._ready = self._ready[size:]
        return size


class _Deflated(io.RawIOBase):
    """Reads a zlib stream, never more of it at once than is asked for."""

    def __init__(self, source: IO[bytes]) -> None:
        import zlib

        self._source = source
        self._inner = zlib.decompressobj()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._inner.eof:
            data = self._inner.unconsumed_tail or self._source.read(CHUNK)
            found = self._inner.decompress(data, len(buffer))
            if found:
                buffer[: len(found)] = found
                return len(found)
            if not data:
                raise EOFError
        return 0


class _Deflating(io.RawIOBase):
    """Writes a zlib stream."""

    def __init__(self, target: IO[bytes]) -> None:
        import zlib

        self._target = target
        self._inner = zlib.compressobj()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._target.write(self._inner.compress(data))
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._target.write(self._inner.flush())
        super().close()


def reader(form: str, source: IO[bytes]) -> IO[bytes]:
    """What a compressed stream holds. Raises TaskFailure for a form that nothing here reads."""
    import bz2
    import gzip
    import lzma

    if form == "GZIP":
        return cast("IO[bytes]", gzip.GzipFile(fileobj=source, mode="rb"))
    if form == "BZIP2":
        return cast("IO[bytes]", bz2.BZ2File(source, "rb"))
    if form in ("XZ", "LZMA"):
        kind = lzma.FORMAT_XZ if form == "XZ" else lzma.FORMAT_ALONE
        return cast("IO[bytes]", lzma.LZMAFile(source, "rb", format=kind))
    if form == "DEFLATE":
        return cast("IO[bytes]", io.BufferedReader(_Deflated(source)))
    if form == "ZSTD":
        decoder = load("zstandard", "ZSTD", ZSTANDARD, "zstd").ZstdDecompressor()
        return cast("IO[bytes]", io.BufferedReader(decoder.stream_reader(source)))
    if form == "LZ4FRAME":
        return cast("IO[bytes]", load("lz4.frame", "LZ4FRAME", LZ4, "lz4").open(source, "rb"))
    if form == "SNAPPYFRAME":
        snappy = load("snappy", "SNAPPYFRAME", SNAPPY, "snappy")
        return cast("IO[bytes]", io.BufferedReader(_Fed(source, snappy.StreamDecompressor())))
    if form == "BROTLI":
        brotli = load("brotli", "BROTLI", BROTLI, "brotli")
        return cast("IO[bytes]", io.BufferedReader(_Fed(source, brotli.Decompressor(), "process")))
    raise TaskFailure(f"Reading the compression {form} is not supported")


def writer(form: str, target: IO[bytes]) -> IO[bytes]:
    """A stream that compresses what is written. Raises TaskFailure for a form that nothing here writes."""
    import bz2
    import gzip
    import lzma

    if form == "GZIP":
        return cast("IO[bytes]", gzip.GzipFile("", "wb", fileobj=target))
    if form == "BZIP2":
        return cast("IO[bytes]", bz2.BZ2File(target, "wb"))
    if form in ("XZ", "LZMA"):
        kind = lzma.FORMAT_XZ if form == "XZ" else lzma.FORMAT_ALONE
        return cast("IO[bytes]", lzma.LZMAFile(target, "wb", format=kind))
    if form == "DEFLATE":
        return cast("IO[bytes]", io.BufferedWriter(_Deflating(target)))
    if form == "ZSTD":
        encoder = load("zstandard", "ZSTD", ZSTANDARD, "zstd").ZstdCompressor()
        return cast("IO[bytes]", encoder.stream_writer(target, closefd=False))
    if form == "LZ4FRAME":
        return cast("IO[bytes]", load("lz4.frame", "LZ4FRAME", LZ4, "lz4").open(target, "wb"))
    raise TaskFailure(f"Not implemented compression '{form}'")


class Damaged(TaskFailure):
    """A file is not what it is said to be."""

    def __init__(self, form: str) -> None:
        super().__init__(f"The file is no {form} file, or it is damaged")


def damages() -> tuple[type[Exception], ...]:
    """The failures of libraries for what they cannot read."""
    import lzma
    import sys
    import tarfile
    import zipfile
    import zlib

    libraries = (("zstandard", "ZstdError"), ("brotli", "error"), ("snappy", "UncompressError"))
    return (
        *(
            getattr(sys.modules[module], name)
            for module, name in libraries
            if module in sys.modules
        ),
        OSError,
        EOFError,
        ValueError,
        RuntimeError,
        NotImplementedError,
        lzma.LZMAError,
        zlib.error,
        zipfile.BadZipFile,
        tarfile.TarError,
    )


def copy(source: IO[bytes], target: Path, unpacked: Unpacked, stop: Stop) -> int:
    """Write all of a stream to a file that must not be there yet; answers its size."""
    from flowrt.services.plainfiles import create_file

    size = 0
    with create_file(target) as out:
        while data := source.read(CHUNK):
            stop.check()
            unpacked.add(len(data))
            size += len(data)
            out.write(data)
    return size
