"""The grammar of the command line: one table of options, one of commands, and the parser over both.

A parser of its own, because importing `argparse` takes as long as a small flow takes to run.
"""

from __future__ import annotations

from flowrt.model.failures import UsageError, did_you_mean
from flowrt.model.task import LEVELS

LOG_FORMATS = ("text", "json")


class Option:
    """One option: what its value is called, whether it may come again, what the help says."""

    __slots__ = ("addressed", "choices", "help", "many", "metavar", "name")

    def __init__(
        self,
        name: str,
        metavar: str,
        help: str,
        *,
        many: bool = False,
        choices: tuple[str, ...] = (),
        addressed: tuple[str, ...] = (),
    ) -> None:
        """`addressed` are choices that `=ADDRESS` may follow."""
        self.name = name
        self.metavar = metavar
        self.help = help
        self.many = many
        self.choices = choices
        self.addressed = addressed

    def chosen(self, value: str) -> str:
        """A value that is one of the choices, as it is written there. Raises `UsageError`."""
        kind, equals, address = value.partition("=")
        for each in (*self.choices, *self.addressed):
            if each.lower() == kind.lower() and (each in self.addressed or not equals):
                return f"{each}{equals}{address}"
        known = [*self.choices, *(f"{each}[=ADDRESS]" for each in self.addressed)]
        raise UsageError(f"{self.name} is one of {', '.join(known)}")


OPTIONS = {
    option.name: option
    for option in (
        Option(
            "--input", "K=V", "set input K to V; K=@FILE reads the value from a file", many=True
        ),
        Option("--inputs", "FILE", "JSON or YAML file with a map of inputs", many=True),
        Option("--label", "K:V", "add a label to the execution", many=True),
        Option("--json", "", "print the result as one JSON object"),
        Option("--execution", "OUT.json", "write the execution document, even after a failure"),
        Option("--report", "OUT.html", "write a report of the execution"),
        Option("--log-level", "LEVEL", "lowest level to show (default: INFO)", choices=LEVELS),
        Option(
            "--log-format", "FORMAT", "text, or json with one object per line", choices=LOG_FORMATS
        ),
        Option(
            "--store",
            "DIR",
            "keep executions so that they can be resumed: a folder, or postgresql://... (FLOWRT_STORE)",
        ),
        Option(
            "--storage",
            "URL",
            "where files and key-value entries are kept: file:///shared/dir, s3://bucket/prefix, ... (FLOWRT_STORAGE)",
        ),
        Option("--allow-path", "DIR", "folder whose files `file://` addresses may name", many=True),
        Option("--namespace-files", "NS=DIR", "folder with the files of a namespace", many=True),
        Option(
            "--kv", "NS=FILE.json", "JSON file with the key-value entries of a namespace", many=True
        ),
        Option(
            "--trigger",
            "ID",
            "start as if this trigger had fired: its inputs, its labels, its date; or a JSON file that expressions see as `trigger`",
        ),
        Option(
            "--date",
            "DATE",
            "the first time at or after DATE that the trigger is due; default: the last until now",
        ),
        Option("--from", "TASK", "task, task[value] or task run id to replay from"),
        Option("--task", "TASK", "task, task[value] or task run id to change"),
        Option("--state", "STATE", "its new state", choices=("SUCCESS", "WARNING", "FAILED")),
        Option(
            "--durability",
            "MODE",
            "full: fsync every step; normal (default): the last steps may be lost in a power failure",
            choices=("full", "normal"),
        ),
        Option(
            "--executor",
            "KIND",
            "where tasks run: thread (a thread pool), process (one process per task), dask or ray (the workers of a cluster:"
            " dask=ADDRESS, dask=4 for processes of this machine); default: this process",
            choices=("thread", "process"),
            addressed=("dask", "ray"),
        ),
        Option("--accept-changes", "", "continue even though the program has changed"),
        Option("--interactive", "", "ask for the inputs of a Pause on the terminal"),
    )
}

_CONSOLE = ("--json", "--execution", "--report", "--log-level", "--log-format", "--store")
_PLACE = ("--storage", "--allow-path", "--namespace-files", "--kv", "--durability", "--executor")
_AGAIN = ("--accept-changes",)


class Command:
    """One way to call the program: the words it takes after its name, and its options."""

    __slots__ = ("help", "hidden", "name", "options", "required", "words")

    def __init__(
        self,
        name: str,
        help: str,
        *,
        words: tuple[str, ...] = (),
        options: tuple[str, ...] = (),
        required: tuple[str, ...] = (),
        hidden: bool = False,
    ) -> None:
        self.name = name
        self.help = help
        self.words = words
        self.options = options
        self.required = required
        self.hidden = hidden


