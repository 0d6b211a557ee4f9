"""DynamoDB."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import (
    ANY,
    INTEGER,
    STRING,
    Kind,
    mapping,
    prop,
    task_type,
)
from flowrt.model.failures import TaskFailure
from flowrt.plugins.aws.client import AwsTask
from flowrt.plugins.rows import FETCH, FETCH_OUTPUTS, given_rows, put_out
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Integer, Mapping, Text


def attribute(value: Any) -> dict[str, Any]:
    """A value in the form in which the service takes it."""
    if value is None:
        return {"NULL": True}
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, list):
        return {"SS": [str(each) for each in value]}
    if isinstance(value, dict):
        return {"M": attributes(value)}
    from flowrt.java.printing import text_of

    return {"S": text_of(value)}  # numbers too: the plugin knows no others


def attributes(row: dict[Any, Any]) -> dict[str, Any]:
    """A row in the form in which the service takes it."""
    return {str(key): attribute(value) for key, value in row.items()}


def value(given: dict[str, Any]) -> Any:
    """What the service gives, as a value."""
    ((kind, found),) = given.items()
    if kind == "M":
        return {key: value(each) for key, each in found.items()}
    if kind == "L":
        return [value(each) for each in found]
    if kind == "N":
        return float(found) if "." in found or "e" in found.lower() else int(found)
    if kind == "NULL":
        return None
    if kind == "B":
        from base64 import b64encode

        return b64encode(found).decode()
    return found


def row(item: dict[str, Any]) -> dict[str, Any]:
    """An item as a row."""
    return {key: value(each) for key, each in item.items()}


class DynamoDbTask(AwsTask):
    """What the tasks of DynamoDB share."""

    service: ClassVar[str] = "dynamodb"

    table_name: Text = prop(STRING)


@task_type("io.kestra.plugin.aws.dynamodb.PutItem")
class DynamoDbPutItem(DynamoDbTask):
    """Put an item into a table."""

    item: Any = prop(ANY, default=None)

    def _work(self, run: RunContext, client: Any) -> None:
        items = list(given_rows(run, self.item)) if self.item is not None else []
        if len(items) != 1 or not isinstance(items[0], dict):
            raise TaskFailure("`item` is a map, or its JSON")
        client.put_item(TableName=required_text(run, self.table_name), Item=attributes(items[0]))


class _ByKey(DynamoDbTask):
    key: Mapping | None = prop(mapping(), default=None)

    def _key(self, run: RunContext) -> dict[str, Any]:
        return attributes(run.mapping(self.key) or {})


@task_type("io.kestra.plugin.aws.dynamodb.GetItem")
class DynamoDbGetItem(_ByKey):
    """Get an item of a table."""

    outputs: ClassVar[dict[str, Kind] | None] = {"row": mapping()}

    def _work(self, run: RunContext, client: Any) -> dict[str, Any]:
        found = client.get_item(TableName=required_text(run, self.table_name), Key=self._key(run))
        return {"row": row(found.get("Item") or {})}


@task_type("io.kestra.plugin.aws.dynamodb.DeleteItem")
class DynamoDbDeleteItem(_ByKey):
    """Delete an item of a table."""

    def _work(self, run: RunContext, client: Any) -> None:
        client.delete_item(TableName=required_text(run, self.table_name), Key=self._key(run))


class _Rows(DynamoDbTask):
    outputs: ClassVar[dict[str, Kind] | None] = FETCH_OUTPUTS
    verb: ClassVar[str] = ""

    fetch_type: Text = prop(FETCH, default="STORE")
    limit: Integer | None = prop(INTEGER, default=None)
    filter_expression: Text | None = prop(STRING, default=None)
    expression_attribute_values: Mapping | None = prop(mapping(), default=None)

    def _asked(self, run: RunContext) -> dict[str, Any]:
        asked: dict[str, Any] = {"TableName": required_text(run, self.table_name)}
        condition = run.text(self.filter_expression)
        if condition is not None:
            asked["FilterExpression"] = condition
        values = run.mapping(self.expression_attribute_values)
        if values:
            asked["ExpressionAttributeValues"] = attributes(values)
        return asked

    def _work(self, run: RunContext, client: Any) -> dict[str, Any]:
        most = run.integer(self.limit)

        def rows() -> Iterator[dict[str, Any]]:
            seen = 0
            for page in client.get_paginator(self.verb).paginate(**self._asked(run)):
                for item in page.get("Items") or ():
                    if most is not None and seen >= most:
                        return
                    seen += 1
                    yield row(item)

        return put_out(run, rows(), run.constant(self.fetch_type, FETCH))


@task_type("io.kestra.plugin.aws.dynamodb.Query")
class DynamoDbQuery(_Rows):
    """The items of a table that a condition on its key finds."""

    verb: ClassVar[str] = "query"

    key_condition_expression: Text = prop(STRING)
    expression_attribute_values: Mapping = prop(mapping())

    def _asked(self, run: RunContext) -> dict[str, Any]:
        condition = required_text(run, self.key_condition_expression)
        return {**super()._asked(run), "KeyConditionExpression": condition}


@task_type("io.kestra.plugin.aws.dynamodb.Scan")
class DynamoDbScan(_Rows):
    """All items of a table, or those that a filter lets through."""

    verb: ClassVar[str] = "scan"
