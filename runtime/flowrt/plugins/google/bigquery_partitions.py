"""BigQuery: partitions of a table, of a span of time or of numbers, copied and deleted."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import (
    BOOLEAN,
    STRING,
    Kind,
    enum,
    listing,
    prop,
    task_type,
)
from flowrt.model.failures import TaskFailure
from flowrt.plugins.google.bigquery import BigQueryTask
from flowrt.plugins.google.bigquery_tables import CopyJob
from flowrt.plugins.google.operations import part
from flowrt.plugins.stored import Stop
from flowrt.plugins.web import Refused
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Text
    from flowrt.plugins.google.auth import Google

NOT_FOUND = 404
REST = {"HOUR": "0000", "DAY": "000000", "MONTH": "01000000", "YEAR": "0101000000"}
"""What the name of a partition lacks of a date and a time."""
PARTITIONS: dict[str, Kind] = {
    "datasetId": STRING,
    "partitions": listing(STRING),
    "projectId": STRING,
    "table": STRING,
}
_PLAIN = re.compile(r"[\w$:.-]+")


class PartitionTask(BigQueryTask):
    """What the tasks share: a table, and from where to where its partitions are meant."""

    dataset: Text = prop(STRING)
    table: Text = prop(STRING)
    partition_type: Text = prop(enum(*REST, "RANGE"))
    from_: Text = prop(STRING, yaml="from")
    to: Text = prop(STRING)

    def _found(self, run: RunContext, google: Google) -> list[str]:
        """The names of the partitions that are meant. Raises TaskFailure for a span that is none."""
        kind = required_text(run, self.partition_type)
        begin, end = required_text(run, self.from_), required_text(run, self.to)
        names = self._names(run, google)
        if kind == "RANGE":
            try:
                least, most = int(begin), int(end)
            except ValueError:
                raise TaskFailure(
                    f"`from` and `to` are whole numbers, not {begin}, {end}"
                ) from None
            numbers = (each for each in names if re.fullmatch(r"-?\d+", each))
            return [each for each in numbers if least <= int(each) <= most]
        first, last = _local(begin), _local(end)
        dated = ((each, _started(each, kind)) for each in names)
        return [each for each, moment in dated if moment is not None and first <= moment <= last]

    def _names(self, run: RunContext, google: Google) -> Iterator[str]:
        """The names of all partitions."""
        base, stop = self._base(run, google), Stop(run)
        given = (required_text(run, self.dataset), required_text(run, self.table))
        whole = ".".join((self._project(run, google), *given)).replace(".", ":", 1)
        if not _PLAIN.fullmatch(whole):
            raise TaskFailure(f"Invalid table name '{whole}'")
        asked: dict[str, Any] = {
            "query": f"SELECT partition_id FROM [{whole}$__PARTITIONS_SUMMARY__]",
            "useLegacySql": True,
        }
        location = run.text(self.location)
        if location is not None:
            asked["location"] = location
        page = google.ask("POST", f"{base}/queries", json=asked)
        job = page.get("jobReference") or {}
        url = f"{base}/queries/{part(str(job.get('jobId') or '-'))}"
        where = f"&location={part(job['location'])}" if job.get("location") else ""
        while True:
            stop.check()
            for row in page.get("rows") or ():
                yield str(row["f"][0]["v"])
            token = page.get("pageToken")
            if page.get("jobComplete", True) and not token:
                return
            more = f"&pageToken={part(token)}" if token else ""
            page = google.ask("GET", f"{url}?timeoutMs=10000{where}{more}")

    def _outputs(self, run: RunContext, names: list[str]) -> dict[str, Any]:
        return {
            "projectId": run.text(self.project_id),
            "datasetId": required_text(run, self.dataset),
            "table": required_text(run, self.table),
            "partitions": names,
        }


def _local(text: str) -> datetime:
    """A date and a time, whatever its offset. Raises TaskFailure for what is none."""
    from datetime import datetime

    try:
        if "T" not in text:
            raise ValueError
        return datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        raise TaskFailure(f"Text '{text}' could not be parsed as a date and a time") from None


def _started(name: str, kind: str) -> datetime | None:
    """When a partition begins; None for that of rows without a date."""
    from datetime import datetime

    try:
        return datetime.strptime(f"{name}{REST[kind]}", "%Y%m%d%H%M%S")
    except ValueError:
        if name.startswith("__"):
            return None
        raise TaskFailure(f"The partition `{name}` is none of a {kind.lower()}") from None


@task_type("io.kestra.plugin.gcp.bigquery.DeletePartitions")
class BigQueryDeletePartitions(PartitionTask):
    """Delete partitions of a table."""

    outputs: ClassVar[dict[str, Kind] | None] = PARTITIONS

    def _work(self, run: RunContext, google: Google) -> dict[str, Any]:
        names, stop = self._found(run, google), Stop(run)
        run.log("DEBUG", f"Deleting partitions '{names}'")
        run.metric("counter", "size", len(names))
        dataset, name = required_text(run, self.dataset), required_text(run, self.table)
        base = f"{self._base(run, google)}/datasets/{part(dataset)}/tables"
        for each in names:
            stop.check()
            try:
                google.exchange("DELETE", f"{base}/{part(f'{name}${each}')}")
            except Refused as error:
                if error.code != NOT_FOUND:
                    raise
                raise TaskFailure(f"Couldn't find partition '{dataset}.{name}${each}'") from None
        return self._outputs(run, names)


@task_type("io.kestra.plugin.gcp.bigquery.CopyPartitions")
class BigQueryCopyPartitions(PartitionTask, CopyJob):
    """Copy partitions of a table into another one."""

    outputs: ClassVar[dict[str, Kind] | None] = {**PARTITIONS, "jobId": STRING}

    skip_empty: Flag = prop(BOOLEAN, default=False)

    def _work(self, run: RunContext, google: Google) -> dict[str, Any]:
        names, project = self._found(run, google), self._project(run, google)
        run.log("DEBUG", f"Copying partitions '{names}'")
        run.metric("counter", "size", len(names))
        if not names and run.flag(self.skip_empty):
            run.log(
                "INFO",
                "No partitions found in the specified range, skipping copy (skipEmpty=true)",
            )
            return {**self._outputs(run, names), "jobId": None}
        dataset, name = required_text(run, self.dataset), required_text(run, self.table)
        sources = [
            {"projectId": project, "datasetId": dataset, "tableId": f"{name}${each}"}
            for each in names
        ]
        return {**self._outputs(run, names), "jobId": self._copy(run, google, sources)}
