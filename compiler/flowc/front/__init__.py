"""From YAML text to a positioned model of the flow, with every problem of the file reported at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flowc.diag.model import Sink
    from flowc.front.model import Flow
    from flowc.source import SourceFile


MAX_FLOW_DEPTH = 160
"""Lists and mappings of a flow inside one another: what the stages behind and Python's own compiler can take."""


def load(text: str, name: str, sink: Sink) -> Flow | None:
    """The flow in a text; `name` stands for its file in messages.

    Every problem goes to the sink. None when the flow is refused; problems that only show when the flow runs (and
    warnings) do not refuse it.
    """
    flow = read(text, name, sink)
    return None if sink.refuses else flow


def read(text: str, name: str, sink: Sink) -> Flow | None:
    """As `load`, but the model comes back with its faults as far as it can be built, so that more can be checked."""
    from flowc.source import SourceFile

    return read_source(SourceFile(name, text.removeprefix("\ufeff")), sink)


def read_source(source: SourceFile, sink: Sink) -> Flow | None:
    """`read` of a file that is there."""
    from flowc.front.flow import read_flow
    from flowc.front.nodes import Mapping
    from flowc.front.yaml import parse
    from flowc.source import Span

    root = parse(source, sink, MAX_FLOW_DEPTH)
    if root is None:
        if not sink.refuses:
            sink.report("FC202", "the file is empty: a flow needs an id", Span(source, 0, 0))
        return None
    if not isinstance(root, Mapping):
        sink.report("FC203", "a flow is a map with `id`, `namespace` and `tasks`", root.span)
        return None
    return read_flow(source, root, sink)
