"""Modules that stand beside a DAG file: programs of flows that its steps start, classes of its own tasks."""

from __future__ import annotations

import sys
from os.path import abspath, dirname


def find_beside(file: str) -> None:
    """Let a DAG file import what stands beside it: Airflow looks at the root of its folder alone.

    What is installed, or stands at the root, comes first.
    """
    folder = dirname(abspath(file))
    if folder not in sys.path:
        sys.path.append(folder)
