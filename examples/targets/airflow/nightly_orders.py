"""shop.orders.nightly_orders: Collect the orders of the night, ask whether they may go out,
and book them.

Compiled by flowc 1.0.0 for Airflow 3 from flow.yaml
(sha256 fdfbfd4aec1d6c07).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["apache-airflow>=3.3,<4", "cronsim>=2.6", "flowrt>=1.0,<2"]
# ///
from datetime import timedelta

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import DAG, CronTriggerTimetable, Param, TaskGroup, TriggerRule
from flowrt import Input, Output, Trigger
from flowrt.expressions import coalesce, eq, expr, first, keys, length, ref, text
from flowrt.targets.airflow import (
    Body,
    Choice,
    Definition,
    End,
    Finish,
    Group,
    Handler,
    Join,
    Step,
    Values,
    Verdict,
)
from flowrt.targets.airflow.loops import Rounds
from flowrt.tasks import Fail, ForEach, If, Log, Parallel, Pause, Return, Switch

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

with DAG(
    "shop.orders.nightly_orders",
    schedule=CronTriggerTimetable("0 3 * * *", timezone="Europe/Berlin"),
    catchup=False,
    doc_md=definition.description,
    tags=["team:fulfilment"],
    params={
        "mode": Param("full", enum=["fast", "full"]),
        "regions": Param(["eu", "us", "apac"], type="array"),
        "closed": Param("", type="string", description="A region that is closed tonight"),
    },
):
    with Group(Switch("plan", value=ref("inputs", "mode"), cases=["fast", "full"])) as plan:
        plan_choice = Choice(task_id="plan__choice", cases={"fast": ["sample"], "full": ["scan"]})
        sample = Step(
            task=Return(
                "sample",
                format=expr(
                    "a sample of {{ inputs.regions | first }}",
                    lambda v: f"a sample of {text(first(v['inputs']['regions']))}",
                ),
            )
        )
        scan = Step(
            task=Return(
                "scan",
                format=expr(
                    "{{ inputs.regions | length }} regions",
                    lambda v: f"{text(length(v['inputs']['regions']))} regions",
                ),
            )
        )
        announce = Step(
            task=Log(
                "announce",
                message=expr(
                    "scanning {{ outputs.scan.value }}",
                    lambda v: f"scanning {text(v['outputs']['scan']['value'])}",
                ),
            )
        )
        plan_join = Join(task_id="plan__join")
        plan_choice >> sample >> plan_join
        plan_choice >> scan >> announce >> plan_join
        plan_choice >> plan_join
    with Group(Parallel("checks")) as checks:
        stock = Step(
            task=Return("stock", format="stock is counted"),
            retries=2,
            retry_delay=timedelta(seconds=1),
            execution_timeout=timedelta(seconds=30),
        )
        prices = Step(task=Return("prices", format="prices are fixed"))
    with Group(
        ForEach("each_region", values=ref("inputs", "regions"), concurrency_limit=2)
    ) as each_region:
        each_region_values = Values(task_id="each_region__values")
        each_region_rounds = Rounds.partial(
            task_id="each_region__rounds",
            trigger_dag_id="shop.orders.nightly_orders__each_region",
            max_active_tis_per_dagrun=2,
        ).expand(item=each_region_values.output)
        region_failed = Handler(
            task=Log("region_failed", level="WARN", message="a region is missing")
        )
        [each_region_values, each_region_rounds] >> region_failed
        each_region_end = End(task_id="each_region__end")
        [each_region_values, each_region_rounds, region_failed] >> each_region_end
    with TaskGroup("approve__pause", prefix_group_id=False) as approve_pause:
        approve_ask = HITLOperator(
            task_id="approve__ask",
            subject="Resume approve?",
            options=["Resume"],
            params={
                "approved": Param(
                    None, type=["null", "boolean"], description="May the orders go out?"
                ),
                "note": Param("none", type="string"),
            },
        )
        approve = Step(
            task=Pause(
                "approve",
                on_resume=[
                    Input("approved", "BOOLEAN", description="May the orders go out?"),
                    Input("note", "STRING", defaults="none"),
                ],
            ),
            answer="approve__ask",
        )
        approve_ask >> approve
    with Group(If("decide", condition=ref("outputs", "approve", "onResume", "approved"))) as decide:
        decide_choice = Choice(task_id="decide__choice", cases={True: ["book"], False: ["hold"]})
        book = Step(
            task=Return(
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
        hold = Step(task=Log("hold", message="the orders stay"))
        decide_join = Join(task_id="decide__join")
        decide_choice >> book >> decide_join
        decide_choice >> hold >> decide_join
        decide_choice >> decide_join
    plan >> checks >> each_region >> approve_pause >> decide

    alert = Handler(
        task=Log(
            "alert",
            level="ERROR",
            message=expr(
                "orders of the night failed in {{ execution.id }}",
                lambda v: f"orders of the night failed in {text(v['execution']['id'])}",
            ),
        )
    )
    [plan, checks, each_region, approve_pause, decide] >> alert

    cleanup = Step(
        task=Log("cleanup", message="cleaning up"),
        role="finally",
        trigger_rule=TriggerRule.ALL_DONE,
    )
    [decide, alert] >> cleanup

    finish = Finish(verdict=False)
    cleanup >> finish
    report = Step(
        task=Log(
            "report",
            message=expr(
                "the night ended {{ execution.state }}",
                lambda v: f"the night ended {text(v['execution']['state'])}",
            ),
        ),
        role="after",
        trigger_rule=TriggerRule.ALL_DONE,
    )
    verdict = Verdict()
    finish >> report >> verdict

with Body("shop.orders.nightly_orders__each_region", loop=each_region):
    collect = Step(
        task=Return(
            "collect",
            format=expr(
                "{{ vars.prefix }}s of {{ taskrun.value }}",
                lambda v: f"{text(v['vars']['prefix'])}s of {text(v['taskrun']['value'])}",
            ),
        )
    )
    is_open = Step(
        task=Fail(
            "is_open",
            condition=expr(
                "{{ taskrun.value == inputs.closed }}",
                lambda v: eq(v["taskrun"]["value"], v["inputs"]["closed"]),
            ),
            error_message=expr(
                "{{ taskrun.value }} is closed",
                lambda v: f"{text(v['taskrun']['value'])} is closed",
            ),
        )
    )
    collect >> is_open

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
