"""The flow company.team.monthly_report.

Compiled by flowc 1.0.0 from flow.yaml (sha256 b9355bee91077e67).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2", "cronsim>=2.6"]
# ///
from flowrt import Flow, Input, Run, Trigger, main
from flowrt.expressions import coalesce, date, expr, ref, text
from flowrt.tasks import Return

# not on holidays
flow = Flow(
    id="monthly_report",
    namespace="company.team",
    labels={"team": "finance"},
    inputs=[
        Input("region", "SELECT", values=["eu", "us"], defaults="eu"),
        Input("month", "STRING"),
    ],
    triggers=[
        # the month that is over
        Trigger(
            "first_day",
            "io.kestra.plugin.core.trigger.Schedule",
            # at nine
            cron="0 9 1 * *",
            timezone="Europe/Berlin",
            inputs={
                "month": expr(
                    "{{ trigger.previous | date('yyyy-MM') }}",
                    lambda v: date(v["trigger"]["previous"], "yyyy-MM"),
                )
            },
            labels={"kind": "planned"},
        ),
        Trigger(
            "hook",
            "io.kestra.plugin.core.trigger.Webhook",
            inputs={
                "region": ref("trigger", "body", "region"),
                "month": ref("trigger", "body", "month"),
            },
        ),
    ],
)


@flow.tasks
async def tasks(run: Run) -> None:
    await run(report)


report = flow.task(
    Return(
        "report",
        format=expr(
            "{{ inputs.region }} {{ inputs.month }} {{ trigger.date ?? 'by hand' }}",
            lambda v: (
                f"{text(v['inputs']['region'])} {v['inputs']['month']} "
                f"{text(coalesce(lambda: v['trigger']['date'], 'by hand'))}"
            ),
        ),
    )
)


flow.source("flow.yaml", {"report": "10:5", "report.format": "12:13"})


if __name__ == "__main__":
    main(flow)
