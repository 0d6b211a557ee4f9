"""What ends the program before anything runs, by its own decision."""

from __future__ import annotations


class UsageError(Exception):
    """The command line is wrong; the text says how, and what to do instead."""
