"""The flow company.team.variables.

Compiled by flowc 1.0.0 from flow.yaml (sha256 6f191877db28f936).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2", "flowexpr>=1.0,<2"]
# ///
from flowrt import Flow, Run, main
from flowrt.expressions import expr, member, ref, render, text
from flowrt.tasks import Log, SetVariables

flow = Flow(
    id="variables",
    namespace="company.team",
    variables={
        "root": "s3://{{ flow.namespace }}",
        "limits": {"low": 1, "high": [2, 3.5], "empty": None, "yes": True},
        "odd keys": "{ not an expression }",
    },
)


@flow.tasks
async def tasks(run: Run) -> None:
    await run(raw)
    await run(rendered)
    await run(change)
    await run(changed)


raw = flow.task(Log("raw", message=ref("vars", "root")))
rendered = flow.task(
    Log(
        "rendered",
        message=expr(
            "{{ render(vars.root) }}/{{ vars.limits.high[1] }}",
            lambda v: (
                f"{text(render(v, v['vars']['root']))}/"
                f"{text(member(v['vars']['limits']['high'], 1))}"
            ),
            once=True,
        ),
    )
)
change = flow.task(SetVariables("change", variables={"limits": {"low": ref("flow", "id")}}))
changed = flow.task(Log("changed", message=ref("vars", "limits", "low")))


flow.source(
    "flow.yaml",
    {
        "raw": "8:5",
        "raw.message": "8:61",
        "rendered": "9:5",
        "rendered.message": "9:66",
        "change": "10:5",
        "change.variables": "12:16",
        "changed": "13:5",
        "changed.message": "13:65",
    },
)


if __name__ == "__main__":
    main(flow)
