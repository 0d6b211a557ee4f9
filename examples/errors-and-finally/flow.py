"""The flow shop.imports.import_file.

Compiled by flowc 1.0.0 from flow.yaml (sha256 65ee6f8345232bb5).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Run, main
from flowrt.expressions import error_logs, expr, member, text
from flowrt.tasks import Fail, Log, Sequential

flow = Flow(id="import_file", namespace="shop.imports")


@flow.tasks
async def tasks(run: Run) -> None:
    await run(lock)
    await run(import_rows)


lock = flow.task(Log("lock", message="locked"))


@flow.block(Sequential("import_rows"))
async def import_rows(run: Run) -> None:
    await run(parse)
    await run(store)


parse = flow.task(Fail("parse", error_message="line 7 is broken"))
store = flow.task(Log("store", message="stored"))


@import_rows.errors
async def import_rows_errors(run: Run) -> None:
    await run(keep_bad_file)


keep_bad_file = flow.task(
    Log(
        "keep_bad_file",
        level="WARN",
        message=expr(
            "kept for a look: {{ errorLogs()[0]['message'] }}",
            lambda v: f"kept for a look: {text(member(error_logs(v), 0)['message'])}",
        ),
    )
)


@flow.errors
async def errors(run: Run) -> None:
    await run(alert)


alert = flow.task(
    Log(
        "alert",
        level="ERROR",
        message=expr("{{ flow.id }} has failed", lambda v: f"{text(v['flow']['id'])} has failed"),
    )
)


@flow.finally_
async def finally_(run: Run) -> None:
    await run(unlock)


unlock = flow.task(Log("unlock", message="unlocked"))


@flow.after_execution
async def after_execution(run: Run) -> None:
    await run(metrics)


metrics = flow.task(
    Log(
        "metrics",
        message=expr(
            "ended as {{ execution.state }}", lambda v: f"ended as {text(v['execution']['state'])}"
        ),
    )
)


flow.source(
    "flow.yaml",
    {
        "lock": "4:5",
        "import_rows": "5:5",
        "parse": "8:9",
        "store": "9:9",
        "keep_bad_file": "11:9",
        "keep_bad_file.message": "11:88",
        "alert": "13:5",
        "alert.message": "13:77",
        "unlock": "15:5",
        "metrics": "17:5",
        "metrics.message": "17:65",
    },
)


if __name__ == "__main__":
    main(flow)
