"""Packages for scripts: each task has an environment of its own, what is installed into it is kept for the next time.

A list of packages is installed once for an interpreter, into a folder of the cache that is complete or not there. A task
whose commands call `pip` themselves gets a virtual environment for this run alone, in which the packages of the cache are
seen; so nothing is installed where the program itself runs.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from flowrt.model.failures import TaskFailure

if TYPE_CHECKING:
    from flowrt.model.context import RunContext

HARMLESS = frozenset(
    [
        "-q",
        "--quiet",
        "-qq",
        "-qqq",
        "-U",
        "--upgrade",
        "--no-cache-dir",
        "--disable-pip-version-check",
        "--no-input",
        "--system",
        "--root-user-action=ignore",
        "--break-system-packages",
        "--user",
    ]
)
"""Options of `pip install` that do not change which packages are meant."""
_CALLS_PIP = re.compile(r"(?<![\w.-])(?:pip3?|uv)(?![\w-])")
_PLAIN = re.compile(
    r"[A-Za-z0-9][\w.\-]*(?:\[[\w.,\- ]*\])?(?:(?:[=<>!~]=|[<>])[\w.*+!,<>=~\- ]*)?"
)
_NAME = re.compile(r"[A-Za-z0-9._-]*")
_UNKNOWN = re.compile(
    r"(?:No matching distribution found for|satisfies the requirement|Because) +[`']?([\w.\-]+)"
)


def installs_only() -> bool:
    """Whether packages may be installed; `FLOWRT_DEPENDENCIES=installed` says that all is there."""
    return os.environ.get("FLOWRT_DEPENDENCIES") != "installed"


async def environment(
    run: RunContext, dependencies: list[str], before: list[str], commands: list[str], manager: str
) -> dict[str, str]:
    """The variables by which a script finds its packages: those of `dependencies`, and those that lines before it install.

    Raises TaskFailure when they cannot be installed.
    """
    wanted = [*dependencies]
    for line in "\n".join(before).splitlines():
        wanted += packages_of(line) or []
    wanted = [each for each in wanted if not is_kestra(each)]
    calls = any(_CALLS_PIP.search(text) for text in (*before, *commands))
    if not wanted and not calls:
        return {}
    packages = await installed(run, wanted, manager) if wanted and installs_only() else None
    if calls:
        found: dict[str, str] = await run.in_thread(lambda: _own(run.private_folder(), packages))
        return found
    if packages is None:
        return {}
    from flowrt.scripting.python import stand_in

    return {"PYTHONPATH": os.pathsep.join((str(packages), stand_in()))}


def packages_of(line: str) -> list[str] | None:
    """The packages that a line installs which is nothing but `pip install` of packages; None for other lines."""
    import shlex

    if set(line) & set(";&|$`()\\"):
        return None
    try:
        words = shlex.split(line, comments=True)
    except ValueError:
        return None
    if words[:2] in (["python", "-m"], ["python3", "-m"]):
        words = words[2:]
    if words[:1] == ["uv"]:
        words = words[1:]
    if words[:2] not in (["pip", "install"], ["pip3", "install"]):
        return None
    packages = [word for word in words[2:] if word not in HARMLESS]
    return packages if all(map(_PLAIN.fullmatch, packages)) else None


def is_kestra(requirement: str) -> bool:
    """Whether a package is the one whose module scripts have anyhow."""
    match = _NAME.match(requirement)
    return match is not None and match.group().lower() == "kestra"


def cache_home() -> Path:
    """Where packages are kept."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return home / "flowrt" / "python"


async def installed(run: RunContext, requirements: list[str], manager: str) -> Path:
    """The folder of the cache with these packages, built when it is not there. Raises TaskFailure."""
    import asyncio
    from hashlib import sha256

    from flowrt.services.paths import make_folder
    from flowrt.services.workplace import locked

    key = "\n".join((sys.version, sys.platform, sys.base_prefix, *sorted(set(requirements))))
    home = cache_home()
    name = sha256(key.encode()).hexdigest()[:32]
    folder = home / name
    if folder.is_dir():
        return folder
    make_folder(home)
    while True:
        with locked(home / f"{name}.lock") as mine:
            if folder.is_dir():
                return folder
            if mine:
                await _build(run, folder, sorted(set(requirements)), manager)
                return folder
        await asyncio.sleep(0.1)


