"""The program `git`: how it is called, and how it gets credentials without their standing anywhere."""

from __future__ import annotations

import os
import re
import shlex
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from flowrt.model.failures import TaskFailure

if TYPE_CHECKING:
    from pathlib import Path

    from flowrt.model.context import RunContext

USER, PASSWORD, PASSPHRASE = "FLOWRT_GIT_USER", "FLOWRT_GIT_PASSWORD", "FLOWRT_GIT_PASSPHRASE"
"""The variables of the environment that hold credentials, of the one program that needs them."""

_HELPER = (
    '!f() { test "$1" = get && printf "username=%s\\npassword=%s\\n" '
    f'"${USER}" "${PASSWORD}"; }}; f'
)
_ASKPASS = f"#!/bin/sh\nprintf '%s\\n' \"${PASSPHRASE}\"\n"
_SSH_URL = re.compile(r"(?:ssh://)?git@(?:ssh\.)?([^:/]+)[:/](?:v\d*/)?(.*)")
LAST_LINES = 20
"""The lines of what git said that a failure repeats."""


class Remote(NamedTuple):
    """A repository elsewhere: its address without credentials, and those."""

    url: str
    user: str
    password: str

    @property
    def web(self) -> str:
        """The address for a browser."""
        found = _SSH_URL.fullmatch(self.url)
        if found is None:
            return self.url
        host, path = found.groups()
        if "azure.com" in host:
            project, _, name = path.rpartition("/")
            path = f"{project}/_git/{name}"
        return f"https://{host}/{path}"

    def commit_url(self, branch: str, commit: str) -> str:
        """The address of a commit for a browser."""
        page = re.sub(r"\.git$", "", self.web)
        page += f"/{'commits' if 'bitbucket.org' in page else 'commit'}/{commit}"
        return page + (f"?refName=refs%2Fheads%2F{branch}" if "azure.com" in page else "")


def remote(url: str | None, user: str | None, password: str | None) -> Remote:
    """A repository by its address; credentials in it are taken out. Raises TaskFailure for an address that is none."""
    if not url or url.startswith("-") or re.search(r"[\x00-\x20]", url):
        raise TaskFailure("The `url` of the repository is missing, or it is no address")
    scheme = url.partition("://")[0].lower() if "://" in url else ""
    if scheme in ("http", "https"):
        parts = urlsplit(url)
        given, at, host = parts.netloc.rpartition("@")
        if at:
            name, _, secret = given.partition(":")
            user = user or unquote(name)
            password = password or unquote(secret)
            url = urlunsplit(parts._replace(netloc=host))
    for text in (user, password):
        if text and ("\n" in text or "\0" in text):
            raise TaskFailure("`username` and `password` cannot have several lines")
    return Remote(url, user or "", password or "")


def checked_name(name: str, what: str) -> str:
    """The name of a branch, tag or commit. Raises TaskFailure for what git would take for an option or a range."""
    if not name or name.startswith("-") or re.search(r"[\x00-\x20~^:?*\[\\]|\.\.|@\{", name):
        raise TaskFailure(f"'{name[:100]}' is no name of a {what}")
    return name


class Git:
    """Calls `git` in a folder."""

    def __init__(
        self, run: RunContext, folder: Path, origin: Remote, environment: dict[str, str]
    ) -> None:
        self.run = run
        self.folder = folder
        self.origin = origin
        self._environment = environment

    def at(self, folder: Path) -> Git:
        """The same in another folder."""
        return Git(self.run, folder, self.origin, self._environment)

    async def __call__(self, *arguments: str, may_fail: bool = False, **environment: str) -> str:
        """What a command prints. Raises TaskFailure when it fails, unless it may: then the answer is empty."""
        from flowrt.scripting.process import run_process

        lines: list[str] = []
        said: list[str] = []

        def accept(line: str, is_error: bool) -> None:
            if is_error:
                said.append(line)
                del said[:-LAST_LINES]
            else:
                lines.append(line)

        try:
            code = await run_process(
                self.run,
                ["git", *arguments],
                self.folder,
                {**self._environment, **environment},
                accept,
            )
        except OSError:
            raise TaskFailure("The program `git` is not installed") from None
        if code and may_fail:
            return ""
        if code:
            words = [each for each in arguments if not each.startswith("-")]
            text = self._clean("\n".join(said).strip())
            raise TaskFailure(f"git {words[0] if words else ''} failed: {text or f'code {code}'}")
        return "\n".join(lines)

    def _clean(self, text: str) -> str:
        """The text without the password, should git have repeated it."""
        for secret in (self.origin.password, quote(self.origin.password, safe="")):
            if secret:
                text = text.replace(secret, "******")
        return text


