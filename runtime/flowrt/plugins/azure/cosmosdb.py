"""Cosmos DB: items that are made, deleted and looked for.

A query over all partitions has to be planned and its parts merged by whoever asks, and requests that are too many be sent
again: Azure's library does both.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any, ClassVar

from flowrt import missing, packages
from flowrt.model.declare import (
    ANY,
    BOOLEAN,
    DOUBLE,
    DURATION,
    INTEGER,
    STRING,
    Declared,
    Kind,
    enum,
    listing,
    mapping,
    prop,
    record,
    task_type,
)
from flowrt.model.failures import TaskFailure, reason
from flowrt.plugins.azure.identity import IdentityTask
from flowrt.plugins.stored import Stop
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from collections.abc import Mapping as Headers

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Listing, Mapping, Text
    from flowrt.plugins.azure.identity import Azure

LEVELS = {
    "STRONG": "Strong",
    "BOUNDED_STALENESS": "BoundedStaleness",
    "SESSION": "Session",
    "CONSISTENT_PREFIX": "ConsistentPrefix",
    "EVENTUAL": "Eventual",
}
"""Levels of consistency, and what Cosmos calls them."""
LEVEL = enum(*LEVELS)
PACKAGE = packages.AZURE_COSMOS


class PartitionKeyDefinition(Declared):
    """By which members of an item a container is divided."""

    paths: Listing = prop(listing(STRING))
    kind: Text = prop(enum("HASH", "RANGE", "MULTI_HASH"))
    version: Text = prop(enum("V1", "V2"))


class CosmosTask(IdentityTask):
    """What the tasks share: a container of an account."""

    packages: ClassVar[tuple[str, ...]] = (*IdentityTask.packages, PACKAGE)

    endpoint: Text | None = prop(STRING, default=None)
    connection_string: Text | None = prop(STRING, default=None)
    database_id: Text = prop(STRING)
    container_id: Text = prop(STRING)
    consistency_level: Text = prop(LEVEL, default="SESSION")
    content_response_on_write_enabled: Flag = prop(BOOLEAN, default=True)

    def _work(self, run: RunContext, azure: Azure) -> dict[str, Any]:
        library = missing.load("azure.cosmos", "Cosmos DB", PACKAGE, "azure")
        errors = missing.load("azure.core.exceptions", "Cosmos DB", PACKAGE, "azure")
        database, name = (_name(run, each) for each in (self.database_id, self.container_id))
        try:
            with self._account(run, library.CosmosClient) as account:
                found = account.get_database_client(database).get_container_client(name)
                return self._done(run, found)
        except errors.AzureError as error:
            raise TaskFailure(f"Azure: {reason(error)}") from None

    def _account(self, run: RunContext, client: Any) -> Any:
        """The account as the flow names it. Raises TaskFailure when it does not."""
        whole, endpoint = run.text(self.connection_string), run.text(self.endpoint)
        how = {
            "consistency_level": LEVELS[str(run.constant(self.consistency_level, LEVEL))],
            "no_response_on_write": not run.flag(self.content_response_on_write_enabled, True),
        }
        try:
            if whole is not None:
                return client.from_connection_string(whole, **how)
            if not endpoint:
                raise TaskFailure("Endpoint or ConnectionString needed")
            from flowrt.plugins.entra_machine import MachineCredential

            return client(endpoint, credential=MachineCredential(run, self.token), **how)
        except ValueError as error:
            raise TaskFailure(f"Azure: {reason(error)}") from None

    def _done(self, run: RunContext, container: Any) -> dict[str, Any]:
        raise NotImplementedError


def _name(run: RunContext, given: Any) -> str:
    """A name that stands in an address. Raises TaskFailure for one that would leave its place there."""
    name = required_text(run, given)
    if name in (".", "..") or "/" in name:
        raise TaskFailure(f"`{name}` is no name of Cosmos DB")
    return name


def _plain(value: Any) -> Any:
    """A value as JSON has it, which is all that the library takes."""
    from flowrt.formats.jsonwrite import to_json

    return json.loads(to_json(value))


def _key(item: dict[str, Any], paths: list[Any]) -> Any:
    """The key of the partition in which an item lies."""
    from azure.cosmos.partition_key import NonePartitionKeyValue

    def found(path: str) -> Any:
        value: Any = item
        for step in path.strip("/").split("/"):
            if not isinstance(value, dict) or step.strip('"') not in value:
                return NonePartitionKeyValue
            value = value[step.strip('"')]
        return value

    values = [found(str(each)) for each in paths]
    if len(values) == 1:
        return values[0]
    return [None if each is NonePartitionKeyValue else each for each in values]


class Answered:
    """What Cosmos says of a request beside its body, and how long it took."""

    def __init__(self) -> None:
        self.headers: dict[str, str] = {}
        self._begin = time.monotonic()
        self._took = 0.0

    def __call__(self, headers: Headers[str, Any], *_: Any) -> None:
        self.headers = {str(name): str(value) for name, value in headers.items()}
        self._took = time.monotonic() - self._begin

    def header(self, name: str) -> str | None:
        return next((v for k, v in self.headers.items() if k.lower() == name), None)

    def outputs(self) -> dict[str, Any]:
        """The outputs that all writing tasks have."""
        from flowrt.java.time.duration import iso_duration

        return {
            "activityId": self.header("x-ms-activity-id"),
            "requestCharge": float(self.header("x-ms-request-charge") or 0),
            "sessionToken": self.header("x-ms-session-token"),
            "responseHeaders": self.headers,
            "duration": iso_duration(int(self._took * 1000) * 1_000_000),
        }


_ANSWERED: dict[str, Kind] = {
    "activityId": STRING,
    "requestCharge": DOUBLE,
    "sessionToken": STRING,
    "responseHeaders": mapping(STRING),
    "duration": DURATION,
    "statusCode": INTEGER,
}


class ItemTask(CosmosTask):
    """What tasks of one item share."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        **_ANSWERED,
        "item": mapping(),
        "maxResourceQuota": STRING,
        "currentResourceQuotaUsage": STRING,
        "eTag": STRING,
    }

    item: Mapping = prop(mapping(ANY))

    def _told(self, answered: Answered, code: int, item: Any) -> dict[str, Any]:
        return {
            **answered.outputs(),
            "statusCode": code,
            "item": item or None,
            "maxResourceQuota": answered.header("x-ms-resource-quota"),
            "currentResourceQuotaUsage": answered.header("x-ms-resource-usage"),
            "eTag": answered.header("etag"),
        }


