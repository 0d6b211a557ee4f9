"""Shapes of flows that hang, race or surprise in Kestra, and branches that never run."""

from __future__ import annotations

from flowc.diag.model import Sink
from flowc.front import model
from flowc.front.nodes import Mapping, Node, Scalar, Sequence
from flowc.front.places import id_span
from flowc.front.tasks import WORKING
from flowc.front.values import has_expression
from flowc.sema.scopes import places
from flowc.source import Span

TRUST = "insecureTrustAllCertificates"
TRUSTED = "let the machine trust the certificate instead (SSL_CERT_FILE names a file of them)"
_FALSE = frozenset({"", "false", "0", "-0"})


def _is_block(task: model.Task) -> bool:
    """Whether a task has lists of children."""
    return task.cls.shape not in WORKING and task.cls.shape != "subflow"


def check_shapes(flow: model.Flow, sink: Sink) -> None:
    """All tasks, then the flow as a whole."""
    for tasks in (flow.tasks, flow.errors, flow.finally_, flow.after_execution):
        stack: list[tuple[model.Task, tuple[model.Task, ...]]] = [(task, ()) for task in tasks]
        while stack:
            task, around = stack.pop()
            if task.disabled:
                continue
            _task(flow, task, around, sink)
            for children in task.children.values():
                stack += [(child, (*around, task)) for child in children]
    _flow(flow, sink)


def _task(flow: model.Flow, task: model.Task, around: tuple[model.Task, ...], sink: Sink) -> None:
    """One task; `around` are the blocks that it stands in, the outermost first."""
    cls, parent = task.cls, around[-1] if around else None
    _constant_condition(task, sink)
    for name, node in task.properties.items():
        _certificates(name, node, node.span, sink)
    if cls.shape == "switch":
        _switch(task, sink)
    elif cls.shape == "wait":
        _pause(flow, task, parent, sink)
    elif cls.needs_child:
        _nothing_enabled(task, "tasks", sink)
    elif cls.shape == "graph":
        _dag(task, sink)
    elif (
        cls.shape == "folder"
        and any(not each.disabled for each in task.children.get("finally", ()))
        # without a child to run the block ends at once
        and any(not each.disabled for each in task.children.get("tasks", ()))
    ):
        said = "the `finally` of a WorkingDirectory starts only after a failure; without one Kestra hangs"
        sink.report("FC401", said, id_span(task.span))
    if cls.shape == "folder":
        _tried_again_in_a_folder(flow, task, sink)
    if cls.shape == "until":
        _until(task, around, sink)
    if task.children.get("finally") and cls.shape != "folder":
        _nothing_enabled(task, "finally", sink)
    for name in ("errors", "finally"):
        for handler in task.children.get(name, ()):
            if not handler.disabled and "retry" in handler.properties:
                said = (
                    f"when a task with `retry` in the `{name}` of a block fails, Kestra never ends"
                )
                sink.report("FC401", said, handler.properties["retry"].span)
    if _is_block(task):
        _retry(flow, task, around, sink)
    if cls.shape == "exit":
        _exit(flow, task, around, sink)
    if _creates_executions(task.properties.get("retry")):
        _new_executions(flow, task, parent, sink)


def _new_executions(
    flow: model.Flow, task: model.Task, parent: model.Task | None, sink: Sink
) -> None:
    """The last of the executions has one attempt of the task, as all before, so more seem to be granted."""
    span = task.properties["retry"].span
    if parent is not None and not _is_block(task) and task.text("allowFailure") != "true":
        said = (
            f"when `{task.id}` fails in the last execution that its retry creates, "
            f"`{parent.id}` waits for another attempt: Kestra never ends"
        )
        sink.report("FC401", said, span)
    elif flow.errors or flow.finally_:
        said = "with CREATE_NEW_EXECUTION of its own retry the `errors` of the flow never run"
        sink.report("FC403", said, span)


def _until(task: model.Task, around: tuple[model.Task, ...], sink: Sink) -> None:
    if _stands_in(around, "until"):
        said = "a LoopUntil inside a LoopUntil never ends in Kestra"
        sink.report("FC401", said, id_span(task.span))
    if task.children.get("errors") and _reads_its_round(task, around):
        said = "when the condition of this LoopUntil fails, its `errors` make it start anew: Kestra never ends"
        sink.report("FC401", said, task.properties["condition"].span)
    handlers = [each for each in task.children.get("finally", ()) if not each.disabled]
    if handlers:
        said = (
            "Kestra counts rounds of this LoopUntil while its `finally` runs, as often as it looks: "
            "`iterationCount`, and whether the maximum is reached, differ from run to run"
        )
        sink.report("FC402", said, id_span(handlers[0].span))


