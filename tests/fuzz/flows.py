"""Flows from a grammar over all constructs: the same seed always gives the same flow.

`flow(seed)` is a flow as data; `CHILDREN` are the flows that it may start. What they did on the engine stands in
`tests/recorded/flows.jsonl.xz`, which `engine/test_generated_flows.py` compares.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

CORE = "io.kestra.plugin.core."
NAMESPACE = "made"

Task = dict[str, Any]

CHILDREN: dict[str, dict[str, Any]] = {
    "child_fine": {
        "inputs": [{"id": "given", "type": "STRING", "defaults": "nothing"}],
        "tasks": [{"id": "said", "type": f"{CORE}debug.Return", "format": "<{{ inputs.given }}>"}],
        "outputs": [{"id": "back", "type": "STRING", "value": "{{ outputs.said.value }}"}],
    },
    "child_fails": {
        "inputs": [{"id": "given", "type": "STRING", "defaults": "nothing"}],
        "tasks": [{"id": "broken", "type": f"{CORE}execution.Fail", "errorMessage": "child"}],
    },
    "child_warns": {
        "inputs": [{"id": "given", "type": "STRING", "defaults": "nothing"}],
        "tasks": [
            {
                "id": "soft",
                "type": f"{CORE}execution.Fail",
                "errorMessage": "soft",
                "allowFailure": True,
            }
        ],
    },
}
"""The flows that a Subflow may start: one for each end."""


class Maker:
    """Makes one flow; what it has made so far decides what its expressions may speak of."""

    def __init__(self, seed: int) -> None:
        self.dice = Random(seed)
        self.count = 0
        self.left = self.dice.randint(3, 9)
        self.values: list[str] = []
        self.in_each = 0
        self.in_folder = False

    # ---- the flow -----------------------------------------------------------------------------------------------

    def flow(self) -> dict[str, Any]:
        made: dict[str, Any] = {
            "inputs": [
                {"id": "word", "type": "STRING", "defaults": "alpha"},
                {"id": "yes", "type": "BOOLEAN", "defaults": True},
                {"id": "no", "type": "BOOLEAN", "defaults": False},
                {"id": "few", "type": "JSON", "defaults": '["b", "a"]'},
            ],
            "variables": {"base": "root", "more": "{{ inputs.word }}!", "deep": {"n": 3}},
        }
        if self.chance(0.15):
            made["labels"] = {"team": "blue"}
        made["tasks"] = self.tasks(0, self.dice.randint(1, 4))
        if self.chance(0.3):
            made["errors"] = self.handlers()
        if self.chance(0.25):
            made["finally"] = self.handlers()
        if self.chance(0.15):
            made["afterExecution"] = [
                self.leaf(lambda: {"type": "log.Log", "message": "after {{ execution.state }}"})
            ]
        if self.chance(0.2):
            made["outputs"] = [{"id": "result", "type": "STRING", "value": self.text()}]
        if self.chance(0.06):
            made["retry"] = self.retry() | {"behavior": "RETRY_FAILED_TASK"}
        if self.chance(0.06):
            made["pluginDefaults"] = [
                {
                    "type": f"{CORE}debug.Return",
                    "values": {"format": "by default", "allowFailure": True},
                }
            ]
        return made

    def handlers(self) -> list[Task]:
        self.left = max(self.left, 2)
        return self.tasks(2 if self.chance(0.7) else 1, self.dice.randint(1, 2))

    def tasks(self, depth: int, count: int) -> list[Task]:
        return [self.task(depth) for _ in range(count)]

    def task(self, depth: int) -> Task:
        self.left -= 1
        if depth < 3 and self.left > 0 and self.chance(0.55 - 0.12 * depth):
            return self.block(depth)
        return self.leaf(self.dice.choice(self.folder_leaves if self.in_folder else self.leaves))

    # ---- leaves -------------------------------------------------------------------------------------------------

    @property
    def folder_leaves(self) -> list[Callable[[], Task]]:
        """What may stand in a working directory: tasks that a worker runs."""
        return [
            self.log,
            self.value,
            self.value,
            self.value,
            self.failure,
            self.sleep,
            self.check,
            self.several,
        ]

    @property
    def leaves(self) -> list[Callable[[], Task]]:
        return [
            *self.folder_leaves,
            self.value,
            self.failure,
            self.labels,
            self.set_variables,
            self.unset_variables,
            self.exit,
            self.subflow,
            self.keep,
            self.pause,
        ]

    def log(self) -> Task:
        level = self.dice.choice(["INFO", "WARN", "ERROR", "DEBUG"])
        return {"type": "log.Log", "message": self.text(), "level": level}

    def value(self) -> Task:
        return {"type": "debug.Return", "format": self.text(), "kind": "value"}

    def failure(self) -> Task:
        made: Task = {"type": "execution.Fail"}
        if self.chance(0.4):
            made["errorMessage"] = self.text()
        if self.chance(0.4):
            made["condition"] = self.condition()
        return made

    def sleep(self) -> Task:
        return {"type": "flow.Sleep", "duration": self.dice.choice(["PT0S", "PT0.05S", "PT0.3S"])}

    def check(self) -> Task:
        return {
            "type": "execution.Assert",
            "conditions": [self.condition()],
            "errorMessage": self.text(),
        }

    def several(self) -> Task:
        return {
            "type": "output.OutputValues",
            "values": {"value": self.text(), "n": "{{ 1 + 1 }}"},
            "kind": "values",
        }

    def labels(self) -> Task:
        return {"type": "execution.Labels", "labels": {"l": self.dice.choice(["v", self.text()])}}

    def set_variables(self) -> Task:
        return {
            "type": "execution.SetVariables",
            "variables": {self.dice.choice(["base", "fresh"]): self.text()},
            "overwrite": self.chance(0.8),
        }

    def unset_variables(self) -> Task:
        return {
            "type": "execution.UnsetVariables",
            "variables": [self.dice.choice(["base", "fresh"])],
            "ignoreMissing": self.chance(0.7),
        }

    def exit(self) -> Task:
        made: Task = {
            "type": "execution.Exit",
            "state": self.dice.choice(["SUCCESS", "WARNING", "FAILED", "CANCELED"]),
        }
        if self.chance(0.5):
            made["runIf"] = self.condition()
        return made

    def subflow(self) -> Task:
        made: Task = {
            "type": "flow.Subflow",
            "namespace": NAMESPACE,
            "flowId": self.dice.choice(list(CHILDREN)),
        }
        for name in ("wait", "transmitFailed"):
            if self.chance(0.25):
                made[name] = self.chance(0.5)
        if self.chance(0.5):
            made["inputs"] = {"given": self.text()}
        return made

    def keep(self) -> Task:
        return {"type": "kv.Set", "key": "k", "value": self.text(), "kvType": "STRING"}

    def pause(self) -> Task:
        made: Task = {"type": "flow.Pause", "pauseDuration": "PT0.2S"}
        if self.chance(0.5):
            made["behavior"] = self.dice.choice(["RESUME", "WARN", "FAIL", "CANCEL"])
        return made

    def leaf(self, make: Callable[[], Task]) -> Task:
        made = make()
        kind = made.pop("kind", "")
        task = self.named(made)
        if kind:
            self.values.append(
                f"outputs.{task['id']}.value"
                if not self.in_each
                else f"outputs.{task['id']}[taskrun.value].value"
            )
        return self.common(task)

    # ---- blocks -------------------------------------------------------------------------------------------------

    def block(self, depth: int) -> Task:
        makers = [
            self.sequential,
            self.parallel,
            self.if_,
            self.if_,
            self.switch,
            self.each,
            self.each,
            self.allow,
        ]
        makers += [self.dag, self.until, self.folder] if not self.in_folder else []
        if self.in_folder:
            return self.leaf(self.dice.choice(self.folder_leaves))
        make = self.dice.choice(makers)
        known = len(self.values)
        made = self.named({})
        made |= self.qualified(make(depth + 1))
        for name, share in (("errors", 0.22), ("finally", 0.18)):
            if self.chance(share):
                made[name] = self.tasks(3, self.dice.randint(1, 2))
        if make not in (self.sequential, self.allow):
            del self.values[known:]
        return self.common(made)

    def sequential(self, depth: int) -> Task:
        return {"type": "flow.Sequential", "tasks": self.tasks(depth, self.dice.randint(1, 3))}

    def allow(self, depth: int) -> Task:
        return {"type": "flow.AllowFailure", "tasks": self.tasks(depth, self.dice.randint(1, 2))}

    def parallel(self, depth: int) -> Task:
        made: Task = {"type": "flow.Parallel"}
        if self.chance(0.5):
            made["concurrent"] = self.dice.choice([1, 2])
        return made | {"tasks": self.tasks(depth, self.dice.randint(1, 3))}

    def if_(self, depth: int) -> Task:
        made: Task = {
            "type": "flow.If",
            "condition": self.condition(),
            "then": self.tasks(depth, self.dice.randint(1, 2)),
        }
        if self.chance(0.6):
            made["else"] = self.tasks(depth, self.dice.randint(1, 2))
        return made

    def switch(self, depth: int) -> Task:
        cases = {
            name: self.tasks(depth, 1)
            for name in self.dice.sample(["alpha", "true", "root", "x"], 2)
        }
        made: Task = {
            "type": "flow.Switch",
            "value": self.dice.choice(["{{ inputs.word }}", "{{ inputs.yes }}", "{{ vars.base }}"]),
            "cases": cases,
        }
        if self.chance(0.5):
            made["defaults"] = self.tasks(depth, 1)
        return made

    def each(self, depth: int) -> Task:
        values: Any = self.dice.choice(
            [["x", "y"], "{{ inputs.few }}", "[1, 2]", [{"k": 1}, {"k": 2}], ["only"]]
        )
        made: Task = {"type": "flow.ForEach", "values": values}
        if self.chance(0.4):
            made["concurrencyLimit"] = self.dice.choice([0, 2])
        self.in_each += 1
        made["tasks"] = self.tasks(depth, self.dice.randint(1, 2))
        self.in_each -= 1
        return made

    def dag(self, depth: int) -> Task:
        listed: list[Task] = []
        for _ in range(self.dice.randint(1, 3)):
            entry: Task = {"task": self.task(depth)}
            before = [each["task"]["id"] for each in listed]
            if before and self.chance(0.6):
                entry["dependsOn"] = [self.dice.choice(before)]
            listed.append(entry)
        return {"type": "flow.Dag", "tasks": listed}

    def until(self, depth: int) -> Task:
        most = self.dice.randint(1, 3)
        own = f"t{self.count}"  # `named` has counted it
        condition = self.dice.choice(
            [
                f"{{{{ outputs.{own}.iterationCount >= {most} }}}}",
                "{{ inputs.yes }}",
                "{{ inputs.no }}",
                self.condition(),
            ]
        )
        made: Task = {
            "type": "flow.LoopUntil",
            "condition": condition,
            "checkFrequency": {"interval": "PT0.1S", "maxIterations": most},
            "tasks": self.tasks(3, self.dice.randint(1, 2)),
        }
        if self.chance(0.4):
            made["failOnMaxReached"] = self.chance(0.7)
        return made

    def folder(self, depth: int) -> Task:
        self.in_folder = True
        made: Task = {
            "type": "flow.WorkingDirectory",
            "tasks": self.tasks(depth, self.dice.randint(1, 3)),
        }
        self.in_folder = False
        return made

    # ---- properties of all tasks, texts -------------------------------------------------------------------------

    def named(self, made: Task) -> Task:
        self.count += 1
        return {"id": f"t{self.count}", **self.qualified(made)}

    def qualified(self, made: Task) -> Task:
        return {**made, "type": CORE + made["type"]} if "type" in made else made

    def common(self, task: Task) -> Task:
        if "runIf" not in task and self.chance(0.12):
            task["runIf"] = self.condition()
        for name, share in (("disabled", 0.05), ("allowFailure", 0.1), ("allowWarning", 0.05)):
            if self.chance(share):
                task[name] = True
        if self.chance(0.07):
            task["retry"] = self.retry()
        return task

    def retry(self) -> dict[str, Any]:
        return self.dice.choice(
            [
                {"type": "constant", "interval": "PT0.1S", "maxAttempts": 2},
                {
                    "type": "constant",
                    "interval": "PT0.1S",
                    "maxAttempts": 3,
                    "warningOnRetry": True,
                },
                {
                    "type": "exponential",
                    "interval": "PT0.1S",
                    "maxInterval": "PT1S",
                    "maxAttempts": 2,
                },
            ]
        )

    def condition(self) -> str:
        return self.dice.choice(
            [
                "{{ inputs.yes }}",
                "{{ inputs.no }}",
                "{{ inputs.word == 'alpha' }}",
                "{{ vars.base == 'changed' }}",
                "{{ inputs.few | length > 1 }}",
                "{{ true and not inputs.no }}",
                "false",
            ]
        )

    def text(self) -> str:
        choices = [
            "plain",
            "{{ inputs.word }}",
            "{{ vars.base }}",
            "{{ render(vars.more) }}",
            "{{ vars.fresh ?? 'none' }}",
            "{{ inputs.few | join('-') }}",
            "{{ task.id }} {{ flow.id }}",
            "{{ vars.deep.n + 1 }}",
            "{{ inputs.missing }}",
        ]
        if self.in_each:
            choices += [
                "{{ taskrun.value }}",
                "{{ taskrun.iteration }} {{ taskrun.value }}",
                "{{ taskrun.value }}",
            ]
        choices += [f"{{{{ {each} ?? 'not there' }}}}" for each in self.values[-3:]]
        choices += [f"[{{{{ {each} }}}}]" for each in self.values[-2:]]
        return self.dice.choice(choices)

    def chance(self, share: float) -> bool:
        return self.dice.random() < share


def flow(seed: int) -> dict[str, Any]:
    """The flow of a seed, as data."""
    return {"id": f"made_{seed}", "namespace": NAMESPACE, **Maker(seed).flow()}


def child(name: str) -> dict[str, Any]:
    """A flow that those flows may start."""
    return {"id": name, "namespace": NAMESPACE, **CHILDREN[name]}
