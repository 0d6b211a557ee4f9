"""shop.orders.nightly_orders: Collect the orders of the night, ask whether they may go out,
and book them.

Compiled by flowc 1.0.0 for Prefect 3 from flow.yaml
(sha256 fdfbfd4aec1d6c07).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["cronsim>=2.6", "flowrt>=1.0,<2", "prefect>=3.8,<4"]
# ///
from typing import Any, Literal

from flowrt import Input, Output, Trigger
from flowrt.expressions import coalesce, eq, expr, first, keys, length, ref, text
from flowrt.targets.prefect import Definition, Failed, Run, main
from flowrt.tasks import Fail, ForEach, If, Log, Parallel, Pause, Return, Switch
from prefect import flow
from prefect.schedules import Cron

# One pipeline, compiled for every target: a branch, a fan-out with a limit, retries, somebody who
# approves, handlers.
definition = Definition(
    id="nightly_orders",
    namespace="shop.orders",
    description="Collect the orders of the night, ask whether they may go out, and book them.",
    labels={"team": "fulfilment"},
    inputs=[
        Input("mode", "SELECT", values=["fast", "full"], defaults="full"),
        Input("regions", "ARRAY", item_type="STRING", defaults=["eu", "us", "apac"]),
        Input("closed", "STRING", defaults="", description="A region that is closed tonight"),
    ],
    variables={"prefix": "order"},
    outputs=[
        Output(
            "booked",
            "STRING",
            value=expr(
                "{{ outputs.book.value ?? 'nothing' }}",
                lambda v: coalesce(lambda: v["outputs"]["book"]["value"], "nothing"),
            ),
        )
    ],
    triggers=[
        Trigger(
            "night",
            "io.kestra.plugin.core.trigger.Schedule",
            cron="0 3 * * *",
            timezone="Europe/Berlin",
        )
    ],
)


@definition.entry
@flow(
    name="shop.orders.nightly_orders",
    persist_result=True,
    on_completion=[definition.ended],
    on_failure=[definition.ended],
    on_cancellation=[definition.ended],
    on_crashed=[definition.ended],
)
async def nightly_orders(
    mode: Literal["fast", "full"] = "full",
    regions: list[str] | None = None,
    closed: str = "",
) -> Any:
    """Collect the orders of the night, ask whether they may go out, and book them.

    Args:
        closed: A region that is closed tonight
    """
    async with definition.execution(mode=mode, regions=regions, closed=closed) as run:
        try:
            await run(plan)
            await run(checks)
            await run(each_region)
            await run(approve)
            await run(decide)
        except Failed:
            await run.errors(alert)
            raise
        finally:
            await run.finally_(cleanup)
    return run.outcome


@definition.block(Switch("plan", value=ref("inputs", "mode"), cases=["fast", "full"]))
async def plan(run: Run) -> None:
    match run.value:
        case "fast":
            await run(sample)
        case "full":
            await run(scan)
            await run(announce)
        case _:
            run.no_case()


sample = definition.task(
    Return(
        "sample",
        format=expr(
            "a sample of {{ inputs.regions | first }}",
            lambda v: f"a sample of {text(first(v['inputs']['regions']))}",
        ),
    )
)
scan = definition.task(
    Return(
        "scan",
        format=expr(
            "{{ inputs.regions | length }} regions",
            lambda v: f"{text(length(v['inputs']['regions']))} regions",
        ),
    )
)
announce = definition.task(
    Log(
        "announce",
        message=expr(
            "scanning {{ outputs.scan.value }}",
            lambda v: f"scanning {text(v['outputs']['scan']['value'])}",
        ),
    )
)


@definition.block(Parallel("checks"))
async def checks(run: Run) -> None:
    await run.all(stock, prices)


stock = definition.task(
    Return("stock", format="stock is counted"), retries=2, retry_delay_seconds=1, timeout_seconds=30
)
prices = definition.task(Return("prices", format="prices are fixed"))


@definition.block(ForEach("each_region", values=ref("inputs", "regions"), concurrency_limit=2))
async def each_region(run: Run, value: str) -> None:
    await run(collect)
    await run(is_open)


collect = definition.task(
    Return(
        "collect",
        format=expr(
            "{{ vars.prefix }}s of {{ taskrun.value }}",
            lambda v: f"{text(v['vars']['prefix'])}s of {text(v['taskrun']['value'])}",
        ),
    )
)
is_open = definition.task(
    Fail(
        "is_open",
        condition=expr(
            "{{ taskrun.value == inputs.closed }}",
            lambda v: eq(v["taskrun"]["value"], v["inputs"]["closed"]),
        ),
        error_message=expr(
            "{{ taskrun.value }} is closed", lambda v: f"{text(v['taskrun']['value'])} is closed"
        ),
    )
)


@each_region.errors
async def each_region_errors(run: Run) -> None:
    await run(region_failed)


region_failed = definition.task(Log("region_failed", level="WARN", message="a region is missing"))
approve = definition.task(
    Pause(
        "approve",
        on_resume=[
            Input("approved", "BOOLEAN", description="May the orders go out?"),
            Input("note", "STRING", defaults="none"),
        ],
    )
)


@definition.block(If("decide", condition=ref("outputs", "approve", "onResume", "approved")))
async def decide(run: Run) -> None:
    if run.condition:
        await run(book)
    else:
        await run(hold)


book = definition.task(
    Return(
        "book",
        format=expr(
            (
                "booked {{ outputs.collect | keys | length }} regions, note: {{ "
                "outputs.approve.onResume.note }}"
            ),
            lambda v: (
                f"booked {text(length(keys(v['outputs']['collect'])))} regions, note: "
                f"{text(v['outputs']['approve']['onResume']['note'])}"
            ),
        ),
    )
)
hold = definition.task(Log("hold", message="the orders stay"))
alert = definition.task(
    Log(
        "alert",
        level="ERROR",
        message=expr(
            "orders of the night failed in {{ execution.id }}",
            lambda v: f"orders of the night failed in {text(v['execution']['id'])}",
        ),
    )
)
cleanup = definition.task(Log("cleanup", message="cleaning up"))


@definition.after_execution
async def after_execution(run: Run) -> None:
    await run(report)


report = definition.task(
    Log(
        "report",
        message=expr(
            "the night ended {{ execution.state }}",
            lambda v: f"the night ended {text(v['execution']['state'])}",
        ),
    )
)


definition.source(
    "flow.yaml",
    {
        "plan": "14:5",
        "plan.value": "16:12",
        "sample": "19:11",
        "sample.format": "19:74",
        "scan": "21:11",
        "scan.format": "21:72",
        "announce": "22:11",
        "announce.message": "22:72",
        "checks": "23:5",
        "stock": "26:9",
        "prices": "31:9",
        "each_region": "32:5",
        "each_region.values": "34:13",
        "collect": "37:9",
        "collect.format": "37:73",
        "is_open": "38:9",
        "is_open.condition": "40:20",
        "is_open.errorMessage": "41:23",
        "region_failed": "43:9",
        "approve": "44:5",
        "decide": "49:5",
        "decide.condition": "51:16",
        "book": "53:9",
        "book.format": "53:70",
        "hold": "55:9",
        "alert": "57:5",
        "alert.message": "57:77",
        "cleanup": "59:5",
        "report": "61:5",
        "report.message": "61:64",
    },
)


if __name__ == "__main__":
    main(definition, schedules=[Cron("0 3 * * *", timezone="Europe/Berlin", slug="night")])
