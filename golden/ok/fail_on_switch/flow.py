"""The flow company.team.fail_on_switch.

Compiled by flowc 1.0.0 from flow.yaml (sha256 e3f5998d8503f8cf).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Input, Run, main
from flowrt.expressions import ref
from flowrt.tasks import Fail, Log, Switch

flow = Flow(
    id="fail_on_switch", namespace="company.team", inputs=[Input("param", "STRING", required=True)]
)


@flow.tasks
async def tasks(run: Run) -> None:
    await run(switch)


@flow.block(
    Switch("switch", value=ref("inputs", "param"), cases=["case1", "case2", "notexist", "default"])
)
async def switch(run: Run) -> None:
    match run.value:
        case "case1":
            await run(case1)
        case "case2":
            await run(case2)
        case "notexist":
            await run(fail)
        case "default":
            await run(default)
        case _:
            run.no_case()


case1 = flow.task(Log("case1", message="Case 1"))
case2 = flow.task(Log("case2", message="Case 2"))
fail = flow.task(Fail("fail"))
default = flow.task(Log("default", message="default"))


flow.source(
    "flow.yaml",
    {
        "switch": "8:5",
        "switch.value": "10:12",
        "case1": "13:11",
        "case2": "17:11",
        "fail": "21:11",
        "default": "24:11",
    },
)


if __name__ == "__main__":
    main(flow)
