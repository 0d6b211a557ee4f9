"""Files encrypted with a password: in the form of `openssl enc -aes-256-cbc -pbkdf2`, or in Kestra's own with a check.

Kestra's form: `KESTRAENC`, version, way of derivation, salt, nonce, its numbers; then AES-GCM, whose tag guards the header too.
"""

from __future__ import annotations

import os
import struct
from typing import IO, TYPE_CHECKING, Any, ClassVar, NamedTuple

from flowrt.missing import load
from flowrt.model.declare import INTEGER, STRING, URI, Kind, enum, prop, task_type
from flowrt.model.failures import TaskFailure, required
from flowrt.model.task import Task
from flowrt.packages import CRYPTOGRAPHY
from flowrt.plugins.stored import Stop, source_path, target_path
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Integer, Text

DERIVATION = enum("PBKDF2_SHA256", "PBKDF2_SHA512", "ARGON2ID", "SCRYPT")
SALTED, OWN = b"Salted__", b"KESTRAENC"
VERSION, TAG, KEY, IV, NONCE, SALT = 1, 16, 32, 16, 12, 16
SCRYPT_BLOCK = 8
FEWEST, MOST = 100_000, 10_000_000
LARGEST_MEMORY = 1_048_576
CHUNK = 256 * 1024
_NUMBERS = {"PBKDF2_SHA512": (2, ">i"), "ARGON2ID": (3, ">iiH"), "SCRYPT": (4, ">iBB")}
"""The ways of derivation of Kestra's form: their byte, and how their numbers are written."""


class Derivation(NamedTuple):
    """How a key is made of a password."""

    way: str
    iterations: int
    memory: int
    parallelism: int

    def check(self) -> None:
        """Raises TaskFailure for numbers that are too small to be safe, or too large to be done."""
        memory, lanes = self.memory, self.parallelism
        if self.way.startswith("PBKDF2") and not FEWEST <= self.iterations <= MOST:
            raise TaskFailure(
                f"iterations must be between {FEWEST} and {MOST}, got {self.iterations}"
            )
        if self.way == "ARGON2ID" and not (
            8 <= memory <= LARGEST_MEMORY and 1 <= lanes <= 64 and 1 <= self.iterations <= MOST
        ):
            raise TaskFailure("Argon2id takes 8 to 1048576 KB of memory, 1 to 64 lanes")
        if self.way == "SCRYPT" and not (
            2 <= memory <= LARGEST_MEMORY and memory & (memory - 1) == 0 and 1 <= lanes <= 255
        ):
            raise TaskFailure("scrypt takes a power of 2 up to 1048576 as memory, 1 to 255 lanes")

    def key(self, password: str, salt: bytes, size: int) -> bytes:
        """The bytes that the password stands for."""
        from hashlib import pbkdf2_hmac, scrypt

        self.check()
        word = password.encode()
        if self.way.startswith("PBKDF2"):
            return pbkdf2_hmac(self.way[7:].lower(), word, salt, self.iterations, size)
        if self.way == "SCRYPT":
            room = 128 * SCRYPT_BLOCK * (self.memory + self.parallelism + 2)
            return scrypt(
                word,
                salt=salt,
                n=self.memory,
                r=SCRYPT_BLOCK,
                p=self.parallelism,
                dklen=size,
                maxmem=room,
            )
        argon = _library("cryptography.hazmat.primitives.kdf.argon2")
        made: bytes = argon.Argon2id(
            salt=salt,
            length=size,
            iterations=self.iterations,
            lanes=self.parallelism,
            memory_cost=self.memory,
        ).derive(word)
        return made


def _library(module: str) -> Any:
    return load(module, "Encryption of files", CRYPTOGRAPHY, "crypto")


def _cipher(key: bytes, mode: Any) -> Any:
    ciphers = _library("cryptography.hazmat.primitives.ciphers")
    return ciphers.Cipher(ciphers.algorithms.AES(key), mode)


def _modes() -> Any:
    return _library("cryptography.hazmat.primitives.ciphers.modes")


def _padding() -> Any:
    return _library("cryptography.hazmat.primitives.padding").PKCS7(128)


class CryptTask(Task):
    """What both directions share."""

    outputs: ClassVar[dict[str, Kind] | None] = {"uri": URI}
    packages: ClassVar[tuple[str, ...]] = (CRYPTOGRAPHY,)

    from_: Text = prop(STRING, yaml="from")
    password: Text = prop(STRING)
    iterations: Integer = prop(INTEGER, default=600000)

    async def run(self, run: RunContext) -> dict[str, Any]:
        stop = Stop(run)

        def work() -> str:
            source = source_path(run, required_text(run, self.from_))
            target = target_path(run, ".tmp")
            with source.open("rb") as file, target.open("wb") as out:
                self.convert(run, file, out, required_text(run, self.password), stop)
            return run.put_file(target, target.name)

        return {"uri": await run.in_thread(work)}

    def convert(
        self, run: RunContext, file: IO[bytes], out: IO[bytes], password: str, stop: Stop
    ) -> None:
        """Write the other form of a file."""
        raise NotImplementedError


def _pour(file: IO[bytes], out: IO[bytes], through: Any, stop: Stop, size: int = -1) -> None:
    """Move so many bytes of a file (all without a number) through something with `update`."""
    while size and (data := file.read(CHUNK if size < 0 else min(CHUNK, size))):
        stop.check()
        out.write(through.update(data))
        size -= len(data) if size > 0 else 0


