"""Apify: runs of actors and tasks, and the items that they gather."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote

from flowrt.model.declare import (
    BOOLEAN,
    DOUBLE,
    DURATION,
    INTEGER,
    STRING,
    URI,
    Kind,
    enum,
    listing,
    mapping,
    prop,
    task_type,
)
from flowrt.model.failures import TaskFailure
from flowrt.plugins.services.service import OptionsTask, address, bearer, until
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Listing, Mapping, Number, Text

BASE = "https://api.apify.com/v2"
MEMORY = enum(*(f"MB_{128 << power}" for power in range(9)))
FORMATS = enum("JSON", "JSONL", "XML", "CSV", "XLSX", "RSS")
LONGEST_WAIT = 300.0
"""Seconds that a dataset without items is waited for."""
RUN_OUTPUTS: dict[str, Kind] = {
    **dict.fromkeys(
        (
            *("id", "actId", "actorTaskId", "startedAt", "finishedAt", "status", "buildId"),
            *("buildNumber", "defaultKeyValueStoreId", "defaultDatasetId"),
            *("defaultRequestQueueId", "usageTotalUsd", "userId", "statusMessage"),
            *("containerUrl", "gitBranchName", "generalAccess"),
        ),
        STRING,
    ),
    **dict.fromkeys(
        ("meta", "stats", "options", "usage", "usageUsd", "pricingInfo", "chargedEventCounts"),
        mapping(),
    ),
    "exitCode": DOUBLE,
    "isContainerServerReady": BOOLEAN,
}


class ApifyTask(OptionsTask):
    """What the tasks share."""

    service = "Apify"

    api_token: Text = prop(STRING)

    def _headers(self, run: RunContext) -> dict[str, str]:
        return {**bearer(run, self.api_token), "x-apify-integration-platform": "kestra"}

    def _found(self, run: RunContext, method: str, url: str, **how: Any) -> dict[str, Any]:
        """The run that an answer is about."""
        found = self._ask(run, method, url, **how)["data"]
        return {name: found[name] for name in RUN_OUTPUTS if name in found}


class ApifyRunTask(ApifyTask):
    """What tasks that start a run share."""

    outputs: ClassVar[dict[str, Kind] | None] = RUN_OUTPUTS

    input: Mapping | None = prop(mapping(), default=None)
    request_timeout: Number | None = prop(DOUBLE, default=None)
    memory: Text | None = prop(MEMORY, default=None)
    max_items: Integer | None = prop(INTEGER, default=None)
    max_total_charge_usd: Number | None = prop(DOUBLE, default=None)
    build: Text | None = prop(STRING, default=None)
    wait_for_finish: Integer | None = prop(INTEGER, default=None)
    webhooks: Text | None = prop(STRING, default=None)

    def _start(self, run: RunContext, kind: str, name: str) -> dict[str, Any]:
        memory = run.constant(self.memory, MEMORY)
        url = address(
            BASE,
            kind,
            name.replace("/", "~", 1),
            "runs",
            build=run.text(self.build),
            maxItems=run.integer(self.max_items),
            maxTotalChargeUsd=run.double(self.max_total_charge_usd),
            memory=memory.removeprefix("MB_") if memory else None,
            timeout=run.double(self.request_timeout),
            waitForFinish=run.integer(self.wait_for_finish),
            webhooks=run.text(self.webhooks),
        )
        return self._found(run, "POST", url, json=run.mapping(self.input) or {})


@task_type("io.kestra.plugin.apify.actor.Run")
class ApifyActorRun(ApifyRunTask):
    """Start an actor."""

    actor_id: Text = prop(STRING)

    def _work(self, run: RunContext) -> dict[str, Any]:
        return self._start(run, "acts", required_text(run, self.actor_id))


@task_type("io.kestra.plugin.apify.task.Run")
class ApifyTaskRun(ApifyRunTask):
    """Start a task: an actor with its input."""

    task_id: Text = prop(STRING)

    def _work(self, run: RunContext) -> dict[str, Any]:
        return self._start(run, "actor-tasks", required_text(run, self.task_id))


@task_type("io.kestra.plugin.apify.dataset.GetLastRun")
class ApifyDatasetGetLastRun(ApifyTask):
    """The last run of an actor."""

    outputs: ClassVar[dict[str, Kind] | None] = RUN_OUTPUTS

    actor_id: Text = prop(STRING)

    def _work(self, run: RunContext) -> dict[str, Any]:
        name = required_text(run, self.actor_id).replace("/", "~", 1)
        return self._found(run, "GET", address(BASE, "acts", name, "runs", "last"))


class ApifyDatasetTask(ApifyTask):
    """What tasks that read a dataset share."""

    default_timeout_duration: Text = prop(
        DURATION, default="PT300S", yaml="DEFAULT_TIMEOUT_DURATION", ignored=True
    )
    default_max_interval_duration: Text = prop(
        DURATION, default="PT32S", yaml="DEFAULT_MAX_INTERVAL_DURATION", ignored=True
    )
    dataset_id: Text = prop(STRING)
    clean: Flag = prop(BOOLEAN, default=True)
    offset: Integer = prop(INTEGER, default=0)
    limit: Integer = prop(INTEGER, default=1000)
    fields: Listing | None = prop(listing(STRING), default=None)
    omit: Listing | None = prop(listing(STRING), default=None)
    unwind: Listing | None = prop(listing(STRING), default=None)
    flatten: Flag = prop(BOOLEAN, default=False)
    sort: Text = prop(enum("ASC", "DESC"), default="ASC")
    skip_empty: Flag = prop(BOOLEAN, default=True)
    skip_failed_pages: Flag = prop(BOOLEAN, default=False)
    view: Text | None = prop(STRING, default=None)
    skip_hidden: Flag = prop(BOOLEAN, default=False)
    simplified: Flag = prop(BOOLEAN, default=False)

    def _url(self, run: RunContext, **more: Any) -> str:
        def yes(value: Flag, default: bool = False) -> str:
            return str(run.flag(value, default)).lower()

        def many(value: Listing | None) -> str | None:
            return ",".join(run.listing(value) or ()) or None

        return address(
            f"{BASE}/datasets/{quote(required_text(run, self.dataset_id), safe='~')}/items",
            clean=yes(self.clean, True),
            desc=str(run.text(self.sort) == "DESC").lower(),
            fields=many(self.fields),
            flatten=yes(self.flatten),
            limit=run.integer(self.limit),
            offset=run.integer(self.offset),
            omit=many(self.omit),
            simplified=yes(self.simplified),
            skipEmpty=yes(self.skip_empty, True),
            skipFailedPages=yes(self.skip_failed_pages),
            skipHidden=yes(self.skip_hidden),
            unwind=many(self.unwind),
            view=run.text(self.view),
            **more,
        )

    async def run(self, run: RunContext) -> dict[str, Any]:
        """A dataset fills while its actor runs: one without items is asked again."""
        try:
            return await until(run, lambda: self._work(run), 2.0, f"PT{LONGEST_WAIT:g}S")
        except TaskFailure as error:
            if not str(error).startswith("Await failed"):
                raise
            raise TaskFailure(
                "Timeout reached before dataset was available, please try again later or "
                "increase the timeout duration of the task."
            ) from None


@task_type("io.kestra.plugin.apify.dataset.Get")
class ApifyDatasetGet(ApifyDatasetTask):
    """The items of a dataset."""

    outputs: ClassVar[dict[str, Kind] | None] = {"dataset": listing(mapping())}

    def _work(self, run: RunContext) -> dict[str, Any] | None:
        found = self._ask(run, "GET", self._url(run))
        return {"dataset": found} if found else None


@task_type("io.kestra.plugin.apify.dataset.Save")
class ApifyDatasetSave(ApifyDatasetTask):
    """Take a dataset into the storage, as a file of a format."""

    outputs: ClassVar[dict[str, Kind] | None] = {"path": URI}

    format: Text = prop(FORMATS, default="JSON")
    delimiter: Text = prop(STRING, default=",")
    bom: Flag | None = prop(BOOLEAN, default=None)
    xml_root: Text = prop(STRING, default="items")
    xml_row: Text = prop(STRING, default="item")
    skip_header_row: Flag = prop(BOOLEAN, default=False)

    def _work(self, run: RunContext) -> dict[str, Any] | None:
        kind = str(run.constant(self.format, FORMATS)).lower()
        url = self._url(
            run,
            format=kind,
            delimiter=run.text(self.delimiter),
            xmlRoot=run.text(self.xml_root),
            xmlRow=run.text(self.xml_row),
            skipHeaderRow=str(run.flag(self.skip_header_row)).lower(),
            bom=None if self.bom is None else str(run.flag(self.bom)).lower(),
        )
        body = self._exchange(run, "GET", url).body or b""
        return None if body == b"[]" else {"path": run.put_file(body, f"dataset.{kind}")}
