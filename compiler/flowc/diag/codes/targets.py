"""FC6xx: what becomes of a flow on the engine that it is compiled to."""

from __future__ import annotations

from flowc.diag.codes.base import Code

TARGETS = (
    Code(
        "FC601",
        "part of a flow that the engine has no word for",
        "With `--target` the flow runs on an engine of its own. What that engine has no word for is done by generated code or "
        "by the runtime, with the same result; the engine shows it in another way. docs/targets.md has the whole table.",
        "- id: maybe\n  type: io.kestra.plugin.core.log.Log\n  message: hello\n  allowFailure: true",
        note=True,
    ),
    Code(
        "FC602",
        "part of a flow that runs as one task of the engine",
        "The engine cannot say this part, so it runs as one task, inside of which the runtime conducts it: its tasks do not "
        "show in the engine one by one, and a failure repeats the whole of it.",
        "- id: together\n  type: io.kestra.plugin.core.flow.WorkingDirectory     # with --target airflow\n  tasks:\n"
        "    - id: hello\n      type: io.kestra.plugin.core.log.Log\n      message: hello",
        note=True,
    ),
    Code(
        "FC603",
        "part of a flow that cannot run on the engine",
        "Neither the engine nor the runtime inside of it can do this there. Change the flow, or choose another target.",
        "- id: maybe\n  type: io.kestra.plugin.core.flow.AllowFailure     # with --target airflow\n  tasks:\n"
        "    - id: ask\n      type: io.kestra.plugin.core.flow.Pause",
    ),
    Code(
        "FC604",
        "part of a flow that the engine does not do",
        "The flow is compiled, and this part of it is left out: neither the engine nor the generated code does it. Arrange it "
        "on the engine, or do without it.",
        "triggers:\n  - id: hook\n    type: io.kestra.plugin.core.trigger.Webhook     # with --target airflow or prefect\n"
        "    key: secret",
        warning=True,
    ),
    Code(
        "FC605",
        "two flows of one name on an engine",
        "An engine knows a flow by its namespace and id in one text, and the body of a loop by those and the id of the loop "
        "(`company.team.load__each`). Flows that differ only in where a dot stands would take each other's place there.",
        "id: load            # and in another file: id: team.load\nnamespace: company.team     # namespace: company",
    ),
)