RUN = Command(
    "run",
    "run the flow",
    options=(
        "--input",
        "--inputs",
        "--label",
        *_CONSOLE,
        *_PLACE,
        "--trigger",
        "--date",
        "--interactive",
    ),
)
COMMANDS = {
    command.name: command
    for command in (
        RUN,
        Command(
            "resume",
            "continue an execution that is paused or was interrupted",
            words=("ID",),
            options=("--input", "--inputs", *_CONSOLE, *_PLACE, *_AGAIN, "--interactive"),
        ),
        Command(
            "restart",
            "rerun the failed tasks of an execution",
            words=("ID",),
            options=(*_CONSOLE, *_PLACE, *_AGAIN),
        ),
        Command(
            "replay",
            "start a new execution from a task of an earlier one",
            words=("ID",),
            options=("--from", "--input", "--inputs", *_CONSOLE, *_PLACE, *_AGAIN),
        ),
        Command(
            "change-status",
            "change the state of a task in an ended execution and continue from there",
            words=("ID",),
            options=("--task", "--state", *_CONSOLE, *_PLACE, *_AGAIN),
            required=("--task", "--state"),
        ),
        Command("kill", "kill an execution", words=("ID",), options=(*_CONSOLE, *_AGAIN)),
        Command("list", "list the executions in the store", options=("--json", "--store")),
        Command("show", "an execution", words=("ID",), options=("--json", "--store", "--report")),
        Command(
            "logs",
            "the log of an execution",
            words=("ID",),
            options=("--log-level", "--log-format", "--store"),
        ),
        Command("inputs", "the inputs of the flow", options=("--json",)),
        Command("worker", "do the work of another process of this program", hidden=True),
    )
}


class Arguments:
    """A parsed command line: the command, its words, the values of its options."""

    __slots__ = ("command", "help", "values", "words")

    def __init__(self, command: Command) -> None:
        self.command = command
        self.words: list[str] = []
        self.values: dict[str, list[str]] = {}
        self.help = False

    def all(self, option: str) -> list[str]:
        """Every value of an option, in order."""
        return self.values.get(option, [])

    def one(self, option: str) -> str | None:
        """The value of an option; the last one counts."""
        given = self.values.get(option)
        return given[-1] if given else None

    def flag(self, option: str) -> bool:
        """Whether an option without a value was given."""
        return option in self.values


def parse(argv: list[str]) -> Arguments:
    """Read a command line. Raises `UsageError`."""
    command = RUN
    rest = list(argv)
    if rest and rest[0] in COMMANDS:
        command = COMMANDS[rest.pop(0)]
    arguments = Arguments(command)
    while rest:
        word = rest.pop(0)
        if word in ("-h", "--help"):
            arguments.help = True
            return arguments
        if word.startswith("-") and word != "-":
            _option(arguments, word, rest)
        elif len(arguments.words) < len(command.words):
            arguments.words.append(word)
        else:
            raise UsageError(_surplus(arguments, word))
    if len(arguments.words) < len(command.words):
        missing = command.words[len(arguments.words)]
        raise UsageError(f"`{command.name}` needs the {missing} of an execution; see `list`")
    for name in command.required:
        if not arguments.flag(name):
            raise UsageError(f"`{command.name}` needs {name} {OPTIONS[name].metavar}")
    return arguments


def _option(arguments: Arguments, word: str, rest: list[str]) -> None:
    name, equals, attached = word.partition("=")
    command = arguments.command
    option = OPTIONS.get(name)
    if option is None or name not in command.options:
        if option is not None:
            raise UsageError(f"{name} has no meaning for `{command.name}`")
        raise UsageError(f"unknown option {name}{did_you_mean(name, command.options)}")
    if not option.metavar:
        if equals:
            raise UsageError(f"{name} takes no value")
        arguments.values[name] = []
        return
    value = attached if equals or not rest else rest.pop(0)
    if not value:
        raise UsageError(f"{name} needs a value: {name} {option.metavar}")
    if option.choices:
        value = option.chosen(value)
    if arguments.flag(name) and not option.many:
        raise UsageError(f"{name} was given twice")
    arguments.values.setdefault(name, []).append(value)


def _surplus(arguments: Arguments, word: str) -> str:
    if arguments.command is not RUN:
        return f"`{arguments.command.name}` does not know what to do with {word!r}"
    if "=" in word:
        return f"values of inputs follow --input: --input {word}"
    return f"unknown command {word!r}{did_you_mean(word, COMMANDS)}"
