"""The registry of codes: what each finding means, why it is one, and an example of it.

The first digit is the stage that reports it: FC1 YAML, FC2 the model of the flow, FC3 expressions and references,
FC4 lowering and linking, FC5 what is not supported, FC6 what a target makes of a flow.
"""

from __future__ import annotations

from flowc.diag.codes.base import Code
from flowc.diag.codes.expressions import EXPRESSIONS
from flowc.diag.codes.linking import LINKING
from flowc.diag.codes.lowering import LOWERING
from flowc.diag.codes.model import MODEL
from flowc.diag.codes.targets import TARGETS
from flowc.diag.codes.unsupported import UNSUPPORTED
from flowc.diag.codes.yaml import YAML

CODES: dict[str, Code] = {
    code.id: code
    for code in (*YAML, *MODEL, *EXPRESSIONS, *LOWERING, *LINKING, *UNSUPPORTED, *TARGETS)
}

__all__ = ["CODES", "Code"]
