"""What a flow declares that is compiled to Airflow; its tasks are declared by the operators that run them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrt.model.blocks import Block, BlockTask
from flowrt.model.flow import Flow

if TYPE_CHECKING:
    from flowrt.model.task import Task


_KNOWN: dict[str, Definition] = {}


class Definition(Flow):
    """A flow: what it declares besides its DAG, which is named after it, and the DAGs of its loops."""

    def __init__(self, id: str, namespace: str, **declared: Any) -> None:
        super().__init__(id, namespace, **declared)
        self.runs_as(f"{namespace}.{id}")

    def runs_as(self, dag_id: str) -> None:
        """A DAG runs tasks of this flow."""
        _KNOWN[dag_id] = self

    def known(self) -> dict[tuple[str, str], Flow]:
        """All flows that can be started from here. This one too, if one of them starts it, is a program then, not a DAG."""
        found = super().known()
        for flow in list(found.values()):
            for other in flow.others:
                program = other if isinstance(other, Flow) else other()
                if (program.namespace, program.id) == (self.namespace, self.id):
                    found[self.namespace, self.id] = program
        return found

    def declare(self, task: Task | Block) -> Task | Block:
        """Make a task known that an operator runs; of one with tasks below it the answer is its block."""
        if isinstance(task, Block):
            return task
        self.declared[task.id] = task
        return Block(task, None) if isinstance(task, BlockTask) else task


def definition_of(dag: Any) -> Definition:
    """The flow that a DAG was compiled from."""
    return _KNOWN[dag.dag_id]
