"""`main`: from a command line to an exit code."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from flowrt.missing import MissingPackage, missing_part, part
from flowrt.model.failures import ProgramError, Refusal, UsageError, did_you_mean
from flowrt.model.states import EXIT_CODES, FAILED, PAUSED
from flowrt.program.arguments import RUN, Arguments, parse
from flowrt.program.streams import lasting, lost_output, open_missing
from flowrt.verbs.options import RunOptions, quoted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flowrt.engine.execution import Execution
    from flowrt.model.flow import Flow

REFUSED = 2
"""Exit code of a command line or of inputs that are refused; nothing was started."""
INTERRUPTED = 130
"""Exit code of a command that was interrupted while it asked or waited: 128 and the number of SIGINT."""


def main(flow: Flow) -> None:
    """The program of a flow, as generated modules end: parse the command line of the process, run, exit."""
    open_missing()
    sys.exit(run(flow))


class Call(NamedTuple):
    """How a program was called: what starts it, what people write to start it, its module when that is no file."""

    command: list[str]
    name: str
    source: str = ""


def run(flow: Flow, argv: list[str] | None = None, call: Call | None = None) -> int:
    """Run the program of a flow with a command line; answers the exit code. Both are those of the process by default."""
    with lasting() as (out, _):
        code = _run(flow, sys.argv[1:] if argv is None else argv, call or _call(flow))
        lost = lost_output(out)
        if lost is not None:
            code = code or 1
            if lost:
                print(lost, file=sys.stderr)
        return code


def _run(flow: Flow, argv: list[str], call: Call) -> int:
    try:
        arguments = parse(argv)
        return _perform(flow, arguments, call)
    except (ProgramError, MissingPackage) as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        from flowrt.program.streams import unwritable

        print(unwritable(error), file=sys.stderr)
        return 1
    except ModuleNotFoundError as error:
        missing = missing_part(error)
        if missing is None:
            raise
        print(missing, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    except UsageError as error:
        print(f"error: {error}", file=sys.stderr)
        print(f"see: {call.name} --help", file=sys.stderr)
    except Refusal as error:
        from flowrt.program.given import refusal

        print(refusal(error), file=sys.stderr)
        if error.about_inputs:
            print(_inputs_hint(flow, arguments), file=sys.stderr)
    return REFUSED


def _perform(flow: Flow, arguments: Arguments, call: Call) -> int:
    name = arguments.command.name
    if name == "worker":
        from flowrt.worker.child import serve

        return serve(flow)
    if arguments.help:
        from flowrt.program.help import command_text, help_text

        whole = arguments.command is RUN
        print(
            help_text(flow, call.name) if whole else command_text(arguments.command, call.name),
            end="",
        )
        return 0
    if name == "inputs":
        return _show_inputs(flow, arguments)
    if arguments.command is not RUN:
        part("store", f"`{name}`")
    if name in ("list", "show", "logs"):
        from flowrt.program.look import show

        return show(flow, arguments, store_of(arguments))
    return _execute(flow, arguments, call)


def store_of(arguments: Arguments) -> str | None:
    """The folder of the store: the option, else the environment. Raises `UsageError`."""
    from os import environ

    store = arguments.one("--store") or environ.get("FLOWRT_STORE") or None
    if store and not part("store", "--store").is_address(store) and "://" in store:
        kind = store.partition(":")[0]
        raise UsageError(f"--store {kind}://…: a store is a folder, or an address postgresql://…")
    return store


def storage_of(arguments: Arguments) -> str:
    """Where files are kept: the option, else the environment. Raises `UsageError`."""
    from os import environ

    found = arguments.one("--storage") or environ.get("FLOWRT_STORAGE") or ""
    scheme, separator, rest = found.partition("://")
    if found and not (scheme and separator and rest):
        raise UsageError(f"--storage {found}: it is an address such as file:///shared/dir")
    if scheme == "file" and not rest.startswith("/"):
        raise UsageError(f"--storage {found}: file:// is followed by an absolute path")
    return found


def durability_of(arguments: Arguments) -> str:
    """How safe a commit is: the option, else the environment. Raises `UsageError`."""
    from os import environ

    found = arguments.one("--durability") or environ.get("FLOWRT_DURABILITY") or "normal"
    if found not in ("full", "normal"):
        raise UsageError(f"FLOWRT_DURABILITY={found}: it is full or normal")
    return found


def _say(text: str) -> None:
    print(text, file=sys.stderr)


def _execute(flow: Flow, arguments: Arguments, call: Call) -> int:
    """Start or continue an execution, and show what became of it."""
    options = _options(flow, arguments)
    options.program, options.source = call.command, call.source
    words = arguments.words
    match arguments.command.name:
        case "resume":
            from flowrt.verbs.resume import resume

            execution = resume(flow, words[0], options)
        case "restart":
            from flowrt.verbs.restart import restart

            execution = restart(flow, words[0], options)
        case "replay":
            from flowrt.verbs.replay import replay

            execution = replay(flow, words[0], arguments.one("--from") or "", options)
        case "kill":
            from flowrt.verbs.kill import kill

            execution = kill(flow, words[0], options)
        case "change-status":
            task, state = arguments.one("--task") or "", arguments.one("--state") or ""
            from flowrt.verbs.change_state import change_state

            execution = change_state(flow, words[0], task, state, options)
        case _:
            given = options.inputs
            from flowrt.verbs.start import execute

            execution = execute(flow, options)
            _tell_unknown(flow, given)
    if options.ask is not None:
        execution = _ask_on(flow, execution, options)
    written = _conclude(execution, arguments, options, call)
    return EXIT_CODES.get(execution.outcome.state, 1) or int(not written)


def _tell_unknown(flow: Flow, given: dict[str, Any]) -> None:
    """Kestra takes values for inputs that a flow does not have; a typing error on a command line should be seen."""
    if not given:
        return
    from flowrt.inputs.declaration import leaves

    known = [each.id for each in leaves(flow.inputs)]
    for name in given:
        if name not in known:
            _say(f"warning: the flow has no input {name}{did_you_mean(name, known)}")


def _ask_on(flow: Flow, execution: Execution, options: RunOptions) -> Execution:
    """While it is paused, ask and resume; wrong values are asked for again."""
    from flowrt.inputs.errors import InputError
    from flowrt.verbs.paused import paused_in
    from flowrt.verbs.resume import resume

    while paused := paused_in(execution):
        options.inputs = {}
        try:
            execution = resume(flow, paused[0].id, options)
        except InputError as error:
            from flowrt.program.given import refusal

            print(refusal(error), file=sys.stderr)
        except (EOFError, KeyboardInterrupt):
            break
    return execution


def _options(flow: Flow, arguments: Arguments) -> RunOptions:
    level = arguments.one("--log-level") or "INFO"
    if arguments.flag("--report"):  # what is missing is told before anything runs
        part("report", "--report")
    options = RunOptions(
        store=store_of(arguments),
        storage=storage_of(arguments),
        durability=durability_of(arguments),
        accept_changes=arguments.flag("--accept-changes"),
        allow_paths=arguments.all("--allow-path"),
        wants_trace=level == "TRACE",
        stoppable=True,
        on_say=_say,
        executor=arguments.one("--executor") or "",
    )
    if arguments.flag("--interactive") and flow.asks_people() and sys.stdin.isatty():
        from flowrt.program.interactive import ask

        options.ask = ask
    if arguments.one("--log-format") == "json":
        from flowrt.program.console import JsonSink

        options.sink = JsonSink(sys.stderr, level)
    else:
        from flowrt.program.console import TextSink

        options.sink = TextSink(sys.stderr, level, flow_id=flow.id, colour=_colour())
    if arguments.values:
        from flowrt.program import given

        options.inputs = given.given_inputs(arguments, flow.inputs)
        options.labels = given.given_labels(arguments)
        options.kv = given.given_entries(arguments)
        options.namespace_files = given.given_folders(arguments)
        options.trigger = given.given_trigger(arguments, flow.triggers)
    options.keep_logs = arguments.flag("--execution") or arguments.flag("--report")
    return options


def _colour() -> bool:
    from os import environ

    return sys.stderr.isatty() and "NO_COLOR" not in environ


def _conclude(execution: Execution, arguments: Arguments, options: RunOptions, call: Call) -> bool:
    """The documents that were asked for, the summary on stderr, the outputs on stdout. False when one is not written."""
    written = True
    for option, make in (("--execution", _document), ("--report", _report)):
        path = arguments.one(option)
        if path is not None:
            from flowrt.program.streams import write_file

            written = write_file(path, make(execution, options), option) and written
    if arguments.one("--log-format") == "json":
        import json

        for note in options.notes:
            print(json.dumps({"check": note}, ensure_ascii=False), file=sys.stderr)
        for line in _to_resume(execution, options, call):
            print(json.dumps({"hint": line}, ensure_ascii=False), file=sys.stderr)
    else:
        from flowrt.program.console import run_table, summary, ways_on

        colour = _colour()
        lines = run_table(execution, colour=colour) if sys.stderr.isatty() else []
        lines += [f"check: {note}" for note in options.notes]
        lines.append(summary(execution.outcome, colour=colour))
        if execution.state == FAILED:
            lines += ways_on(execution)
        lines += _to_resume(execution, options, call)
        sys.stderr.write(options.hide("\n".join(lines)) + "\n")
    if arguments.flag("--json"):
        from flowrt.engine.document import execution_document

        _print_json(execution_document(execution, logs=False))
    elif execution.outcome.outputs is not None:
        _print_json(execution.outcome.outputs)
    return written


def _to_resume(execution: Execution, options: RunOptions, call: Call) -> list[str]:
    if execution.state != PAUSED and not execution.flow.asks_people():
        return []
    from flowrt.verbs.paused import ways_to_resume

    return ways_to_resume(execution, f"{call.name} resume", options.store)


def _document(execution: Execution, _: RunOptions) -> Iterable[str]:
    from flowrt.engine.document import document_text

    return document_text(execution)


def _report(execution: Execution, options: RunOptions) -> Iterable[str]:
    from flowrt.engine.document import execution_document
    from flowrt.program.report import report_html

    return [options.hide(report_html(execution_document(execution)))]


def _print_json(value: Any) -> None:
    import json

    indent = 2 if sys.stdout.isatty() else None
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:  # half a surrogate pair, or a terminal that is not UTF-8
        text = json.dumps(value, indent=indent)
    print(text)


def _show_inputs(flow: Flow, arguments: Arguments) -> int:
    from flowrt.program.help import input_documents, input_lines

    if arguments.flag("--json"):
        _print_json(input_documents(flow.inputs))
    else:
        print("\n".join(input_lines(flow.inputs)))
    return 0


def _inputs_hint(flow: Flow, arguments: Arguments) -> str:
    """What helps after a refusal: ids that are no inputs, and the inputs there are."""
    from flowrt.inputs.declaration import leaves
    from flowrt.program.help import input_lines

    known = [each.id for each in leaves(flow.inputs)]
    lines = []
    for pair in arguments.all("--input"):
        id = pair.partition("=")[0]
        if id not in known and arguments.command.name != "resume":
            lines.append(f"{id} is no input of this flow{did_you_mean(id, known)}")
    if arguments.command.name != "resume":
        lines += [f"inputs of {flow.namespace}.{flow.id}:", *input_lines(flow.inputs)]
    return "\n".join(lines)


def _call(flow: Flow) -> Call:
    """How this process was started; by a text (`python -c`), the file of the flow stands for it."""
    words, path = sys.orig_argv, sys.argv[0]
    if path == "-c":
        path = getattr(getattr(flow.root.main_body, "__code__", None), "co_filename", "")
    return Call(words[: len(words) - len(sys.argv) + 1], f"python {quoted(path or 'flow.py')}")
