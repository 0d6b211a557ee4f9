"""The entry of a code in the registry."""

from __future__ import annotations

from typing import NamedTuple


class Code(NamedTuple):
    """A kind of finding.

    `warning`: it never refuses a flow. `note`: nothing is wrong, it is said to be known. `runtime`: Kestra accepts such a flow, and it fails when it gets there.
    `example` is the part of a flow that shows it.
    """

    id: str
    title: str
    explanation: str
    example: str
    warning: bool = False
    runtime: bool = False
    note: bool = False
