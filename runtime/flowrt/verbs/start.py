"""Starting a flow as a program does: services, checks, the loop."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from flowrt.engine.creation import create_execution
from flowrt.engine.host import Host
from flowrt.engine.services import Services
from flowrt.engine.variables import input_context
from flowrt.missing import MissingPackage, part
from flowrt.model.failures import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from flowrt.engine.assignments import Worker
    from flowrt.engine.execution import Execution
    from flowrt.model.flow import Flow
    from flowrt.model.task import Task
    from flowrt.verbs.options import RunOptions

MAX_DEPTH = "FLOWRT_MAX_DEPTH"
"""The environment variable that says how deep flows may start one another."""
LONGEST_NUMBER = 18
"""The digits of it that count."""
WORKER = "worker"
"""The command by which a program becomes the worker of another."""
DEFAULT_STORE = ".flowrt"
"""Where the executions of flows are kept that wait for people, when no store is given."""


def open_host(flow: Flow, options: RunOptions, *, create: bool = True) -> Host:
    """The process that the flow runs in, with the flows that it knows. `create`: a store that is not there is made.

    Raises `flowrt.store.errors.StoreError` when there is a store and it cannot be used, `Refusal` when something that a
    dead process has left cannot be ended, and for an environment that says nothing sensible.
    """
    deepest = _deepest()
    known = known_flows(flow)
    services = services_of(flow, options)
    options.hide = services.masks.hide
    make = Host
    if options.store:
        from flowrt.verbs import durable

        make = durable.host_class()
    host = make(
        services,
        clock=options.clock,
        ids=options.ids,
        sink=options.sink,
        keep_logs=options.keep_logs or reads_log(known.values()),
        wants_trace=options.wants_trace,
    )
    host.known = known
    services.resume = lambda id, inputs: _resume(host, id, inputs)
    if not options.store:
        from flowrt.engine.past import SpoolJournal

        host.journal = SpoolJournal()
    if options.storage:
        reach_storage(services, options.storage)
    host.deepest = deepest or host.deepest
    host.worker = make_worker(host, options)
    if options.store:
        durable.use_store(host, options.store, options, create=create)
    if flow.hearers:
        from flowrt.engine.flowtriggers import FlowTriggers

        hearing = [known[name] for name in flow.hearing()]
        host.flow_triggers = FlowTriggers(host, hearing, host.windows())
    return host


def _deepest() -> int | None:
    """How deep flows may start one another by the environment. Raises `Refusal`."""
    from os import environ

    given = environ.get(MAX_DEPTH)
    if not given:
        return None
    is_number = given.isascii() and given.isdecimal()
    number = int(given[:LONGEST_NUMBER]) if is_number else 0
    if not number:
        raise Refusal(f"{MAX_DEPTH}={given}: it is a whole number above 0")
    return number


def _resume(host: Host, id: str, inputs: dict[str, Any] | None) -> None:
    """Let a paused execution go on because a task asks for it."""
    from flowrt.control.resuming import resume

    resume(host, id, inputs)


def folder_of(store: str) -> str:
    """The folder of this machine that belongs to a store."""
    return DEFAULT_STORE if "://" in store else store


def known_flows(flow: Flow) -> dict[tuple[str, str], Flow]:
    """The flow and those that it may start, by their names."""
    return flow.known() if flow.others else {(flow.namespace, flow.id): flow}


def services_of(flow: Flow, options: RunOptions) -> Services:
    """What the tasks of a flow reach outside of the execution."""
    from os.path import abspath

    root = None
    if options.store:
        from pathlib import Path

        root = Path(folder_of(options.store)).absolute()
    namespaces = {namespace for namespace, _ in known_flows(flow)}
    return Services(
        root,
        global_variables=options.globals,
        url=options.url,
        namespace_files=options.namespace_files,
        key_values=options.kv,
        namespaces=tuple(namespaces | set(options.kv)),
        now=options.clock.now,
        task_class=_task_class,
        allowed_paths=tuple(abspath(folder) for folder in options.allow_paths),
        storage=options.storage,
    )


def reach_storage(services: Services, address: str) -> None:
    """Raises `Refusal` when the place for files cannot be reached, `MissingPackage` when a package for that is missing."""
    try:
        services.storage.exists("kestra:///")
    except (MissingPackage, ModuleNotFoundError):
        raise
    except Exception as error:
        from flowrt.services.uris import without_password

        shown = without_password(address)
        raise Refusal(
            f"the storage {shown} cannot be used: {error}".replace(address, shown)
        ) from None


def reads_log(flows: Iterable[Flow]) -> bool:
    """Whether tasks of some flows ask for the log of their execution."""
    return any(task.reads_log for flow in flows for task in flow.declared.values())


def _task_class(name: str) -> type[Task] | None:
    """The class of a task type, by any of its names."""
    from flowrt.catalog import canonical, find

    return find(canonical(name))


def make_worker(host: Host, options: RunOptions) -> Worker:
    """Where the leaf tasks are done."""
    if options.executor in ("thread", "process"):
        part("executors", f"--executor {options.executor}")
    if options.executor == "thread":
        from flowrt.worker.pool import ThreadWorker

        return ThreadWorker(host)
    if options.executor == "process":
        from flowrt.worker.processes import ProcessWorker

        return ProcessWorker(host, [*options.program, WORKER])
    if options.executor:
        kind, _, where = options.executor.partition("=")
        made: Worker = part(kind, f"--executor {kind}").worker(host, where, options.source)
        return made
    from flowrt.worker.local import LocalWorker

    return LocalWorker(host, options.patience)


def run(host: Host, options: RunOptions, *wanted: Execution) -> None:
    """Run what was taken up, and end it cleanly when the process is asked to stop.

    The executions that are `wanted` have all their task runs afterwards, if the options ask for documents.
    """
    if options.stoppable:
        with _stop_on_signals(host):
            host.run()
    else:
        host.run()
    host.tell_waiting(options.say)
    if options.keep_logs:
        for execution in wanted:
            host.complete(execution)


@contextmanager
def _stop_on_signals(host: Host) -> Iterator[None]:
    """While the host runs, the first SIGINT or SIGTERM kills the executions cleanly, the second ends the process at once.

    Elsewhere than in the main thread nothing is done.
    """
    from signal import SIG_DFL, SIGINT, SIGTERM, getsignal, raise_signal, signal

    asked = False

    def handle(number: int, frame: Any) -> None:
        nonlocal asked
        if asked:
            signal(number, SIG_DFL)
            raise_signal(number)
        asked = True
        host.stop()

    before = {number: getsignal(number) for number in (SIGINT, SIGTERM)}
    try:
        for number in before:
            signal(number, handle)
    except ValueError:
        before = {}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal(number, handler)


def execute(flow: Flow, options: RunOptions) -> Execution:
    """Run a flow from its start."""
    if options.store is None and flow.asks_people():
        options.store = DEFAULT_STORE
        options.say(f"the flow may pause: its executions are kept in {DEFAULT_STORE}")
    host = open_host(flow, options)
    if "://" in (options.store or "") and not options.storage:
        options.say(
            f"files are kept in {DEFAULT_STORE} of this machine; for others to see: --storage URL"
        )
    try:
        execution = create_execution(
            host,
            flow,
            options.inputs,
            labels=options.labels,
            trigger=options.trigger,
        )
        if flow.checks and not checks_hold(host, execution, options):
            execution.enter("FAILED")
            return execution
        for name in host.services.secrets.unreadable():
            options.say(f"warning: SECRET_{name} is no base64: nobody can read this secret")
        host.start(execution)
        run(host, options, execution)
        if host.services.loses_entries():
            options.say(
                "warning: the key-value entries that were set are lost, because no store keeps them: --store DIR"
            )
        return execution
    finally:
        host.close()


def checks_hold(host: Host, execution: Execution, options: RunOptions) -> bool:
    """Whether the execution may run; raises `CheckError` when it may not even be created."""
    from flowrt.expr.context import Context
    from flowrt.inputs.checks import FAIL, evaluate_checks
    from flowrt.inputs.resolution import expression_view

    context = input_context(host, execution, {})
    variables = {"flow": context["flow"]}
    inputs = expression_view(
        execution.flow.inputs,
        execution.inputs,
        variables=lambda more: context,
        sealer=host.services.sealer,
    )
    if inputs:
        variables["inputs"] = inputs
    result = evaluate_checks(execution.flow.checks, Context(variables, context.env))
    options.notes += result.messages
    return result.behavior != FAIL
