"""The states of executions, task runs and attempts: the one table of what each state means.

Source: Kestra 1.3.34, `State.Type`.
"""

from __future__ import annotations

CREATED = "CREATED"
SUBMITTED = "SUBMITTED"
RUNNING = "RUNNING"
PAUSED = "PAUSED"
RESTARTED = "RESTARTED"
KILLING = "KILLING"
QUEUED = "QUEUED"
RETRYING = "RETRYING"
SUCCESS = "SUCCESS"
WARNING = "WARNING"
FAILED = "FAILED"
KILLED = "KILLED"
CANCELLED = "CANCELLED"
SKIPPED = "SKIPPED"
RETRIED = "RETRIED"
RESUBMITTED = "RESUBMITTED"

TERMINAL = frozenset({SUCCESS, WARNING, FAILED, KILLED, CANCELLED, SKIPPED, RETRIED, RESUBMITTED})
"""Nothing more happens to a run in one of these states (but a restart)."""

UNSTARTED = frozenset({CREATED, RESTARTED})
"""Waiting to be dispatched."""

UNENDED = (CREATED, SUBMITTED, RUNNING, RESTARTED, KILLING)
"""A list waits for a run in one of these states before its next one starts; not for one that is paused or retrying."""

ACTIVE = frozenset({RUNNING, KILLING})
"""At work."""

EXIT_CODES = {
    SUCCESS: 0,
    WARNING: 0,
    FAILED: 1,
    PAUSED: 3,
    RUNNING: 3,
    QUEUED: 3,
    KILLED: 4,
    CANCELLED: 4,
}
"""What a program exits with; every other state exits with 1. What runs on, or is queued, waits for one that is paused."""
