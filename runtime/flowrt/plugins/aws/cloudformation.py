"""CloudFormation: stacks that are made, changed and deleted."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import BOOLEAN, STRING, Kind, mapping, prop, task_type
from flowrt.model.failures import TaskFailure
from flowrt.plugins.aws.waiting import WaitingTask
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Mapping, Text

PAUSE, MOST = 5.0, 3600.0
"""Seconds between two looks at a stack, and how long it is looked at."""
THERE = ["CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"]
GOING_ON = ("_IN_PROGRESS", "_CLEANUP_IN_PROGRESS")


class StackTask(WaitingTask):
    """What the tasks share: a stack."""

    service: ClassVar[str] = "cloudformation"

    stack_name: Text = prop(STRING)
    wait_for_completion: Flag = prop(BOOLEAN, default=True)

    async def _stack(self, run: RunContext, client: Any, name: str) -> dict[str, Any] | None:
        """A stack; None where there is none."""
        try:
            found = await self._ask(run, client.describe_stacks, StackName=name)
        except TaskFailure as error:
            if "does not exist" not in str(error):
                raise
            return None
        stack: dict[str, Any] = found["Stacks"][0]
        return stack

    async def _ended(self, run: RunContext, client: Any, name: str, good: str) -> None:
        """Wait until a stack comes to rest. Raises TaskFailure when that is not as it should be."""
        started = time.monotonic()
        try:
            while True:
                stack = await self._stack(run, client, name)
                status = "DELETE_COMPLETE" if stack is None else str(stack["StackStatus"])
                if status == good:
                    return
                if not status.endswith(GOING_ON) or "ROLLBACK" in status:
                    why = (stack or {}).get("StackStatusReason")
                    raise TaskFailure(
                        f"The stack '{name}' ended in {status}" + (f": {why}" if why else "")
                    )
                if time.monotonic() - started > MOST:
                    raise TaskFailure(f"The stack '{name}' is still in {status}")
                await run.sleep(PAUSE)
        except TaskFailure as error:
            run.log(
                "ERROR", f"Error while waiting for stack '{name}' operation to complete: {error}"
            )
            raise


@task_type("io.kestra.plugin.aws.cloudformation.Create")
class CloudFormationCreate(StackTask):
    """Make a stack, or change the one that is there."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "stackId": STRING,
        "stackName": STRING,
        "stackOutputs": mapping(STRING),
    }

    template_body: Text | None = prop(STRING, default=None)
    parameters: Mapping | None = prop(mapping(STRING), default=None)

    async def _wait(self, run: RunContext, client: Any) -> dict[str, Any]:
        name, template = required_text(run, self.stack_name), run.text(self.template_body)
        asked: dict[str, Any] = {"StackName": name}
        if template is not None:
            asked["TemplateBody"] = template
        given = run.mapping(self.parameters, STRING)
        if given is not None:
            asked["Parameters"] = [
                {"ParameterKey": key, "ParameterValue": value} for key, value in given.items()
            ]
        exists = await self._ask(run, lambda: _exists(client, name))
        if exists:
            run.log("INFO", f"Stack '{name}' already exists. Attempting to update.")
            await self._ask(run, client.update_stack, **asked)
        else:
            run.log("INFO", f"Stack '{name}' does not exist. Creating new stack.")
            await self._ask(run, client.create_stack, **asked)
        if run.flag(self.wait_for_completion, True):
            run.log("INFO", f"Waiting for stack '{name}' operation to complete.")
            good = "UPDATE_COMPLETE" if exists else "CREATE_COMPLETE"
            await self._ended(run, client, name, good)
        run.log("INFO", f"Stack '{name}' operation completed.")
        stack = await self._stack(run, client, name) or {}
        return {
            "stackId": stack.get("StackId"),
            "stackName": stack.get("StackName"),
            "stackOutputs": {
                each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs") or ()
            },
        }


def _exists(client: Any, name: str) -> bool:
    """Whether there is a stack that can be changed."""
    pages = client.get_paginator("list_stacks").paginate(StackStatusFilter=THERE)
    return any(
        each["StackName"] == name for page in pages for each in page.get("StackSummaries", ())
    )


@task_type("io.kestra.plugin.aws.cloudformation.Delete")
class CloudFormationDelete(StackTask):
    """Delete a stack."""

    async def _wait(self, run: RunContext, client: Any) -> None:
        name = required_text(run, self.stack_name)
        run.log("INFO", f"Attempting to delete CloudFormation stack '{name}'")
        await self._ask(run, client.delete_stack, StackName=name)
        if run.flag(self.wait_for_completion, True):
            run.log("INFO", f"Waiting for stack '{name}' deletion to complete.")
            await self._ended(run, client, name, "DELETE_COMPLETE")
        run.log("INFO", f"Successfully initiated deletion for stack '{name}'")