@task_type("io.kestra.plugin.compress.FileEncrypt")
class FileEncrypt(CryptTask):
    """Encrypt a file with a password."""

    key_derivation: Text = prop(DERIVATION, default="PBKDF2_SHA256")
    memory: Integer = prop(INTEGER, default=65536)
    parallelism: Integer = prop(INTEGER, default=1)
    argon2_time_cost: Integer = prop(INTEGER, yaml="argon2TimeCost", default=3)

    def convert(
        self, run: RunContext, file: IO[bytes], out: IO[bytes], password: str, stop: Stop
    ) -> None:
        way = str(required(run.constant(self.key_derivation, DERIVATION)))
        rounds = self.argon2_time_cost if way == "ARGON2ID" else self.iterations
        derivation = Derivation(
            way,
            int(required(run.integer(rounds))),
            int(required(run.integer(self.memory))),
            int(required(run.integer(self.parallelism))),
        )
        plain = way == "PBKDF2_SHA256"
        run.log("INFO", f"Encrypting with {way} ({'AES-CBC' if plain else 'AES-GCM'})")
        if plain:
            salt = os.urandom(8)
            made = derivation.key(password, salt, KEY + IV)
            out.write(SALTED + salt)
            encryptor = _cipher(made[:KEY], _modes().CBC(made[KEY:])).encryptor()
            padder = _padding().padder()
            while data := file.read(CHUNK):
                stop.check()
                out.write(encryptor.update(padder.update(data)))
            out.write(encryptor.update(padder.finalize()) + encryptor.finalize())
            return
        salt, nonce = os.urandom(SALT), os.urandom(NONCE)
        header = _header(derivation, salt, nonce)
        key = derivation.key(password, salt, KEY)
        encryptor = _cipher(key, _modes().GCM(nonce)).encryptor()
        encryptor.authenticate_additional_data(header)
        out.write(header)
        _pour(file, out, encryptor, stop)
        out.write(encryptor.finalize() + encryptor.tag)


def _header(derivation: Derivation, salt: bytes, nonce: bytes) -> bytes:
    byte, form = _NUMBERS[derivation.way]
    numbers = {
        "PBKDF2_SHA512": (derivation.iterations,),
        "ARGON2ID": (derivation.iterations, derivation.memory, derivation.parallelism),
        "SCRYPT": (derivation.memory, SCRYPT_BLOCK, derivation.parallelism),
    }[derivation.way]
    return OWN + bytes((VERSION, byte)) + salt + nonce + struct.pack(form, *numbers)


@task_type("io.kestra.plugin.compress.FileDecrypt")
class FileDecrypt(CryptTask):
    """Decrypt a file with a password; its form tells how it was encrypted."""

    def convert(
        self, run: RunContext, file: IO[bytes], out: IO[bytes], password: str, stop: Stop
    ) -> None:
        start = file.read(len(SALTED))
        if start == SALTED:
            rounds = int(required(run.integer(self.iterations)))
            derivation = Derivation("PBKDF2_SHA256", rounds, 0, 0)
            made = derivation.key(password, _exactly(file, 8), KEY + IV)
            decryptor = _cipher(made[:KEY], _modes().CBC(made[KEY:])).decryptor()
            _unpadded(file, out, decryptor, stop)
        elif start + file.read(1) == OWN:
            _checked(file, out, password, stop)
        else:
            raise TaskFailure(
                "Unknown file format: expected 'Salted__' (OpenSSL) or 'KESTRAENC' header. "
                "Ensure the file was encrypted with FileEncrypt."
            )


WRONG = "The file cannot be decrypted: the password or the number of iterations is wrong, or the file was changed"


def _exactly(file: IO[bytes], size: int) -> bytes:
    data = file.read(size)
    if len(data) != size:
        raise TaskFailure("Input file is truncated")
    return data


def _unpadded(file: IO[bytes], out: IO[bytes], decryptor: Any, stop: Stop) -> None:
    unpadder = _padding().unpadder()
    try:
        while data := file.read(CHUNK):
            stop.check()
            out.write(unpadder.update(decryptor.update(data)))
        out.write(unpadder.update(decryptor.finalize()) + unpadder.finalize())
    except ValueError:
        raise TaskFailure(WRONG) from None


def _checked(file: IO[bytes], out: IO[bytes], password: str, stop: Stop) -> None:
    """Decrypt Kestra's form; what was written counts only when the tag at the end is right, so nothing is stored before."""
    version, byte = _exactly(file, 2)
    way = next((name for name, (each, _) in _NUMBERS.items() if each == byte), None)
    if version != VERSION or way is None:
        raise TaskFailure(f"Unsupported KESTRAENC format: version {version}, derivation {byte}")
    salt, nonce = _exactly(file, SALT), _exactly(file, NONCE)
    form = _NUMBERS[way][1]
    numbers = struct.unpack(form, _exactly(file, struct.calcsize(form)))
    if way == "SCRYPT":
        memory, block, lanes = numbers
        if block != SCRYPT_BLOCK:
            raise TaskFailure(f"KESTRAENC: unsupported scrypt r parameter: {block}")
        derivation = Derivation(way, 0, memory, lanes)
    else:
        derivation = Derivation(way, *numbers, *([0] * (3 - len(numbers))))
    key = derivation.key(password, salt, KEY)
    size = os.fstat(file.fileno()).st_size - file.tell() - TAG
    if size < 0:
        raise TaskFailure("Input file is truncated")
    decryptor = _cipher(key, _modes().GCM(nonce)).decryptor()
    decryptor.authenticate_additional_data(_header(derivation, salt, nonce))
    _pour(file, out, decryptor, stop, size)
    invalid = _library("cryptography.exceptions").InvalidTag
    try:
        out.write(decryptor.finalize_with_tag(_exactly(file, TAG)))
    except invalid:
        raise TaskFailure(WRONG) from None