@task_type("io.kestra.plugin.azure.storage.cosmosdb.CreateItem")
class CosmosCreateItem(ItemTask):
    """Make an item."""

    def _done(self, run: RunContext, container: Any) -> dict[str, Any]:
        item = run.mapping(self.item)
        if not item:
            raise TaskFailure("item cannot be empty")
        answered = Answered()
        made = container.create_item(_plain(item), response_hook=answered)
        return self._told(answered, 201, dict(made))


@task_type("io.kestra.plugin.azure.storage.cosmosdb.Delete")
class CosmosDelete(ItemTask):
    """Delete an item; of `item` its id and the members count by which the container is divided."""

    def _done(self, run: RunContext, container: Any) -> dict[str, Any]:
        item = _plain(run.mapping(self.item) or {})
        name = _name(run, item.get("id"))
        paths = container.read()["partitionKey"]["paths"]
        answered = Answered()
        container.delete_item(name, _key(item, paths), response_hook=answered)
        return self._told(answered, 204, None)


@task_type("io.kestra.plugin.azure.storage.cosmosdb.Batch")
class CosmosBatch(CosmosTask):
    """Make items of one partition, all of them or none; whether they were made is an output."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        **_ANSWERED,
        "subStatusCode": INTEGER,
        "errorMessage": STRING,
        "results": listing(mapping()),
        "retryAfterDuration": DURATION,
        "responseLength": INTEGER,
        "successStatusCode": BOOLEAN,
    }

    items: Listing = prop(listing(mapping(ANY)))
    partition_key_value: Text = prop(STRING)

    def _done(self, run: RunContext, container: Any) -> dict[str, Any]:
        from azure.cosmos.exceptions import CosmosBatchOperationError

        key = required_text(run, self.partition_key_value)
        items = run.listing(self.items, ANY)
        if not items:
            raise TaskFailure("items cannot be empty")
        answered = Answered()
        steps = [("create", (_plain(each),)) for each in items]
        code, message = 200, None
        try:
            results = list(container.execute_item_batch(steps, key, response_hook=answered))
        except CosmosBatchOperationError as error:
            answered(error.headers)
            code, message = int(error.status_code), str(error.http_error_message)
            results = error.operation_responses
            run.log("WARN", f"The items were not made: {message}")
        return {
            **answered.outputs(),
            "statusCode": code,
            "subStatusCode": int(answered.header("x-ms-substatus") or 0),
            "errorMessage": message,
            "results": [_result(each) for each in results],
            "retryAfterDuration": _pause(answered.header("x-ms-retry-after-ms")),
            "responseLength": int(answered.header("content-length") or 0),
            "successStatusCode": code == 200,
        }


def _result(found: dict[str, Any]) -> dict[str, Any]:
    """What became of an item of a batch."""
    code = int(found.get("statusCode") or 0)
    return {
        "statusCode": code,
        "subStatusCode": int(found.get("subStatusCode") or 0),
        "requestCharge": float(found.get("requestCharge") or 0),
        "etag": found.get("eTag"),
        "retryAfterDuration": _pause(found.get("retryAfterMilliseconds")),
        "successStatusCode": 200 <= code < 300,
    }


def _pause(milliseconds: Any) -> str:
    from flowrt.java.time.duration import iso_duration

    return iso_duration(int(milliseconds or 0) * 1_000_000)


class QueryOptions(Declared):
    """A query, and where its items lie, if that is known."""

    query: Text = prop(STRING)
    exclude_regions: Listing | None = prop(listing(STRING), default=None)
    partition_key: Mapping | None = prop(mapping(ANY), default=None)
    partition_key_definition: PartitionKeyDefinition | None = prop(
        record(PartitionKeyDefinition), default=None
    )
    feed_range_partition_key: Mapping | None = prop(mapping(ANY), default=None)


def _found(run: RunContext, container: Any, asked: dict[str, Any]) -> list[dict[str, Any]]:
    """The items of a query whose options are rendered. Raises TaskFailure for options that do not go together."""
    query = asked.get("query")
    if not query:
        raise TaskFailure("Missing required query field")
    paths: list[Any] = (asked.get("partitionKeyDefinition") or {}).get("paths") or []
    keys = [asked.get(each) for each in ("partitionKey", "feedRangePartitionKey")]
    given = [each for each in keys if each]
    if paths and len(given) != 1:
        raise TaskFailure(
            "When partitionKeyDefinition is set, exactly one of partitionKey or feedRangePartitionKey must be set"
        )
    if given and not paths:
        raise TaskFailure(
            "PartitionKeyDefinition must be set when partitionKey or feedRangePartitionKey is set"
        )
    how: dict[str, Any] = {"enable_cross_partition_query": True}
    if given:
        how = {"partition_key": _key(_plain(given[0]), paths)}
    if asked.get("excludeRegions"):
        how["excluded_locations"] = [str(each) for each in asked["excludeRegions"]]
    items = container.query_items(str(query), **how)
    return [dict(each) if isinstance(each, dict) else each for each in Stop(run).each(items)]


def _asked(run: RunContext, options: QueryOptions) -> dict[str, Any]:
    """The options of a query, rendered."""
    divided = options.partition_key_definition
    return {
        "query": run.text(options.query),
        "excludeRegions": run.listing(options.exclude_regions),
        "partitionKey": run.mapping(options.partition_key),
        "partitionKeyDefinition": divided and {"paths": run.listing(divided.paths)},
        "feedRangePartitionKey": run.mapping(options.feed_range_partition_key),
    }


@task_type("io.kestra.plugin.azure.storage.cosmosdb.Query")
class CosmosQuery(CosmosTask, QueryOptions):
    """The items that a query finds, in one partition or in all."""

    outputs: ClassVar[dict[str, Kind] | None] = {"queryResults": listing(mapping())}

    def _done(self, run: RunContext, container: Any) -> dict[str, Any]:
        return {"queryResults": _found(run, container, _asked(run, self))}


@task_type("io.kestra.plugin.azure.storage.cosmosdb.Queries")
class CosmosQueries(CosmosTask):
    """The items that each of some queries finds, by their names."""

    outputs: ClassVar[dict[str, Kind] | None] = {"results": mapping(listing(mapping()))}

    queries: Mapping = prop(mapping(record(QueryOptions)))

    def _done(self, run: RunContext, container: Any) -> dict[str, Any]:
        given = self.queries
        asked: dict[str, Any]
        if isinstance(given, dict):
            asked = {str(name): _asked(run, each) for name, each in given.items()}
        else:
            asked = run.mapping(given) or {}
        found = {name: _found(run, container, each) for name, each in asked.items()}
        return {"results": found}
