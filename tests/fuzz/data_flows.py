"""Flows from a grammar over data: files, entries, states, inputs and outputs of all types, values of all kinds.

`flow(seed)` is a flow as data, `child(seed)` the flow that it may start. Each flow has a namespace of its own, so that
none sees what another has stored. Recordings whose messages count the letters of random names are not kept.
"""

from __future__ import annotations

from random import Random
from typing import Any

CORE = "io.kestra.plugin.core."

Task = dict[str, Any]

INPUTS: dict[str, list[Any]] = {
    "STRING": ["plain", "", "ünï ☃", "a b/c", "7", "true"],
    "INT": [0, -3, 42, "17"],
    "FLOAT": [1.5, 2, -0.25, 1e21, "3.0"],
    "BOOL": [True, False, "true"],
    "BOOLEAN": [True, "false"],
    "DATE": ["2024-02-29", "2023-12-31"],
    "TIME": ["23:59:59", "07:05"],
    "DATETIME": ["2024-02-29T12:30:00Z", "2024-01-01T00:00:00.123Z"],
    "DURATION": ["PT5M", "P1DT2H", "PT0.5S"],
    "JSON": [
        '{"a": [1, 2.5, null, {"b": "c"}]}',
        "[]",
        "[3, 1, 2]",
        '"text"',
        "12",
        "true",
        '{"z": 1, "a": 2}',
    ],
    "YAML": ["a: 1\nb: [x, y]", "- 1\n- 2"],
    "URI": ["https://example.com/a?b=c", "kestra:///x"],
    "EMAIL": ["a@example.com"],
    "ARRAY": [["b", "a"], ["one"], []],
    "SELECT": ["low", "high"],
    "MULTISELECT": [["low"], ["high", "low"]],
}
OUTPUTS = ["STRING", "INT", "FLOAT", "BOOL", "JSON", "DATE", "DATETIME", "DURATION", "ARRAY"]
CONTENTS = [
    "one\ntwo\nthree\n",
    "no end of line",
    "",
    "ä ö ü\n☃\n",
    '{"id": 1, "name": "x"}\n{"id": 2, "name": "y"}\n{"id": 1, "name": "z"}\n',
    "[1,2,3]",
    "a,b\n1,2\n",
    "{{ flow.id }}\n{{ inputs.text }}\n",
]
VALUES: list[Any] = [
    "text",
    "",
    12,
    -1.5,
    True,
    None,
    [1, "two", None, [3]],
    {"a": 1, "b": {"c": [True, None]}, "n": None},
    "{{ inputs.text }}",
    "{{ inputs.number }}",
    "{{ inputs.given }}",
    "{{ [1, 2] }}",
    '{{ {"a": inputs.number} }}',
    "{{ inputs.number + 0.5 }}",
    "{{ null }}",
    "{{ true }}",
    "{{ now() is defined }}",
]


