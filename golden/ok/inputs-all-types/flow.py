"""The flow company.team.inputs-all-types.

Compiled by flowc 1.0.0 from flow.yaml (sha256 f62e485e6d77e527).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2", "pyyaml>=6.0.2"]
# ///
from flowrt import DependsOn, Flow, Input, Run, main
from flowrt.expressions import coalesce, expr, text
from flowrt.tasks import Log

flow = Flow(
    id="inputs-all-types",
    namespace="company.team",
    inputs=[
        Input(
            "name",
            "STRING",
            defaults="Ada",
            validator="^[A-Z].*",
            display_name="Your name",
            description="Who is it?",
        ),
        Input("age", "INT", min=0, max=150, defaults=36),
        Input("ratio", "FLOAT", defaults=0.5),
        Input("flag", "BOOLEAN", defaults=True),
        Input(
            "color", "SELECT", values=["red", "green"], defaults="green", allow_custom_value=True
        ),
        Input("many", "MULTISELECT", values=["a", "b", "c"], defaults=["a", "c"]),
        Input("list", "ARRAY", item_type="INT", defaults=[1, 2]),
        Input("day", "DATE", defaults="2024-02-29", after="2020-01-01"),
        Input("moment", "DATETIME", defaults="2024-01-02T03:04:05Z"),
        Input("clock", "TIME", defaults="03:04"),
        Input("span", "DURATION", defaults="PT90S"),
        Input("data", "JSON", defaults='{"a": [1, {"b": null}]}'),
        Input("doc", "YAML", defaults="a: 1"),
        Input("link", "URI", defaults="https://example.com/x?y=1"),
        Input("mail", "EMAIL", defaults="ada@example.com"),
        Input(
            "greeting",
            "STRING",
            defaults=expr(
                "Hello {{ inputs.name }}", lambda v: f"Hello {text(v['inputs']['name'])}"
            ),
            depends_on=DependsOn(
                inputs=["name"],
                condition=expr("{{ inputs.name != '' }}", lambda v: v["inputs"]["name"] != ""),
            ),
        ),
        Input("optional", "STRING", required=False),
        Input("server.port", "INT", defaults=80),
    ],
)


@flow.tasks
async def tasks(run: Run) -> None:
    await run(show)


show = flow.task(
    Log(
        "show",
        message=expr(
            (
                "{{ inputs.greeting }}, {{ inputs.age + 1 }}, {{ inputs.server.port }}, {{ "
                "inputs.optional ?? 'none' }}"
            ),
            lambda v: (
                f"{text(v['inputs']['greeting'])}, {text(v['inputs']['age'] + 1)}, "
                f"{text(v['inputs']['server']['port'])}, "
                f"{text(coalesce(lambda: v['inputs']['optional'], 'none'))}"
            ),
        ),
    )
)


flow.source("flow.yaml", {"show": "23:5", "show.message": "23:62"})


if __name__ == "__main__":
    main(flow)
