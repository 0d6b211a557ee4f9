"""What scripts import as `kestra`: outputs, metrics and logs for the flow, through output lines."""

from __future__ import annotations

import json
import logging
import sys
import time
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_LEVELS = {"WARNING": "WARN", "CRITICAL": "ERROR"}


class _ProtocolHandler(logging.Handler):
    """Prints records as protocol lines: up to INFO on the standard output, above on the standard error."""

    def emit(self, record: logging.LogRecord) -> None:
        # scripts may run on interpreters older than the one of the flow
        stamp = datetime.fromtimestamp(record.created, timezone.utc).isoformat()  # noqa: UP017
        level = _LEVELS.get(record.levelname, record.levelname)
        message = f"{stamp} - {self.format(record)}"
        stream = sys.stdout if record.levelno <= logging.INFO else sys.stderr
        print(
            Kestra.format({"logs": [{"level": level, "message": message}]}),
            file=stream,
            flush=True,
        )


class Kestra:
    """The channel from a script to its flow."""

    _logger: logging.Logger | None = None

    @staticmethod
    def format(values: dict[str, Any]) -> str:
        """The protocol line for a message."""
        return "::" + json.dumps(values) + "::"

    @staticmethod
    def _send(values: dict[str, Any]) -> None:
        print(Kestra.format(values), flush=True)

    @staticmethod
    def _metric(name: str, kind: str, value: Any, tags: dict[str, str] | None) -> None:
        metric: dict[str, Any] = {"name": name, "type": kind, "value": value}
        if tags:
            metric["tags"] = tags
        Kestra._send({"metrics": [metric]})

    @staticmethod
    def outputs(values: dict[str, Any]) -> None:
        """Give values to the flow, as `outputs.<task>.vars`."""
        Kestra._send({"outputs": values})

    @staticmethod
    def assets(values: dict[str, Any]) -> None:
        """Tell of assets."""
        Kestra._send({"assets": values})

    @staticmethod
    def counter(name: str, value: float, tags: dict[str, str] | None = None) -> None:
        """Record a counter."""
        Kestra._metric(name, "counter", value, tags)

    @staticmethod
    def gauge(name: str, value: float, tags: dict[str, str] | None = None) -> None:
        """Record a gauge."""
        Kestra._metric(name, "gauge", value, tags)

    @staticmethod
    def timer(
        name: str,
        duration: float | Callable[[], Any],
        tags: dict[str, str] | None = None,
    ) -> None:
        """Record seconds, or how long a call takes."""
        if callable(duration):
            start = time.time()
            duration()
            duration = time.time() - start
        Kestra._metric(name, "timer", duration, tags)

    @staticmethod
    def logger() -> logging.Logger:
        """A logger whose records appear in the log of the task."""
        if Kestra._logger is None:
            logger = logging.getLogger("Kestra")
            logger.setLevel(logging.DEBUG)
            logger.propagate = False
            logger.addHandler(_ProtocolHandler())
            Kestra._logger = logger
        return Kestra._logger

    @staticmethod
    def read(path: str) -> list[Any]:
        """The rows of a file of JSON lines, as a list."""
        try:
            from amazon.ion import simpleion  # type: ignore[import-not-found]
        except ImportError:
            with open(path, encoding="utf-8") as file:
                return [json.loads(line) for line in file if line.strip()]
        with open(path, "rb") as file:
            return list(simpleion.load(file, single_value=False))


class _NeedsServer:
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise RuntimeError(
            f"{type(self).__name__} needs a Kestra server, which this flow runs without"
        )


class Flow(_NeedsServer):
    """Client of a server."""


class FlowExecution(_NeedsServer):
    """Client of a server."""
