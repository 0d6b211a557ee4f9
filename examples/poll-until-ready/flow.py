"""The flow shop.exports.wait_for_export.

Compiled by flowc 1.0.0 from flow.yaml (sha256 fef9d1b0504590e3).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Run, main
from flowrt.expressions import expr, lt, text
from flowrt.tasks import CheckFrequency, Log, LoopUntil, Return

flow = Flow(id="wait_for_export", namespace="shop.exports")


@flow.tasks
async def tasks(run: Run) -> None:
    await run(poll)
    await run(fetch)


@flow.block(
    LoopUntil(
        "poll",
        condition=expr(
            "{{ outputs.status.value == 'ready' }}",
            lambda v: v["outputs"]["status"]["value"] == "ready",
        ),
        check_frequency=CheckFrequency(interval="PT0.2S", max_iterations=5),
        fail_on_max_reached=True,
    )
)
async def poll(run: Run) -> None:
    await run(status)


status = flow.task(
    Return(
        "status",
        format=expr(
            "{{ taskrun.iteration < 2 ? 'working' : 'ready' }}",
            lambda v: "working" if lt(v["taskrun"]["iteration"], 2) else "ready",
        ),
    )
)
fetch = flow.task(
    Log(
        "fetch",
        message=expr(
            "ready after {{ outputs.poll.iterationCount }} looks",
            lambda v: f"ready after {text(v['outputs']['poll']['iterationCount'])} looks",
        ),
    )
)


flow.source(
    "flow.yaml",
    {
        "poll": "4:5",
        "poll.condition": "6:16",
        "status": "10:9",
        "status.format": "10:72",
        "fetch": "11:5",
        "fetch.message": "11:63",
    },
)


if __name__ == "__main__":
    main(flow)
