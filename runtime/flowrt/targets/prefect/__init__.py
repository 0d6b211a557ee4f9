"""Flows on Prefect 3. Generated modules import the names below."""

from __future__ import annotations

from flowrt.conduct.faces import Failed
from flowrt.targets.prefect.definition import Definition, Run
from flowrt.targets.prefect.program import main

__all__ = ["Definition", "Failed", "Run", "main"]
