"""FC4xx: flows that Kestra accepts but does not run steadily, and how the compiled flow differs from it."""

from __future__ import annotations

from flowc.diag.codes.base import Code

LOWERING = (
    Code(
        "FC401",
        "flow that never ends in Kestra",
        "Kestra's engine hangs on this shape: the execution stays RUNNING forever. The compiled flow does what the "
        "documentation means instead.",
        "- id: route\n  type: io.kestra.plugin.core.flow.Switch\n  value: a\n  cases:\n"
        "    a:\n      - {id: x, type: io.kestra.plugin.core.debug.Return, disabled: true}",
        warning=True,
    ),
    Code(
        "FC402",
        "outcome that depends on timing in Kestra",
        "In Kestra's engine the outcome of this shape differs from run to run. The compiled flow does what the "
        "documentation means.",
        "- id: group\n  type: io.kestra.plugin.core.flow.Sequential\n  retry: {...}\n  errors: [...]\n  tasks: [...]",
        warning=True,
    ),
    Code(
        "FC403",
        "handlers that do not run",
        "In this shape Kestra does not run the `errors` or `finally` tasks that one would expect, or runs more than "
        "is written. The compiled flow does the same.",
        "- id: f\n  type: io.kestra.plugin.core.execution.Fail\n"
        "  retry: {type: constant, interval: PT1S, maxAttempts: 2, behavior: CREATE_NEW_EXECUTION}",
        warning=True,
    ),
    Code(
        "FC404",
        "block that always fails",
        "Kestra accepts this block and fails whenever it runs it.",
        "- id: route\n  type: io.kestra.plugin.core.flow.Switch\n  value: a\n  defaults: [...]     # and no cases",
        runtime=True,
    ),
    Code(
        "FC405",
        "outputs that are lost",
        "Below two loops Kestra keeps the outputs of the last inner value only, when the task is not a direct child "
        "of the inner loop.",
        "ForEach > ForEach > If > task",
        warning=True,
    ),
    Code(
        "FC410",
        "template that cannot be found",
        "A Template task is replaced by the tasks of the stored template when the flow is compiled, so the template "
        "must be at hand. Without it the task fails when it is reached, as it does in Kestra.",
        "- id: shared\n  type: io.kestra.plugin.core.flow.Template\n  namespace: company.team\n"
        "  templateId: missing",
        runtime=True,
    ),
    Code(
        "FC411",
        "template named by an expression",
        "A Template task is replaced when the flow is compiled, so its namespace and id must be plain texts.",
        "- id: shared\n  type: io.kestra.plugin.core.flow.Template\n  namespace: company.team\n"
        '  templateId: "{{ inputs.kind }}"',
    ),
)
"""FC401 to FC411."""
