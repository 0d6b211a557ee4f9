"""Flows of every kind, by what they are about, and what of their executions is the same each time."""

from __future__ import annotations

import json
import re
from typing import Any

from running import ITEMS, WRITE

CORE = "io.kestra.plugin.core."


def task(id: str, kind: str = "log.Log", **more: Any) -> dict[str, Any]:
    given = {"message": id} if kind == "log.Log" else {}
    return {"id": id, "type": f"{CORE}{kind}", **given, **more}


def value(id: str, text: str = "{{ taskrun.value }}") -> dict[str, Any]:
    return task(id, "debug.Return", format=text)


FAIL = task("fail", "execution.Fail")
FLAKY = task(
    "flaky",
    "execution.Fail",
    condition="{{ (now() | timestampMilli) - (taskrun.startDate | timestampMilli) < 1000 }}",
    retry={"type": "constant", "interval": "PT1S", "maxAttempts": 3},
)
SOME = task("some", "execution.Fail", condition="{{ taskrun.value == 'x' }}")
ENDS = {"errors": [task("e")], "finally": [task("z")]}
START = task("s", "flow.Subflow", namespace="a.b", flowId="child")
FLOWS: dict[str, dict[str, Any]] = {
    "one by one": {"tasks": [value("a", "x"), value("b", "{{ outputs.a.value }}y"), task("c")]},
    "handlers": {
        "tasks": [task("q", "flow.Sequential", tasks=[FAIL], **ENDS), task("no")],
        "errors": [task("error")],
        "finally": [task("end")],
    },
    "forgiven": {
        "tasks": [task("q", "flow.AllowFailure", tasks=[FAIL, task("no")]), task("behind")],
        "afterExecution": [task("last", message="{{ execution.state }}")],
    },
    "side by side": {
        "tasks": [task("p", "flow.Parallel", concurrent=2, tasks=[value(i, i) for i in "abc"])]
    },
    "a graph": {
        "tasks": [
            task(
                "d",
                "flow.Dag",
                tasks=[
                    {"task": value("a", "1")},
                    {"task": value("b", "{{ outputs.a.value }}2"), "dependsOn": ["a"]},
                    {"task": value("c", "{{ outputs.a.value }}3"), "dependsOn": ["a"]},
                    {"task": task("e"), "dependsOn": ["b", "c"]},
                ],
            )
        ]
    },
    "round by round": {
        "tasks": [
            task("l", "flow.ForEach", values=["x", "y", "z"], tasks=[value("a"), value("b")]),
            value("behind", "{{ outputs.b.z.value }}"),
        ]
    },
    "rounds at once": {
        "tasks": [
            task(
                "l",
                "flow.ForEach",
                values=["x", "y", "z"],
                concurrencyLimit=2,
                tasks=[value("a"), value("b")],
            )
        ]
    },
    "all at once": {
        "tasks": [task("l", "flow.EachParallel", value=["x", "y"], tasks=[value("a"), value("b")])]
    },
    "choices": {
        "tasks": [
            task(
                "s",
                "flow.Switch",
                value="{{ randomInt(lower=0, upper=1) }}",
                cases={"0": [task("zero")], "1": [task("one")]},
            ),
            task(
                "i",
                "flow.If",
                condition="{{ 1 == 2 }}",
                then=[task("yes")],
                **{"else": [task("no")]},
            ),
        ]
    },
    "until": {
        "tasks": [
            task(
                "u",
                "flow.LoopUntil",
                condition="{{ outputs.u.iterationCount >= 3 }}",
                checkFrequency={"interval": "PT1S"},
                tasks=[value("a", "{{ outputs.u.iterationCount }}"), task("b")],
            ),
            task("behind"),
        ]
    },
    "a pause": {
        "tasks": [
            task("p", "flow.Pause", pauseDuration="PT1S", behavior="WARN", onPause=task("aside")),
            value("behind", "{{ outputs.p.resumed.to }}"),
        ]
    },
    "a folder": {
        "tasks": [
            task(
                "w",
                "flow.WorkingDirectory",
                inputFiles={"in.txt": "text"},
                outputFiles=["*.txt"],
                tasks=[
                    value("a", "1"),
                    task("no", runIf="{{ false }}"),
                    value("b", "{{ outputs.a.value }}2"),
                ],
            ),
            value("behind", "{{ read(outputs.w.outputFiles['in.txt']) }}"),
        ]
    },
    "a folder that fails": {
        "tasks": [task("w", "flow.WorkingDirectory", tasks=[value("a", "1"), FAIL, task("no")])],
        **ENDS,
    },
    "another attempt": {
        "tasks": [task("q", "flow.Sequential", tasks=[task("a"), FLAKY, task("b")], **ENDS)],
    },
    "another execution": {
        "tasks": [
            task("a"),
            task("f", "execution.Fail", condition="{{ execution.id == execution.originalId }}"),
        ],
        "retry": {
            "type": "constant",
            "interval": "PT1S",
            "maxAttempts": 3,
            "behavior": "CREATE_NEW_EXECUTION",
        },
    },
    "a flow that is started": {
        "tasks": [{**START, "inputs": {"n": "5"}}, value("behind", "{{ outputs.s.outputs.o }}")]
    },
    "flows that are started": {"tasks": [WRITE, ITEMS, task("behind")]},
    "an exit": {
        "tasks": [
            task(
                "p",
                "flow.Sequential",
                tasks=[task("a"), task("x", "execution.Exit", state="WARNING"), task("b")],
            ),
            task("no"),
        ],
        "finally": [task("z")],
    },
    "what changes the execution": {
        "tasks": [
            task("v", "execution.SetVariables", variables={"n": 1}),
            task("l", "execution.Labels", labels={"k": "{{ vars.n }}"}),
            value("a", "{{ vars.n }} {{ labels.k }}"),
            task("u", "execution.UnsetVariables", variables=["n"]),
        ],
        "outputs": [{"id": "o", "type": "STRING", "value": "{{ outputs.a.value }}"}],
    },
}

