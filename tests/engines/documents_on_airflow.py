#!/usr/bin/env python3
"""Run flows on Airflow, by a scheduler in this process: `documents_on_airflow.py OUT.json FOLDER ...`.

Each folder holds a module `flow.py`, with what belongs to it. The answer is a list of the execution documents; of a run
that leaves none, the reason.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from on_airflow import DAGS, HOME, dags_of, prepare, run_of

from flowrt.inputs.errors import InputError


def document(folder: Path) -> Any:
    """What a run of a module leaves: its execution document, or why there is none."""
    os.environ["FLOWRT_STORE"] = tempfile.mkdtemp(dir=HOME)
    dags = dags_of(folder, "flow.py")
    # the bodies of its loops are named after the flow
    dag_id = min(dags, key=len)
    try:
        return run_of(dags, dag_id, {})
    except InputError as error:
        return str(error)


def main() -> None:
    out, *folders = sys.argv[1:]
    prepare()
    if "LOUD" not in os.environ:
        logging.disable(logging.CRITICAL)
    sys.path.insert(0, str(DAGS))
    Path(out).write_text(json.dumps([document(Path(each)) for each in folders]), "utf-8")
    shutil.rmtree(HOME, ignore_errors=True)


if __name__ == "__main__":
    main()
