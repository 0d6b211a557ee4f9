"""Log records in Prefect's own logger: that of the task run, where there is one, or of the flow run."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from prefect import get_run_logger
from prefect.exceptions import MissingContextError

if TYPE_CHECKING:
    from flowrt.engine.execution import LogRecord

LEVELS = {"TRACE": 5, "DEBUG": 10, "INFO": 20, "WARN": 30, "ERROR": 40}
"""The levels of Python's logging."""


def tell(record: LogRecord) -> None:
    """Log a record of an execution."""
    logger: logging.Logger | logging.LoggerAdapter[logging.Logger]
    try:
        logger = get_run_logger()
    except MissingContextError:
        # what follows the end of a flow run is part of none
        logger = logging.getLogger("prefect.flow_runs")
    text = record.message if record.frame is None else f"{record.message}\n{record.frame}"
    logger.log(LEVELS[record.level], "%s", text)
