"""The flow company.team.pause.

Compiled by flowc 1.0.0 from flow.yaml (sha256 070a93659927b765).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Run, main
from flowrt.tasks import Pause, ProcessRunner, ShellCommands

flow = Flow(id="pause", namespace="company.team")


@flow.tasks
async def tasks(run: Run) -> None:
    await run(validation)
    await run(wait)


@flow.block(Pause("validation"))
async def validation(run: Run) -> None:
    await run(ok)


ok = flow.task(
    ShellCommands(
        "ok", task_runner=ProcessRunner(), commands=['echo "started after manual validation"']
    )
)


@flow.block(Pause("wait", pause_duration="PT5M"))
async def wait(run: Run) -> None:
    await run(waited)


waited = flow.task(
    ShellCommands("waited", task_runner=ProcessRunner(), commands=['echo "start after 5 minutes"'])
)


flow.source("flow.yaml", {"validation": "4:5", "ok": "7:9", "wait": "13:5", "waited": "17:9"})


if __name__ == "__main__":
    main(flow)