async def _build(run: RunContext, folder: Path, requirements: list[str], manager: str) -> None:
    """Install into a folder beside, which takes its place when it is complete. To be called with the lock held."""
    import shutil

    from flowrt.scripting.process import run_process
    from flowrt.services.paths import make_folder

    for left in folder.parent.glob(f".{folder.name}.*"):  # of builders that have died
        shutil.rmtree(left, ignore_errors=True)
    draft = folder.with_name(f".{folder.name}.{os.urandom(4).hex()}")
    make_folder(draft)
    uv = shutil.which("uv") if manager == "UV" else None
    if uv:
        call = [uv, "pip", "install", "--quiet", "--python", sys.executable]
        variables = dict(os.environ)
    else:
        pip = pip_folder()
        if pip is None:
            raise TaskFailure("The dependencies cannot be installed: there is neither uv nor pip")
        call = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        variables = {**os.environ, "PYTHONPATH": str(pip)}
    said: list[str] = []

    def hear(line: str, _: bool) -> None:
        said.append(line)
        del said[:-50]
        run.log("DEBUG", line)

    try:
        code = await run_process(
            run, [*call, "--target", str(draft), *requirements], draft, variables, hear
        )
        if code != 0:
            raise TaskFailure(f"The dependencies cannot be installed: {_cause(said, code)}")
        os.rename(draft, folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _cause(said: list[str], code: int) -> str:
    """What an installer that has failed says: the package that is missing, or else its last words."""
    for line in said:
        unknown = _UNKNOWN.search(line)
        if unknown:
            return f"there is no package '{unknown.group(1)}', or the index cannot be reached"
    return next((line for line in reversed(said) if line.strip()), f"exit code {code}")


def pip_folder() -> Path | None:
    """A folder from which `pip` can be imported, and nothing else. None when there is no pip."""
    import shutil
    from importlib.util import find_spec
    from zipfile import ZipFile

    from flowrt.services.paths import make_folder

    bundled = None
    spec = find_spec("ensurepip")
    if spec is not None and spec.submodule_search_locations:
        wheels = Path(spec.submodule_search_locations[0]) / "_bundled"
        bundled = max(wheels.glob("pip-*.whl"), default=None)
    own = find_spec("pip")
    if bundled is None and own is None:
        return None
    name = (
        bundled.stem if bundled is not None else f"pip-{sys.version_info[0]}.{sys.version_info[1]}"
    )
    folder = cache_home() / name
    if folder.is_dir():
        return folder
    draft = folder.with_name(f".{name}.{os.urandom(4).hex()}")
    make_folder(draft)
    try:
        if bundled is not None:
            with ZipFile(bundled) as archive:
                archive.extractall(draft)
        else:
            assert own is not None and own.submodule_search_locations
            shutil.copytree(own.submodule_search_locations[0], draft / "pip")
        try:
            os.rename(draft, folder)
        except OSError:
            if not folder.is_dir():  # another builder may have been faster
                raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return folder


def _own(folder: Path, packages: Path | None) -> dict[str, str]:
    """A virtual environment for one run, which sees the packages; its variables."""
    import site
    from venv import EnvBuilder

    EnvBuilder(symlinks=os.name != "nt").create(folder)
    own = next((folder / "lib").glob("python*")) / "site-packages"
    pip = pip_folder()
    seen = [str(each) for each in (packages, pip) if each is not None]
    if not installs_only():
        seen += site.getsitepackages()
    (own / "packages.pth").write_text("".join(f"{each}\n" for each in seen), "utf-8")
    about = (
        own / "kestra-1.3.0.dist-info"
    )  # whoever installs it finds it there: the module is in PYTHONPATH
    about.mkdir()
    (about / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: kestra\nVersion: 1.3.0\n", "utf-8"
    )
    (about / "INSTALLER").write_text("flowrt\n", "utf-8")
    (about / "RECORD").write_text("", "utf-8")
    call = '#!/bin/sh\nexec "${0%/*}/python" -m pip "$@"\n'
    if pip is None:
        call = "#!/bin/sh\necho 'pip: there is none for this interpreter' >&2\nexit 127\n"
    for name in ("pip", "pip3"):
        script = folder / "bin" / name
        script.write_text(call, "utf-8")
        script.chmod(0o700)
    path = os.pathsep.join((str(folder / "bin"), os.environ.get("PATH", os.defpath)))
    return {"VIRTUAL_ENV": str(folder), "PATH": path, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
