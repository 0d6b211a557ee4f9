"""The flow company.team.kv-and-namespace-files.

Compiled by flowc 1.0.0 from flow.yaml (sha256 e4e2e4e843c9fdf7).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Run, main
from flowrt.expressions import expr, kv, read, text
from flowrt.tasks import KvSet, Log

flow = Flow(id="kv-and-namespace-files", namespace="company.team")


@flow.tasks
async def tasks(run: Run) -> None:
    await run(put)
    await run(show)


put = flow.task(KvSet("put", key="color", value="green"))
show = flow.task(
    Log(
        "show",
        message=expr(
            "{{ kv('color') }} {{ kv('given') }} {{ read('notes/a.txt') }}",
            lambda v: (
                f"{text(kv(v, 'color'))} {text(kv(v, 'given'))} {text(read(v, 'notes/a.txt'))}"
            ),
        ),
    )
)


flow.source("flow.yaml", {"put": "4:5", "show": "5:5", "show.message": "5:62"})


if __name__ == "__main__":
    main(flow)
