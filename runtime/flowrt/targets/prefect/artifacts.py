"""Outputs of a flow as an artifact of its flow run, for those who look at the UI."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from prefect.artifacts import acreate_table_artifact

if TYPE_CHECKING:
    from flowrt.engine.execution import Execution


async def show_outputs(execution: Execution) -> None:
    """A table with the outputs, under a key that names the flow."""
    from flowrt.engine.document import jsonable

    if not execution.outputs:
        return
    rows = [
        {"output": name, "value": value if isinstance(value, str) else json.dumps(value)}
        for name, value in jsonable(execution.outputs).items()
    ]
    name = f"{execution.namespace}-{execution.flow_id}-outputs"
    await acreate_table_artifact(
        key=re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-"),
        table=rows,
        description=f"Outputs of {execution.namespace}.{execution.flow_id}",
    )
