"""FC2xx: the YAML is fine, but it is not a flow that Kestra accepts."""

from __future__ import annotations

from flowc.diag.codes.base import Code

MODEL = (
    Code(
        "FC201",
        "unknown property",
        "The object has no such property. Parsing is strict, as in Kestra: a misspelt property is an error and never "
        "silently ignored.",
        "- id: hello\n  type: io.kestra.plugin.core.log.Log\n  mesage: hi",
    ),
    Code(
        "FC202",
        "missing property",
        "A property that is required is absent or null.",
        "- id: hello\n  type: io.kestra.plugin.core.log.Log     # without message",
    ),
    Code(
        "FC203",
        "value of the wrong type",
        "The value cannot be converted to the type of the property: a list where a text is expected, a text that is "
        "no number, an expression in a property that takes literal values only.",
        'allowFailure: "{{ inputs.soft }}"',
    ),
    Code(
        "FC204",
        "value that will not convert",
        "The flow is accepted, but the value can never be converted when the task runs, so the task fails every time: "
        "a text that is not a duration, a constant that the enumeration does not have (constants are upper case).",
        "- id: hello\n  type: io.kestra.plugin.core.log.Log\n  message: hi\n  level: info",
        runtime=True,
    ),
    Code(
        "FC205",
        "unknown type",
        "No task, trigger, condition, input or retry has this type.",
        "- id: hello\n  type: io.kestra.plugin.core.log.Lgo\n  message: hi",
    ),
    Code(
        "FC206",
        "malformed id",
        "Ids begin with a letter or digit and continue with letters, digits, `-` and `_` (flow ids also `.`, input and "
        "output ids `.` for nesting). A namespace is lower case. Some flow ids are reserved by the server.",
        "id: my flow",
    ),
    Code(
        "FC207",
        "duplicate id",
        "Task ids are unique in the whole flow, at every depth and in all lists of tasks; so are the ids of inputs, "
        "outputs and triggers among themselves.",
        "tasks:\n  - {id: a, type: io.kestra.plugin.core.debug.Return}\n"
        "  - {id: a, type: io.kestra.plugin.core.debug.Return}",
    ),
    Code(
        "FC208",
        "value out of bounds",
        "The value is of the right type but outside of what the property allows.",
        "concurrency:\n  limit: 0",
    ),
    Code(
        "FC209",
        "empty list of tasks",
        "The list of tasks must have at least one task.",
        "- id: group\n  type: io.kestra.plugin.core.flow.Sequential\n  tasks: []",
    ),
    Code(
        "FC210",
        "settings that exclude each other",
        "Two settings cannot be combined, or one of them must be greater than the other.",
        "retry:\n  type: constant\n  interval: PT10S\n  maxDuration: PT5S",
    ),
    Code(
        "FC211",
        "wrong dependency",
        "A dependency names something that does not exist, or the dependencies form a circle.",
        "tasks:\n  - task: {id: a, type: io.kestra.plugin.core.debug.Return}\n    dependsOn: [b]",
    ),
    Code(
        "FC212",
        "flow that calls itself",
        "A Subflow or ForEachItem task names its own flow by literal namespace and id, so it would never end.",
        "- id: again\n  type: io.kestra.plugin.core.flow.Subflow\n  namespace: company.team\n  flowId: this_flow",
    ),
    Code(
        "FC213",
        "dash after a dot",
        "`inputs.my-key` is a subtraction in an expression. Ids with a dash need brackets: `inputs['my-key']`.",
        'message: "{{ inputs.my-key }}"',
    ),
    Code(
        "FC214",
        "label that cannot be set",
        "Label keys begin with a lower-case letter and contain letters, digits, `-`, `_` and `.`; values are single "
        "texts; keys that begin with `system.` belong to the server.",
        "labels:\n  system.run: x",
    ),
    Code(
        "FC215",
        "task that is not allowed here",
        "A WorkingDirectory runs its children on one worker, so it may contain only tasks that do work, none that "
        "control the flow.",
        "- id: wd\n  type: io.kestra.plugin.core.flow.WorkingDirectory\n  tasks:\n"
        "    - {id: wait, type: io.kestra.plugin.core.flow.Pause}",
    ),
    Code(
        "FC216",
        "wrong plugin default",
        "An entry of `pluginDefaults` needs a `type` and `values`, every value must be given, and when the type is a "
        "whole type name, its properties must exist.",
        "pluginDefaults:\n  - type: io.kestra.plugin.core.log.Log\n    values: {mesage: hi}",
    ),
    Code(
        "FC217",
        "wrong schedule",
        "The cron expression, the time zone or the settings of a Schedule trigger are not valid.",
        'cron: "61 * * * *"',
    ),
    Code(
        "FC218",
        "schedule without the inputs it needs",
        "A flow with required inputs that have no default cannot be started by a schedule that does not supply them.",
        "inputs:\n  - {id: day, type: STRING}\ntriggers:\n  - id: nightly\n"
        '    type: io.kestra.plugin.core.trigger.Schedule\n    cron: "0 3 * * *"',
        warning=True,
    ),
    Code(
        "FC219",
        "property without effect",
        "The property is accepted here and does nothing.",
        "- id: group\n  type: io.kestra.plugin.core.flow.Sequential\n  timeout: PT5M\n  tasks: [...]",
        warning=True,
    ),
    Code(
        "FC220",
        "property of the Enterprise Edition",
        "The property exists only in the paid edition; the open-source server refuses the flow.",
        "- id: hello\n  type: io.kestra.plugin.core.log.Log\n  message: hi\n  assets: {}",
    ),
    Code(
        "FC221",
        "`default` instead of `defaults`",
        "A Switch takes the tasks of `defaults` when no case matches. A case that is called `default` is an ordinary "
        "case: it is taken only when the value is the text `default`.",
        '- id: route\n  type: io.kestra.plugin.core.flow.Switch\n  value: "{{ inputs.kind }}"\n'
        "  cases:\n    default: [...]",
        warning=True,
    ),
    Code(
        "FC222",
        "list or map where a text is meant",
        "The property takes a text. Kestra turns a list or map into its JSON text, which is rarely what is meant.",
        "- id: r\n  type: io.kestra.plugin.core.debug.Return\n  format: [1, 2]",
        warning=True,
    ),
    Code(
        "FC223",
        "negative limit",
        "Kestra 1.3 takes a negative `concurrent` as no limit, later versions refuse the flow. Write 0 for no limit.",
        "- id: group\n  type: io.kestra.plugin.core.flow.Parallel\n  concurrent: -1\n  tasks: [...]",
        runtime=True,
    ),
    Code(
        "FC224",
        "reserved flow id",
        "The id is a word of the server's addresses, so a Kestra server does not store a flow of this name.",
        "id: pause",
        warning=True,
    ),
    Code(
        "FC225",
        "optional input with a default",
        "The default is always applied, so the input can never be absent. A Kestra server does not store such a flow.",
        "inputs:\n  - {id: day, type: STRING, required: false, defaults: monday}",
    ),
    Code(
        "FC226",
        "certificates that are not checked",
        "With `insecureTrustAllCertificates: true` a task talks to whoever answers: anybody on the way can read and change what "
        "is sent, credentials too. A certificate that the machine does not know can be added to those that it trusts: the "
        "variable `SSL_CERT_FILE` names a file of them.",
        "- id: ask\n  type: io.kestra.plugin.core.http.Request\n  uri: https://service.example\n"
        "  options:\n    ssl: {insecureTrustAllCertificates: true}",
        warning=True,
    ),
    Code(
        "FC227",
        "default of which a part is dropped",
        "The default of an input that is neither text nor structure is read as far as it is a value of JSON, and what stands "
        "behind that is dropped without a word: a DURATION of `5 minutes` is one of five seconds. Kestra does so, and so does "
        "the compiled flow.",
        "inputs:\n  - {id: wait, type: DURATION, defaults: 5 minutes}",
        warning=True,
    ),
)
