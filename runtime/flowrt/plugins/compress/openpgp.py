"""OpenPGP: files encrypted for the owner of a key, signed, and decrypted, by the program `gpg`.

Each task has a key ring of its own, which is gone when it is over. Keys and passphrases reach the program by files there.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import STRING, URI, Kind, listing, prop, task_type
from flowrt.model.failures import TaskFailure
from flowrt.model.task import Task
from flowrt.plugins.limits import BOMB, FREE, RATIO
from flowrt.plugins.stored import source_path, target_path
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Listing, Text

STATUS = "[GNUPG:] "
LAST_LINES = 20
"""The lines of what gpg said that a failure repeats."""
_SIGNATURES = ("GOODSIG", "BADSIG", "ERRSIG", "EXPSIG", "EXPKEYSIG", "REVKEYSIG")


class Gpg:
    """Calls `gpg` with a key ring of its own."""

    def __init__(self, run: RunContext, home: Path) -> None:
        self._run, self.home = run, home

    def keep(self, name: str, text: str) -> str:
        """A file beside the key ring; its path."""
        from flowrt.services.plainfiles import create_file

        path = self.home / name
        with create_file(path) as file:
            file.write(text.encode())
        return str(path)

    async def __call__(self, *arguments: str) -> tuple[int, list[str], str]:
        """The code of a command, the lines that it printed, and what it said beside."""
        from flowrt.scripting.process import run_process

        printed: list[str] = []
        said: list[str] = []

        def accept(line: str, is_error: bool) -> None:
            (said if is_error else printed).append(line)
            del said[:-LAST_LINES]

        fixed = ("--batch", "--no-tty", "--no-options", "--yes", "--trust-model", "always",
                 "--no-auto-key-locate", "--pinentry-mode", "loopback", "--status-fd", "1")  # fmt: skip
        environment = {**os.environ, "LC_ALL": "C.UTF-8", "GNUPGHOME": str(self.home)}
        try:
            code = await run_process(
                self._run, ["gpg", *fixed, *arguments], self.home, environment, accept
            )
        except OSError:
            raise TaskFailure("The program `gpg` is not installed") from None
        return code, printed, "\n".join(said).strip()

    async def take(self, name: str, keys: str) -> str:
        """Take keys into the ring; the fingerprint of the first. Raises TaskFailure for a text that holds none."""
        path = self.keep(f"{name}.asc", keys)
        _, printed, said = await self("--import", path)
        for line in printed:
            words = line.removeprefix(STATUS).split()
            if words[:1] == ["IMPORT_OK"]:
                return words[2]
        raise TaskFailure(f"`{name}` holds no key" + (f": {said}" if said else ""))

    async def owners(self) -> dict[str, list[str]]:
        """The names of the owners of the keys of the ring, by fingerprint."""
        found: dict[str, list[str]] = {}
        names: list[str] = []
        for line in (await self("--with-colons", "--list-keys"))[1]:
            kind, *fields = line.split(":")
            if kind == "pub":
                names = []
            elif kind == "fpr":
                found[fields[8]] = names  # the key itself first, then its parts
            elif kind == "uid":
                names.append(fields[8].encode().decode("unicode_escape").encode("latin-1").decode())
        return found


@contextmanager
def ring(run: RunContext) -> Iterator[Gpg]:
    """A new key ring; its path is short, since the name of a socket of gpg must be."""
    import shutil
    import tempfile
    from pathlib import Path

    home = tempfile.mkdtemp(prefix="flowrt-gpg-")
    try:
        yield Gpg(run, Path(home))
    finally:
        shutil.rmtree(home, ignore_errors=True)


class PgpTask(Task):
    """What both directions share: a file in, a file out."""

    outputs: ClassVar[dict[str, Kind] | None] = {"uri": URI}

    from_: Text | None = prop(STRING, yaml="from", default=None)

    async def run(self, run: RunContext) -> dict[str, Any]:
        source = source_path(run, required_text(run, self.from_))
        target = target_path(run, ".tmp")
        with ring(run) as gpg:
            await self.convert(run, gpg, source, target)
        return {"uri": run.put_file(target, target.name)}

    async def convert(self, run: RunContext, gpg: Gpg, source: Path, target: Path) -> None:
        """Write the other form of a file."""
        raise NotImplementedError


@task_type("io.kestra.plugin.crypto.openpgp.Encrypt")
class PgpEncrypt(PgpTask):
    """Encrypt a file for the owner of a key, and sign it."""

    key: Text | None = prop(STRING, default=None)
    recipients: Listing = prop(listing(STRING))
    sign_public_key: Text | None = prop(STRING, default=None)
    sign_private_key: Text | None = prop(STRING, default=None)
    sign_passphrase: Text | None = prop(STRING, default=None)
    sign_user: Text | None = prop(STRING, default=None)

    async def convert(self, run: RunContext, gpg: Gpg, source: Path, target: Path) -> None:
        key = gpg.keep("recipient.asc", required_text(run, self.key))
        words = ["--armor", "--cipher-algo", "AES256", "--compress-algo", "zip", "--digest-algo", "SHA256",
                 "--set-filename", "data", "--recipient-file", key, "--output", str(target)]  # fmt: skip
        if self.sign_private_key is not None and self.sign_user is not None:
            signer = await gpg.take("signPrivateKey", required_text(run, self.sign_private_key))
            secret = gpg.keep("passphrase", run.text(self.sign_passphrase) or "")
            words += ["--sign", "--local-user", signer, "--passphrase-file", secret]
        code, _, said = await gpg(*words, "--encrypt", "--", str(source))
        if code:
            raise TaskFailure(f"The file cannot be encrypted: {said}")


@task_type("io.kestra.plugin.crypto.openpgp.Decrypt")
class PgpDecrypt(PgpTask):
    """Decrypt a file, and look at its signature where keys of signers are given."""

    private_key: Text | None = prop(STRING, default=None)
    private_key_passphrase: Text | None = prop(STRING, default=None)
    sign_users_key: Listing | None = prop(listing(STRING), default=None)
    required_signer_users: Listing | None = prop(listing(STRING), default=None)

    async def convert(self, run: RunContext, gpg: Gpg, source: Path, target: Path) -> None:
        await gpg.take("privateKey", required_text(run, self.private_key))
        for number, each in enumerate(run.listing(self.sign_users_key) or []):
            await gpg.take(f"signUsersKey[{number}]", each)
        secret = gpg.keep("passphrase", run.text(self.private_key_passphrase) or "")
        most = max(FREE, source.stat().st_size * RATIO)
        _, printed, said = await gpg(
            "--passphrase-file", secret, "--max-output", str(most), "--output", str(target),
            "--decrypt", "--", str(source),
        )  # fmt: skip
        told = [line.removeprefix(STATUS).split() for line in printed if line.startswith(STATUS)]
        kinds = {words[0] for words in told if words}
        if "exceeded" in said and "output limit" in said:
            raise TaskFailure(BOMB)
        if "DECRYPTION_OKAY" not in kinds or "NODATA" in kinds:
            why = said
            if "Bad passphrase" in said:
                why = "The passphrase of the private key is wrong"
            elif "NO_SECKEY" in kinds:
                why = "No private key found for this message"
            raise TaskFailure(f"The file cannot be decrypted: {why}")
        if "BADSIG" in kinds:
            raise TaskFailure("The signature does not fit the file")
        await self._check_signer(run, gpg, told)

    async def _check_signer(self, run: RunContext, gpg: Gpg, told: list[list[str]]) -> None:
        """Raises TaskFailure when a signature is of nobody who must have signed; a file without one is only told."""
        wanted = run.listing(self.required_signer_users)
        if not wanted:
            return
        if not any(words[:1] == [kind] for words in told for kind in _SIGNATURES):
            run.log("WARN", "The file is not signed, so `requiredSignerUsers` was not looked at")
            return
        good = any(words[:1] == ["GOODSIG"] for words in told)
        signers = [words[-1] for words in told if words[:1] == ["VALIDSIG"]] if good else []
        owners = await gpg.owners() if signers else {}
        names = [name for signer in signers for name in owners.get(signer, [])]
        if not any(name == each or f"<{each}>" in name for name in names for each in wanted):
            raise TaskFailure("The file is signed by none of `requiredSignerUsers`")
