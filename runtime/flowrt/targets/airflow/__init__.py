"""Flows on Airflow 3. Generated modules import the names below."""

from __future__ import annotations

from flowrt.targets.airflow.blocks import Choice, Group, Join, Values
from flowrt.targets.airflow.definition import Definition
from flowrt.targets.airflow.ends import Finish, Verdict
from flowrt.targets.airflow.steps import Handler, Step

__all__ = [
    "Choice",
    "Definition",
    "Finish",
    "Group",
    "Handler",
    "Join",
    "Step",
    "Values",
    "Verdict",
]
