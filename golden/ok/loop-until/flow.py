"""The flow company.team.loop-until.

Compiled by flowc 1.0.0 from flow.yaml (sha256 3f6d54b3b647566d).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Run, main
from flowrt.expressions import expr, ref
from flowrt.tasks import CheckFrequency, LoopUntil, OutputValues, Return

flow = Flow(id="loop-until", namespace="company.team")


@flow.tasks
async def tasks(run: Run) -> None:
    await run(loop)
    await run(end)


@flow.block(
    LoopUntil(
        "loop",
        condition=expr(
            "{{ outputs.n.values.i == '2' }}", lambda v: v["outputs"]["n"]["values"]["i"] == "2"
        ),
        check_frequency=CheckFrequency(interval="PT0.1S"),
    )
)
async def loop(run: Run) -> None:
    await run(n)


n = flow.task(
    OutputValues(
        "n",
        values={"i": ref("taskrun", "iteration"), "c": ref("outputs", "loop", "iterationCount")},
    )
)
end = flow.task(Return("end", format=ref("outputs", "loop", "iterationCount")))


flow.source(
    "flow.yaml",
    {
        "loop": "4:5",
        "loop.condition": "6:16",
        "n": "9:9",
        "n.values": "11:17",
        "end": "12:5",
        "end.format": "12:65",
    },
)


if __name__ == "__main__":
    main(flow)
