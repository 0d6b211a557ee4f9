"""The flow company.team.serdes_conversions.

Compiled by flowc 1.0.0 from flow.yaml (sha256 68a0cac69f2305d9).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Run, main
from flowrt.expressions import expr, read, ref, text, text_block
from flowrt.plugins.serdes.csv import CsvToIon
from flowrt.plugins.serdes.json import IonToJson, JsonToIon
from flowrt.plugins.serdes.xml import IonToXml
from flowrt.tasks import Log, Write

flow = Flow(id="serdes_conversions", namespace="company.team")


@flow.tasks
async def tasks(run: Run) -> None:
    await run(csv)
    await run(rows)
    await run(json)
    await run(xml)
    await run(show)
    await run(broken)


csv = flow.task(
    Write(
        "csv",
        content=text_block(r"""
            sku;name;price
            a1;"Tea; green";3.50
            b2;Coffee;\N
            """),
    )
)
rows = flow.task(CsvToIon("rows", from_=ref("outputs", "csv", "uri"), field_separator=";"))

# the older name of the type
json = flow.task(IonToJson("json", from_=ref("outputs", "rows", "uri"), new_line=False))

xml = flow.task(IonToXml("xml", from_=ref("outputs", "rows", "uri"), root_name="products"))
show = flow.task(
    Log(
        "show",
        message=[
            expr(
                "{{ outputs.rows.size }} rows: {{ read(outputs.rows.uri) }}",
                lambda v: (
                    f"{text(v['outputs']['rows']['size'])} rows: "
                    f"{text(read(v, v['outputs']['rows']['uri']))}"
                ),
            ),
            expr("{{ read(outputs.json.uri) }}", lambda v: read(v, v["outputs"]["json"]["uri"])),
            expr("{{ read(outputs.xml.uri) }}", lambda v: read(v, v["outputs"]["xml"]["uri"])),
        ],
    )
)
broken = flow.task(JsonToIon("broken", from_=ref("outputs", "xml", "uri"), allow_failure=True))


flow.source(
    "flow.yaml",
    {
        "csv": "4:5",
        "rows": "10:5",
        "rows.from": "12:11",
        "json": "14:5",
        "json.from": "16:11",
        "xml": "19:5",
        "xml.from": "21:11",
        "show": "23:5",
        "show.message": "26:7",
        "broken": "29:5",
        "broken.from": "31:11",
    },
)


if __name__ == "__main__":
    main(flow)