def _tried_again_in_a_folder(flow: model.Flow, task: model.Task, sink: Sink) -> None:
    """A worker leaves a folder at the first failure, and what stands behind it never runs."""
    children = [child for child in task.children.get("tasks", ()) if not child.disabled]
    around = task.properties.get("retry") or flow.retry
    for child in children[:-1]:
        retry = child.properties.get("retry") or around
        if retry is None or _creates_executions(retry) or child.text("allowFailure") == "true":
            continue
        said = (
            f"when `{child.id}` succeeds at a later attempt, the tasks behind it in this WorkingDirectory "
            "never run, and Kestra never ends"
        )
        sink.report("FC401", said, id_span(child.span))


def _reads_its_round(task: model.Task, around: tuple[model.Task, ...]) -> bool:
    """Whether a LoopUntil in a loop asks for its own outputs, which are not there in the first round."""
    text = task.text("condition") or ""
    mentions = f"outputs.{task.id}[" in text or f"outputs['{task.id}']" in text
    return mentions and _stands_in(around, "loop", "spread")


def _certificates(name: str, node: Node, where: Span, sink: Sink) -> None:
    """Say where certificates are not checked: in a property, or anywhere below it."""
    if isinstance(node, Sequence):
        for item in node.items:
            _certificates("", item, item.span, sink)
    elif isinstance(node, Mapping):
        for key, value in node.entries:
            _certificates(str(key.value), value, key.span, sink)
    elif name == TRUST and str(node.value).lower() == "true":
        said = f"`{TRUST}` lets anybody on the way read and change what is sent"
        sink.report("FC226", said, where, label="certificates are not checked", hint=TRUSTED)


def _stands_in(around: tuple[model.Task, ...], *shapes: str) -> bool:
    """Whether a task stands, at any depth, in one of a shape."""
    return any(each.cls.shape in shapes for each in around)


def _constant_condition(task: model.Task, sink: Sink) -> None:
    name = "condition" if task.cls.shape == "branch" else "runIf"
    text = task.text(name)
    node = task.properties.get(name)
    if text is None or node is None or has_expression(text):
        return
    holds = text.strip() not in _FALSE
    if name == "runIf":
        if not holds:
            sink.report("FC314", f"`{task.id}` never runs: its `runIf` is constant", node.span)
    elif holds and task.children.get("else"):
        sink.report(
            "FC314", f"the `else` of `{task.id}` never runs: the condition is constant", node.span
        )
    elif not holds and task.children.get("then"):
        sink.report(
            "FC314", f"the `then` of `{task.id}` never runs: the condition is constant", node.span
        )


def _switch(task: model.Task, sink: Sink) -> None:
    cases = {name for name in task.children if name.startswith("case:")}
    defaults = task.children.get("defaults")
    if "case:default" in cases and not defaults:
        said = 'case `default` matches only the value "default"; put the fallback under `defaults`'
        first = task.children["case:default"]
        span = id_span(first[0].span if first else task.span)
        sink.report(
            "FC221",
            said,
            span,
            hint="`defaults` goes next to `cases`",
        )
    if not cases and "cases" not in task.children and defaults:
        said = "a Switch with `defaults` but without `cases` always fails"
        sink.report("FC404", said, id_span(task.span), hint="add `cases: {}`")
    if not defaults and task.children.get("finally"):
        said = "when no case matches, this Switch fails without its `finally`"
        sink.report("FC403", said, id_span(task.span), hint="add `defaults`")
    for name in [*sorted(cases), "defaults"]:
        _nothing_enabled(task, name, sink)
    value = task.text("value")
    if value is None or has_expression(value):
        return
    for name in sorted(cases - {f"case:{value}"}):
        case = name.removeprefix("case:")
        said = f"the case `{case}` never runs: the value is always `{value}`"
        sink.report("FC314", said, task.properties["value"].span)


def _nothing_enabled(task: model.Task, name: str, sink: Sink) -> None:
    """A list that is chosen and has no enabled task is never over."""
    children = task.children.get(name)
    if children is None or any(not child.disabled for child in children):
        return
    called = f"the case `{name[5:]}`" if name.startswith("case:") else f"`{name}`"
    said = f"{called} of `{task.id}` has no enabled task; Kestra never ends this block"
    sink.report("FC401", said, id_span(task.span))


