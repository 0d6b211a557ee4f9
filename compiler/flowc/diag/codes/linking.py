"""FC42x: flows that start one another."""

from __future__ import annotations

from flowc.diag.codes.base import Code

_CALL = (
    "- id: call\n  type: io.kestra.plugin.core.flow.Subflow\n  namespace: company.team\n  flowId: "
)

LINKING = (
    Code(
        "FC420",
        "flow that is not at hand",
        "No file that was read has a flow of this namespace and id, so the compiled program does not have it and the task "
        "fails when it is reached. The files given, the folder of the flow and `--flows` are searched.",
        _CALL + "missing",
        warning=True,
    ),
    Code(
        "FC421",
        "two files with one flow",
        "Two files have the same namespace and id. On a server the later one replaces the other; here nothing tells which "
        "of them a subflow means, so a flow that starts it is refused.",
        "id: load            # in load.yaml, and again in load-new.yaml\nnamespace: company.team",
    ),
    Code(
        "FC422",
        "flows that start one another without end",
        "Each flow of a circle starts the next one, on a way that is always taken, so none of them ever ends.",
        "first starts second, second starts first",
    ),
    Code(
        "FC423",
        "input of a subflow that is missing",
        "The flow that is started requires an input that the task does not give, so the task fails when it is reached.",
        _CALL + "load      # which requires the input `day`",
        runtime=True,
    ),
    Code(
        "FC424",
        "unknown input of a subflow",
        "The flow that is started declares no input of this name; the value is ignored.",
        _CALL + "load\n  inputs:\n    dya: monday",
        warning=True,
    ),
    Code(
        "FC425",
        "value that an input of a subflow does not take",
        "The literal can never become the type of the input, so the task fails when it is reached.",
        _CALL + "load\n  inputs:\n    count: many",
        runtime=True,
    ),
    Code(
        "FC426",
        "unknown output of a subflow",
        "The flow that is started declares no output of this name.",
        'message: "{{ outputs.call.outputs.rows }}"',
        runtime=True,
    ),
    Code(
        "FC427",
        "flow that is chosen when the task runs",
        "Namespace or id is an expression, so the flows that it may name come along with the program.",
        _CALL + '"{{ inputs.kind }}"',
        note=True,
    ),
    Code(
        "FC428",
        "candidate that cannot be compiled",
        "Namespace or id is an expression that may name this flow, but it is refused, so the program does not have it.",
        _CALL + '"{{ inputs.kind }}"',
        warning=True,
    ),
    Code(
        "FC429",
        "flows that listen",
        "With `--flow-triggers` the flows at hand come along whose Flow triggers may listen to executions of this flow, of "
        "those that it starts, or of one another.",
        "triggers:\n- id: after_load\n  type: io.kestra.plugin.core.trigger.Flow",
        note=True,
    ),
    Code(
        "FC430",
        "listening flow that cannot be compiled",
        "With `--flow-triggers` a flow would come along, because a Flow trigger of it may listen to this one, but it is "
        "refused, here or by a server of Kestra 1.3, so the program does not have it. The notes give the reasons.",
        "triggers:\n- id: after_load\n  type: io.kestra.plugin.core.trigger.Flow",
        warning=True,
    ),
    Code(
        "FC431",
        "flow that waits for its own turn",
        "The flow lets one execution run at a time (`concurrency.limit: 1`) and others wait for their turn. When an "
        "execution gets to this call, it waits for the end of one that waits for its own end. Kestra waits for ever; here the "
        "one that cannot begin fails (FR103).",
        "id: load\nconcurrency: {limit: 1}\ntasks:\n- id: again\n  type: io.kestra.plugin.core.flow.Subflow\n"
        "  flowId: load      # or another flow that starts it",
        warning=True,
    ),
)
