"""FC5xx: what Kestra can do and the compiler cannot."""

from __future__ import annotations

from flowc.diag.codes.base import Code

UNSUPPORTED = (
    Code(
        "FC501",
        "task type that is not supported",
        "The compiler has no runtime class for this type of task, so it cannot compile the flow. What it cannot do "
        "faithfully it refuses, before anything runs.",
        "- id: q\n  type: io.kestra.plugin.gcp.bigquery.Query\n  sql: SELECT 1",
    ),
    Code(
        "FC502",
        "property without effect in a single process",
        "Scripts run as processes of the machine that runs the program: container images, Docker options, task runners of "
        "other places and a wish for another Python have no effect. What the script needs must be installed there.",
        "- id: load\n  type: io.kestra.plugin.scripts.python.Script\n  containerImage: python:3.12-slim\n"
        "  script: print(1)",
        warning=True,
    ),
)
