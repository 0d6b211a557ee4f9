"""What Prefect 3 makes of the parts of a flow."""

from __future__ import annotations

from flowc.gen.capabilities import Capability, Table, Way


def _native(text: str) -> Capability:
    return Capability(Way.NATIVE, text)


def _emulated(text: str) -> Capability:
    return Capability(Way.EMULATED, text)


def _left_out(text: str) -> Capability:
    return Capability(Way.LEFT_OUT, text)


CAPABILITIES: Table = {
    "task": _native("a task run, with a persisted result that a tried run reads again"),
    "update": _emulated("done in the flow function, without a task run"),
    "exit": _emulated("ends the flow function; what has begun goes on to its end"),
    "sequential": _native("a coroutine"),
    "if": _native("`if`"),
    "switch": _native("`match`"),
    "parallel": _native("`await run.all(...)`, tasks of the event loop"),
    "dag": _native("`await run.all(...)` with `after(...)`"),
    "limit": _native("a semaphore"),
    "mapped": _native("a coroutine a round, with a semaphore"),
    "loop": _native("a coroutine a round, with a semaphore"),
    "spread": _native("a coroutine a value"),
    "loop limit": _native("a semaphore"),
    "task limit": _native("a semaphore"),
    "growing": _native("the values are rendered again before each round"),
    "growing at once": _native("more rounds begin when there are more values"),
    "looking": _native("all rounds run in one process"),
    "until": _native("passes of a coroutine, with sleeps between"),
    "allow failure": _emulated(
        "the block ends as a warning; the state of the flow run is named Warning"
    ),
    "folder": _native("tasks of one process in one folder"),
    "pause": _native("`pause_flow_run`, or `suspend_flow_run` in a deployment, with a typed form"),
    "delay": _native("`pause_flow_run`, which the runtime ends when the duration is over"),
    "template": _native("a coroutine"),
    "subflow": _native("a call of the other flow function: a subflow run"),
    "batches": _emulated("a subflow run a batch, all in the process of the flow run"),
    "deep": _native("a coroutine, as any other"),
    "handlers": _native("coroutines that run after a failure, and last"),
    "branch handlers": _native("coroutines that run after a failure, and last"),
    "looking branches": _native("all branches run in one process"),
    "pass handlers": _native("coroutines that run after a failure, and last"),
    "handler block": _native("a coroutine"),
    "flow handlers": _native("`except` and `finally`"),
    "after": _native("hooks on completion, failure, cancellation and crash"),
    "retry": _native(
        "`retries`, `retry_delay_seconds`; with `maxDuration` or random delays the runtime tries again"
    ),
    "inherited retry": _emulated("the runtime tries again, with a task run for each try"),
    "new execution": _left_out("the run ends RETRIED; nothing starts another one"),
    "timeout": _native("`timeout_seconds`"),
    "run if": _emulated("looked at before the task run, which then does not begin"),
    "allowed failure": _emulated("the task run ends Completed with the name Warning"),
    "block policy": _emulated("looked at by the runtime around the coroutine"),
    "inputs": _native("typed parameters"),
    "outputs": _native("the result of the flow run, and an artifact that shows them"),
    "concurrency": _native("`concurrency_limit` of the deployment"),
    "turned away": _left_out(
        "`concurrency_limit` of the deployment: a run above the limit waits for its turn"
    ),
    "sla": _emulated("watched by the runtime while the flow function runs"),
    "schedule": _native("a schedule of the deployment that `--serve` makes"),
    "schedule zone": _native("a schedule of the deployment, in its own zone"),
    "schedule rules": _left_out("the engine has settings of its own for runs that were missed"),
    "odd schedule": _left_out(
        "its schedules know no such dates; one that is never due starts nothing in Kestra, either"
    ),
    "trigger": _left_out("not started by Prefect: an automation has to be made by hand"),
}
"""By construct; the names are those of `flowc.gen.capabilities`."""
