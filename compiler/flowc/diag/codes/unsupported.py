"""FC5xx: what Kestra can do and the compiler cannot."""

from __future__ import annotations

from flowc.diag.codes.base import Code

UNSUPPORTED = (
    Code(
        "FC501",
        "task type that is not supported",
        "There is no class that runs tasks of this type, so the flow is refused before anything runs. `flowc stubs` writes "
        "classes to fill in, `--tasks FILE` gives them to the compiler, and packages can offer types by entry points. With "
        "`--allow-missing` the flow is compiled all the same, and the task fails when it is reached.",
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
    Code(
        "FC503",
        "task class that cannot be loaded",
        "An installed package says that it has a class for this type, but the class cannot be imported.",
        "- id: greet\n  type: com.acme.Greet     # of a package whose module has an error",
    ),
)
