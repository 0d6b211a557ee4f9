"""The script tasks of further languages; they differ in the program that runs the text."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from flowrt.model.declare import BOOLEAN, STRING, listing, prop, task_type
from flowrt.tasks.scripts import SCRIPTS, CommandsTask, ProgramTask, ScriptTask

if TYPE_CHECKING:
    from pathlib import Path

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Listing, Text


@task_type(f"{SCRIPTS}r.Commands")
class RCommands(CommandsTask):
    """Commands that call R."""

    image: ClassVar[str] = "r-base"


@task_type(f"{SCRIPTS}r.Script")
class RScript(ProgramTask):
    """An R program."""

    image: ClassVar[str] = "r-base"
    suffix: ClassVar[str] = ".R"
    program: ClassVar[str] = "Rscript"


@task_type(f"{SCRIPTS}ruby.Commands")
class RubyCommands(CommandsTask):
    """Commands that call Ruby."""

    image: ClassVar[str] = "ruby"


@task_type(f"{SCRIPTS}ruby.Script")
class RubyScript(ProgramTask):
    """A Ruby program."""

    image: ClassVar[str] = "ruby"
    suffix: ClassVar[str] = ".rb"
    program: ClassVar[str] = "ruby"


class PowerShellTask(ScriptTask):
    """What both PowerShell tasks share."""

    image: ClassVar[str] = "ghcr.io/kestra-io/powershell:latest"
    strict: ClassVar[tuple[str, ...]] = ("$ErrorActionPreference = 'Stop'",)

    interpreter: Listing = prop(
        listing(STRING), default=["pwsh", "-NoProfile", "-NonInteractive", "-Command"]
    )


@task_type(f"{SCRIPTS}powershell.Commands")
class PowerShellCommands(PowerShellTask, CommandsTask):
    """Commands for PowerShell."""


@task_type(f"{SCRIPTS}powershell.Script")
class PowerShellScript(PowerShellTask, ProgramTask):
    """A PowerShell program."""

    suffix: ClassVar[str] = ".ps1"

    def _commands(self, run: RunContext, path: Path) -> list[str]:
        return [f".\\{path.name}"]


@task_type(f"{SCRIPTS}go.Commands")
class GoCommands(CommandsTask):
    """Commands that call Go."""

    image: ClassVar[str] = "golang"


@task_type(f"{SCRIPTS}go.Script")
class GoScript(ProgramTask):
    """A Go program."""

    image: ClassVar[str] = "golang"
    suffix: ClassVar[str] = ".go"
    program: ClassVar[str] = "go run"


@task_type(f"{SCRIPTS}perl.Commands")
class PerlCommands(CommandsTask):
    """Commands that call Perl; they do not stop at the first failure."""

    image: ClassVar[str] = "perl"
    strict: ClassVar[tuple[str, ...]] = ()


@task_type(f"{SCRIPTS}perl.Script")
class PerlScript(ProgramTask):
    """A Perl program."""

    image: ClassVar[str] = "perl"
    suffix: ClassVar[str] = ".pl"
    program: ClassVar[str] = "perl"


@task_type(f"{SCRIPTS}php.Commands")
class PhpCommands(CommandsTask):
    """Commands that call PHP."""

    image: ClassVar[str] = "php"


@task_type(f"{SCRIPTS}php.Script")
class PhpScript(ProgramTask):
    """A PHP program."""

    image: ClassVar[str] = "php"
    suffix: ClassVar[str] = ".js"  # as the engine names it
    program: ClassVar[str] = "php"


@task_type(f"{SCRIPTS}lua.Commands")
class LuaCommands(CommandsTask):
    """Commands that call Lua."""

    image: ClassVar[str] = "nickblah/lua"


@task_type(f"{SCRIPTS}lua.Script")
class LuaScript(ProgramTask):
    """A Lua program."""

    image: ClassVar[str] = "nickblah/lua"
    suffix: ClassVar[str] = ".lua"
    program: ClassVar[str] = "lua"


@task_type(f"{SCRIPTS}julia.Commands")
class JuliaCommands(CommandsTask):
    """Commands that call Julia."""

    image: ClassVar[str] = "julia"


@task_type(f"{SCRIPTS}julia.Script")
class JuliaScript(ProgramTask):
    """A Julia program."""

    image: ClassVar[str] = "julia"
    suffix: ClassVar[str] = ".jl"
    program: ClassVar[str] = "julia"


@task_type(f"{SCRIPTS}deno.Commands")
class DenoCommands(CommandsTask):
    """Commands that call Deno."""

    image: ClassVar[str] = "denoland/deno"


@task_type(f"{SCRIPTS}deno.Script")
class DenoScript(ProgramTask):
    """A TypeScript program for Deno."""

    image: ClassVar[str] = "denoland/deno"
    suffix: ClassVar[str] = ".ts"
    program: ClassVar[str] = "deno run"


@task_type(f"{SCRIPTS}bun.Commands")
class BunCommands(CommandsTask):
    """Commands that call Bun."""

    image: ClassVar[str] = "oven/bun"


@task_type(f"{SCRIPTS}bun.Script")
class BunScript(ProgramTask):
    """A TypeScript program for Bun."""

    image: ClassVar[str] = "oven/bun"
    suffix: ClassVar[str] = ".ts"
    program: ClassVar[str] = "bun run"


@task_type(f"{SCRIPTS}groovy.Commands")
class GroovyCommands(CommandsTask):
    """Commands that call Groovy."""

    image: ClassVar[str] = "groovy"


@task_type(f"{SCRIPTS}groovy.Script")
class GroovyScript(ProgramTask):
    """A Groovy program."""

    image: ClassVar[str] = "groovy"
    suffix: ClassVar[str] = ".groovy"
    program: ClassVar[str] = "groovy"


@task_type(f"{SCRIPTS}jbang.Commands")
class JbangCommands(CommandsTask):
    """Commands that call JBang."""

    image: ClassVar[str] = "jbangdev/jbang-action"

    quiet: Flag = prop(BOOLEAN, default=True)


@task_type(f"{SCRIPTS}jbang.Script")
class JbangScript(ProgramTask):
    """A program for JBang."""

    image: ClassVar[str] = "jbangdev/jbang-action"

    extension: Text = prop(STRING, default=".java")
    quiet: Flag = prop(BOOLEAN, default=True)

    def _suffix(self, run: RunContext) -> str:
        return run.text(self.extension) or ".java"

    def _commands(self, run: RunContext, path: Path) -> list[str]:
        quiet = "--quiet " if run.flag(self.quiet, True) else ""
        return [f"jbang {quiet}{path}"]


@task_type(f"{SCRIPTS}dotnet.Commands")
class DotnetCommands(CommandsTask):
    """Commands that call .NET."""

    image: ClassVar[str] = "mcr.microsoft.com/dotnet/sdk:10.0"


@task_type(f"{SCRIPTS}dotnet.Script")
class DotnetScript(ProgramTask):
    """A C# script."""

    image: ClassVar[str] = "mcr.microsoft.com/dotnet/sdk:10.0"
    suffix: ClassVar[str] = ".csx"
    program: ClassVar[str] = "dotnet-script"