FLOWS |= {
    "a choice whose reason is gone": {
        "tasks": [
            task(
                "i",
                "flow.If",
                condition="{{ vars.w == 0 }}",
                then=[task("v", "execution.SetVariables", variables={"w": 1}), task("yes")],
                **{"else": [task("no")]},
            )
        ]
    },
    "a list that grows": {
        "variables": {"all": ["x"]},
        "tasks": [
            task(
                "l",
                "flow.ForEach",
                values="{{ vars.all }}",
                tasks=[
                    value("a"),
                    task("v", "execution.SetVariables", variables={"all": ["x", "y"]}),
                    task("b"),
                ],
            )
        ],
    },
    "loops in loops": {
        "tasks": [
            task(
                "outer",
                "flow.ForEach",
                values=["x", "y"],
                concurrencyLimit=0,
                tasks=[task("inner", "flow.EachSequential", value=["1", "2"], tasks=[value("a")])],
            )
        ]
    },
    "rounds that fail": {
        "tasks": [
            task(
                "l", "flow.ForEach", values=["x", "y"], concurrencyLimit=2, tasks=[SOME, task("b")]
            ),
        ],
        **ENDS,
    },
    "until, in rounds": {
        "tasks": [
            task(
                "l",
                "flow.ForEach",
                values=["x", "y"],
                tasks=[
                    task(
                        "u",
                        "flow.LoopUntil",
                        condition="{{ outputs.a[taskrun.value].value == '1' }}",
                        checkFrequency={"interval": "PT1S"},
                        tasks=[value("a", "{{ taskrun.iteration }}")],
                    )
                ],
            )
        ]
    },
    "a pause beside others": {
        "tasks": [
            task(
                "p",
                "flow.Parallel",
                tasks=[
                    task("w", "flow.Pause", pauseDuration="PT2S", tasks=[task("inside")]),
                    task("q", "flow.Sequential", tasks=[task("a"), task("b")]),
                ],
            ),
            task("behind"),
        ]
    },
    "a pause that cancels": {
        "tasks": [task("w", "flow.Pause", pauseDuration="PT1S", behavior="CANCEL"), task("no")],
        "afterExecution": [task("last")],
    },
    "a pause that fails": {
        "tasks": [task("w", "flow.Pause", pauseDuration="PT1S", behavior="FAIL"), task("no")],
        **ENDS,
    },
    "a pause whose time is over": {
        "tasks": [
            task("w", "flow.Pause", timeout="PT1S", allowFailure=True),
            value("behind", "{{ outputs.w.resumed.to }}"),
        ],
    },
    "a folder that tries again": {
        "tasks": [task("w", "flow.WorkingDirectory", tasks=[value("a", "1"), FLAKY, task("b")])],
        "finally": [task("z")],
    },
    "a block that tries again": {
        "tasks": [
            task(
                "q",
                "flow.Parallel",
                tasks=[{key: each for key, each in FLAKY.items() if key != "retry"}, task("b")],
                retry=FLAKY["retry"],
                errors=[task("e")],
            )
        ]
    },
    "a flow that is started again": {
        "tasks": [
            {**START, "inputs": {"n": "{{ taskrun.attemptsCount }}"}, "retry": FLAKY["retry"]},
            value("behind", "{{ outputs.s.outputs.o }}"),
        ]
    },
    "a flow that another one takes the place of": {
        "tasks": [{**START, "flowId": "again"}, value("behind", "{{ outputs.s.state }}")]
    },
    "a flow that is only started": {"tasks": [{**START, "wait": False}, task("behind")]},
    "a flow that fails": {"tasks": [{**START, "inputs": {"n": "0"}}, task("no")], **ENDS},
}
CHILD = {
    "id": "child",
    "namespace": "a.b",
    "inputs": [{"id": "n", "type": "INT", "defaults": 1}],
    "tasks": [
        value("c", "{{ inputs.n * 2 }}"),
        task("f", "execution.Fail", condition="{{ inputs.n == 0 }}"),
    ],
    "outputs": [{"id": "o", "type": "STRING", "value": "{{ outputs.c.value }}"}],
}
AGAIN = {**FLOWS["another execution"], "id": "again", "namespace": "a.b"}


BLOCKS = frozenset("dilpquw") | {"outer", "inner"}
"""Tasks that have others below them: one that has none at work is left as it is."""


def plain(document: dict[str, Any]) -> dict[str, Any]:
    """An execution without what each process makes anew: ids, times, attempts that were lost."""

    def without_ids(value: Any) -> Any:
        return json.loads(
            re.sub(r"\b5Zq\w+|\d{4}-\d\d-\d\dT[\d:.]+Z?|[\w-]+\.txt", "#", json.dumps(value))
        )

    return {
        "state": [each["state"] for each in document["state"]["histories"]],
        "outputs": without_ids(document.get("outputs")),
        "runs": [
            (
                run["taskId"],
                run.get("value"),
                run.get("iteration"),
                without_ids(run["outputs"]),
                [each["state"] for each in run["state"]["histories"]],
                [
                    each["state"]["current"]
                    for each in run.get("attempts") or ()
                    if each["state"]["current"] != "RESUBMITTED"
                ],
            )
            for run in document["taskRunList"]
        ],
        "logs": {(each["level"], without_ids(each["message"])) for each in document["logs"]},
        "children": [plain(each) for each in document.get("children", ())],
    }
