"""SSH: a connection, and commands over it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt import missing, packages
from flowrt.model.declare import (
    BOOLEAN,
    INTEGER,
    STRING,
    Kind,
    enum,
    listing,
    mapping,
    prop,
    task_type,
)
from flowrt.model.failures import TaskFailure, reason
from flowrt.model.task import Task
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Listing, Mapping, Text

METHODS = enum("PASSWORD", "PUBLIC_KEY", "OPEN_SSH")
NO_DATA = "the connection to {host} was lost"


def library() -> Any:
    """The module `asyncssh`. Raises MissingPackage."""
    try:
        import asyncssh
    except ImportError:
        raise missing.MissingPackage("SSH", packages.ASYNCSSH, "ssh") from None
    return asyncssh


def failure(error: Exception, host: str) -> TaskFailure:
    """What went wrong, in words of the library's own errors, to be raised."""
    text = str(error) or type(error).__name__
    return TaskFailure(f"SSH to {host}: {text}")


def key_of(text: str, passphrase: str | None) -> Any:
    """A private key out of its text. Raises TaskFailure."""
    ssh = library()
    try:
        return ssh.import_private_key(text.strip() + "\n", passphrase)
    except (ssh.KeyImportError, ssh.KeyEncryptionError, ValueError) as error:
        raise TaskFailure(f"the private key cannot be used: {reason(error)}") from None


@task_type("io.kestra.plugin.fs.ssh.Command")
class SshCommand(Task):
    """Run commands on another machine."""

    outputs: ClassVar[dict[str, Kind] | None] = {"vars": mapping(), "exitCode": INTEGER}
    packages: ClassVar[tuple[str, ...]] = (packages.ASYNCSSH,)

    host: Text = prop(STRING)
    port: Text = prop(STRING, default="22")
    username: Text | None = prop(STRING, default=None)
    auth_method: Text = prop(METHODS, default="PASSWORD")
    password: Text | None = prop(STRING, default=None)
    private_key: Text | None = prop(STRING, default=None)
    private_key_passphrase: Text | None = prop(STRING, default=None)
    commands: Listing = prop(listing(STRING))
    env: Mapping | None = prop(mapping(STRING), default=None)
    strict_host_key_checking: Text = prop(STRING, default="no")
    proxy_command: Text | None = prop(STRING, default=None)
    open_ssh_config_path: Text | None = prop(STRING, yaml="openSSHConfigPath", default=None)
    open_ssh_config_dir: Text = prop(
        STRING, yaml="openSSHConfigDir", default="~/.ssh/config", ignored=True
    )
    enable_ssh_rsa1: Flag = prop(BOOLEAN, default=False)
    warning_on_std_err: Flag | None = prop(BOOLEAN, default=None, ignored=True)

    def _options(self, run: RunContext) -> dict[str, Any]:
        """How to connect, in terms of the library."""
        method = run.constant(self.auth_method, METHODS) or "PASSWORD"
        password, key = run.text(self.password), run.text(self.private_key)
        if method == "PASSWORD" and password is None:
            raise TaskFailure("Password is necessary for given SSH auth method: PASSWORD")
        if method == "PUBLIC_KEY" and key is None:
            raise TaskFailure("Private key is necessary for given SSH auth method: PUBLIC_KEY")
        options: dict[str, Any] = {
            "port": _port(run.text(self.port)),
            "username": run.text(self.username) or (),
        }
        if method == "OPEN_SSH":
            path = run.text(self.open_ssh_config_path)
            options["config"] = [path] if path is not None else ()
        else:
            options.update(config=None, agent_path=None)
        if method == "PASSWORD":
            options.update(password=password, client_keys=None)
            options["preferred_auth"] = "password,keyboard-interactive"
        elif method == "PUBLIC_KEY":
            passphrase = run.text(self.private_key_passphrase)
            options.update(client_keys=[key_of(key or "", passphrase)], preferred_auth="publickey")
        elif password is not None:
            options["password"] = password
        if run.text(self.strict_host_key_checking) != "yes":
            options["known_hosts"] = None
        proxy = run.text(self.proxy_command)
        if proxy is not None:
            options["proxy_command"] = proxy
        return options

    async def run(self, run: RunContext) -> dict[str, Any]:
        from flowrt.scripting.protocol import OutputLines

        ssh = library()
        host = required_text(run, self.host)
        options = self._options(run)
        command = "\n".join(str(each) for each in run.listing(self.commands) or [])
        env = run.mapping(self.env, STRING) or {}
        lines = OutputLines(run)
        try:
            async with (
                ssh.connect(host, **options) as connection,
                connection.create_process(
                    command, env=env, errors="replace", stdin=ssh.DEVNULL
                ) as process,
            ):
                await _read(process, lines)
                ended = await process.wait()
        except (OSError, ssh.Error) as error:
            raise failure(error, host) from None
        code = ended.exit_status
        if code is None:
            raise TaskFailure(NO_DATA.format(host=host))
        if code != 0:
            raise TaskFailure(f"SSH command fails with exit status {code}")
        return {"vars": lines.vars, "exitCode": code}


def _port(text: str | None) -> int:
    try:
        return int(text or "22")
    except ValueError:
        raise TaskFailure(f"`port` is a number, not '{text}'") from None


async def _read(process: Any, lines: Any) -> None:
    """Take the lines of both streams as they come."""
    import asyncio

    async def take(stream: Any, is_error: bool) -> None:
        while line := await stream.readline():
            lines.accept(line.rstrip("\r\n"), is_error)

    await asyncio.gather(take(process.stdout, False), take(process.stderr, True))
