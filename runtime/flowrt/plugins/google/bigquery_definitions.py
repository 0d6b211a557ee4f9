"""BigQuery: what a table is — its fields, its partitions, its query, its files — in the words of flows and of the interface."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrt.model.failures import TaskFailure

if TYPE_CHECKING:
    from flowrt.model.context import RunContext

FORMATS = {"JSON": "NEWLINE_DELIMITED_JSON"}
"""Formats of files that the interface calls otherwise."""
LEGACY = {
    "INTEGER": "INT64",
    "FLOAT": "FLOAT64",
    "BOOLEAN": "BOOL",
    "RECORD": "STRUCT",
}
"""Types as the interface answers with them, and as standard SQL calls them."""


def _known(**values: Any) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}


def _milliseconds(run: RunContext, text: Any) -> str | None:
    """A duration as the interface takes it."""
    seconds = run.duration(text)
    return None if seconds is None else str(int(seconds * 1000))


def _flag(value: Any) -> bool | None:
    return None if value is None else value is True or value == "true"


def _field(given: dict[str, Any]) -> dict[str, Any]:
    below = given.get("subFields")
    names = (given.get("policyTags") or {}).get("names")
    return _known(
        name=given.get("name"),
        type=given.get("type"),
        mode=given.get("mode"),
        description=given.get("description"),
        fields=[_field(each) for each in below] if below else None,
        policyTags={"names": names} if names else None,
    )


def _schema(given: dict[str, Any] | None) -> dict[str, Any] | None:
    if given is None:
        return None
    return {"fields": [_field(each) for each in given.get("fields") or ()]}


def _standard(run: RunContext, given: dict[str, Any]) -> dict[str, Any]:
    time, numbers = given.get("timePartitioning"), given.get("rangePartitioning")
    span = (numbers or {}).get("range") or {}
    return _known(
        clustering={"fields": given["clustering"]} if given.get("clustering") else None,
        timePartitioning=time
        and _known(
            type=time.get("type"),
            expirationMs=_milliseconds(run, time.get("expiration")),
            field=time.get("field"),
            requirePartitionFilter=_flag(time.get("requirePartitionFilter")),
        ),
        rangePartitioning=numbers
        and {
            "field": numbers.get("field"),
            "range": {key: str(span[key]) for key in ("start", "end", "interval") if key in span},
        },
    )


def _functions(given: list[dict[str, Any]] | None) -> list[dict[str, Any]] | None:
    if given is None:
        return None
    return [
        {"resourceUri" if each.get("type") == "FROM_URI" else "inlineCode": each.get("content")}
        for each in given
    ]


def asked(run: RunContext, given: dict[str, Any]) -> dict[str, Any]:
    """A definition of a flow, rendered, as the interface takes it. Raises TaskFailure for a kind that cannot be made."""
    kind, schema = given.get("type") or "TABLE", _schema(given.get("schema"))
    if kind == "TABLE":
        return _known(schema=schema, **_standard(run, given.get("standardTableDefinition") or {}))
    if kind == "VIEW":
        view = given.get("viewDefinition") or {}
        functions = _functions(view.get("viewUserDefinedFunctions"))
        return {
            "view": _known(
                query=view.get("query"),
                useLegacySql=False,
                userDefinedFunctionResources=functions,
            )
        }
    if kind == "MATERIALIZED_VIEW":
        view = given.get("materializedViewDefinition") or {}
        return {
            "materializedView": _known(
                query=view.get("query"),
                enableRefresh=_flag(view.get("enableRefresh")),
                refreshIntervalMs=_milliseconds(run, view.get("refreshInterval")),
            )
        }
    if kind == "EXTERNAL":
        files = given.get("externalTableDefinition") or {}
        form = str(files.get("formatType"))
        return {
            "externalDataConfiguration": _known(
                sourceUris=files.get("sourceUris"),
                sourceFormat=FORMATS.get(form, form),
                autodetect=_flag(files.get("autodetect")),
                compression=files.get("compression"),
                ignoreUnknownValues=_flag(files.get("ignoreUnknownValues")),
                maxBadRecords=files.get("maxBadRecords"),
                schema=schema,
            )
        }
    raise TaskFailure(f"A table of the type {kind} cannot be made")


# ---- answers --------------------------------------------------------------------------------------------------------


def _whole(text: Any) -> int | None:
    return None if text is None else int(text)


def moment(milliseconds: Any) -> str | None:
    """A point on the time line that the interface counts in milliseconds."""
    from flowrt.java.printing import text_of
    from flowrt.java.time.temporal import Instant

    return None if milliseconds is None else text_of(Instant(int(milliseconds) * 1_000_000))


def _span(milliseconds: Any) -> str | None:
    """A duration in milliseconds as ISO text."""
    from flowrt.java.time.duration import iso_duration

    return None if milliseconds is None else iso_duration(int(milliseconds) * 1_000_000)


def _field_told(found: dict[str, Any]) -> dict[str, Any]:
    kind, below = found.get("type", ""), found.get("fields")
    names = (found.get("policyTags") or {}).get("names")
    return {
        "name": found.get("name"),
        "type": LEGACY.get(kind, kind),
        "subFields": [_field_told(each) for each in below] if below else None,
        "mode": found.get("mode"),
        "description": found.get("description"),
        "policyTags": {"names": names} if names else None,
    }


def _standard_told(found: dict[str, Any]) -> dict[str, Any]:
    time, numbers = found.get("timePartitioning"), found.get("rangePartitioning")
    buffer = found.get("streamingBuffer")
    return _known(
        clustering=(found.get("clustering") or {}).get("fields"),
        timePartitioning=time
        and {
            "type": time.get("type"),
            "expiration": _span(time.get("expirationMs")),
            "field": time.get("field"),
            "requirePartitionFilter": time.get("requirePartitionFilter"),
        },
        rangePartitioning=numbers
        and {
            "field": numbers.get("field"),
            "range": {key: _whole(value) for key, value in (numbers.get("range") or {}).items()},
        },
        streamingBuffer=buffer,
    )


def _functions_told(found: list[dict[str, Any]] | None) -> list[dict[str, Any]] | None:
    if found is None:
        return None
    return [
        (
            {"type": "FROM_URI", "content": each["resourceUri"]}
            if "resourceUri" in each
            else {"type": "INLINE", "content": each.get("inlineCode")}
        )
        for each in found
    ]


def told(found: dict[str, Any]) -> dict[str, Any]:
    """The definition of a table that the interface answers with, as outputs show it."""
    kind = found.get("type", "TABLE")
    definition: dict[str, Any] = {"type": kind}
    if found.get("schema") is not None:
        fields = found["schema"].get("fields") or ()
        definition["schema"] = {"fields": [_field_told(each) for each in fields]}
    if kind == "TABLE":
        definition["standardTableDefinition"] = _standard_told(found)
    elif kind == "VIEW":
        view = found.get("view") or {}
        definition["viewDefinition"] = {
            "query": view.get("query"),
            "viewUserDefinedFunctions": _functions_told(view.get("userDefinedFunctionResources")),
        }
    elif kind == "MATERIALIZED_VIEW":
        view = found.get("materializedView") or {}
        definition["materializedViewDefinition"] = {
            "lastRefreshDate": moment(view.get("lastRefreshTime")),
            "query": view.get("query"),
            "enableRefresh": view.get("enableRefresh"),
            "refreshInterval": _span(view.get("refreshIntervalMs")),
        }
    elif kind == "EXTERNAL":
        files = found.get("externalDataConfiguration") or {}
        formats = {value: key for key, value in FORMATS.items()}
        form = str(files.get("sourceFormat"))
        definition["externalTableDefinition"] = {
            "sourceUris": files.get("sourceUris"),
            "formatType": formats.get(form, form),
            "autodetect": files.get("autodetect"),
            "compression": files.get("compression"),
            "maxBadRecords": files.get("maxBadRecords"),
            "ignoreUnknownValues": files.get("ignoreUnknownValues"),
        }
    return definition


def described(found: dict[str, Any]) -> dict[str, Any]:
    """A table as outputs show it."""
    reference = found.get("tableReference") or {}
    key = found.get("encryptionConfiguration")
    return {
        "projectId": reference.get("projectId"),
        "datasetId": reference.get("datasetId"),
        "table": reference.get("tableId"),
        "etag": found.get("etag"),
        "generatedId": found.get("id"),
        "selfLink": found.get("selfLink"),
        "friendlyName": found.get("friendlyName"),
        "description": found.get("description"),
        "creationTime": moment(found.get("creationTime")),
        "expirationTime": moment(found.get("expirationTime")),
        "lastModifiedTime": moment(found.get("lastModifiedTime")),
        "numBytes": _whole(found.get("numBytes")),
        "numLongTermBytes": _whole(found.get("numLongTermBytes")),
        "numRows": _whole(found.get("numRows")),
        "definition": told(found),
        "encryptionConfiguration": key and {"kmsKeyName": key.get("kmsKeyName")},
        "labels": found.get("labels"),
        "requirePartitionFilter": found.get("requirePartitionFilter"),
    }
