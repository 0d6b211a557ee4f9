"""The flow company.team.alerts_demo.

Compiled by flowc 1.0.0 from flow.yaml (sha256 6ccdeb1d721c740d).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Run, main
from flowrt.expressions import expr, text
from flowrt.plugins.messages.webhooks import SlackIncomingWebhook
from flowrt.tasks import Fail

flow = Flow(id="alerts_demo", namespace="company.team")


@flow.tasks
async def tasks(run: Run) -> None:
    await run(fail)


fail = flow.task(Fail("fail"))


@flow.after_execution
async def after_execution(run: Run) -> None:
    await run(onSuccess)
    await run(onFailure)


onSuccess = flow.task(
    SlackIncomingWebhook(
        "onSuccess",
        url="https://hooks.slack.com/services/xxxxx",
        message_text=expr(
            "{{flow.namespace}}.{{flow.id}} finished successfully!",
            lambda v: (
                f"{text(v['flow']['namespace'])}.{text(v['flow']['id'])} finished successfully!"
            ),
        ),
        run_if=expr(
            "{{execution.state == 'SUCCESS'}}", lambda v: v["execution"]["state"] == "SUCCESS"
        ),
    )
)
onFailure = flow.task(
    SlackIncomingWebhook(
        "onFailure",
        url="https://hooks.slack.com/services/xxxxx",
        message_text=expr(
            "Oh no, {{flow.namespace}}.{{flow.id}} failed!!!",
            lambda v: f"Oh no, {text(v['flow']['namespace'])}.{text(v['flow']['id'])} failed!!!",
        ),
        run_if=expr(
            "{{execution.state == 'FAILED'}}", lambda v: v["execution"]["state"] == "FAILED"
        ),
    )
)


flow.source(
    "flow.yaml",
    {
        "fail": "4:5",
        "onSuccess": "7:5",
        "onSuccess.messageText": "11:18",
        "onSuccess.runIf": "8:12",
        "onFailure": "12:5",
        "onFailure.messageText": "16:18",
        "onFailure.runIf": "13:12",
    },
)


if __name__ == "__main__":
    main(flow)
