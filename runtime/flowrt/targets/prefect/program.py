"""The command line of a flow that is compiled to Prefect: a run of it in this process, or serving it with its schedules."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from flowrt.inputs.checks import CheckError
from flowrt.inputs.errors import InputError
from flowrt.model.failures import UsageError
from flowrt.model.states import EXIT_CODES
from flowrt.program import given
from flowrt.program.arguments import parse
from flowrt.targets.prefect import settings

if TYPE_CHECKING:
    from flowrt.targets.prefect.definition import Definition

USAGE = """usage: python {name} [--input K=V ...] [--inputs FILE] [--label K:V ...] [--trigger ID|FILE.json]
       [--date DATE] [--execution OUT.json]
       python {name} --serve"""


def main(definition: Definition, **deployment: Any) -> None:
    """Run the flow function once in this process, or with `--serve` whenever its deployment is asked to.

    `deployment` are the options of Prefect's `serve`: `schedules`, `global_limit`, `tags`.
    Exit codes are those of every compiled flow: 0 SUCCESS or WARNING, 1 FAILED, 2 wrong usage, 4 KILLED or CANCELLED.
    """
    name = sys.argv[0].rpartition("/")[2]
    if "--serve" in sys.argv:
        definition.function.serve(name=definition.id, **deployment)
        return
    try:
        arguments = parse(sys.argv[1:])
        if arguments.help:
            print(USAGE.format(name=name))
            return
        options = settings.Settings(
            inputs=given.given_inputs(arguments, definition.inputs),
            labels=given.given_labels(arguments),
            namespace_files=given.given_folders(arguments),
            kv=given.given_entries(arguments),
            trigger=given.given_trigger(arguments, definition.triggers),
            store=arguments.one("--store") or settings.store(),
        )
        execution = run(definition, options)
    except UsageError as error:
        sys.exit(f"{error}\n{USAGE.format(name=name)}")
    except (InputError, CheckError) as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    path = arguments.one("--execution")
    if path is not None:
        import json

        from flowrt.engine.document import execution_document

        with open(path, "w", encoding="utf-8", errors="backslashreplace") as file:
            json.dump(execution_document(execution), file, ensure_ascii=False)
    sys.exit(EXIT_CODES.get(execution.state, 1))


def run(definition: Definition, options: settings.Settings) -> Any:
    """Run the flow function once with the inputs of some options; answers the execution.

    Raises `InputError` and `CheckError` when the execution is refused.
    """
    import asyncio

    async def once() -> Any:
        settings.use(options)
        function = definition.function.with_options(validate_parameters=False)
        return await function(**definition.parameters(options.inputs), return_state=True)

    state = asyncio.run(once())
    if options.begun is None:
        state.result()  # raises why it has not begun
    assert options.begun is not None
    return options.begun.execution
