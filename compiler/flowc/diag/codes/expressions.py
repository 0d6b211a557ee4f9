"""FC3xx: expressions, and what they refer to. Kestra finds these only when the flow runs."""

from __future__ import annotations

from flowc.diag.codes.base import Code

EXPRESSIONS = (
    Code(
        "FC301",
        "expression that cannot be parsed",
        "The text between `{{` and `}}` or `{%` and `%}` is not a valid expression. Kestra accepts the flow; the task "
        "fails when the expression is rendered.",
        'message: "{{ inputs.name | }}"',
        runtime=True,
    ),
    Code(
        "FC302",
        "unknown filter, function or test",
        "No filter, function or test has this name.",
        'message: "{{ inputs.name | uper }}"',
        runtime=True,
    ),
    Code(
        "FC303",
        "wrong arguments",
        "A filter, function or test is called with arguments that it does not take, or without one that it needs.",
        'message: "{{ inputs.name | replace }}"',
        runtime=True,
    ),
    Code(
        "FC304",
        "unknown input",
        "The flow declares no input with this id, so the lookup fails.",
        "inputs:\n  - {id: name, type: STRING}\ntasks:\n  - id: hello\n"
        '    type: io.kestra.plugin.core.log.Log\n    message: "{{ inputs.nmae }}"',
        runtime=True,
    ),
    Code(
        "FC305",
        "unknown variable",
        "The flow has no such entry under `variables`, and no SetVariables task sets it.",
        'message: "{{ vars.missing }}"',
        runtime=True,
    ),
    Code(
        "FC306",
        "outputs of an unknown task",
        "`outputs` holds the outputs of tasks by task id; the flow has no task with this id.",
        'message: "{{ outputs.fetchh.body }}"',
        runtime=True,
    ),
    Code(
        "FC307",
        "outputs of a task that has not run yet",
        "The task exists, but on no path does it run before this place, so its outputs are not there.",
        "tasks:\n  - id: first\n    type: io.kestra.plugin.core.log.Log\n"
        '    message: "{{ outputs.second.value }}"\n'
        "  - {id: second, type: io.kestra.plugin.core.debug.Return, format: x}",
        runtime=True,
    ),
    Code(
        "FC308",
        "unknown output",
        "The type of the task has no output with this name.",
        'message: "{{ outputs.request.bdy }}"',
        runtime=True,
    ),
    Code(
        "FC309",
        "output of a loop without the loop value",
        "Inside a loop every value has its own outputs: the value goes between the task id and "
        "the name of the output: `outputs.child[taskrun.value].value` in the loop, `outputs.child['a'].value` after it.",
        'message: "{{ outputs.child.value }}"     # child is in a ForEach',
        runtime=True,
    ),
    Code(
        "FC310",
        "no such parent",
        "`parent` and `parents` hold the enclosing task runs that have a value or outputs. Directly in a ForEach there "
        "is no `parent`: the loop value is `taskrun.value`.",
        "- id: each\n  type: io.kestra.plugin.core.flow.ForEach\n  values: [a, b]\n  tasks:\n    - id: t\n"
        '      type: io.kestra.plugin.core.log.Log\n      message: "{{ parent.taskrun.value }}"',
        runtime=True,
    ),
    Code(
        "FC311",
        "unknown name",
        "No variable has this name. Known are `inputs`, `outputs`, `vars`, `flow`, `execution`, `task`, `taskrun`, "
        "`parent`, `parents`, `labels`, `trigger`, `envs`, `globals`, `kestra`, and what `set` and `for` define.",
        'message: "{{ namespace }}"',
        runtime=True,
    ),
    Code(
        "FC312",
        "unknown member",
        "The variable has no such member.",
        'message: "{{ flow.name }}"',
        runtime=True,
    ),
    Code(
        "FC313",
        "outputs that may be missing",
        "The task may not have run when the expression is rendered: it is in a branch that is not always taken, "
        "runs at the same time, is disabled, or may be skipped. Guard the lookup with `??`.",
        'message: "{{ outputs.only_in_then.value }}"',
        warning=True,
    ),
    Code(
        "FC314",
        "branch that can never run",
        "The condition is a constant, so one of the branches is never taken.",
        '- id: check\n  type: io.kestra.plugin.core.flow.If\n  condition: "false"\n  then: [...]',
        warning=True,
    ),
    Code(
        "FC315",
        "loop value outside of a loop",
        "Only direct children of a ForEach, EachSequential or EachParallel have `taskrun.value` and "
        "`taskrun.iteration`; deeper tasks read `parent.taskrun.value`.",
        "tasks:\n  - id: hello\n    type: io.kestra.plugin.core.log.Log\n"
        '    message: "{{ taskrun.value }}"',
        runtime=True,
    ),
    Code(
        "FC316",
        "condition without braces",
        "The condition reads like an expression but has no `{{ }}`, so it is plain text: any text that is not empty "
        "counts as true (in `dependsOn` as false), whatever it says.",
        "- id: check\n  type: io.kestra.plugin.core.flow.If\n  condition: inputs.n > 3\n  then: [...]",
        warning=True,
    ),
    Code(
        "FC317",
        "If without a condition",
        "Kestra takes such a task, and no condition is none that holds: `else` runs, never `then`.",
        "- id: check\n  type: io.kestra.plugin.core.flow.If\n  then: [...]",
        warning=True,
    ),
)