def _pause(flow: model.Flow, task: model.Task, parent: model.Task | None, sink: Sink) -> None:
    lists = task.children
    if task.text("behavior") == "CANCEL" and "pauseDuration" in task.properties:
        if flow.after_execution:
            said = (
                "tasks after a Pause that cancels keep running until `afterExecution` has finished"
            )
            sink.report("FC403", said, id_span(task.span))
        elif parent is not None:
            said = "the blocks around a Pause that cancels stay RUNNING; to Kestra the execution never ends"
            sink.report("FC401", said, id_span(task.span))
    if lists.get("onPause") and lists.get("tasks"):
        said = "`onPause` together with `tasks` breaks the execution when it is resumed"
        sink.report("FC404", said, id_span(task.span), hint="move the tasks after the Pause")
    if lists.get("errors") and not lists.get("tasks") and not lists.get("finally"):
        said = "a Pause with `errors` alone hangs when it is resumed"
        sink.report("FC401", said, id_span(task.span))
    if lists.get("tasks"):
        _nothing_enabled(task, "tasks", sink)


def _dag(task: model.Task, sink: Sink) -> None:
    children = task.children.get("tasks", ())
    disabled = {child.id for child in children if child.disabled}
    for child in children:
        missing = [name for name in child.depends_on if name in disabled]
        if missing and not child.disabled:
            said = f"`{child.id}` waits for `{missing[0]}`, which is disabled; Kestra hangs"
            sink.report("FC401", said, id_span(child.span))


def _retry(flow: model.Flow, task: model.Task, around: tuple[model.Task, ...], sink: Sink) -> None:
    own = task.properties.get("retry")
    handles = task.children.get("errors") or task.children.get("finally")
    if handles and own is not None:
        said = "`retry` on a block with `errors` or `finally` is a race in Kestra: the execution hangs or FAILS"
        sink.report("FC402", said, own.span)
    elif handles:
        retries = [each.properties.get("retry") for each in around]
        given = next((each for each in (*reversed(retries), flow.retry) if each is not None), None)
        if given is not None and not _creates_executions(given):
            said = (
                "a `retry` around a block with `errors` or `finally` is a race in Kestra: when its attempts fail, "
                "the execution hangs or FAILS"
            )
            sink.report("FC402", said, id_span(task.span))
    if handles or own is None:
        return
    span = own.span
    if around:
        said = "when all attempts of a block with `retry` inside another block fail, Kestra hangs"
        sink.report("FC401", said, span)
    elif flow.errors or flow.finally_:
        said = "when all attempts in this block fail, `errors` and `finally` of the flow do not run"
        sink.report("FC403", said, span)


def _exit(flow: model.Flow, task: model.Task, around: tuple[model.Task, ...], sink: Sink) -> None:
    if flow.after_execution:
        said = "tasks after `Exit` keep running until `afterExecution` has finished"
        sink.report("FC403", said, id_span(task.span))
    for depth, block in enumerate(around):
        within = around[depth + 1 :]
        beside = (
            [] if within else [each for each in block.children.get("tasks", ()) if each is not task]
        )
        if _at_once(block) and (within or any(_is_block(each) for each in beside)):
            said = "a block that runs at the same time as this Exit stays RUNNING forever"
            sink.report("FC401", said, id_span(task.span))
            return


def _at_once(block: model.Task) -> bool:
    """Whether children of a block, or its rounds, run at the same time."""
    if block.cls.shape == "loop":
        return "concurrencyLimit" in block.properties and block.text("concurrencyLimit") != "1"
    return block.cls.shape in ("fork", "graph", "spread")


def _creates_executions(retry: Node | None) -> bool:
    behavior = retry.get("behavior") if isinstance(retry, Mapping) else None
    return isinstance(behavior, Scalar) and behavior.value == "CREATE_NEW_EXECUTION"


def _flow(flow: model.Flow, sink: Sink) -> None:
    handlers = flow.errors or flow.finally_
    if flow.retry is not None and handlers and not _creates_executions(flow.retry):
        said = "with a `retry` of the flow, handlers run after the first failure and the flow may end SUCCESS"
        sink.report("FC402", said, flow.declared.get("retry", flow.span))
    if flow.finally_ and all(task.disabled for task in flow.finally_):
        said = "`finally` of the flow has no enabled task; Kestra never ends this flow"
        sink.report("FC401", said, flow.declared.get("finally", flow.span))
    for task in flow.after_execution:
        if task.disabled:
            said = "a disabled task in `afterExecution` never counts as finished, so anything that waits for the end waits forever"
            sink.report("FC401", said, id_span(task.span))
    _lost_outputs(flow, sink)


def _lost_outputs(flow: model.Flow, sink: Sink) -> None:
    """Below two loops, runs that are no direct children of a loop overwrite each other."""
    texts = None
    for place in places(flow).values():
        if len(place.levels) < 2 or place.has_value(len(place.steps) - 1):
            continue
        if texts is None:
            texts = flow.source.text
        if f"outputs.{place.task.id}" in texts or f"outputs['{place.task.id}']" in texts:
            said = f"only the outputs of the last inner value of `{place.task.id}` are kept"
            sink.report("FC405", said, id_span(place.task.span))
