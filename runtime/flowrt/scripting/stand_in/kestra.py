"""What scripts import as `kestra`: outputs, metrics and logs for the flow, through output lines."""

import json
import logging
import sys
import time
from datetime import datetime, timezone

_LEVELS = {"WARNING": "WARN", "CRITICAL": "ERROR"}


class _ProtocolHandler(logging.Handler):
    """Prints records as protocol lines: up to INFO on the standard output, above on the standard error."""

    def emit(self, record):
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

    _logger = None

    @staticmethod
    def format(values):
        """The protocol line for a message."""
        return "::" + json.dumps(values) + "::"

    @staticmethod
    def _send(values):
        print(Kestra.format(values), flush=True)

    @staticmethod
    def _metric(name, kind, value, tags):
        metric = {"name": name, "type": kind, "value": value}
        if tags:
            metric["tags"] = tags
        Kestra._send({"metrics": [metric]})

    @staticmethod
    def outputs(values):
        """Give values to the flow, as `outputs.<task>.vars`."""
        Kestra._send({"outputs": values})

    @staticmethod
    def assets(values):
        """Tell of assets."""
        Kestra._send({"assets": values})

    @staticmethod
    def counter(name, value, tags=None):
        """Record a counter."""
        Kestra._metric(name, "counter", value, tags)

    @staticmethod
    def gauge(name, value, tags=None):
        """Record a gauge."""
        Kestra._metric(name, "gauge", value, tags)

    @staticmethod
    def timer(name, duration, tags=None):
        """Record seconds, or how long a call takes."""
        if callable(duration):
            start = time.time()
            duration()
            duration = time.time() - start
        Kestra._metric(name, "timer", duration, tags)

    @staticmethod
    def logger():
        """A logger whose records appear in the log of the task."""
        if Kestra._logger is None:
            logger = logging.getLogger("Kestra")
            logger.setLevel(logging.DEBUG)
            logger.propagate = False
            logger.addHandler(_ProtocolHandler())
            Kestra._logger = logger
        return Kestra._logger

    @staticmethod
    def read(path):
        """The rows of a file of JSON lines, as a list."""
        try:
            from amazon.ion import simpleion
        except ImportError:
            with open(path, encoding="utf-8") as file:
                return [json.loads(line) for line in file if line.strip()]
        with open(path, "rb") as file:
            return list(simpleion.load(file, single_value=False))


class _NeedsServer:
    def __init__(self, *args, **kwargs):
        raise RuntimeError(
            f"{type(self).__name__} needs a Kestra server, which this flow runs without"
        )


class Flow(_NeedsServer):
    """Client of a server."""


class FlowExecution(_NeedsServer):
    """Client of a server."""
