"""The command line: a group whose commands are imported when they are called."""

from __future__ import annotations

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


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="flowc", message="%(prog)s %(version)s")
def main() -> None:
    """Compile Kestra flows to Python."""
