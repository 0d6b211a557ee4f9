"""The flow company.team.expressions.

Compiled by flowc 1.0.0 from flow.yaml (sha256 a680a58c85be0314).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Input, Run
from flowrt.expr.attributes import member
from flowrt.expr.context import Context, assign, each, scoped
from flowrt.expr.filters_list import join, sort
from flowrt.expr.filters_text import upper
from flowrt.expr.ops import coalesce, concat, condition, mul, not_
from flowrt.expr.pieces import Pieces
from flowrt.expr.printing import text
from flowrt.expr.template import expr
from flowrt.java.values import Long
from flowrt.tasks.debug import Return
from flowrt.tasks.log import Log
from flowrt.tasks.output import OutputValues

flow = Flow(
    id="expressions",
    namespace="company.team",
    inputs=[Input("n", "INT", defaults=4), Input("name", "STRING", defaults="flow")],
    variables={"list": [3, 1, 2]},
)


def texts_message(v: Context) -> Pieces:
    v = scoped(v)
    out = Pieces()
    for _ in each(v, "i", v["vars"]["list"]):
        out.print(v["i"])
        if condition(not_(v["loop"]["last"])):
            out.write(", ")
    return out


def texts_message_2(v: Context) -> Pieces:
    v = scoped(v)
    out = Pieces()
    assign(v, "total", mul(v["inputs"]["n"], Long(2)))
    out.print(v["total"])
    out.write(" ")
    out.print(join(sort(v["vars"]["list"]), "-"))
    return out


texts = flow.task(
    Log(
        "texts",
        message=[
            expr(
                "{{ inputs.name | upper }} has {{ inputs.n }}",
                lambda v: f"{text(upper(v['inputs']['name']))} has {v['inputs']['n']}",
            ),
            expr(
                "{{ inputs.n > 3 ? 'more' : 'less' }} {{ missing ?? 'nothing' }}",
                lambda v: (
                    f"{text('more' if v['inputs']['n'] > 3 else 'less')} "
                    f"{text(coalesce(lambda: v['missing'], 'nothing'))}"
                ),
            ),
            expr(
                "{% for i in vars.list %}{{ i }}{% if not loop.last %}, {% endif %}{% endfor %}",
                texts_message,
            ),
            expr(
                '{% set total = inputs.n * 2 %}{{ total }} {{ vars.list | sort | join("-") }}',
                texts_message_2,
            ),
            "plain {text} with braces",
            expr(
                "several lines\nof {{ inputs.name }}: {{ inputs.n ~ '!' }}\n",
                lambda v: (
                    f"several lines\n"
                    f"of {v['inputs']['name']}: {text(concat(v['inputs']['n'], '!'))}\n"
                ),
                lines=(2, 2),
            ),
        ],
    )
)
values = flow.task(
    OutputValues(
        "values",
        values={
            expr("{{ inputs.name }}_key", lambda v: f"{v['inputs']['name']}_key"): expr(
                "{{ vars.list }}", lambda v: v["vars"]["list"]
            ),
            "nested": [1, True, None, expr("{{ inputs.n + 1 }}", lambda v: v["inputs"]["n"] + 1)],
        },
    )
)
back = flow.task(
    Return(
        "back",
        format=expr(
            "{{ outputs.values.values.nested[3] }}",
            lambda v: member(v["outputs"]["values"]["values"]["nested"], 3),
        ),
    )
)


@flow.tasks
async def tasks(run: Run) -> None:
    await run(texts)
    await run(values)
    await run(back)


flow.source(
    "flow.yaml",
    {
        "texts": "9:5",
        "texts.message": "12:7",
        "values": "20:5",
        "values.values": "23:7",
        "back": "25:5",
        "back.format": "25:66",
    },
)


if __name__ == "__main__":
    flow.main()
