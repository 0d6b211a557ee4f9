"""The command line: a group whose commands are imported when they are called."""

from __future__ import annotations

import errno
from importlib import import_module
from pkgutil import iter_modules

import click


class LazyGroup(click.Group):
    """Finds its commands in `flowc.commands`: one module each, with a click command named `command`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        from flowc import commands

        return sorted(module.name.rstrip("_") for module in iter_modules(commands.__path__))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        name = cmd_name.replace("-", "_")
        if not name.isidentifier():
            return None
        for module in (name, f"{name}_"):
            try:
                found: click.Command = import_module(f"flowc.commands.{module}").command
            except ModuleNotFoundError as error:
                if error.name != f"flowc.commands.{module}":
                    raise
            else:
                return found
        return None

    def invoke(self, ctx: click.Context) -> object:
        """Run a command; that it was interrupted, or that nobody takes its output, is no fault of the compiler."""
        from flowrt.program.streams import open_missing

        open_missing()
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            from flowrt.program.main import INTERRUPTED

            click.echo("interrupted", err=True)
            ctx.exit(INTERRUPTED)
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EIO):
                raise
            click.echo(f"error: what was to be written is lost: {error.strerror}", err=True)
            ctx.exit(1)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="flowc", message="%(prog)s %(version)s")
def main() -> None:
    """Compile Kestra flows to Python."""
