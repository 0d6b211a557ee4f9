"""What jobs of Databricks run: each record as the interface takes it, property by property."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrt.formats.jsonread import parse_json
from flowrt.java.values import class_name
from flowrt.model.declare import (
    ANY,
    BOOLEAN,
    INTEGER,
    STRING,
    Declared,
    listing,
    prop,
    record,
)
from flowrt.model.failures import TaskFailure, reason

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Listing, Text


class Package(Declared):
    """A package of a registry."""

    package_: Text | None = prop(STRING, default=None, yaml="_package")
    repo: Text | None = prop(STRING, default=None)


class Maven(Declared):
    """A package of Maven."""

    coordinates: Text | None = prop(STRING, default=None)
    exclusions: Listing | None = prop(listing(STRING), default=None)
    repo: Text | None = prop(STRING, default=None)


class Library(Declared):
    """What a task needs."""

    cran: Package | None = prop(record(Package), default=None)
    egg: Text | None = prop(STRING, default=None)
    jar: Text | None = prop(STRING, default=None)
    maven: Maven | None = prop(record(Maven), default=None)
    pypi: Package | None = prop(record(Package), default=None)
    whl: Text | None = prop(STRING, default=None)


class NotebookTask(Declared):
    """A notebook."""

    notebook_path: Text | None = prop(STRING, default=None)
    source: Text | None = prop(STRING, default=None)
    base_parameters: Any = prop(ANY, default=None)


class DbtTask(Declared):
    """Commands of dbt."""

    catalog: Text | None = prop(STRING, default=None)
    commands: Listing | None = prop(listing(STRING), default=None)
    schema: Text | None = prop(STRING, default=None)
    warehouse_id: Text | None = prop(STRING, default=None)


class SparkSubmitTask(Declared):
    """What `spark-submit` is given."""

    parameters: Any = prop(ANY, default=None)


class SqlTask(Declared):
    """A query that is kept."""

    query_id: Text | None = prop(STRING, default=None)
    warehouse_id: Text | None = prop(STRING, default=None)
    parameters: Any = prop(ANY, default=None)


class SparkJarTask(Declared):
    """A class of Java."""

    jar_uri: Text | None = prop(STRING, default=None)
    main_class_name: Text | None = prop(STRING, default=None)
    parameters: Any = prop(ANY, default=None)


class SparkPythonTask(Declared):
    """A file of Python."""

    python_file: Text = prop(STRING)
    spark_python_task_source: Text = prop(STRING)
    parameters: Any = prop(ANY, default=None)


class PythonWheelTask(Declared):
    """A package of Python."""

    entry_point: Text | None = prop(STRING, default=None)
    package_name: Text | None = prop(STRING, default=None)
    named_parameters: Any = prop(ANY, default=None)
    parameters: Any = prop(ANY, default=None)


class PipelineTask(Declared):
    """A pipeline."""

    pipeline_id: Text | None = prop(STRING, default=None)
    full_refresh: Flag | None = prop(BOOLEAN, default=None)


class RunJobTask(Declared):
    """Another job."""

    job_id: Text | None = prop(STRING, default=None)
    job_parameters: Any = prop(ANY, default=None)


class RunTask(Declared):
    """A task of a run."""

    existing_cluster_id: Text | None = prop(STRING, default=None)
    task_key: Text | None = prop(STRING, default=None)
    timeout_seconds: Integer | None = prop(INTEGER, default=None)
    notebook_task: NotebookTask | None = prop(record(NotebookTask), default=None)
    spark_submit_task: SparkSubmitTask | None = prop(record(SparkSubmitTask), default=None)
    spark_jar_task: SparkJarTask | None = prop(record(SparkJarTask), default=None)
    spark_python_task: SparkPythonTask | None = prop(record(SparkPythonTask), default=None)
    python_wheel_task: PythonWheelTask | None = prop(record(PythonWheelTask), default=None)
    pipeline_task: PipelineTask | None = prop(record(PipelineTask), default=None)
    run_job_task: RunJobTask | None = prop(record(RunJobTask), default=None)
    depends_on: Listing | None = prop(listing(STRING), default=None)
    libraries: list[Library] | None = prop(listing(record(Library)), default=None)


class JobTask(RunTask):
    """A task of a job."""

    description: Text | None = prop(STRING, default=None)
    dbt_task: DbtTask | None = prop(record(DbtTask), default=None)
    sql_task: SqlTask | None = prop(record(SqlTask), default=None)


MAPS = ("base_parameters", "job_parameters", "named_parameters")
"""Parameters by name."""


def asked(run: RunContext, given: Declared) -> dict[str, Any]:
    """A record as the interface takes it: the names are the same, but for a few."""
    found: dict[str, Any] = {}
    for attribute, declared in type(given).properties.items():
        value = _rendered(run, getattr(given, attribute), declared.kind)
        if value is not None:
            found[attribute.strip("_")] = value
    for key in found.keys() & {"parameters", *MAPS}:
        found[key] = _parameters(found[key], key in MAPS or isinstance(given, SqlTask))
    if "spark_python_task_source" in found:
        found["source"] = found.pop("spark_python_task_source")
    if "query_id" in found:
        found["query"] = {"query_id": found.pop("query_id")}
    if "depends_on" in found:
        found["depends_on"] = [{"task_key": key} for key in found["depends_on"]]
    if "job_id" in found and str(found["job_id"]).isdecimal():
        found["job_id"] = int(found["job_id"])
    return found


def _rendered(run: RunContext, value: Any, kind: Any) -> Any:
    if value is None:
        return None
    if isinstance(value, Declared):
        return asked(run, value)
    if kind.name == "list":
        if kind.item.name == "record":
            return [asked(run, each) for each in value]
        return run.listing(value)
    if kind.name == "integer":
        return run.integer(value)
    if kind.name == "boolean":
        return run.flag(value)
    return run.structure(value) if kind.name == "any" else run.text(value)


def _parameters(given: Any, named: bool) -> Any:
    """Parameters by name or one after the other, also as the text of JSON. Raises TaskFailure for anything else."""
    from flowrt.java.printing import text_of

    if isinstance(given, str):
        try:
            given = parse_json(given)
        except Exception as error:
            raise TaskFailure(f"Invalid parameters: {reason(error)}") from None
    if named and isinstance(given, dict):
        return {str(key): text_of(value) for key, value in given.items()}
    if isinstance(given, list) and not named:
        return [text_of(each) for each in given]
    raise TaskFailure(f"Invalid parameters type '{class_name(given)}'")
