"""Flow outputs."""

from __future__ import annotations

from typing import Any

from flowc.front.schemas.base import Flag, Strict, Text
from flowc.front.schemas.inputs import ConstantType


class Output(Strict):
    from_source = True

    id: Text
    type: ConstantType
    value: Any
    description: Text | None = None
    displayName: Text | None = None
    required: Flag = None