class Maker:
    """Makes one flow; later tasks speak of what earlier ones have left."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.dice = Random(seed)
        self.count = 0
        self.files: list[str] = []
        self.values: list[str] = ["inputs.text", "inputs.number", "inputs.given"]
        self.keys = ["k", "other"]

    def flow(self) -> dict[str, Any]:
        kind = self.dice.choice(list(INPUTS))
        given: dict[str, Any] = {
            "id": "given",
            "type": kind,
            "defaults": self.dice.choice(INPUTS[kind]),
        }
        if kind == "ARRAY":
            given["itemType"] = self.dice.choice(["STRING", "STRING", "INT"])
        if kind in ("SELECT", "MULTISELECT"):
            given["values"] = ["low", "mid", "high"]
        inputs = [
            {"id": "text", "type": "STRING", "defaults": self.dice.choice(["hello", "ä/ö", "5"])},
            {"id": "number", "type": "INT", "defaults": self.dice.choice([3, -7, 0])},
            given,
        ]
        made: dict[str, Any] = {
            "id": f"data_{self.seed}",
            "namespace": f"made.n{self.seed}",
            "inputs": inputs,
            "variables": {"l": ["x", {"y": 1}], "t": "{{ inputs.text }}-{{ inputs.number }}"},
        }
        made["tasks"] = [self.task() for _ in range(self.dice.randint(4, 8))]
        if self.chance(0.6):
            made["outputs"] = [
                {
                    "id": f"out{number}",
                    "type": self.dice.choice(OUTPUTS),
                    "value": self.dice.choice(
                        [*self.expressions(), "2024-02-29", "PT1M", "[1]", "7"]
                    ),
                    **({"itemType": "STRING"} if False else {}),
                }
                for number in range(self.dice.randint(1, 2))
            ]
            for output in made["outputs"]:
                if output["type"] == "ARRAY":
                    output["itemType"] = "STRING"
        return made

    def task(self) -> Task:
        self.count += 1
        name = f"t{self.count}"
        make = self.dice.choice(
            [
                self.write, self.write, self.write, self.values_, self.values_, self.value, self.value, self.value,
                self.size, self.concat, self.split, self.reverse, self.deduplicate, self.filter, self.delete,
                self.set, self.set, self.get, self.get, self.keys_, self.remove,
                self.state_set, self.state_get, self.state_delete,
                self.upload, self.download, self.delete_files, self.read_file,
                self.variables, self.labels, self.templated, self.fetch, self.metric, self.subflow, self.items,
            ]
        )  # fmt: skip
        made = make(name)
        task: Task = {"id": name, **made, "type": CORE + made["type"]}
        if self.chance(0.9):
            task["allowFailure"] = True
        return task

    # ---- files --------------------------------------------------------------------------------------------------

    def write(self, name: str) -> Task:
        made: Task = {"type": "storage.Write", "content": self.dice.choice(CONTENTS)}
        if self.chance(0.5):
            made["extension"] = self.dice.choice([".txt", "json", ".a b"])
        self.files.append(f"outputs.{name}.uri")
        return made

    def file(self) -> str:
        if not self.files or self.chance(0.1):
            return self.dice.choice(
                ["kestra:///no/such/file.txt", "", "plain", "file:///etc/hostname"]
            )
        return f"{{{{ {self.dice.choice(self.files)} }}}}"

    def size(self, name: str) -> Task:
        self.values.append(f"outputs.{name}.size")
        return {"type": "storage.Size", "uri": self.file()}

    def concat(self, name: str) -> Task:
        files: Any = [self.file() for _ in range(self.dice.randint(1, 3))]
        if self.chance(0.3) and self.files:
            files = "{{ [" + ", ".join(self.files[-2:]) + "] }}"
        made: Task = {"type": "storage.Concat", "files": files}
        if self.chance(0.4):
            made["separator"] = self.dice.choice(["\n", "--"])
        if self.chance(0.3):
            made["extension"] = ".out"
        self.files.append(f"outputs.{name}.uri")
        return made

    def split(self, name: str) -> Task:
        made: Task = {"type": "storage.Split", "from": self.file()}
        made |= self.dice.choice(
            [{"rows": 1}, {"rows": 2}, {"partitions": 2}, {"bytes": "5B"}, {"rows": 0}, {}]
        )
        if self.chance(0.2):
            made["separator"] = ","
        self.values.append(f"outputs.{name}.uris | length")
        return made

    def reverse(self, name: str) -> Task:
        self.files.append(f"outputs.{name}.uri")
        return {"type": "storage.Reverse", "from": self.file()}

    def deduplicate(self, name: str) -> Task:
        self.files.append(f"outputs.{name}.uri")
        return {
            "type": "storage.DeduplicateItems",
            "from": self.file(),
            "expr": self.dice.choice(["{{ id }}", "{{ name }}", "x"]),
        }

    def filter(self, name: str) -> Task:
        made: Task = {
            "type": "storage.FilterItems",
            "from": self.file(),
            "filterCondition": self.dice.choice(
                ["{{ id == 1 }}", "{{ name == 'y' }}", "{{ missing }}", "true"]
            ),
        }
        if self.chance(0.4):
            made["filterType"] = self.dice.choice(["INCLUDE", "EXCLUDE"])
        if self.chance(0.4):
            made["errorOrNullBehavior"] = self.dice.choice(["FAIL", "INCLUDE", "EXCLUDE"])
        self.files.append(f"outputs.{name}.uri")
        return made

    def delete(self, name: str) -> Task:
        made: Task = {"type": "storage.Delete", "uri": self.file()}
        if self.chance(0.4):
            made["errorOnMissing"] = self.chance(0.5)
        return made

    # ---- entries and states -------------------------------------------------------------------------------------

    def set(self, name: str) -> Task:
        made: Task = {
            "type": "kv.Set",
            "key": self.dice.choice(self.keys),
            "value": self.dice.choice(VALUES),
        }
        if self.chance(0.5):
            made["kvType"] = self.dice.choice(
                ["STRING", "NUMBER", "BOOLEAN", "JSON", "DATE", "DATETIME", "DURATION"]
            )
        if self.chance(0.2):
            made["overwrite"] = False
        return made

    def get(self, name: str) -> Task:
        made: Task = {"type": "kv.Get", "key": self.dice.choice([*self.keys, "missing"])}
        if self.chance(0.4):
            made["errorOnMissing"] = self.chance(0.5)
        self.values.append(f"outputs.{name}.value")
        return made

    def keys_(self, name: str) -> Task:
        self.values.append(f"outputs.{name}.keys")
        return {"type": "kv.GetKeys", **({"prefix": "k"} if self.chance(0.4) else {})}

    def remove(self, name: str) -> Task:
        made: Task = {"type": "kv.Delete", "key": self.dice.choice([*self.keys, "missing"])}
        if self.chance(0.4):
            made["errorOnMissing"] = self.chance(0.5)
        return made

    def state_set(self, name: str) -> Task:
        return {
            "type": "state.Set",
            "data": {"v": self.dice.choice(VALUES), "w": "{{ inputs.text }}"},
        }

    def state_get(self, name: str) -> Task:
        self.values.append(f"outputs.{name}.data")
        return {"type": "state.Get", **({"errorOnMissing": True} if self.chance(0.3) else {})}

    def state_delete(self, name: str) -> Task:
        return {"type": "state.Delete", **({"errorOnMissing": True} if self.chance(0.3) else {})}

    # ---- files of the namespace ---------------------------------------------------------------------------------

    def upload(self, name: str) -> Task:
        path = self.dice.choice(["a.txt", "dir/b.txt", "/c.json"])
        return {
            "type": "namespace.UploadFiles",
            "namespace": "{{ flow.namespace }}",
            "filesMap": {path: self.file()},
        }

    def download(self, name: str) -> Task:
        return {
            "type": "namespace.DownloadFiles",
            "namespace": "{{ flow.namespace }}",
            "files": self.dice.choice([["**"], ["*.txt"], ["dir/**"], ["none*"], "a.txt"]),
        }

    def delete_files(self, name: str) -> Task:
        return {
            "type": "namespace.DeleteFiles",
            "namespace": "{{ flow.namespace }}",
            "files": [self.dice.choice(["**.txt", "dir/b.txt", "x"])],
        }

    def read_file(self, name: str) -> Task:
        asked = self.dice.choice(
            ["read('a.txt')", "fileExists('a.txt')", "fileSize('dir/b.txt')", "fileEmpty('a.txt')"]
        )
        return {"type": "debug.Return", "format": f"{{{{ {asked} }}}}"}

    # ---- values -------------------------------------------------------------------------------------------------

    def values_(self, name: str) -> Task:
        count = self.dice.randint(1, 3)
        self.values += [f"outputs.{name}.values.v0", f"outputs.{name}.values"]
        return {
            "type": "output.OutputValues",
            "values": {f"v{n}": self.dice.choice(VALUES) for n in range(count)},
        }

    def value(self, name: str) -> Task:
        self.values.append(f"outputs.{name}.value")
        return {"type": "debug.Return", "format": self.dice.choice(self.expressions())}

    def expressions(self) -> list[str]:
        found = [f"{{{{ {each} }}}}" for each in self.values[-4:]]
        found += [f"{{{{ {each} ?? 'none' }}}}" for each in self.values[-3:]]
        found += [f"{{{{ read({each}) }}}}" for each in self.files[-3:]]
        found += [
            f"{{{{ fileSize({each}) }}}} {{{{ fileEmpty({each}) }}}}" for each in self.files[-1:]
        ]
        found += [
            "{{ render(vars.t) }}",
            "{{ vars.l }}",
            "{{ kv('k', errorOnMissing=false) }}",
            "{{ kv('k') }}",
            "{{ inputs }}",
            "{{ inputs.given | json }}",
            "{{ inputs.given is iterable }} {{ inputs.given is null }}",
            "{{ labels }}",
            "{{ tasks }}" if self.count > 1 else "{{ flow }}",
        ]
        return found

    def variables(self, name: str) -> Task:
        self.values.append("vars.set")
        return {"type": "execution.SetVariables", "variables": {"set": self.dice.choice(VALUES)}}

    def labels(self, name: str) -> Task:
        value = self.dice.choice(["v", "{{ inputs.text }}", 7, True])
        return {
            "type": "execution.Labels",
            "labels": self.dice.choice([{"l": value}, [{"key": "l", "value": value}]]),
        }

    def templated(self, name: str) -> Task:
        spec = "id: inner\ntype: io.kestra.plugin.core.debug.Return\nformat: " + self.dice.choice(
            ["{{ inputs.text }}", "plain", "'{{ flow.id }}'"]
        )
        return {"type": "templating.TemplatedTask", "spec": spec}

    def fetch(self, name: str) -> Task:
        made: Task = {"type": "log.Fetch"}
        if self.chance(0.5):
            made["level"] = self.dice.choice(["ERROR", "WARN", "DEBUG"])
        self.values.append(f"outputs.{name}.size")
        return made

    def metric(self, name: str) -> Task:
        entry = {
            "type": "counter",
            "name": "m",
            "value": self.dice.choice([1, "{{ inputs.number }}", 2.5]),
            "tags": {"t": "{{ inputs.text }}"},
        }
        return {"type": "metric.Publish", "metrics": [entry]}

    # ---- other flows --------------------------------------------------------------------------------------------

    def subflow(self, name: str) -> Task:
        self.values += [f"outputs.{name}.outputs.back", f"outputs.{name}.state"]
        return {
            "type": "flow.Subflow",
            "namespace": f"made.n{self.seed}",
            "flowId": f"data_{self.seed}_child",
            "inputs": {
                "n": self.dice.choice([1, "{{ inputs.number }}", "x", "{{ inputs.text }}"]),
                "j": self.dice.choice(["{{ inputs.given }}", {"a": 1}, '{"b": [2]}']),
            },
        }

    def items(self, name: str) -> Task:
        self.values.append(f"outputs.{name}_items.iterations")
        return {
            "type": "flow.ForEachItem",
            "items": self.file(),
            "batch": self.dice.choice([{"rows": 1}, {"rows": 2}, {"partitions": 2}]),
            "namespace": f"made.n{self.seed}",
            "flowId": f"data_{self.seed}_child",
            "inputs": {"n": "{{ taskrun.iteration }}", "j": '{"items": "{{ taskrun.iteration }}"}'},
        }

    def chance(self, share: float) -> bool:
        return self.dice.random() < share


def flow(seed: int) -> dict[str, Any]:
    """The flow of a seed, as data."""
    return Maker(seed).flow()


def child(seed: int) -> dict[str, Any]:
    """The flow that it may start."""
    return {
        "id": f"data_{seed}_child",
        "namespace": f"made.n{seed}",
        "inputs": [
            {"id": "n", "type": "INT", "defaults": 0},
            {"id": "j", "type": "JSON", "required": False},
        ],
        "tasks": [
            {"id": "r", "type": f"{CORE}debug.Return", "format": "{{ inputs.n }} {{ inputs.j }}"}
        ],
        "outputs": [{"id": "back", "type": "STRING", "value": "{{ outputs.r.value }}"}],
    }
