"""The flow company.team.loop-until-max.

Compiled by flowc 1.0.0 from flow.yaml (sha256 49be8b0de1ff13f9).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Run, main
from flowrt.expressions import expr, text
from flowrt.tasks import CheckFrequency, Log, LoopUntil

flow = Flow(id="loop-until-max", namespace="company.team")


@flow.tasks
async def tasks(run: Run) -> None:
    await run(loop)


@flow.block(
    LoopUntil(
        "loop",
        condition=expr("{{ false }}", lambda v: False),
        check_frequency=CheckFrequency(interval="PT0.1S", max_iterations=2),
        fail_on_max_reached=True,
    )
)
async def loop(run: Run) -> None:
    await run(step)
    await run(off)


step = flow.task(
    Log(
        "step",
        message=expr(
            "pass {{ taskrun.iteration }}", lambda v: f"pass {text(v['taskrun']['iteration'])}"
        ),
    )
)
off = flow.task(Log("off", message="x", run_if=expr("{{ false }}", lambda v: False)))


@flow.errors
async def errors(run: Run) -> None:
    await run(gave_up)


gave_up = flow.task(Log("gave_up", level="WARN", message="gave up"))


flow.source(
    "flow.yaml",
    {
        "loop": "4:5",
        "loop.condition": "6:16",
        "step": "10:9",
        "step.message": "10:66",
        "off": "11:9",
        "off.runIf": "11:77",
        "gave_up": "13:5",
    },
)


if __name__ == "__main__":
    main(flow)
