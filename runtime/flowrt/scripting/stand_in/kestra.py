"""What scripts import as `kestra`: outputs, metrics and logs for the flow, through output lines."""

from __future__ import annotations

import base64
import json
import logging
import re
import sys
import time
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_LEVELS = {"WARNING": "WARN", "CRITICAL": "ERROR"}


class _ProtocolHandler(logging.Handler):
    """Prints records as protocol lines: up to INFO on the standard output, above on the standard error."""

    def emit(self, record: logging.LogRecord) -> None:
        # scripts may run on interpreters older than the one of the flow
        date = datetime.fromtimestamp(record.created, timezone.utc)  # noqa: UP017
        stamp = date.isoformat(timespec="milliseconds").replace("+00:00", "Z")
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
    def read(path: str) -> list[dict[str, Any]]:
        """The rows of a file of Ion text (or lines of JSON), as the package `kestra` gives them.

        Times are `datetime`s, texts that are ISO times too; decimal numbers are floats. Raises `ValueError` when the
        file is no Ion text.
        """
        with open(path, encoding="utf-8") as file:
            rows = list(_IonReader(file.read()).values())
        for row in rows:
            if not isinstance(row, dict):
                raise ValueError(f"a row of {path} is no struct: {row!r}")
        return [_converted(row) for row in rows]


_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?")


def _time(text: str) -> datetime:
    """A time of Ion or ISO 8601, which may leave out what is smaller than the year; to the microsecond.

    The offset `-00:00` is none that is known.
    """
    text = re.sub("-00:00$", "", text.rstrip("T"))
    if len(text) < len("2024-01-01"):
        text += "-01-01"[len(text) - len("2024") :]
    text = re.sub(r"(T\d\d:\d\d)(?!:|\d)", r"\1:00", text, count=1)
    text = re.sub(r"\.(\d+)", lambda digits: "." + f"{digits[1]:0<6}"[:6], text)
    return datetime.fromisoformat(re.sub("Z$", "+00:00", text))


def _converted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _converted(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_converted(item) for item in value]
    if isinstance(value, str) and _ISO.fullmatch(value):
        try:
            return _time(value)
        except ValueError:
            return value
    return value


class _IonReader:
    """Values of Ion text. JSON is such text too."""

    _TOKEN = re.compile(
        r"""(?:\s|//[^\n]*|/\*.*?\*/)*(?:
        (?P<time>\d{4}(?:-\d\d)?T|\d{4}-\d\d-\d\d(?:T(?:\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?)?)
        |(?P<integer>-?0(?:[xX][0-9a-fA-F_]+|[bB][01_]+))
        |(?P<number>[+-]?(?:inf\b|\d[\d_]*(?:\.[\d_]*)?(?:[eEdD][+-]?\d+)?))
        |\{\{\s*(?:"(?P<clob>(?:[^"\\]|\\.)*)"|(?P<blob>[A-Za-z0-9+/=\s]*))\s*\}\}
        |\'\'\'(?P<long>(?:[^\\]|\\.)*?)\'\'\'
        |"(?P<text>(?:[^"\\]|\\.)*)"
        |'(?P<symbol>(?:[^'\\]|\\.)*)'
        |(?P<word>null\.\w+|[A-Za-z_$][\w$]*)
        |(?P<sign>::|[\[\](){},:])
        |(?P<operator>[-!#%&*+./;<=>?@^`|~]+))""",
        re.VERBOSE | re.DOTALL,
    )
    _ESCAPE = re.compile(
        r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(\r?\n|.))", re.DOTALL
    )
    _ESCAPES = {  # noqa: RUF012
        "0": "\0",
        "a": "\a",
        "b": "\b",
        "f": "\f",
        "n": "\n",
        "r": "\r",
        "t": "\t",
        "v": "\v",
        "\n": "",
        "\r\n": "",
    }
    _WORDS = {"true": True, "false": False, "null": None, "nan": float("nan")}  # noqa: RUF012
    _CLOSING = {"[": "]", "(": ")", "{": "}"}  # noqa: RUF012

    def __init__(self, source: str) -> None:
        self._source = source
        self._place = 0
        self._kind = self._token = ""
        self._in_expression = False
        self._advance()

    def _advance(self) -> None:
        found = self._TOKEN.match(self._source, self._place)
        if found is None:
            if self._source[self._place :].strip():
                raise ValueError(f"no Ion text at character {self._place}")
            self._kind = self._token = ""
            return
        self._place = found.end()
        self._kind = found.lastgroup or ""
        self._token = found[self._kind]

    def _is(self, sign: str) -> bool:
        return self._kind == "sign" and self._token == sign

    def values(self) -> Iterator[Any]:
        """The values of the text, one after the other."""
        while self._kind:
            value = self._value()
            if value != "$ion_1_0":  # says only what the file is
                yield value

    def _value(self) -> Any:
        kind, token = self._kind, self._token
        self._advance()
        if kind in ("symbol", "word") and self._is("::"):
            self._advance()  # an annotation
            return self._value()
        if kind == "time":
            return _time(token)
        if kind == "integer":
            return int(token.replace("_", ""), 0)
        if kind == "number":
            return self._number(token.replace("_", ""))
        if kind in ("text", "symbol", "clob"):
            return self._unescaped(token)
        if kind == "blob":
            return base64.b64decode(re.sub(r"\s", "", token)).decode()
        if kind == "operator" and self._in_expression:
            return token
        if kind == "long":
            while self._kind == "long":
                token += self._token
                self._advance()
            return self._unescaped(token)
        if kind == "word":
            return self._WORDS.get(token.partition(".")[0], token)
        if token == "{":
            return self._struct()
        if token in self._CLOSING:
            around, self._in_expression = self._in_expression, token == "("
            items = self._list(self._CLOSING[token])
            self._in_expression = around
            return items
        raise ValueError(f"unexpected {token or 'end of text'!r} in Ion text")

    def _struct(self) -> dict[str, Any]:
        struct = {}
        while not self._is("}"):
            if self._kind not in ("text", "long", "symbol", "word"):
                raise ValueError(f"{self._token!r} is no name of an Ion field")
            name = self._unescaped(self._token)
            self._advance()
            self._expect(":")
            struct[name] = self._value()
            if not self._is("}"):
                self._expect(",")
        self._advance()
        return struct

    def _list(self, closing: str) -> list[Any]:
        items = []
        while not self._is(closing):
            items.append(self._value())
            if closing == "]" and not self._is(closing):
                self._expect(",")
        self._advance()
        return items

    def _expect(self, sign: str) -> None:
        if not self._is(sign):
            raise ValueError(f"{sign!r} expected in Ion text, found {self._token or 'its end'!r}")
        self._advance()

    @staticmethod
    def _number(text: str) -> float:
        try:
            return int(text)
        except ValueError:
            return float(text.lower().replace("d", "e"))

    def _unescaped(self, text: str) -> str:
        def one(escape: re.Match[str]) -> str:
            code = escape[1] or escape[2] or escape[3]
            return chr(int(code, 16)) if code else self._ESCAPES.get(escape[4], escape[4])

        return self._ESCAPE.sub(one, text) if "\\" in text else text


class _NeedsServer:
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise RuntimeError(
            f"{type(self).__name__} needs a Kestra server, which this flow runs without"
        )


class Flow(_NeedsServer):
    """Client of a server."""


class FlowExecution(_NeedsServer):
    """Client of a server."""