class Access(NamedTuple):
    """How a repository is reached, rendered."""

    origin: Remote
    private_key: str | None
    passphrase: str | None
    certificates: str | None
    no_proxy: bool
    connect_timeout: int
    read_timeout: int


def environment_of(run: RunContext, access: Access) -> dict[str, str]:
    """The environment in which `git` reaches a repository.

    Credentials are given for the host of the repository alone, by variables; nothing of them is written but a private
    key, into a folder of this run for its owner alone.
    """
    settings: list[tuple[str, str]] = [
        ("core.hooksPath", os.devnull),
        ("core.fsmonitor", "false"),
        ("http.lowSpeedLimit", "1"),
        ("http.lowSpeedTime", str(max(1, access.read_timeout // 1000))),
        ("advice.detachedHead", "false"),
        ("init.defaultBranch", "main"),
        ("gc.auto", "0"),
        ("credential.helper", ""),
    ]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment.update(GIT_TERMINAL_PROMPT="0", GIT_ASKPASS="", LC_ALL="C.UTF-8")
    origin = access.origin
    if origin.password or origin.user:
        parts = urlsplit(origin.url)
        settings.append((f"credential.{parts.scheme}://{parts.netloc}.helper", _HELPER))
        environment.update({USER: origin.user, PASSWORD: origin.password})
    if access.no_proxy:
        settings.append(("http.proxy", ""))
        environment.update(NO_PROXY="*", no_proxy="*")
    if access.certificates is not None:
        settings.append(("http.sslCAInfo", _bundle(run, access.certificates)))
    environment["GIT_SSH_COMMAND"] = _ssh(run, access, environment)
    environment["GIT_CONFIG_COUNT"] = str(len(settings))
    for number, (name, value) in enumerate(settings):
        environment[f"GIT_CONFIG_KEY_{number}"] = name
        environment[f"GIT_CONFIG_VALUE_{number}"] = value
    return environment


def _private_file(run: RunContext, name: str, text: str) -> str:
    from flowrt.services.plainfiles import create_file

    path = run.private_folder() / name
    with create_file(path) as file:
        file.write(text.encode())
    return str(path)


def _bundle(run: RunContext, path: str) -> str:
    """The certificates of a file, and those that the system trusts, in one file. Raises TaskFailure."""
    import ssl
    from pathlib import Path

    try:
        own = Path(path).read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        raise TaskFailure(f"The file of certificates '{path}' cannot be read") from None
    system = ssl.get_default_verify_paths().cafile
    known = Path(system).read_text("utf-8") if system else ""
    return _private_file(run, "certificates.pem", f"{own}\n{known}")


def _ssh(run: RunContext, access: Access, environment: dict[str, str]) -> str:
    """The command for connections by SSH."""
    words = [
        "ssh",
        *("-o", "StrictHostKeyChecking=accept-new"),
        *("-o", f"ConnectTimeout={max(1, access.connect_timeout // 1000)}"),
        *("-o", "PasswordAuthentication=no", "-o", "KbdInteractiveAuthentication=no"),
    ]
    if access.private_key is not None:
        key = _private_file(run, "key", access.private_key.strip().replace("\r\n", "\n") + "\n")
        words += ["-i", key, "-o", "IdentitiesOnly=yes"]
    if access.passphrase is not None:
        program = _private_file(run, "askpass", _ASKPASS)
        os.chmod(program, 0o700)
        environment.update(
            {"SSH_ASKPASS": program, "SSH_ASKPASS_REQUIRE": "force", PASSPHRASE: access.passphrase}
        )
    else:
        words += ["-o", "BatchMode=yes"]
    return shlex.join(words)


async def set_config(git: Git, given: dict[str, Any] | None) -> None:
    """Set the configuration that a task asks for; a value that is empty takes a name away."""
    count = 0
    for name, value in (given or {}).items():
        if "." not in name or name.startswith("-"):
            git.run.log(
                "WARN",
                f"invalid git gitRepoConfig key format: {name}. The name is actually the section and the key separated "
                "by a dot. Expected 'section.name' or 'section.subsection.name'",
            )
            continue
        await git("config", "--local", "--unset-all", name, may_fail=True)
        values = value if isinstance(value, list) else [value]
        texts = [_config_text(each) for each in values]
        if texts in ([""], []):
            git.run.log("INFO", f"Unset git gitRepoConfig {name}")
            continue
        for text in texts:
            await git("config", "--local", "--add", name, text)
        git.run.log("INFO", f"Applied git config {name} = {', '.join(texts)}")
        count += 1
    if given:
        git.run.log("INFO", f"Applied {count} git configuration settings")


def _config_text(value: Any) -> str:
    from flowrt.java.printing import text_of

    return "" if value is None else text_of(value).strip()
