"""The program that a generated module is: its command line, its console, its exit codes."""

from __future__ import annotations

from flowrt.program.main import Call, main, run

__all__ = ["Call", "main", "run"]
