"""OpenPGP, against the program `gpg` with key rings of the tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tasks.fake import FakeRun, task

from flowrt.model.failures import TaskFailure

pytestmark = pytest.mark.skipif(shutil.which("gpg") is None, reason="gpg is not installed")


class Person:
    """Somebody with a key ring."""

    def __init__(self, home: str, name: str, secret: str, kind: str) -> None:
        self.home, self.name, self.secret, self.kind = home, name, secret, kind
        self("--quick-generate-key", name, *kind.split(), "never")

    def __call__(self, *words: str, given: bytes = b"") -> bytes:
        command = ["gpg", "--homedir", self.home, "--batch", "--yes", "--quiet", "--pinentry-mode", "loopback",
                   "--trust-model", "always", "--passphrase", self.secret, *words]  # fmt: skip
        return subprocess.run(command, input=given, capture_output=True, check=True).stdout

    @property
    def public(self) -> str:
        return self("--armor", "--export").decode()

    @property
    def private(self) -> str:
        return self("--armor", "--export-secret-keys").decode()


@pytest.fixture(scope="module")
def people() -> Iterator[dict[str, Person]]:
    homes = [tempfile.mkdtemp(prefix="flowc-gpg-") for _ in range(2)]
    try:
        yield {
            "ada": Person(homes[0], "Adä <ada@orga.com>", "pass wörd", "future-default default"),
            "bob": Person(homes[1], "Bob <bob@orga.com>", "", "rsa2048 sign,encr"),
        }
    finally:
        for home in homes:
            subprocess.run(["gpgconf", "--homedir", home, "--kill", "all"], check=False)
            shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def run(tmp_path: Path) -> FakeRun:
    return FakeRun(tmp_path)


TEXT = "Zeile\n" * 50_000


def encrypted(run: FakeRun, to: Person, **more: Any) -> str:
    source = run.store(TEXT, "plain.txt")
    made = task("crypto.openpgp.Encrypt", from_=source, key=to.public, recipients=[to.name], **more)
    return str(run.run(made)["uri"])


def decrypt(run: FakeRun, uri: str, by: Person, **more: Any) -> str:
    given = {"private_key": by.private, "private_key_passphrase": by.secret, **more}
    return run.content(run.run(task("crypto.openpgp.Decrypt", from_=uri, **given))["uri"])


@pytest.mark.parametrize("name", ["ada", "bob"])
def test_gpg_reads_what_is_encrypted(run: FakeRun, people: dict[str, Person], name: str) -> None:
    uri = encrypted(run, people[name])
    assert run.content(uri).startswith("-----BEGIN PGP MESSAGE-----")
    assert len(run.content(uri)) < 10_000  # it is compressed
    assert people[name]("--decrypt", given=run.content(uri).encode()).decode() == TEXT
    assert decrypt(run, uri, people[name]) == TEXT


def test_gpg_finds_the_signature(run: FakeRun, people: dict[str, Person]) -> None:
    ada, bob = people["ada"], people["bob"]
    signed = {"sign_private_key": ada.private, "sign_passphrase": ada.secret, "sign_user": ada.name}
    uri = encrypted(run, bob, **signed)
    bob("--import", given=ada.public.encode())
    told = bob(
        "--status-fd", "1", "--output", os.devnull, "--decrypt", given=run.content(uri).encode()
    )
    assert b"GOODSIG" in told and b"ada@orga.com" in told
    plain = encrypted(run, bob, **{**signed, "sign_user": None})
    told = bob(
        "--status-fd", "1", "--output", os.devnull, "--decrypt", given=run.content(plain).encode()
    )
    assert b"GOODSIG" not in told  # who signs must be named


@pytest.mark.parametrize("form", ["--armor", "--no-armor"])
def test_what_gpg_has_encrypted_is_read(run: FakeRun, people: dict[str, Person], form: str) -> None:
    ada, bob = people["ada"], people["bob"]
    made = ada(form, "--sign", "--encrypt", "-r", ada.name, given=TEXT.encode())
    uri = run.put_file(made, "a.gpg")
    assert decrypt(run, uri, ada) == TEXT
    for name in (ada.name, "ada@orga.com"):
        wanted = {"sign_users_key": [bob.public, ada.public], "required_signer_users": [name]}
        assert decrypt(run, uri, ada, **wanted) == TEXT
    for more in (
        {"sign_users_key": [ada.public], "required_signer_users": [bob.name]},
        {"sign_users_key": [bob.public], "required_signer_users": [bob.name]},
        {"required_signer_users": ["ada"], "sign_users_key": [ada.public]},
    ):
        with pytest.raises(TaskFailure, match="signed by none of `requiredSignerUsers`"):
            decrypt(run, uri, ada, **more)


def test_a_file_without_a_signature_is_told(run: FakeRun, people: dict[str, Person]) -> None:
    uri = encrypted(run, people["bob"])
    assert decrypt(run, uri, people["bob"], required_signer_users=["x"]) == TEXT
    assert run.messages("WARN") == [
        "The file is not signed, so `requiredSignerUsers` was not looked at"
    ]


def test_what_cannot_be_decrypted(run: FakeRun, people: dict[str, Person]) -> None:
    ada, bob = people["ada"], people["bob"]
    uri = encrypted(run, ada)
    with pytest.raises(TaskFailure, match="No private key found for this message"):
        decrypt(run, uri, bob)
    with pytest.raises(TaskFailure, match="The passphrase of the private key is wrong"):
        decrypt(run, uri, ada, private_key_passphrase="not that")
    changed = run.content(uri).splitlines()
    changed[5] = changed[5][::-1]
    for broken in ("no message", "", "\n".join(changed)):
        with pytest.raises(TaskFailure, match="The file cannot be decrypted"):
            decrypt(run, run.store(broken, "b.asc"), ada)
    signed = ada("--armor", "--sign", given=b"in clear")
    with pytest.raises(TaskFailure, match="The file cannot be decrypted"):
        decrypt(run, run.put_file(signed, "c.asc"), ada)
    for key in ("no key", ""):
        with pytest.raises(TaskFailure, match="`privateKey` holds no key"):
            decrypt(run, uri, ada, private_key=key)
        with pytest.raises(TaskFailure, match="The file cannot be encrypted"):
            run.run(task("crypto.openpgp.Encrypt", from_=uri, key=key, recipients=["x"]))
    assert not [text for _, text in run.logs if "not that" in text]


def test_a_bomb_is_not_unpacked(
    run: FakeRun, people: dict[str, Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    from flowrt.plugins.compress import openpgp

    uri = encrypted(run, people["bob"])
    monkeypatch.setattr(openpgp, "FREE", 1000)
    monkeypatch.setattr(openpgp, "RATIO", 1)
    with pytest.raises(TaskFailure, match="taken for a bomb"):
        decrypt(run, uri, people["bob"])


def test_nothing_of_the_keys_stays(run: FakeRun, people: dict[str, Person]) -> None:
    before = set(Path(tempfile.gettempdir()).glob("flowrt-gpg-*"))
    decrypt(run, encrypted(run, people["ada"]), people["ada"])
    assert set(Path(tempfile.gettempdir()).glob("flowrt-gpg-*")) == before
