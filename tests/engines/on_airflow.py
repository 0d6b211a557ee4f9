#!/usr/bin/env python3
"""Run recorded cases on Airflow, by a scheduler in this process: `on_airflow.py OUT.json [FOLDER ...]`."""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

HOME = Path(tempfile.mkdtemp(prefix="airflow-"))
DAGS = HOME / "dags"
DAGS.mkdir()
os.environ.update(
    {
        "AIRFLOW_HOME": str(HOME),
        "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": os.environ.get("LOUD", "CRITICAL"),
    }
)

from cases import Case, corpus, run, run_recorded  # noqa: E402

import flowrt.targets.airflow.runs as airflow_runs  # noqa: E402
from flowrt.inputs.errors import InputError  # noqa: E402


def prepare() -> None:
    """The database of Airflow."""
    from airflow.dag_processing.bundles.manager import DagBundlesManager
    from airflow.utils.db import initdb

    initdb()
    DagBundlesManager().sync_bundles_to_db()


def dags_of(folder: Path, module: str) -> dict[str, Any]:
    """The DAGs of a module in a folder, known to the database."""
    from airflow.dag_processing.dagbag import BundleDagBag, sync_bag_to_db

    for old in DAGS.iterdir():
        shutil.rmtree(old) if old.is_dir() else old.unlink()
    for path in folder.glob("*.py"):
        shutil.copy(path, DAGS / path.name)
    for name, loaded in list(sys.modules.items()):
        if str(getattr(loaded, "__file__", "") or "").startswith(str(DAGS)):
            del sys.modules[name]
    bag = BundleDagBag(dag_folder=DAGS / module, bundle_path=DAGS, bundle_name="dags-folder")
    if bag.import_errors:
        raise RuntimeError(f"import errors: {bag.import_errors}")
    sync_bag_to_db(bag, "dags-folder", None)
    return dict(bag.dags)


def conduct(case: Case, given: dict[str, Any]) -> dict[str, Any]:
    """Run a case once on Airflow; the execution document that its last task has left."""
    options = case.harness.options(given)
    airflow_runs.options_of = lambda: case.harness.options(given)
    Path(options.store or "").mkdir(exist_ok=True)
    dags = dags_of(case.folder, case.module.name)
    dag = dags[case.spec_flow()]
    conf = {
        name: as_value(options.inputs[name], dag.params.get_param(name).schema)
        for name in dag.params
        if name in options.inputs
    }
    return run_of(dags, dag.dag_id, conf)


def run_of(dags: dict[str, Any], dag_id: str, conf: dict[str, Any]) -> dict[str, Any]:
    """Run a DAG once; the execution document that its last task has left. Raises InputError when there is none."""
    from airflow.models.xcom import XComModel
    from airflow.sdk.exceptions import ParamValidationError
    from airflow.utils.session import create_session
    from in_process import Scheduler

    try:
        found = Scheduler(dags).run(dag_id, conf)
    except ParamValidationError as error:
        raise InputError(str(error)) from None
    with create_session() as session:
        rows = (
            session.query(XComModel)
            .filter_by(run_id=found.run_id, dag_id=dag_id, key="execution")
            .all()
        )
        named = {row.task_id: row.value for row in rows}
    text = named.get("verdict", named.get("finish"))
    if text is None:
        raise InputError("the run left no execution")
    return json.loads(text) if isinstance(text, str) else text


def as_value(text: Any, schema: dict[str, Any]) -> Any:
    """An input of a recording, which is a text or a file, as a value of a param."""
    if hasattr(text, "data"):
        return text.name
    kinds = schema.get("type", "string")
    if kinds == "string" or kinds == ["null", "string"] or "enum" in schema:
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def main() -> None:
    out, *folders = sys.argv[1:]
    only = os.environ.get("ONLY", "")
    found = []
    prepare()
    if "LOUD" not in os.environ:
        logging.disable(logging.CRITICAL)
    sys.path.insert(0, str(DAGS))
    with run_recorded.http_server():
        for path in corpus(*map(Path, folders)):
            if not re.search(only, str(path)):
                continue
            outcome = run(path, "airflow", conduct)
            found.append(outcome._asdict() | {"equal": outcome.equal})
            shown = outcome.left_out or ("equal" if outcome.equal else sorted(outcome.problems))
            print(outcome.name, shown, flush=True)
    Path(out).write_text(json.dumps(found, indent=1), "utf-8")
    counted = [each for each in found if not each["left_out"]]
    print(f"{sum(each['equal'] for each in counted)} of {len(counted)} equal")
    shutil.rmtree(HOME, ignore_errors=True)


if __name__ == "__main__":
    main()
