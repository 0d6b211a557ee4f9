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
        "class that is not supported",
        "A property names a class (a task runner, for example) that the compiler has no counterpart of.",
        "taskRunner:\n  type: io.kestra.plugin.ee.aws.runner.Batch",
    ),
)
