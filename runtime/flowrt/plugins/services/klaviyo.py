"""Klaviyo: campaigns, their messages, and the jobs that count recipients and send. A type says which path has its records."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import STRING, Kind, listing, prop, task_type
from flowrt.model.failures import TaskFailure
from flowrt.plugins.rows import FETCH, FETCH_OUTPUTS, put_out
from flowrt.plugins.services.service import ServiceTask, address
from flowrt.plugins.web import Refused
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Listing, Text

BASE = "https://a.klaviyo.com/api"
REVISION = "2025-10-15"
PAUSE = 1.0
"""Seconds between two requests: Klaviyo takes few of them in a minute."""


class KlaviyoTask(ServiceTask):
    """Get one record for each id."""

    service = "Klaviyo"
    outputs: ClassVar[dict[str, Kind] | None] = FETCH_OUTPUTS
    what: ClassVar[str] = ""
    """What is retrieved, in messages."""
    path: ClassVar[str] = ""
    """Where the records are."""
    below: ClassVar[tuple[str, ...]] = ()
    """Where the wanted one is, below a record."""
    ids: ClassVar[str] = ""
    """The property that has the ids."""

    api_key: Text = prop(STRING)
    base_url: Text = prop(STRING, default=BASE)
    fetch_type: Text = prop(FETCH, default="FETCH")

    def _headers(self, run: RunContext) -> dict[str, str]:
        return {
            "Accept": "application/vnd.api+json",
            "Authorization": f"Klaviyo-API-Key {required_text(run, self.api_key)}",
            "revision": REVISION,
        }

    async def run(self, run: RunContext) -> dict[str, Any]:
        rows: list[Any] = []
        for name in run.listing(getattr(self, self.ids)) or ():
            if rows:
                await run.sleep(PAUSE)
            rows.append(await run.in_thread(partial(self._record, run, name)))
        rows = [row for row in rows if row is not None]
        run.log("INFO", f"Successfully retrieved {len(rows)} {self.what}(s)")
        kind = run.constant(self.fetch_type, FETCH)
        fetched = await run.in_thread(partial(put_out, run, rows, kind))
        return {**fetched, "size": len(rows)}

    def _record(self, run: RunContext, name: str) -> Any:
        url = address(run.text(self.base_url) or BASE, self.path, name, *self.below)
        try:
            found = self._ask(run, "GET", url) or {}
        except Refused as error:
            raise TaskFailure(
                f"Failed to retrieve {self.what} {name}: {error.code} - {error.said}"
            ) from None
        return found.get("data")


class OfCampaigns(KlaviyoTask):
    """What tasks share that are given campaigns."""

    ids = "campaign_ids"

    campaign_ids: Listing = prop(listing(STRING))


class OfMessages(KlaviyoTask):
    """What tasks share that are given messages."""

    path = "campaign-messages"
    ids = "message_ids"

    message_ids: Listing = prop(listing(STRING))


class OfJobs(KlaviyoTask):
    """What tasks share that are given jobs."""

    ids = "job_ids"

    job_ids: Listing = prop(listing(STRING))


@task_type("io.kestra.plugin.klaviyo.campaign.Get")
class KlaviyoCampaignGet(OfCampaigns):
    """Get campaigns."""

    path = "campaigns"
    what = "campaign"


@task_type("io.kestra.plugin.klaviyo.campaign.GetRecipientCount")
class KlaviyoCampaignGetRecipientCount(OfCampaigns):
    """How many would receive campaigns, as Klaviyo has estimated it."""

    path = "campaign-recipient-estimations"
    what = "recipient estimation"


@task_type("io.kestra.plugin.klaviyo.campaign.messages.Get")
class KlaviyoCampaignMessagesGet(OfMessages):
    """Get messages."""

    what = "message"


@task_type("io.kestra.plugin.klaviyo.campaign.messages.GetCampaign")
class KlaviyoCampaignMessagesGetCampaign(OfMessages):
    """Get the campaigns of messages."""

    below = ("campaign",)
    what = "campaign of message"


@task_type("io.kestra.plugin.klaviyo.campaign.messages.GetImages")
class KlaviyoCampaignMessagesGetImages(OfMessages):
    """Get the images of messages."""

    below = ("image",)
    what = "image of message"


@task_type("io.kestra.plugin.klaviyo.jobs.GetRecipient")
class KlaviyoJobsGetRecipient(OfJobs):
    """Get jobs that estimate recipients."""

    path = "campaign-recipient-estimation-jobs"
    what = "recipient estimation job"


@task_type("io.kestra.plugin.klaviyo.jobs.GetSendJob")
class KlaviyoJobsGetSendJob(OfJobs):
    """Get jobs that send campaigns."""

    path = "campaign-send-jobs"
    what = "send job"
