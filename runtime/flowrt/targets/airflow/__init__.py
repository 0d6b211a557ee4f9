"""Flows on Airflow 3. Generated modules import the names below, and those of `loops`."""

from __future__ import annotations

from flowrt.targets.airflow.blocks import Choice, End, Join, Values
from flowrt.targets.airflow.definition import Definition
from flowrt.targets.airflow.ends import Finish, Verdict
from flowrt.targets.airflow.places import Body, Group
from flowrt.targets.airflow.steps import Handler, Last, Listener, Step

__all__ = [
    "Body",
    "Choice",
    "Definition",
    "End",
    "Finish",
    "Group",
    "Handler",
    "Join",
    "Last",
    "Listener",
    "Step",
    "Values",
    "Verdict",
]
