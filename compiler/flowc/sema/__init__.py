"""Static checks: what will fail when the flow runs, and what Kestra does not run steadily."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flowc.diag.model import Sink
    from flowc.front.model import Flow


def check(flow: Flow, sink: Sink) -> None:
    """All checks of a flow. What they find never refuses it: errors of this stage are errors at run time."""
    from flowc.sema.literals import check_literals
    from flowc.sema.references import check_references
    from flowc.sema.shapes import check_shapes

    check_literals(flow, sink)
    check_shapes(flow, sink)
    check_references(flow, sink)
