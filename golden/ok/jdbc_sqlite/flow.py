"""The flow company.team.jdbc_sqlite.

Compiled by flowc 1.0.0 from flow.yaml (sha256 d808fb834f018bac).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Input, Run, main
from flowrt.expressions import expr, member, read, ref, text, text_block
from flowrt.plugins.jdbc.sqlite import SqliteQueries, SqliteQuery
from flowrt.plugins.serdes.csv import IonToCsv
from flowrt.tasks import Log

flow = Flow(
    id="jdbc_sqlite",
    namespace="company.team",
    inputs=[Input("country", "STRING", defaults="O'Land")],
)


@flow.tasks
async def tasks(run: Run) -> None:
    await run(fill)
    await run(ask)
    await run(rows)
    await run(csv)
    await run(show)
    await run(broken)


fill = flow.task(
    SqliteQueries(
        "fill",
        sql=text_block("""
            CREATE TABLE orders (id INTEGER PRIMARY KEY, country TEXT, price REAL, placed DATE);
            INSERT INTO orders VALUES (1, 'O''Land', 9.5, '2024-01-02'), (2, 'Elsewhere; not', 3, ↩
            NULL);
            SELECT count(*) AS n FROM orders;
            """),
        fetch_type="FETCH_ONE",
        output_db_file=True,
    )
)
ask = flow.task(
    SqliteQuery(
        "ask",
        sqlite_file=ref("outputs", "fill", "databaseUri"),
        sql="SELECT id, price, placed FROM orders WHERE country = :country",
        parameters={"country": ref("inputs", "country")},
        fetch_type="FETCH",
    )
)
rows = flow.task(
    SqliteQuery(
        "rows",
        sqlite_file=ref("outputs", "fill", "databaseUri"),
        sql="SELECT * FROM orders ORDER BY id",
        store=True,
    )
)
csv = flow.task(IonToCsv("csv", from_=ref("outputs", "rows", "uri")))
show = flow.task(
    Log(
        "show",
        message=[
            expr(
                "{{ outputs.fill.outputs[0].row.n }} orders, {{ outputs.ask.rows }}",
                lambda v: (
                    f"{text(member(v['outputs']['fill']['outputs'], 0)['row']['n'])} orders, "
                    f"{text(v['outputs']['ask']['rows'])}"
                ),
            ),
            expr("{{ read(outputs.csv.uri) }}", lambda v: read(v, v["outputs"]["csv"]["uri"])),
        ],
    )
)
broken = flow.task(SqliteQuery("broken", sql="SELECT * FROM nowhere"))


flow.source(
    "flow.yaml",
    {
        "fill": "8:5",
        "ask": "16:5",
        "ask.sqliteFile": "18:17",
        "ask.parameters": "21:7",
        "rows": "23:5",
        "rows.sqliteFile": "25:17",
        "csv": "28:5",
        "csv.from": "30:11",
        "show": "31:5",
        "show.message": "34:7",
        "broken": "36:5",
    },
)


if __name__ == "__main__":
    main(flow)
