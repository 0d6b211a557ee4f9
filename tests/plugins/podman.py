"""Podman for tests: images and containers in a folder of its own, under the name `docker`; and a registry on the loopback."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import socket
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from plugins.servers import PASSWORD, accepts, free_port, program, wait_until

CONTAINERS = """\
[containers]
cgroups = "disabled"
netns = "host"
default_ulimits = ["nofile=1024:1024", "nproc=1000:1000"]
log_driver = "k8s-file"
[engine]
cgroup_manager = "cgroupfs"
events_logger = "none"
runtime = "crun"
"""
"""Where tests run inside of a container themselves, there are no groups to make, no networks, and no limits to raise."""
STORAGE = '[storage]\ndriver = "vfs"\ngraphroot = "{folder}/images"\nrunroot = "{folder}/run"\n'
REGISTRIES = '[[registry]]\nlocation = "{registry}"\ninsecure = true\n'
UNIFIED = "/sys/fs/cgroup/unified"
"""What podman takes for the groups of the system, where there are both kinds; they are not to be written there."""
USER = "tester:$2b$05$abcdefghijklmnopqrstuuctcTzVF9GODrMwX5RWbyo4NYK2IZm7G\n"
"""A user of the registry, with `PASSWORD`."""
REGISTRY = """\
version: 0.1
log: {{level: error}}
storage: {{filesystem: {{rootdirectory: "{folder}/blobs"}}}}
http: {{addr: "127.0.0.1:{port}"}}
auth: {{htpasswd: {{realm: tests, path: "{folder}/users"}}}}
"""
COMMANDS = "cat chmod echo env false grep id ls mkdir pwd rm sh sleep touch true wc"
BOX = "box:1"
"""An image with a shell and a few programs."""


class Podman:
    """Its folder, in whose `bin` there is a program `docker`; the registry that it may ask without TLS."""

    def __init__(self, folder: Path, registry: str) -> None:
        self.folder = folder
        self.registry = registry
        self.bin = folder / "bin"

    def call(self, *words: str) -> str:
        """What it answers."""
        done = subprocess.run(
            [str(self.bin / "docker"), *words], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise AssertionError(done.stderr)
        return done.stdout.strip()

    def has(self, kind: str, name: str) -> bool:
        """Whether there is a container, an image or a volume of this name."""
        words = [str(self.bin / "docker"), kind, "inspect", name]
        return subprocess.run(words, capture_output=True, check=False).returncode == 0

    @property
    def containers(self) -> list[str]:
        """The ids of all containers, those that have ended too."""
        return self.call("ps", "--all", "--quiet", "--no-trunc").split()

    def inspect(self, name: str) -> Any:
        """What it knows of an image or a container."""
        return json.loads(self.call("inspect", name))[0]

    def clear(self) -> None:
        """Remove all containers."""
        self.call("rm", "--force", "--all", "--volumes")


@contextmanager
def podman() -> Iterator[Podman]:
    """A podman with one image, `BOX`. Skips the test where it cannot run a container."""
    program("podman"), program("crun"), program("catatonit")
    box, registry = program("busybox"), f"localhost:{free_port()}"
    folder = Path(tempfile.mkdtemp(prefix="flowc-test-"))
    found = Podman(folder, registry)
    try:
        _configure(found)
        _image(folder / "box.tar", box)
        try:
            found.call("import", str(folder / "box.tar"), BOX)
            found.call("run", "--rm", BOX, "true")
        except AssertionError as error:
            pytest.skip(f"podman runs no containers here: {str(error).strip()[-200:]}")
        yield found
        found.clear()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _configure(found: Podman) -> None:
    folder = found.folder
    variables = {}
    for name, text in (
        ("CONTAINERS_CONF", CONTAINERS),
        ("CONTAINERS_STORAGE_CONF", STORAGE.format(folder=folder)),
        ("CONTAINERS_REGISTRIES_CONF", REGISTRIES.format(registry=found.registry)),
    ):
        path = folder / f"{name.lower()}.conf"
        path.write_text(text, "utf-8")
        variables[name] = str(path)
    call = 'exec podman "$@"'
    if os.path.ismount(UNIFIED):
        hidden = f"umount {UNIFIED} && {call}"
        call = f'exec unshare --mount sh -c {shlex.quote(hidden)} docker "$@"'
    settings = " ".join(f"{name}={shlex.quote(value)}" for name, value in variables.items())
    found.bin.mkdir()
    (found.bin / "docker").write_text(f"#!/bin/sh\nexport {settings}\n{call}\n", "utf-8")
    (found.bin / "docker").chmod(0o755)


def _image(path: Path, box: str) -> None:
    """The files of an image."""
    with tarfile.open(path, "w") as archive:
        for name in ("etc", "tmp"):
            entry = tarfile.TarInfo(name)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o777
            archive.addfile(entry)
        archive.add(os.path.realpath(box), "bin/busybox")
        for name in COMMANDS.split():
            entry = tarfile.TarInfo(f"bin/{name}")
            entry.type, entry.linkname = tarfile.SYMTYPE, "busybox"
            archive.addfile(entry)


@contextmanager
def server(found: Podman, path: Path) -> Iterator[str]:
    """The address of a podman that answers like the daemon of Docker, on a socket of this path."""
    process = subprocess.Popen(
        [str(found.bin / "docker"), "system", "service", "--time=0", f"unix://{path}"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip

    def is_ready() -> bool:
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(str(path)) == 0

    try:
        wait_until(is_ready, process)
        yield f"unix://{path}"
    finally:
        process.terminate()
        process.wait(30)


@contextmanager
def registry(address: str) -> Iterator[None]:
    """A registry of images at an address of this machine; its user is `tester`, with `PASSWORD`."""
    server, port = program("docker-registry"), int(address.rpartition(":")[2])
    with tempfile.TemporaryDirectory(prefix="flowc-test-") as name:
        folder = Path(name)
        (folder / "users").write_text(USER)
        (folder / "settings.yml").write_text(REGISTRY.format(folder=folder, port=port))
        process = subprocess.Popen(
            [server, "serve", str(folder / "settings.yml")],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            wait_until(lambda: accepts(port), process)
            yield
        finally:
            process.terminate()
            process.wait(30)


__all__ = ["BOX", "PASSWORD", "Podman", "podman", "registry", "server"]
