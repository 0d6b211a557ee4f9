"""The flow company.team.expressions.

Compiled by flowc 1.0.0 from flow.yaml (sha256 a680a58c85be0314).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Input, Run, main
from flowrt.expressions import (
    Context,
    Long,
    Pieces,
    assign,
    coalesce,
    concat,
    condition,
    each,
    expr,
    join,
    member,
    mul,
    not_,
    ref,
    scoped,
    sort,
    template,
    text,
    upper,
)
from flowrt.tasks import Log, OutputValues, Return

flow = Flow(
    id="expressions",
    namespace="company.team",
    inputs=[Input("n", "INT", defaults=4), Input("name", "STRING", defaults="flow")],
    variables={"list": [3, 1, 2]},
)


@flow.tasks
async def tasks(run: Run) -> None:
    await run(texts)
    await run(values)
    await run(back)


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
            template(
                """
                several lines
                of {{ inputs.name }}: {{ inputs.n ~ '!' }}
                """,
                lambda v: v["inputs"]["name"],
                lambda v: concat(v["inputs"]["n"], "!"),
                lines=(2, 2),
            ),
        ],
    )
)
values = flow.task(
    OutputValues(
        "values",
        values={
            expr("{{ inputs.name }}_key", lambda v: f"{v['inputs']['name']}_key"): ref(
                "vars", "list"
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
    main(flow)
